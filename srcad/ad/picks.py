"""Loops that only pick: a running minimum or maximum, and what is noted beside it.

Takes a loop and what is active; gives the carried values that each round either leaves
alone or replaces by something that depends on none of them:

    if distance < nearest:
        nearest, at = distance, j

All but the last of these replacements are lost, so the adjoint of such a loop is that
of one round (`pick_adjoint.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from srcad.ad.activity import Activity, Analysis, Varied
from srcad.ir.builder import Builder
from srcad.ir.graph import Block, Node, Operation, Value
from srcad.ir.structure import Loop, call, callees, has_effect, if_, loop_of
from srcad.ir.walk import with_block
from srcad.ops.arithmetic import greater, less, truth
from srcad.ops.choice import max_of, min_of
from srcad.ops.declare import Op


@dataclass(frozen=True)
class Way:
    """How a round gets to where it replaces a carried value.

    steps : the branches on the way, the outermost first, each with the block that it is
        in, its place there, and the side that is taken.
    inner : the block at the end. candidate : what the carried value becomes.
    """

    steps: tuple[tuple[Block, int, int], ...]
    inner: Block
    candidate: Value

    @property
    def key(self) -> tuple[tuple[Node, int], ...]:
        """What ways have in common that are taken in the same rounds."""
        return tuple((block.nodes[k], side) for block, k, side in self.steps)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes that run on the way, the branches themselves left out."""
        before = [n for block, k, _ in self.steps for n in block.nodes[:k]]
        return (*before, *self.inner.nodes)


def way_to(body: Block, after: Value, before: Value) -> Way | None:
    """Where a round replaces a carried value; None where it is no single place."""
    steps: list[tuple[Block, int, int]] = []
    block = body
    while (found := _branch(block, after, before)) is not None:
        k, side = found
        steps.append((block, k, side))
        node = block.nodes[k]
        block = node.blocks[side]
        after = block.results[node.outputs.index(after)]
    return Way(tuple(steps), block, after) if steps else None


def ways_of(loop: Loop) -> dict[int, Way]:
    """The carried values, by position, that some rounds replace and others keep."""
    pairs = enumerate(zip(loop.carried, loop.carried_next, strict=True))
    found = {k: way_to(loop.body, after, before) for k, (before, after) in pairs}
    return {k: way for k, way in found.items() if way is not None}


def _branch(block: Block, after: Value, before: Value) -> tuple[int, int] | None:
    """The branch that gives `after`, and the one side where that is not `before`."""
    k = _maker(block, after)
    if k is None or block.nodes[k].op is not if_:
        return None
    n = block.nodes[k].outputs.index(after)
    left = [b.results[n] is before for b in block.nodes[k].blocks]
    return (k, left.index(False)) if sum(left) == 1 else None


def _maker(block: Block, value: Value) -> int | None:
    nodes = enumerate(block.nodes)
    return next((k for k, node in nodes if value in node.outputs), None)


def picked_slots(
    node: Node, activity: Activity, analysis: Analysis
) -> tuple[Node, list[list[int]]] | None:
    """Which carried values of a loop are picked, by what they are picked under.

    Returns
    -------
    (node, groups)
        The loop with `min` and `max` spelled as branches, and for each condition the
        positions of the active carried values. None where an active value is carried in
        another way.
    """
    loop = loop_of(node)
    pairs = list(zip(loop.carried, loop.carried_next, strict=True))
    active = [k for k, (v, _) in enumerate(pairs) if activity(v)]
    if not active or any(map(activity, loop.lists)):
        return None
    body = loop.body
    for k in active:
        body = spelled_out(body, pairs[k][1], pairs[k][0])
        if way_to(body, pairs[k][1], pairs[k][0]) is None:
            return None
    node = replace(node, blocks=(*node.blocks[:-1], body))
    ways = {k: way for k, way in ways_of(loop_of(node)).items() if k in active}
    carried = tuple(pairs[k][0] for k in active)
    if any(_cannot(way, carried, analysis) for way in ways.values()):
        return None
    groups: dict[tuple[tuple[Node, int], ...], list[int]] = {}
    for k, way in ways.items():
        groups.setdefault(way.key, []).append(k)
    return node, list(groups.values())


def _cannot(way: Way, carried: tuple[Value, ...], analysis: Analysis) -> bool:
    """Whether a derivative passes from what is carried to what replaces it.

    Or whether a part of the round has a forward half that cannot run again.
    """
    varied = Varied(analysis, Block(carried, way.nodes, ()), tuple(range(len(carried))))
    halves = (n for n in way.nodes if n.op is call or n.blocks)
    return bool(varied.get(way.candidate)) or any(
        has_effect(inner)
        for node in halves
        for inner in (node, *_called(node, analysis))
    )


def _called(node: Node, analysis: Analysis) -> Iterator[Node]:
    """The nodes of the graphs that a call needs, those of a user's rule included."""
    for key in callees(node):
        yield from analysis.program.graphs[key].body.nodes


# ---- min and max ---------------------------------------------------------------------

# Python's min(a, b) is b where b < a, max(a, b) is b where b > a, else a: so the first
# of equals, and a where either is nan.
_TAKES_SECOND: dict[Operation, Op] = {min_of: less, max_of: greater}


def spelled_out(block: Block, after: Value, before: Value) -> Block:
    """The block with `after = min(before, v)`, on the way there, as a branch."""
    found = _branch(block, after, before)
    if found is not None:
        k, side = found
        node = block.nodes[k]
        inner = node.blocks[side]
        new = spelled_out(inner, inner.results[node.outputs.index(after)], before)
        if new is inner:
            return block
        sides = list(node.blocks)
        sides[side] = new
        nodes = [replace(node, blocks=tuple(sides))]
    else:
        made = _maker(block, after)
        if made is None or not _is_extreme(block.nodes[made], before):
            return block
        k = made
        nodes = _as_branch(block.nodes[k])
    return with_block(block, [*block.nodes[:k], *nodes, *block.nodes[k + 1 :]])


def _is_extreme(node: Node, before: Value) -> bool:
    two = node.op in _TAKES_SECOND and len(node.inputs) == 2
    return two and node.inputs.count(before) == 1


def _as_branch(node: Node) -> list[Node]:
    first, second = node.inputs
    with Builder().active() as builder, builder.at(node.span):
        test = truth(_TAKES_SECOND[node.op](second, first))
    sides = (Block((), (), (second,)), Block((), (), (first,)))
    branch = Node(if_, (test,), node.outputs, blocks=sides)
    return [*builder.nodes, branch]
