"""Helpers of compiled source: entries in order along an axis, and questions along it.

An array is taken as rows, before and after the axis.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad.backend.runtime_rows import as_rows, row_shape


def argsort_along(x: Any, axis: int) -> Any:
    """`np.argsort` along an axis; equal entries keep their order."""
    rows = as_rows(x, axis)
    before, _, after = rows.shape
    found = np.empty(rows.shape, np.int64)
    for i in range(before):
        for k in range(after):
            order = np.argsort(rows[i, :, k].copy(), kind="mergesort")
            for j in range(len(order)):
                found[i, j, k] = order[j]
    return found.reshape(x.shape)


def sort_along(x: Any, axis: int) -> Any:
    """`np.sort` along an axis."""
    rows = as_rows(x, axis)
    before, _, after = rows.shape
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
    rows = as_rows(x, axis)
    before, _, after = rows.shape
    found = np.empty((before, after), x.dtype)
    for i in range(before):
        for k in range(after):
            row = rows[i, :, k].copy()
            found[i, k] = np.nan if np.any(np.isnan(row)) else np.median(row)
    return found


def quantile_along(x: Any, q: Any, axis: int, skip_nan: bool) -> Any:
    """A quantile along an axis, as rows before and after it.

    skip_nan : whether it is that of the other entries; else it is nan.
    """
    if not (q >= 0.0 and q <= 1.0):
        raise ValueError("Quantiles must be in the range [0, 1]")
    rows = as_rows(x, axis)
    before, count, after = rows.shape
    if count == 0:
        raise IndexError("no quantile of no entries")
    found = np.empty((before, after), x.dtype)
    for i in range(before):
        for k in range(after):
            row = np.sort(rows[i, :, k].copy())  # nan comes last
            known = count - np.sum(np.isnan(row))
            if known == 0 or (known < count and not skip_nan):
                found[i, k] = np.nan
                continue
            place = q * (known - 1)
            low, high = int(place), min(int(place) + 1, known - 1)
            rest, step = place - low, row[high] - row[low]
            near = rest < 0.5  # from the nearer end, as NumPy does
            found[i, k] = (
                row[low] + step * rest if near else row[high] - step * (1 - rest)
            )
    return found


def quantiles_along(x: Any, q: Any, axis: int, skip_nan: bool) -> Any:
    """Some quantiles along an axis: `quantile_along` of each, one after another."""
    before, _, after = row_shape(x.shape, axis)
    found = np.empty((len(q), before, after), x.dtype)
    for n in range(len(q)):
        row = quantile_along(x, q[n], axis, skip_nan)
        for i in range(before):
            for k in range(after):
                found[n, i, k] = row[i, k]
    return found


def ties_along(t: Any, x: Any, axis: int) -> Any:
    """t averaged over the entries of x that are equal along the axis."""
    rows = as_rows(x, axis)
    before, count, after = rows.shape
    found = as_rows(np.copy(t), axis)
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
    for k in range(x.ndim):
        if k != axis and indices.shape[k] != x.shape[k]:
            raise ValueError("indices must have the shape of x beside the axis")
    places = as_rows(indices, axis)
    given = as_rows(np.broadcast_to(g, indices.shape), axis)
    before, count, after = places.shape
    found = np.zeros(row_shape(x.shape, axis), g.dtype)
    for i in range(before):
        for j in range(count):
            for k in range(after):
                found[i, places[i, j, k], k] += given[i, j, k]
    return found.reshape(x.shape)


def any_along(x: Any, axis: int) -> Any:
    """Whether any entry along an axis is true, as rows before and after it."""
    rows = as_rows(x, axis)
    before, count, after = rows.shape
    found = np.zeros((before, after), np.bool_)
    for i in range(before):
        for j in range(count):
            for k in range(after):
                if rows[i, j, k]:
                    found[i, k] = True
    return found


def all_along(x: Any, axis: int) -> Any:
    """Whether all entries along an axis are true, as rows before and after it."""
    return ~any_along(np.logical_not(x), axis)


def equal_starts(line: Any, order: Any, equal_nan: bool) -> Any:
    """Where, of entries in order, each begins that is another than the one before."""
    starts, count = np.empty(len(order), np.int64), 0
    for k in range(len(order)):
        v, last = line[order[k]], line[order[k - 1]]
        same = v == last or (equal_nan and v != v and last != last)
        if k == 0 or not same:
            starts[count] = k
            count += 1
    return starts[:count]


def first_places(x: Any, equal_nan: bool) -> Any:
    """Where in all of x each entry is for the first time, in the order of entries."""
    line = np.ascontiguousarray(x).reshape(-1)
    order = np.argsort(line, kind="mergesort")
    return order[equal_starts(line, order, equal_nan)]


def entry_counts(x: Any, equal_nan: bool) -> Any:
    """How often each entry of x is there, in the order of entries."""
    line = np.ascontiguousarray(x).reshape(-1)
    starts = equal_starts(line, np.argsort(line, kind="mergesort"), equal_nan)
    return np.append(starts[1:], len(line)) - starts if len(line) else starts
