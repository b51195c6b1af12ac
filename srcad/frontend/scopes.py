"""Which names syntax binds: comprehensions have a scope of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gast

COMPREHENSIONS = (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)
_HOLDING = ("body", "orelse", "handlers", "finalbody", "cases")
_FUNCTIONS = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda)


def targets_of(node: Any) -> set[str]:
    """The names that a comprehension's `for`s bind."""
    return {
        n.id
        for part in node.generators
        for n in gast.walk(part.target)
        if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Store)
    }


def walrus_names(node: Any) -> list[str]:
    """The names that a comprehension binds by `:=`, in the function around it."""
    found: list[str] = []
    todo = list(gast.iter_child_nodes(node))
    while todo:
        item = todo.pop()
        if isinstance(item, gast.NamedExpr) and item.target.id not in found:
            found.append(item.target.id)
        if not isinstance(item, _FUNCTIONS):
            todo.extend(gast.iter_child_nodes(item))
    return sorted(found)


def statements_in(node: Any) -> list[Any]:
    """The statements, handlers and cases that one holds; no expression holds any."""
    return [s for name in _HOLDING for s in getattr(node, name, ())]


def _children(node: Any) -> list[Any]:
    """The parts of a node, without contexts and signs, which have none themselves."""
    found: list[Any] = []
    for name in node._fields:
        part = getattr(node, name, None)
        if isinstance(part, gast.AST):
            if part._fields:
                found.append(part)
        elif isinstance(part, list):
            found += [p for p in part if isinstance(p, gast.AST)]
    return found


def nodes_in_scope(nodes: list[Any]) -> Iterator[Any]:
    """Syntax, without what stands in functions, and without comprehensions' targets."""
    todo = list(nodes)
    while todo:
        item = todo.pop()
        yield item
        if isinstance(item, COMPREHENSIONS):
            for child in _children(item):
                if isinstance(child, gast.comprehension):
                    todo += [child.iter, *child.ifs]
                else:
                    todo.append(child)
        elif not isinstance(item, (gast.FunctionDef, gast.Lambda)):
            todo += _children(item)
