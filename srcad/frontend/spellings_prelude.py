"""What keywords of NumPy's functions mean, without them: lowered like user code.

None of it is ever run as it stands here.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def variance_about(x: Any, mean: Any, axis: Any, ddof: Any, keepdims: bool) -> Any:
    """`np.var(x, axis, ddof=ddof, keepdims=keepdims, mean=mean)`."""
    centred = x - mean
    squares = (centred * np.conj(centred)).real
    total = np.sum(squares, axis=axis, keepdims=keepdims)
    return total / (np.size(x) // np.size(total) - ddof)


def average_of_all(x: Any, axis: Any, keepdims: bool) -> Any:
    """`np.average(x, axis, returned=True, keepdims=keepdims)`."""
    mean = np.mean(x, axis=axis, keepdims=keepdims)
    return mean, np.zeros_like(mean) + np.size(x) / np.size(mean)


def average_of_weighted(x: Any, axis: Any, w: Any, keepdims: bool) -> Any:
    """`np.average(x, axis, w, returned=True, keepdims=keepdims)`."""
    mean: Any = np.average(  # type: ignore[call-overload]
        x, axis=axis, weights=w, keepdims=keepdims
    )
    if w.ndim == x.ndim:
        return mean, np.sum(w, axis=axis, keepdims=keepdims)
    return mean, np.zeros_like(mean) + np.sum(w)


def weighted_cov(x: Any, w: Any, aweights: Any, ddof: Any) -> Any:
    """`np.cov` of the rows of a matrix; w : the product of both kinds of weights."""
    total = np.sum(w)
    centred = x - (np.sum(x * w, axis=1) / total)[:, None]
    if ddof == 0:
        freedom = total
    elif aweights is None:
        freedom = total - ddof
    else:
        freedom = total - ddof * np.sum(w * aweights) / total
    return np.squeeze(centred @ np.conj(centred * w).T / freedom)


def interp_periodic(x: Any, xp: Any, fp: Any, period: Any) -> Any:
    """`np.interp(x, xp, fp, period=period)`."""
    period = abs(period)
    x = x % period
    xp = xp % period
    order = np.argsort(xp)
    xp = xp[order]
    fp = fp[order]
    xp = np.concatenate((xp[-1:] - period, xp, xp[0:1] + period))
    fp = np.concatenate((fp[-1:], fp, fp[0:1]))
    return np.interp(x, xp, fp)


def integrated_from(p: Any, m: int, k: Any) -> Any:
    """`np.polyint(p, m, k)`."""
    k = np.atleast_1d(k)
    if len(k) == 1:
        k = k * np.ones(m)
    for j in range(m):
        p = np.concatenate((p / np.arange(len(p), 0, -1), k[j : j + 1]))
    return p


def norm_over(x: Any, axes: Any, ord: Any) -> Any:
    """`np.linalg.vector_norm(x, axis=axes, ord=ord)`: the axes as one, the first."""
    lines = np.moveaxis(x, axes, tuple(range(len(axes))))
    lines = lines.reshape((-1, *lines.shape[len(axes) :]))
    return np.linalg.norm(lines, axis=0, ord=ord)


def size_along(x: Any, axes: Any) -> Any:
    """`np.size(x, axes)`, for a tuple."""
    count = 1
    for k in axes:
        count = count * x.shape[k]
    return count


def step_of(start: Any, stop: Any, num: int, endpoint: bool) -> Any:
    """The second result of `np.linspace(start, stop, num, endpoint, retstep=True)`."""
    return (stop - start) / (num - 1 if endpoint else num)
