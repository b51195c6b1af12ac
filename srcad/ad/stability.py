"""Which arrays from above an adjoint loop reads, rather than keep what it read of them.

Takes notes of what the loops and branches around define. An array that no loop makes
anew is there in the adjoint as well. One that an enclosing loop makes in each round is
kept whole where an inner loop goes through all of it: that costs a reference, where its
elements would be a list of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from srcad.ir.graph import Literal, Node, Value, is_literal, nodes_of
from srcad.ir.sizes import Dim, same_length
from srcad.ir.structure import LOOPS, for_, loop_of
from srcad.ir.types import Array, Scalar
from srcad.ops.containers import range_
from srcad.ops.declare import Op, memory_of
from srcad.ops.index import getitem
from srcad.ops.layout import components


def cost_of(node: Node) -> str:
    """The cost an operation declares: "free", "cheap" or "normal"."""
    op = node.op
    if not isinstance(op, Op) or op.effect or len(node.outputs) != 1:
        return "normal"
    cost: str = op.cost(node) if callable(op.cost) else op.cost
    return cost


def is_scalar(value: Value) -> bool:
    """Whether a value is one number (or boolean)."""
    return isinstance(value.type, Scalar)


class Stability:
    """What the loops around define, and what of it can be read from above."""

    def __init__(self) -> None:
        self.makers: dict[Value, Node | None] = {}
        self.walked: dict[Value, Value] = {}
        self.ranges: dict[Value, Node] = {}
        self.written: set[Value] = set()

    def note(self, nodes: Sequence[Node]) -> None:
        """Note the ranges that nodes make, and what loops walk."""
        for node in nodes:
            if node.op is range_:
                self.ranges[node.out] = node
            elif node.op is for_:
                loop = loop_of(node)
                self.walked.update(zip(loop.items, loop.walked, strict=True))

    def enter(self, values: Iterable[Value], nodes: Sequence[Node]) -> None:
        """Note what the body of a loop, or a branch inside one, defines."""
        self.makers.update(dict.fromkeys(values))
        for node in nodes:
            self.makers.update((v, node) for v in node.outputs)
            for inner in (node, *(n for b in node.blocks for n in nodes_of(b))):
                self.written.update(_may_write_to(inner))

    def __call__(self, value: Value) -> bool:
        """Whether no enclosing loop makes a value anew."""
        if value not in self.makers:
            return True
        node = self.makers[value]
        if node is None or cost_of(node) != "free":
            return False
        return all(is_scalar(v) or self(v) for v in node.inputs)

    def goes_through(self, node: Node) -> bool:
        """Whether a node reads one element or row after another of a whole array.

        The array is made anew by an enclosing loop, as memory of its own, and nothing
        writes to it.
        """
        if node.op is not getitem:
            return False
        x, *index = node.inputs
        maker, t = self.makers.get(x), x.type
        if maker is None or not isinstance(t, Array) or x in self.written:
            return False
        if memory_of(maker) != "new":
            return False
        parts = zip(components(node.params["layout"], index), t.dims, strict=False)
        return all(self.is_whole(entry, v, d) for (entry, v), d in parts)

    def is_whole(self, entry: object, index: Any, length: Dim) -> bool:
        """Whether an index goes through an axis of this length."""
        if isinstance(entry, tuple):
            return not any(entry[1:])
        if index not in self.walked or self.walked[index] not in self.ranges:
            return False
        walked = self.ranges[self.walked[index]]
        start, stop, step = walked.inputs
        size = stop.type.size if isinstance(stop.type, Scalar) else None
        if isinstance(stop, Literal):
            size = stop.value
        whole = size is not None and same_length(size, length)
        return whole and is_literal(start, 0) and is_literal(step, 1)


def _may_write_to(node: Node) -> Sequence[Value]:
    """The arrays that a node may write to, where that is allowed."""
    if node.op in LOOPS:
        return loop_of(node).initial
    return node.inputs[:1] if memory_of(node) == "same" else ()
