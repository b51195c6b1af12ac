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
from srcad.frontend.forks import Status
from srcad.frontend.frame import Frame
from srcad.frontend.refs import (
    UNBOUND,
    Cell,
    Conflict,
    Content,
    Items,
    Number,
    Parts,
    Ref,
    Static,
    Unbound,
    View,
    parts_of,
    root_of,
    with_parts,
)
from srcad.frontend.walk import Walk
from srcad.ir.builder import current
from srcad.ir.graph import UNDEFINED, Literal, Value, literal
from srcad.ir.types import BOTTOM, List, Type
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


@dataclass(eq=False)
class Holder:
    """A list, dict or object of known form under a carried name: its parts are carried.

    root : the object the name stood for before. cell : the one it is in the body.
    """

    key: Any
    root: Cell | None
    cell: Cell


@dataclass(repr=False)
class Plan:
    """What is carried: names, cells, their types, and links found between names.

    parts : places in lists, dicts and objects of known form that an iteration changes,
        as (name or cell, place). conflicts : what has no common form in all iterations.
    stale, marks : as in `World`, of names and cells at the end of an iteration.
    unsure : names of which it is not known what an iteration leaves them on.
    """

    names: dict[str, None] = field(default_factory=dict)
    cells: dict[Cell, None] = field(default_factory=dict)
    parts: dict[tuple[Any, Any], None] = field(default_factory=dict)
    conflicts: dict[Any, None] = field(default_factory=dict)
    types: dict[Any, Type] = field(default_factory=dict)
    links: set[tuple[Any, Any]] = field(default_factory=set)
    stale: dict[Any, Span | Conflict | None] = field(default_factory=dict)
    marks: dict[tuple[str, Any], Span | None] = field(default_factory=dict)
    unsure: dict[str, Conflict] = field(default_factory=dict)

    def state(self) -> Any:
        """Everything that must hold still."""
        return (
            list(self.names),
            list(self.cells),
            list(self.parts),
            list(self.conflicts),
            dict(self.types),
            set(self.links),
            list(self.stale),
            list(self.marks),
            list(self.unsure),
        )


@dataclass(repr=False)
class Loop:
    """A loop being lowered: `turn` lowers one iteration, given the walked items.

    test : lowers the test of a `while`. stop : the flag of a loop that may be left.
    outer : the builder around the loop. before : the world before it.
    entered : what each carried name or part is at an iteration's start; `holding` has
        the contents of those that are lists, dicts or objects of known form.
    end_doubts, end_contents : doubts and objects at the end of an iteration.
    sure : whether the body runs at least once.
    """

    frame: Frame
    node: Any
    walk: Walk | None
    turn: Callable[[Loop], Status]
    test: Callable[[], Value] | None
    stop: str
    plan: Plan = field(default_factory=Plan)
    slots: list[Slot] = field(default_factory=list)
    holders: list[Holder] = field(default_factory=list)
    holding: dict[Any, Parts] = field(default_factory=dict)
    entered: dict[Any, Ref] = field(default_factory=dict)
    items: tuple[Value, ...] = ()
    status: Status = Status.FALL

    def __post_init__(self) -> None:
        self.outer = current()
        self.end_doubts: dict[Ref, object] = {}
        self.end_contents: dict[Cell, Content] = {}
        test = getattr(self.node, "test", None)
        self.forever = isinstance(test, gast.Constant) and bool(test.value)
        self.sure = self.forever or (self.walk is not None and _known_to_run(self.walk))
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
        _enter_cell(loop, cell, cells)
    for name in loop.plan.names:
        if name == loop.stop:
            continue
        ref = frame.names.get(name, UNBOUND)
        frame.names[name] = _entered(loop, name, ref, name, cells)
    frame.names.update(loop.plan.unsure)
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
    """What a carried name or part is at the start of an iteration."""
    found = loop.entered[key] = _entered_as(loop, key, ref, name, cells)
    return found


