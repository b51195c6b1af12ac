"""`array.tolist()`: a list of Python numbers."""

from __future__ import annotations

from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Entries, Number, Ref
from srcad.ir.graph import Value, literal
from srcad.ir.types import Array, Scalar, Type, kind_of, unwrapped
from srcad.ops.convert import to_complex, to_float, to_int
from srcad.ops.index import getitem


def to_list(frame: Frame, value: Value) -> Ref:
    """`value.tolist()`: of arrays whose shape is known."""
    t = unwrapped(value.type)
    if isinstance(t, Scalar):
        return Number(_python_number(value))
    dims = t.dims if isinstance(t, Array) else (None,)
    if not all(isinstance(d, int) for d in dims):
        raise UnsupportedSyntax(
            "tolist is supported for arrays whose shape is known",
            hint="walk the array itself, or index it",
        )
    return _nested(frame, value, t, ())


def _nested(frame: Frame, value: Value, t: Any, index: tuple[int, ...]) -> Ref:
    if len(index) == len(t.dims):
        layout = ("at",) * len(index)
        entry = getitem(value, *map(literal, index), layout=layout) if index else value
        return Number(_python_number(entry))
    count = t.dims[len(index)]
    parts = (_nested(frame, value, t, (*index, k)) for k in range(count))
    return frame.new(Entries(tuple(parts)))


def _python_number(value: Value) -> Value:
    t: Type = value.type
    kind = kind_of(t)
    if isinstance(t, Scalar) and not t.dtype:
        return value
    if kind == "complex":
        return to_complex(value)
    if kind == "bool":
        raise UnsupportedSyntax("tolist of booleans is not supported")
    return to_float(value) if kind == "float" else to_int(value)
