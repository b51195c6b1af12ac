"""What a loop's body leaves at the end of an iteration, noted in the loop's plan.

Gives each carried value its end; notes what else must be carried, wider types, names
that may come to be one object, and objects that a write elsewhere may have changed.
"""

from __future__ import annotations

from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.abstract import sizeless
from srcad.frontend.carried import Holder, Loop, Slot
from srcad.frontend.conditions import is_static_none
from srcad.frontend.context import is_container
from srcad.frontend.merge import same_static
from srcad.frontend.refs import (
    UNBOUND,
    Cell,
    Conflict,
    Content,
    Entries,
    Items,
    Number,
    Parts,
    Ref,
    Unbound,
    View,
    parts_of,
    places,
    root_of,
    unsettled,
)
from srcad.ir.graph import UNDEFINED, Value, literal
from srcad.ir.joining import join
from srcad.ir.types import BOTTOM, List, Unknown

# Flags of one iteration: they are carried only where they were there before it.
_OWN = ("$skip", "$stop", "$chosen")


def leave(loop: Loop, names: dict[str, Ref], contents: dict[Cell, Any]) -> None:
    """Note in the plan what an iteration shows; `names` and `contents` began it."""
    frame, plan = loop.frame, loop.plan
    loop.end_doubts = dict(frame.world.doubts)
    loop.end_contents = dict(frame.world.contents)
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
                fallen = ref.fallen if isinstance(ref, Conflict) else None
                _widen_new(loop, name, fallen or ref)
            continue
        _left(loop, name, ref, by_key, roots)
    own = {s.cell for s in by_name(loop)}
    for cell, before in contents.items():
        if cell in own or cell not in loop.before.contents:
            continue
        now = frame.world.contents[cell]
        if now is not before and cell not in plan.cells:
            plan.cells[cell] = None
        if cell in by_key:
            _end(loop, by_key[cell], frame.read(cell))
        elif cell in plan.cells and isinstance(before, Parts):
            _left_parts(loop, cell, before, now, by_key, roots)
    _note_links(loop, roots, contents)
    _note_stale(loop, contents)


def _left(
    loop: Loop, key: Any, ref: Ref, by_key: dict[Any, Slot], roots: dict[Any, Any]
) -> None:
    """Note the end of a carried name, and of the entries of a tuple it stands for."""
    start, slot = loop.entered[key], by_key.get(key)
    if isinstance(ref, Conflict) and not ref.looping:
        name = key
        while isinstance(name, tuple):
            name = name[0]
        if isinstance(name, str):
            unsure = Conflict(ref.reason, ref.span, looping=True)
            loop.plan.unsure.setdefault(name, unsure)
        else:
            loop.plan.conflicts[key] = None
        if ref.fallen is not None and name == key:
            _left(loop, key, ref.fallen, by_key, roots)  # it may be read after a break
        return
    if isinstance(start, Conflict):
        return
    if isinstance(start, Items) and slot is None:
        if not isinstance(ref, Items) or len(ref.items) != len(start.items):
            loop.plan.conflicts[key] = None
            return
        for k, r in enumerate(ref.items):
            _left(loop, (key, k), r, by_key, roots)
        return
    content = loop.holding.get(key)
    if content is not None:
        now = loop.end_contents.get(ref) if isinstance(ref, Cell) else None
        roots[key] = root_of(ref)
        _left_parts(loop, key, content, now, by_key, roots)
        return
    if slot is None:
        if not isinstance(start, Unbound) and not same_static(start, ref):
            loop.plan.conflicts[key] = None
        elif isinstance(start, Unbound):
            _widen_new(loop, key, ref)
        return
    if isinstance(ref, (Number, Cell, View, Unbound, Items)) or is_static_none(ref):
        roots[key] = root_of(ref)
        end = _readable(loop, ref)
        if end is not None:
            _end(loop, slot, end)
            return
    loop.plan.conflicts[key] = None


def _readable(loop: Loop, ref: Ref) -> Value | None:
    """The value of an object; None where it has none (it holds a function, say)."""
    if isinstance(ref, Unbound):
        return literal(UNDEFINED)
    try:
        return loop.frame.read(ref)
    except UnsupportedSyntax:
        return None


def _left_parts(
    loop: Loop,
    key: Any,
    start: Parts,
    now: Content | None,
    by_key: dict[Any, Slot],
    roots: dict[Any, Any],
) -> None:
    """Note the parts of a list, dict or object that an iteration changed."""
    keys = places(start, now)
    if keys is None or now is None or isinstance(now, Value):
        _widen_list(loop, key, start, now)
        return
    before, after = parts_of(start), parts_of(now)
    for k in keys:
        a, b = before.get(k, UNBOUND), after.get(k, UNBOUND)
        if (key, k) in loop.plan.parts:
            _left(loop, (key, k), b, by_key, roots)
        elif a is not b and not same_static(a, b):
            loop.plan.parts[key, k] = None
            if isinstance(a, Unbound):
                _widen_new(loop, (key, k), b)


def _widen_list(loop: Loop, key: Any, start: Parts, now: Content | None) -> None:
    """A list whose length changes: one of any length from now on."""
    sides = []
    for content in (start, now):
        value = content
        if isinstance(content, Entries):
            value = _readable(loop, loop.frame.new(content))
        sides.append(value)
    a, b = sides
    if isinstance(a, Value) and isinstance(b, Value):
        t = join(a.type, b.type)
        if isinstance(t, List):
            loop.plan.types[key] = sizeless(t)
            return
    if isinstance(key, Cell):
        if now is not None and not isinstance(now, Value):
            loop.frame.read(loop.frame.new(now))  # says so if it holds a function
        raise unsettled(
            "this list or dict changes its entries' types or keys in the loop",
            loop.frame.span(loop.node),
            "use one kind of entry, or an array",
        )
    loop.plan.conflicts[key] = None


def _end(loop: Loop, slot: Slot, end: Value) -> None:
    """Note a carried value's end; its type is widened to hold it."""
    joined = join(join(slot.start.type, slot.initial.type), sizeless(end.type))
    containers = [t for t in (slot.initial.type, end.type) if is_container(t)]
    if isinstance(joined, Unknown) and containers:
        raise unsettled(
            "a variable of this loop changes its structure from one iteration to "
            "the next",
            loop.frame.span(loop.node),
            "keep tuples of one length, or append to a list",
        )
    loop.plan.types[slot.key] = joined
    slot.end = end


def _widen_new(loop: Loop, key: Any, ref: Ref) -> None:
    """A name found to be carried that was unbound before: its type is known now."""
    if isinstance(ref, (Number, Cell, View, Items)):
        value = _readable(loop, ref)
        if value is not None:
            loop.plan.types[key] = join(BOTTOM, sizeless(value.type))
            return
    if not isinstance(ref, Unbound):
        loop.plan.conflicts[key] = None


def by_name(loop: Loop) -> list[Slot | Holder]:
    """What is carried under names and parts, with an object behind it."""
    slots = [s for s in loop.slots if s.cell and not isinstance(s.key, Cell)]
    return [*slots, *loop.holders]


def _note_links(
    loop: Loop, roots: dict[Any, Cell | None], contents: dict[Cell, Any]
) -> None:
    """Link what may come to be one object in the next iteration.

    That is two names, or a name and an object from before the loop.
    """
    links = loop.plan.links
    named = by_name(loop)
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
    keys |= {h.cell: h.key for h in loop.holders}
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
