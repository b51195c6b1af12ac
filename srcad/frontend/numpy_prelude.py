"""Functions of NumPy that call a user's function, or fold one: lowered like user code.

Each does what NumPy does, in NumPy's order; none of it is ever run as it stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[..., Any]

# ---- a function of lines -------------------------------------------------------------


def along_axis(function: Function, axis: int, x: Any) -> Any:
    """`np.apply_along_axis(function, axis, x)`: the first result gives the dtype."""
    if not -x.ndim <= axis < x.ndim:
        raise ValueError("apply_along_axis: axis is out of bounds")
    axis = axis % x.ndim
    lines = np.moveaxis(x, axis, -1)
    rows = lines.reshape((-1, lines.shape[-1]))
    if len(rows) == 0:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    first = np.asarray(function(rows[0]))
    out = np.zeros((len(rows), *first.shape), first.dtype)
    out[0] = first
    for k in range(1, len(rows)):
        out[k] = function(rows[k])
    found = out.reshape(lines.shape[:-1] + first.shape)
    outer = x.ndim - 1
    new = tuple(range(outer, outer + first.ndim))
    return np.moveaxis(found, new, tuple(range(axis, axis + first.ndim)))


# ---- a function of entries -----------------------------------------------------------


def each_entry(function: Function, xs: Any, dtypes: Any) -> Any:
    """`np.vectorize(function)(*xs)`: entries go in as Python numbers.

    xs : arrays of one shape. dtypes : those of the results; None: as the first results.
    """
    shape = xs[0].shape
    lines = [np.ravel(x) for x in xs]
    count = len(lines[0])
    if dtypes is None:
        if count == 0:
            raise ValueError(
                "cannot call `vectorize` on size 0 inputs unless `otypes` is set"
            )
        found = function(*[line[0].item() for line in lines])
        if isinstance(found, tuple):
            dtypes = [np.asarray(v).dtype for v in found]
        else:
            dtypes = [np.asarray(found).dtype]
    outs = [np.zeros(count, dtype) for dtype in dtypes]
    for k in range(count):
        found = function(*[line[k].item() for line in lines])
        if isinstance(found, tuple):
            for out, v in zip(outs, found, strict=True):
                out[k] = v
        else:
            outs[0][k] = found
    if len(outs) == 1:
        return outs[0].reshape(shape)
    return tuple([out.reshape(shape) for out in outs])


# ---- folds by a ufunc ----------------------------------------------------------------


def folded(function: Function, x: Any, axis: int) -> Any:
    """`function.reduce(x, axis)`, for a function without an identity."""
    rows = np.moveaxis(x, axis, 0)
    if len(rows) == 0:
        raise ValueError("zero-size array to a reduction which has no identity")
    out = rows[0]
    for k in range(1, len(rows)):
        out = function(out, rows[k])
    return out


def running(function: Function, x: Any, axis: int) -> Any:
    """`function.accumulate(x, axis)`."""
    rows = np.moveaxis(x, axis, 0)
    out = np.zeros_like(rows)
    if len(rows) > 0:
        out[0] = rows[0]
    for k in range(1, len(rows)):
        out[k] = function(out[k - 1], rows[k])
    return np.moveaxis(out, 0, axis)


# ---- walks ---------------------------------------------------------------------------


def indices_of_one(n: int) -> list[Any]:
    """`np.ndindex(n)`."""
    out = []
    for i in range(n):
        out.append((i,))
    return out


def indices_of_two(n: int, m: int) -> list[Any]:
    """`np.ndindex(n, m)`."""
    out = []
    for i in range(n):
        for j in range(m):
            out.append((i, j))
    return out


def indices_of_three(n: int, m: int, p: int) -> list[Any]:
    """`np.ndindex(n, m, p)`."""
    out = []
    for i in range(n):
        for j in range(m):
            for k in range(p):
                out.append((i, j, k))
    return out


def entries_of_one(x: Any) -> list[Any]:
    """`np.ndenumerate(x)` of a vector."""
    out = []
    for i in range(len(x)):
        out.append(((i,), x[i]))
    return out


def entries_of_two(x: Any) -> list[Any]:
    """`np.ndenumerate(x)` of a matrix."""
    out = []
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out.append(((i, j), x[i, j]))
    return out


def entries_of_three(x: Any) -> list[Any]:
    """`np.ndenumerate(x)` of an array of three dimensions."""
    out = []
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            for k in range(x.shape[2]):
                out.append(((i, j, k), x[i, j, k]))
    return out


# ---- objects to index ----------------------------------------------------------------


def spaced_by(start: Any, stop: Any, step: Any, dtype: Any) -> Any:
    """The places of one slice `start:stop:step` of `np.mgrid`."""
    count = int(np.ceil((stop - start) / step))
    return np.arange(count, dtype=dtype) * step + start


def spaced_in(start: Any, stop: Any, count: int, dtype: Any) -> Any:
    """The places of one slice `start:stop:count * 1j` of `np.mgrid`."""
    if count == 1:
        return np.arange(count, dtype=dtype) + start
    return np.arange(count, dtype=dtype) * ((stop - start) / float(count - 1)) + start


# ---- counts between given edges ------------------------------------------------------


def binned(x: Any, edges: Any, weights: Any, density: bool) -> Any:
    """`np.histogram(x, edges, weights=weights, density=density)`."""
    line = np.ravel(x)
    if np.any(edges[:-1] > edges[1:]):
        raise ValueError("`bins` must increase monotonically, when an array")
    order = np.argsort(line)
    sorted_line = line[order]
    places = np.concatenate(
        (
            np.searchsorted(sorted_line, edges[:-1], "left"),
            np.searchsorted(sorted_line, edges[-1:], "right"),
        )
    )
    if weights is None:
        counts = np.diff(places)
    else:
        w = np.ravel(weights)
        if len(w) != len(line):
            raise ValueError("weights should have the same shape as a.")
        sums = np.concatenate((np.zeros(1, w.dtype), np.cumsum(w[order])))
        counts = np.diff(sums[places])
    if density:
        return counts / np.diff(edges) / counts.sum(), edges
    return counts, edges
