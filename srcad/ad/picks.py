"""Loops that only pick: a running minimum or maximum, and what is noted beside it.

Takes a loop and what is active; gives the carried values that each round either leaves
alone or replaces by something that depends on none of them:

    if distance < nearest:
        nearest, at = distance, j

All but the last of these replacements are lost, so the adjoint of such a loop is that
of one round (`pick_adjoint.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from srcad.ad.activity import Activity, Analysis, Varied
from srcad.ir.builder import Builder
from srcad.ir.graph import Block, Node, Operation, Value
from srcad.ir.structure import LOOPS, Loop, call, callees, has_effect, if_, loop_of
from srcad.ir.walk import with_block
from srcad.ops.arithmetic import greater, less, truth
from srcad.ops.choice import max_of, min_of
from srcad.ops.declare import Op


@dataclass(frozen=True)
class Way:
    """How a round gets to where it replaces a carried value.

    steps : the branches and inner loops on the way, the outermost first, each with the
        block that it is in, its place there, and for a branch the side that is taken.
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
        """The nodes that run on the way, its steps themselves left out."""
        before = [n for block, k, _ in self.steps for n in block.nodes[:k]]
        return (*before, *self.inner.nodes)

    @property
    def loops(self) -> tuple[Node, ...]:
        """The inner loops on the way."""
        nodes = (block.nodes[k] for block, k, _ in self.steps)
        return tuple(node for node in nodes if node.op in LOOPS)


def way_to(body: Block, after: Value, before: Value) -> Way | None:
    """Where a round replaces a carried value; None where it is no single place."""
    steps: list[tuple[Block, int, int]] = []
    block, ended = body, False
    while (found := _step(block, after, before)) is not None:
        k, side = found
        steps.append((block, k, side))
        node = block.nodes[k]
        block, after, before = _inside(node, side, after, before)
        ended = node.op is if_
    return Way(tuple(steps), block, after) if ended else None


def _step(block: Block, after: Value, before: Value) -> tuple[int, int] | None:
    """The branch or loop that gives `after` or leaves `before`; the side that does."""
    k = _maker(block, after)
    if k is None:
        return None
    node = block.nodes[k]
    n = node.outputs.index(after)
    if node.op in LOOPS:
        initial = loop_of(node).initial
        return (k, -1) if n < len(initial) and initial[n] is before else None
    if node.op is not if_:
        return None
    left = [b.results[n] is before for b in node.blocks]
    return (k, left.index(False)) if sum(left) == 1 else None


def _inside(
    node: Node, side: int, after: Value, before: Value
) -> tuple[Block, Value, Value]:
    """The block that a step leads to, and the two values there."""
    n = node.outputs.index(after)
    block = node.blocks[side]
    if node.op in LOOPS:
        before = loop_of(node).carried[n]
    return block, block.results[n], before


def ways_of(loop: Loop) -> dict[int, Way]:
    """The carried values, by position, that some rounds replace and others keep."""
    pairs = enumerate(zip(loop.carried, loop.carried_next, strict=True))
    found = {k: way_to(loop.body, after, before) for k, (before, after) in pairs}
    return {k: way for k, way in found.items() if way is not None}


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
    if any(
        _cannot(way, [node, *way.loops], activity, analysis) for way in ways.values()
    ):
        return None
    groups: dict[tuple[tuple[Node, int], ...], list[int]] = {}
    for k, way in ways.items():
        groups.setdefault(way.key, []).append(k)
    return node, list(groups.values())


def _cannot(
    way: Way, loops: Sequence[Node], activity: Activity, analysis: Analysis
) -> bool:
    """Whether a way is none to a pick.

    A derivative passes from what is carried to what replaces it, or to what an inner
    loop on the way walks; or the round has a forward half that cannot run again.
    """
    carried = tuple(v for node in loops for v in loop_of(node).carried if activity(v))
    varied = Varied(analysis, Block(carried, way.nodes, ()), tuple(range(len(carried))))
    seen = [way.candidate, *(xs for n in way.loops for xs in loop_of(n).walked)]
    if any(map(varied.get, seen)):
        return True
    halves = (n for n in way.nodes if n.op is call or n.blocks)
    return any(
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
    found = _step(block, after, before)
    if found is not None:
        k, side = found
        node = block.nodes[k]
        inner, *values = _inside(node, side, after, before)
        new = spelled_out(inner, *values)
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
