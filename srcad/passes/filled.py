"""filled: cotangents whose every element a loop adds to once need no zeros.

Takes a graph; gives one where

    x_bar = np.zeros_like(x)                x_bar = np.empty_like(x)
    for i in range(n - 1, -1, -1):   ->     for i in range(n - 1, -1, -1):
        x_bar[i] += ...                         x_bar[i] = ...

The loop must take each index from 0 up to the length, and add to the whole of that
element, or row, before anything else touches it. In an array of more axes a loop inside
may do that to the row; what the rest of the round does must stay in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from srcad.ir.graph import Block, Graph, Node, Value, free_values, nodes_of
from srcad.ir.structure import for_, if_, loop_of
from srcad.ir.types import Array, kind_of
from srcad.ir.walk import uses, with_block, with_body, with_parts
from srcad.ops.fit import zeros_like
from srcad.ops.index import add_at, getitem, index_of, update
from srcad.ops.likes import empty_as
from srcad.passes.elements import Elements
from srcad.passes.liveness import reads_elements

Items = tuple[Value, ...]


def filled(graph: Graph) -> Graph:
    """Let loops assign the elements that they would add to zeros."""
    if not any(makes_zeros(node) for node in nodes_of(graph.body)):
        return graph
    fills = _Fills(uses(graph.body), Elements(graph))
    return with_body(graph, fills.block(graph.body))


def makes_zeros(node: Node) -> bool:
    """Whether a node makes zeros for a cotangent: the user's have another name."""
    t = node.outputs[0].type if node.op is zeros_like else None
    return isinstance(t, Array) and kind_of(t) in ("float", "complex")


@dataclass(frozen=True)
class _Fills:
    """Zeros that become assignments.

    read : how often each value is read.
    """

    read: Counter[Value]
    elements: Elements

    def block(self, block: Block) -> Block:
        """A block, where loops assign."""
        nodes = [
            with_parts(node, blocks=[self.block(b) for b in node.blocks])
            for node in block.nodes
        ]
        zeros = {
            node.out: at
            for at, node in enumerate(nodes)
            if makes_zeros(node) and self.read[node.out] == 1
        }
        for at, node in enumerate(nodes):
            for start in loop_of(node).initial if zeros and node.op is for_ else ():
                found = self.loop(nodes[at], start, ()) if start in zeros else None
                if found is not None:
                    nodes[at] = found
                    made = zeros[start]
                    nodes[made] = replace(nodes[made], op=empty_as)
        return with_block(block, nodes)

    # ---- the first write to each element ---------------------------------------------

    def loop(self, node: Node, start: Value, prefix: Items) -> Node | None:
        """A loop that adds to all elements of an array at some items, assigning."""
        if node.op is not for_ or start not in loop_of(node).initial:
            return None
        loop = loop_of(node)
        k = loop.initial.index(start)
        array, after = loop.carried[k], loop.carried_next[k]
        dims = array.type.dims if isinstance(array.type, Array) else ()
        if loop.stop or len(prefix) >= len(dims):
            return None
        length, walks = dims[len(prefix)], self.elements.walks
        for item in loop.items:
            if item in walks and walks[item].covers(length):
                body = self.round(loop.body, array, after, (*prefix, item))
                return None if body is None else with_parts(node, blocks=[body])
        return None

    def round(
        self, block: Block, start: Value, end: Value, prefix: Items
    ) -> Block | None:
        """A round that first adds to all at its items, assigning."""
        at = next((k for k, n in enumerate(block.nodes) if start in n.inputs), None)
        if at is None or self.read[start] != 1:
            return None
        node = block.nodes[at]
        found: Node | None = None
        if _adds_to_all(node, start, prefix):
            found, after = replace(node, op=update), node.out
        elif node.op is for_:
            found = self.loop(node, start, prefix)
            loop = loop_of(node)
            after = loop.final[loop.initial.index(start)] if found else end
        if found is None or not self.stays(block, after, end, prefix):
            return None
        return with_block(block, [*block.nodes[:at], found, *block.nodes[at + 1 :]])

    # ---- the rest of the round -------------------------------------------------------

    def stays(self, block: Block, value: Value, end: Value, prefix: Items) -> bool:
        """Whether a block makes one array of another at some items, and reads it there.

        It does not touch other elements.
        """
        while True:
            if block.results.count(value) != (value is end):
                return False
            found = [self.touched(n, value, prefix) for n in block.nodes]
            following = [v for v in found if v is not value]
            if value is end:
                return not following
            if len(following) != 1 or following[0] is None:
                return False
            value = following[0]

    def touched(self, node: Node, value: Value, prefix: Items) -> Value | None:
        """What a node makes of an array at some items; the array where it only reads.

        None: it may do more.
        """
        inside = any(value in free_values(b) for b in node.blocks)
        where = [k for k, v in enumerate(node.inputs) if v is value]
        if not inside and not any(reads_elements(node, k) for k in where):
            return value
        if node.op is if_ and not where:
            for k, out in enumerate(node.outputs):
                if all(self.stays(b, value, b.results[k], prefix) for b in node.blocks):
                    return out
            return None
        if inside or len(where) != 1:
            return None
        if node.op is for_ and where[0] >= len(loop_of(node).walked):
            loop = loop_of(node)
            k = loop.initial.index(value)
            pair = loop.carried[k], loop.carried_next[k]
            return loop.final[k] if self.stays(loop.body, *pair, prefix) else None
        if node.op not in (getitem, add_at, update) or where != [0]:
            return None
        return _at_items(node, prefix) and (value if node.op is getitem else node.out)


def _at_items(node: Node, items: Items) -> Value | None:
    """The array of an index that begins with some items; None if it does not."""
    layout, index = index_of(node)
    same = layout[: len(items)] == ("at",) * len(items)
    return node.inputs[0] if same and index[: len(items)] == items else None


def _adds_to_all(node: Node, array: Value, items: Sequence[Value]) -> bool:
    """Whether a node adds to all of an array at some items."""
    if node.op is not add_at or node.inputs[0] is not array or not items:
        return False
    layout, index = index_of(node)
    if layout != ("at",) * len(items) or index != tuple(items):
        return False
    kind = kind_of(node.inputs[1].type)
    return kind in ("int", "float") or kind == kind_of(array.type)
