"""Tuples, lists and dicts whose parts are known, and what is read off them."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad.errors import UnsupportedSyntax, unknown_yet
from srcad.frontend.context import Binding, constant_ref, is_data
from srcad.frontend.frame import Frame
from srcad.frontend.refs import (
    Cell,
    Entries,
    Items,
    Iteration,
    Ref,
    Static,
    Table,
    parts_of,
    root_of,
)
from srcad.ir.builder import current
from srcad.ir.graph import Literal, Value
from srcad.ir.types import List, Scalar, unwrapped
from srcad.ops.lists import list_of


def structure(frame: Frame, ref: Ref) -> Entries | Table | Items | None:
    """The known parts of a tuple, list or dict; None for anything else."""
    if isinstance(ref, Items):
        return ref
    if isinstance(ref, Cell):
        content = frame.content(ref)
        if isinstance(content, (Entries, Table)):
            return content
    return None


def parts_of_known(frame: Frame, ref: Ref) -> Entries | Table | Items | None:
    """Like `structure`, for tuples, lists and dicts from outside too."""
    if isinstance(ref, Static) and isinstance(ref.value, (tuple, list, range)):
        entries = [_outer(frame, ref.value, k) for k in range(len(ref.value))]
        return Items(tuple(entries))
    if isinstance(ref, Static) and isinstance(ref.value, dict):
        return Table({k: _outer(frame, ref.value, k) for k in ref.value})
    if isinstance(ref, Iteration) and ref.kind == "view":
        return Items(view_entries(frame, ref))
    if isinstance(ref, Iteration) and ref.kind == "items":
        return Items(ref.args)
    return structure(frame, ref)


def _outer(frame: Frame, container: Any, key: Any) -> Ref:
    """An entry of a container from outside: an array is read at each call."""
    value = container[key]
    if isinstance(value, np.ndarray) and is_data(value):
        return frame.hidden(Binding("item", container, key), value)
    return constant_ref(value)


def view_entries(frame: Frame, view: Iteration) -> tuple[Ref, ...]:
    """What `d.keys()`, `d.values()` or `d.items()` gives now."""
    owner, which = view.args
    known = parts_of_known(frame, owner)
    assert isinstance(known, Table) and isinstance(which, Static)
    if which.value == "keys":
        return tuple(constant_ref(k) for k in known.items)
    if which.value == "values":
        return tuple(known.items.values())
    return tuple(Items((constant_ref(k), r)) for k, r in known.items.items())


def as_list(frame: Frame, known: Entries | Items) -> Value:
    """A list or tuple of known length as one value, a list of any length."""
    return list_of(*(frame.read(r) for r in known.items))


def list_value(frame: Frame, ref: Ref) -> Value:
    """A list, tuple or list of unknown length as one value."""
    known = structure(frame, ref)
    if isinstance(known, (Entries, Items)):
        return as_list(frame, known)
    return frame.read(ref)


def note_joined(frame: Frame, into: Ref, *sides: Ref) -> None:
    """Note that the entries of some lists are now also those of `into`.

    An array that is in two lists of unknown length cannot be followed from one to the
    other: writing to their entries is refused from here on.
    """
    for side in sides:
        known = structure(frame, side)
        if known is not None:
            entries = (
                known.items if isinstance(known, Items) else parts_of(known).values()
            )
            for entry in entries:
                frame.hand_over(entry, into)
            continue
        t = unwrapped(frame.read(side).type)
        if isinstance(t, List) and not isinstance(t.item, Scalar):
            for cell in (root_of(side), root_of(into)):
                if cell is not None:
                    frame.world.marks["mixed", cell] = current().span


def static_key(frame: Frame, key: Ref) -> Any:
    """A dict's key, which must be known."""
    if isinstance(key, Static):
        return key.value
    if isinstance(key, Items):
        return tuple(static_key(frame, r) for r in key.items)
    value = frame.read(key)
    if isinstance(value, Literal):
        return value.value
    raise unknown_yet(
        "a dict's key", "use a constant key, or an array instead of the dict"
    )


def without_key(key: Any) -> UnsupportedSyntax:
    """The error for a dict that is known to have no such key."""
    error = UnsupportedSyntax(f"the dict has no key {key!r} here")
    return error.for_certain(KeyError(key))


def static_slice(frame: Frame, key: Iteration) -> slice:
    """A slice whose bounds are known while lowering."""
    parts = []
    for r in key.args:
        value = frame.read(r)
        if not isinstance(value, Literal):
            raise unknown_yet("the bounds of this slice")
        parts.append(value.value)
    return slice(*parts)


def nested(frame: Frame, ref: Ref) -> Any:
    """Values in Python lists, for the operations that take nested lists."""
    known = structure(frame, ref)
    if isinstance(known, (Items, Entries)):
        return [nested(frame, r) for r in known.items]
    return frame.read(ref)
