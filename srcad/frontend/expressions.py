"""Constants, names, displays and attributes as the objects they are."""

from __future__ import annotations

import types
from typing import Any

import gast
import numpy as np

from srcad.errors import UnsupportedSyntax
from srcad.frontend.attributes import (
    from_class,
    maybe_object,
    object_attribute,
    super_attribute,
)
from srcad.frontend.classes import MISSING, fields, guard_found, in_class, relied
from srcad.frontend.context import Binding, constant_ref
from srcad.frontend.flat import flat_view
from srcad.frontend.frame import Frame, expression, is_unbound
from srcad.frontend.frozen import frozen_method
from srcad.frontend.library_objects import library_object
from srcad.frontend.lookup import ensure_bound, lookup, outside, without_value
from srcad.frontend.named_tuples import is_named_tuple, named_attribute
from srcad.frontend.refs import (
    Cell,
    Closure,
    Frozen,
    Items,
    Iteration,
    Members,
    Method,
    Number,
    Ref,
    Static,
    Super,
    Table,
)
from srcad.frontend.results import attribute_view
from srcad.frontend.sparse import sparse_attribute
from srcad.frontend.structures import parts_of_known, static_key, structure
from srcad.frontend.walk_iterators import entries_of
from srcad.ir.graph import UNDEFINED, literal
from srcad.ir.types import Array, List, Scalar, Sparse, Unknown, unwrapped
from srcad.ops.declare import METHODS
from srcad.ops.shapes import ATTRIBUTES

# ---- constants and names -------------------------------------------------------------


@expression(gast.Constant)
def _constant(frame: Frame, node: gast.Constant) -> Ref:
    return constant_ref(node.value)


@expression(gast.Name)
def _name(frame: Frame, node: gast.Name) -> Ref:
    ref = lookup(frame, node.id)
    if node.id in frame.tentative and is_unbound(ref):
        frame.tolerated = True
        return Number(literal(UNDEFINED))
    if ref is None or is_unbound(ref):
        raise without_value(frame, node.id, node)
    if ref in frame.world.doubts:
        ensure_bound(frame, node.id, ref)
    return ref


# ---- displays ------------------------------------------------------------------------


@expression(gast.Tuple)
def _tuple(frame: Frame, node: gast.Tuple) -> Ref:
    return Items(tuple(_elements(frame, node.elts)))


def _elements(frame: Frame, nodes: list[Any]) -> list[Ref]:
    found: list[Ref] = []
    for node in nodes:
        if isinstance(node, gast.Starred):
            found += spread(frame, node.value)
        else:
            found.append(frame.lower(node))
    return found


def spread(frame: Frame, node: Any) -> list[Ref]:
    """The entries of `*node`, whose length must be known."""
    entries = entries_of(frame, frame.lower(node), node)
    if entries is None:
        raise frame.refuse(
            "how many entries this starred object has is not known",
            node,
            "use a loop with append, or np.concatenate",
        )
    return entries


@expression(gast.Dict)
def _dict(frame: Frame, node: gast.Dict) -> Ref:
    table: dict[Any, Ref] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            known = parts_of_known(frame, frame.lower(value))
            if not isinstance(known, Table):
                raise frame.refuse("the keys of this ** object are not known", value)
            table.update(known.items)
            continue
        with frame.place(key):
            known_key = static_key(frame, frame.lower(key))
        table[known_key] = frame.lower(value)
    return frame.new(Table(table))


@expression(gast.Lambda)
def _lambda(frame: Frame, node: gast.Lambda) -> Ref:
    return closure(frame, node, "<lambda>")


def closure(frame: Frame, node: Any, name: str) -> Closure:
    """A function defined here; its defaults are computed now."""
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    late = positional[len(positional) - len(args.defaults) :]
    defaults = {p.id: frame.lower(d) for p, d in zip(late, args.defaults, strict=True)}
    for p, d in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if d is not None:
            defaults[p.id] = frame.lower(d)
    return Closure(node, frame, defaults, name)


# ---- attributes ----------------------------------------------------------------------


_OWN_METHODS = (list, dict, tuple, set, frozenset)


_FILLED_IN_A_LOOP = (
    "a dict has known keys only: one that is filled in a loop needs a loop over texts "
    "or numbers that stand in the function, not over an argument; or use an array"
)
_MEMORY = {
    "strides": "use np.lib.stride_tricks.sliding_window_view(x, shape), or x[::k]",
    "itemsize": "use x.dtype",
    "nbytes": "use x.size",
}
_BOUNDS = ("start", "stop", "step")  # of a slice


