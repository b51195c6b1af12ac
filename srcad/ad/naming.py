"""Names for what AD made: takes a block and names, gives the block renamed."""

from __future__ import annotations

from collections.abc import Mapping

from srcad.ir.graph import Block, Node, Value
from srcad.ir.walk import mapped, with_block, with_parts


def renamed(block: Block, names: Mapping[Value, str]) -> Block:
    """The block with new names for some of the values it defines."""
    return _block(block, {v: Value(name, v.type) for v, name in names.items()})


def _block(block: Block, new: Mapping[Value, Value]) -> Block:
    nodes = [_node(node, new) for node in block.nodes]
    return with_block(
        block, nodes, mapped(block.results, new), mapped(block.params, new)
    )


def _node(node: Node, new: Mapping[Value, Value]) -> Node:
    blocks = [_block(inner, new) for inner in node.blocks]
    return with_parts(node, mapped(node.inputs, new), blocks, mapped(node.outputs, new))
