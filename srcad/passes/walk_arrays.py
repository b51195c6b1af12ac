"""walk_arrays: `for z in zs` where the user wrote so, for a reader of Python.

Takes a finished graph; gives one where a loop over the numbers of an array's rows that
reads the row of each number walks the array itself. Where the number is read besides,
both are walked, `for k, z in enumerate(zs)`; but not from the end, which would need a
zip of two reversed things.

A row is read at the head of its round instead of later in it. It is the same row: what
a loop reads in every round is never written to while the loop runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from srcad.ir.graph import Block, Graph, Node, Value, is_literal
from srcad.ir.structure import Loop, for_, loop_of
from srcad.ir.types import Array, dims_of
from srcad.ir.walk import definitions, rebuilt, uses, with_block, with_body

ROW = ("at",)  # the layout of `zs[k]`


def walk_arrays(graph: Graph) -> Graph:
    """Walk the arrays whose rows are read one by one."""
    made, read = definitions(graph.body), uses(graph.body)

    def change(node: Node) -> list[Node]:
        return [_walking(node, made, read) if node.op is for_ else node]

    found = with_body(graph, rebuilt(graph.body, change))
    return found if found is graph else _later(found)


def _later(graph: Graph) -> Graph:
    """Count the rows of an argument where only one loop, further down, still does."""
    body, read = graph.body, uses(graph.body)
    nodes, made = list(body.nodes), {v: n for n in body.nodes for v in n.outputs}
    for loop in (node for node in body.nodes if node.op is for_):
        for numbers in [made[v] for v in loop_of(loop).walked if v in made]:
            if numbers.op.name != "range_" or read[numbers.out] != 1:
                continue
            count = made.get(numbers.inputs[1])
            if count is None or count.op.name != "len_of" or read[count.out] != 1:
                continue
            if count.inputs[0] in body.params:
                nodes = [n for n in nodes if n is not count and n is not numbers]
                at = nodes.index(loop)
                nodes[at:at] = [count, numbers]
    return with_body(graph, with_block(body, nodes))


def _walking(node: Node, made: Mapping[Value, Node], read: Counter[Value]) -> Node:
    loop = loop_of(node)
    if read[loop.count] and not any(read[v] for v in loop.lists):
        return node  # the rounds are counted by what is walked
    dropped: list[int] = []
    walked: list[Node] = []
    for k, numbers in enumerate(made.get(v) for v in loop.walked):
        if numbers is None or numbers.op.name != "range_":
            continue
        rows = _rows(loop, loop.items[k], numbers, made)
        if rows and read[loop.items[k]] == len(rows):
            dropped.append(k)
            walked += rows
        elif len(rows) == 1 and len(loop.walked) == 1 and not loop.reverse:
            walked += rows
    return _replaced(node, loop, dropped, walked) if walked else node


def _rows(
    loop: Loop, k: Value, numbers: Node, made: Mapping[Value, Node]
) -> list[Node]:
    """The nodes that read row k of what the loop's header names, one for each array."""
    start, stop, step = numbers.inputs
    if not is_literal(start, 0) or not is_literal(step, 1):
        return []
    arrays = _as_long(stop, made)
    if not arrays:
        return []
    if len(arrays) > 1 and (loop.reverse or len(loop.walked) > 1):
        return []  # the end of the shortest is no end of the others
    found = {
        node.inputs[0]: node
        for node in loop.body.nodes
        if node.op.name == "getitem"
        and node.out not in loop.carried_next
        and node.params["layout"] == ROW
        and node.inputs[1] is k
        and node.span == numbers.span
        and isinstance(node.inputs[0].type, Array)
        and (node.inputs[0] in arrays or _length(node.inputs[0]) == _length(arrays[0]))
    }
    return list(found.values()) if all(v in found for v in arrays) else []


def _length(array: Value) -> Any:
    """The length of an array; no other array's where it is not known."""
    dims = dims_of(array.type)
    return array if not dims or dims[0] is None else dims[0]


def _as_long(count: Value, made: Mapping[Value, Node]) -> Sequence[Value]:
    """The arrays whose lengths a number is the least of."""
    node = made.get(count)
    if node is not None and node.op.name == "len_of":
        return node.inputs
    if node is None or node.op.name != "min_of":
        return ()
    lengths = [made.get(v) for v in node.inputs]
    found = [n.inputs[0] for n in lengths if n is not None and n.op.name == "len_of"]
    return found if len(found) == len(lengths) else ()


def _replaced(
    node: Node, loop: Loop, dropped: Sequence[int], rows: Sequence[Node]
) -> Node:
    """The loop that walks the arrays of `rows`, and no more what is dropped."""
    keep = [k for k in range(len(loop.walked)) if k not in dropped]
    inputs = [*(loop.walked[k] for k in keep), *(row.inputs[0] for row in rows)]
    items = [*(loop.items[k] for k in keep), *(row.out for row in rows)]
    block = with_block(loop.body, [n for n in loop.body.nodes if n not in rows])
    block = Block((*items, *loop.carried), block.nodes, block.results)
    return replace(
        node,
        inputs=(*inputs, *loop.initial),
        blocks=(block,),
        params={**node.params, "walked": len(inputs)},
    )
