"""Helpers of generated source for filters and splines of SciPy.

As those of `backend/runtime.py`, which gives them on: each stands by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def lagged(w: Any, x: Any, n: int, axis: int = -1) -> Any:
    """The sums over w[k + j] * x[j] along an axis and over all others, for n lags k."""
    w, x = np.moveaxis(w, axis, -1), np.moveaxis(x, axis, -1)
    size = x.shape[-1]
    found = np.zeros(n, dtype=np.result_type(w, x))
    for k in range(min(n, size)):
        found[k] = np.sum(w[..., k:] * x[..., : size - k])
    return found


def sos_taps(sos: Any) -> int:
    """The number of taps of second-order sections together."""
    trailing = min(int(np.sum(sos[:, 2] == 0)), int(np.sum(sos[:, 5] == 0)))
    return 2 * len(sos) + 1 - trailing


def sosfilt_back(lfilter: Any, sos: Any, g: Any, gz: Any, axis: int = -1) -> Any:
    """The transpose of `scipy.signal.sosfilt` with a state, in the signal and state.

    lfilter : SciPy's. g, gz : cotangents of the filtered signal and the last state.

    In reverse time each section is a recursion that starts from the cotangents of its
    last state, and a moving average of what that gives.
    """
    g = np.moveaxis(np.asarray(g, dtype=np.result_type(g, float)), axis, -1)[..., ::-1]
    states = np.moveaxis(gz, axis, -1) if axis < 0 else np.moveaxis(gz, axis + 1, -1)
    found = np.empty(states.shape, dtype=np.result_type(g, states))
    for k in range(len(sos) - 1, -1, -1):
        b, a = sos[k, :3] / sos[k, 3], sos[k, 3:] / sos[k, 3]
        near, far = states[k, ..., 0], states[k, ..., 1]
        start = np.stack([-a[1] * near - a[2] * far, -a[2] * near], axis=-1)
        w, _ = lfilter([1.0], a, g, zi=start)
        w = np.concatenate([far[..., None], near[..., None], w], axis=-1)
        found[k] = w[..., :-3:-1]
        g = b[0] * w[..., 2:] + b[1] * w[..., 1:-1] + b[2] * w[..., :-2]
    place = axis if axis < 0 else axis + 1
    return np.moveaxis(g[..., ::-1], -1, axis), np.moveaxis(found, -1, place)


def interval(x: Any, t: Any) -> Any:
    """The interval between breakpoints, which rise or fall, that each of t lies in."""
    count = len(x) - 1
    if x[-1] < x[0]:
        found = len(x) - 1 - np.searchsorted(x[::-1], t, side="left")
    else:
        found = np.searchsorted(x, t, side="right") - 1
    return np.clip(found, 0, count - 1)


def enough(x: Any) -> Any:
    """The points of a cubic spline, of which there must be more than 3."""
    if len(x) < 4:
        raise ValueError("the derivative of a cubic spline needs at least 4 points")
    return x


def tridiagonal(
    solve_banded: Any, lower: Any, diagonal: Any, upper: Any, b: Any
) -> Any:
    """The solution of a system of three bands; b may have more axes."""
    bands = np.zeros((3, len(diagonal)))
    bands[0, 1:], bands[1], bands[2, :-1] = upper, diagonal, lower
    return solve_banded((1, 1), bands, np.reshape(b, (len(b), -1))).reshape(b.shape)


def bspline_spread(
    BSpline: Any,
    t: Any,
    g: Any,
    k: int,
    x: Any,
    n: int,
    nu: int = 0,
    extrapolate: Any = True,
) -> Any:
    """The cotangents of n coefficients of a B-spline that has those of its values.

    Values outside the knots, where there are none, count nothing.
    """
    places = np.ravel(x)
    behind = np.shape(g)[np.ndim(x) :]
    rows = np.reshape(g, (len(places), -1))
    found = np.zeros((n, rows.shape[1]), dtype=np.result_type(g, float))
    basis = BSpline.construct_fast(t, np.eye(n), k, extrapolate)
    for start in range(0, len(places), 1024):  # the matrix in slices
        matrix = np.nan_to_num(basis(places[start : start + 1024], nu))
        found += matrix.T @ rows[start : start + 1024]
    return found.reshape((n, *behind))


def through_back(make_spline: Any, x: Any, g: Any, k: int = 3, bc: Any = None) -> Any:
    """The cotangent of y, of a spline through points that has that of coefficients."""
    matrix = make_spline(x, np.eye(len(x)), k=k, bc_type=bc).c
    return (matrix.T @ g.reshape(len(g), -1)).reshape((len(x), *g.shape[1:]))


def savgol_ends(window: int, order: int, deriv: int, delta: float) -> Any:
    """The matrix from a window to its fitted polynomial's derivative in its first half.

    Places are counted from the middle, which keeps the powers small.
    """
    places = np.arange(window) - window // 2
    powers = np.arange(order + 1)
    factors = np.array([np.prod(np.arange(p - deriv + 1, p + 1)) for p in powers])
    lowered = np.maximum(powers - deriv, 0)
    first = places[: window // 2, None] ** lowered * np.where(
        powers < deriv, 0, factors
    )
    return first @ np.linalg.pinv(places[:, None] ** powers * 1.0) / delta**deriv


def whole_segment(x: Any, count: int) -> Any:
    """A signal of at least so many samples."""
    if x.shape[-1] < count:
        raise ValueError(f"the derivative of a spectrum needs {count} samples: nperseg")
    return x
