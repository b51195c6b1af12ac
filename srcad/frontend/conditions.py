"""Conditions: truth values, and expressions of which only a part is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.classes import call_special, fields
from srcad.frontend.forks import Fork
from srcad.frontend.frame import Frame, expression
from srcad.frontend.refs import Number, Ref, Static
from srcad.frontend.structures import structure
from srcad.ir.graph import UNDEFINED, Literal, Value, literal
from srcad.ir.types import BOOL, Bottom
from srcad.ir.types import Static as StaticType
from srcad.ops.arithmetic import is_none, truth


def test(frame: Frame, node: Any) -> Value | bool:
    """A condition: a boolean value, or a bool where it is known while lowering."""
    return truth_of(frame, frame.lower(node))


def truth_of(frame: Frame, ref: Ref) -> Value | bool:
    """The truth value of an object."""
    if isinstance(ref, Static):
        return bool(ref.value)
    if fields(frame, ref) is not None:
        for name in ("__bool__", "__len__"):
            found = call_special(frame, ref, name)
            if found is not None:
                return truth_of(frame, found)
        return True
    known = structure(frame, ref)
    if known is not None:
        cls = getattr(known, "cls", tuple)
        if cls.__len__ is not tuple.__len__ or hasattr(cls, "__bool__"):
            raise UnsupportedSyntax(f"{cls.__name__} has a truth value of its own")
        return bool(known.items)
    value = frame.read(ref)
    if isinstance(value, Literal) and value.value is not UNDEFINED:
        return bool(value.value)
    if value.type == BOOL:
        return value
    return truth(value)


def as_number(condition: Value | bool) -> Ref:
    """A condition as an object."""
    return Number(literal(condition) if isinstance(condition, bool) else condition)


def choose(
    frame: Frame,
    condition: Value | bool,
    left: Callable[[], Ref],
    right: Callable[[], Ref],
) -> Ref:
    """One of two objects, only the chosen one being computed."""
    if isinstance(condition, bool):
        return left() if condition else right()
    slot = f"$chosen{len(frame.names)}"

    def into(lower: Callable[[], Ref]) -> Callable[[], None]:
        def run() -> None:
            frame.names[slot] = lower()

        return run

    fork = Fork(frame, condition)
    fork.left(into(left))
    fork.right(into(right))
    fork.merge()
    if slot not in frame.names:  # both raise
        raise UnsupportedSyntax("this raises whatever the condition is")
    return frame.names.pop(slot)


@expression(gast.IfExp)
def _conditional(frame: Frame, node: gast.IfExp) -> Ref:
    return choose(
        frame,
        test(frame, node.test),
        lambda: frame.lower(node.body),
        lambda: frame.lower(node.orelse),
    )


@expression(gast.BoolOp)
def _and_or(frame: Frame, node: gast.BoolOp) -> Ref:
    return _short_circuit(frame, isinstance(node.op, gast.And), node.values)


def _short_circuit(frame: Frame, is_and: bool, nodes: list[Any]) -> Ref:
    first = frame.lower(nodes[0])
    if len(nodes) == 1:
        return first
    condition = truth_of(frame, first)

    def rest() -> Ref:
        return _short_circuit(frame, is_and, nodes[1:])

    if is_and:
        return choose(frame, condition, rest, lambda: first)
    return choose(frame, condition, lambda: first, rest)


def is_static_none(ref: Ref) -> bool:
    """Whether an object is None for certain."""
    return isinstance(ref, Static) and ref.value is None


def none_test(frame: Frame, ref: Ref) -> Value | bool:
    """`ref is None`, decided by the type where that tells."""
    if is_static_none(ref):
        return True
    if not isinstance(ref, (Number, Static)) and not hasattr(ref, "linked"):
        return False
    value = frame.read(ref)
    t = value.type
    if isinstance(t, StaticType):
        return t.value is None
    if type(t).__name__ in ("Maybe", "Unknown") and not isinstance(t, Bottom):
        return is_none(value)
    return False
