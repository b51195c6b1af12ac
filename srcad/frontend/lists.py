"""Lists whose length is not known: slices, and methods that change them."""

from __future__ import annotations

from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend import prelude
from srcad.frontend.conditions import choose
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.inline import inline
from srcad.frontend.refs import (
    Cell,
    Entries,
    Items,
    Iteration,
    Number,
    Ref,
    Static,
    Table,
    View,
)
from srcad.frontend.structures import list_value, note_joined, structure
from srcad.frontend.subscripts import SLICES, list_entry
from srcad.frontend.walk import Walk, walk_of
from srcad.frontend.walk_iterators import found_walk
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import List, unwrapped
from srcad.ops.arithmetic import less
from srcad.ops.lists import (
    list_append,
    list_concat,
    list_len,
    list_of,
    list_popped,
    list_prefix,
    list_reversed,
    list_suffix,
)

# ---- slices --------------------------------------------------------------------------


def list_slice(frame: Frame, base: Ref, value: Value, key: Iteration) -> Ref:
    """`base[start:stop:step]`: a new list of the same objects."""
    start, stop, step = (frame.read(r) for r in key.args)
    found = frame.new(_cut(frame, value, start, stop, step))
    note_joined(frame, found, base)
    return found


SLICES.append(list_slice)


def _cut(frame: Frame, value: Value, start: Value, stop: Value, step: Value) -> Value:
    by = 1 if _absent(step) else _known(step)
    if by == -1 and _absent(start) and _absent(stop):
        return list_reversed(value)
    if by is None or by < 1:
        raise UnsupportedSyntax(
            "this slice of a list of unknown length is not supported",
            hint="reverse the whole list, or walk it by index",
        )
    if not _absent(start) and not _absent(stop):
        start = _from_front(frame, value, start)
    if not _absent(stop):
        value = list_prefix(value, stop)
    if by > 1:
        first = literal(0) if _absent(start) else _from_front(frame, value, start)
        refs = (Number(v) for v in (value, first, literal(by)))
        whole, *bounds = refs
        return frame.read(inline(frame, prelude.every, frame.new(whole.value), *bounds))
    return value if _absent(start) else list_suffix(value, start)


def _from_front(frame: Frame, value: Value, start: Value) -> Value:
    """A slice's start, counted from the front."""
    known = _known(start)
    if known is not None and known >= 0:
        return start

    def counted() -> Ref:
        far = list_len(value) + start
        return choose(frame, less(far, 0), lambda: constant_ref(0), lambda: Number(far))

    if known is not None:
        return frame.read(counted())
    return frame.read(choose(frame, less(start, 0), counted, lambda: Number(start)))


def _absent(value: Value) -> bool:
    return isinstance(value, Literal) and value.value is None


def _known(value: Value) -> int | None:
    known = isinstance(value, Literal) and type(value.value) is int
    return value.value if known else None  # type: ignore[attr-defined]


# ---- methods -------------------------------------------------------------------------


def list_method(
    frame: Frame, owner: Ref, value: Value, name: str, args: list[Ref]
) -> Ref:
    """A method of a list whose length is not known."""
    method = _METHODS.get(name)
    if method is None:
        raise UnsupportedSyntax(
            f"list.{name} is not supported on a list whose length is not known",
            hint=_INSTEAD.get(name, ""),
        )
    found: Ref = method(frame, owner, value, *args)
    return found


def _append(frame: Frame, owner: Ref, value: Value, item: Ref) -> Ref:
    frame.hand_over(item, owner)
    frame.write(owner, list_append(value, frame.read(item)))
    return Static(None)


def extend(frame: Frame, owner: Ref, value: Value, more: Ref) -> Ref:
    """`owner.extend(more)`, of a list."""
    if isinstance(more, Iteration) or not isinstance(more, (Items, Cell, View)):
        found = found_walk(frame, more)
        if isinstance(found, list):
            more = frame.new(Entries(tuple(found)))
        else:
            more = walked_list(frame, more, found)
    elif not _is_sequence(frame, more):
        more = walked_list(frame, more, walk_of(frame, more))
    value = frame.read(owner)
    frame.hand_over(more, owner)
    frame.write(owner, list_concat(value, list_value(frame, more)))
    note_joined(frame, owner, more)
    return Static(None)


def _is_sequence(frame: Frame, ref: Ref) -> bool:
    known = structure(frame, ref)
    if known is not None:
        return not isinstance(known, Table)
    return isinstance(unwrapped(frame.read(ref).type), List)


def walked_list(frame: Frame, ref: Ref, walk: Walk) -> Ref:
    """What a walk of unknown length walks, as a list: itself if it is one."""
    known = isinstance(ref, (Cell, View))
    if known and isinstance(unwrapped(frame.read(ref).type), List):
        return ref
    return inline(frame, prelude.listed, Iteration("walked", (), walk))


def _insert(frame: Frame, owner: Ref, value: Value, place: Ref, item: Ref) -> Ref:
    frame.hand_over(item, owner)
    index, entry = frame.read(place), list_of(frame.read(item))
    if _known(index) == 0:
        frame.write(owner, list_concat(entry, value))
        return Static(None)
    front = list_concat(list_prefix(value, index), entry)
    frame.write(owner, list_concat(front, list_suffix(value, index)))
    return Static(None)


def _pop(frame: Frame, owner: Ref, value: Value, *place: Ref) -> Ref:
    index = frame.read(place[0]) if place else literal(-1)
    entry = list_entry(frame, owner, value, index)
    frame.write(owner, without(value, index))
    return entry


def without(value: Value, index: Value) -> Value:
    """A list without one entry."""
    k = _known(index)
    if k == -1:
        return list_popped(value)
    if k == 0:
        return list_suffix(value, 1)
    if k is None:
        raise UnsupportedSyntax(
            "taking an entry out of a list at a position that is not known before the "
            "program runs is not supported",
            hint="take the first or the last one",
        )
    return list_concat(list_prefix(value, k), list_suffix(value, k + 1))


def _clear(frame: Frame, owner: Ref, value: Value) -> Ref:
    frame.write(owner, list_prefix(value, 0))
    return Static(None)


def _reverse(frame: Frame, owner: Ref, value: Value) -> Ref:
    frame.write(owner, list_reversed(value))
    return Static(None)


def _copy(frame: Frame, owner: Ref, value: Value) -> Ref:
    found = frame.new(value)
    note_joined(frame, found, owner)
    return found


_METHODS: dict[str, Any] = {
    "append": _append,
    "extend": extend,
    "insert": _insert,
    "pop": _pop,
    "clear": _clear,
    "reverse": _reverse,
    "copy": _copy,
}

_INSTEAD = {
    "index": "walk the list with enumerate and compare",
    "count": "sum(1 for v in the_list if v == wanted)",
    "remove": "make a new list without the entry: [v for v in the_list if ...]",
    "sort": "np.sort sorts numbers",
}


# ---- lists of known length -----------------------------------------------------------


def store_slice(known: Entries, key: slice, new: list[Ref]) -> Entries:
    """The content of a list after `xs[i:j] = new`."""
    items: list[Any] = list(known.items)
    try:
        items[key] = new
    except ValueError as error:
        raise UnsupportedSyntax(f"this write to a slice fails: {error}") from None
    return Entries(tuple(items))
