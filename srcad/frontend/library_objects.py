"""Objects of known classes of packages, whose methods are operations.

Made inside a function, such an object is a cell of `Fields` that its class's operation
has made; one from outside is read as the same cell: its arrays are read anew at each
call, what else it has is known. The methods (`CubicSpline.__call__`) are operations
that take that cell first.
"""

from __future__ import annotations

from typing import Any

from srcad.frontend.context import Binding, constant_ref, guard_of
from srcad.frontend.frame import Frame
from srcad.frontend.lookup import outside
from srcad.frontend.refs import Cell, Fields, Ref
from srcad.ops.library_classes import parts_of_class

# Attributes that say how an object works, where it has them.
SETTINGS = ("extrapolate", "fill_value", "bounds_error")


def library_object(frame: Frame, value: Any) -> Cell | None:
    """An object from outside as a cell; None for one of no known class."""
    parts = parts_of_class(type(value))
    if parts is None:
        return None
    known: dict[str, Ref] = {}
    for name in parts.arrays:
        known[name] = outside(frame, Binding("attribute", value, name))
    for name, read in parts.known.items():
        known[name] = constant_ref(read(value))
    for name in (*parts.arrays, *parts.known, *SETTINGS):
        found = getattr(value, name, None)
        if found is not None and found is getattr(value, name):
            binding = Binding("attribute", value, name)
            frame.session.guards.setdefault(binding.key, guard_of(binding, found))
    cell = frame.new(Fields(type(value), known))
    object.__setattr__(cell, "captured", f"a {type(value).__name__} from outside")
    return cell
