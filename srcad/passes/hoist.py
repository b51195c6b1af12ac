"""hoist: compute once, before a loop, what every iteration would compute again.

Takes a graph; gives one where invariant array work stands before its loop. Only nodes
that cannot raise move, for a loop may not run; arithmetic on numbers, views and indices
stay where the user wrote them: there is nothing to gain.
"""

from __future__ import annotations

from srcad.ir.graph import Block, Graph, Literal, Node, Value, fact
from srcad.ir.sizes import Dim, Size, same_length
from srcad.ir.structure import LOOPS, try_, with_
from srcad.ir.types import Array, Scalar, dims_of
from srcad.ir.walk import with_block, with_body, with_parts
from srcad.ops.declare import Op
from srcad.passes.buffers import HARMLESS, memory_of
from srcad.passes.cse import ROOM

# Beside elementwise functions: defined for arrays of every shape and content.
TOTAL = frozenset(["sum_", "cast", "real", "imag", "transpose", "expand_dims"])
# Python numbers raise in these, or an axis of arrays must fit.
PARTIAL = frozenset(["divide", "power", "floor_divide", "remainder"])


def hoist(graph: Graph) -> Graph:
    """Move loop-invariant array work out of loops."""
    return with_body(graph, _block(graph.body))


def _block(block: Block) -> Block:
    nodes: list[Node] = []
    for node in block.nodes:
        if node.op in (with_, try_):
            nodes.append(node)  # in there, what cannot raise elsewhere may
            continue
        changed = with_parts(node, None, [_block(b) for b in node.blocks])
        if changed.op in LOOPS and not stirring(changed):
            changed = _emptied(changed, nodes)
        nodes.append(changed)
    return with_block(block, nodes)


def _emptied(loop: Node, before: list[Node]) -> Node:
    """The loop without what does not change in it, which goes to `before`."""
    blocks = []
    for block in loop.blocks:
        varying = set(block.params)
        wanted, stay = [], []
        for node in block.nodes:
            fixed = not any(v in varying for v in node.inputs)
            if fixed and not node.blocks and is_work(node) and cannot_raise(node):
                wanted.append(node)
            else:
                stay.append(node)
                varying.update(node.outputs)
        before += wanted
        blocks.append(with_block(block, stay))
    return with_parts(loop, None, blocks)


def stirring(node: Node) -> bool:
    """Whether a node holds an effect that may change what others read."""
    if node.op.effect and node.op.name not in HARMLESS:
        return True
    return any(map(_stirs, node.blocks))


@fact
def _stirs(block: Block) -> bool:
    return any(map(stirring, block.nodes))


def is_work(node: Node) -> bool:
    """Whether a node computes on arrays, rather than naming parts of one."""
    op = node.op
    if not isinstance(op, Op) or op.effect or op.name in ROOM:
        return False
    arrays = any(isinstance(v.type, Array) for v in (*node.inputs, *node.outputs))
    return arrays and memory_of(node) == "new"


def cannot_raise(node: Node) -> bool:
    """Whether a node gives a result for every value of its inputs' types."""
    op = node.op
    if not isinstance(op, Op) or node.params.get("via", "np") != "np":
        return False
    if not all(isinstance(v.type, (Array, Scalar)) for v in node.inputs):
        return False
    if op.kind != "elementwise":
        return op.name in TOTAL
    if op.name in PARTIAL and not any(_from_numpy(v) for v in node.inputs):
        return False
    if op.name == "power" and not _floating(node):
        return False
    return _fit_together(node.inputs)


def _from_numpy(value: Value) -> bool:
    t = value.type
    return isinstance(t, Array) or (isinstance(t, Scalar) and bool(t.dtype))


def _floating(node: Node) -> bool:
    """Integers to negative powers raise."""
    t = node.out.type
    return isinstance(t, Array) and t.dtype.startswith(("float", "complex"))


def _fit_together(values: tuple[Value, ...]) -> bool:
    """Whether shapes are known to broadcast against one another."""
    shapes = [dims_of(v.type) or () for v in values if not isinstance(v, Literal)]
    rank = max(map(len, shapes), default=0)
    for axis in range(1, rank + 1):
        column = [s[-axis] for s in shapes if len(s) >= axis and s[-axis] != 1]
        if any(not _surely_same(column[0], d) for d in column[1:]):
            return False
    return True


def _surely_same(a: Dim, b: Dim) -> bool:
    if isinstance(a, Size) and isinstance(b, Size):
        return same_length(a, b)
    return a == b
