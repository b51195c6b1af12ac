"""The names that a stretch of syntax binds, and those it takes from further out.

What inner functions bind counts for them, not for the function around them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import gast

from srcad.frontend.scopes import nodes_in_scope, statements_in


def bound_by(node: Any) -> list[str]:
    """The names that one node of syntax binds (or unbinds) by itself."""
    if isinstance(node, gast.Name):
        return [node.id] if isinstance(node.ctx, (gast.Store, gast.Del)) else []
    if isinstance(node, gast.FunctionDef):
        return [node.name]
    if isinstance(node, (gast.Import, gast.ImportFrom)):
        return [a.asname or a.name.partition(".")[0] for a in node.names]
    if isinstance(node, (gast.MatchAs, gast.MatchStar)):
        return [node.name] if node.name else []
    if isinstance(node, gast.MatchMapping):
        return [node.rest] if node.rest else []
    return []


def body_nodes(tree: Any) -> list[Any]:
    """The statements of a function, or the expression of a lambda."""
    return tree.body if isinstance(tree.body, list) else [tree.body]


def declared(tree: Any, kind: type) -> frozenset[str]:
    """The names that a function declares `nonlocal` or `global`."""
    return _declared(_statements(tree, inner=False), kind)


def _declared(nodes: Iterable[Any], *kinds: type) -> frozenset[str]:
    found: list[Any] = [n for n in nodes if isinstance(n, kinds)]
    return frozenset(name for n in found for name in n.names)


def _statements(tree: Any, inner: bool) -> Iterator[Any]:
    """The statements of a function; `inner`: those of functions in it as well."""
    todo = statements_in(tree) if isinstance(tree.body, list) else []
    while todo:
        item = todo.pop()
        yield item
        if inner or not isinstance(item, gast.FunctionDef):
            todo += statements_in(item)


def bound_names(tree: Any) -> set[str]:
    """The names that a function's body binds, and that are its own."""
    nodes = list(nodes_in_scope(body_nodes(tree)))
    names = {n for node in nodes for n in bound_by(node)}
    return names - _declared(nodes, gast.Nonlocal, gast.Global)


def shared_with_inner(tree: Any) -> frozenset[str]:
    """The names that some function inside this one declares `nonlocal`."""
    found: set[str] = set()
    for node in _statements(tree, inner=True):
        if isinstance(node, gast.FunctionDef):
            found |= declared(node, gast.Nonlocal)
    return frozenset(found)
