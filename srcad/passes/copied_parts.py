"""copied_parts: what is read of an array after a write to it is copied, not all of it.

Takes a graph before its memory is planned; gives one in which a view `p = x[i]`, read
after `x[j] = v` where nothing else reads the old x, is a copy of those entries. For a
view of its own memory the planner would copy all of x at the write: in each round of a
loop that swaps rows, say.
"""

from __future__ import annotations

from dataclasses import replace

from srcad.ir.graph import Block, Graph, Node, Value, free_values
from srcad.ir.types import Array
from srcad.ir.walk import with_block, with_body, with_parts
from srcad.ops.creation import copy
from srcad.ops.layout import is_basic

WRITES = ("update", "add_at")


def copied_parts(graph: Graph) -> Graph:
    """Copy parts that outlive their array; arguments are copied whole, if at all."""
    body = _changed(graph.body, frozenset(graph.body.params))
    return graph if body is graph.body else with_body(graph, body)


def _changed(block: Block, given: frozenset[Value]) -> Block:
    """The block, inner ones included, with some of its views copied.

    given : arrays that are not written in place.
    """
    outlived = _outlived(block, given)
    nodes: list[Node] = []
    for node in block.nodes:
        node = with_parts(node, None, [_changed(b, given) for b in node.blocks])
        if len(node.outputs) == 1 and node.out in outlived:
            view = Value("", node.out.type)
            nodes.append(replace(node, outputs=(view,)))
            node = Node(copy, (view,), node.outputs, span=node.span)
        nodes.append(node)
    return with_block(block, nodes)


def _outlived(block: Block, given: frozenset[Value]) -> set[Value]:
    """The views read after a write to their array, which nobody reads any more then."""
    if not any(node.op.name in WRITES for node in block.nodes):
        return set()
    last = _last_read(block)
    views: dict[Value, list[Value]] = {}
    found: set[Value] = set()
    for k, node in enumerate(block.nodes):
        x = node.inputs[0] if node.inputs else None
        if x is None or x in given or not isinstance(x.type, Array):
            continue
        if node.op.name in WRITES and last[x] <= k:
            found.update(p for p in views.pop(x, ()) if last.get(p, 0) > k)
        elif _is_view(node):
            views.setdefault(x, []).append(node.out)
    return found


def _is_view(node: Node) -> bool:
    """Whether a node gives a part of an array that shares its memory."""
    if node.op.name != "getitem" or not isinstance(node.out.type, Array):
        return False
    layout = node.params.get("layout", ())
    return bool(node.out.type.dims) and is_basic(layout, node.inputs[1:])


def _last_read(block: Block) -> dict[Value, int]:
    """The position of the last node that reads a value, or one behind the last."""
    last: dict[Value, int] = {}
    for k, node in enumerate(block.nodes):
        last.update(dict.fromkeys(node.inputs, k))
        for inner in node.blocks:
            last.update(dict.fromkeys(free_values(inner), k))
    last.update(dict.fromkeys(block.results, len(block.nodes)))
    return last
