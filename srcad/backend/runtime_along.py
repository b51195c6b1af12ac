"""Helpers of compiled source: what Numba has for vectors only, for any array.

What goes along an axis takes an array as rows, before and after that axis; what a mask
says goes over all entries.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from srcad.backend.runtime_rows import as_rows


def max_along(x: Any, axis: int) -> Any:
    """The largest entries along an axis."""
    if x.shape[axis] == 0:
        raise ValueError("zero-size array to reduction operation has no identity")
    rows = as_rows(x, axis)
    before, count, after = rows.shape
    found = rows[:, 0].copy()
    for i in range(before):
        for j in range(1, count):
            for k in range(after):
                v = rows[i, j, k]
                if v > found[i, k] or v != v:
                    found[i, k] = v
    return found


def prod_along(x: Any, axis: int) -> Any:
    """The products along an axis."""
    rows = as_rows(x, axis)
    before, count, after = rows.shape
    found = np.ones((before, after), x.dtype)
    for i in range(before):
        for j in range(count):
            for k in range(after):
                found[i, k] *= rows[i, j, k]
    return found


def nanmax_along(x: Any, axis: int) -> Any:
    """The largest entries along an axis that are not nan."""
    if x.shape[axis] == 0:
        raise ValueError("zero-size array to reduction operation has no identity")
    rows = as_rows(x, axis)
    before, count, after = rows.shape
    found = rows[:, 0].copy()
    for i in range(before):
        for j in range(1, count):
            for k in range(after):
                if rows[i, j, k] > found[i, k] or found[i, k] != found[i, k]:
                    found[i, k] = rows[i, j, k]
    return found


def cumprod_along(x: Any, axis: int) -> Any:
    """`np.cumprod` along an axis."""
    found = as_rows(np.copy(x), axis)
    before, count, after = found.shape
    for i in range(before):
        for j in range(1, count):
            for k in range(after):
                found[i, j, k] *= found[i, j - 1, k]
    return found.reshape(x.shape)


def cumsum_along(x: Any, axis: int, back: bool) -> Any:
    """`np.cumsum` along an axis (back: of each entry and those after it)."""
    found = as_rows(np.copy(x), axis)
    before, count, after = found.shape
    for i in range(before):
        for n in range(1, count):
            j, last = (count - 1 - n, count - n) if back else (n, n - 1)
            for k in range(after):
                found[i, j, k] += found[i, last, k]
    return found.reshape(x.shape)


def exclusive_along(x: Any, axis: int, back: bool) -> Any:
    """The product of the entries before each along an axis (back: after each)."""
    rows = as_rows(x, axis)
    found = np.ones(rows.shape, x.dtype)
    before, count, after = found.shape
    for i in range(before):
        for n in range(1, count):
            j, last = (count - 1 - n, count - n) if back else (n, n - 1)
            for k in range(after):
                found[i, j, k] = found[i, last, k] * rows[i, last, k]
    return found.reshape(x.shape)


def recurrence_along(a: Any, b: Any, axis: int, back: bool) -> Any:
    """r[i] = b[i] + a[i] * r[i - 1] along an axis (back: from the other end)."""
    factors = as_rows(a, axis)
    found = as_rows(np.copy(b), axis)
    before, count, after = found.shape
    for i in range(before):
        for n in range(1, count):
            j, last = (count - 1 - n, count - n) if back else (n, n - 1)
            for k in range(after):
                found[i, j, k] += factors[i, j, k] * found[i, last, k]
    return found.reshape(a.shape)


def shifted_along(x: Any, axis: int, back: bool) -> Any:
    """x moved one entry along an axis, 0 where it starts."""
    rows = as_rows(x, axis)
    found = np.zeros(rows.shape, x.dtype)
    before, count, after = found.shape
    for i in range(before):
        for n in range(1, count):
            j, last = (count - 1 - n, count - n) if back else (n, n - 1)
            for k in range(after):
                found[i, j, k] = rows[i, last, k]
    return found.reshape(x.shape)


def log_sum_along(x: Any, axis: int) -> Any:
    """The logarithms of the sums of exponentials along an axis."""
    rows, found = as_rows(x, axis), max_along(x, axis)
    before, count, after = rows.shape
    for i in range(before):
        for k in range(after):
            largest = found[i, k]
            if np.abs(largest) < np.inf:  # else it is that
                total = 0.0 * largest
                for j in range(count):
                    total += np.exp(rows[i, j, k] - largest)
                found[i, k] = largest + np.log(total)
    return found


def modf_of(x: Any) -> Any:
    """`np.modf` of an array."""
    line = np.ascontiguousarray(x).reshape(-1)
    parts, whole = np.empty_like(line), np.trunc(line)
    for k in range(len(line)):
        rest = 0.0 if np.isinf(line[k]) else line[k] - whole[k]
        parts[k] = np.copysign(rest, line[k])
    return parts.reshape(x.shape), whole.reshape(x.shape)


def frexp_of(x: Any) -> Any:
    """`np.frexp` of an array."""
    line = np.ascontiguousarray(x).reshape(-1)
    parts, powers = np.empty_like(line), np.empty(line.size, np.int32)
    for k in range(len(line)):
        parts[k], powers[k] = math.frexp(line[k])
    return parts.reshape(x.shape), powers.reshape(x.shape)


def last_of_rows(x: Any, index: Any) -> Any:
    """x[index] with zero where a later entry of the index names the same row."""
    last = np.zeros(len(x), np.int64)
    for k in range(len(index)):
        last[index[k]] = k
    found = x[index]
    for k in range(len(index)):
        if last[index[k]] != k:
            found[k] = 0
    return found


def last_of_entries(x: Any, index: Any) -> Any:
    """x[index] with zero where a later place of the index names the same entry.

    index : a tuple of arrays of integers, one for each axis of x.
    """
    numbers = np.arange(x.size).reshape(x.shape)[index]
    places = np.ascontiguousarray(numbers).reshape(-1)
    found = np.ascontiguousarray(x[index]).reshape(-1)
    last = np.zeros(x.size, np.int64)
    for k in range(len(places)):
        last[places[k]] = k
    for k in range(len(places)):
        if last[places[k]] != k:
            found[k] = 0
    return found.reshape(numbers.shape)


def put_flat(x: Any, index: Any, values: Any) -> None:
    """`x.flat[index] = values`, which go round where there are fewer."""
    places, values = np.arange(x.size)[index], values.flatten()
    if len(places) and not len(values):
        raise ValueError("cannot write no values to entries")
    for k in range(len(places)):
        x.flat[places[k]] = values[k % len(values)]


def add_flat(x: Any, index: Any, values: Any) -> None:
    """`x.flat[index] += values`, one after another."""
    places, values = np.arange(x.size)[index], values.flatten()
    if len(places) and not len(values):
        raise ValueError("cannot add no values to entries")
    for k in range(len(places)):
        x.flat[places[k]] += values[k % len(values)]


def put_where(x: Any, mask: Any, values: Any) -> None:
    """`x[mask] = values`, one after another (one value: all the same)."""
    if x.shape != mask.shape:
        raise IndexError("boolean index did not match indexed array")
    if len(values) != 1 and len(values) != np.sum(mask):
        raise ValueError("cannot assign so many values to what the mask selects")
    values, count = values.copy(), 0  # they may be a part of x
    for place in np.ndindex(x.shape):
        if mask[place]:
            x[place] = values[count]
            count += len(values) > 1


def put_where_one(x: Any, mask: Any, value: Any) -> None:
    """`x[mask] = value` of a number."""
    if x.shape != mask.shape:
        raise IndexError("boolean index did not match indexed array")
    for place in np.ndindex(x.shape):
        if mask[place]:
            x[place] = value


def add_where(x: Any, mask: Any, values: Any) -> None:
    """`x[mask] += values`, one after another (one value: all the same)."""
    if x.shape != mask.shape:
        raise IndexError("boolean index did not match indexed array")
    if len(values) != 1 and len(values) != np.sum(mask):
        raise ValueError("cannot add so many values to what the mask selects")
    values, count = values.copy(), 0
    for place in np.ndindex(x.shape):
        if mask[place]:
            x[place] += values[count]
            count += len(values) > 1


def add_where_one(x: Any, mask: Any, value: Any) -> None:
    """`x[mask] += value` of a number."""
    if x.shape != mask.shape:
        raise IndexError("boolean index did not match indexed array")
    for place in np.ndindex(x.shape):
        if mask[place]:
            x[place] += value
