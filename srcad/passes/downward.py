"""downward: loops that count down around loops that a compiler runs in vectors.

Takes a program whose array operations are loops; marks in it loops such as

    for t in range(n - 1, -1, -1):          for t in downward(0, n):
        for i in range(m):            ->        for i in range(m):
            x_bar[i] += a[t, i] * b[i]              x_bar[i] += a[t, i] * b[i]

Before LLVM runs the inner loop in vectors it compares where its arrays lie: `x_bar`
must not be in `a[t]`. Where it can compute `a[t]` for all t it does so once, before the
outer loop, and then only for a t that counts up (`expandBounds` and `addRuntimeChecks`
in LLVM's LoopUtils.cpp): if t counts down, the inner loop never runs in vectors. The
helper `downward` gives an array, of which LLVM knows nothing; then it compares before
each inner loop. No number changes. Only for the Numba dialect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from srcad.ir.graph import (
    Block,
    Graph,
    Literal,
    Node,
    Program,
    Value,
    free_values,
    nodes_of,
)
from srcad.ir.structure import for_, loop_of, while_
from srcad.ir.types import Array
from srcad.ir.walk import definitions, each_graph, rebuilt, with_body
from srcad.ops.lists import range_
from srcad.passes.forwards import counts_down
from srcad.passes.lanes import is_plain

# Fewer rounds than this are unrolled, or done before they could be compared.
FEW = 16


def downward(program: Program) -> Program:
    """Mark the loops whose counters are to be read from an array."""

    def marked(graph: Graph) -> Graph:
        makers = definitions(graph.body)

        def change(node: Node) -> Sequence[Node]:
            if node.params.get("parallel") or not counts_down(node, makers):
                return [node]
            own = _of_the_round(node)
            inner = [n for n in _inner(node.blocks[0]) if own & _read(n)]
            if not any(_in_vectors(n, makers) for n in inner):
                return [node]
            return [replace(node, params={**node.params, "downward": True})]

        return with_body(graph, rebuilt(graph.body, change))

    return each_graph(program, marked)


def _inner(block: Block) -> Iterator[Node]:
    """The loops of which a loop with this block is the next one outside."""
    for node in block.nodes:
        if node.op is for_:
            yield node
        elif node.op is not while_:
            for inner in node.blocks:
                yield from _inner(inner)


def _of_the_round(node: Node) -> set[Value]:
    """What a loop walks and what its rounds compute from that: indices and rows."""
    found = set(loop_of(node).items)
    for inner in nodes_of(loop_of(node).body):
        if not found.isdisjoint(inner.inputs):
            found.update(inner.outputs)
    return found


def _read(node: Node) -> set[Value]:
    """What a loop reads that is made outside of it."""
    return {*loop_of(node).walked, *free_values(loop_of(node).body)}


def _in_vectors(node: Node, makers: Mapping[Value, Node]) -> bool:
    """Whether LLVM may run a loop in vectors."""
    loop = loop_of(node)
    if loop.stop or loop.reverse or _has_few(loop.walked, makers):
        return False
    inner = list(nodes_of(loop.body))
    summed = {n.out for n in inner if n.op.name == "add" and n.params.get("lanes")}
    pairs = zip(loop.carried, loop.carried_next, strict=True)
    return all(is_plain(n) or n.params.get("lanes") for n in inner) and all(
        before is after or isinstance(after.type, Array) or after in summed
        for before, after in pairs
    )


def _has_few(walked: Sequence[Value], makers: Mapping[Value, Node]) -> bool:
    """Whether a loop is known to have few rounds."""
    for node in (makers.get(v) for v in walked):
        if node is not None and node.op is range_:
            start, stop = node.inputs[:2]
            if isinstance(start, Literal) and isinstance(stop, Literal):
                return bool(stop.value - start.value < FEW)
    return False
