"""The Python object that a reference is for certain, where lowering knows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from srcad.frontend.refs import Items, Number, Ref, Static
from srcad.ir.graph import UNDEFINED, Literal

NOT_KNOWN = object()


def known_object(ref: Ref) -> Any:
    """The Python object that a reference is, or `NOT_KNOWN`."""
    if isinstance(ref, Static):
        return ref.value
    if isinstance(ref, Number) and isinstance(ref.value, Literal):
        return NOT_KNOWN if ref.value.value is UNDEFINED else ref.value.value
    if isinstance(ref, Items) and ref.cls is tuple:
        parts = tuple(map(known_object, ref.items))
        return parts if all_known(parts) else NOT_KNOWN
    return NOT_KNOWN


def all_known(objects: Iterable[Any]) -> bool:
    """Whether none of the objects is `NOT_KNOWN`."""
    return all(found is not NOT_KNOWN for found in objects)
