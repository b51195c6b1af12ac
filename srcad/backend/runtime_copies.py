"""Helpers of compiled source: copies along axes and their sums, rolls and diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad.backend.runtime_rows import as_rows, as_stack, put_row, row_shape


def tile_line(n: int, x: Any, shape: Any) -> Any:
    """Where the line of x begins that is line n of an array of copies."""
    place, stride = 0, x.shape[-1]
    for k in range(x.ndim - 2, -1, -1):
        place += n % shape[k] % x.shape[k] * stride
        stride *= x.shape[k]
        n //= shape[k]
    return place


def tiled(x: Any, shape: Any) -> Any:
    """Copies of x, side by side along each axis, in this shape."""
    found = np.empty(shape, x.dtype)
    line, into = np.ascontiguousarray(x).reshape(-1), found.reshape(-1)
    width = shape[-1]
    for n in range(found.size // width if width else 0):
        place = tile_line(n, x, shape)
        for j in range(width):
            into[n * width + j] = line[place + j % x.shape[-1]]
    return found


def tiles_summed(g: Any, x: Any) -> Any:
    """The sum of the copies that `tiled` made of x."""
    found = np.zeros(x.shape, g.dtype)
    line, into = np.ascontiguousarray(g).reshape(-1), found.reshape(-1)
    width = g.shape[-1]
    for n in range(g.size // width if width else 0):
        place = tile_line(n, x, g.shape)
        for j in range(width):
            into[place + j % x.shape[-1]] += line[n * width + j]
    return found


def counts_fit(counts: Any, length: int) -> None:
    """Refuse counts of repeats that are not one for each entry."""
    if len(counts) != length:
        raise ValueError("operands could not be broadcast together")
    if np.any(counts < 0):
        raise ValueError("repeats may not contain negative values.")


def repeated_along(x: Any, counts: Any, shape: Any, axis: int) -> Any:
    """`np.repeat` along an axis, each entry so often, in this shape."""
    counts_fit(counts, x.shape[axis])
    rows, found, at = as_rows(x, axis), np.empty(row_shape(shape, axis), x.dtype), 0
    for j in range(len(counts)):
        for _ in range(counts[j]):
            put_row(found, at, rows, j)
            at += 1
    return found.reshape(shape)


def repeats_summed(g: Any, x: Any, counts: Any, axis: int) -> Any:
    """The sums over the copies that `repeated_along` made, in the shape of x."""
    counts_fit(counts, x.shape[axis])
    rows, found, at = as_rows(g, axis), np.zeros(row_shape(x.shape, axis), g.dtype), 0
    for j in range(len(counts)):
        for _ in range(counts[j]):
            for i in range(found.shape[0]):
                for n in range(found.shape[2]):
                    found[i, j, n] += rows[i, at, n]
            at += 1
    return found.reshape(x.shape)


def rolled(x: Any, shift: int, axis: int) -> Any:
    """`np.roll` along an axis."""
    rows = as_rows(x, axis)
    found, count = np.empty_like(rows), rows.shape[1]
    for j in range(count):
        put_row(found, (j + shift) % count, rows, j)
    return found.reshape(x.shape)


def diagonal_length(n: int, m: int, offset: int) -> int:
    """How many entries a diagonal of a matrix has."""
    return max(0, min(n + min(offset, 0), m - max(offset, 0)))


def diagonals(x: Any, offset: int) -> Any:
    """The diagonals of a stack of matrices."""
    stack = as_stack(x)
    found = np.empty(
        (len(stack), diagonal_length(x.shape[-2], x.shape[-1], offset)), x.dtype
    )
    for n in range(found.shape[0]):
        for k in range(found.shape[1]):
            found[n, k] = stack[n, k + max(-offset, 0), k + max(offset, 0)]
    return found.reshape((*x.shape[:-2], found.shape[1]))


def with_diagonals(g: Any, x: Any, offset: int) -> Any:
    """Zeros like a stack of matrices x, but for a diagonal of each, which is g."""
    found = np.zeros(as_stack(x).shape, g.dtype)
    count = diagonal_length(x.shape[-2], x.shape[-1], offset)
    rows = np.ascontiguousarray(g).reshape((len(found), count))
    for n in range(len(found)):
        for k in range(count):
            found[n, k + max(-offset, 0), k + max(offset, 0)] = rows[n, k]
    return found.reshape(x.shape)
