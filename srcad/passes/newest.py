"""newest: where only its shape is read, an array is read as it is by then.

Takes a graph; gives one where the third line of

    D = np.zeros(n)
    D_1 = D                         D = np.zeros(n)
    D_1[0] = 1.0            ->      D[0] = 1.0
    D_bar = np.zeros_like(D)        D_bar = np.zeros_like(D)

reads the D that was written to: the older one need not have a name of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from srcad.ir.graph import Block, Graph, Node, Value
from srcad.ir.types import Array
from srcad.ir.walk import with_block, with_body, with_parts
from srcad.ops.declare import Op
from srcad.passes.liveness import reads_elements
from srcad.passes.rules import same_type

WRITES = ("update", "add_at")


def newest(graph: Graph) -> Graph:
    """Read shapes of the newest versions."""
    return with_body(graph, _block(graph.body, {}))


def _block(block: Block, above: Mapping[Value, Value]) -> Block:
    """The block; `above` has the newest version of what was written to before it."""
    known = dict(above)
    nodes = []
    for node in block.nodes:
        node = with_parts(
            node,
            [_newest(node, k, known) for k in range(len(node.inputs))],
            [_block(inner, known) for inner in node.blocks],
        )
        known.update(_written(node))
        nodes.append(node)
    return with_block(block, nodes)


def _written(node: Node) -> dict[Value, Value]:
    """What a node writes to, with what it is afterwards."""
    if node.op.name not in WRITES:
        return {}
    before, after = node.inputs[0], node.out
    alike = isinstance(before.type, Array) and same_type(before.type, after.type)
    return {before: after} if alike else {}


def _newest(node: Node, k: int, known: Mapping[Value, Value]) -> Value:
    """What a node reads for an input: a newer version where that is as good."""
    v = node.inputs[k]
    if v not in known or not isinstance(node.op, Op) or node.blocks:
        return v
    if reads_elements(node, k):
        return v
    while v in known:
        v = known[v]
    return v
