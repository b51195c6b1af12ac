"""Unpacking: what each target of `a, *b = ref` is assigned."""

from __future__ import annotations

from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend import prelude
from srcad.frontend.deques import as_list
from srcad.frontend.frame import Frame
from srcad.frontend.inline import inline
from srcad.frontend.lists import list_slice, walked_list
from srcad.frontend.refs import (
    Cell,
    Entries,
    Iteration,
    Number,
    Ref,
    Static,
    Table,
    View,
)
from srcad.frontend.structures import structure
from srcad.frontend.subscripts import element, part
from srcad.frontend.walk_iterators import found_walk
from srcad.ir.graph import literal
from srcad.ir.types import List, Scalar, Unknown, unwrapped

Pairs = list[tuple[Any, Ref]]


def unpacked(frame: Frame, target: Any, ref: Ref) -> Pairs:
    """The targets of an unpacking with the objects they are assigned.

    Raises
    ------
    UnsupportedSyntax
        The numbers of targets and entries differ: Python would raise.
    """
    targets: list[Any] = list(target.elts)
    starred = [k for k, t in enumerate(targets) if isinstance(t, gast.Starred)]
    items, whole = _entries(frame, as_list(frame, ref), target)
    if items is None:
        return _of_unknown_length(frame, target, targets, whole, starred)
    if starred:
        k = starred[0]
        tail = len(targets) - k - 1
        if len(items) < len(targets) - 1:
            text = f"expected at least {len(targets) - 1}, got {len(items)}"
            raise UnsupportedSyntax(
                "there are not enough values to unpack"
            ).for_certain(ValueError(f"not enough values to unpack ({text})"))
        middle = frame.new(Entries(tuple(items[k : len(items) - tail])))
        items = [*items[:k], middle, *items[len(items) - tail :]]
        targets[k] = targets[k].value
    if len(items) != len(targets):
        few = f"not enough values to unpack (expected {len(targets)}, got {len(items)})"
        many = f"too many values to unpack (expected {len(targets)})"
        raise UnsupportedSyntax(
            f"{len(items)} values cannot be unpacked into {len(targets)} names"
        ).for_certain(ValueError(few if len(items) < len(targets) else many))
    return list(zip(targets, items, strict=True))


def first_entries(frame: Frame, ref: Ref, count: int) -> list[Ref]:
    """The first entries of what can be walked, as many as it is known to have."""
    items, whole = _entries(frame, as_list(frame, ref), frame.here)
    if items is not None:
        return items[:count]
    return [element(frame, whole, literal(k)) for k in range(count)]


def _entries(frame: Frame, ref: Ref, target: Any) -> tuple[list[Ref] | None, Ref]:
    """The entries of what is unpacked; what has them if their number is unknown."""
    known = structure(frame, ref)
    if known is not None and not isinstance(known, Table):
        return list(known.items), ref
    plain = isinstance(ref, (Number, Cell, View)) and known is None
    if plain:
        t = unwrapped(frame.read(ref).type)
        if isinstance(t, Scalar):
            raise UnsupportedSyntax("a number cannot be unpacked")
        if isinstance(t, Unknown):
            return None, ref
    found = found_walk(frame, ref)
    if isinstance(found, list):
        return found, ref
    frame.here = target
    return None, (ref if plain else walked_list(frame, ref, found))


def _of_unknown_length(
    frame: Frame, target: Any, targets: list[Any], ref: Ref, starred: list[int]
) -> Pairs:
    """Entries by their numbers, from the front and from the end."""
    if not starred:
        _asked_for(frame, target, ref, len(targets))
        return [(t, element(frame, ref, literal(k))) for k, t in enumerate(targets)]
    front = starred[0]
    back = len(targets) - front - 1
    frame.here = target
    if front and back:
        text = "not enough values to unpack"
        least = Number(literal(front + back))
        inline(frame, prelude.at_least, ref, least, Static(text))
    bounds = (literal(front or None), literal(-back or None), literal(None))
    items = [element(frame, ref, literal(k)) for k in range(front)]
    items.append(_middle(frame, ref, bounds))
    items += [element(frame, ref, literal(k - back)) for k in range(back)]
    targets[front] = targets[front].value
    return list(zip(targets, items, strict=True))


def _asked_for(frame: Frame, target: Any, ref: Ref, count: int) -> None:
    """Ask at run time for as many entries as there are names."""
    if frame.session.solving:  # a function given to a solver raises nothing
        return
    frame.here = target
    text = f"there are not {count} value{'s' * (count != 1)} to unpack"
    inline(frame, prelude.unpackable, ref, Number(literal(count)), Static(text))


def _middle(frame: Frame, ref: Ref, bounds: Any) -> Ref:
    value = frame.read(ref)
    if isinstance(unwrapped(value.type), List):
        key = Iteration("slice", tuple(map(Number, bounds)))
        return list_slice(frame, ref, value, key)
    given = [b for b in bounds if b.value is not None]
    there = [b.value is not None for b in bounds]
    layout = (("slice", there[0], there[1], there[2]),)
    return inline(frame, prelude.listed, part(frame, ref, layout, given))
