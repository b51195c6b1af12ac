"""summed_inside: what a loop writes to the rows of an array is summed as it comes.

Takes a graph; gives one where

    y_bar = np.empty_like(y)                y_bar = np.empty_like(y)
    for i in range(n):                      total = np.zeros(y_bar.shape[1])
        y_bar[i] = e                        for i in range(n):
    total = np.sum(y_bar, axis=0)    ->         y_bar[i] = e
                                                total += e

so the rows are not gone through again, and need not be there if nothing else reads
them. Each round must write the whole of one row, each row in one round, and no more.

Only for the Numba dialect, where a round costs little. It sums in the order of the
loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from srcad.ir.builder import Builder
from srcad.ir.graph import Block, Graph, Node, Value, nodes_of
from srcad.ir.structure import for_, loop_of
from srcad.ir.types import Array, dtype_of, kind_of
from srcad.ir.walk import with_block, with_body, with_parts
from srcad.ops.filled import zeros
from srcad.ops.fit import sum_
from srcad.ops.index import ALL, add_at, index_of, update
from srcad.ops.shapes import dim
from srcad.passes.dce import dce
from srcad.passes.elements import Elements


def summed_inside(graph: Graph) -> Graph:
    """Let loops sum the rows that they write."""
    if not any(map(_sums_rows, nodes_of(graph.body))):
        return graph
    body = _Sums(Elements(graph)).block(graph.body)
    return graph if body is graph.body else dce(with_body(graph, body))


def _sums_rows(node: Node) -> bool:
    """Whether a node is the sum of an array's rows, of floats."""
    if node.op is not sum_ or node.params.get("axis") not in (0, (0,)):
        return False
    x, out = node.inputs[0].type, node.out.type
    plain = not node.params.get("keepdims") and dtype_of(x) == dtype_of(out)
    return plain and isinstance(out, Array) and kind_of(x) in ("float", "complex")


@dataclass(frozen=True)
class _Sums:
    """Sums after loops as sums in loops."""

    elements: Elements

    def block(self, block: Block) -> Block:
        """A block, with its loops summing."""
        nodes = [
            with_parts(node, blocks=[self.block(b) for b in node.blocks])
            for node in block.nodes
        ]
        for node in [n for n in nodes if _sums_rows(n)]:
            at = next((k for k, n in enumerate(nodes) if _ends(n, node.inputs[0])), -1)
            written = self.written(nodes[at], node.inputs[0]) if at >= 0 else None
            if written is not None:
                nodes.remove(node)
                nodes[at : at + 1] = _summing(nodes[at], written, node)
        return with_block(block, nodes)

    def written(self, node: Node, final: Value) -> Node | None:
        """The node of a loop that writes a row in each round, each row once."""
        loop = loop_of(node)
        k = loop.final.index(final)
        row = self.elements.makers.get(loop.carried_next[k])
        t = final.type
        assert isinstance(t, Array)
        if loop.stop or row not in loop.body.nodes or row.op is not update:
            return None
        layout, index = index_of(row)
        if row.inputs[0] is not loop.carried[k] or layout != ("at",):
            return None
        if index[0] not in loop.items or not _fits(row, t):
            return None
        walk = self.elements.walks.get(index[0])
        return row if walk is not None and walk.covers(t.dims[0]) else None


def _ends(node: Node, value: Value) -> bool:
    """Whether a node is a loop that leaves a value that it carried."""
    return node.op is for_ and value in loop_of(node).final


def _fits(row: Node, t: Array) -> bool:
    """Whether what is written is of the array's kind, or of one that it takes in."""
    kind = kind_of(row.inputs[1].type)
    return kind in ("int", "float") or kind == kind_of(t)


def _summing(node: Node, row: Node, total: Node) -> Sequence[Node]:
    """The loop that sums what `row` writes in a round, after the zeros it starts from.

    total : the sum of the array after the loop.
    """
    loop, t = loop_of(node), total.out.type
    assert isinstance(t, Array)
    array = loop.initial[loop.final.index(total.inputs[0])]
    dtype = {} if t.dtype == "float64" else {"dtype": t.dtype}
    builder = Builder()
    with builder.active(), builder.at(total.span):
        lengths = [dim(array, k=k + 1) for k in range(len(t.dims))]
    name = total.out.name or "totals"
    start, before, after = (Value(name, t) for _ in range(3))
    params = {"scalar": len(lengths) == 1, **dtype}
    builder.add(Node(zeros, tuple(lengths), (start,), params, (), total.span))
    whole = {"layout": (ALL,) * len(t.dims)}
    adding = Node(add_at, (before, row.inputs[1]), (after,), whole, (), total.span)
    nodes = list(loop.body.nodes)
    nodes.insert(nodes.index(row), adding)  # before: `e` may be a view of the array
    body = Block(
        (*loop.body.params, before),
        tuple(nodes),
        (*loop.carried_next, after, *loop.collected),
    )
    found = replace(
        node,
        inputs=(*node.inputs, start),
        outputs=(*loop.final, total.out, *loop.lists, loop.count),
        blocks=(body,),
    )
    return [*builder.nodes, found]
