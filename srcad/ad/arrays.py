"""Arrays that a loop writes to: how they are kept without copying them whole.

A part of such an array (a view) is copied when it is kept, so that the writes can still
be done in place. An array that changes only by `update` of single elements, and is
needed whole, is not kept at all: the loop collects the elements that were replaced, and
the adjoint carries the array backwards and puts them back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from srcad.ir.builder import Builder
from srcad.ir.graph import Block, Node, Value, nodes_of
from srcad.ir.types import Array, Scalar
from srcad.ops.creation import copy
from srcad.ops.declare import memory_of
from srcad.ops.index import add_at, getitem, update
from srcad.ops.layout import part_type

WRITES = (update, add_at)


def is_exposed(value: Value, makers: Mapping[Value, Node], block: Block) -> bool:
    """Whether a value is a view of an array that the block may write to."""
    node = makers.get(value)
    if not isinstance(value.type, Array) or node is None:
        return False
    root = value
    while node is not None and memory_of(node).startswith("view"):
        root = node.inputs[0]
        node = makers.get(root)
    if root is value or not isinstance(root.type, Array):
        return False
    kind = root.type.dtype, len(root.type.dims)
    return any(
        isinstance(t := n.inputs[0].type, Array) and (t.dtype, len(t.dims)) == kind
        for n in nodes_of(block)
        if n.op in WRITES
    )


def copy_of(value: Value) -> Node:
    """A node that copies a value."""
    with Builder().active() as builder:
        copy(value)
    return builder.nodes[0]


def with_inserted(
    block: Block, before: Mapping[Node, Node], after: Mapping[Value, Node]
) -> list[Node]:
    """The nodes of a block, with some put before a node or after a value is made."""
    nodes: list[Node] = [after[v] for v in block.params if v in after]
    for node in block.nodes:
        if node in before:
            nodes.append(before[node])
        nodes.append(node)
        nodes += [after[v] for v in node.outputs if v in after]
    return nodes


def update_chain(
    before: Value, after: Value, makers: Mapping[Value, Node]
) -> list[Node]:
    """The updates of single elements that lead from one array to another, if any."""
    chain: list[Node] = []
    value = after
    while value is not before:
        node = makers.get(value)
        if node is None or node.op is not update or not _one_element(node):
            return []
        chain.append(node)
        value = node.inputs[0]
    return chain[::-1]


def _one_element(node: Node) -> bool:
    x, _, *index = node.inputs
    if not isinstance(x.type, Array):
        return False
    layout = node.params["layout"]
    numbers = all(isinstance(v.type, Scalar) for v in index)
    part = part_type(x.type, *(v.type for v in index), layout=layout)
    return numbers and isinstance(part, Scalar)


def replaced_element(node: Node) -> Node:
    """A node that reads the element an update is about to replace."""
    x, _, *index = node.inputs
    with Builder().active() as builder:
        getitem(x, *index, layout=node.params["layout"])
    return builder.nodes[0]


def put_back(
    x: Value, old: Value, node: Node, mapping: Mapping[Value, Value]
) -> tuple[Node, Value]:
    """A node that undoes an update, and the array as it was."""
    index: Sequence[Value] = [mapping.get(v, v) for v in node.inputs[2:]]
    with Builder().active() as builder:
        found = update(x, old, *index, layout=node.params["layout"])
    return builder.nodes[0], found
