"""What a loop carries from one iteration to the next, and its objects in the body.

Takes a loop with its plan; gives block parameters for what is carried, and lets names
and objects stand for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gast

from srcad.errors import Span
from srcad.frontend.abstract import sizeless
from srcad.frontend.boxes import MARK, shown
from srcad.frontend.control import Status
from srcad.frontend.frame import Frame
from srcad.frontend.refs import (
    UNBOUND,
    Cell,
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
from srcad.ir.builder import current
from srcad.ir.graph import UNDEFINED, Literal, Value, literal
from srcad.ir.types import BOTTOM, Dict, List, Tuple, Type
from srcad.ops.containers import list_of


@dataclass(eq=False)
class Slot:
    """One carried value: of a name, of an entry of a tuple of that name, or a cell's.

    initial : its value before the loop. start : the block parameter. end : its value
        at the end of an iteration.
    cell : the object behind `start`. root : the one that the name stood for before.
    """

    key: Any
    initial: Value
    start: Value
    end: Value = field(default_factory=lambda: literal(UNDEFINED))
    root: Cell | None = None
    cell: Cell | None = None


@dataclass
class Plan:
    """What is carried: names, cells, their types, and links found between names.

    stale, marks : as in `World`, of names and cells at the end of an iteration.
    unlike : names that an iteration leaves on another known object than it found.
    """

    names: dict[str, None] = field(default_factory=dict)
    cells: dict[Cell, None] = field(default_factory=dict)
    types: dict[Any, Type] = field(default_factory=dict)
    links: set[tuple[Any, Any]] = field(default_factory=set)
    stale: dict[Any, Span | None] = field(default_factory=dict)
    marks: dict[tuple[str, Any], Span | None] = field(default_factory=dict)
    unlike: set[str] = field(default_factory=set)

    def state(self) -> Any:
        """Everything that must hold still."""
        return (
            list(self.names),
            list(self.cells),
            dict(self.types),
            set(self.links),
            list(self.stale),
            list(self.marks),
            set(self.unlike),
        )


@dataclass
class Loop:
    """A loop being lowered: `turn` lowers one iteration, given the walked items.

    test : lowers the test of a `while`. stop : the flag of a loop that may be left.
    outer : the builder around the loop. before : the world before it.
    packed : lists and dicts as they were before, as values.
    end_doubts : the names' doubts at the end of an iteration.
    sure : whether the body runs at least once.
    boxes : the boxes whose objects stand among the names meanwhile (boxes.py).
    """

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

    def __post_init__(self) -> None:
        self.outer = current()
        self.packed: dict[Cell, Value] = {}
        self.boxes: dict[str, Cell] = {}
        self.end_doubts: dict[Ref, None] = {}
        test = getattr(self.node, "test", None)
        forever = isinstance(test, gast.Constant) and bool(test.value)
        self.sure = forever or (self.walk is not None and _known_to_run(self.walk))
        self.before = self.frame.world


def _known_to_run(walk: Walk) -> bool:
    """Whether a loop does at least one iteration: a range of constants, not empty."""
    node = current().definitions.get(walk.values[0])
    if node is None or not all(isinstance(v, Literal) for v in node.inputs):
        return False
    bounds = [v.value for v in node.inputs if isinstance(v, Literal)]
    known = len(bounds) == 3 and len(walk.values) == 1 and bounds[2] != 0
    return known and len(range(*bounds)) > 0


def enter(loop: Loop) -> None:
    """Let names and objects that the plan says are carried start an iteration."""
    frame = loop.frame
    cells: dict[Any, Cell] = {}
    if loop.stop:  # a loop's flag is its first carried value
        flag = frame.names[loop.stop]
        frame.names[loop.stop] = _entered(loop, loop.stop, flag, loop.stop, cells)
    for cell in loop.plan.cells:
        _enter_cell(loop, cell)
    for name in loop.plan.names:
        if name == loop.stop:
            continue
        ref = frame.names.get(name, UNBOUND)
        frame.names[name] = (
            Conflict(
                f"{shown(name)} stands for things of different kinds before and in "
                "this loop",
                frame.span(loop.node),
                unrolled=True,
            )
            if name in loop.plan.unlike
            else _entered(loop, name, ref, name, cells)
        )
    for name, other in loop.plan.links:
        _link(cells.get(name), other, cells)
    for key, span in loop.plan.stale.items():
        stale = cells.get(key) if not isinstance(key, Cell) else key
        if stale is not None:
            frame.world.stale[stale] = span
    for (kind, key), span in loop.plan.marks.items():
        marked = cells.get(key) if not isinstance(key, Cell) else key
        if marked is not None:
            frame.world.marks[kind, marked] = span


def _entered(loop: Loop, key: Any, ref: Ref, name: str, cells: dict[Any, Cell]) -> Ref:
    """What a carried name is at the start of an iteration."""
    frame = loop.frame
    if isinstance(ref, Items):
        parts = tuple(
            _entered(loop, (key, k), r, name, cells) for k, r in enumerate(ref.items)
        )
        return Items(parts, ref.cls)
    carried = isinstance(ref, (Number, Cell, View, Unbound))
    if not carried and not (isinstance(ref, Static) and ref.value is None):
        return ref
    if isinstance(ref, Unbound):
        initial: Value = literal(UNDEFINED)
        if loop.plan.types.get(key, BOTTOM) == BOTTOM:
            return ref
    else:
        initial = _read_before(loop, ref)
    slot = _slot(loop, key, initial, name)
    entered = frame.object_of(slot.start)
    if isinstance(ref, Unbound) or ref in loop.before.doubts:
        frame.world.doubts[entered] = None
    root = root_of(ref)
    if isinstance(entered, Cell):
        cells[key] = entered
        slot.root, slot.cell = root, entered
        for other in () if root is None else (root, *root.linked):
            entered.linked.add(other)
            other.linked.add(entered)
    return entered


def _link(cell: Cell | None, other: Any, cells: dict[Any, Cell]) -> None:
    """Let two objects make each other stale, that may be one in some iteration.

    other : a name, or an object from before the loop with a flag: whether what that one
        may be is meant too (not so where names only change places).
    """
    outer, wide = (
        other
        if isinstance(other, tuple) and isinstance(other[0], Cell)
        else (
            cells.get(other),
            True,
        )
    )
    if cell is None or outer is None:
        return
    for twin in (outer, *outer.linked) if wide else (outer,):
        if twin is not cell:
            cell.linked.add(twin)
            twin.linked.add(cell)


def _enter_cell(loop: Loop, cell: Cell) -> None:
    """Carry an object's content; a list or dict once it is known to change."""
    frame = loop.frame
    content = frame.world.contents[cell]
    initial = _read_before(loop, cell)
    if not isinstance(content, Value):
        loop.packed[cell] = initial
        if cell not in loop.plan.types:
            return
    if isinstance(content, (Entries, Table)):
        for part in parts_of(content):
            frame.hand_over(part, cell)
            _note_handed(loop, part)
    names = (n for n, r in frame.names.items() if r is cell)
    slot = _slot(loop, cell, initial, initial.name or next(names, ""))
    frame.world.contents[cell] = content_of(loop, slot.start, content)
    slot.cell = cell


