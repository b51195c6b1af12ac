"""Whether the rounds of a loop may run side by side, and what each must own for that.

Takes a `for_` node of a finished graph; gives the `Rounds`, or None. A loop qualifies
where whatever it writes to is one of these:

    private   an array in which each round reads and writes only at its own index
    shared    an array that rounds only add to: each thread adds to its own copy
    sum       a number that rounds only add to
    made      in the round itself

Which index is a round's own: what a range gives, moved by a constant, never negative
(for then it would count from the end).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from srcad.ir.graph import Block, Literal, Node, Program, Value, free_values
from srcad.ir.structure import (
    LOOPS,
    Loop,
    call,
    carried_params,
    for_,
    has_effect,
    if_,
    loop_of,
)
from srcad.ir.types import Array, List, Range, Scalar, Static
from srcad.ir.walk import defined_in
from srcad.ops.layout import Layout, components, is_integer
from srcad.passes.buffers import WRITABLE_VIEWS, Buffers, Place
from srcad.passes.liveness import SHAPE_ONLY
from srcad.passes.own_items import number_in, own_items
from srcad.passes.parallel_quiet import is_quiet
from srcad.passes.parallel_sums import is_sum

# A round's own index: one of the loop's items and an offset; and where it stands.
Own = tuple[int, Value, int]
Part = frozenset[Own]
BLIND: Part = frozenset()  # somewhere in an array
SHAPES = ("dim", "len_of", "size_of", "ndim_of", "shape_of", "zeros_like", "empty_as")


@dataclass(frozen=True)
class Rounds:
    """What a loop does to what is outside of it, by position among its carried values.

    sums : numbers that it adds to.
    shared : arrays that it adds to, and for each the axes whose index is not that of a
        loop inside: how much a round touches of the others does not grow with them.
    apart : where all shared arrays are added to near a round's own index, how far apart
        rounds must be to touch nothing in common; else 0.
    """

    sums: tuple[int, ...]
    shared: Mapping[int, tuple[int, ...]]
    apart: int = 0


def rounds_of(
    node: Node, buffers: Buffers, program: Program, scratch: Collection[Value]
) -> Rounds | None:
    """Prove that the rounds of a loop do not disturb one another; None: no proof.

    scratch : arrays from outside that each round of this loop fills anew.
    """
    loop = loop_of(node)
    if node.op is not for_ or loop.stop or has_effect(node):
        return None
    if not any(isinstance(v.type, Range) for v in loop.walked):
        return None
    if not all(map(_goes_along, (*free_values(loop.body), *loop.walked))):
        return None
    if not is_quiet(loop.body, program):
        return None
    sums, arrays = [], []
    for k, (v, after) in enumerate(zip(loop.carried, loop.carried_next, strict=True)):
        if after is v:
            continue
        if is_sum(loop.body, v, after):
            sums.append(k)
        elif isinstance(v.type, Array):
            arrays.append(k)
        else:
            return None
    found = _Accesses(node, loop, buffers, scratch)
    if not all(found.origin(loop.carried_next[k]) is loop.carried[k] for k in arrays):
        return None
    if not found.walk(loop.body):
        return None
    shared = found.shared()
    return None if shared is None else Rounds(tuple(sums), shared, found.apart())


def _goes_along(v: Value) -> bool:
    """Whether compilers hand a value of this type to the threads of a loop."""
    return isinstance(v.type, (Scalar, Array, Range, List, Static))


@dataclass(eq=False)
class _Touched:
    """What the loop does to one place in memory.

    root : the one array by which it is known; two might be turned or cut differently.
    part : the own indices at which all accesses are; None before the first one.
    near : the same, whatever the offset: by item and axis, all offsets.
    added : whether nothing is done but adding.
    fixed : of such additions, the axes whose index is not that of a loop inside.
    """

    root: Value | None = None
    part: Part | None = None
    near: dict[tuple[int, Value], set[int]] = field(default_factory=dict)
    added: bool = True
    fixed: set[int] = field(default_factory=set)


class _Accesses:
    """The accesses of a loop's body to memory from outside that it writes to."""

    def __init__(
        self, node: Node, loop: Loop, buffers: Buffers, scratch: Collection[Value]
    ) -> None:
        self.loop, self.buffers = loop, buffers
        self.items = own_items(loop, buffers.made)
        self.inside = defined_in(loop.body)
        private = {p for v in scratch for p in buffers.places(v)}
        self.written: set[Place] = set()
        for inner in loop.body.nodes:
            self.written |= buffers.written(inner)
        made = {p for p in self.written if p.by in self.inside and not p.old}
        self.written -= made | private
        self.touched = {p: _Touched() for p in self.written}
        self.parts: dict[Value, Part | None] = dict.fromkeys(loop.carried)
        self.swept: set[Value] = set()
        self.origins: dict[Value, Value] = {}

    def shared(self) -> dict[int, tuple[int, ...]] | None:
        """The carried arrays that are only added to; None where others are written."""
        found: dict[int, set[int]] = {}
        for touched in self.touched.values():
            if touched.part is None or touched.part:
                continue
            if not touched.added or touched.root not in self.loop.carried:
                return None
            k = self.loop.carried.index(touched.root)
            found.setdefault(k, set()).update(touched.fixed)
        return {k: tuple(sorted(axes)) for k, axes in sorted(found.items())}

    def apart(self) -> int:
        """How far apart rounds must be that run side by side; 0: none is far enough."""
        widths = []
        for touched in self.touched.values():
            if touched.part is None or touched.part:
                continue
            if not touched.near:
                return 0
            offsets = next(iter(touched.near.values()))
            widths.append(max(offsets) - min(offsets) + 1)
        return max(widths, default=0)

    # ---- where a value comes from ----------------------------------------------------

    def origin(self, value: Value) -> Value:
        """The array that a value is after writes in place, or a view of."""
        if value not in self.origins:
            self.origins[value] = value  # a loop's own
            self.origins[value] = self._origin(value)
        return self.origins[value]

    def _origin(self, value: Value) -> Value:
        node = self.buffers.made.get(value)
        if node is None or value not in self.inside:
            return value
        if node.params.get("inplace") or node.op.name in WRITABLE_VIEWS:
            return self.origin(node.inputs[0]) if node.inputs else value
        if node.op in LOOPS:
            inner = loop_of(node)
            if value not in inner.final:
                return value
            k = inner.final.index(value)
            start = self.origin(inner.initial[k])
            self.origins[inner.carried[k]] = start
            return start if self.origin(inner.carried_next[k]) is start else value
        if node.op is if_:
            k = node.outputs.index(value)
            first, second = (self.origin(b.results[k]) for b in node.blocks)
            return first if first is second else value
        return value

    # ---- the walk --------------------------------------------------------------------

    def reaches(self, value: Value) -> set[Place]:
        """The written memory that a value may read."""
        return self.written & self.buffers.reach(value)

    def part(self, value: Value) -> Part | None:
        """Where in an array a value is; None: it is the whole."""
        return self.parts.get(value, BLIND if value in self.inside else None)

    def walk(self, block: Block) -> bool:
        """Note what a block does; False where that is not understood."""
        for node in block.nodes:
            if node.op is call:
                self.called(node)
            elif node.op in LOOPS:
                if not self.looped(node):
                    return False
            elif node.op is if_:
                if not all(self.walk(b) for b in node.blocks):
                    return False
                self.merged(node)
            else:
                self.operation(node)
        if block is self.loop.body:
            for v in block.results[len(self.loop.carried) :]:
                self.read(v)
        return True

    def looped(self, node: Node) -> bool:
        loop = loop_of(node)
        for v in loop.walked:
            self.read(v)
        for item, walked in zip(loop.items, loop.walked, strict=True):
            if isinstance(walked.type, Range):
                self.swept.add(item)
        groups = carried_params(node)
        for k, v in enumerate(loop.initial):
            for group in groups:
                self.parts[group[k]] = self.part(v)
            self.parts[loop.final[k]] = self.part(v)
        if not all(self.walk(b) for b in node.blocks):
            return False
        for v in loop.collected:
            self.read(v)
        return all(
            self.part(after) == self.part(v)
            for v, after in zip(loop.carried, loop.carried_next, strict=True)
            if self.reaches(v) or self.reaches(after)
        )

    def merged(self, node: Node) -> None:
        for k, v in enumerate(node.outputs):
            first, second = (self.part(b.results[k]) for b in node.blocks)
            self.parts[v] = first if first == second else BLIND

    def called(self, node: Node) -> None:
        """A call reads and writes what it is given, and may give it back."""
        for v in node.inputs:
            self.read(v)
        for out in node.outputs:
            reached = self.reaches(out)
            given = [v for v in node.inputs if self.reaches(v) & reached]
            self.parts[out] = self.part(given[0]) if len(given) == 1 else BLIND

    def operation(self, node: Node) -> None:
        """An operation; it touches what it reads of the memory that is written."""
        name, inputs = node.op.name, node.inputs
        touched = [
            v
            for k, v in enumerate(inputs)
            if self.reaches(v) and (name, k) not in SHAPE_ONLY and name not in SHAPES
        ]
        if not inputs or not self.reaches(inputs[0]):
            first, part = None, None
        else:
            first, part = inputs[0], self.part(inputs[0])
            same = node.params.get("inplace") or part is not None
            self.parts.update(dict.fromkeys(node.outputs, part if same else BLIND))
        if first in touched:
            assert first is not None
            if self.is_plain(node, first, part):
                touched = [v for k, v in enumerate(inputs) if k and v in touched]
        for v in touched:
            self.read(v)

    def is_plain(self, node: Node, first: Value, part: Part | None) -> bool:
        """Note what a node does to its first input, where that is not reading it."""
        name, index = node.op.name, node.inputs[1:]
        if name == "getitem":
            found = self.own(node.params["layout"], index, part)
            if self.reaches(node.out):
                self.parts[node.out] = found
            else:
                self.access(first, found)
        elif node.params.get("inplace"):
            layout = node.params.get("layout", ())
            found = self.own(layout, index[1:], part) if layout else part or BLIND
            self.access(first, found, self.adding(node, layout, index[1:]))
        elif name not in WRITABLE_VIEWS:
            return False
        return True

    def own(self, layout: Layout, index: Sequence[Value], part: Part | None) -> Part:
        """At which own indices an index is, in an array or in a part of it."""
        if part is not None:
            return part
        found: set[Own] = set()
        axis = 0
        for entry, item in components(layout, index):
            if entry == "at":
                if not isinstance(item.type, (Scalar, Array)):
                    break
                if isinstance(item.type, Array) and item.type.dtype == "bool":
                    break
                key = self.index(item) if is_integer(item.type) else None
                if key is not None:
                    found.add((axis, *key))
                axis += 1
            elif isinstance(entry, tuple):
                axis += 1
            elif entry != "new":
                break
        return frozenset(found)

    def index(self, value: Value) -> tuple[Value, int] | None:
        """A value as one of the loop's own indices."""
        x, by = self.moved(value)
        if x not in self.items:
            return None
        item, least = self.items[x]
        return (item, by) if least + by >= 0 else None

    def moved(self, value: Value) -> tuple[Value, int]:
        """A value as another and the constant that is added to it."""
        node = self.buffers.made.get(value)
        if node is not None and node.op.name in ("add", "subtract"):
            x, by = node.inputs
            if node.op.name == "add" and isinstance(x, Literal):
                x, by = by, x
            offset = number_in(by)
            if offset is not None:
                return x, offset if node.op.name == "add" else -offset
        return value, 0

    # ---- notes -----------------------------------------------------------------------

    def read(self, value: Value) -> None:
        """The whole of a value is read."""
        if self.reaches(value):
            self.access(value, self.part(value) or BLIND)

    def access(
        self, value: Value, part: Part, adding: Sequence[int] | None = None
    ) -> None:
        """A read or write at own indices; `adding`: the axes that it does not sweep."""
        root = self.origin(value)
        for place in self.reaches(value):
            touched = self.touched[place]
            offsets = {(axis, item): {by} for axis, item, by in part}
            if touched.part is None:
                touched.part, touched.near = part, offsets
            touched.part &= part
            touched.near = {
                k: touched.near[k] | offsets[k] for k in touched.near if k in offsets
            }
            if touched.root not in (None, root):
                touched.part, touched.near, touched.added = BLIND, {}, False
            touched.root = root
            touched.added = touched.added and adding is not None
            touched.fixed.update(adding or ())

    def adding(
        self, node: Node, layout: Layout, index: Sequence[Value]
    ) -> Sequence[int] | None:
        """The axes of an addition whose index is no loop's; None for other writes."""
        if node.op.name not in ("add_at", "add", "subtract"):
            return None
        if self.part(node.inputs[0]) is not None:
            return (0,)  # through a view: as if nothing were swept
        found, axis = [], 0
        for entry, item in components(layout, index):
            if entry == "at" and self.moved(item)[0] not in self.swept:
                found.append(axis)
            axis += entry != "new"
        return found
