"""What all rounds of a loop compute to the same value, given out by the loop.

Takes a loop and values of its body, made of nothing that changes in the loop; gives the
loop with these carried: what comes out is that of the last round. A value of one way of
a branch, or of an inner loop, is that of the last round that went there. Where none
did it is undefined, for a number 1, and nobody reads it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from srcad.ir.graph import (
    UNDEFINED,
    Block,
    Literal,
    Node,
    Value,
    fact,
    free_values,
    is_literal,
    literal,
)
from srcad.ir.structure import has_effect, if_, loop_of
from srcad.ir.types import Array, Maybe, Scalar, Type, unwrapped
from srcad.ir.walk import fresh, uses, with_block, with_parts

# What a number is where no round computed it.
STARTS = {"bool": False, "int": 1, "float": 1.0, "complex": 1.0 + 0j}
# Numba would take what starts as a number of Python for one of these.
WIDE = ("", "bool", "int64", "float64", "complex128")
Roots = set[Value]


@dataclass(frozen=True)
class Slot:
    """A value that a loop carries out of its last round.

    start : what it is before. carried : the parameter, which nobody reads.
    final : what comes out. roots : what it is made of, all from above the loop.
    """

    start: Literal
    carried: Value
    final: Value
    roots: Roots


class Last:
    """A loop on the way to give out what its rounds have in common.

    slots : those of loops inside, by their final values; new ones are entered.
    """

    def __init__(self, node: Node, slots: dict[Value, Slot]) -> None:
        self.node = node
        self.body = node.blocks[-1]
        self.slots = slots
        self.made: dict[Value, Slot] = {}

    def final(self, value: Value) -> Value | None:
        """What comes out for a value of the body; None where rounds may differ."""
        if value in self.made:
            return self.made[value].final
        t = unwrapped(value.type)
        narrow = isinstance(t, Scalar) and t.dtype not in WIDE
        if narrow or not isinstance(t, (Scalar, Array)):
            return None
        start, t = _start(value.type)
        carried, final = Value(value.name, t), Value(value.name, t)
        found = self.starting(value, carried, self.body)
        if found is None:
            return None
        self.body, roots = found
        self.made[value] = self.slots[final] = Slot(start, carried, final, roots)
        return final

    def starting(
        self, value: Value, start: Value, *blocks: Block
    ) -> tuple[Block, Roots] | None:
        """The innermost block, in which a value is `start` where nothing computes it.

        blocks : the body of the loop, and those in it down to where the value is. With
        the block come the value's roots, above all of them.
        """
        block = blocks[-1]
        roots = roots_of([value], *blocks)
        if roots is not None:
            return block, roots
        k = _places(block).get(value)
        if k is None or _reads(block)[value] > 1:
            return None
        changed = self.started(block.nodes[k], value, start, *blocks)
        if changed is None:
            return None
        node, roots = changed
        return with_block(block, [*block.nodes[:k], node, *block.nodes[k + 1 :]]), roots

    def started(
        self, node: Node, value: Value, start: Value, *blocks: Block
    ) -> tuple[Node, Roots] | None:
        """A node whose output is `start` where nothing computes it; its roots."""
        if value in self.slots:
            loop, slot = loop_of(node), self.slots[value]
            inputs = list(node.inputs)
            inputs[len(loop.walked) + loop.final.index(value)] = start
            roots = roots_of(slot.roots, *blocks)
            return None if roots is None else (with_parts(node, inputs), roots)
        if node.op is not if_:
            return None
        k = node.outputs.index(value)
        results = [b.results[k] for b in node.blocks]
        undefined = [is_literal(v, UNDEFINED) for v in results]
        if sum(undefined) != 1:
            return None
        side = undefined.index(False)
        inner, other = node.blocks[side], node.blocks[1 - side]
        found = self.starting(results[side], start, *blocks, inner)
        if found is None:
            return None
        given = [*other.results[:k], start, *other.results[k + 1 :]]
        ways = [found[0], with_block(other, None, given)]
        return with_parts(node, None, ways if side == 0 else ways[::-1]), found[1]

    def finished(self) -> Node:
        """The loop, carrying what was asked for."""
        if not self.made:
            return self.node
        loop, slots = loop_of(self.node), self.made.values()
        carried = [s.carried for s in slots]
        body = with_block(
            self.body,
            None,
            [*loop.carried_next, *self.made, *loop.collected],
            [*self.body.params, *carried],
        )
        tests = [
            with_block(b, params=[*b.params, *map(fresh, carried)])
            for b in self.node.blocks[:-1]
        ]
        return replace(
            self.node,
            inputs=(*self.node.inputs, *(s.start for s in slots)),
            outputs=(*loop.final, *(s.final for s in slots), *loop.lists, loop.count),
            blocks=(*tests, body),
        )


def _start(t: Type) -> tuple[Literal, Type]:
    """What is carried before a value of this type, and the type of the two."""
    if isinstance(t, Scalar) and not t.dtype:
        return literal(STARTS[t.kind]), Scalar(t.kind)
    return literal(UNDEFINED), t if isinstance(t, Maybe) else Maybe(t)


def roots_of(values: Iterable[Value], *blocks: Block) -> Roots | None:
    """What values are made of from above some blocks, each in the one before it.

    None where one of the blocks makes them anew.
    """
    found = set(values)
    for block in reversed(blocks):
        if not changing(block).isdisjoint(found):
            return None
        found = _roots(found, block)
    return found


def _roots(values: Roots, block: Block) -> Roots:
    """What values are made of from above a block."""
    places = _places(block)
    todo, seen, found = list(values), set[Node](), set[Value]()
    while todo:
        v = todo.pop()
        if v not in places:
            if not isinstance(v, Literal):
                found.add(v)
        elif (node := block.nodes[places[v]]) not in seen:
            seen.add(node)
            todo += [*node.inputs, *(x for b in node.blocks for x in free_values(b))]
    return found


@fact
def _places(block: Block) -> dict[Value, int]:
    """Which of a block's own nodes made each value."""
    return {v: k for k, node in enumerate(block.nodes) for v in node.outputs}


# How often a block and those in it read each value.
_reads = fact(uses)


@fact
def changing(block: Block) -> set[Value]:
    """The values that change with a block's parameters, or depend on effects."""
    found = set(block.params)
    for node in block.nodes:
        read = (node.inputs, *map(free_values, node.blocks))
        if has_effect(node) or not all(map(found.isdisjoint, read)):
            found.update(node.outputs)
    return found
