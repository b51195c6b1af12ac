"""read_first: what is read of an array is read before the array is written to.

Takes a graph; gives one where `h_bar + H_bar[t]` stands before `H_bar[t] = 0`, not
after it. A row is a view: one that is read after the write would have the whole array
copied, in every round of a loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from srcad.ir.graph import Block, Graph, Node, Value
from srcad.ir.types import Array
from srcad.ir.walk import with_block, with_body, with_parts
from srcad.ops.declare import memory_of
from srcad.passes.liveness import reads_elements
from srcad.passes.sink import is_ours, read_by, stays_behind

MOVED = 12  # so many nodes at most are moved for one write


def read_first(graph: Graph) -> Graph:
    """Move what reads an array, or a view of it, before the write that follows."""
    return with_body(graph, _block(graph.body))


def _block(block: Block) -> Block:
    nodes = [
        with_parts(node, None, [_block(inner) for inner in node.blocks])
        for node in block.nodes
    ]
    writes = [node for node in nodes if _writes(node)]
    readers = _readers(nodes) if writes else {}
    for write in writes:
        if _is_read_later(write, readers):
            moved = _reordered(nodes, nodes.index(write), block.results)
            if moved is not None:
                nodes, readers = moved, _readers(moved)
    return with_block(block, nodes)


Readers = Mapping[Value, Sequence[tuple[int, Node]]]


def _readers(nodes: Sequence[Node]) -> Readers:
    """Where each array is read, and by what."""
    found: dict[Value, list[tuple[int, Node]]] = {}
    for k, node in enumerate(nodes):
        for v in read_by(node) if node.blocks else node.inputs:
            if isinstance(v.type, Array):
                found.setdefault(v, []).append((k, node))
    return found


def _is_read_later(write: Node, readers: Readers) -> bool:
    """Whether what a node writes to, or a view of it, is read after that."""
    x = write.inputs[0]
    at = next(k for k, node in readers[x] if node is write)
    todo = [x]
    while todo:
        v = todo.pop()
        for k, node in readers.get(v, ()):
            if k > at:
                return True
            if _is_view_of(node, {v}):
                todo += node.outputs
    return False


def _writes(node: Node) -> bool:
    """Whether a node writes to elements of an array, or to a copy of it."""
    written = node.inputs and isinstance(node.inputs[0].type, Array)
    return bool(written) and memory_of(node) == "same" and not node.blocks


def _reordered(
    nodes: Sequence[Node], at: int, results: Sequence[Value]
) -> list[Node] | None:
    """The nodes, what reads before what writes; None if that cannot be."""
    before, write, after = nodes[:at], nodes[at], nodes[at + 1 :]
    parts = {write.inputs[0]}
    for node in before:
        if _is_view_of(node, parts):
            parts.add(node.out)
    readers: dict[Node, None] = {}
    for node in after:
        if _reads(node, parts):
            if not _movable(node) or node in readers:
                return None
            readers[node] = None
            if _is_view_of(node, parts):
                parts.add(node.out)
    if not readers or not parts.isdisjoint(results):
        return None
    first = _with_sources(after, readers)
    if len(first) > MOVED or not all(map(_movable, first)):
        return None
    if any(v in node.inputs for node in first for v in write.outputs):
        return None
    last = max(k for k, node in enumerate(after) if node in first)
    if any(map(stays_behind, after[:last])):
        return None
    rest = [node for node in after if node not in first]
    return [*before, *(n for n in after if n in first), write, *rest]


def _is_view_of(node: Node, parts: set[Value]) -> bool:
    is_view = len(node.outputs) == 1 and memory_of(node) == "view"
    return is_view and any(v in parts for v in node.inputs)


def _reads(node: Node, parts: set[Value]) -> bool:
    """Whether a node reads the elements of one of some values."""
    if node.blocks:
        return not parts.isdisjoint(read_by(node))
    pairs = enumerate(node.inputs)
    return any(v in parts and reads_elements(node, k) for k, v in pairs)


def _movable(node: Node) -> bool:
    """Whether a node may stand earlier, and holds no memory of what it reads."""
    return not node.blocks and is_ours(node) and memory_of(node) in ("new", "view")


def _with_sources(nodes: Sequence[Node], wanted: dict[Node, None]) -> set[Node]:
    """Some nodes, and those of the others that they need."""
    found = set(wanted)
    needed = {v for node in found for v in node.inputs}
    for node in reversed(nodes):
        if node in found or not needed.isdisjoint(node.outputs):
            found.add(node)
            needed.update(node.inputs)
    return found
