"""read_first: what is read of an array is read before the array is written to.

Takes a graph; gives one where `h_bar + H_bar[t]` stands before `H_bar[t] = 0`, not
after it. A row is a view: one that is read after the write would have the whole array
copied, in every round of a loop.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    if writes:
        order = _Order(nodes)
        for write in writes:
            order.read_before(write, block.results)
        nodes = order.nodes
    return with_block(block, nodes)


def _writes(node: Node) -> bool:
    """Whether a node writes to elements of an array, or to a copy of it."""
    written = node.inputs and isinstance(node.inputs[0].type, Array)
    return bool(written) and memory_of(node) == "same" and not node.blocks


class _Order:
    """The nodes of a block in their order, which changes.

    place : where each node stands.
    makers, readers : what makes each value, and what reads each.
    """

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.place = {node: k for k, node in enumerate(nodes)}
        self.makers = {v: node for node in nodes for v in node.outputs}
        self.readers: dict[Value, list[Node]] = {}
        for node in nodes:
            for v in read_by(node):
                self.readers.setdefault(v, []).append(node)

    def read_before(self, write: Node, results: Sequence[Value]) -> None:
        """Let what reads an array stand before what writes to it, if it may."""
        at = self.place[write]
        if not self.is_read_later(write.inputs[0], at):
            return
        readers = self.later_readers(write.inputs[0], at, results)
        if not readers or not all(map(_movable, readers)):
            return
        first = self.with_sources(readers, at)
        if len(first) > MOVED or not all(map(_movable, first)):
            return
        if any(v in node.inputs for node in first for v in write.outputs):
            return
        last = max(self.place[node] for node in first)
        passed = self.nodes[at + 1 : last + 1]
        if any(map(stays_behind, passed[:-1])):
            return
        rest = [node for node in passed if node not in first]
        moved = [*(node for node in passed if node in first), write, *rest]
        self.nodes[at : last + 1] = moved
        self.place.update((node, k) for k, node in enumerate(moved, at))

    def is_read_later(self, array: Value, at: int) -> bool:
        """Whether an array, or a view of it that is one, is read after a place."""
        todo = [array]
        while todo:
            v = todo.pop()
            for node in self.readers.get(v, ()):
                if self.place[node] > at:
                    return True
                if _is_view_of(node, {v}) and isinstance(node.out.type, Array):
                    todo.append(node.out)
        return False

    def later_readers(
        self, array: Value, at: int, results: Sequence[Value]
    ) -> list[Node]:
        """What reads elements of an array, or of a view of it, after a place.

        Nothing where one of these is given out, or where they are too many to move.
        """
        parts, todo = {array}, [array]
        found: dict[Node, None] = {}
        while todo:
            for node in self.readers.get(todo.pop(), ()):
                later = self.place[node] > at
                if later and _reads(node, parts):
                    found[node] = None
                    if len(found) > MOVED:
                        return []
                if _is_view_of(node, parts) and (not later or node in found):
                    if node.out not in parts:
                        parts.add(node.out)
                        todo.append(node.out)
        return [] if found and not parts.isdisjoint(results) else list(found)

    def with_sources(self, wanted: Sequence[Node], at: int) -> set[Node]:
        """Some nodes, and those that they need of the others after a place."""
        found, todo = set(wanted), list(wanted)
        while todo and len(found) <= MOVED:
            for v in todo.pop().inputs:
                node = self.makers.get(v)
                if node is not None and self.place[node] > at and node not in found:
                    found.add(node)
                    todo.append(node)
        return found


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
