"""Which objects an iterator's entries are computed from.

Takes an iterator; gives what those objects hold now, so that a loop that changes them
while it walks the iterator can be told.
"""

from __future__ import annotations

from typing import Any

import gast

from srcad.frontend.frame import Frame
from srcad.frontend.refs import (
    Cell,
    Closure,
    Entries,
    Items,
    Iteration,
    Ref,
    Table,
    parts_of,
    root_of,
)
from srcad.frontend.scopes import targets_of


def snapshot(frame: Frame, ref: Ref) -> dict[Any, Any]:
    """What an iterator's objects are and hold now, by identity."""
    found: dict[Any, Any] = {}
    _note(frame, ref, found)
    return found


def _note(frame: Frame, ref: Ref, found: dict[Any, Any]) -> None:
    if isinstance(ref, Items):
        for part in ref.items:
            _note(frame, part, found)
    if isinstance(ref, Iteration):
        for part in ref.args:
            _note(frame, part, found)
        if ref.kind == "generator":
            note_names(ref.make.frame, ref.make.node, found)
    if isinstance(ref, Closure) and id(ref.node) not in found:
        found[id(ref.node)] = ref.node
        note_names(ref.frame, ref.node, found)
        for part in ref.defaults.values():
            _note(frame, part, found)
    cell = root_of(ref)
    if cell is None or cell in found:
        return
    content = frame.world.contents.get(cell)
    found[cell] = content
    if isinstance(content, (Entries, Table)):
        for part in parts_of(content).values():
            _note(frame, part, found)


def note_names(frame: Frame, node: Any, found: dict[Any, Any]) -> None:
    """Note the names of a frame, or those around it, that syntax reads."""
    own = _own_names(node)
    for n in gast.walk(node):
        if not isinstance(n, gast.Name) or n.id in own:
            continue
        outer: Frame | None = frame
        while outer is not None and n.id not in outer.names:
            outer = outer.lexical
        if outer is not None:
            ref = outer.names[n.id]
            found[n.id, outer.path] = ref
            if isinstance(ref, Cell) or not isinstance(ref, Iteration):
                _note(frame, ref, found)


def _own_names(node: Any) -> set[str]:
    """The names that a generator expression or function binds at its head."""
    if isinstance(node, gast.GeneratorExp):
        return targets_of(node)
    heads = gast.walk(node.args)
    return {n.id for n in heads if isinstance(getattr(n, "ctx", None), gast.Param)}
