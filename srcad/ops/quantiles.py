"""Median, quantiles and percentiles: entries of the sorted array, or between two.

The place of a quantile in the sorted entries follows R. J. Hyndman and Y. Fan, "Sample
quantiles in statistical packages", The American Statistician 50 (1996) 361, as NumPy
does. Methods whose value jumps with the number of entries are refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import Scalar, dims_of, dtype_of
from srcad.ops.arithmetic import floor_divide
from srcad.ops.axes import moveaxis
from srcad.ops.bodies import at_least_float, entry, flat, length, minus, rank_for
from srcad.ops.choice import maximum, minimum
from srcad.ops.declare import Arguments, Op, as_array, static
from srcad.ops.derived import derived
from srcad.ops.domain import Sample, at, spaced, value_at
from srcad.ops.fit import cast, sum_
from srcad.ops.order import sort, take_along_axis
from srcad.ops.ranks import expand_dims
from srcad.ops.rearrange import take
from srcad.ops.rounding import ceil, floor, isnan, rint
from srcad.ops.shapes import reshape
from srcad.ops.sizes import bound

Axes = int | tuple[int, ...] | None

# The place of the quantile q among n entries is n * q + a + q * (1 - a - b) - 1.
CONTINUOUS = {
    "linear": (1.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
    "interpolated_inverted_cdf": (0.0, 1.0),
}
BETWEEN = ("lower", "higher", "midpoint", "nearest")


def _bind(name: str) -> Any:
    median = name.endswith("median")

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        unread: dict[str, list[Any]] = {
            "out": [None],
            "overwrite_input": [True, False],
            "weights": [None],
        }
        if median:
            names: tuple[str, ...] = ("a", "axis", "out", "overwrite_input", "keepdims")
        else:
            names = ("a", "q", "axis", "out", "overwrite_input", "method", "keepdims")
        given = bound(names, args, kwargs, name, ignored=unread)
        method = static(given.get("method", "linear"), f"{name}(method=...)")
        if method not in CONTINUOUS and method not in BETWEEN:
            raise MissingRule(
                f"{name}(method={method!r}) has no derivative rule",
                hint=f"methods with one: {', '.join((*CONTINUOUS, *BETWEEN))}",
            )
        for key in ("out", "overwrite_input"):
            if key in given and static(given[key], f"{name}({key}") not in unread[key]:
                raise MissingRule(f"{name}: {key}= has no derivative rule")
        params = {"axis": static(given.get("axis"), f"{name}(axis=...)")}
        params["keepdims"] = bool(static(given.get("keepdims", False), name))
        if isinstance(params["axis"], list):
            params["axis"] = tuple(params["axis"])
        usual = {"axis": None, "keepdims": False, "method": "linear"}
        params = {**params, "method": method}
        inputs = [given["a"]] if median else [given["a"], as_array(given["q"])]
        return inputs, {k: v for k, v in params.items() if v != usual[k]}

    return bind


# ---- axes ----------------------------------------------------------------------------


def _in_last(x: Value, axis: Axes, what: str) -> Value:
    """x with the axes to reduce put together as the last one."""
    dims = dims_of(x.type)
    if axis is None:
        return flat(x)
    if isinstance(axis, int):
        last = axis == -1 or (dims is not None and axis % len(dims) == len(dims) - 1)
        return x if last else moveaxis(x, a=axis, b=-1)
    (rank,) = rank_for(what, x)
    axes = tuple(k % rank for k in axis)
    kept = [length(x, k) for k in range(rank) if k not in axes]
    moved = moveaxis(x, a=axes, b=tuple(range(rank - len(axes), rank)))
    return reshape(moved, *kept, -1)


def _with_axes(found: Value, x: Value, axis: Axes, extra: int, what: str) -> Value:
    """A result of the reduction with the axes that keepdims keeps.

    extra : how many axes the quantiles have, which come first.
    """
    if isinstance(axis, int) and axis < 0 and not extra:
        return expand_dims(found, axis=axis)
    (rank,) = rank_for(what, x)
    axes = range(rank) if axis is None else axis if isinstance(axis, tuple) else [axis]
    return expand_dims(found, axis=tuple(sorted(k % rank + extra for k in axes)))


# ---- the place among the sorted entries ----------------------------------------------


def _place(n: Value, q: Value, method: str) -> tuple[Value, Value | float]:
    """The entry before a quantile, and how far it is to the next one."""
    if method in BETWEEN:
        place = q * minus(n, 1)
        if method == "midpoint":
            low, high = floor(place), ceil(place)
            return low, 0.5 * (high - low)
        return {"lower": floor, "higher": ceil, "nearest": rint}[method](place), 0.0
    a, b = CONTINUOUS[method]
    if (a, b) == (1.0, 1.0):
        place = q * minus(n, 1)
    else:
        place = n * q + (a + q * (1.0 - a - b)) - 1.0
        place = maximum(minimum(place, minus(n, 1) * 1.0), 0.0)
    low = floor(place)
    return low, place - low


def _index(place: Value, n: Value) -> Value:
    last = maximum(minus(n, 1), 0)
    return minimum(cast(maximum(place, 0.0), dtype="int64"), last)


def quantile_of(
    x: Value,
    q: Value,
    axis: Axes = None,
    method: str = "linear",
    keepdims: bool = False,
    skip_nan: bool = False,
) -> Value:
    """A quantile, by sorting."""
    what = "nanquantile" if skip_nan else "quantile"
    rows = sort(at_least_float(_in_last(x, axis, what)))
    n = length(rows, -1)
    (extra,) = rank_for(what, q)
    if extra > 1:
        raise MissingRule(f"{what}: q of more than one axis has no derivative rule")
    if skip_nan:
        n = n - sum_(isnan(rows), axis=-1, keepdims=True)
    low, rest = _place(n, q, method)
    first, second = _index(low, n), _index(low + 1.0, n)
    read = _take_nan if skip_nan else _take
    found = read(rows, first, extra)
    if not (isinstance(rest, float) and rest == 0.0):
        if skip_nan and not extra:
            rest = entry(rest, 0, -1) if isinstance(rest, Value) else rest
        found = found + (read(rows, second, extra) - found) * _light(rest, q, rows)
    if extra and dims_of(found.type) != dims_of(q.type):
        found = moveaxis(found, a=-1, b=0)
    return _with_axes(found, x, axis, extra, what) if keepdims else found


def _light(rest: Any, q: Value, rows: Value) -> Any:
    """A number's share in the dtype of the entries, which it does not change."""
    dtype = dtype_of(rows.type)
    light = isinstance(q.type, Scalar) and isinstance(rest, Value)
    if not light or dtype is None or dtype == dtype_of(rest.type):
        return rest
    return cast(rest, dtype=dtype)


