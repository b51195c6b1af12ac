"""`for` and `while`: what a body changes becomes carried values, lowered to a fixpoint.

A loop's body is lowered with the names and objects it changes as block parameters. The
first guess of those, and of their types, comes from the syntax and from the last time
this loop was lowered; the body is lowered again until nothing new changes and the types
hold still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import gast

from srcad.errors import Span, UnsupportedSyntax
from srcad.frontend.abstract import sizeless
from srcad.frontend.context import is_container
from srcad.frontend.control import Status
from srcad.frontend.frame import Frame
from srcad.frontend.loop_syntax import assigned_names, written_names
from srcad.frontend.refs import (
    UNBOUND,
    Cell,
    Closure,
    Conflict,
    Content,
    Entries,
    Items,
    Number,
    Ref,
    Static,
    Table,
    Unbound,
    View,
    parts_of,
    root_of,
)
from srcad.frontend.walk import Walk
from srcad.ir.builder import Builder, current
from srcad.ir.graph import UNDEFINED, Block, Literal, Node, Value, literal
from srcad.ir.structure import for_, while_
from srcad.ir.types import (
    BOTTOM,
    INT,
    Dict,
    List,
    Tuple,
    Type,
    Unknown,
    join,
)
from srcad.ir.walk import copied
from srcad.ops.containers import list_append, list_concat, list_of

Key = str | Cell | tuple[str, int]


@dataclass
class Slot:
    """One carried value: of a name, of an entry of a tuple of that name, or a cell's.

    initial : its value before the loop. start : the block parameter.
    """

    key: Any
    initial: Value
    start: Value
    end: Value = field(default_factory=lambda: literal(UNDEFINED))
    root: Cell | None = None
    cell: Cell | None = None


@dataclass
class Plan:
    """What is carried: names, cells, their types, and links found between names."""

    names: dict[str, None] = field(default_factory=dict)
    cells: dict[Cell, None] = field(default_factory=dict)
    types: dict[Any, Type] = field(default_factory=dict)
    links: set[tuple[Any, Any]] = field(default_factory=set)
    stale: dict[Any, Span | None] = field(default_factory=dict)
    marks: dict[tuple[str, Any], Span | None] = field(default_factory=dict)

    def state(self) -> Any:
        """Everything that must hold still."""
        return (
            list(self.names),
            list(self.cells),
            dict(self.types),
            set(self.links),
            list(self.stale),
            list(self.marks),
        )


@dataclass
class Loop:
    """A loop being lowered: `turn` lowers one iteration, given the walked items."""

    frame: Frame
    node: Any
    walk: Walk | None
    turn: Callable[[Loop], Status]
    test: Callable[[], Value] | None
    stop: str
    plan: Plan = field(default_factory=Plan)
    slots: list[Slot] = field(default_factory=list)
    items: tuple[Value, ...] = ()
    status: Status = Status.FALL

    # ---- the fixpoint ------------------------------------------------------------

    def lower(self) -> None:
        """Find what is carried, and write the loop."""
        frame = self.frame
        names, world = dict(frame.names), frame.world.copy()
        self.before = world
        memo = frame.session.loops.get(self._memo_key())
        self._guess(memo)
        tentative = frozenset(assigned_names(self.node))
        for _ in range(50):
            before = self.plan.state()
            frame.names, frame.session.world = dict(names), world.copy()
            with Builder(current()).active() as body, self._tolerant(tentative):
                tested = self._iteration(body)
                certain = not frame.tolerated
            tentative = frozenset()
            if certain and self.plan.state() == before:
                break
        else:
            raise frame.refuse(
                "the types of this loop's variables do not settle", self.node
            )
        frame.session.loops[self._memo_key()] = (
            dict.fromkeys(n for n in self.plan.names),
            {k: t for k, t in self.plan.types.items() if not isinstance(k, Cell)},
        )
        ends = dict(frame.names)
        frame.names, frame.session.world = dict(names), world
        self._write(body, tested, ends)

    @contextmanager
    def _tolerant(self, names: frozenset[str]) -> Iterator[None]:
        """Let names be read that an earlier iteration may have bound."""
        frame = self.frame
        before = frame.tentative, frame.tolerated
        frame.tentative, frame.tolerated = frame.tentative | names, False
        try:
            yield
        finally:
            frame.tentative = before[0]
            frame.tolerated |= before[1]

    def _memo_key(self) -> Any:
        return (id(self.node), self.frame.path)

    def _guess(self, memo: Any) -> None:
        if self.stop:
            self.plan.names[self.stop] = None
        if memo is not None:
            self.plan.names.update(memo[0])
            self.plan.types.update(memo[1])
        for name in assigned_names(self.node):
            if name in self.frame.names:
                self.plan.names.setdefault(name)
        for name in written_names(self.node):
            if name in self.plan.names:
                continue
            root = root_of(self.frame.names.get(name, UNBOUND))
            if root is not None:
                self.plan.cells.setdefault(root)
            elif name in self.frame.names:
                self.plan.names.setdefault(name)

    def _iteration(self, body: Builder) -> Block | None:
        """Lower one iteration from the plan, and note what it shows."""
        frame = self.frame
        self.slots = []
        self._enter()
        if "$returned" in self.plan.names:  # else no iteration would have begun
            frame.names["$returned"] = Number(literal(False))
        start_names = dict(frame.names)
        start_contents = dict(frame.world.contents)
        tested = self._test_block()
        self.items = (
            () if self.walk is None else self.walk.fresh_items(self.node.target)
        )
        region = frame.region
        frame.region += 1
        for flag in ("$skip", "$stop"):
            frame.names[f"{flag}{frame.region}"] = Number(literal(False))
        loops, frame.loops = frame.loops, (*frame.loops, frame.region)
        try:
            self.status = self.turn(self)
        finally:
            frame.region, frame.loops = region, loops
        self._leave(start_names, start_contents)
        return tested

    def _test_block(self) -> Block | None:
        if self.test is None:
            return None
        frame = self.frame
        views = dict(frame.world.views)
        with current().inner() as builder:
            found = self.test()
        frame.world.views = views
        return builder.block([], [found])

    # ---- into the body -----------------------------------------------------------

    def _enter(self) -> None:
        frame = self.frame
        cells: dict[Any, Cell] = {}
        if self.stop:  # a loop's flag is its first carried value
            flag = frame.names[self.stop]
            frame.names[self.stop] = self._entered(self.stop, flag, self.stop, cells)
        for cell in self.plan.cells:
            self._enter_cell(cell)
        for name in self.plan.names:
            if name == self.stop:
                continue
            ref = frame.names.get(name, UNBOUND)
            frame.names[name] = self._entered(name, ref, name, cells)
        for a, b in self.plan.links:
            if a in cells and b in cells and cells[a] is not cells[b]:
                cells[a].linked.add(cells[b])
                cells[b].linked.add(cells[a])
        for key, span in self.plan.stale.items():
            stale = cells.get(key) if not isinstance(key, Cell) else key
            if stale is not None:
                frame.world.stale[stale] = span
        for (kind, key), span in self.plan.marks.items():
            marked = cells.get(key) if not isinstance(key, Cell) else key
            if marked is not None:
                frame.world.marks[kind, marked] = span

    def _enter_cell(self, cell: Cell) -> None:
        """Carry an object's content; a list or dict once it is known to change."""
        frame = self.frame
        content = frame.world.contents[cell]
        initial = self._read_before(cell)
        if not isinstance(content, Value):
            self.packed[cell] = initial
            if cell not in self.plan.types:
                return
        if not isinstance(content, Value):
            for part in parts_of(content):
                frame.hand_over(part, cell)
                self._note_handed(part)
        names = (n for n, r in frame.names.items() if r is cell)
        slot = self._slot(cell, initial, initial.name or next(names, ""))
        frame.world.contents[cell] = self._content(slot.start, content)
        slot.cell = cell

    def _note_handed(self, ref: Ref) -> None:
        root = root_of(ref)
        if root is not None:
            self.plan.marks.setdefault(("handed", root), current().span)

    def _content(self, value: Value, before: Content) -> Content:
        """A value as the content of a cell; objects in it may be those of before."""
        if not isinstance(value.type, (Tuple, Dict)):
            return value
        ref = self.frame.object_of(value)
        assert isinstance(ref, Cell)
        found = self.frame.world.contents.pop(ref)
        if isinstance(before, (Entries, Table)) and isinstance(found, (Entries, Table)):
            pairs = zip(parts_of(before), parts_of(found), strict=False)
            for a, b in ((root_of(x), root_of(y)) for x, y in pairs):
                if a is not None and b is not None:
                    a.linked.add(b)
                    b.linked.add(a)
        return found

    def _read_before(self, ref: Ref) -> Value:
        """Read an object as it is before the loop, in the block around it."""
        with self._outside(), self.frame.within(self.before):
            return self.frame.read(ref)

    def _outside(self) -> Any:
        return self.outer.active()

    def __post_init__(self) -> None:
        self.outer = current()
        self.packed: dict[Cell, Value] = {}
        self.end_doubts: dict[Ref, None] = {}
        test = getattr(self.node, "test", None)
        forever = isinstance(test, gast.Constant) and bool(test.value)
        self.sure = forever or (self.walk is not None and _known_to_run(self.walk))
        self.before = self.frame.world

    def _slot(self, key: Any, initial: Value, name: str) -> Slot:
        t = self.plan.types.get(key)
        if t is None:
            t = self.plan.types[key] = sizeless(initial.type)
        if isinstance(t, List) and not isinstance(initial.type, List):
            initial = self._as_list(initial)
        start = Value("" if name.startswith("$") else name, t)
        slot = Slot(key, initial, start)
        self.slots.append(slot)
        return slot

    def _as_list(self, initial: Value) -> Value:
        """A list of known length as one of any length."""
        if isinstance(initial, Literal):
            return initial
        with self._outside():
            node = current().definitions.get(initial)
            items = node.inputs if node is not None else ()
            return list_of(*items)

    def _entered(self, key: Any, ref: Ref, name: str, cells: dict[Any, Cell]) -> Ref:
        """What a carried name is at the start of an iteration."""
        frame = self.frame
        if isinstance(ref, Items):
            parts = tuple(
                self._entered((key, k), r, name, cells) for k, r in enumerate(ref.items)
            )
            return Items(parts, ref.cls)
        carried = isinstance(ref, (Number, Cell, View, Unbound))
        if not carried and not (isinstance(ref, Static) and ref.value is None):
            return ref
        if isinstance(ref, Unbound):
            initial: Value = literal(UNDEFINED)
            if self.plan.types.get(key, BOTTOM) == BOTTOM:
                return ref
        else:
            initial = self._read_before(ref)
        slot = self._slot(key, initial, name)
        entered = frame.object_of(slot.start)
        if isinstance(ref, Unbound) or ref in self.before.doubts:
            frame.world.doubts[entered] = None
        root = root_of(ref)
        if isinstance(entered, Cell):
            cells[key] = entered
            slot.root, slot.cell = root, entered
            for other in () if root is None else (root, *root.linked):
                entered.linked.add(other)
                other.linked.add(entered)
        return entered

    # ---- out of the body ---------------------------------------------------------

    def _leave(self, names: dict[str, Ref], contents: dict[Cell, Any]) -> None:
        frame, plan = self.frame, self.plan
        self.end_doubts = dict(frame.world.doubts)
        by_key = {slot.key: slot for slot in self.slots}
        if self.stop:
            frame.names[self.stop] = frame.names[f"$stop{frame.region + 1}"]
        roots: dict[Any, Cell | None] = {}
        for name, ref in frame.names.items():
            if name.startswith(_OWN) and name not in names:
                continue
            if name not in plan.names:
                if ref is not names.get(name, UNBOUND):
                    plan.names[name] = None
                    self._widen_new(name, ref)
                continue
            self._left(name, ref, by_key, roots)
        own = {slot.cell for slot in self.slots if not isinstance(slot.key, Cell)}
        for cell, before in contents.items():
            if cell in own or cell not in self.before.contents:
                continue
            now = frame.world.contents[cell]
            if now is not before and cell not in plan.cells:
                plan.cells[cell] = None
            elif cell in plan.cells and cell in by_key:
                self._end(by_key[cell], frame.read(cell))
            elif cell in plan.cells and now is not before:
                self._widen_container(cell)
        self._note_links(roots)
        self._note_stale(contents)

    def _widen_container(self, cell: Cell) -> None:
        """A list or dict found to change: carried from now on."""
        t = join(self.packed[cell].type, self.frame.read(cell).type)
        if isinstance(t, Unknown):
            raise UnsupportedSyntax(
                "this list or dict changes its entries' types in the loop",
                self.frame.span(self.node),
                "use one kind of entry, or an array",
            )
        self.plan.types[cell] = t

    def _widen_new(self, key: Any, ref: Ref) -> None:
        """A name found to be carried that was unbound before: its type is known now."""
        if isinstance(ref, Items):
            return
        if self.frame.names and isinstance(ref, (Number, Cell, View)):
            t = sizeless(self.frame.read(ref).type)
            self.plan.types[key] = join(BOTTOM, t)

    def _left(
        self, key: Any, ref: Ref, by_key: dict[Any, Slot], roots: dict[Any, Any]
    ) -> None:
        if isinstance(ref, Items):
            for k, r in enumerate(ref.items):
                if (key, k) in by_key:
                    self._left((key, k), r, by_key, roots)
        slot = by_key.get(key)
        if slot is None:
            if isinstance(ref, (Number, Cell, View)):
                self._widen_new(key, ref)
            return
        if isinstance(ref, (Static, Closure)) and not (
            isinstance(ref, Static) and ref.value is None
        ):
            return
        if isinstance(ref, (Number, Cell, View, Unbound, Static, Items)):
            roots[key] = root_of(ref)
            end = (
                literal(UNDEFINED) if isinstance(ref, Unbound) else self.frame.read(ref)
            )
            self._end(slot, end)

    def _end(self, slot: Slot, end: Value) -> None:
        joined = join(join(slot.start.type, slot.initial.type), sizeless(end.type))
        containers = [t for t in (slot.initial.type, end.type) if is_container(t)]
        if isinstance(joined, Unknown) and containers:
            raise UnsupportedSyntax(
                "a variable of this loop changes its structure from one iteration to "
                "the next",
                self.frame.span(self.node),
                "keep tuples of one length, or append to a list",
            )
        self.plan.types[slot.key] = joined
        slot.end = end

    def _note_links(self, roots: dict[Any, Cell | None]) -> None:
        """Two names that may come to be one object in the next iteration are linked."""
        entries = [s for s in self.slots if s.cell is not None]
        for i, a in enumerate(entries):
            for b in entries[i + 1 :]:
                ra, rb = roots.get(a.key), roots.get(b.key)
                one = ra is not None and ra is rb
                one |= a.root is not None and a.root is b.root
                if one and not isinstance(a.key, Cell) and not isinstance(b.key, Cell):
                    self.plan.links.add((a.key, b.key))

    def _note_stale(self, contents: dict[Cell, Any]) -> None:
        world = self.frame.world
        keys = {s.cell: s.key for s in self.slots if s.cell is not None}
        names = {
            name: root_of(self.frame.names.get(name, UNBOUND))
            for name in self.plan.names
        }
        for cell, span in world.stale.items():
            if cell in contents and keys.get(cell, cell) is cell:
                self.plan.stale.setdefault(cell, span)
            for name, root in names.items():
                if root is cell:
                    self.plan.stale.setdefault(name, span)
        for (kind, cell), span in world.marks.items():
            if cell in contents and keys.get(cell, cell) is cell:
                self.plan.marks.setdefault((kind, cell), span)
            for name, root in names.items():
                if root is cell:
                    self.plan.marks.setdefault((kind, name), span)

    # ---- the node ----------------------------------------------------------------

    def _write(self, body: Builder, tested: Block | None, ends: dict[str, Ref]) -> None:
        frame, slots = self.frame, self.slots
        end_world_stale = dict(self.plan.stale)
        collected, slots = self._collected(body, slots)
        starts = tuple(s.start for s in slots)
        block_ = body.block(
            (*self.items, *starts), [*(s.end for s in slots), *collected.values()]
        )
        outputs = [Value(s.start.name, s.start.type) for s in slots]
        lists = [Value("", List(v.type)) for v in collected.values()]
        walked = self.walk.values if self.walk is not None else ()
        params = {"walked": len(walked), "stop": bool(self.stop), "reverse": False}
        blocks: tuple[Block, ...] = (block_,)
        if tested is not None:
            blocks = (copied(Block(starts, tested.nodes, tested.results)), block_)
        current().add(
            Node(
                for_ if tested is None else while_,
                (*walked, *(s.initial for s in slots)),
                (*outputs, *lists, Value("", INT)),
                params,
                blocks,
                frame.span(self.node),
            )
        )
        after = {s.key: v for s, v in zip(slots, outputs, strict=True)}
        for (slot, initial), found in zip(collected.items(), lists, strict=True):
            del initial
            after[slot.key] = self._extended(slot, found)
        self._leave_names(after, ends, end_world_stale)

    def _collected(
        self, body: Builder, slots: list[Slot]
    ) -> tuple[dict[Any, Value], list[Slot]]:
        """Lists that only grow by one entry at the end of each iteration."""
        found: dict[Any, Value] = {}
        rest = []
        for slot in slots:
            entry = _appended(slot, body) if isinstance(slot.start.type, List) else None
            if entry is None:
                rest.append(slot)
            else:
                found[_Hashable(slot)] = entry
        return found, rest

    def _extended(self, slot: Any, found: Value) -> Value:
        initial = slot.slot.initial
        if isinstance(initial.type, List) and initial.type.length == 0:
            return found
        return list_concat(initial, found)

    def _leave_names(
        self, after: dict[Any, Value], ends: dict[str, Ref], stale: dict[Any, Any]
    ) -> None:
        frame = self.frame
        for cell in self.plan.cells:
            if cell in after:
                content = frame.world.contents[cell]
                frame.world.contents[cell] = self._content(after[cell], content)
        own = {s.key: s.cell for s in self.slots}
        for name in self.plan.names:
            before = frame.names.get(name, UNBOUND)
            end = ends.get(name, UNBOUND)
            ref = frame.names[name] = self._after(name, before, end, after, own)
            if isinstance(ref, Cell) and name in stale:
                frame.world.stale[ref] = stale[name]
            for (kind, key), span in self.plan.marks.items():
                if isinstance(ref, Cell) and key == name:
                    frame.world.marks[kind, ref] = span
        for key, span in stale.items():
            if isinstance(key, Cell):
                frame.world.stale[key] = span
        for (kind, key), span in self.plan.marks.items():
            if isinstance(key, Cell):
                frame.world.marks[kind, key] = span

    def _in_doubt(self, before: Ref, end: Ref) -> bool:
        """Whether a name may have no value after the loop."""
        if isinstance(end, Unbound) or end in self.end_doubts:
            return True
        if isinstance(before, Unbound) or before in self.before.doubts:
            return not self.sure
        return False

    def _after(
        self,
        key: Any,
        before: Ref,
        end: Ref,
        after: dict[Any, Value],
        own: dict[Any, Cell | None],
    ) -> Ref:
        """What a name is after the loop: as before, or as at an iteration's end."""
        if key in after:
            ref = self.frame.object_of(after[key])
            if self._in_doubt(before, end):
                self.frame.world.doubts[ref] = None
            if isinstance(ref, Cell):
                for root in (root_of(before), root_of(end), own.get(key)):
                    for other in () if root is None else (root, *root.linked):
                        if other is not ref:
                            ref.linked.add(other)
                            other.linked.add(ref)
            return ref
        if isinstance(before, Items) and isinstance(end, Items):
            if len(before.items) == len(end.items):
                parts = tuple(
                    self._after((key, k), b, e, after, own)
                    for k, (b, e) in enumerate(
                        zip(before.items, end.items, strict=True)
                    )
                )
                return Items(parts, before.cls)
        if before is end or isinstance(end, Unbound):
            return before
        if isinstance(before, Unbound) and isinstance(end, (Static, Closure)):
            return end
        if isinstance(before, Static) and isinstance(end, Static):
            if before.value is end.value:
                return before
        return Conflict(
            f"{key!r} stands for things of different kinds before and in this loop",
            self.frame.span(self.node),
        )


