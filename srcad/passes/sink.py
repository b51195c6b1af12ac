"""sink: compute on one way of a branch what only that way reads.

Takes a graph; gives one where expressions, cotangents and tangents that are read on one
way of a later branch, and nowhere else, stand in that way. The user's own statements
stay where they were written.
"""

from __future__ import annotations

import bisect

from srcad.ir.graph import Block, Graph, Node, Value, free_values
from srcad.ir.structure import (
    LOOPS,
    has_effect,
    if_,
    loop_of,
    try_,
    with_,
)
from srcad.ir.types import Array
from srcad.ir.walk import with_block, with_body, with_parts
from srcad.ops.declare import memory_of
from srcad.passes.hoist import stirring

SUFFIXES = ("_bar", "_dot")


def sink(graph: Graph) -> Graph:
    """Move nodes into the one way of a branch that reads them."""
    return with_body(graph, _block(graph.body))


def _block(block: Block) -> Block:
    """Go through the nodes from the end, so that chains sink together."""
    nodes = list(block.nodes)
    last = max((k for k, node in enumerate(nodes) if node.op is if_), default=0)
    readers: dict[Value, set[int]] = {}  # the places in the block that read a value
    if last:
        for k, node in enumerate(nodes):
            for v in read_by(node):
                readers.setdefault(v, set()).add(k)
    walls = [k for k, node in enumerate(nodes) if stays_behind(node)]
    outside = set(block.results)
    for at in range(last - 1, -1, -1):
        node = nodes[at]
        if not node.outputs or not is_ours(node) or outside.intersection(node.outputs):
            continue
        found = set().union(*(readers.get(v, ()) for v in node.outputs))
        if len(found) != 1:
            continue
        (target,) = found
        if nodes[target].op is not if_ or _between(walls, at, target):
            continue
        if _overwritten(node, nodes, readers, at, target):
            continue
        changed = _taken_in(nodes[target], node)
        if changed is not None:
            nodes[at], nodes[target] = _EMPTY, changed
            for v in read_by(node):
                readers[v].discard(at)
                readers[v].add(target)
    left = [
        node
        if node.op is try_  # on one way only it would raise on one way only
        else with_parts(node, None, [_block(b) for b in node.blocks])
        for node in nodes
        if node is not _EMPTY
    ]
    return with_block(block, left)


def read_by(node: Node) -> set[Value]:
    """What a node reads, and what its blocks read from above."""
    return set(node.inputs).union(*map(free_values, node.blocks))


def _between(walls: list[int], first: int, last: int) -> bool:
    """Whether a wall stands between two places."""
    k = bisect.bisect_right(walls, first)
    return k < len(walls) and walls[k] < last


def _overwritten(
    node: Node, nodes: list[Node], readers: dict[Value, set[int]], at: int, target: int
) -> bool:
    """Whether an array that a node reads is written to between two places.

    The write could not be done in place if the node came after it.
    """
    return any(
        at < k < target and _may_write(nodes[k], v)
        for v in node.inputs
        if isinstance(v.type, Array)
        for k in readers[v]
    )


def _may_write(node: Node, array: Value) -> bool:
    """Whether a node gives an array with some elements replaced, or a loop may."""
    if node.op in LOOPS:
        return array in loop_of(node).initial
    return node.inputs[:1] == (array,) and memory_of(node) == "same"


def stays_behind(node: Node) -> bool:
    """Whether nothing is moved over a node."""
    return node.op in (with_, try_) or stirring(node)


def is_ours(node: Node) -> bool:
    """Whether a node is no statement of the user's, and no effect."""
    if has_effect(node):
        return False
    return all(not v.name or v.name.endswith(SUFFIXES) for v in node.outputs)


def _reads(block: Block, node: Node) -> bool:
    """Whether a block reads what a node gives."""
    read = free_values(block)
    return any(v in read for v in node.outputs)


def _taken_in(branch: Node, node: Node) -> Node | None:
    """The branch with the node at the start of the only way that reads it."""
    if any(v in branch.inputs for v in node.outputs):
        return None
    readers = [k for k, block in enumerate(branch.blocks) if _reads(block, node)]
    if len(readers) != 1:
        return None
    blocks = list(branch.blocks)
    block = blocks[readers[0]]
    blocks[readers[0]] = with_block(block, (node, *block.nodes))
    return with_parts(branch, None, blocks)


_EMPTY = Node(if_, (), ())
