"""In which order members run, and which of their results are kept in arrays.

A loop at one depth may stand several times: what a reduction gives is known when its
loop has ended, and what reads it needs a loop of its own. A value that several of them
need is computed again where that is cheap, else kept in an array.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from srcad.ir.graph import Value
from srcad.ir.types import Array
from srcad.passes.fuse_group import Group, ends_first
from srcad.passes.fuse_members import Member, axes_in

LIGHT = frozenset(
    """add subtract multiply negative positive square less less_equal greater equal
    greater_equal not_equal maximum minimum abs_ broadcast_like masked""".split()  # noqa: SIM905
)
CHEAP = 8  # what computing an element again may cost, in simple operations


@dataclass(eq=False)
class Item:
    """A member at the depth of its loops, or members in loops further inside."""

    members: list[Member]
    inner: bool


def scheduled(level: int, members: Sequence[Member], group: Group) -> list[Item]:
    """Members in the loops of one depth, in an order that gives each what it reads.

    A member at this depth goes before all loops that it can go before.
    """
    items: list[Item] = []
    where: dict[Member, Item] = {}
    for m in members:
        done = beside = -1
        for d in needs(m, members, group):
            k = items.index(where[d])
            if not items[k].inner or is_ended(d, level):
                done = max(done, k)
            else:
                beside = max(beside, k)
        open_ = [i for i in items[max(done + 1, beside) :] if i.inner]
        if len(m.over) == level:
            where[m] = Item([m], False)
            items.insert(done + 1, where[m])
        elif open_:
            where[m] = items[beside] if beside > done else open_[-1]
            where[m].members.append(m)
        else:
            where[m] = Item([m], True)
            items.append(where[m])
    return items


def is_ended(m: Member, level: int) -> bool:
    """Whether a member's result is known once its loop at a depth has ended."""
    return m.reduces and ends_first(m) and len(axes_in(m.entries)) <= level


def reads_of(m: Member, group: Group) -> set[Value]:
    """The arrays whose elements a member reads."""
    return {group.root(a.root) for a in m.reads if a is not None}


def needs(m: Member, members: Sequence[Member], group: Group) -> Iterator[Member]:
    """The members among these that it reads from, or writes after.

    A map that is not among them is computed where it is read.
    """
    read, known = set[Value](), set(members)
    todo = list(reads_of(m, group))
    while todo:
        value = todo.pop()
        if value in read:
            continue
        read.add(value)
        maker = group.made.get(value)
        if maker is not None and maker not in known:
            todo += reads_of(maker, group)
    wrote = None if m.write is None else group.root(m.write.root)
    for d in members:
        if d is m:
            return
        written = None if d.write is None else group.root(d.write.root)
        after = written is not None and (written in read or written is wrote)
        before = wrote is not None and wrote in reads_of(d, group)
        if d.out in read or after or before:
            yield d


@dataclass(eq=False)
class Storage:
    """What the members of a nest keep in arrays.

    needed : the values that are read outside.
    """

    members: Sequence[Member]
    group: Group
    needed: Collection[Value]

    def __post_init__(self) -> None:
        for m in self.members:
            if m.kind == "map" and m.out not in self.needed:
                m.write = None  # the element is all there is of it
        self.written = {
            self.group.root(m.write.root) for m in self.members if m.write is not None
        }
        self.stored = {m.out for m in self.members if self.is_stored(m)}
        self.store_shared(self.members)
        self.store_ended()

    def is_stored(self, m: Member) -> bool:
        """Whether a member's results go to an array."""
        if m.write is not None:
            return False
        return m.out in self.needed and isinstance(m.out.type, Array)

    def steps(self, members: Sequence[Member]) -> list[Member]:
        """The members that are written in their turn; others where they are read."""
        return [
            m
            for m in members
            if (m.reduces and (ends_first(m) or m.out in self.stored))
            or m.out in self.stored
            or m.write is not None
            or not self.written.isdisjoint(reads_of(m, self.group))
        ]

    def store_shared(self, members: Sequence[Member]) -> None:
        """Store what several loops need and is not cheap to compute again."""
        while True:
            readers: dict[Member, set[Item]] = {}
            self.read_in(0, self.steps(members), readers)
            costly = [
                m for m in readers if len(readers[m]) > 1 and self.cost(m) > CHEAP
            ]
            if not costly:
                return
            self.stored.add(costly[0].out)

    def store_ended(self) -> None:
        """Store what a reduction gives where it is read in other loops than its own.

        As a number it is known until the loops end that its result runs along.
        """
        steps = self.steps(self.members)
        paths = dict(self.paths(0, steps))
        known = set(steps)
        for m in steps:
            seen, todo = set[Member](), self.reads_made(m)
            while todo:
                d = todo.pop()
                if d in seen:
                    continue
                seen.add(d)
                if d not in known:
                    todo += self.reads_made(d)
                elif d.reduces:
                    kept = len(axes_in(d.entries))
                    if paths[m][:kept] != paths[d][:kept]:
                        self.stored.add(d.out)

    def paths(
        self, level: int, members: Sequence[Member], path: tuple[Item, ...] = ()
    ) -> Iterator[tuple[Member, tuple[Item, ...]]]:
        """For each step the loops that it is in, the outermost first."""
        for item in scheduled(level, members, self.group):
            if item.inner:
                yield from self.paths(level + 1, item.members, (*path, item))
            else:
                yield item.members[0], path

    def read_in(
        self, level: int, members: Sequence[Member], readers: dict[Member, set[Item]]
    ) -> None:
        """For each map that is no step, the loops at its depth that compute it."""
        known = set(self.steps(self.members))
        for item in [i for i in scheduled(level, members, self.group) if i.inner]:
            self.read_in(level + 1, item.members, readers)
            seen = set[Member]()
            todo = [d for m in item.members for d in self.reads_made(m)]
            while todo:
                d = todo.pop()
                if d not in known and d not in seen:
                    seen.add(d)
                    todo += self.reads_made(d)
                    if len(d.over) == level + 1:
                        readers.setdefault(d, set()).add(item)

    def reads_made(self, m: Member) -> list[Member]:
        """The members whose elements a member reads."""
        made = self.group.made
        return [made[a.root] for a in m.reads if a is not None and a.root in made]

    def cost(self, m: Member) -> int:
        """What an element costs, computed again: over `CHEAP` if it must not be."""
        if m.out in self.stored or m.write is not None:
            return 1
        if m.reduces:
            return 0 if ends_first(m) else CHEAP + 1
        if not self.written.isdisjoint(reads_of(m, self.group)):
            return CHEAP + 1
        own = 1 if m.node.op.name in LIGHT else 4
        if m.node.op.name in ("exp", "log", "sin", "cos", "tanh", "power", "where"):
            own = CHEAP + 1 if m.node.op.name != "power" else own
        return own + sum(map(self.cost, self.reads_made(m)))