def _note_handed(loop: Loop, ref: Ref) -> None:
    """Carry the mark that an object was stored in a list of unknown length."""
    root = root_of(ref)
    if root is not None:
        loop.plan.marks.setdefault(("handed", root), current().span)


def content_of(loop: Loop, value: Value, before: Content) -> Content:
    """A value as the content of a cell; objects in it may be those of before."""
    if not isinstance(value.type, (Tuple, Dict)):
        return value
    ref = loop.frame.object_of(value)
    assert isinstance(ref, Cell)
    found = loop.frame.world.contents.pop(ref)
    if isinstance(before, (Entries, Table)) and isinstance(found, (Entries, Table)):
        pairs = zip(parts_of(before), parts_of(found), strict=False)
        for a, b in ((root_of(x), root_of(y)) for x, y in pairs):
            if a is not None and b is not None:
                a.linked.add(b)
                b.linked.add(a)
    return found


def _slot(loop: Loop, key: Any, initial: Value, name: str) -> Slot:
    """A new carried value, of the type that the plan knows or that it has before."""
    t = loop.plan.types.get(key)
    if t is None:
        t = loop.plan.types[key] = sizeless(initial.type)
    if isinstance(t, List) and not isinstance(initial.type, List):
        initial = _as_list(loop, initial)
    start = Value("" if name.startswith("$") else name.partition(MARK)[0], t)
    slot = Slot(key, initial, start)
    loop.slots.append(slot)
    return slot


def _as_list(loop: Loop, initial: Value) -> Value:
    """A list of known length as one of any length."""
    if isinstance(initial, Literal):
        return initial
    with loop.outer.active():
        node = current().definitions.get(initial)
        items = node.inputs if node is not None else ()
        return list_of(*items)


def _read_before(loop: Loop, ref: Ref) -> Value:
    """Read an object as it is before the loop, in the block around it."""
    with loop.outer.active(), loop.frame.within(loop.before):
        return loop.frame.read(ref)
