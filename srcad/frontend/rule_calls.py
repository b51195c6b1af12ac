"""Calls that stay calls: of functions that srcad knows by the user's rule only.

Takes such a call's arguments; gives the object that it returns. Also `stop_gradient`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from srcad.errors import UnsupportedSyntax
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Cell, Items, Number, Ref, Static, View, root_of
from srcad.frontend.rules import Rules
from srcad.ir.builder import current
from srcad.ir.graph import Literal, literal
from srcad.ir.types import (
    UNKNOWN,
    Array,
    Scalar,
    Type,
    broadcast_dims,
    dims_of,
    kind_of,
)
from srcad.ops.opaque import constant_call, opaque, stop_gradient
from srcad.ops.ufunc import ufunc_type


def opaque_call(
    frame: Frame, rules: Rules, refs: Sequence[Ref], target: Any, op: Any = opaque
) -> Ref:
    """The call as it stands: nothing is known but what the user said."""
    values = [frame.read(r) for r in refs]
    t = result_type(rules, [v.type for v in values])
    if callable(rules.like):
        t = type_of_example(frame, rules, refs)
    known = {} if t is UNKNOWN else {"type": t}
    return frame.result(op(literal(target), *values, **known))


def constant(frame: Frame, rules: Rules, refs: Sequence[Ref]) -> Ref:
    """A call whose derivative is zero."""
    found = opaque_call(frame, rules, refs, rules.target, constant_call)
    for ref in refs:  # it may be a view of an argument
        linked(found, root_of(ref))
    return found


def stopped(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    """`stop_gradient(x)`: the same object to read, without a derivative."""
    if len(args) != 1 or kwargs:
        raise UnsupportedSyntax("stop_gradient takes one argument")
    (ref,) = args
    if isinstance(ref, Items):
        return Items(tuple(stopped(frame, [r], {}) for r in ref.items), ref.cls)
    if isinstance(ref, (Number, Cell, View)):
        value = frame.read(ref)
        if isinstance(value, Literal):
            return ref
        found = frame.object_of(stop_gradient(value))
        linked(found, root_of(ref))
        return found
    return ref


def linked(found: Ref, root: Cell | None) -> None:
    """A result that may be an object itself: a write to one makes the other stale."""
    if isinstance(found, Cell) and root is not None:
        found.linked.add(root)
        root.linked.add(found)


def type_of_example(frame: Frame, rules: Rules, refs: Sequence[Ref]) -> Type:
    """The type of what `like` gives for the arguments; what it computes is not used."""
    world, frame.session.world = frame.session.world, frame.world.copy()
    try:
        with current().inner():
            return frame.read(frame.call(Static(rules.like), list(refs), {})).type
    finally:
        frame.session.world = world


def result_type(rules: Rules, types: Sequence[Type]) -> Type:
    """The type of the result, where the user or the kind of function says so."""
    if isinstance(rules.like, int):
        t = types[rules.like] if rules.like < len(types) else UNKNOWN
        return t if kind_of(t) in ("float", "complex") else UNKNOWN
    target = rules.target
    if isinstance(target, np.ufunc):
        return ufunc_type(target)(*types) if target.nout == 1 else UNKNOWN
    if rules.partials is None or not types:
        return UNKNOWN
    if any(kind_of(t) not in ("float", "int") or not _is_double(t) for t in types):
        return UNKNOWN
    shapes = [dims_of(t) for t in types]
    if all(s == () for s in shapes):
        return Scalar("float")
    return Array("float64", broadcast_dims(*(s for s in shapes if s is not None)))


def _is_double(t: Type) -> bool:
    """Whether a number is Python's, or of double precision."""
    return isinstance(t, (Scalar, Array)) and t.dtype in ("", "float64", "int64")
