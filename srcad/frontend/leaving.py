"""What a loop's body leaves at the end of an iteration, noted in the loop's plan.

Gives each carried value its end; notes what else must be carried, wider types, names
that may come to be one object, and objects that a write elsewhere may have changed.
"""

from __future__ import annotations

from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.abstract import sizeless
from srcad.frontend.carried import Loop, Slot
from srcad.frontend.context import is_container
from srcad.frontend.refs import (
    UNBOUND,
    Cell,
    Choice,
    Closure,
    Conflict,
    Items,
    Number,
    Ref,
    Static,
    Unbound,
    View,
    root_of,
)
from srcad.ir.graph import UNDEFINED, Value, literal
from srcad.ir.types import BOTTOM, Unknown, join

# Flags of one iteration: they are carried only where they were there before it.
_OWN = ("$skip", "$stop", "$chosen")


def leave(loop: Loop, names: dict[str, Ref], contents: dict[Cell, Any]) -> None:
    """Note in the plan what an iteration shows; `names` and `contents` began it."""
    frame, plan = loop.frame, loop.plan
    loop.end_doubts = dict(frame.world.doubts)
    by_key = {slot.key: slot for slot in loop.slots}
    if loop.stop:
        frame.names[loop.stop] = frame.names[f"$stop{frame.region + 1}"]
    roots: dict[Any, Cell | None] = {}
    for name, ref in frame.names.items():
        if name.startswith(_OWN) and name not in names:
            continue
        if name not in plan.names:
            if ref is not names.get(name, UNBOUND):
                plan.names[name] = None
                _widen_new(loop, name, ref)
            continue
        _note_unlike(loop, name, names.get(name, UNBOUND), ref)
        _left(loop, name, ref, by_key, roots)
    boxes = set(loop.boxes.values())
    own = {slot.cell for slot in loop.slots if not isinstance(slot.key, Cell)}
    for cell, before in contents.items():
        if cell in own or cell in boxes or cell not in loop.before.contents:
            continue
        now = frame.world.contents[cell]
        if now is not before and cell not in plan.cells:
            plan.cells[cell] = None
        elif cell in plan.cells and cell in by_key:
            _end(loop, by_key[cell], frame.read(cell))
        elif cell in plan.cells and now is not before:
            _widen_container(loop, cell)
    _note_links(loop, roots, contents)
    _note_stale(loop, contents)


def _note_unlike(loop: Loop, name: str, before: Ref, end: Ref) -> None:
    """Note a name that no value can be carried for, and that changes what it is."""
    known = (Static, Closure, Items, Choice)
    if before is end or isinstance(before, Conflict) or name.startswith("$"):
        return
    if not isinstance(before, known) and not isinstance(end, known):
        return
    if isinstance(before, Items) and isinstance(end, Items):
        if before.cls is not end.cls or len(before.items) != len(end.items):
            loop.plan.unlike.add(name)
        return
    if isinstance(before, Unbound) or _same_known(before, end):
        return
    if not (_may_be_carried(before) and _may_be_carried(end)):
        loop.plan.unlike.add(name)


def _may_be_carried(ref: Ref) -> bool:
    none = isinstance(ref, Static) and ref.value is None
    return none or isinstance(ref, (Number, Cell, View, Unbound, Items))


def _same_known(before: Ref, end: Ref) -> bool:
    if isinstance(before, Static) and isinstance(end, Static):
        plain = isinstance(end.value, (str, bytes)) and before.value == end.value
        return before.value is end.value or plain
    return False