@expression(gast.Attribute)
def _attribute(frame: Frame, node: gast.Attribute) -> Ref:
    return attribute(frame, frame.lower(node.value), node.attr, node)


def attribute(frame: Frame, owner: Ref, name: str, node: Any) -> Ref:
    """`owner.name`."""
    if isinstance(owner, Super):
        return super_attribute(frame, owner, name)
    if isinstance(owner, Frozen):
        return frozen_method(owner, name)
    owner = maybe_object(frame, owner)
    if isinstance(owner, Static):
        if type(owner.value) in _OWN_METHODS:
            return Method(owner, name)
        held = library_object(frame, owner.value)
        if held is None:
            return static_attribute(frame, owner, name)
        owner = held
    known = fields(frame, owner)
    if known is not None:
        return object_attribute(frame, owner, known, name)
    if isinstance(owner, Items) and name in getattr(owner.cls, "_fields", ()):
        return owner.items[owner.cls._fields.index(name)]  # type: ignore[attr-defined]
    if isinstance(owner, Items) and not name.startswith("_"):
        base, raw = in_class(owner.cls, name)
        if isinstance(raw, (types.FunctionType, property, classmethod, staticmethod)):
            return from_class(frame, base, name, raw, owner, owner.cls)
    if isinstance(owner, Items) and is_named_tuple(owner.cls):
        return named_attribute(frame, owner, name)
    if isinstance(owner, Cell) and isinstance(frame.content(owner), Members):
        return Method(owner, name)
    if isinstance(owner, Iteration) and owner.kind == "slice" and name in _BOUNDS:
        return owner.args[_BOUNDS.index(name)]
    if isinstance(owner, (Items, Closure, Iteration, Method)):
        return Method(owner, name)
    if structure(frame, owner) is not None:
        return Method(owner, name)
    value = frame.read(owner)
    t = unwrapped(value.type)
    if isinstance(t, List):
        return Method(owner, name)
    if isinstance(t, Sparse):
        return sparse_attribute(frame, value, owner, name)
    if name == "flat" and isinstance(t, (Array, Unknown)):
        return flat_view(frame, owner)
    if name in ATTRIBUTES and isinstance(t, (Array, Scalar, Unknown)):
        return attribute_view(frame, owner, value, name)
    if isinstance(getattr(np.ndarray, name, None), types.GetSetDescriptorType):
        raise UnsupportedSyntax(
            f"the attribute {name!r} of an array tells of its memory: the arrays of "
            "the generated source lie elsewhere",
            hint=_MEMORY.get(name, "ask for it outside, and pass the answer"),
        )
    if name in METHODS or hasattr(np.ndarray, name):
        return Method(owner, name)
    hint = _FILLED_IN_A_LOOP if hasattr(dict, name) else ""
    raise UnsupportedSyntax(f"numbers and arrays have no attribute {name!r}", hint=hint)


def static_attribute(frame: Frame, owner: Static, name: str) -> Ref:
    """An attribute of a known object: data is read at each call."""
    holder = owner.value
    try:
        value = getattr(holder, name)
    except AttributeError as error:
        refusal = UnsupportedSyntax(f"{holder!r} has no attribute {name!r}")
        if holder is None or _is_library(holder):
            refusal.for_certain(AttributeError(*error.args))
        raise refusal from None
    if _is_library(holder) and not isinstance(value, (np.ndarray, list, dict)):
        return constant_ref(value)
    if isinstance(value, types.MethodType):
        _guard_method(frame, holder, name)
        return constant_ref(value)
    return outside(frame, Binding("attribute", holder, name))


def _is_library(holder: Any) -> bool:
    """Whether an object's attributes are taken to stay what they are."""
    if isinstance(holder, (str, bytes, np.dtype, np.ufunc)):
        return True
    if isinstance(holder, types.ModuleType):
        home = holder.__name__
    else:
        home = holder.__module__ if isinstance(holder, type) else ""
    return home.split(".")[0] in ("builtins", "math", "numpy", "scipy")


def _guard_method(frame: Frame, holder: Any, name: str) -> None:
    """Note that a method relies on what the object or its class holds under a name."""
    own = getattr(holder, "__dict__", {})
    if not isinstance(holder, type) and name in own:
        relied(frame, Binding("own", holder, name), own[name])
        return
    cls = holder if isinstance(holder, type) else type(holder)
    base, raw = in_class(cls, name)
    if raw is not MISSING:
        guard_found(frame, cls, base, name, Static(holder))