def _entered_as(
    loop: Loop, key: Any, ref: Ref, name: str, cells: dict[Any, Cell]
) -> Ref:
    frame = loop.frame
    if key in loop.plan.conflicts:
        return varying(loop, name)
    content = loop.before.contents.get(ref) if isinstance(ref, Cell) else None
    if (
        isinstance(ref, Cell)
        and isinstance(content, Parts)
        and key not in loop.plan.types
    ):
        return _entered_holder(loop, key, ref, content, name, cells)
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
        link(entered, root)
    return entered


def _entered_holder(
    loop: Loop, key: Any, ref: Cell, content: Parts, name: str, cells: dict[Any, Cell]
) -> Ref:
    """A name on a list, dict or object of known form: another one, part by part."""
    parts = entered_parts(loop, key, content, name, cells)
    entered = loop.frame.new(with_parts(content, parts))
    cells[key] = entered
    loop.holders.append(Holder(key, ref, entered))
    loop.holding[key] = loop.frame.world.contents[entered]  # type: ignore[assignment]
    link(entered, ref)
    if ref in loop.before.doubts:
        loop.frame.world.doubts[entered] = None
    return entered


def entered_parts(
    loop: Loop, key: Any, content: Parts, name: str, cells: dict[Any, Cell]
) -> dict[Any, Ref]:
    """The parts of a list, dict or object at the start of an iteration."""
    parts = dict(parts_of(content))
    for owner, k in loop.plan.parts:
        if owner is key or owner == key:
            shown = k if isinstance(k, str) and k.isidentifier() else name
            before = parts.get(k, UNBOUND)
            parts[k] = _entered(loop, (key, k), before, shown, cells)
    return parts


def varying(loop: Loop, name: str) -> Conflict:
    """What a name stands for that has no common form in all iterations."""
    shown = "this object" if name.startswith("$") or not name else f"{name!r}"
    return Conflict(
        f"{shown} stands for things of different kinds before and in this loop",
        loop.frame.span(loop.node),
        looping=True,
    )


def link(cell: Cell, root: Cell | None) -> None:
    """Note that an object may be another, or one of those that may be."""
    for other in () if root is None else (root, *root.linked):
        if other is not cell:
            cell.linked.add(other)
            other.linked.add(cell)


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


def _enter_cell(loop: Loop, cell: Cell, cells: dict[Any, Cell]) -> None:
    """Carry an object's content: of a known form, the parts that are known to change.

    A list whose length changes is carried whole, as a list of any length.
    """
    frame = loop.frame
    content = frame.world.contents[cell]
    names = (n for n, r in frame.names.items() if r is cell)
    if isinstance(content, Parts) and cell not in loop.plan.types:
        parts = entered_parts(loop, cell, content, next(names, ""), cells)
        if parts != parts_of(content):
            frame.world.contents[cell] = with_parts(content, parts)
        return
    initial = _read_before(loop, cell)
    if isinstance(content, Parts):
        for part in parts_of(content).values():
            frame.hand_over(part, cell)
            _note_handed(loop, part)
    slot = _slot(loop, cell, initial, initial.name or next(names, ""))
    frame.world.contents[cell] = slot.start
    slot.cell = cell


def _note_handed(loop: Loop, ref: Ref) -> None:
    """Carry the mark that an object was stored in a list of unknown length."""
    root = root_of(ref)
    if root is not None:
        loop.plan.marks.setdefault(("handed", root), current().span)


def _slot(loop: Loop, key: Any, initial: Value, name: str) -> Slot:
    """A new carried value, of the type that the plan knows or that it has before."""
    t = loop.plan.types.get(key)
    if t is None:
        t = loop.plan.types[key] = sizeless(initial.type)
    if isinstance(t, List) and not isinstance(initial.type, List):
        initial = _as_list(loop, initial)
    start = Value("" if name.startswith("$") else name, t)
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
