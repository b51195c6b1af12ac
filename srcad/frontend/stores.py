"""Writing to parts of arrays, lists and dicts: `base[index] = new`, and with `op=`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax, unknown_yet
from srcad.frontend.classes import call_special, special
from srcad.frontend.frame import Frame
from srcad.frontend.indices import array_like, lower_index
from srcad.frontend.lists import store_slice
from srcad.frontend.located import located
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
from srcad.frontend.structures import as_list, static_key, static_slice, structure
from srcad.frontend.subscripts import known_item, list_entry, part
from srcad.frontend.walk_iterators import entries_of
from srcad.ir.graph import Literal, Value
from srcad.ir.types import Array, List, Scalar, Type, dims_of, unwrapped
from srcad.ops.declare import Op
from srcad.ops.index import add_at, update
from srcad.ops.layout import Layout, is_basic
from srcad.ops.lists import list_set


def store_subscript(frame: Frame, node: gast.Subscript, new: Ref) -> None:
    """`base[index] = new`."""
    base = frame.lower(node.value)
    method = special(frame, base, "__setitem__")
    if method is not None:
        frame.call(method, [frame.lower(node.slice), new])
        return
    known = structure(frame, base)
    if known is not None:
        _store_known(frame, base, known, frame.lower(node.slice), new)
        return
    if isinstance(base, Static):
        raise frame.refuse(
            "a write to an object outside the function is not supported",
            node,
            "return the value instead",
        )
    if isinstance(base, View) and base.index is not None and base.origin is None:
        layout, inputs = lower_index(frame, node.slice)
        write_part(frame, base, array_like(frame, new), layout, inputs)
        return
    value = frame.read(base)
    if isinstance(unwrapped(value.type), List):
        if isinstance(node.slice, gast.Slice):
            raise UnsupportedSyntax(
                "a write to a slice of a list of unknown length is not supported",
                hint="make a new list: xs[:i] + new + xs[j:]",
            )
        index = frame.value(node.slice)
        frame.hand_over(new, base)
        frame.write(base, list_set(value, index, frame.read(new)))
        return
    if isinstance(unwrapped(value.type), Scalar):
        raise frame.refuse("a number has no entries to write to", node)
    layout, inputs = lower_index(frame, node.slice)
    write_part(frame, base, array_like(frame, new), layout, inputs)


def write_part(
    frame: Frame,
    base: Ref,
    new: Value,
    layout: Layout,
    inputs: list[Value],
    write: Op = update,
) -> None:
    """`base[...] = new` for an array; with `add_at`, `np.add.at(base, ..., new)`."""
    base, layout, inputs = located(frame, base, layout, inputs)
    value = frame.read(base)
    _check_axes(value)
    frame.write(base, write(value, new, *inputs, layout=layout))


def _check_axes(value: Value) -> None:
    """Refuse writes to arrays of no dimensions, which NumPy often makes numbers."""
    if isinstance(unwrapped(value.type), Array) and not dims_of(value.type):
        raise UnsupportedSyntax(
            "a write to an array of no dimensions is not supported",
            hint="use a number, or an array of one entry",
        )


def _store_known(
    frame: Frame, base: Ref, known: Entries | Table | Items, key: Ref, new: Ref
) -> None:
    if not isinstance(base, Cell):
        raise UnsupportedSyntax("a tuple cannot be written to")
    if isinstance(known, Table):
        frame.store(base, Table({**known.items, static_key(frame, key): new}))
        return
    if isinstance(key, Iteration):
        more = entries_of(frame, new)
        if more is None or not isinstance(known, Entries):
            raise UnsupportedSyntax(
                "a write of a list of unknown length to a slice is not supported",
                hint="use an array, or write the entries one by one",
            )
        frame.store(base, store_slice(known, static_slice(frame, key), more))
        return
    assert isinstance(known, Entries)
    index = frame.read(key)
    if not isinstance(index, Literal):
        _store_dynamic(frame, base, known, index, new)
        return
    items = list(known.items)
    try:
        items[index.value] = new
    except (IndexError, TypeError):
        raise UnsupportedSyntax(
            f"index {index.value!r} does not fit a list of {len(items)}"
        ) from None
    frame.store(base, Entries(tuple(items)))


def _store_dynamic(
    frame: Frame, base: Cell, known: Entries, index: Value, new: Ref
) -> None:
    if not all(isinstance(r, Number) for r in (*known.items, new)):
        raise unknown_yet("the index of this list", "use an array")
    entries = as_list(frame, known)
    frame.store(base, list_set(entries, index, frame.read(new)))


def augment_subscript(
    frame: Frame,
    node: gast.Subscript,
    operand: Callable[[], Ref],
    combine: Callable[[Ref, Ref], Value],
    sign: int,
) -> None:
    """`base[index] op= operand`; `sign` is +1 or -1 for += and -=, else 0."""
    base = frame.lower(node.value)
    if special(frame, base, "__setitem__") is not None:
        place = frame.lower(node.slice)
        entry = call_special(frame, base, "__getitem__", place)
        if entry is None:
            raise frame.refuse("this object has no __getitem__", node)
        total = combine(entry, operand())
        if isinstance(entry, (Cell, View)):
            frame.write(entry, total)
        else:
            entry = frame.object_of(total)
        call_special(frame, base, "__setitem__", place, entry)
        return
    known = structure(frame, base)
    key: Any = node.slice
    if known is not None or isinstance(base, Static):
        if known is None:
            raise frame.refuse("a write to an object outside the function", node)
        place = frame.lower(key)
        old = known_item(frame, base, known, place, key)
        if isinstance(old, (Cell, View)):
            frame.write(old, combine(old, operand()))
            return
        new = frame.object_of(combine(old, operand()))
        now = structure(frame, base)  # the operand may have changed it
        if now is None:
            raise frame.refuse("this list changes while one of its entries does", node)
        _store_known(frame, base, now, place, new)
        return
    is_part = isinstance(base, View) and base.index is not None
    value = None if is_part else frame.read(base)
    if value is not None and isinstance(unwrapped(value.type), List):
        index = frame.value(key)
        entry = list_entry(frame, base, value, index)
        total = combine(entry, operand())
        if isinstance(entry, View):
            frame.write(entry, total)
            return
        frame.write(base, list_set(frame.read(base), index, total))
        return
    base, layout, inputs = located(frame, base, *lower_index(frame, key))
    value = frame.read(base)
    _check_axes(value)
    added = frame.read(operand()) if sign else None
    unchanged = frame.read(base) is value
    inexact = isinstance(unwrapped(value.type), Array) and unchanged
    if added is not None and inexact and is_basic(layout, inputs):
        change = added if sign > 0 else -added
        frame.write(base, add_at(value, change, *inputs, layout=layout))
        return
    old = part(frame, base, layout, inputs)
    other = operand() if added is None else frame.object_of(added)
    total = combine(old, other)
    frame.write(base, update(frame.read(base), total, *inputs, layout=layout))


def outgrows(new: Type, old: Type) -> bool:
    """Whether a value is known to have another shape than the array it goes to."""
    theirs, ours = dims_of(new), dims_of(old)
    if theirs is None or ours is None:
        return False
    if len(theirs) != len(ours):
        return True
    pairs = zip(theirs, ours, strict=True)
    return any(b == 1 != a for a, b in pairs)


def is_mutable_array(value: Value) -> bool:
    """Whether `op=` writes into the object rather than binding the name anew."""
    return isinstance(unwrapped(value.type), Array)
