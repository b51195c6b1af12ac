"""Counters: whole numbers that grow by the same step in each round of a loop.

Takes a carried value; gives how it is computed from the number of the round, so that
nothing is kept of it:

    for i in range(start, stop):        at = at_before + 2 * (i - start)
        ...
        at += 2
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from srcad.ir.builder import current
from srcad.ir.graph import Literal, Node, Value, is_literal
from srcad.ir.structure import Loop
from srcad.ir.types import INT, Scalar
from srcad.ops.arithmetic import add, multiply, subtract


@dataclass(frozen=True)
class Counter:
    """A carried number that is `initial + step * (item - start)`.

    item : what the loop walks, a range from `start` in steps of 1.
    """

    name: str
    initial: Value
    step: Literal
    item: Value
    start: Value

    def at(self, item: Value) -> Value:
        """The number in the round of this item, by nodes of the builder in use."""
        done = item if is_literal(self.start, 0) else subtract(item, self.start)
        if not is_literal(self.step, 1):
            done = multiply(self.step, done)
        inputs = self.initial, done
        (found,) = current().emit(add, inputs, [INT], names=[self.name])
        return found


def counter_of(
    value: Value, loop: Loop, ranges: Mapping[Value, Node]
) -> Counter | None:
    """How a value that a loop carries counts its rounds, if it does.

    ranges : the nodes that made ranges in sight.
    """
    if value not in loop.carried or loop.reverse:
        return None
    k = loop.carried.index(value)
    after, initial = loop.carried_next[k], loop.initial[k]
    if not all(map(_is_whole, (value, after, initial))):
        return None
    maker = next((n for n in loop.body.nodes if after in n.outputs), None)
    if maker is None or maker.op is not add or value not in maker.inputs:
        return None
    steps = [v for v in maker.inputs if isinstance(v, Literal) and _is_whole(v)]
    for walked, item in zip(loop.walked, loop.items, strict=True):
        made = ranges.get(walked)
        if len(steps) == 1 and made is not None and is_literal(made.inputs[2], 1):
            return Counter(value.name, initial, steps[0], item, made.inputs[0])
    return None


def _is_whole(value: Value) -> bool:
    """Whether a value is a whole number of Python's."""
    t = value.type
    return isinstance(t, Scalar) and t.kind == "int" and not t.dtype
