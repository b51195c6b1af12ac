"""The items of a loop that are another in each round, and never negative."""

from __future__ import annotations

from collections.abc import Mapping

from srcad.ir.graph import Literal, Node, Value
from srcad.ir.structure import Loop
from srcad.ir.types import Range, Scalar


def own_items(
    loop: Loop, makers: Mapping[Value, Node]
) -> dict[Value, tuple[Value, int]]:
    """The items of ranges that are another in each round, and their least value.

    Of those that walk the same range, the first stands for all.
    """
    found: dict[Value, tuple[Value, int]] = {}
    first: dict[Value, Value] = {}
    for item, walked in zip(loop.items, loop.walked, strict=True):
        least = _least(walked, makers) if isinstance(walked.type, Range) else None
        if least is not None:
            found[item] = first.setdefault(walked, item), least
    return found


def _least(walked: Value, makers: Mapping[Value, Node]) -> int | None:
    """The least number a range can give, where that is known not to be negative."""
    node = makers.get(walked)
    while node is not None and node.op.name == "range_prefix":
        node = makers.get(node.inputs[0])
    if node is None or node.op.name != "range_":
        return None
    start, stop, step = node.inputs
    if not isinstance(step, Literal) or not step.value:
        return None
    if step.value < 0:
        last = number_in(stop)
        return None if last is None or last < -1 else last + 1
    if isinstance(start, Literal):
        first = number_in(start)
        return None if first is None or first < 0 else first
    size = start.type.size if isinstance(start.type, Scalar) else None
    return 0 if size is not None and "-" not in str(size) else None


def number_in(v: Value) -> int | None:
    """The whole number that a literal is."""
    return v.value if isinstance(v, Literal) and type(v.value) is int else None
