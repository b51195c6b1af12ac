"""`del`: of names, of a dict's keys, of a list's entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax, unknown_yet
from srcad.frontend.boxes import box_of
from srcad.frontend.frame import Frame, is_unbound, statement
from srcad.frontend.lookup import ensure_bound, lookup
from srcad.frontend.refs import UNBOUND, Cell, Entries, Iteration, Table
from srcad.frontend.subscripts import static_key, static_slice, structure
from srcad.ir.graph import Literal

# Deletes `owner.name`, where it can be: entered by whoever knows objects.
ATTRIBUTE: list[Callable[[Frame, gast.Attribute], None]] = []


@statement(gast.Delete)
def _delete(frame: Frame, node: gast.Delete) -> None:
    for target in node.targets:
        _deleted(frame, target)


def _deleted(frame: Frame, target: Any) -> None:
    if isinstance(target, (gast.Tuple, gast.List)):
        for part in target.elts:
            _deleted(frame, part)
    elif isinstance(target, gast.Name):
        _name(frame, target)
    elif isinstance(target, gast.Subscript):
        with frame.place(target):
            _entry(frame, target)
    elif ATTRIBUTE:
        ATTRIBUTE[0](frame, target)
    else:
        raise frame.refuse(
            "del of an attribute is not supported", target, "set it to None"
        )


def _name(frame: Frame, target: gast.Name) -> None:
    name = target.id
    if name in frame.declared_global:
        raise frame.refuse(
            f"del of the global {name!r} is not supported", target, "set it to None"
        )
    ref = lookup(frame, name)
    if ref is None or is_unbound(ref):
        raise frame.refuse(
            f"{name!r} has no value here", target, "assign to it on every path"
        )
    if ref in frame.world.doubts:
        ensure_bound(frame, name, ref)
    box = box_of(frame, name)
    if box is not None:
        frame.store(box, Entries((UNBOUND,)))
    else:
        frame.names[name] = UNBOUND


def _entry(frame: Frame, target: gast.Subscript) -> None:
    base = frame.lower(target.value)
    known = structure(frame, base)
    if not isinstance(base, Cell) or known is None:
        raise UnsupportedSyntax(
            "del of an entry is supported for dicts, and for lists of known length",
            hint="make a new list or array without the entry",
        )
    key = frame.lower(target.slice)
    if isinstance(known, Table):
        wanted = static_key(frame, key)
        if wanted not in known.items:
            raise UnsupportedSyntax(f"the dict has no key {wanted!r} here")
        left = {k: r for k, r in known.items.items() if k != wanted}
        frame.store(base, Table(left))
        return
    items = list(known.items)
    if isinstance(key, Iteration):
        del items[static_slice(frame, key)]
    else:
        index = frame.read(key)
        if not isinstance(index, Literal):
            raise unknown_yet("the index of this list", "use an array")
        try:
            del items[index.value]
        except (IndexError, TypeError):
            raise UnsupportedSyntax(
                f"index {index.value!r} does not fit a list of {len(items)}"
            ) from None
    frame.store(base, Entries(tuple(items)))
