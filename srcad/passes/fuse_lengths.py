"""Lengths and arrays for nests: where they are computed, and what must agree.

A length is read once, in the block where its array is made; that of an array which a
loop carries, before the loop. An array that lives for one round of a loop is made once,
before the loop.
"""

from __future__ import annotations

import functools
from collections.abc import Container, Sequence

from srcad.ir.builder import Builder
from srcad.ir.graph import Literal, Node, Value, literal
from srcad.ir.sizes import same_length
from srcad.ir.structure import Loop
from srcad.ir.types import INT, Array, dims_of, same_dims
from srcad.ops.arithmetic import multiply, subtract
from srcad.ops.choice import max_of
from srcad.ops.filled import empty, zeros
from srcad.ops.nests import agreed
from srcad.ops.shapes import dim, len_of
from srcad.passes.fuse_access import Axis
from srcad.passes.fuse_group import Group, ends_first
from srcad.passes.fuse_members import Length, Member


class Scope:
    """A block that is being written, inside another.

    nodes : what was written so far.
    loop : the loop whose body it is, if it is one.
    """

    def __init__(
        self, outer: Scope | None, params: Sequence[Value], loop: Loop | None = None
    ) -> None:
        self.outer, self.loop = outer, loop
        self.builder = Builder()
        self.known: set[Value] = set(params)
        self.cache: dict[object, Value] = {}
        self._settled = 0

    @property
    def nodes(self) -> list[Node]:
        """What was written so far."""
        return self.builder.nodes

    def add(self, node: Node) -> None:
        """Write a node."""
        self.builder.add(node)
        self.known.update(node.outputs)

    def settle(self) -> None:
        """Note the values of nodes that a nest's writer wrote."""
        for node in self.nodes[self._settled :]:
            self.known.update(node.outputs)
        self._settled = len(self.nodes)

    def home(self, value: Value) -> Scope:
        """The block that makes a value."""
        scope: Scope = self
        while value not in scope.known and scope.outer is not None:
            scope = scope.outer
        return scope

    def steady(self, array: Value) -> tuple[Value, Scope]:
        """An array of the same shape from as far outside as there is one."""
        scope = self.home(array)
        loop = scope.loop
        if loop is not None and array in loop.carried and scope.outer is not None:
            start = loop.initial[loop.carried.index(array)]
            after = loop.carried_next[loop.carried.index(array)]
            if isinstance(start.type, Array) and same_dims(start.type, array.type):
                if same_dims(after.type, array.type) and not isinstance(start, Literal):
                    return scope.outer.steady(start)
        return array, scope

    def made(self, key: object, make: object) -> Value:
        """A value written once in this block."""
        if key not in self.cache:
            assert callable(make)
            self.cache[key] = make()
            self.known.add(self.cache[key])
        return self.cache[key]


class Lengths:
    """The lengths of a group's axes, and arrays for what it gives out.

    late : values that are made after the group.
    """

    def __init__(self, group: Group, scope: Scope, late: Container[Value]) -> None:
        self.group, self.scope, self.late = group, scope, late

    def choices(self, axis: Axis) -> list[Length]:
        """Where the length of an axis can be read, each length once."""
        found: list[Length] = []
        every = [
            length
            for m in self.group.members
            for a, length in m.lengths
            if self.group.find(a) is axis
        ]
        every.sort(key=self.effort)
        for length in every:
            root = length.root
            if root is not None and (root in self.group.made or root in self.late):
                continue
            if not any(same_length(length.dim, other.dim) for other in found):
                found.append(length)
        return found

    def effort(self, length: Length) -> tuple[bool, bool, bool]:
        """What comes first: numbers, lengths that are known, lengths as they are."""
        if length.root is None:
            return False, False, False
        root, home = self.scope.steady(self.group.root(length.root))
        key = (root, length.k, length.by) if length.by else (root, length.k)
        return True, key not in home.cache, length.by != 0

    def of(self, axis: Axis, positive: bool) -> Value:
        """The number of rounds of an axis; `positive`: 0 rather than below."""
        values = [self.value(c, positive) for c in self.choices(axis)]
        if positive or len(values) == 1:
            return values[0]
        builder = self.scope.builder

        def both(a: Value, b: Value) -> Value:
            make = functools.partial(builder.emit, agreed, (a, b), (INT,))
            return self.scope.made(("agreed", a, b), lambda: make()[0])

        return functools.reduce(both, values)

    def value(self, length: Length, positive: bool = False) -> Value:
        """A length as a value, read where its array is made."""
        if length.root is None:
            assert isinstance(length.dim, int)
            return literal(length.dim)
        root, home = self.scope.steady(self.group.root(length.root))
        rank = len(dims_of(root.type) or ())
        op, params = (len_of, {}) if rank == 1 else (dim, {"k": length.k})
        emit = home.builder.emit
        key: object = (root, length.k)
        found = home.made(key, lambda: emit(op, (root,), (INT,), params)[0])
        if not length.by:
            return found
        key = (root, length.k, length.by)
        less = (found, literal(-length.by))
        found = home.made(key, lambda: emit(subtract, less, (INT,))[0])
        if not positive:
            return found
        key, most = (*key, "positive"), (found, literal(0))
        return home.made(key, lambda: emit(max_of, most, (INT,))[0])

    def counted(self, node: Node, member: Member) -> Value:
        """How many entries there are along some axes of a member's result."""
        entries = list(member.entries)
        if node.op.name in ("dim", "len_of"):
            k = node.params.get("k", 0)
            entries = entries[k : k + 1]
        axis = node.params.get("axis")
        if axis is not None:
            axes = axis if isinstance(axis, tuple) else (axis,)
            entries = [entries[k] for k in axes]
        values = [self.of(self.group.find(e.axis), True) for e in entries if e.axis]
        emit = self.scope.builder.emit
        return functools.reduce(
            lambda a, b: emit(multiply, (a, b), (INT,))[0], values or [literal(1)]
        )

    def array(
        self, member: Member, dims: Sequence[Value], local: bool, name: str
    ) -> Value:
        """A new array for a member's results, before the loop where it lives in one."""
        t = member.out.type
        assert isinstance(t, Array)
        params: dict[str, object] = {"scalar": True} if len(dims) == 1 else {}
        if t.dtype != "float64":
            params["dtype"] = bool if t.dtype == "bool" else t.dtype
        added = member.reduces and not ends_first(member)
        scope, op = self.scope, zeros if added else empty
        inner = {self.scope.home(d) for d in dims if not isinstance(d, Literal)}
        while local and scope.loop is not None and scope not in inner:
            assert scope.outer is not None
            scope = scope.outer
        if scope is not self.scope:
            params["scratch"] = True
        (found,) = scope.builder.emit(op, dims, (t,), params, names=[name])
        scope.known.add(found)
        return found
