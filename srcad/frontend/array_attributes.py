"""Attributes of arrays that are written to: `z.real = v`, `z.imag[...] = v`, `x.flat`.

`x.flat` reads and writes entries counted row by row, whatever the order in memory; what
is read from it is a copy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.classes import fields
from srcad.frontend.flat import flat_line, flat_view
from srcad.frontend.frame import Frame
from srcad.frontend.indices import array_like
from srcad.frontend.keywords import store_whole
from srcad.frontend.refs import Cell, Ref, View
from srcad.frontend.results import attribute_view
from srcad.frontend.structures import structure
from srcad.ir.graph import Value
from srcad.ir.types import Array, Unknown, dims_of, kind_of, unwrapped

_WRITABLE = ("real", "imag", "flat")
_REFUSED = {
    "shape": "use a new name: y = x.reshape(...)",
    "dtype": "use astype",
    "strides": "use slices",
}


def _array_attribute(
    frame: Frame, node: gast.Attribute, owner: Ref
) -> tuple[Ref, Value] | None:
    """The array whose attribute is written to; None where it is none."""
    if not isinstance(owner, (Cell, View)) or structure(frame, owner) is not None:
        return None
    if fields(frame, owner) is not None:
        return None
    value = frame.read(owner)
    if not isinstance(unwrapped(value.type), (Array, Unknown)):
        return None
    if node.attr not in _WRITABLE:
        raise frame.refuse(
            f"writing to the attribute {node.attr!r} of an array is not supported",
            node,
            _REFUSED.get(node.attr, "write to the entries: x[...] = ..."),
        )
    return owner, value


def store_part(frame: Frame, node: gast.Attribute, owner: Ref, new: Ref) -> bool:
    """`x.real = new`, `x.imag = new`, `x.flat = new`; False: x is no array."""
    found = _array_attribute(frame, node, owner)
    if found is None:
        return False
    owner, value = found
    given = array_like(frame, new)
    if node.attr == "flat":
        flat = flat_view(frame, owner)
        if (
            dims_of(given.type) not in ((), (1,))
            and len(dims_of(given.type) or ()) != 1
        ):
            given = flat_line(given)
        store_whole(frame, flat, given, "unsafe")
        return True
    _check_part(value, node.attr)
    store_whole(frame, attribute_view(frame, owner, value, node.attr), given, "unsafe")
    return True


def augment_part(
    frame: Frame, node: gast.Attribute, owner: Ref, combine: Callable[[Ref], Any]
) -> bool:
    """`x.real op= new`; `combine` gives the new value from the old object."""
    found = _array_attribute(frame, node, owner)
    if found is None:
        return False
    owner, value = found
    if node.attr == "flat":
        raise frame.refuse("x.flat has no arithmetic", node, "use x itself")
    _check_part(value, node.attr)
    view = attribute_view(frame, owner, value, node.attr)
    frame.write(view, combine(view))
    return True


def _check_part(value: Value, name: str) -> None:
    if kind_of(value.type) is None:
        raise UnsupportedSyntax(
            f"a write to .{name} of an array whose dtype is not known is not supported",
            hint="call the function once, or ask for source_for(*args)",
        )
    if name == "imag" and kind_of(value.type) != "complex":
        raise UnsupportedSyntax("the imaginary part of a real array is read-only")
