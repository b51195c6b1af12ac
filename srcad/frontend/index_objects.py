"""Objects of NumPy to index: np.s_, np.r_, np.c_, np.mgrid, np.ogrid.

np.r_[x, 0.0, 1:4]      the parts one after the other
np.c_[x, y]             vectors as columns
np.mgrid[0:n, 0:1:5j]   np.meshgrid of the slices, stacked
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from srcad.errors import MissingRule, UnsupportedSyntax
from srcad.frontend import numpy_prelude as prelude
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.indices import array_like
from srcad.frontend.inline import inline
from srcad.frontend.refs import Items, Iteration, Ref, Static
from srcad.frontend.subscripts import INDEXED
from srcad.ir.graph import Literal
from srcad.ir.types import Scalar, dims_of, dtype_of, kind_of, unwrapped
from srcad.ops.fit import cast

Handler = Callable[[Frame, Ref], Ref]


def _parts(key: Ref) -> list[Ref]:
    return list(key.items) if isinstance(key, Items) else [key]


def _call(frame: Frame, function: Any, *args: Ref, **kwargs: Any) -> Ref:
    named = {k: constant_ref(v) for k, v in kwargs.items()}
    return frame.call(Static(function), list(args), named, frame.here)


# ---- slices --------------------------------------------------------------------------


def _is_slice(ref: Ref) -> bool:
    return isinstance(ref, Iteration) and ref.kind == "slice"


def _bounds(frame: Frame, key: Ref) -> tuple[Ref, Ref, Ref, bool]:
    """Start, stop, step of a slice; or the count of places, where it is imaginary."""
    assert isinstance(key, Iteration)
    start, stop, step = key.args
    if _is_none(frame, stop):
        raise UnsupportedSyntax("this slice needs an end")
    start = constant_ref(0) if _is_none(frame, start) else start
    step = constant_ref(1) if _is_none(frame, step) else step
    if kind_of(frame.read(step).type) != "complex":
        return start, stop, step, False
    count = _call(frame, int, _call(frame, abs, step))
    return start, stop, count, True


def _is_none(frame: Frame, ref: Ref) -> bool:
    if isinstance(ref, Static):
        return ref.value is None
    value = frame.read(ref)
    return isinstance(value, Literal) and value.value is None


# ---- np.s_ ---------------------------------------------------------------------------


def _same(frame: Frame, key: Ref) -> Ref:
    return key


def _as_tuple(frame: Frame, key: Ref) -> Ref:
    return key if isinstance(key, Items) else Items((key,))


# ---- np.r_ and np.c_ -----------------------------------------------------------------


def _joined(columns: bool) -> Handler:
    def handler(frame: Frame, key: Ref) -> Ref:
        parts, dtypes = [], []
        for ref in _parts(key):
            if isinstance(ref, Static) and isinstance(ref.value, str):
                raise MissingRule(
                    f"{'np.c_' if columns else 'np.r_'} with {ref.value!r} has no "
                    "derivative rule",
                    hint="use np.concatenate, np.stack or np.column_stack",
                )
            part, dtype = _line(frame, ref)
            parts.append(_column(frame, part) if columns else part)
            dtypes.append(dtype)
        axis = -1 if columns else 0
        whole = _call(frame, np.concatenate, Items(tuple(parts)), axis=axis)
        found = dtype_of(frame.read(whole).type)
        if None in dtypes or found is None:
            return whole
        wanted = str(np.result_type(*dtypes))
        if wanted == found:
            return whole
        return frame.object_of(cast(frame.read(whole), dtype=wanted))

    return handler


def _line(frame: Frame, ref: Ref) -> tuple[Ref, Any]:
    """A part as an array of one dimension at least, and what it counts for."""
    if _is_slice(ref):
        start, stop, step, counted = _bounds(frame, ref)
        line = _call(frame, np.linspace if counted else np.arange, start, stop, step)
        return line, np.dtype(dtype_of(frame.read(line).type) or "float64")
    value = array_like(frame, ref)
    t = unwrapped(value.type)
    dtype = dtype_of(value.type)
    weak: Any = None if dtype is None else np.dtype(dtype)
    if isinstance(t, Scalar) and not t.dtype:
        weak = {"bool": False, "int": 0, "float": 0.0, "complex": 0j}[t.kind]
    if dims_of(value.type) is None:
        raise MissingRule(
            "np.r_ and np.c_: the number of axes must be known",
            hint="call the function once, or ask for source_for(*args)",
        )
    return _call(frame, np.atleast_1d, frame.object_of(value)), weak


def _column(frame: Frame, part: Ref) -> Ref:
    rank = len(dims_of(frame.shape_source(part).type) or ())
    if rank > 1:
        return part
    shape = Items((constant_ref(-1), constant_ref(1)))
    return _call(frame, np.reshape, part, shape)


# ---- np.mgrid and np.ogrid -----------------------------------------------------------


def _grid(sparse: bool) -> Handler:
    def handler(frame: Frame, key: Ref) -> Ref:
        keys = _parts(key)
        if not all(map(_is_slice, keys)):
            raise UnsupportedSyntax("np.mgrid and np.ogrid take slices")
        bounds = [_bounds(frame, k) for k in keys]
        if not isinstance(key, Items) and not bounds[0][3]:
            return _call(frame, np.arange, *bounds[0][:3])
        dtype = Static(np.dtype(_kind(frame, bounds)))
        lines = [
            inline(
                frame, prelude.spaced_in if counted else prelude.spaced_by, *b, dtype
            )
            for *b, counted in bounds
        ]
        if not isinstance(key, Items):
            return lines[0]
        if sparse:
            places = range(len(lines))
            return Items(tuple(_turned(frame, lines[k], k, places) for k in places))
        return _call(frame, np.stack, _call(frame, np.meshgrid, *lines, indexing="ij"))

    return handler


def _turned(frame: Frame, line: Ref, axis: int, axes: range) -> Ref:
    """A vector along one of several axes."""
    shape = [constant_ref(-1 if k == axis else 1) for k in axes]
    return _call(frame, np.reshape, line, Items(tuple(shape)))


def _kind(frame: Frame, bounds: list[tuple[Ref, Ref, Ref, bool]]) -> type:
    """Whole numbers where all are; else floats.

    Raises
    ------
    MissingRule
        They are neither.
    """
    if any(counted for *_, counted in bounds):
        return float
    types = [frame.read(r).type for *b, _ in bounds for r in b]
    kinds = {kind_of(t) for t in types}
    dtypes = {dtype_of(t) for t in types} - {None}
    if kinds - {"int", "float"} or dtypes - {"int64", "float64"}:
        raise MissingRule(
            "np.mgrid and np.ogrid of such numbers have no derivative rule",
            hint="write np.meshgrid(..., indexing='ij')",
        )
    return float if "float" in kinds else int


for _object, _handler in (
    (np.s_, _same),
    (np.index_exp, _as_tuple),
    (np.r_, _joined(columns=False)),
    (np.c_, _joined(columns=True)),
    (np.mgrid, _grid(sparse=False)),
    (np.ogrid, _grid(sparse=True)),
):
    INDEXED[id(_object)] = (_object, _handler)
