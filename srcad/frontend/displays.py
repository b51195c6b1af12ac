"""List displays: `[a, *b, c]`, also with lists whose length is not known."""

from __future__ import annotations

import gast

from srcad.frontend.frame import Frame, expression
from srcad.frontend.lists import extend, walked_list
from srcad.frontend.methods import call_method
from srcad.frontend.refs import Cell, Entries, Method, Ref
from srcad.frontend.walk_iterators import found_walk


@expression(gast.List)
def _list(frame: Frame, node: gast.List) -> Ref:
    whole: Cell | None = None
    entries: list[Ref] = []
    for element in node.elts:
        if not isinstance(element, gast.Starred):
            entries.append(frame.lower(element))
            continue
        ref = frame.lower(element.value)
        found = found_walk(frame, ref, element)
        if isinstance(found, list):
            entries += found
            continue
        if whole is None:
            whole = frame.new(Entries(tuple(entries)))
        else:
            extend(frame, whole, frame.read(whole), frame.new(Entries(tuple(entries))))
        entries = []
        frame.here = element
        more = walked_list(frame, ref, found)
        call_method(frame, Method(whole, "extend"), [more], {})
    last = frame.new(Entries(tuple(entries)))
    if whole is None:
        return last
    if entries:
        extend(frame, whole, frame.read(whole), last)
    return whole
