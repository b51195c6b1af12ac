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
from srcad.ir.types import INT, is_python_int
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


def counters_of(loop: Loop, ranges: Mapping[Value, Node]) -> dict[Value, Counter]:
    """The values that a loop carries and that count its rounds.

    ranges : the nodes that made ranges in sight.
    """
    if loop.reverse:
        return {}
    makers = {v: node for node in loop.body.nodes for v in node.outputs}
    walks = [
        (item, made.inputs[0])
        for walked, item in zip(loop.walked, loop.items, strict=True)
        if (made := ranges.get(walked)) is not None and is_literal(made.inputs[2], 1)
    ]
    found: dict[Value, Counter] = {}
    triples = zip(loop.carried, loop.carried_next, loop.initial, strict=True)
    for value, after, initial in triples:
        types = (value.type, after.type, initial.type)
        if not walks or not all(map(is_python_int, types)):
            continue
        maker = makers.get(after)
        if maker is None or maker.op is not add or value not in maker.inputs:
            continue
        steps = [
            v for v in maker.inputs if isinstance(v, Literal) and is_python_int(v.type)
        ]
        if len(steps) == 1:
            found[value] = Counter(value.name, initial, steps[0], *walks[0])
    return found
