"""Loops that note what the adjoint of the round they pick reads.

Takes a loop, the way to where it picks (`picks.py`) and values of the round that is
picked; gives the loop carrying these beside what it picks:

    if distance < nearest:
        nearest, nearest_at = distance, j

The inner loops on the way carry them too, and branches that do not pick leave them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from srcad.ad.arrays import copy_of, is_exposed
from srcad.ad.picks import Way
from srcad.ir.builder import current
from srcad.ir.graph import Block, Literal, Node, Value
from srcad.ir.structure import LOOPS, loop_of
from srcad.ir.walk import fresh, with_block
from srcad.ops.containers import list_len, range_


@dataclass(frozen=True)
class Note:
    """What a loop carries of the round picked last.

    value : in that round. start : before there is one. final : after the loop.
    """

    value: Value
    start: Literal
    final: Value


def noting(
    node: Node,
    way: Way,
    notes: Sequence[Note],
    counters: Mapping[Node, tuple[Value, Value]],
) -> list[Node]:
    """A loop that notes, and before it the ranges that it walks besides.

    counters : for loops that shall count their rounds, the index and a list they walk.
    """
    work = _Noting(node, way, [note.value for note in notes], counters)
    starts = [note.start for note in notes]
    finals = [note.final for note in notes]
    return work.loop(node, 0, starts, finals)


class _Noting:
    def __init__(
        self,
        outermost: Node,
        way: Way,
        values: Sequence[Value],
        counters: Mapping[Node, tuple[Value, Value]],
    ) -> None:
        self.body = outermost.blocks[-1]
        self.way = way
        self.values = values
        self.counters = counters

    def loop(
        self, node: Node, depth: int, starts: Sequence[Value], finals: Sequence[Value]
    ) -> list[Node]:
        """A loop on the way; the rest of the way begins in its body."""
        loop = loop_of(node)
        params = [fresh(v) for v in finals]
        body, after = self.block(loop.body, depth, params)
        before, walked, items = self.counted(node)
        n = len(loop.carried)
        body = Block(
            (*items, *loop.body.params, *params),
            body.nodes,
            (*body.results[:n], *after, *body.results[n:]),
        )
        tests = [
            with_block(test, params=[*test.params, *map(fresh, finals)])
            for test in node.blocks[:-1]
        ]
        whole = replace(
            node,
            inputs=(*walked, *node.inputs, *starts),
            outputs=(*node.outputs[:n], *finals, *node.outputs[n:]),
            blocks=(*tests, body),
            params={**node.params, "walked": len(items) + len(loop.items)},
        )
        return [*before, whole]

    def counted(self, node: Node) -> tuple[list[Node], list[Value], list[Value]]:
        """The range that counts rounds, where that is noted: nodes, range, entries."""
        if node not in self.counters:
            return [], [], []
        k, xs = self.counters[node]
        if not any(v is k for v in self.values):
            return [], [], []
        with current().inner() as builder:
            steps = range_(0, list_len(xs), 1)
        return builder.nodes, [steps], [k]

    def block(
        self, block: Block, depth: int, old: Sequence[Value]
    ) -> tuple[Block, Sequence[Value]]:
        """A block on the way, and what it gives out of the notes."""
        if depth == len(self.way.steps):
            return self.inmost(block)
        _, k, side = self.way.steps[depth]
        node, new = block.nodes[k], [fresh(v) for v in old]
        if node.op in LOOPS:
            made = self.loop(node, depth + 1, old, new)
        else:
            made = [self.branch(node, side, depth + 1, old, new)]
        return with_block(block, [*block.nodes[:k], *made, *block.nodes[k + 1 :]]), new

    def branch(
        self,
        node: Node,
        side: int,
        depth: int,
        old: Sequence[Value],
        new: Sequence[Value],
    ) -> Node:
        """A branch on the way: its other side leaves the notes as they are."""
        sides = [with_block(b, None, [*b.results, *old]) for b in node.blocks]
        inner, values = self.block(node.blocks[side], depth, old)
        sides[side] = with_block(inner, None, [*inner.results, *values])
        return replace(node, blocks=tuple(sides), outputs=(*node.outputs, *new))

    def inmost(self, block: Block) -> tuple[Block, Sequence[Value]]:
        """The block at the end of the way; views of what is written to are copied."""
        makers = {v: node for node in self.way.nodes for v in node.outputs}
        copies = {
            v: copy_of(v) for v in self.values if is_exposed(v, makers, self.body)
        }
        values = [copies[v].out if v in copies else v for v in self.values]
        return with_block(block, [*block.nodes, *copies.values()]), values
