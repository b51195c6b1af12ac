"""full: `np.full_like(x, v)` where a number is spread in the shape of x and copied.

Takes a finished graph; gives one where the copy of a number's broadcast, which nobody
else reads, is an array filled with the number.
"""

from __future__ import annotations

from collections import Counter

from srcad.ir.graph import Block, Graph, Node, Value, is_literal
from srcad.ir.types import Array, Scalar, dtype_of
from srcad.ir.walk import uses, with_block, with_body, with_parts
from srcad.ops.likes import full_as, ones_as

COPIES = ("copy", "copy_in_rows")


def full(graph: Graph) -> Graph:
    """Fill arrays that were copied from a number."""
    return with_body(graph, _block(graph.body, uses(graph.body)))


def _block(block: Block, read: Counter[Value]) -> Block:
    copies = {
        n.inputs[0]: n
        for n in block.nodes
        if n.op.name in COPIES and read[n.inputs[0]] == 1
    }
    nodes: list[Node] = []
    done: set[Node] = set()
    for node in block.nodes:
        node = with_parts(node, None, [_block(b, read) for b in node.blocks])
        copy = copies.get(node.out) if node.op.name == "broadcast_like" else None
        filled = None if copy is None else _filled(node, copy.out)
        if copy is not None and filled is not None:
            done.add(copy)
            node = filled
        if node not in done:
            nodes.append(node)
    return with_block(block, nodes)


def _filled(node: Node, out: Value) -> Node | None:
    """What makes the copy of a broadcast number at once, in the dtype that it has."""
    number, like = node.inputs
    if not isinstance(number.type, Scalar) or not isinstance(like.type, Array):
        return None
    if dtype_of(like.type) != dtype_of(out.type):
        return None
    if is_literal(number, 1.0):
        return Node(ones_as, (like,), (out,), span=node.span)
    return Node(full_as, (like, number), (out,), span=node.span)