def _left(
    loop: Loop, key: Any, ref: Ref, by_key: dict[Any, Slot], roots: dict[Any, Any]
) -> None:
    """Note the end of a carried name, and of the entries of a tuple it stands for."""
    if isinstance(ref, Items):
        for k, r in enumerate(ref.items):
            if (key, k) in by_key:
                _left(loop, (key, k), r, by_key, roots)
    slot = by_key.get(key)
    if slot is None:
        if isinstance(ref, (Number, Cell, View)):
            _widen_new(loop, key, ref)
        return
    if isinstance(ref, (Static, Closure)) and not (
        isinstance(ref, Static) and ref.value is None
    ):
        return
    if isinstance(ref, (Number, Cell, View, Unbound, Static, Items)):
        roots[key] = root_of(ref)
        end = literal(UNDEFINED) if isinstance(ref, Unbound) else loop.frame.read(ref)
        _end(loop, slot, end)


def _end(loop: Loop, slot: Slot, end: Value) -> None:
    """Note a carried value's end; its type is widened to hold it."""
    joined = join(join(slot.start.type, slot.initial.type), sizeless(end.type))
    containers = [t for t in (slot.initial.type, end.type) if is_container(t)]
    if isinstance(joined, Unknown) and containers:
        raise UnsupportedSyntax(
            "a variable of this loop changes its structure from one iteration to "
            "the next",
            loop.frame.span(loop.node),
            "keep tuples of one length, or append to a list",
        )
    loop.plan.types[slot.key] = joined
    slot.end = end


def _widen_new(loop: Loop, key: Any, ref: Ref) -> None:
    """A name found to be carried that was unbound before: its type is known now."""
    if isinstance(ref, Items):
        return
    if loop.frame.names and isinstance(ref, (Number, Cell, View)):
        t = sizeless(loop.frame.read(ref).type)
        loop.plan.types[key] = join(BOTTOM, t)


def _widen_container(loop: Loop, cell: Cell) -> None:
    """A list or dict found to change: carried from now on."""
    t = join(loop.packed[cell].type, loop.frame.read(cell).type)
    if isinstance(t, Unknown):
        raise UnsupportedSyntax(
            "this list or dict changes its entries' types in the loop",
            loop.frame.span(loop.node),
            "use one kind of entry, or an array",
        )
    loop.plan.types[cell] = t


def _note_links(
    loop: Loop, roots: dict[Any, Cell | None], contents: dict[Cell, Any]
) -> None:
    """Link what may come to be one object in the next iteration.

    That is two names, or a name and an object from before the loop.
    """
    links = loop.plan.links
    named = [s for s in loop.slots if s.cell and not isinstance(s.key, Cell)]
    for i, a in enumerate(named):
        for b in named[i + 1 :]:
            ends = (_same_as(roots.get(s.key), contents) for s in (a, b))
            if set.intersection(*ends) or (a.root and a.root is b.root):
                links.add((a.key, b.key))
    own = {s.cell for s in named}
    for key, root in roots.items():
        for outer in () if root is None else (root, *root.linked):
            if outer in contents and outer not in own:
                links.add((key, (outer, root not in own)))


def _same_as(cell: Cell | None, contents: dict[Cell, Any]) -> set[Cell]:
    """The cells that may be one object with a name's at the end of an iteration.

    An object known at the start is itself only: `u, v = v, u` leaves two objects two.
    """
    if cell is None or cell in contents:
        return {cell} if cell else set()
    return {cell, *cell.linked}


def _note_stale(loop: Loop, contents: dict[Cell, Any]) -> None:
    """Objects stale or marked at the end are so at the next iteration's start."""
    world = loop.frame.world
    keys = {s.cell: s.key for s in loop.slots if s.cell is not None}
    names = {
        name: root_of(loop.frame.names.get(name, UNBOUND)) for name in loop.plan.names
    }
    for cell, span in world.stale.items():
        if cell in contents and keys.get(cell, cell) is cell:
            loop.plan.stale.setdefault(cell, span)
        for name, root in names.items():
            if root is cell:
                loop.plan.stale.setdefault(name, span)
    for (kind, cell), span in world.marks.items():
        if cell in contents and keys.get(cell, cell) is cell:
            loop.plan.marks.setdefault((kind, cell), span)
        for name, root in names.items():
            if root is cell:
                loop.plan.marks.setdefault((kind, name), span)
