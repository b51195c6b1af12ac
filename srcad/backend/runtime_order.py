"""Helpers of compiled source: entries in order along an axis, and questions along it.

An array is taken as rows, before and after the axis, as in `runtime_along.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def argsort_along(x: Any, axis: int) -> Any:
    """`np.argsort` along an axis; equal entries keep their order."""
    before, after = 1, 1
    for k in range(x.ndim):
        before *= x.shape[k] if k < axis else 1
        after *= x.shape[k] if k > axis else 1
    rows = np.ascontiguousarray(x).reshape((before, x.shape[axis], after))
    found = np.empty(rows.shape, np.int64)
    for i in range(before):
        for k in range(after):
            order = np.argsort(rows[i, :, k].copy(), kind="mergesort")
            for j in range(len(order)):
                found[i, j, k] = order[j]
    return found.reshape(x.shape)


def sort_along(x: Any, axis: int) -> Any:
    """`np.sort` along an axis."""
    before, after = 1, 1
    for k in range(x.ndim):
        before *= x.shape[k] if k < axis else 1
        after *= x.shape[k] if k > axis else 1
    rows = np.ascontiguousarray(x).reshape((before, x.shape[axis], after))
    found = np.empty_like(rows)
    for i in range(before):
        for k in range(after):
            ordered = np.sort(rows[i, :, k].copy())
            for j in range(len(ordered)):
                found[i, j, k] = ordered[j]
    return found.reshape(x.shape)


def median_all(x: Any) -> Any:
    """The median of all entries, nan where one of them is, which Numba forgets."""
    for v in x.flat:
        if v != v:
            return v
    return np.median(x)


def median_along(x: Any, axis: int) -> Any:
    """The medians along an axis, as rows before and after it; nan where an entry is."""
    before, after = 1, 1
    for k in range(x.ndim):
        before *= x.shape[k] if k < axis else 1
        after *= x.shape[k] if k > axis else 1
    rows = np.ascontiguousarray(x).reshape((before, x.shape[axis], after))
    found = np.empty((before, after), x.dtype)
    for i in range(before):
        for k in range(after):
            row = rows[i, :, k].copy()
            found[i, k] = np.nan if np.any(np.isnan(row)) else np.median(row)
    return found


def ties_along(t: Any, x: Any, axis: int) -> Any:
    """t averaged over the entries of x that are equal along the axis."""
    before, after = 1, 1
    for k in range(x.ndim):
        before *= x.shape[k] if k < axis else 1
        after *= x.shape[k] if k > axis else 1
    count = x.shape[axis]
    rows = np.ascontiguousarray(x).reshape((before, count, after))
    found = np.copy(t).reshape((before, count, after))
    for i in range(before):
        for k in range(after):
            order = np.argsort(rows[i, :, k].copy(), kind="mergesort")
            first = 0
            for stop in range(1, count + 1):
                if stop < count and rows[i, order[stop], k] == rows[i, order[first], k]:
                    continue
                if stop - first > 1:
                    total = 0.0 * found[i, order[first], k]
                    for n in range(first, stop):
                        total += found[i, order[n], k]
                    for n in range(first, stop):
                        found[i, order[n], k] = total / (stop - first)
                first = stop
    return found.reshape(x.shape)


def put_back_along(g: Any, indices: Any, x: Any, axis: int) -> Any:
    """Zeros like x with g added at the places that `take_along_axis` reads."""
    before, after = 1, 1
    for k in range(x.ndim):
        before *= x.shape[k] if k < axis else 1
        after *= x.shape[k] if k > axis else 1
    count = x.shape[axis]
    for k in range(x.ndim):
        if k != axis and indices.shape[k] != x.shape[k]:
            raise ValueError("indices must have the shape of x beside the axis")
    shape = (before, indices.shape[axis], after)
    places = np.ascontiguousarray(indices).reshape(shape)
    given = np.ascontiguousarray(np.broadcast_to(g, indices.shape)).reshape(shape)
    found = np.zeros((before, count, after), g.dtype)
    for i in range(before):
        for j in range(shape[1]):
            for k in range(after):
                found[i, places[i, j, k], k] += given[i, j, k]
    return found.reshape(x.shape)


def any_along(x: Any, axis: int) -> Any:
    """Whether any entry along an axis is true, as rows before and after it."""
    before, after = 1, 1
    for k in range(x.ndim):
        before *= x.shape[k] if k < axis else 1
        after *= x.shape[k] if k > axis else 1
    rows = np.ascontiguousarray(x).reshape((before, x.shape[axis], after))
    found = np.zeros((before, after), np.bool_)
    for i in range(before):
        for j in range(rows.shape[1]):
            for k in range(after):
                if rows[i, j, k]:
                    found[i, k] = True
    return found


def all_along(x: Any, axis: int) -> Any:
    """Whether all entries along an axis are true, as rows before and after it."""
    before, after = 1, 1
    for k in range(x.ndim):
        before *= x.shape[k] if k < axis else 1
        after *= x.shape[k] if k > axis else 1
    rows = np.ascontiguousarray(x).reshape((before, x.shape[axis], after))
    found = np.ones((before, after), np.bool_)
    for i in range(before):
        for j in range(rows.shape[1]):
            for k in range(after):
                if not rows[i, j, k]:
                    found[i, k] = False
    return found
