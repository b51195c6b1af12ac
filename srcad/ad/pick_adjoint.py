"""The adjoint of a loop that only picks: that of the round that was picked last.

Takes such a loop (`picks.py`) and the cotangents gathered so far. Writes a branch into
the builder in use: where a round was picked, its adjoint, from the cotangents of what
was picked; else these go to what the loop started with. Gives the primal loop back,
which notes beside what it picks what the adjoint reads: mostly just the round's index.
What follows from that is computed again: it is one round of many.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence

from srcad.ad.accumulate import Gathered
from srcad.ad.activity import Analysis
from srcad.ad.control import Side, Work, merged_types, touched
from srcad.ad.leaves import Path, leaf_name
from srcad.ad.noted import Note, noting
from srcad.ad.picks import Way, picked_slots, ways_of
from srcad.ad.residuals import Kept
from srcad.ad.stability import is_scalar
from srcad.ir.builder import current
from srcad.ir.graph import (
    UNDEFINED,
    Block,
    Literal,
    Node,
    Value,
    free_values,
    is_literal,
    literal,
)
from srcad.ir.joining import join
from srcad.ir.structure import LOOPS, has_effect, if_, loop_of
from srcad.ir.types import INT, Maybe, Scalar
from srcad.ir.walk import copied_node
from srcad.ops.containers import list_get

# What a carried number starts as where it is read only after a round was picked.
STARTS = {"bool": False, "int": 0, "float": 0.0, "complex": 0j}
# What an index starts as, so that it says whether any round was picked.
NOWHERE = -1


def pick_adjoint(
    work: Work, analysis: Analysis, node: Node, scope: Gathered
) -> list[Node] | None:
    """Write the adjoint of a loop that only picks; None for any other loop.

    Gives the primal nodes in its place.
    """
    found = picked_slots(node, work.activity, analysis)
    if found is None:
        return None
    node, groups = found
    before: list[Node] = []
    for slots in groups:
        *first, node = _Picked(work, node, slots).write(scope)
        before += first
    return [*before, node]


class Again(Kept):
    """The choice for one round: what can be computed again is, numbers are kept.

    own : the values of the round as it is in the loop; what only the adjoint's round
        has (what inner loops keep, residuals of calls) is always made again.
    """

    own: Collection[Value] = ()

    @functools.cached_property
    def possible(self) -> set[Node]:
        """The nodes that need only numbers and what holds still."""
        found: set[Node] = set()
        for node in dict.fromkeys(self.makers.values()):
            forward = not all(v in self.own for v in node.outputs)
            again = forward or all(self.had(v, found) for v in reads(node))
            if again and not has_effect(node):
                found.add(node)
        return found

    def had(self, value: Value, possible: set[Node]) -> bool:
        """Whether a value is a number, holds still, or can be computed again."""
        if isinstance(value, Literal) or is_scalar(value):
            return True
        if value not in self.order:
            return self.stable(value)
        return self.makers.get(value) in possible or self.given(value) is not None

    def obtain(self, value: Value) -> None:
        """Make one value available: given, computed again, or kept."""
        wanted: set[Node] = set()
        todo = [value]
        while todo:
            v = todo.pop()
            node = self.makers.get(v)
            if v in self.mapping or node in wanted:
                continue
            stand_in = self.given(v)
            if stand_in is not None:
                self.mapping[v] = stand_in
            elif node is None or node not in self.possible:
                self.mapping[v] = self.keep(v)
            else:
                wanted.add(node)
                todo += [u for u in reads(node) if u in self.order]
        for node in sorted(wanted, key=lambda n: self.order[n.outputs[0]]):
            self.again.append(copied_node(node, self.mapping))


class _Picked:
    """The adjoint of one round under construction, and what the loop notes for it.

    slots : the positions of the active carried values, picked under one condition.
    """

    def __init__(self, work: Work, node: Node, slots: Sequence[int]) -> None:
        self.work = work
        self.node = node
        self.loop = loop_of(node)
        self.slots = slots
        self.name = self.loop.carried[slots[0]].name or "last"
        self.ways = ways_of(self.loop)
        self.way: Way = self.ways[slots[0]]
        # All that is picked in the same rounds, and where it is carried.
        self.beside = {
            way.candidate: k for k, way in self.ways.items() if way.key == self.way.key
        }
        self.loops = [self.loop, *map(loop_of, self.way.loops)]
        self.counters: dict[Node, tuple[Value, Value]] = {}
        self.notes: list[Note] = []

    def write(self, scope: Gathered) -> list[Node]:
        """Write the branch; gives the primal nodes in the loop's place."""
        loop = self.loop
        self.work.stable.note(self.way.nodes)
        nodes = self.round()
        own = {v for node in nodes for v in node.outputs}
        params = [v for each in self.loops for v in each.body.params if v not in own]
        params += [k for k, _ in self.counters.values()]
        candidates = tuple(self.ways[k].candidate for k in self.slots)
        initial = tuple(loop.initial[k] for k in self.slots)
        blocks = (Block(tuple(params), nodes, candidates), Block((), (), initial))
        finals = tuple(loop.final[k] for k in self.slots)
        branch = Node(if_, (), finals, blocks=blocks, span=self.node.span)
        around = current()

        def start(value: Value, path: Path) -> Value:
            with around.active():
                total = scope.totals[value, path] = scope.zero(value, path)
            return total

        sides = [Side(self.work, branch, block, scope, start) for block in blocks]
        leaves = touched(sides)
        if not leaves:
            return [self.node]
        then, otherwise = (side.adjoint(leaves) for side in sides)
        kept = Again(
            params,
            sides[0].primal.nodes,
            self.work.stable,
            given=self.given,
            keep=self.keep,
            pool=[*loop.initial, *free_values(loop.body)],
        )
        kept.own = own
        then = kept.resolved(then)
        names = [leaf_name(*leaf, "bar") for leaf in leaves]
        types = merged_types(leaves, [then, otherwise])
        outputs = around.if_(self.was_picked(), then, otherwise, types, names)
        scope.totals.update(zip(leaves, outputs, strict=True))
        found = noting(self.node, self.way, self.notes, self.counters)
        self.work.stable.note(found)
        return found

    # -- what the round walks

    def round(self) -> tuple[Node, ...]:
        """The nodes of the round, with what its loops walk."""
        nodes = self.entries(self.node)
        for block, k, _ in self.way.steps:
            nodes += block.nodes[:k]
            if block.nodes[k].op in LOOPS:
                nodes += self.entries(block.nodes[k])
        return (*nodes, *self.way.inner.nodes)

    def entries(self, node: Node) -> list[Node]:
        """The entries of walked lists that get cotangents, as read by the index."""
        loop = loop_of(node)
        pairs = list(zip(loop.walked, loop.items, strict=True))
        active = [(xs, v) for xs, v in pairs if self.work.activity(xs)]
        if not active:
            return []
        plain = (v for xs, v in pairs if is_plain(self.range_behind(xs)))
        k = next(plain, None)
        if k is None:
            k = Value("k", INT)
            self.counters[node] = k, active[0][0]
        return [Node(list_get, (xs, k), (v,)) for xs, v in active]

    def counts(self, value: Value) -> bool:
        """Whether a value is an index that is never negative."""
        if any(value is k for k, _ in self.counters.values()):
            return True
        walks = {
            v: xs
            for loop in self.loops
            for v, xs in zip(loop.items, loop.walked, strict=True)
        }
        return value in walks and is_counting(self.range_behind(walks[value]))

    def range_behind(self, walked: Value) -> Node | None:
        """The node that makes a range, where it is one."""
        return self.work.stable.ranges.get(walked)

    # -- what is noted

    def given(self, value: Value) -> Value | None:
        """What is carried of a value already."""
        k = self.beside.get(value)
        return None if k is None else self.loop.final[k]

    def keep(self, value: Value) -> Value:
        """Note a value of the round that is picked."""
        index = self.counts(value)
        last = "at" if index else "part"
        called = "" if index and len(self.loops) == 1 else value.name
        name = f"{self.name}_{called or last}"
        return self.note(value, NOWHERE if index else start_of(value), name)

    def note(self, value: Value, start: object, name: str) -> Value:
        """Carry a value from the round that is picked."""
        first = literal(start)
        sure = start is not UNDEFINED or isinstance(value.type, Maybe)
        t = join(first.type, value.type) if sure else Maybe(value.type)
        final = Value(name, t)
        self.notes.append(Note(value, first, final))
        return final

    def was_picked(self) -> Value:
        """Whether any round was picked."""
        noted = {note.value: (note.start, note.final) for note in self.notes}
        beside = {
            v: (self.loop.initial[k], self.loop.final[k])
            for v, k in self.beside.items()
        }
        for value, (start, final) in {**beside, **noted}.items():
            if self.counts(value) and is_literal(start, NOWHERE):
                return final >= 0
        return self.note(literal(True), False, f"{self.name}_picked")


def is_counting(made: Node | None) -> bool:
    """Whether a range has surely no negative entries."""
    if made is None:
        return False
    start, stop, step = (getattr(v, "value", None) for v in made.inputs)
    if step is None:
        return False
    first, least = (start, 0) if step > 0 else (stop, -1)
    return first is not None and first >= least


def is_plain(made: Node | None) -> bool:
    """Whether a range counts the rounds: 0, 1, 2, ..."""
    if made is None:
        return False
    start, _, step = made.inputs
    return is_literal(start, 0) and is_literal(step, 1)


def start_of(value: Value) -> object:
    """A number of the kind of a value, or undefined."""
    return STARTS[value.type.kind] if isinstance(value.type, Scalar) else UNDEFINED


def reads(node: Node) -> list[Value]:
    """What a node reads, in its blocks as well."""
    inner = [v for block in node.blocks for v in free_values(block)]
    return [*node.inputs, *inner]
