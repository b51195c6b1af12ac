"""`del`: of names, of attributes, of parts of lists and dicts."""

from __future__ import annotations

from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.attributes import delete_attribute
from srcad.frontend.boxes import box_of
from srcad.frontend.frame import Frame, is_unbound, statement
from srcad.frontend.lists import without
from srcad.frontend.lookup import ensure_bound, lookup, without_value
from srcad.frontend.refs import UNBOUND, Cell, Entries, Iteration, Table
from srcad.frontend.structures import static_key, static_slice, structure, without_key
from srcad.ir.types import List, unwrapped


@statement(gast.Delete)
def _delete(frame: Frame, node: gast.Delete) -> None:
    for target in node.targets:
        _deleted(frame, target)


def _deleted(frame: Frame, target: Any) -> None:
    if isinstance(target, (gast.Tuple, gast.List)):
        for part in target.elts:
            _deleted(frame, part)
    elif isinstance(target, gast.Name):
        _delete_name(frame, target)
    else:
        with frame.place(target):
            if isinstance(target, gast.Subscript):
                delete_item(frame, target)
            else:
                owner = frame.lower(target.value)
                delete_attribute(frame, owner, target.attr)


def _delete_name(frame: Frame, target: gast.Name) -> None:
    name = target.id
    if name in frame.declared_global:
        raise frame.refuse(
            f"del of the global {name!r} is not supported", target, "set it to None"
        )
    ref = lookup(frame, name)
    if ref is None or is_unbound(ref):
        raise without_value(frame, name, target)
    if ref in frame.world.doubts:
        ensure_bound(frame, name, ref)
    box = box_of(frame, name)
    if box is not None:
        frame.store(box, Entries((UNBOUND,)))
    else:
        frame.names[name] = UNBOUND


def delete_item(frame: Frame, target: gast.Subscript) -> None:
    """`del base[key]`."""
    base, key = frame.lower(target.value), frame.lower(target.slice)
    known = structure(frame, base)
    if isinstance(base, Cell) and isinstance(known, Table):
        items = dict(known.items)
        wanted = static_key(frame, key)
        if wanted not in items:
            raise without_key(wanted)
        del items[wanted]
        frame.store(base, Table(items))
        return
    if isinstance(base, Cell) and isinstance(known, Entries):
        entries: list[Any] = list(known.items)
        bounds = isinstance(key, Iteration) and key.kind == "slice"
        try:
            if isinstance(key, Iteration) and bounds:
                del entries[static_slice(frame, key)]
            else:
                del entries[static_key(frame, key)]
        except (IndexError, TypeError) as error:
            raise UnsupportedSyntax(f"this del fails: {error}") from None
        frame.store(base, Entries(tuple(entries)))
        return
    value = frame.read(base)
    if not isinstance(unwrapped(value.type), List) or isinstance(key, Iteration):
        raise UnsupportedSyntax("del of this part is not supported")
    frame.write(base, without(value, frame.read(key)))
