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
from typing import Any

from srcad.ir.graph import Block, Graph, Node, Value, free_values, nodes_of
from srcad.ir.structure import for_, has_own_effect, is_guarded, loop_of, while_
from srcad.ir.types import Array
from srcad.ir.walk import mapped, substituted_node, with_block, with_body, with_parts
from srcad.ops.declare import Op
from srcad.ops.raising import raising, watched
from srcad.passes.buffers import Buffers, Place, Summary, memory_of
from srcad.passes.dce import dce
from srcad.passes.fuse_access import VIEWS
from srcad.passes.fuse_group import Group, Nest
from srcad.passes.fuse_lengths import Lengths, Scope
from srcad.passes.fuse_members import MAPS, Member, axes_in, member_of
from srcad.passes.fuse_nest import NestWriter
from srcad.passes.fuse_schedule import LIGHT
from srcad.passes.lanes import is_helped

FUSING = MAPS | {"sum_", "mean", "einsum", "add_at", "update"}
LENGTHS = ("count", "dim", "len_of", "size_of")


def fuse(graph: Graph, summaries: Mapping[Any, Summary]) -> Graph:
    """Write array operations as loops over elements, where that saves a pass.

    summaries : what is known of the memory of callees.
    """
    buffers = Buffers(graph, summaries=summaries)
    kept = set(raising(graph.body) if graph.watched else watched(graph.body))
    scope = Scope(None, graph.body.params)
    body = _Fuser(buffers, kept, graph.body, scope).run()
    return dce(with_body(graph, body))


@dataclass(eq=False)
class _Nodes:
    """Nodes that others may not be moved across without asking.

    out : the values that they make.
    reads, writes : the memory that they touch.
    """

    buffers: Buffers
    nodes: list[Node] = field(default_factory=list)
    out: set[Value] = field(default_factory=set)
    reads: set[Place] = field(default_factory=set)
    writes: set[Place] = field(default_factory=set)

    def add(self, node: Node) -> None:
        """Take a node in."""
        self.nodes.append(node)
        self.out.update(node.outputs)
        self.reads |= self.read(node)
        self.writes |= self.buffers.written(node)

    def read(self, node: Node) -> set[Place]:
        """The memory that a node may read."""
        return {p for v in node.inputs for p in self.buffers.reach(v)}

    def clash(self, node: Node) -> bool:
        """Whether a node touches memory that these write, or writes what they touch."""
        written = self.buffers.written(node)
        return not (
            self.writes.isdisjoint(self.read(node))
            and written.isdisjoint(self.writes)
            and written.isdisjoint(self.reads)
        )

    def before(self, node: Node) -> bool:
        """Whether a node must stay after these."""
        return not self.out.isdisjoint(node.inputs) or self.clash(node)


