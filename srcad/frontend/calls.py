"""Calls: of operations, methods, builtins, user functions, and of what is not known."""

from __future__ import annotations

from typing import Any

import gast
import numpy as np

from srcad.errors import UnsupportedSyntax
from srcad.frontend.arguments import call_arguments
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame, expression
from srcad.frontend.functions import call_closure, call_function
from srcad.frontend.intrinsics import INTRINSICS
from srcad.frontend.keywords import with_keywords
from srcad.frontend.methods import call_method
from srcad.frontend.refs import (
    Cell,
    Closure,
    Entries,
    Items,
    Method,
    Ref,
    Static,
    Table,
    root_of,
)
from srcad.frontend.results import result_object
from srcad.frontend.subscripts import array_inputs, structure
from srcad.frontend.ufuncs import reduction_of, ufunc_method
from srcad.ir.builder import current
from srcad.ir.graph import Value
from srcad.ops.declare import Op, call_params, find
from srcad.ops.effects import foreign
from srcad.source import unwrap


@expression(gast.Call)
def _call(frame: Frame, node: gast.Call) -> Ref:
    callee = frame.lower(node.func)
    handler = INTRINSICS.get(_identity(callee))
    args, kwargs = call_arguments(frame, node)
    if handler is not None:
        found = handler(frame, args, kwargs)
        if found is not None:
            return found
    return call(frame, callee, args, kwargs, node)


def _identity(callee: Ref) -> int:
    return id(callee.value) if isinstance(callee, Static) else 0


def call(
    frame: Frame, callee: Ref, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    """Call an object."""
    if isinstance(callee, Closure):
        return call_closure(frame, callee, args, kwargs, node)
    if isinstance(callee, Method):
        return call_method(frame, callee, args, kwargs)
    if not isinstance(callee, Static):
        raise frame.refuse("this object is not a function that can be called", node)
    target = callee.value
    folded = _folded(target, args, kwargs)
    if folded is not None:
        return folded
    target, args, kwargs = reduction_of(target, args, kwargs)
    by_method = ufunc_method(frame, target, args, kwargs, node)
    if by_method is not None:
        return by_method
    op = find(target)
    if op is not None:
        return call_operation(frame, op, target, args, kwargs)
    if isinstance(target, type):
        return _construct(frame, target, args, kwargs, node)
    unwrapped = unwrap(target)
    if unwrapped is None:
        return call_foreign(frame, target, args, kwargs)
    function, before, more = unwrapped
    if _is_library(function):
        return call_foreign(frame, target, args, kwargs)
    first = [_bound(v) for v in before]
    named = {k: _bound(v) for k, v in more.items()}
    return call_function(frame, function, [*first, *args], {**named, **kwargs}, node)


def _folded(target: Any, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    """The result of a method of a known string, where its arguments are known."""
    if not isinstance(getattr(target, "__self__", None), (str, bytes)) or kwargs:
        return None
    if not all(isinstance(r, Static) for r in args):
        return None
    try:
        return constant_ref(target(*(r.value for r in args)))  # type: ignore[attr-defined]
    except Exception as error:
        raise UnsupportedSyntax(f"this call fails: {error}") from None


def _bound(value: Any) -> Ref:
    """An argument that a method or partial brings along."""
    return constant_ref(value)


def _is_library(function: Any) -> bool:
    """Whether a Python function belongs to NumPy or SciPy: it needs a rule."""
    module = getattr(function, "__module__", "") or ""
    return module.split(".")[0] in ("numpy", "scipy")


def _construct(
    frame: Frame, cls: type, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    fields = getattr(cls, "_fields", None)
    if fields is not None and issubclass(cls, tuple):
        named = dict(zip(fields, args, strict=False)) | kwargs
        if set(named) == set(fields):
            return Items(tuple(named[f] for f in fields), cls)
    raise frame.refuse(
        f"creating an object of class {cls.__name__} is not supported",
        node,
        "keep its data in a tuple, list, dict or array",
    )


def call_operation(
    frame: Frame, op: Op, target: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    """Write the node of a declared operation."""
    inputs: list[Any] = []

    def plain(args: list[Ref], kwargs: dict[str, Ref]) -> tuple[Value, ...]:
        given = [argument(frame, r) for r in args]
        named = {k: argument(frame, r) for k, r in kwargs.items()}
        found, params = op.arguments(given, named)
        inputs[:] = array_inputs(found)
        return op.several(*inputs, **{**params, **call_params(op, target)})

    written = with_keywords(frame, op, target, args, kwargs, plain)
    if written is not None:
        return written
    outputs = plain(args, kwargs)
    base = args[0] if args else None
    if len(outputs) != 1:
        return Items(tuple(frame.object_of(v) for v in outputs))
    return result_object(frame, op, base, inputs, outputs[0])


def argument(frame: Frame, ref: Ref) -> Any:
    """An argument as operations take it: values, and Python containers of them."""
    known = structure(frame, ref)
    if isinstance(known, Items):
        return tuple(argument(frame, r) for r in known.items)
    if isinstance(known, Entries):
        return [argument(frame, r) for r in known.items]
    if isinstance(known, Table):
        return {k: argument(frame, r) for k, r in known.items.items()}
    if isinstance(ref, (Closure, Method)):
        raise UnsupportedSyntax("a function is not supported as this argument")
    return frame.read(ref)


def call_foreign(
    frame: Frame, target: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref:
    """A call that srcad does not know: kept in order, without a derivative.

    It may change every object it is handed, so those get new contents; as that cannot
    be expressed, objects that it could write to are read no more.
    """
    if not callable(target):
        raise UnsupportedSyntax(f"{target!r} cannot be called")
    values = [frame.read(r) for r in (*args, *kwargs.values())]
    found = foreign(*values, function=target, keywords=tuple(kwargs))
    result = frame.result(found)
    for ref in (*args, *kwargs.values()):
        root = root_of(ref)
        if root is None:
            continue
        if any(_writing(k) for k in kwargs) or not _writes_nothing(target):
            frame.world.stale[root] = current().span
        elif isinstance(result, Cell):  # it may be a view of the argument
            result.linked.add(root)
            root.linked.add(result)
    return result


def _writing(keyword: str) -> bool:
    """Whether a keyword of a library's function lets it write to an argument."""
    return keyword in ("out", "copy", "buffer") or keyword.startswith("overwrite")


def _writes_nothing(target: Any) -> bool:
    """Whether a callable surely leaves its arguments as they are."""
    if getattr(target, "__name__", "") in _WRITERS:
        return False
    module = getattr(target, "__module__", None) or ""
    return isinstance(target, np.ufunc) or module.split(".")[0] in _PURE_MODULES


_WRITERS = ("shuffle", "pack_into", "setattr")
_PURE_MODULES = ("builtins", "math", "cmath", "numpy", "scipy", "struct", "_struct")
