"""fuse: operations on arrays as loops over their elements, for a compiler of loops.

Takes a finished graph; gives one in which chains of elementwise operations, reductions
and writes to slices are nests of `for_` loops over elements. Only for the Numba
dialect: Python would run them slowly.

Nodes are taken in order. One that a nest cannot do goes before it where it does not
depend on it, else after it; effects, calls, branches and loops are borders.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import groupby
from typing import Any

from srcad.ir.graph import Block, Graph, Node, Value
from srcad.ir.structure import LOOPS, has_own_effect, is_guarded, loop_of, while_
from srcad.ir.types import Array
from srcad.ir.walk import mapped, substituted_node, with_block, with_body, with_parts
from srcad.ops.declare import Op
from srcad.ops.raising import raising, watched
from srcad.passes.buffers import Buffers, Place, Places, Summary, memory_of
from srcad.passes.dce import dce
from srcad.passes.fuse_access import VIEWS
from srcad.passes.fuse_group import Group, Nest
from srcad.passes.fuse_lengths import Lengths, Scope
from srcad.passes.fuse_members import MAPS, Member, axes_in, member_of
from srcad.passes.fuse_nest import NestWriter
from srcad.passes.fuse_order import Step, Steps
from srcad.passes.fuse_schedule import LIGHT
from srcad.passes.lanes import is_helped

FUSING = MAPS | {"sum_", "mean", "einsum", "add_at", "update"}
CHOICES = ("where", "masked")  # which Numba makes of arrays that stand by themselves
LENGTHS = ("count", "dim", "len_of", "size_of")


def fuse(graph: Graph, summaries: Mapping[Any, Summary]) -> Graph:
    """Write array operations as loops over elements, where that saves a pass.

    summaries : what is known of the memory of callees.
    """
    buffers = Buffers(graph, summaries=summaries)
    firm = raising(graph.body) if graph.watched else watched(graph.body)
    kept = frozenset(v for node in firm for v in node.outputs)
    scope = Scope(None, graph.body.params)
    body = _Fuser(buffers, kept, graph.body, scope).run()
    return dce(with_body(graph, body))


@dataclass(eq=False)
class _Inside:
    """The steps of a group.

    out : the values that they make.
    reads, writes : the memory that they touch.
    """

    steps: list[Step] = field(default_factory=list)
    out: set[Value] = field(default_factory=set)
    reads: set[Place] = field(default_factory=set)
    writes: set[Place] = field(default_factory=set)

    def add(self, step: Step) -> None:
        """Take a step in."""
        self.steps.append(step)
        self.out.update(step.node.outputs)
        self.reads.update(step.read)
        self.writes.update(step.written)

    def before(self, step: Step) -> bool:
        """Whether a step must stay after these: it reads one, or memory clashes."""
        return not (
            self.out.isdisjoint(step.node.inputs)
            and self.writes.isdisjoint(step.read)
            and self.writes.isdisjoint(step.written)
            and self.reads.isdisjoint(step.written)
        )


class _Fuser:
    """Fuses what a block computes.

    kept : values whose nodes stay where they are, for what they raise is caught.
    known : what nodes with blocks write, as far as it was found out.
    """

    def __init__(
        self,
        buffers: Buffers,
        kept: frozenset[Value],
        block: Block,
        scope: Scope,
        known: dict[Node, Places] | None = None,
    ) -> None:
        self.buffers, self.kept, self.block = buffers, kept, block
        self.scope = scope
        self.subst: dict[Value, Value] = {}
        self.results = frozenset(block.results)
        self.known = {} if known is None else known

    def run(self) -> Block:
        """The block, fused."""
        self.steps = Steps(self.buffers, self.block, self.known)
        for is_border, run in groupby(self.steps.all, self.is_border):
            if is_border:
                for step in run:
                    self.emit(step.node)
                    self.steps.take(step)
                continue
            straight = list(run)
            ready = self.steps.link(straight)
            while ready:
                ready = self.round(ready, straight[-1].place)
            assert not any(step.left for step in straight)
        results = mapped(self.block.results, self.subst)
        return with_block(self.block, tuple(self.scope.nodes), results)

    def is_border(self, step: Step) -> bool:
        """Whether nothing moves across a step."""
        return is_border(step.node)

    def round(self, ready: Sequence[Step], last: int) -> list[Step]:
        """Write what runs before a nest, and the nest; what is left runs after it.

        ready : steps that wait for nothing; gives those that do so afterwards.
        last : the place of the last step before a border.
        """
        group, inside = Group(self.buffers.may_share), _Inside()
        steps, later = self.steps, list[Step]()
        todo = [s.place for s in ready]
        heapify(todo)
        seen = set[int]()
        while todo:
            k = heappop(todo)
            step = steps.all[k]
            if k in seen or not step.left:
                continue
            seen.add(k)
            node, more = step.node, list[Step]()
            if self.joins(node, group, inside):
                inside.add(step)
                if node.out in group.made:
                    more = [s for s in steps.reading(node.out) if s.place <= last]
            elif node.op.name in LENGTHS and node.inputs[0] in group.made:
                lengths = Lengths(group, self.scope, steps)
                made = lengths.counted(node, group.made[node.inputs[0]])
                self.subst[node.out] = made
                steps.substitute({node.out: made})
            elif inside.before(step) or any(v in steps for v in node.inputs):
                later.append(step)
                continue
            else:
                self.emit(node)
            freed = steps.take(step)
            freed += [s for s in more if s.node.op.name in LENGTHS]
            for other in freed:
                heappush(todo, other.place)
        group = self.without_sinking(group, inside, later)
        later += self.write(group)
        return [s for s in later if s.left and not s.waits]

    def joins(self, node: Node, group: Group, inside: _Inside) -> bool:
        """Take a node into the group, if it may run there."""
        if not self.kept.isdisjoint(node.outputs):
            return False
        member = member_of(node, self.buffers.made)
        if member is None:
            return False
        numbers = [x for x in node.inputs if not isinstance(x.type, Array)]
        arrays = [a for a in (*member.reads, member.write) if a is not None]
        places = [e.place for a in arrays for e in a.entries if e.place is not None]
        roots = [a.root for a in arrays]
        if not inside.out.isdisjoint([*numbers, *places]):
            return False
        if any(v in self.steps for v in (*numbers, *places, *roots)):
            return False
        if node.op.name in ("matmul",) and not any(r in group.made for r in roots):
            return False
        return group.join(member)

    def without_sinking(
        self, group: Group, inside: _Inside, later: list[Step]
    ) -> Group:
        """The group without members that are better computed where they are read.

        later : gets their steps.
        """
        of = {step.node: step for step in inside.steps}
        firm = {m for m in group.members if self.steps.is_written(of[m.node])}
        fusing = {m.out: self.fusing(m.out) for m in group.members}
        readers = {v: f for v, f in fusing.items() if f is not None}
        sunk = {m.node for m in sinking(group, readers, firm)}
        if not sunk:
            return group
        found = Group(self.buffers.may_share)
        for step in inside.steps:
            member = None
            if step.node not in sunk:
                member = member_of(step.node, self.buffers.made)
            else:
                self.steps.put_back(step)
                later.append(step)
            if member is not None:
                found.join(member)
        return found

    # ---- writing ---------------------------------------------------------------------

    def write(self, group: Group) -> list[Step]:
        """Write the nests that pay, and the other members as they were.

        Gives the steps that need wait no longer.
        """
        needed = {m.out for m in group.members if self.is_read(m.out)}
        lengths = Lengths(group, self.scope, self.steps)
        done: dict[Step, None] = {}  # what members read, written for them
        given: dict[Value, Value] = {}
        for nest in group.nests():
            if not pays(nest, needed):
                for m in nest.members:
                    self.plain(m.node, done)
                continue

            def allocate(m: Member, dims: Sequence[Value], name: str) -> Value:
                own = m.kind == "map" and self.is_local(m.out)
                return lengths.array(m, dims, own, name)

            writer = NestWriter(
                nest, group, needed, lengths.of, allocate, self.scope.builder
            )
            for old, new in writer.write().items():
                self.subst[old] = given[old] = new
                places, held = self.buffers.places(old), self.buffers.held_by(old)
                self.buffers.enter(new, places, held)
            self.scope.settle()
        freed = [s for step in done for s in self.steps.take(step)]
        self.steps.substitute(given)
        return freed

    def plain(self, node: Node, done: dict[Step, None]) -> None:
        """Write a member as it was, after the views that it reads."""
        for v in node.inputs:
            step = self.steps.maker.get(v)
            if step is not None and step.left and step not in done:
                done[step] = None
                self.plain(step.node, done)
        self.emit(node)

    def emit(self, node: Node) -> None:
        """Write a node, with what its blocks hold fused."""
        node = substituted_node(node, self.subst)
        self.buffers.made.update(dict.fromkeys(node.outputs, node))
        blocks = []
        for k, block in enumerate(node.blocks):
            test = node.op is while_ and k == 0
            if test or is_guarded(node):
                blocks.append(block)
                continue
            loop = loop_of(node) if node.op in LOOPS else None
            inner = Scope(self.scope, block.params, loop)
            blocks.append(
                _Fuser(self.buffers, self.kept, block, inner, self.known).run()
            )
        self.scope.add(with_parts(node, blocks=blocks))

    # ---- who reads what is left ------------------------------------------------------

    def fusing(self, value: Value) -> bool | None:
        """Whether only loops over elements would read it; None: nothing reads it."""
        if value in self.results:
            return False
        found = None
        for step in self.steps.reading(value):
            node = step.node
            if node.op.name in VIEWS:
                reads = self.fusing(node.out) if node.inputs[0] is value else None
            else:
                reads = node.op.name in FUSING
            if reads is not None:
                found = reads and found is not False
        return found

    def is_read(self, value: Value) -> bool:
        """Whether something reads it; views that nobody reads do not."""
        return value in self.results or any(
            step.node.op.name not in VIEWS or self.is_read(step.node.out)
            for step in self.steps.reading(value)
        )

    def is_local(self, value: Value) -> bool:
        """Whether nothing holds on to an array after what is left of the block."""
        return value not in self.results and all(
            self.lets_go(step.node, value) for step in self.steps.reading(value)
        )

    def lets_go(self, node: Node, value: Value) -> bool:
        """Whether what a node makes of an array is no longer that array."""
        if is_border(node):
            return False
        if node.params.get("inplace"):
            return node.inputs[0] is not value
        if node.op.name in VIEWS:
            return self.is_local(node.out)
        return memory_of(node) == "new"


def is_border(node: Node) -> bool:
    """Whether nothing moves across a node."""
    return bool(node.blocks) or not isinstance(node.op, Op) or has_own_effect(node)


def sinking(
    group: Group, readers: Mapping[Value, bool], firm: Collection[Member]
) -> list[Member]:
    """Members that cost little and are better computed where they are read.

    Only later loops read them, and what they read is stored for others anyway.
    readers : for what is read after the group, whether only loops read it.
    firm : members that stay.
    """
    inside: dict[Value, list[Member]] = {}
    for m in group.members:
        for a in m.reads:
            if a is not None:
                inside.setdefault(a.root, []).append(m)
    found: set[Member] = set()
    for m in reversed(group.members):
        light = m.kind == "map" and m.node.op.name in LIGHT and m not in firm
        read_here = inside.get(m.out, [])
        if light and readers.get(m.out, True) and found.issuperset(read_here):
            found.add(m)
    news = True
    while news:
        news = False
        for m in [m for m in group.members if m in found]:
            made = [group.made[a.root] for a in m.reads if a and a.root in group.made]
            stored = (d in found or d.out in readers for d in made)
            alone = m.out not in readers and not inside.get(m.out)
            if not all(stored) or alone:
                found.discard(m)
                news = True
            if any(r not in found for r in inside.get(m.out, [])):
                news = news or m in found
                found.discard(m)
    kept = [m for m in group.members if m not in found]
    return [m for m in group.members if m in found] if kept else []


def is_spread(m: Member) -> bool:
    """Whether a map repeats an operand along an axis: Numba tests each index."""
    if m.kind != "map" or len(m.over) < 2 or memory_of(m.node) == "view":
        return False
    return any(a is not None and len(axes_in(a.entries)) < len(m.over) for a in m.reads)


def sums_along(m: Member) -> bool:
    """Whether a sum keeps axes: Numba goes through the result once for each element."""
    return m.reduces and bool(axes_in(m.entries))


def pays(nest: Nest, needed: Collection[Value]) -> bool:
    """Whether one nest is better than a statement for each of its members."""
    members = nest.members
    outs = {m.out for m in members}
    reads = [a for m in members for a in m.reads if a is not None]
    for m in members:
        if is_helped(m.node) or is_spread(m) or sums_along(m):
            return True
        if m.node.op.name in CHOICES and len(members) > 1:
            return True
        if m.kind == "write" and (m.reads[0] or m.node.op.name != "update"):
            return True
        if m.reduces and any(a and a.root in outs for a in m.reads):
            return True
    if any(m.node.op.name == "einsum" for m in members):
        return True
    if any(e.offset for a in reads for e in a.entries):
        return True
    roots = [a.root for a in reads]
    statements = [
        m for m in members if m.out in needed or roots.count(m.out) > 1 or m.reduces
    ]
    return len(statements) > 1
