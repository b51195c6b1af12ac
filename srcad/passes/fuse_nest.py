"""From the members of a nest to loops over elements.

A loop at one depth may stand several times: what a reduction gives is known when its
loop has ended, and what reads it needs a loop of its own. A value that several of them
need is computed again where that is cheap, else kept in an array.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from srcad.ir.builder import Builder
from srcad.ir.graph import Literal, Node, Operation, Value, literal
from srcad.ir.types import INT, Array, Scalar, Type, kind_of_dtype
from srcad.ops.arithmetic import add, divide, multiply
from srcad.ops.choice import maximum, minimum
from srcad.ops.index import add_at, getitem, update
from srcad.ops.lists import range_
from srcad.passes.fuse_access import Access, Axis, Entry
from srcad.passes.fuse_group import Group, Nest, ends_first
from srcad.passes.fuse_members import Member, axes_in

NAMES = "ijklmn"
STARTS = {"max": -np.inf, "min": np.inf}
JOINS: dict[str, Operation] = {"max": maximum, "min": minimum}
LIGHT = frozenset(
    """add subtract multiply negative positive square less less_equal greater equal
    greater_equal not_equal maximum minimum abs_ broadcast_like masked""".split()  # noqa: SIM905
)
WORDS = {
    "add": "totals",
    "subtract": "differences",
    "multiply": "products",
    "divide": "ratios",
    "quotient": "ratios",
}
CHEAP = 8  # what computing an element again may cost, in simple operations

Key = tuple[str, Value]


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
class NestWriter:
    """Writes one nest.

    needed : the values of it that are read as arrays or numbers outside.
    length : gives the number of rounds of an axis (True: made not negative).
    allocate : gives the array for a member's results.
    """

    nest: Nest
    group: Group
    needed: Collection[Value]
    length: Callable[[Axis, bool], Value]
    allocate: Callable[[Member, Sequence[Value], str], Value]
    builder: Builder
    given: dict[Value, Value] = field(default_factory=dict)

    def write(self) -> dict[Value, Value]:
        """Write the loops; gives what stands for each value that they make."""
        self.builders = [self.builder]
        self.scopes: list[dict[object, Value]] = [{}]
        self.index: dict[Axis, Value] = {}
        self.state: dict[Key, Value] = {}
        members = self.nest.members
        for m in members:
            if m.kind == "map" and m.out not in self.needed:
                m.write = None  # the element is all there is of it
        self.written = {
            self.group.root(m.write.root) for m in members if m.write is not None
        }
        self.stored = {m.out for m in members if self.is_stored(m)}
        self.store_shared(members)
        for m in members:
            self.prepare(m)
        self.level(0, self.steps(members))
        for m in members:
            if m.write is not None:
                self.given[m.out] = self.state["array", self.group.root(m.write.root)]
            elif m.out in self.stored:
                self.given[m.out] = self.state["array", m.out]
        return self.given

    # ---- before the loops ------------------------------------------------------------

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

    def read_in(
        self, level: int, members: Sequence[Member], readers: dict[Member, set[Item]]
    ) -> None:
        """For each map that is no step, the loops at its depth that compute it."""
        known = set(self.steps(self.nest.members))
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
        """What an element costs, computed again; more than `CHEAP` if it must not be."""
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

    def prepare(self, m: Member) -> None:
        """Make the array that a member's results go to."""
        if m.write is not None:
            root = self.group.root(m.write.root)
            self.state.setdefault(("array", root), root)
        elif m.out in self.stored:
            dims = [
                literal(1) if e.axis is None else self.length(self.axis(e), True)
                for e in m.entries
            ]
            key = ("array", m.out)
            self.state[key] = self.allocate(m, dims, self.name_of(key))

    # ---- the loops -------------------------------------------------------------------

    def level(self, k: int, members: Sequence[Member]) -> None:
        """Write members in the loops of depth k."""
        for item in scheduled(k, members, self.group):
            if item.inner:
                self.loop(k, item.members)
            else:
                self.do(item.members[0])

    def loop(self, k: int, members: Sequence[Member]) -> None:
        """Write one loop at depth k, and what follows where its reductions end."""
        axis = self.nest.axes[k]
        keys = list(dict.fromkeys(self.keys(k, members)))
        ending = [m for m in members if self.ends_at(m, k)]
        for m in ending:
            self.state["total", m.out] = self.start(m)
        params = [Value(self.name_of(key), self.type_of(key)) for key in keys]
        before = [self.state[key] for key in keys]
        self.state.update(zip(keys, params, strict=True))
        item = Value(NAMES[k], INT)
        body = Builder(self.builders[k])
        self.builders.append(body)
        self.scopes.append({})
        self.index[axis] = item
        self.level(k + 1, members)
        results = [self.state[key] for key in keys]
        self.builders.pop()
        self.scopes.pop()
        del self.index[axis]
        builder = self.builders[k]
        with builder.active(), builder.at(members[0].node.span):
            walked = range_(literal(0), self.length(axis, False), literal(1))
            block = body.block((item, *params), results)
            found = builder.for_([walked], before, block)
        self.state.update(zip(keys, found, strict=False))
        for m in ending:
            self.ended(m, k)

    def keys(self, k: int, members: Sequence[Member]) -> Iterator[Key]:
        """What a loop at depth k changes: arrays and sums."""
        for m in members:
            if m.write is not None:
                yield "array", self.group.root(m.write.root)
            if m.reduces and ends_first(m):
                if len(axes_in(m.entries)) <= k:
                    yield "total", m.out
                elif m.out in self.stored:
                    yield "array", m.out
            elif m.out in self.stored:
                yield "array", m.out

    def ends_at(self, m: Member, k: int) -> bool:
        """Whether a reduction's result is known after a loop at depth k."""
        return m.reduces and ends_first(m) and len(axes_in(m.entries)) == k

    def type_of(self, key: Key) -> Type:
        """The type of what a loop changes."""
        kind, value = key
        return value.type if kind == "array" else element_type(value)

    def name_of(self, key: Key) -> str:
        """A name for what a loop changes: the user's, or by what it is."""
        kind, value = key
        m = self.group.made.get(value)
        if value.name or m is None:
            return value.name
        if kind == "total":
            return {"max": "largest", "min": "smallest"}.get(m.kind, "total")
        word = "totals" if m.reduces else WORDS.get(m.node.op.name)
        return word or f"{m.node.op.name.strip('_')}_values"

    def start(self, m: Member) -> Value:
        """What a reduction begins with."""
        if m.kind in STARTS:
            return literal(STARTS[m.kind])
        return literal(0 if element_type(m.out).kind == "int" else 0.0)

    def ended(self, m: Member, k: int) -> None:
        """Finish a reduction whose loop has ended."""
        value = self.state["total", m.out]
        if m.kind == "mean":
            kept = axes_in(m.entries)
            counts = [self.length(self.group.find(a), False) for a in m.over[len(kept) :]]
            zero = self.builders[0]
            count = functools.reduce(
                lambda a, b: zero.emit(multiply, (a, b), (INT,))[0], counts
            )
            value = self.emit(k, divide, (value, count), m)
        self.scopes[k][m.out] = value
        if m.out in self.stored:
            self.store(m, value)
        elif k == 0:
            self.given[m.out] = value

    # ---- one member ------------------------------------------------------------------

    def do(self, m: Member) -> None:
        """Write what a member does in a round."""
        depth = len(m.over)
        if m.reduces:
            value = self.product(m)
            if not ends_first(m):
                self.place(("array", m.out), add_at, m, m.entries, value)
                return
            key = ("total", m.out)
            join = JOINS.get(m.kind, add)
            self.state[key] = self.emit(depth, join, (self.state[key], value), m)
        elif m.kind == "write":
            assert m.write is not None
            access = m.reads[0]
            value = m.node.inputs[1] if access is None else self.element(access)
            key = ("array", self.group.root(m.write.root))
            self.place(key, m.node.op, m, m.write.entries, value)
        else:
            value = self.computed(m)
            if m.write is not None:
                key = ("array", self.group.root(m.write.root))
                self.place(key, update, m, m.write.entries, value)
            elif m.out in self.stored:
                self.store(m, value)

    def store(self, m: Member, value: Value) -> None:
        """Keep an element of a member's result."""
        self.place(("array", m.out), update, m, m.entries, value)

    def place(
        self, key: Key, op: Operation, m: Member, entries: Sequence[Entry], value: Value
    ) -> None:
        """Write an element."""
        array, depth = self.state[key], len(self.builders) - 1
        index = [self.position(e) for e in entries]
        layout = ("at",) * len(index)
        builder = self.builders[depth]
        with builder.at(m.node.span):
            (self.state[key],) = builder.emit(
                op,
                (array, value, *index),
                (array.type,),
                {"layout": layout, "inplace": True},
                names=[self.name_of(key)],
            )

    def product(self, m: Member) -> Value:
        """The product of the elements that a reduction puts together."""
        depth = len(m.over)
        elements = [self.element(a) for a in m.reads if a is not None]
        value = elements[0]
        for other in elements[1:]:
            value = self.emit(depth, multiply, (value, other), m)
        return value

    def computed(self, m: Member) -> Value:
        """The element of a map, computed once in its loops."""
        depth = len(m.over)
        if m.out in self.scopes[depth]:
            return self.scopes[depth][m.out]
        inputs = [
            x if access is None else self.element(access)
            for x, access in zip(m.node.inputs, m.reads, strict=False)
        ]
        if m.node.op.name == "broadcast_like":
            value = inputs[0]
        else:
            kept = m.out in self.stored or m.write is not None
            name = "" if kept else m.out.name
            value = self.emit(depth, m.node.op, inputs, m, name)
        self.scopes[depth][m.out] = value
        return value

    def emit(
        self,
        depth: int,
        op: Operation,
        inputs: Sequence[Value],
        m: Member,
        name: str = "",
    ) -> Value:
        """Write an operation on elements, as a member's own."""
        builder, t = self.builders[depth], element_type(m.out)
        params = {k: v for k, v in m.node.params.items() if k in ("keep", "constant")}
        params = params if op is m.node.op else {}
        with builder.at(m.node.span):
            return builder.emit(op, inputs, (t,), params, names=[name])[0]

    # ---- elements --------------------------------------------------------------------

    def element(self, access: Access) -> Value:
        """The value of an element in this round."""
        m = self.group.made.get(access.root)
        if m is None:
            root = self.group.root(access.root)
            return self.load(self.state.get(("array", root), root), access.entries)
        for scope in reversed(self.scopes):
            if m.out in scope:
                return scope[m.out]
        if m.write is not None:
            root = self.group.root(m.write.root)
            return self.load(self.state["array", root], m.write.entries)
        if m.out in self.stored:
            return self.load(self.state["array", m.out], m.entries)
        return self.computed(m)

    def load(self, array: Value, entries: Sequence[Entry]) -> Value:
        """Read an element, once in the loops that its index depends on."""
        places = [self.nest.axes.index(self.axis(e)) + 1 for e in entries if e.axis]
        depth = max(places, default=0)
        index = [self.position(e) for e in entries]
        key = (array, *index)
        scope = self.scopes[depth]
        if key not in scope:
            params = {"layout": ("at",) * len(index)}
            inputs = (array, *index)
            t = element_type(array)
            (scope[key],) = self.builders[depth].emit(getitem, inputs, (t,), params)
        return scope[key]

    def position(self, entry: Entry) -> Value:
        """An index in this round."""
        if entry.place is not None:
            return entry.place
        if entry.axis is None:
            return small(entry.offset)
        axis = self.axis(entry)
        item = self.index[axis]
        if not entry.offset:
            return item
        depth = self.nest.axes.index(axis) + 1
        scope, key = self.scopes[depth], (item, entry.offset)
        if key not in scope:
            inputs = (item, literal(entry.offset))
            (scope[key],) = self.builders[depth].emit(add, inputs, (INT,))
        return scope[key]

    def axis(self, entry: Entry) -> Axis:
        """The loop that an index counts."""
        assert entry.axis is not None
        return self.group.find(entry.axis)


@functools.cache
def small(number: int) -> Literal:
    """A literal that is the same object each time."""
    return literal(number)


def element_type(value: Value) -> Scalar:
    """The type of an array's elements."""
    t = value.type
    assert isinstance(t, (Array, Scalar))
    dtype = t.dtype or "float64"
    return Scalar(kind_of_dtype(dtype), dtype)


def is_work(node: Node) -> bool:
    """Whether a node computes something, rather than naming a part of an array."""
    return node.op.name not in ("broadcast_like",)
