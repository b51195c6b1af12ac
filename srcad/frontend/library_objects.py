"""Objects of known classes of packages, whose methods are operations.

Made inside a function, such an object is a cell of `Fields` that its class's operation
has made; one from outside is read as the same cell: its arrays are read anew at each
call, what else it has is known. The methods (`CubicSpline.__call__`) are operations
that take that cell first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from srcad.frontend.context import Binding, constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.lookup import outside
from srcad.frontend.refs import Cell, Fields, Ref
from srcad.ops.library_classes import Parts, parts_of_class


def library_object(frame: Frame, value: Any) -> Cell | None:
    """An object from outside as a cell; None for one of no known class."""
    parts = parts_of_class(type(value))
    if parts is None:
        return None
    known: dict[str, Ref] = {}
    for name in parts.arrays:
        known[name] = outside(frame, Binding("attribute", value, name))
    for name, read in known_parts(parts).items():
        known[name] = constant_ref(read(value))
    cell = frame.new(Fields(type(value), known))
    object.__setattr__(cell, "captured", f"a {type(value).__name__} from outside")
    return cell


def known_parts(parts: Parts) -> dict[str, Callable[[Any], Any]]:
    """How what is known of an object beforehand is read."""
    return dict(parts.known)
