"""Reductions and scans that skip nan: each is the usual one of the other entries.

An entry that is nan has derivative 0. The standard deviation of constants has too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad.ir.graph import Value, literal
from srcad.ir.types import UNKNOWN, dims_of, dtype_of, kind_of, number_type
from srcad.ops.choice import where
from srcad.ops.complexes import conj_of, real_of
from srcad.ops.counting import INDEX
from srcad.ops.declare import Op, zero
from srcad.ops.derived import derived
from srcad.ops.domain import Sample, at, spaced, value_at
from srcad.ops.extremes import max_, min_
from srcad.ops.fit import cast, sum_
from srcad.ops.reduced import Axis, reduced_dims
from srcad.ops.reductions import count_of
from srcad.ops.rounding import isnan
from srcad.ops.scans import cumprod, cumsum, prod
from srcad.ops.ufunc import root


def _replaced(x: Value, by: float) -> Value:
    """x with another number for nan; whole numbers are never nan."""
    if kind_of(x.type) in ("int", "bool"):
        return x
    return where(isnan(x), by, x)


def _filled(op: Op, by: float) -> Any:
    def body(x: Value, **params: Any) -> Value:
        return op(_replaced(x, by), **params)

    return body


def _with_nan(x: Any) -> Any:
    return np.where(x > 1.2, np.nan, x)


def _points(*more: Sample, scan: bool = False) -> Any:
    def points() -> list[Sample]:
        x = spaced(-1.0, 2.0, (2, 3))
        found = [at(x), at(_with_nan(x)), at(_with_nan(x), axis=1), at(x[0], axis=-1)]
        if not scan:
            found += [at(_with_nan(x), axis=0, keepdims=True)]
            found += [at(_with_nan(spaced(-1.0, 2.0, (2, 2, 2))), axis=(0, 2))]
        return [*found, at(x[0].astype(np.float32)), value_at(np.array([1, 2])), *more]

    return points


def _reduction(name: str, op: Op, by: float, signature: str, **facts: Any) -> Op:
    return derived(
        name,
        calls=(getattr(np, name),),
        signature=signature,
        body=_filled(op, by),
        **{"domain": _points(), **facts},
    )


PLAIN = "x, axis=None, *, keepdims=False"
TYPED = "x, axis=None, dtype=None, *, keepdims=False"
SCAN = "x, axis=None, dtype=None"

nansum = _reduction("nansum", sum_, 0.0, TYPED)
nanprod = _reduction("nanprod", prod, 1.0, TYPED)
nanmax = _reduction("nanmax", max_, -np.inf, PLAIN)
nanmin = _reduction("nanmin", min_, np.inf, PLAIN)
nancumsum = _reduction(
    "nancumsum",
    cumsum,
    0.0,
    SCAN,
    domain=_points(scan=True),
)
nancumprod = _reduction("nancumprod", cumprod, 1.0, SCAN, domain=_points(scan=True))

# ---- means and variances -------------------------------------------------------------


def _count(x: Value, axis: Axis, keepdims: bool) -> Value:
    """How many entries are not nan."""
    if kind_of(x.type) in ("int", "bool"):
        return count_of(x, axis)
    params: dict[str, Any] = {} if axis is None else {"axis": axis}
    kept = {"keepdims": True} if keepdims else {}
    found = count_of(x, axis) - sum_(isnan(x), **params, **kept)
    dtype = dtype_of(x.type)
    return found if dtype is None else cast(found, dtype=np.finfo(dtype).dtype.name)


def _mean(x: Value, axis: Axis = None, keepdims: bool = False) -> Value:
    params: dict[str, Any] = {} if axis is None else {"axis": axis}
    kept = {"keepdims": True} if keepdims else {}
    total = sum_(_replaced(x, 0.0), **params, **kept)
    return total / _count(x, axis, keepdims)


def _variance(
    x: Value, axis: Axis = None, ddof: Any = 0, keepdims: bool = False
) -> Value:
    params: dict[str, Any] = {} if axis is None else {"axis": axis}
    kept = {"keepdims": True} if keepdims else {}
    centred = _replaced(x - _mean(x, axis, keepdims=True), 0.0)
    squares = real_of(centred * conj_of(centred))
    freedom = _count(x, axis, keepdims)
    freedom = freedom - literal(ddof) if ddof else freedom
    return sum_(squares, **params, **kept) / freedom


def _deviation(x: Value, **params: Any) -> Value:
    return root(_variance(x, **params))


def _spread_points() -> list[Sample]:
    x = spaced(-1.0, 2.0, (2, 3))
    more = [at(_with_nan(x), ddof=1), at(_with_nan(x[0]) + 1j * x[1])]
    found: list[Sample] = _points(*more)()
    return found


nanmean: Op = derived(
    "nanmean", calls=(np.nanmean,), signature=PLAIN, body=_mean, domain=_points()
)
nanvar: Op = derived(
    "nanvar",
    calls=(np.nanvar,),
    signature="x, axis=None, *, ddof=0, keepdims=False",
    body=_variance,
    domain=_spread_points,
)
nanstd: Op = derived(
    "nanstd",
    calls=(np.nanstd,),
    signature="x, axis=None, *, ddof=0, keepdims=False",
    body=_deviation,
    domain=_spread_points,
)

# ---- places --------------------------------------------------------------------------


def _place(name: str) -> Op:
    def infer(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
        dims = dims_of(x)
        if dims is None:
            return UNKNOWN
        return number_type(INDEX, reduced_dims(dims, axis, keepdims))

    return zero(
        name,
        calls=(getattr(np, name),),
        signature="x, axis=None, *, keepdims=False",
        infer=infer,
        domain=lambda: [at(_with_nan(spaced(-1, 2, (2, 3)))), at(np.eye(2), axis=0)],
    )


nanargmax = _place("nanargmax")
nanargmin = _place("nanargmin")