class _Fuser:
    """Fuses what a block computes.

    kept : nodes that stay where they are, for what they raise is caught.
    """

    def __init__(
        self, buffers: Buffers, kept: Collection[Node], block: Block, scope: Scope
    ) -> None:
        self.buffers, self.kept, self.block = buffers, kept, block
        self.scope = scope
        self.subst: dict[Value, Value] = {}

    def run(self) -> Block:
        """The block, fused."""
        nodes: list[Node] = list(self.block.nodes)
        while nodes:
            nodes = self.round(nodes)
        results = mapped(self.block.results, self.subst)
        return with_block(self.block, tuple(self.scope.nodes), results)

    def round(self, nodes: list[Node]) -> list[Node]:
        """Write what runs before a nest, and the nest; gives what is left."""
        if self.is_border(nodes[0]):
            self.emit(nodes[0])
            return nodes[1:]
        group = Group(self.buffers.may_share)
        inside, late = _Nodes(self.buffers), _Nodes(self.buffers)
        self.order, k = list(nodes), 0
        while k < len(nodes) and not self.is_border(nodes[k]):
            node, k = nodes[k], k + 1
            lengths = Lengths(group, self.scope, late.out)
            if self.joins(node, group, inside, late):
                inside.add(node)
            elif node.op.name in LENGTHS and node.inputs[0] in group.made:
                maker = group.made[node.inputs[0]]
                self.subst[node.out] = lengths.counted(node, maker)
                nodes[k:] = [substituted_node(n, self.subst) for n in nodes[k:]]
                self.order = [*self.order[:k], *nodes[k:]]
            elif inside.before(node) or late.before(node):
                late.add(node)
            else:
                self.emit(node)
        after = [*late.nodes, *nodes[k:]]
        firm = {m for m in group.members if self.is_overwritten(m, after)}
        sunk = [m.node for m in sinking(group, self.fusing(after), firm)]
        if sunk:
            group, late = self.without(sunk, inside, late)
        left = [*late.nodes, *nodes[k:]]
        self.write(group, late, left)
        left = [substituted_node(n, self.subst) for n in left if n not in self.done]
        for node in left:
            self.note(node)
        return left

    def joins(self, node: Node, group: Group, inside: _Nodes, late: _Nodes) -> bool:
        """Take a node into the group, if it may run there."""
        if node in self.kept or late.clash(node):
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
        if not late.out.isdisjoint([*numbers, *places, *roots]):
            return False
        if node.op.name in ("matmul",) and not any(r in group.made for r in roots):
            return False
        return group.join(member)

    def without(
        self, sunk: Sequence[Node], inside: _Nodes, late: _Nodes
    ) -> tuple[Group, _Nodes]:
        """The group without some members, which go with those after it."""
        group = Group(self.buffers.may_share)
        for node in inside.nodes:
            member = None if node in sunk else member_of(node, self.buffers.made)
            if member is not None:
                group.join(member)
        after = _Nodes(self.buffers)
        order = {n: k for k, n in enumerate(self.order)}
        for node in sorted([*sunk, *late.nodes], key=order.__getitem__):
            after.add(node)
        return group, after

    def is_overwritten(self, member: Member, nodes: Sequence[Node]) -> bool:
        """Whether nodes write to memory that a member reads."""
        read = _Nodes(self.buffers).read(member.node)
        return any(not read.isdisjoint(self.buffers.written(n)) for n in nodes)

    def fusing(self, nodes: Sequence[Node]) -> dict[Value, bool]:
        """For what nodes read: whether only loops over elements would read it."""
        found = dict.fromkeys(self.block.results, False)
        for node in reversed(nodes):
            if node.op.name in VIEWS:
                if node.out in found:
                    x = node.inputs[0]
                    found[x] = found.get(x, True) and found[node.out]
                continue
            loops = node.op.name in FUSING
            for v in (*node.inputs, *(v for b in node.blocks for v in free_values(b))):
                found[v] = found.get(v, True) and loops
        return found

    def is_border(self, node: Node) -> bool:
        """Whether nothing moves across a node."""
        return bool(node.blocks) or not isinstance(node.op, Op) or has_own_effect(node)

    # ---- writing ---------------------------------------------------------------------

    def write(self, group: Group, late: _Nodes, left: list[Node]) -> None:
        """Write the nests that pay, and the other members as they were."""
        self.done: set[Node] = set()
        needed = self.read_by(left)
        lengths = Lengths(group, self.scope, late.out)
        for nest in group.nests():
            if not pays(nest, needed):
                for m in nest.members:
                    self.plain(m.node, set(late.nodes))
                continue

            def allocate(m: Member, dims: Sequence[Value], name: str) -> Value:
                own = m.kind == "map" and self.is_local(m.out, left)
                return lengths.array(m, dims, own, name)

            writer = NestWriter(
                nest, group, needed, lengths.of, allocate, self.scope.builder
            )
            for old, new in writer.write().items():
                self.subst[old] = new
                places, held = self.buffers.places(old), self.buffers.held_by(old)
                self.buffers.enter(new, places, held)
            self.scope.settle()

    def plain(self, node: Node, late: Collection[Node]) -> None:
        """Write a member as it was, after the views that it reads."""
        for v in node.inputs:
            maker = self.buffers.made.get(v)
            if maker is not None and maker in late and maker not in self.done:
                self.done.add(maker)
                self.plain(maker, late)
        self.emit(node)

    def emit(self, node: Node) -> None:
        """Write a node, with what its blocks hold fused."""
        node = substituted_node(node, self.subst)
        self.note(node)
        blocks = []
        for k, block in enumerate(node.blocks):
            test = node.op is while_ and k == 0
            if test or is_guarded(node):
                blocks.append(block)
                continue
            loop = loop_of(node) if node.op in (for_, while_) else None
            inner = Scope(self.scope, block.params, loop)
            blocks.append(_Fuser(self.buffers, self.kept, block, inner).run())
        self.scope.add(with_parts(node, blocks=blocks))

    def note(self, node: Node) -> None:
        """Note the node, and those in it, as what makes its values."""
        for n in (node, *(n for b in node.blocks for n in nodes_of(b))):
            self.buffers.made.update(dict.fromkeys(n.outputs, n))

    # ---- who reads what --------------------------------------------------------------

    def read_by(self, nodes: Sequence[Node]) -> set[Value]:
        """What nodes and the block's results read; views that nobody reads do not."""
        read = set(self.block.results)
        for node in reversed(nodes):
            if node.op.name in VIEWS and node.out not in read:
                continue
            read.update(node.inputs)
            for block in node.blocks:
                read.update(free_values(block))
        return read

    def is_local(self, value: Value, nodes: Sequence[Node]) -> bool:
        """Whether nothing holds on to an array after what is left of the block."""
        if value in self.block.results:
            return False
        for node in nodes:
            if any(value in free_values(b) for b in node.blocks):
                return False
            if value in node.inputs and not self.lets_go(node, value, nodes):
                return False
        return True

    def lets_go(self, node: Node, value: Value, nodes: Sequence[Node]) -> bool:
        """Whether what a node makes of an array is no longer that array."""
        if self.is_border(node):
            return False
        if node.params.get("inplace"):
            return node.inputs[0] is not value
        if node.op.name in VIEWS:
            return self.is_local(node.out, nodes)
        return memory_of(node) == "new"


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


def pays(nest: Nest, needed: Collection[Value]) -> bool:
    """Whether one nest is better than a statement for each of its members."""
    members = nest.members
    outs = {m.out for m in members}
    reads = [a for m in members for a in m.reads if a is not None]
    for m in members:
        if is_helped(m.node) or is_spread(m):
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
