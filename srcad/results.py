"""Results as the user's own code gives them.

Generated source knows a deque as an object with a list (`frontend.deques`); callers get
and hand over `collections.deque`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from srcad.backend.runtime import with_attributes
from srcad.entry import Entry
from srcad.frontend.deques import Deque
from srcad.instances import attributes


def shown(entry: Entry, found: Any) -> Any:
    """What a function of an entry gave, with `collections.deque` for each `Deque`."""
    return _replaced(found, Deque, _shown) if has_deques(entry) else found


def taken(entry: Entry, given: Any) -> Any:
    """What is handed to a function of an entry: the other way round."""
    return _replaced(given, deque, _taken) if has_deques(entry) else given


def has_deques(entry: Entry) -> bool:
    """Whether the functions of an entry may give one."""
    return any(v is Deque for g in entry.generated for v in g.names.values())


def _shown(made: Deque) -> deque[Any]:
    # A tangent has no length of its own.
    longest = made.maxlen if type(made.maxlen) is int else None
    return deque((_replaced(v, Deque, _shown) for v in made._items), longest)


def _taken(given: deque[Any]) -> Deque:
    found = Deque([_replaced(v, deque, _taken) for v in given])
    found.maxlen = given.maxlen
    return found


def _replaced(tree: Any, kind: type, other: Callable[[Any], Any]) -> Any:
    """A result with other objects for those of one class."""
    if isinstance(tree, kind):
        return other(tree)
    if isinstance(tree, dict):
        return {k: _replaced(v, kind, other) for k, v in tree.items()}
    if isinstance(tree, (list, tuple)):
        items = [_replaced(v, kind, other) for v in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)
    inside = attributes(tree)
    if inside is None:
        return tree
    parts = {k: _replaced(v, kind, other) for k, v in inside.items()}
    return with_attributes(type(tree), **parts)
