"""What a known container held when it was read, to notice a later change."""

from __future__ import annotations

import types
from typing import Any

CONTAINERS = (list, dict, set, frozenset, tuple, types.MappingProxyType)


def snapshot(value: Any, around: tuple[int, ...] = ()) -> Any:
    """Something equal to a later snapshot while nothing in a container changes.

    Texts, numbers and flags are compared by value, other objects by identity.
    """
    if id(value) in around:
        return "itself"
    inside = (*around, id(value))
    if isinstance(value, (list, tuple)):
        return (type(value), [snapshot(v, inside) for v in value])
    if isinstance(value, (dict, types.MappingProxyType)):
        pairs = [(k, type(k), snapshot(v, inside)) for k, v in value.items()]
        return (type(value), pairs)
    if isinstance(value, (set, frozenset)):
        return (type(value), frozenset((type(v), v) for v in value))
    if isinstance(value, (str, bytes, bool, int, float, complex, type(None))):
        return (type(value), repr(value))
    return _Same(value)


class _Same:
    """An object compared by identity."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value

    __hash__ = None  # type: ignore[assignment]
