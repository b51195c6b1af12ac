"""Which members run in one nest of loops.

Takes members one by one; a group takes those that it can do together with what it has:
axes of one value are one, loops of all members nest, and no element is read or written
in another round than in the order that the program says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from srcad.ir.graph import Value
from srcad.ir.sizes import Size
from srcad.passes.fuse_access import Access, Axis, Entry
from srcad.passes.fuse_members import Length, Member, axes_in, fits

ROOM = 40  # members; longer loop bodies gain nothing more and compile slowly


@dataclass(eq=False)
class Nest:
    """Members over common axes.

    axes : the loops, the outermost first.
    lengths : for each, where its length can be read.
    """

    axes: tuple[Axis, ...]
    members: list[Member]
    lengths: Mapping[Axis, list[Length]]


@dataclass(eq=False)
class Group:
    """Members that may run together, though not all over common axes.

    may_share : whether two values may share memory.
    roots : for what a write gives out, the array that it writes to.
    """

    may_share: Callable[[Value, Value], bool]
    members: list[Member] = field(default_factory=list)
    made: dict[Value, Member] = field(default_factory=dict)
    roots: dict[Value, Value] = field(default_factory=dict)
    same: dict[Axis, Axis] = field(default_factory=dict)

    # ---- asking ----------------------------------------------------------------------

    def find(self, axis: Axis, same: Mapping[Axis, Axis] | None = None) -> Axis:
        """The axis that stands for all that are the same."""
        same = self.same if same is None else same
        while axis in same:
            axis = same[axis]
        return axis

    def root(self, value: Value) -> Value:
        """The array behind what a write in this group gives out."""
        while value in self.roots:
            value = self.roots[value]
        return value

    def nests(self) -> Iterator[Nest]:
        """The members by the loops that they are in."""
        left = list(self.members)
        while left:
            axes, inside, news = set[Axis](), list[Member](), True
            while news:
                more = [
                    m
                    for m in left
                    if m not in inside
                    and (not inside or axes.intersection(map(self.find, m.over)))
                ]
                more = more if inside else more[:1]
                inside += more
                for m in more:
                    axes.update(map(self.find, m.over))
                news = bool(more)
            left = [m for m in left if m not in inside]
            inside.sort(key=self.members.index)
            longest = max(inside, key=lambda m: len(m.over))
            lengths: dict[Axis, list[Length]] = {}
            for m in inside:
                for axis, length in m.lengths:
                    lengths.setdefault(self.find(axis), []).append(length)
            yield Nest(tuple(map(self.find, longest.over)), inside, lengths)

    # ---- joining ---------------------------------------------------------------------

    def join(self, member: Member) -> bool:
        """Take a member in, if it runs together with those that are here."""
        if len(self.members) >= ROOM:
            return False
        if member.kind in ("mean", "max", "min") and not ends_first(member):
            return False
        same = dict(self.same)
        for access in member.reads:
            if access is not None and not self._met(access, same):
                return False
        if member.write is not None and self.root(member.write.root) in self.made:
            if member.kind == "write":
                return False
            member.write = None  # the element is all there is of it
        if not self._nested(member, same) or not self._in_order(member, same):
            return False
        self.same = same
        self.members.append(member)
        if member.kind == "write":
            assert member.write is not None
            self.roots[member.out] = member.write.root
        else:
            self.made[member.out] = member
        return True

    def _met(self, access: Access, same: dict[Axis, Axis]) -> bool:
        """Make the axes of an element that is read those of the member that made it."""
        maker = self.made.get(access.root)
        if maker is None:
            return True
        if maker.reduces and not ends_first(maker):
            return False
        if not axes_in(maker.entries):
            return False
        for mine, its in zip(access.entries, maker.entries, strict=True):
            if mine.place is not None or mine.offset:
                return False
            if mine.axis is None or its.axis is None:
                if mine.axis is not its.axis:
                    return False
                continue
            a, b = self.find(mine.axis, same), self.find(its.axis, same)
            if a is not b:
                if not fits(a.dim, b.dim):
                    return False
                if isinstance(b.dim, Size):  # a number says more than a name
                    a, b = b, a
                same[a] = b
        return True

    def _nested(self, member: Member, same: Mapping[Axis, Axis]) -> bool:
        """Whether each member's loops are the first ones of those around them."""
        spaces = [
            tuple(self.find(a, same) for a in m.over) for m in (*self.members, member)
        ]
        if any(len(set(space)) < len(space) for space in spaces):
            return False
        met = True
        heads: dict[Axis, tuple[Axis, ...]] = {}
        for space in sorted(spaces, key=len, reverse=True):
            whole = next((heads[a] for a in space if a in heads), None)
            if whole is None:
                heads.update(dict.fromkeys(space, space))
            else:
                met = met and whole[: len(space)] == space
        return met

    def _in_order(self, member: Member, same: Mapping[Axis, Axis]) -> bool:
        """Whether each element is read and written in the round that it should be."""
        if self._clash(member, member, same):
            return False
        return not any(self._clash(m, member, same) for m in self.members)

    def _clash(self, a: Member, b: Member, same: Mapping[Axis, Axis]) -> bool:
        pairs = [(a.write, r) for r in (*b.reads, b.write)]
        if a is not b:
            pairs += [(b.write, r) for r in a.reads]
        return any(
            w is not None and r is not None and w is not r and self._apart(w, r, same)
            for w, r in pairs
        )

    def _apart(self, a: Access, b: Access, same: Mapping[Axis, Axis]) -> bool:
        """Whether two elements may be one in different rounds."""
        x, y = self.root(a.root), self.root(b.root)
        if b.root in self.made or a.root in self.made:
            return False
        if x is not y:
            return self.may_share(x, y)
        pairs = zip(a.entries, b.entries, strict=True)
        return not all(self._same_entry(e, f, same) for e, f in pairs)

    def _same_entry(self, e: Entry, f: Entry, same: Mapping[Axis, Axis]) -> bool:
        if e.axis is None or f.axis is None:
            return e.axis is f.axis and e.offset == f.offset and e.place is f.place
        return self.find(e.axis, same) is self.find(f.axis, same) and (
            e.offset == f.offset
        )


def ends_first(member: Member) -> bool:
    """Whether a reduction is done before the loops that its result runs along end."""
    kept = axes_in(member.entries)
    return kept == member.over[: len(kept)]
