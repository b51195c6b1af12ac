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
from dataclasses import dataclass, replace

from srcad.ad.accumulate import Gathered
from srcad.ad.activity import Analysis
from srcad.ad.arrays import copy_of, is_exposed
from srcad.ad.control import Side, Work, merged_types, touched
from srcad.ad.leaves import Path, leaf_name
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
from srcad.ir.structure import has_effect, if_, loop_of
from srcad.ir.types import INT, Maybe, Scalar, join
from srcad.ir.walk import copied_node, fresh, with_block
from srcad.ops.containers import list_get, list_len, range_

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


@dataclass(frozen=True)
class _Note:
    """What the loop carries of the round picked last.

    value : in that round. start : before there is one. final : after the loop.
    """

    value: Value
    start: Literal
    final: Value


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
        self.counter: Value | None = None
        self.notes: list[_Note] = []

    def write(self, scope: Gathered) -> list[Node]:
        """Write the branch; gives the primal nodes in the loop's place."""
        loop = self.loop
        nodes = (*self.entries(), *self.way.nodes)
        own = {v for node in nodes for v in node.outputs}
        params = [v for v in loop.body.params if v not in own]
        if self.counter is not None:
            params.append(self.counter)
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
        return self.rebuilt()

    # -- what the round walks

    def entries(self) -> list[Node]:
        """The entries of walked lists that get cotangents, as read by the index."""
        pairs = list(zip(self.loop.walked, self.loop.items, strict=True))
        active = [(xs, v) for xs, v in pairs if self.work.activity(xs)]
        if not active:
            return []
        plain = (v for xs, v in pairs if is_plain(self.range_behind(xs)))
        k = next(plain, None)
        if k is None:
            self.counter = k = Value("k", INT)
        return [Node(list_get, (xs, k), (v,)) for xs, v in active]

    def counts(self, value: Value) -> bool:
        """Whether a value is an index that is never negative."""
        if value is self.counter:
            return True
        if value not in self.loop.items:
            return False
        walked = self.loop.walked[self.loop.items.index(value)]
        return is_counting(self.range_behind(walked))

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
        name = f"{self.name}_at" if index else f"{self.name}_{value.name or 'part'}"
        return self.note(value, NOWHERE if index else start_of(value), name)

    def note(self, value: Value, start: object, name: str) -> Value:
        """Carry a value from the round that is picked."""
        first = literal(start)
        sure = start is not UNDEFINED or isinstance(value.type, Maybe)
        t = join(first.type, value.type) if sure else Maybe(value.type)
        final = Value(name, t)
        self.notes.append(_Note(value, first, final))
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

    # -- the primal loop

    def rebuilt(self) -> list[Node]:
        """The primal loop, noting what is kept as well."""
        loop, node, notes = self.loop, self.node, self.notes
        params = [Value(n.final.name, n.final.type) for n in notes]
        body, after = self.noting(loop.body, 0, params)
        n = len(loop.carried)
        carried = (*loop.carried, *params)
        results = (*body.results[:n], *after, *body.results[n:])
        inputs = (*node.inputs, *(note.start for note in notes))
        outputs = (*loop.final, *(note.final for note in notes), *node.outputs[n:])
        before: list[Node] = []
        items, walks = loop.items, {}
        k = self.counter
        if k is not None and any(note.value is k for note in notes):
            before, inputs = self.counted(inputs)
            items = (k, *items)
            walks = {"walked": len(items)}
        body = Block((*items, *carried), body.nodes, results)
        blocks = (*map(self.widened, node.blocks[:-1]), body)
        whole = replace(
            node,
            inputs=inputs,
            outputs=outputs,
            blocks=blocks,
            params={**node.params, **walks},
        )
        return [*before, whole]

    def noting(
        self, block: Block, depth: int, old: Sequence[Value]
    ) -> tuple[Block, list[Value]]:
        """A block on the way, and what it gives out of the notes."""
        if depth == len(self.way.steps):
            return self.inmost(block)
        _, k, side = self.way.steps[depth]
        branch = block.nodes[k]
        inner, values = self.noting(branch.blocks[side], depth + 1, old)
        sides = [with_block(b, None, [*b.results, *old]) for b in branch.blocks]
        sides[side] = with_block(inner, None, [*inner.results, *values])
        new = [fresh(v) for v in old]
        outputs = (*branch.outputs, *new)
        branch = replace(branch, blocks=tuple(sides), outputs=outputs)
        nodes = [*block.nodes[:k], branch, *block.nodes[k + 1 :]]
        return with_block(block, nodes), new

    def inmost(self, block: Block) -> tuple[Block, list[Value]]:
        """The block at the end of the way; views of what is written to are copied."""
        makers = {v: node for node in self.way.nodes for v in node.outputs}
        values = [note.value for note in self.notes]
        copies = {
            v: copy_of(v) for v in values if is_exposed(v, makers, self.loop.body)
        }
        values = [copies[v].out if v in copies else v for v in values]
        return with_block(block, [*block.nodes, *copies.values()]), values

    def counted(self, inputs: Sequence[Value]) -> tuple[list[Node], tuple[Value, ...]]:
        """Nodes for an index that is walked beside the lists; and the loop's inputs."""
        lists = [xs for xs in self.loop.walked if self.work.activity(xs)]
        with current().inner() as builder:
            steps = range_(0, list_len(lists[0]), 1)
        self.work.stable.note(builder.nodes)
        return builder.nodes, (steps, *inputs)

    def widened(self, test: Block) -> Block:
        """The test of a `while_`, with parameters for the notes."""
        return with_block(
            test, params=[*test.params, *(fresh(n.final) for n in self.notes)]
        )


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
