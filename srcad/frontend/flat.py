"""`x.flat`: the entries of an array, row by row."""

from __future__ import annotations

from srcad.errors import UnsupportedSyntax
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Cell, Flat, Ref, View
from srcad.ir.graph import Value
from srcad.ir.types import Array, unwrapped
from srcad.ops.layout import FLAT
from srcad.ops.ranks import reshape_like
from srcad.ops.shapes import reshape


def flat_view(frame: Frame, owner: Ref) -> Ref:
    """The object `owner.flat`."""
    value = frame.read(owner)
    t = unwrapped(value.type)
    if not isinstance(t, Array) or not isinstance(owner, (Cell, View)):
        raise UnsupportedSyntax(
            "flat of an object whose rank is not known is not supported",
            hint="call the function once, or use ravel()",
        )
    if len(t.dims) == 1:
        return Flat(owner, lambda b: b, lambda b, new: new)
    back = lambda b, new: reshape_like(new, b)  # noqa: E731
    return Flat(owner, flat_line, back, index=((FLAT,), ()))


def flat_line(b: Value) -> Value:
    """The entries of an array, row by row."""
    return reshape(b, -1, scalar=True)
