"""From the members of a nest to loops over elements.

Takes a nest and who reads its results; writes `for_` nodes into a builder, and gives
what stands for each result.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from srcad.ir.builder import Builder
from srcad.ir.graph import Literal, Operation, Value, literal
from srcad.ir.sizes import Size
from srcad.ir.types import INT, Array, Scalar, Type, kind_of_dtype
from srcad.ops.arithmetic import add, divide, multiply
from srcad.ops.choice import maximum, minimum
from srcad.ops.index import add_at, getitem, update
from srcad.ops.lists import range_
from srcad.ops.nests import of_some
from srcad.passes.fuse_access import Access, Axis, Entry
from srcad.passes.fuse_group import Group, Nest, ends_first
from srcad.passes.fuse_members import Member, axes_in
from srcad.passes.fuse_schedule import Storage, scheduled

NAMES = "ijklmn"
STARTS = {"max": -np.inf, "min": np.inf}
JOINS: dict[str, Operation] = {"max": maximum, "min": minimum}
WORDS = {
    "add": "totals",
    "subtract": "differences",
    "multiply": "products",
    "divide": "ratios",
    "quotient": "ratios",
}

Key = tuple[str, Value]


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
        storage = Storage(members, self.group, self.needed)
        self.stored = storage.stored
        for m in members:
            self.prepare(m)
        self.level(0, storage.steps(members))
        for m in members:
            if m.write is not None:
                self.given[m.out] = self.state["array", self.group.root(m.write.root)]
            elif m.out in self.stored:
                self.given[m.out] = self.state["array", m.out]
        return self.given

    # ---- before the loops ------------------------------------------------------------

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
        summed = m.over[len(axes_in(m.entries)) :]
        axes = [self.group.find(a) for a in summed]
        if m.kind in STARTS:
            for count in [self.length(a, False) for a in axes]:
                if not (isinstance(count, Literal) and count.value > 0):
                    value = self.emit(k, of_some, (value, count), m)
        if m.kind == "mean":
            counts = [self.length(a, is_shorter(a)) for a in axes]
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


def is_shorter(axis: Axis) -> bool:
    """Whether a length is that of another array less some: it may be below 0."""
    return isinstance(axis.dim, Size) and axis.dim.offset < 0


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
