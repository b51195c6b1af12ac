"""What of a block is read, what is told elsewhere, and what need not be drawn."""

from __future__ import annotations

from typing import Any

from srcad.ir.graph import Block, Literal, Node, Value, free_values
from srcad.ir.structure import for_, loop_of
from srcad.ir.types import Range, kind_of

# What counts and walks is told by a loop's own line.
PLUMBING = ("range_", "range_len", "len_of", "range_prefix")


def read_by_nodes(block: Block) -> set[Value]:
    """What a block's nodes read, and those in blocks inside it."""
    found: set[Value] = set()
    for node in block.nodes:
        found.update(node.inputs)
        for inner in node.blocks:
            found |= used_in(inner)
    return found


def used_in(block: Block) -> set[Value]:
    """All that is read in a block, its results among it."""
    return {*block.results, *read_by_nodes(block)}


def ends_of(block: Block) -> list[Value]:
    """The results that are no node's last word: what else would show they are?"""
    used = {*block.params, *read_by_nodes(block)}
    return [v for v in block.results if v in used or isinstance(v, Literal)]


def read_beyond(node: Node, k: int) -> bool:
    """Whether a loop reads its carried value k otherwise than to pass it on."""
    loop = loop_of(node)
    for block in node.blocks:
        param = block.params[len(block.params) - len(loop.carried) + k]
        own = k if block is loop.body else -1
        results = [v for j, v in enumerate(block.results) if j != own]
        if param in results or param in read_by_nodes(block):
            return True
    return False


def says_nothing(node: Node) -> bool:
    """Whether a node asks for the truth of what is true or false already."""
    kinds = [getattr(v.type, "kind", "") for v in (*node.inputs, *node.outputs)]
    return node.op.name == "truth" and kinds == ["bool", "bool"]


def plumbing(block: Block) -> set[Node]:
    """Nodes that only say how often a loop goes round."""
    uses: dict[Value, list[Any]] = {}
    for v in block.results:
        uses.setdefault(v, []).append(None)
    for node in block.nodes:
        for v in node.inputs:
            uses.setdefault(v, []).append(node)
        for inner in node.blocks:
            for v in free_values(inner):
                uses.setdefault(v, []).append(None)
    hidden: set[Node] = set()
    for node in reversed(block.nodes):
        readers = [u for v in node.outputs for u in uses.get(v, ())]
        if node.op.name not in PLUMBING:
            integer = all(kind_of(v.type) == "int" for v in node.outputs)
            if integer and readers and all(u in hidden for u in readers):
                hidden.add(node)  # the `n + 1` of `range(n + 1)`
            continue
        walks = [
            u is not None
            and (
                u in hidden
                or (u.op is for_ and isinstance(node.outputs[0].type, Range))
            )
            for u in readers
        ]
        if readers and all(walks):
            hidden.add(node)
    return hidden
