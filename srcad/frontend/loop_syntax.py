"""What the syntax of a loop tells before it is lowered: names, writes, exits."""

from __future__ import annotations

from typing import Any

import gast

from srcad.frontend.bindings import bound_by
from srcad.frontend.scopes import nodes_in_scope, statements_in


def _inside(node: Any) -> list[Any]:
    """The syntax in a loop's body, without functions defined there."""
    todo = [*node.body]
    if isinstance(node, gast.For):
        todo.append(node.target)
    return list(nodes_in_scope(todo))


def assigned_names(node: Any) -> list[str]:
    """The names a loop's body binds; not by `x += 1`, which may be a write instead."""
    inside = list(_inside(node))
    augmented = {id(n.target) for n in inside if isinstance(n, gast.AugAssign)}
    names = {b for n in inside if id(n) not in augmented for b in bound_by(n)}
    return sorted(names)


def written_names(node: Any) -> list[str]:
    """The names whose objects a loop's body seems to write to."""
    names: set[str] = set()
    for n in _inside(node):
        target = n
        if isinstance(n, (gast.Subscript, gast.Attribute)):
            if not isinstance(n.ctx, gast.Store) and not _is_append(n):
                continue
        elif isinstance(n, gast.AugAssign):
            target = n.target
        else:
            continue
        while isinstance(target, (gast.Subscript, gast.Attribute)):
            target = target.value
        if isinstance(target, gast.Name):
            names.add(target.id)
    return sorted(names)


_WRITING = ("append", "extend", "insert", "pop", "reverse", "clear")


def _is_append(node: Any) -> bool:
    return isinstance(node, gast.Attribute) and node.attr in _WRITING


def has_exit(node: Any, *classes: type) -> bool:
    """Whether a loop's body has a jump of these classes (inner loops keep theirs)."""
    todo = list(node.body)
    while todo:
        item = todo.pop()
        if isinstance(item, classes):
            return True
        if isinstance(item, gast.FunctionDef):
            continue
        if isinstance(item, (gast.For, gast.While)):
            inner = tuple(c for c in classes if c is gast.Return)
            if inner and has_exit(item, *inner):
                return True
            todo.extend(item.orelse)
            continue
        todo += statements_in(item)
    return False
