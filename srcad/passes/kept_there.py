"""kept_there: an array that a loop keeps is made where it is kept.

Takes a graph whose loops keep in arrays; gives one in which

    row = np.empty(n)                       row = saved_row[k]
    for i in range(n):             ->       for i in range(n):
        row[i] = ...                            row[i] = ...
    saved_row[k] = row

which saves an array and a copy for each round. Nobody may write to the array after it
was kept, and it must be gone when its round ends.

The write stays in the graph, where the array is the only value it has; with
params["there"] it is not printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from srcad.ir.graph import Block, Graph, Node, Value, nodes_of
from srcad.ir.structure import for_, loop_of
from srcad.ir.types import Array, same_dims
from srcad.ir.walk import definitions, rebuilt, with_body
from srcad.ops.filled import empty
from srcad.ops.index import getitem, update
from srcad.passes.buffers import Buffers, Summary, writes_in_place


def kept_there(graph: Graph, summaries: Mapping[Any, Summary]) -> Graph:
    """Make arrays where loops keep them.

    summaries : what is known of the memory of callees.
    """
    loops = [node for node in nodes_of(graph.body) if node.op is for_]
    pairs = [pair for loop in loops for pair in _made_and_kept(loop.blocks[0])]
    if not pairs:
        return graph
    buffers, new = Buffers(graph, summaries=summaries), {}
    for block, made, kept in pairs:
        if made not in new and _is_left_alone(block, made, kept, buffers):
            array, _, *index = kept.inputs
            params = {"layout": ("at",) * len(index)}
            inputs = (array, *index)
            new[made] = Node(getitem, inputs, made.outputs, params, (), made.span)
            new[kept] = Node(
                update,
                kept.inputs,
                kept.outputs,
                {**kept.params, "there": True},
                (),
                kept.span,
            )
    return with_body(graph, rebuilt(graph.body, lambda node: [new.get(node, node)]))


def _made_and_kept(block: Block) -> Iterator[tuple[Block, Node, Node]]:
    """Where a round makes an empty array, and keeps what has become of it."""
    makers, place = definitions(block), {node: k for k, node in enumerate(block.nodes)}
    for kept in block.nodes:
        if kept.op is not update or not kept.params.get("kept"):
            continue
        array, value, *index = kept.inputs
        made = _origin(value, makers)
        if made is None or array not in block.params or not _fits(made, value, array):
            continue
        known = (v not in makers or place[makers[v]] < place[made] for v in index)
        if all(known):
            yield block, made, kept


def _origin(value: Value, makers: Mapping[Value, Node]) -> Node | None:
    """The empty array that a value is after writes in place."""
    node = makers.get(value)
    while node is not None and node.op is not empty:
        if node.op is for_ and value in loop_of(node).final:
            loop = loop_of(node)
            value = loop.initial[loop.final.index(value)]
        elif writes_in_place(node):
            value = node.inputs[0]
        else:
            return None
        node = makers.get(value)
    return None if node is None or node.params.get("kept") else node


def _fits(made: Node, value: Value, array: Value) -> bool:
    """Whether an empty array is as a row of the array that the value is kept in."""
    a, b, rows = made.out.type, value.type, array.type
    if not (isinstance(a, Array) and isinstance(b, Array) and isinstance(rows, Array)):
        return False
    return same_dims(a, b) and a.dtype == b.dtype == rows.dtype


def _is_left_alone(block: Block, made: Node, kept: Node, buffers: Buffers) -> bool:
    """Whether nobody writes to an array once it is kept, or has it after the round."""
    places = buffers.places(kept.inputs[1])
    if {p.by for p in places} != {made.out}:
        return False
    after = block.nodes[block.nodes.index(kept) + 1 :]
    written = any(not places.isdisjoint(buffers.written(node)) for node in after)
    left = any(not places.isdisjoint(buffers.reach(v)) for v in block.results)
    return not written and not left
