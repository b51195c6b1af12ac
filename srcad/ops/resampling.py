"""Smoothing and resampling of `scipy.signal`: linear in the signal.

`upfirdn` puts zeros between samples, convolves, and takes every so many;
`resample_poly` is that with a filter of its own, centred. `savgol_filter` fits a
polynomial in a window and reads it off in the middle, or near the ends anywhere: a
convolution, and two matrices at the ends.

Source: A. Savitzky and M. J. E. Golay, Analytical Chemistry 36 (1964) 1627.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.graph import Value, literal
from srcad.ir.types import UNKNOWN, Array, Tuple, Type
from srcad.ops.arithmetic import floor_divide
from srcad.ops.axes import moveaxis
from srcad.ops.bodies import at_least_float, cast_like, length, part, rank_for
from srcad.ops.borders import extended, less_by, plus
from srcad.ops.convolution import all_convolved, inner_convolved
from srcad.ops.declare import Arguments, Op, as_array, is_none, static, zero
from srcad.ops.derived import derived
from srcad.ops.domain import Sample, spaced
from srcad.ops.filled import zeros
from srcad.ops.fit import cast, sum_
from srcad.ops.grids import arange
from srcad.ops.index import getitem, update
from srcad.ops.joins import concatenate
from srcad.ops.products import matmul
from srcad.ops.ranks import expand_dims
from srcad.ops.reductions import mean
from srcad.ops.sizes import bound, own_length


def _last(x: Value, axis: int) -> Value:
    """x with an axis as the last."""
    (rank,) = rank_for("signal", x)
    return x if axis % rank == rank - 1 else moveaxis(x, a=axis, b=-1)


def _back(x: Value, axis: int) -> Value:
    """The last axis put where it was."""
    (rank,) = rank_for("signal", x)
    return x if axis % rank == rank - 1 else moveaxis(x, a=-1, b=axis)


def _row(kernel: Value, like: Value) -> Value:
    """A vector with axes of length 1 before its own, as many as `like` has axes."""
    for _ in range(rank_for("signal", like)[0] - 1):
        kernel = expand_dims(kernel, axis=0)
    return kernel


def _bind(name: str, inputs: Sequence[str], names: str, **usual: Any) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(names.split(), args, kwargs, name)
        params = {
            k: static(given[k], f"{name}({k}=...)") for k in given if k not in inputs
        }
        params = {k: tuple(v) if isinstance(v, list) else v for k, v in params.items()}
        params = {k: v for k, v in params.items() if v != usual.get(k, v is None)}
        return [as_array(given[k]) for k in inputs], params

    return bind


def _sample(name: str, *inputs: Any, **params: Any) -> Sample:
    def expected(*inputs: Any) -> Any:
        return getattr(sys.modules["scipy.signal"], name)(*inputs, **params)

    return Sample(inputs, params, expected=expected)


# ---- upfirdn -------------------------------------------------------------------------


def _spread(x: Value, up: int) -> Value:
    """x with zeros between its samples, on the last axis."""
    if up == 1:
        return x
    (rank,) = rank_for("upfirdn", x)
    n = length(x, -1)
    many = plus((less_by(n, 1)) * literal(up), 1)
    empty = zeros(*(length(x, k) for k in range(rank - 1)), many)
    where = ("...", ("slice", False, False, True))
    return update(cast_like(empty, x), x, literal(up), layout=where)


def _every(x: Value, step: int) -> Value:
    if step == 1:
        return x
    return getitem(x, literal(step), layout=("...", ("slice", False, False, True)))


def _upfirdn(h: Value, x: Value, up: int = 1, down: int = 1, axis: int = -1) -> Value:
    wide = _spread(_last(at_least_float(x), axis), up)
    return _back(_every(all_convolved(wide, _row(h, wide)), down), axis)


upfirdn: Op = derived(
    "upfirdn",
    calls=("scipy.signal.upfirdn",),
    signature="h, x, up=1, down=1, axis=-1",
    bind=_bind("upfirdn", ["h", "x"], "h x up down axis", up=1, down=1, axis=-1),
    code="scipy.signal.upfirdn(h, x, up=up, down=down, axis=axis)",
    body=_upfirdn,
    facts={"ranked": True},
    domain=lambda: [
        _sample("upfirdn", spaced(1, 2, (3,)), spaced(-1, 1, (5,)), up=2, down=3),
        _sample("upfirdn", spaced(1, 2, (4,)), spaced(-1, 1, (5, 2)), down=2, axis=0),
        _sample("upfirdn", spaced(1, 2, (2,)), spaced(-1, 1, (2, 3)), up=3),
    ],
)


# ---- resample_poly -------------------------------------------------------------------


def _kernel_type(*_: Type, **__: Any) -> Type:
    return Array("float64", (own_length(),))


# The filter that `resample_poly` makes for itself.
poly_kernel: Op = zero(
    "poly_kernel",
    signature="*, rate=1, window=None",
    infer=_kernel_type,
    code="scipy.signal.firwin(20 * rate + 1, 1.0 / rate, window=window)",
)


def _resampled(
    x: Value, up: int = 1, down: int = 1, axis: int = 0, window: Any = ("kaiser", 5.0)
) -> Value:
    common = math.gcd(up, down)
    up, down = up // common, down // common
    if up == down == 1:
        return x * 1.0
    rate, x = max(up, down), _last(at_least_float(x), axis)
    middle, n = 10 * rate, length(x, -1)
    before = down - middle % down
    skipped = (middle + before) // down
    count = -floor_divide(-(n * literal(up)), down)
    kernel = poly_kernel(rate=rate, window=window) * float(up)
    after = zeros(literal(up + (skipped + 1) * down))  # longer than any that is needed
    kernel = cast_like(concatenate(zeros(literal(before)), kernel, after), x)
    wide = _spread(x, up)
    found = _every(all_convolved(wide, _row(kernel, wide)), down)
    return _back(part(found, skipped, count + skipped, -1), axis)


def _poly_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("x", "up", "down", "axis", "window", "padtype", "cval")
    given = bound(names, args, kwargs, "resample_poly")
    what = "resample_poly(%s=...)"
    if static(given.pop("padtype", "constant"), what % "padtype") != "constant":
        raise MissingRule("resample_poly: padtype is 'constant'")
    if static(given.pop("cval", None), what % "cval") not in (None, 0, 0.0):
        raise MissingRule("resample_poly: cval is None or 0")
    params = {k: static(given[k], what % k) for k in given if k != "x"}
    window = params.get("window", "hann")
    if not isinstance(window, (str, tuple)):
        raise MissingRule("resample_poly: window is a name, or a tuple of one")
    params |= {k: int(params[k]) for k in ("up", "down")}
    return [as_array(given["x"])], params


resample_poly: Op = derived(
    "resample_poly",
    calls=("scipy.signal.resample_poly",),
    signature="x, up=1, down=1, axis=0, window=('kaiser', 5.0)",
    bind=_poly_bind,
    code="scipy.signal.resample_poly(x, up, down, axis=axis, window=window)",
    body=_resampled,
    facts={"ranked": True},
    domain=lambda: [
        Sample(
            (spaced(-1, 1, shape),),
            {"up": up, "down": down, **more},
            expected=lambda x, up=up, down=down, more=more: sys.modules[
                "scipy.signal"
            ].resample_poly(x, up, down, **more),
        )
        for shape, up, down, more in (
            ((7,), 3, 2, {}),
            ((6, 2), 1, 3, {}),
            ((2, 5), 4, 2, {"axis": 1, "window": "hann"}),
        )
    ],
)


# ---- Savitzky and Golay --------------------------------------------------------------


def _matrix_type(*, window: int = 3, **_: Any) -> Type:
    return Array("float64", (window // 2, window))


# From a window at the left end to the first values of the fitted polynomial; at the
# right end both are in reverse, and odd derivatives have the other sign.
savgol_ends: Op = zero(
    "savgol_ends",
    signature="*, window=3, order=1, deriv=0, delta=1.0",
    infer=_matrix_type,
    code="runtime.savgol_ends(window, order, deriv, delta)",
)
savgol_kernel: Op = zero(
    "savgol_kernel",
    signature="*, window=3, order=1, deriv=0, delta=1.0",
    infer=lambda window=3, **_: Array("float64", (window,)),
    code="scipy.signal.savgol_coeffs(window, order, deriv=deriv, delta=delta)",
)
BORDERS = {
    "mirror": "mirror",
    "constant": "constant",
    "nearest": "nearest",
    "wrap": "wrap",
}


def _savgol(
    x: Value,
    window_length: int = 3,
    polyorder: int = 1,
    deriv: int = 0,
    delta: float = 1.0,
    axis: int = -1,
    mode: str = "interp",
    cval: float = 0.0,
) -> Value:
    params: dict[str, Any] = {"window": window_length, "order": polyorder}
    params |= {"deriv": deriv} if deriv else {}
    params |= {"delta": delta} if delta != 1.0 else {}
    x = _last(at_least_float(x), axis)
    (rank,) = rank_for("savgol_filter", x)
    kernel, reach = _row(cast_like(savgol_kernel(**params), x), x), window_length // 2
    if mode != "interp":
        wide = extended(x, rank - 1, rank, reach, reach, BORDERS[mode], cval)
        return _back(cast_like(inner_convolved(wide, kernel), x), axis)
    ends = cast_like(savgol_ends(**params), x)
    sign = -1.0 if deriv % 2 else 1.0

    def end(window: Value) -> Value:
        column = expand_dims(window, axis=-1)
        return sum_(matmul(ends, column), axis=-1)

    first = end(part(x, None, window_length, -1))
    turned = end(_turned(part(x, -window_length, None, -1)))
    last = _turned(turned) * sign
    return _back(concatenate(first, inner_convolved(x, kernel), last, axis=-1), axis)


def _turned(x: Value) -> Value:
    return getitem(x, literal(-1), layout=("...", ("slice", False, False, True)))


def _savgol_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = "x window_length polyorder deriv delta axis mode cval"
    usual = {"deriv": 0, "delta": 1.0, "axis": -1, "mode": "interp", "cval": 0.0}
    inputs, params = _bind("savgol_filter", ["x"], names, **usual)(args, kwargs)
    if params.get("mode", "interp") not in ("interp", *BORDERS):
        raise MissingRule(f"savgol_filter(mode={params['mode']!r}) has no rule")
    if params["window_length"] % 2 == 0:
        raise MissingRule("savgol_filter: window_length is odd")
    return inputs, params


SAVGOL = {"window_length": 5, "polyorder": 2}
savgol_filter: Op = derived(
    "savgol_filter",
    calls=("scipy.signal.savgol_filter",),
    signature="x, window_length=3, polyorder=1, deriv=0, delta=1.0, axis=-1, "
    "mode='interp', cval=0.0",
    bind=_savgol_bind,
    code="scipy.signal.savgol_filter(x, window_length, polyorder, deriv=deriv, "
    "delta=delta, axis=axis, mode=mode, cval=cval)",
    body=_savgol,
    facts={"ranked": True},
    domain=lambda: [
        _sample("savgol_filter", spaced(-1, 1, (8,)), **SAVGOL),
        _sample("savgol_filter", spaced(-1, 1, (8, 2)), **SAVGOL, axis=0, deriv=1),
        _sample("savgol_filter", spaced(-1, 1, (2, 7)), **SAVGOL, deriv=2, delta=0.5),
        *(
            _sample("savgol_filter", spaced(-1, 1, (8,)), **SAVGOL, mode=m, cval=0.5)
            for m in BORDERS
        ),
    ],
)


# ---- trends --------------------------------------------------------------------------


def _detrend(x: Value, axis: int = -1, type: str = "linear") -> Value:
    x = _last(at_least_float(x), axis)
    centred = x - mean(x, axis=-1, keepdims=True)
    if type == "constant":
        return _back(centred, axis)
    n = length(x, -1)
    place = cast(arange(literal(0), n, literal(1)), dtype="float64")
    place = cast_like(place - mean(place), x)
    slope = sum_(centred * place, axis=-1, keepdims=True) / sum_(place * place)
    return _back(centred - slope * place, axis)


def _detrend_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("data", "axis", "type", "bp", "overwrite_data")
    given = bound(names, args, kwargs, "detrend")
    what = "detrend(%s=...)"
    if "bp" in given and static(given["bp"], what % "bp") not in (0, [0], (0,)):
        raise MissingRule("detrend: only one piece, bp=0, has a derivative rule")
    if not is_none(given.get("overwrite_data")) and static(
        given["overwrite_data"], what % "overwrite_data"
    ):
        raise MissingRule("detrend: overwrite_data=True has no derivative rule")
    params = {k: static(given[k], what % k) for k in ("axis", "type") if k in given}
    kind = {"l": "linear", "c": "constant"}.get(params.get("type", ""), "")
    params |= {"type": kind} if kind else {}
    usual = {"axis": -1, "type": "linear"}
    return [as_array(given["data"])], {k: v for k, v in params.items() if v != usual[k]}


detrend: Op = derived(
    "detrend",
    calls=("scipy.signal.detrend",),
    signature="x, axis=-1, type='linear'",
    bind=_detrend_bind,
    code="scipy.signal.detrend(x, axis=axis, type=type)",
    body=_detrend,
    facts={"ranked": True},
    domain=lambda: [
        _sample("detrend", spaced(-1, 1, (6,))),
        _sample("detrend", spaced(-1, 1, (6, 2)), axis=0),
        _sample("detrend", spaced(-1, 1, (2, 5)), type="constant"),
    ],
)


# ---- peaks ---------------------------------------------------------------------------

PEAKS: tuple[str, ...] = (
    "height",
    "threshold",
    "distance",
    "prominence",
    "width",
    "wlen",
)
PEAKS = (*PEAKS, "rel_height", "plateau_size")


def _peaks_code(node: Any) -> str:
    given = "".join(f", {k}={k}" for k in PEAKS if k in node.params)
    return f"scipy.signal.find_peaks(x{given})"


# Where the peaks are; what it tells of them has no derivative.
find_peaks: Op = zero(
    "find_peaks",
    calls=("scipy.signal.find_peaks",),
    signature="x, " + ", ".join(f"{k}=None" for k in PEAKS),
    infer=lambda x, **_: Tuple((Array("int64", (own_length(),)), UNKNOWN)),
    code=_peaks_code,
)
