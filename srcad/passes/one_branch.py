"""one_branch: what is known of a condition is not asked again.

Takes a graph; gives one where a branch inside another one on the same condition is the
way that is taken there, and where two branches of the adjoint on one condition, with
nothing between that needs the first, are one:

    if below:                           if below:
        y_bar = 2.0 * y                     y_bar = 2.0 * y + y_bar * x
        z_bar = y_bar                   else:
    else:                       ->          y_bar = cos_y - y * sin_y
        y_bar = cos_y
        z_bar = y
    if below:
        y_bar += z_bar * x
    else:
        y_bar -= z_bar * sin_y

A value never changes, so neither does the answer. The user's own branches stay apart.
"""

from __future__ import annotations

from collections.abc import Mapping

from srcad.ir.graph import UNDEFINED, Block, Graph, Node, Value, is_literal
from srcad.ir.structure import LOOPS, has_effect, if_
from srcad.ir.types import BOOL, Array
from srcad.ir.walk import (
    definitions,
    mapped,
    substituted,
    with_block,
    with_body,
    with_parts,
)
from srcad.ops.declare import memory_of
from srcad.passes.cse import cse
from srcad.passes.dce import dce
from srcad.passes.sink import is_ours, read_by, stays_behind

ROUNDS = 6  # branches in branches meet when those around them have met
Made = Mapping[Value, Node]


def one_branch(graph: Graph) -> Graph:
    """Ask each condition once."""
    for _ in range(ROUNDS):
        body = _Known(definitions(graph.body)).block(graph.body, {})
        body = _joined(body, definitions(body))
        if body is graph.body:
            break
        graph = dce(cse(with_body(graph, body)))
    return graph


def _asked(condition: Value, made: Made) -> tuple[Value, bool]:
    """What a condition asks, and whether it holds where that does."""
    holds = True
    while (node := made.get(condition)) is not None:
        if node.op.name not in ("not_", "truth"):
            break
        holds ^= node.op.name == "not_"
        condition = node.inputs[0]
    return condition, holds


# ---- in one of its ways --------------------------------------------------------------


class _Known:
    """Puts the way that is taken in the place of a branch whose answer is known."""

    def __init__(self, made: Made) -> None:
        self.made = made
        self.replaced: dict[Value, Value] = {}

    def block(self, block: Block, known: Mapping[Value, bool]) -> Block:
        """The block, where some answers are known."""
        nodes: list[Node] = []
        for node in block.nodes:
            node = with_parts(node, mapped(node.inputs, self.replaced))
            if node.op is not if_:
                inner = [self.block(b, known) for b in node.blocks]
                nodes.append(with_parts(node, None, inner))
                continue
            asked, holds = _asked(node.inputs[0], self.made)
            if asked in known:
                way = node.blocks[0 if known[asked] == holds else 1]
                taken = self.block(way, known)
                nodes += taken.nodes
                self.replaced.update(zip(node.outputs, taken.results, strict=True))
                continue
            ways = zip(node.blocks, (holds, not holds), strict=True)
            inner = [self.block(b, {**known, asked: yes}) for b, yes in ways]
            nodes.append(with_parts(node, None, inner))
        return with_block(block, nodes, mapped(block.results, self.replaced))


# ---- one after the other -------------------------------------------------------------


def _joined(block: Block, made: Made) -> Block:
    """The block with branches on one condition as one, where they may be."""
    nodes: list[Node] = []
    for node in block.nodes:
        node = with_parts(node, None, [_joined(b, made) for b in node.blocks])
        at = _before(node, nodes, made) if node.op is if_ else None
        if at is not None:
            node = _as_one(nodes.pop(at), node, made)
        nodes.append(node)
    return with_block(block, nodes)


def _before(node: Node, nodes: list[Node], made: Made) -> int | None:
    """Where the branch is that this one can be one with."""
    if not _is_adjoint(node):
        return None
    asked = _asked(node.inputs[0], made)[0]
    for at in range(len(nodes) - 1, -1, -1):
        other = nodes[at]
        if other.op is if_ and _asked(other.inputs[0], made)[0] is asked:
            between = nodes[at + 1 :]
            moves = _is_adjoint(other) and not any(_needs(n, other) for n in between)
            return at if moves else None
        if stays_behind(other):
            return None
    return None


def _is_adjoint(branch: Node) -> bool:
    """Whether a branch is no statement of the user's, and decides nothing else."""
    if has_effect(branch) or not is_ours(branch):
        return False
    given = [v for block in branch.blocks for v in block.results]
    return not any(v.type == BOOL for v in branch.outputs) and not any(
        is_literal(v, UNDEFINED) for v in given
    )


def _needs(node: Node, branch: Node) -> bool:
    """Whether a node reads what a branch gives, or writes to what the branch reads."""
    if not read_by(node).isdisjoint(branch.outputs):
        return True
    if node.op not in LOOPS and memory_of(node) != "same":
        return False
    read = read_by(branch)
    return any(v in read for v in node.inputs if isinstance(v.type, Array))


def _as_one(first: Node, second: Node, made: Made) -> Node:
    """Two branches on one condition as one, at the place of the second."""
    (_, a), (_, b) = (_asked(n.inputs[0], made) for n in (first, second))
    others = second.blocks if a == b else second.blocks[::-1]
    blocks = []
    for one, other in zip(first.blocks, others, strict=True):
        given = dict(zip(first.outputs, one.results, strict=True))
        after = substituted(other, given)
        nodes = (*one.nodes, *after.nodes)
        blocks.append(Block((), nodes, (*one.results, *after.results)))
    return with_parts(first, None, blocks, (*first.outputs, *second.outputs))