def _take(rows: Value, index: Value, extra: int) -> Value:
    return take(rows, index, axis=-1)


def _take_nan(rows: Value, index: Value, extra: int) -> Value:
    found = take_along_axis(rows, index, axis=-1)
    return found if extra else entry(found, 0, -1)


# ---- the operations ------------------------------------------------------------------


def _median(x: Value, axis: Axes = None, keepdims: bool = False, **_: Any) -> Value:
    rows = sort(at_least_float(_in_last(x, axis, "median")))
    n = length(rows, -1)
    middle = [minus(n, 1), n]
    ends = [
        literal(k.value // 2) if isinstance(k, Literal) else floor_divide(k, 2)
        for k in middle
    ]
    found = 0.5 * (entry(rows, ends[0], -1) + entry(rows, ends[1], -1))
    return _with_axes(found, x, axis, 0, "median") if keepdims else found


def _nanmedian(x: Value, axis: Axes = None, keepdims: bool = False, **_: Any) -> Value:
    return quantile_of(x, literal(0.5), axis, keepdims=keepdims, skip_nan=True)


def _percent(**more: Any) -> Any:
    def body(x: Value, q: Value, **params: Any) -> Value:
        scaled = literal(q.value / 100) if isinstance(q, Literal) else q / 100.0
        return quantile_of(x, scaled, **params, **more)

    return body


def _nanquantile(x: Value, q: Value, **params: Any) -> Value:
    return quantile_of(x, q, skip_nan=True, **params)


X = spaced(-1.0, 2.0, (3, 4))


def _median_points() -> list[Sample]:
    return [
        at(X),
        at(X, axis=0),
        at(X, axis=1, keepdims=True),
        at(X[0, :3]),
        at(spaced(-1.0, 2.0, (2, 3, 2)), axis=(0, 2)),
        at(X[0].astype(np.float32)),
        value_at(np.ones(1)),
        value_at(np.array([[1, 2], [3, 7]])),
    ]


def _quantile_points(scale: float = 1.0, nan: bool = False) -> Any:
    def points() -> list[Sample]:
        x = np.where(X > 1.7, np.nan, X) if nan else X
        several = np.array([0.23, 0.58]) * scale
        found = [
            at(x, 0.33 * scale),
            at(x, 0.3 * scale, axis=0),
            at(x, 0.3 * scale, axis=-1, keepdims=True),
            at(x, several),
            at(x, several, axis=1),
            at(x[0].astype(np.float32), 0.3 * scale),
            value_at(x[0, :1], 0.5 * scale),
        ]
        return found + [
            at(x, 0.42 * scale, axis=1, method=m) for m in (*CONTINUOUS, *BETWEEN)
        ]

    return points


def _quantile(name: str, body: Any, domain: Any) -> Op:
    return derived(
        name,
        calls=(getattr(np, name),),
        signature="a, q, axis=None, method='linear', keepdims=False",
        bind=_bind(name),
        body=body,
        facts={"ranked": True},
        domain=domain,
    )


def _middle(name: str, body: Any) -> Op:
    return derived(
        name,
        calls=(getattr(np, name),),
        signature="a, axis=None, keepdims=False",
        bind=_bind(name),
        body=body,
        facts={"ranked": True},
        domain=_median_points,
    )


median = _middle("median", _median)
nanmedian = _middle("nanmedian", _nanmedian)
quantile = _quantile("quantile", quantile_of, _quantile_points())
percentile = _quantile("percentile", _percent(), _quantile_points(100.0))
nanquantile = _quantile("nanquantile", _nanquantile, _quantile_points(1.0, True))
nanpercentile = _quantile(
    "nanpercentile", _percent(skip_nan=True), _quantile_points(100.0, True)
)