def _known_to_run(walk: Walk) -> bool:
    """Whether a loop does at least one iteration: a range of constants, not empty."""
    node = current().definitions.get(walk.values[0])
    if node is None or not all(isinstance(v, Literal) for v in node.inputs):
        return False
    bounds = [v.value for v in node.inputs if isinstance(v, Literal)]
    known = len(bounds) == 3 and len(walk.values) == 1 and bounds[2] != 0
    return known and len(range(*bounds)) > 0


_OWN = ("$skip", "$stop", "$chosen")


@dataclass(frozen=True)
class _Hashable:
    """A slot as a key."""

    slot: Slot

    def __hash__(self) -> int:
        return id(self.slot)

    @property
    def key(self) -> Any:
        """The slot's key."""
        return self.slot.key


def _appended(slot: Slot, body: Builder) -> Value | None:
    """The entry, where a list's only use is that it grows by it once."""
    node = body.definitions.get(slot.end)
    if node is None or node.op is not list_append or node.inputs[0] is not slot.start:
        return None
    if node not in body.nodes:
        return None
    others = [n for n in body.nodes if n is not node]
    from_block = Block((), tuple(others), ())
    if slot.start in _reads(from_block):
        return None
    body.nodes.remove(node)
    return node.inputs[1]


def _reads(block_: Block) -> set[Value]:
    found: set[Value] = set()
    for node in block_.nodes:
        found.update(node.inputs)
        for inner in node.blocks:
            found.update(inner.results)
            found |= _reads(inner)
    return found
