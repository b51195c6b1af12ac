"""`del xs[i]` and `del d[key]`: parts of lists and dicts taken out."""

from __future__ import annotations

from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.frame import Frame, statement
from srcad.frontend.lists import without
from srcad.frontend.refs import Cell, Entries, Iteration, Table
from srcad.frontend.subscripts import static_key, static_slice, structure
from srcad.frontend.syntax import instead
from srcad.ir.types import List, unwrapped


@statement(gast.Delete)
def _delete(frame: Frame, node: gast.Delete) -> None:
    for target in node.targets:
        if not isinstance(target, gast.Subscript):
            raise frame.refuse("del is not supported", node, instead(node))
        with frame.place(target):
            delete_item(frame, target)


def delete_item(frame: Frame, target: gast.Subscript) -> None:
    """`del base[key]`."""
    base, key = frame.lower(target.value), frame.lower(target.slice)
    known = structure(frame, base)
    if isinstance(base, Cell) and isinstance(known, Table):
        items = dict(known.items)
        wanted = static_key(frame, key)
        if wanted not in items:
            raise UnsupportedSyntax(f"the dict has no key {wanted!r} here")
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
