"""Trees of expressions: their parts, copies with names replaced, keys to compare by.

What `ast` has for this does the same several times slower.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Mapping
from typing import Any

LEAVES = (ast.Name, ast.Constant)
LITERALS = (bool, int, float, complex, str, bytes)


class _Inner(dict[type, bool]):
    """For a class: whether it is one of nodes that have parts; each is asked once."""

    def __missing__(self, kind: type) -> bool:
        self[kind] = found = issubclass(kind, ast.AST) and bool(kind._fields)
        return found


INNER = _Inner()


def parts(tree: ast.AST) -> list[ast.AST]:
    """The nodes of a tree, breadth first; no signs and contexts (`ast.Add`, `Load`)."""
    found = [tree]
    for part in found:
        if type(part) in LEAVES:
            continue
        for child in vars(part).values():
            if INNER[type(child)]:
                found.append(child)
            elif type(child) is list:
                found += [c for c in child if isinstance(c, ast.AST)]
    return found


def names_in(tree: ast.AST) -> list[str]:
    """The names in a tree, as often as they are in it."""
    return [part.id for part in parts(tree) if isinstance(part, ast.Name)]


def longest(tree: ast.AST) -> int | None:
    """As long as its text, or longer; None for what must be printed to know."""
    length = 0
    for part in parts(tree):
        match part:
            case ast.Name(id=name):
                length += len(name)
            case ast.Constant(value=value):
                length += len(repr(value)) + 2
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                length += len(name) + 1
            case ast.BinOp() | ast.UnaryOp() | ast.Subscript():
                length += 6  # " ** " in brackets
            case ast.Call(args=args, keywords=keywords):
                length += 2 * (len(args) + len(keywords)) + 2
            case ast.Tuple(elts=items):
                length += 2 * len(items) + 3
            case _:
                return None
    return length


def substituted(tree: Any, replacements: Mapping[str, ast.expr]) -> Any:
    """A copy of a tree with names replaced by expressions.

    Leaves are shared, and so are dotted names in which nothing was replaced.
    """
    kind = type(tree)
    if kind is ast.Name:
        return replacements.get(tree.id, tree)
    if kind is list:
        return [substituted(part, replacements) for part in tree]
    if kind is ast.Constant or not INNER[kind]:
        return tree
    if kind is ast.Attribute:
        whole = substituted(tree.value, replacements)
        same = whole is tree.value
        return tree if same else ast.Attribute(whole, tree.attr, tree.ctx)
    fields = [substituted(getattr(tree, f, None), replacements) for f in tree._fields]
    return kind(*fields)


def with_names_for_objects(tree: Any, name: Callable[[Any], str]) -> Any:
    """A copy of a tree in which names stand for constants that no text can say."""
    if isinstance(tree, list):
        return [with_names_for_objects(part, name) for part in tree]
    if isinstance(tree, ast.Constant):
        plain = isinstance(tree.value, LITERALS) or tree.value is None
        return tree if plain or tree.value is ... else ast.Name(name(tree.value))
    if not isinstance(tree, ast.AST) or not tree._fields:
        return tree
    fields = [getattr(tree, f, None) for f in tree._fields]
    return type(tree)(*(with_names_for_objects(part, name) for part in fields))


def shape(tree: Any) -> Hashable:
    """What tells a tree from others that print otherwise."""
    if isinstance(tree, ast.Name):
        return tree.id
    if isinstance(tree, ast.AST):
        if not tree._fields:
            return (type(tree),)
        fields = [shape(getattr(tree, f, None)) for f in tree._fields]
        return (type(tree), *fields)
    if isinstance(tree, list):
        return tuple([shape(part) for part in tree])
    return repr(tree)
