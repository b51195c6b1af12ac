"""Which nodes may raise, and so decide the way through a `try_`.

Takes blocks; gives the nodes that run whether or not their values are read, because an
exception of theirs is caught.
"""

from __future__ import annotations

from srcad.ir.graph import Block, Node
from srcad.ir.structure import has_own_effect, is_guarded
from srcad.ir.types import Scalar
from srcad.ops.declare import Op

# Python's numbers give a result in these, whatever they are.
TOTAL = frozenset(
    """add subtract multiply negative positive equal not_equal less less_equal greater
    greater_equal not_ truth is_none number_sign""".split()  # noqa: SIM905
)
# Making and taking apart what is there.
STRUCTURE = frozenset(
    """make_tuple make_dict item list_of list_append list_len range_len len_of length
    make_residual residual_item copy unbound caught zeros_like""".split()  # noqa: SIM905
)


def may_raise(node: Node) -> bool:
    """Whether a node could raise: all but what is known not to."""
    if not isinstance(node.op, Op):
        return not node.blocks or has_own_effect(node)
    if node.op.name in STRUCTURE or _is_plain_float(node):
        return False
    plain = all(
        isinstance(v.type, Scalar) and not v.type.dtype
        for v in (*node.inputs, *node.outputs)
    )
    return not (plain and node.op.name in TOTAL)


def _is_plain_float(node: Node) -> bool:
    """`float(x)` of a number that is no complex one, nor of more digits than fit."""
    if node.op.name != "to_float":
        return False
    t = node.inputs[0].type
    small = isinstance(t, Scalar) and t.kind == "int" and bool(t.dtype)
    return small or (isinstance(t, Scalar) and t.kind == "float")


def raising(block: Block) -> list[Node]:
    """The nodes of a block and of those in it that may raise, and what holds them."""
    found: list[Node] = []
    for node in block.nodes:
        inside = [n for inner in node.blocks for n in raising(inner)]
        if inside or may_raise(node):
            found += [node, *inside]
    return found


def always_raises(block: Block) -> bool:
    """Whether a block never ends."""
    return any(node.op.name in ("raise_", "reraise") for node in block.nodes)


def watched(block: Block) -> list[Node]:
    """The nodes that may raise where that is caught, at any depth."""
    found: list[Node] = []
    for node in block.nodes:
        if is_guarded(node):
            found += raising(node.blocks[0])
        for inner in node.blocks:
            found += watched(inner)
    return found
