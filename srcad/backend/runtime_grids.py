"""Helpers of compiled source: differences on grids, grids of points, padded arrays.

An array is taken as rows, before and after the axis.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad.backend.runtime_rows import as_rows, row_shape


def gradient_along(f: Any, h: Any, axis: int, edge: int) -> Any:
    """`np.gradient` along an axis with a step h, of an order at the ends."""
    if f.shape[axis] < edge + 1:
        raise ValueError(
            "Shape of array too small to calculate a numerical gradient, "
            "at least (edge_order + 1) elements are required."
        )
    rows = as_rows(f, axis)
    found = np.empty(rows.shape, f.dtype)
    before, count, after = rows.shape
    for i in range(before):
        for k in range(after):
            for j in range(1, count - 1):
                found[i, j, k] = (rows[i, j + 1, k] - rows[i, j - 1, k]) / (2.0 * h)
            if edge == 1:
                found[i, 0, k] = (rows[i, 1, k] - rows[i, 0, k]) / h
                found[i, -1, k] = (rows[i, -1, k] - rows[i, -2, k]) / h
            else:
                first = 4.0 * rows[i, 1, k] - 3.0 * rows[i, 0, k] - rows[i, 2, k]
                last = 3.0 * rows[i, -1, k] - 4.0 * rows[i, -2, k] + rows[i, -3, k]
                found[i, 0, k] = first / (2.0 * h)
                found[i, -1, k] = last / (2.0 * h)
    return found.reshape(f.shape)


def gradient_at(f: Any, x: Any, axis: int, edge: int) -> Any:
    """`np.gradient` along an axis whose entries are at the points x.

    Source: as `srcad/ops/integrals.py`.
    """
    count = f.shape[axis]
    if len(x) != count:
        raise ValueError(
            "when 1d, distances must match the length of the corresponding dimension"
        )
    if count < 2:
        raise IndexError("index 0 is out of bounds for axis 0 with size 0")
    if count < edge + 1:
        raise ValueError(
            "Shape of array too small to calculate a numerical gradient, "
            "at least (edge_order + 1) elements are required."
        )
    rows = as_rows(f, axis)
    found = np.empty(rows.shape, f.dtype)
    before, count, after = rows.shape
    for j in range(count):
        first, last = j == 0, j == count - 1
        if edge == 1 and (first or last):
            one, other = (1, 0) if first else (count - 1, count - 2)
            for i in range(before):
                for k in range(after):
                    change = rows[i, one, k] - rows[i, other, k]
                    found[i, j, k] = change / (x[one] - x[other])
            continue
        one, other = (1, 2) if first else (j - 1, j - 2) if last else (j - 1, j + 1)
        a, b = 1.0 * (x[one] - x[j]), 1.0 * (x[other] - x[j])
        near, far = b / (a * (b - a)), a / (b * (b - a))
        for i in range(before):
            for k in range(after):
                slope = rows[i, one, k] * near - rows[i, other, k] * far
                found[i, j, k] = slope - rows[i, j, k] * ((a + b) / (a * b))
    return found.reshape(f.shape)


def mesh_along(x: Any, shape: Any, axis: int) -> Any:
    """The entries of x along an axis of an array of this shape, as of `np.meshgrid`."""
    line = np.ascontiguousarray(x).reshape(-1)
    found = np.empty(row_shape(shape, axis), x.dtype)
    for j in range(len(line)):
        found[:, j] = line[j]
    return found.reshape(shape)


def padded(x: Any, before: Any, shape: Any, fill: Any) -> Any:
    """x in an array of this shape, so many entries from its start; the rest is filled.

    before : for each axis.
    """
    found = np.full(shape, fill, x.dtype)
    line, into = np.ascontiguousarray(x).reshape(-1), found.reshape(-1)
    length = x.shape[-1]
    for n in range(x.size // length if length else 0):  # the lines of the last axis
        place, stride, rest = before[-1], shape[-1], n
        for k in range(x.ndim - 2, -1, -1):
            place += (rest % x.shape[k] + before[k]) * stride
            stride *= shape[k]
            rest //= x.shape[k]
        for j in range(length):
            into[place + j] = line[n * length + j]
    return found


def padded_places(n: int, before: int, after: int, mode: str) -> Any:
    """Where each entry of a padded row of n comes from, as `np.pad` has it."""
    if n == 0:
        raise ValueError(
            "can't extend empty axis using modes other than 'constant' or 'empty'"
        )
    found = np.empty(before + n + after, np.int64)
    for k in range(len(found)):
        place = k - before
        if mode == "edge":
            place = min(max(place, 0), n - 1)
        elif mode == "wrap":
            place %= n
        elif mode == "symmetric":
            place %= 2 * n
            place = min(place, 2 * n - 1 - place)
        else:  # reflect: the ends are not repeated
            place = place % (2 * n - 2) if n > 1 else 0
            place = min(place, 2 * n - 2 - place)
        found[k] = place
    return found
