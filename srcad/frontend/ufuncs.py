"""Methods of ufuncs that write: `np.add.at(x, i, v)`; reductions with a mask.

`at` of add and subtract is an operation, in which repeats add up; the others take one
entry after the other, in a loop.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad.errors import MissingRule, SrcadError, UnsupportedSyntax
from srcad.frontend import numpy_prelude as prelude
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.functions import call_function
from srcad.frontend.indices import array_like, index_of_refs
from srcad.frontend.inline import inline
from srcad.frontend.operators import operand
from srcad.frontend.refs import Items, Ref, Static
from srcad.frontend.stores import write_part
from srcad.ir.graph import Literal
from srcad.ir.types import Array, dims_of, kind_of, unwrapped
from srcad.ops.declare import find
from srcad.ops.index import add_at

# ---- what `at` does where the order counts: lowered as if the user had written it ----


def multiply_at(x, index, values):  # type: ignore[no-untyped-def]
    for k in range(len(index)):
        x[index[k]] *= values[k]


def multiply_by(x, index, value):  # type: ignore[no-untyped-def]
    for k in range(len(index)):
        x[index[k]] *= value


def divide_at(x, index, values):  # type: ignore[no-untyped-def]
    for k in range(len(index)):
        x[index[k]] /= values[k]


def divide_by(x, index, value):  # type: ignore[no-untyped-def]
    for k in range(len(index)):
        x[index[k]] /= value


def maximum_at(x, index, values):  # type: ignore[no-untyped-def]
    for k in range(len(index)):
        x[index[k]] = np.maximum(x[index[k]], values[k])


def maximum_with(x, index, value):  # type: ignore[no-untyped-def]
    for k in range(len(index)):
        x[index[k]] = np.maximum(x[index[k]], value)


def minimum_at(x, index, values):  # type: ignore[no-untyped-def]
    for k in range(len(index)):
        x[index[k]] = np.minimum(x[index[k]], values[k])


def minimum_with(x, index, value):  # type: ignore[no-untyped-def]
    for k in range(len(index)):
        x[index[k]] = np.minimum(x[index[k]], value)


# For an array of values, and for one number.
_ONE_BY_ONE: dict[str, tuple[Any, Any]] = {
    "multiply": (multiply_at, multiply_by),
    "divide": (divide_at, divide_by),
    "maximum": (maximum_at, maximum_with),
    "minimum": (minimum_at, minimum_with),
}


# What a reduction by a ufunc is, over the first axis where none is given.
_REDUCTIONS: dict[tuple[str, str], Any] = {
    ("add", "reduce"): np.sum,
    ("multiply", "reduce"): np.prod,
    ("maximum", "reduce"): np.max,
    ("minimum", "reduce"): np.min,
    ("logical_and", "reduce"): np.all,
    ("logical_or", "reduce"): np.any,
    ("add", "accumulate"): np.cumsum,
    ("multiply", "accumulate"): np.cumprod,
}


def reduction_of(
    target: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> tuple[Any, list[Ref], dict[str, Ref]]:
    """`np.add.reduce(x, where=m)` as `np.sum(x, axis=0, where=m)`; others as they are.

    So with `out=`. What has neither is an operation of its own.
    """
    if not kwargs.keys() & {"where", "out"}:
        return target, args, kwargs
    owner = getattr(target, "__self__", None)
    if not isinstance(owner, np.ufunc) or len(args) > 2:
        return target, args, kwargs
    found = _REDUCTIONS.get((owner.__name__, target.__name__))
    if found is None:
        return target, args, kwargs
    if len(args) < 2 and "axis" not in kwargs:
        kwargs = {**kwargs, "axis": constant_ref(0)}
    return found, args, kwargs


def ufunc_method(
    frame: Frame, target: Any, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref | None:
    """A call of a method of a ufunc; None: `target` is none, or has a rule."""
    owner = getattr(target, "__self__", None)
    if not isinstance(owner, np.ufunc):
        return None
    name = target.__name__
    if name == "at" and not kwargs and len(args) == 3:
        return _at(frame, owner, args, node)
    if name in _FOLDS and find(target) is None and find(owner) is not None:
        return _fold(frame, owner, name, args, kwargs)
    return None


# Folds of a ufunc that has a rule, from the first entry on.
_FOLDS = {"reduce": prelude.folded, "accumulate": prelude.running}
_NO_FOLD = (np.power, np.arctan2)  # NumPy's reduce of these takes other operands


def _fold(
    frame: Frame, owner: np.ufunc, name: str, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    """`np.subtract.reduce(x, axis)`, `np.maximum.accumulate(x, axis)`, as a loop."""
    what = f"np.{owner.__name__}.{name}"
    named = dict(zip(("array", "axis"), args, strict=False)) | kwargs
    unknown = [k for k in named if k not in ("array", "axis")]
    if len(args) > 2 or unknown or (owner.nin, owner.nout) != (2, 1):
        asked = f"keyword {unknown[0]!r}" if unknown else "call"
        raise MissingRule(
            f"{what}: this {asked} has no derivative rule",
            hint=f"supported: {what}(array, axis=0)",
        )
    if name == "reduce" and owner in _NO_FOLD:
        raise MissingRule(f"{what} has no derivative rule", hint="write the loop")
    x = frame.object_of(array_like(frame, named["array"]))
    value = frame.read(x)
    dims = dims_of(value.type)
    axis = named.get("axis", constant_ref(0))
    if not dims or kind_of(value.type) not in ("float", "complex"):
        raise MissingRule(
            f"{what} needs an array of floats of known dimensions",
            hint="call the function once, or ask for source_for(*args)",
        )
    if isinstance(axis, Static) and axis.value is None and len(dims) == 1:
        axis = constant_ref(0)
    if not isinstance(frame.read(axis), Literal) or isinstance(axis, (Static, Items)):
        raise MissingRule(f"{what} takes one axis, which must be known")
    return inline(frame, _FOLDS[name], Static(owner), x, axis)


def _at(frame: Frame, owner: np.ufunc, args: list[Ref], node: Any) -> Ref:
    base, index, new = args
    what = f"np.{owner.__name__}.at"
    value = array_like(frame, base)
    if not isinstance(unwrapped(value.type), Array):
        raise UnsupportedSyntax(f"{what} writes to arrays only")
    if owner in (np.add, np.subtract):
        layout, inputs = index_of_refs(frame, [index])
        change = operand(frame, new)
        if kind_of(change.type) == "complex" != kind_of(value.type):
            raise UnsupportedSyntax(f"{what}: a real array cannot hold complex numbers")
        if owner is np.subtract:
            change = -change
        write_part(frame, base, change, layout, inputs, add_at)
        return Static(None)
    loops = _ONE_BY_ONE.get(owner.__name__)
    if loops is None:
        raise MissingRule(
            f"{what} has no derivative rule", hint="write it as a loop over the index"
        )
    if isinstance(index, Items):
        raise MissingRule(f"{what}: an index of several arrays has no derivative rule")
    where = array_like(frame, index)
    ranks = [dims_of(v.type) for v in (where, array_like(frame, new))]
    if kind_of(where.type) != "int" or None in ranks or len(ranks[0] or ()) != 1:
        raise MissingRule(f"{what}: only a line of positions has a derivative rule")
    if len(ranks[1] or ()) > 1:
        raise MissingRule(f"{what}: only a line of values has a derivative rule")
    loop = loops[0] if ranks[1] else loops[1]
    given = [base, frame.new(where), new]
    try:
        return call_function(frame, loop, given, {}, node)
    except SrcadError as error:
        raise type(error)(error.message, frame.span(node), error.hint) from None
