"""The helpers of generated source that work on bands of matrices, and on pivots.

A band matrix is stored by diagonals, as SciPy does: `ab[u + i - j, j]` is entry (i, j)
of a matrix with u diagonals above the main one. As those of `runtime.py`, each helper
stands by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def of_triangle(a: Any, like: Any, lower: bool = False) -> Any:
    """The diagonals of a triangular matrix, as many as `like` has."""
    rows, n = np.shape(like)
    found = np.zeros((rows, n), dtype=np.result_type(a))
    for k in range(min(rows, n)):
        if lower:
            found[k, : n - k] = np.diagonal(a, -k)
        else:
            found[rows - 1 - k, k:] = np.diagonal(a, k)
    return found


def to_triangle(ab: Any, lower: bool = False) -> Any:
    """The triangular matrix with these diagonals."""
    rows, n = np.shape(ab)
    found = np.zeros((n, n), dtype=np.result_type(ab))
    for k in range(min(rows, n)):
        i = np.arange(n - k)
        if lower:
            found[i + k, i] = ab[k, : n - k]
        else:
            found[i, i + k] = ab[rows - 1 - k, k:]
    return found


def turned_bands(ab: Any, upper: int) -> Any:
    """The diagonals of the transposed matrix."""
    rows, n = np.shape(ab)
    found = np.zeros_like(ab)
    for row in range(rows):
        k = upper - row
        if abs(k) >= n:
            continue
        first, last = max(k, 0), n + min(k, 0)
        for j in range(first, last):
            found[rows - 1 - row, j - k] = ab[row, j]
    return found


def band_times(ab: Any, x: Any, upper: int) -> Any:
    """The band matrix times a vector, or a matrix."""
    rows, n = np.shape(ab)
    found = np.zeros(np.shape(x), dtype=np.result_type(ab, x))
    for row in range(rows):
        k = upper - row
        if abs(k) >= n:
            continue
        first, last = max(k, 0), n + min(k, 0)
        part = ab[row, first:last]
        part = part if np.ndim(x) == 1 else part[:, None]
        found[first - k : last - k] += part * x[first:last]
    return found


def band_outer(y: Any, x: Any, lower: int, upper: int) -> Any:
    """The diagonals of y x^T, summed over the columns of both."""
    n = np.shape(x)[0]
    found = np.zeros((lower + upper + 1, n), dtype=np.result_type(y, x))
    for row, k in enumerate(range(upper, -lower - 1, -1)):
        if abs(k) >= n:
            continue
        first, last = max(k, 0), n + min(k, 0)
        part = y[first - k : last - k] * x[first:last]
        found[row, first:last] = part if np.ndim(x) == 1 else part.sum(axis=1)
    return found


def half_times(ab: Any, x: Any, lower: bool = False) -> Any:
    """The symmetric matrix of which one half is stored, times x."""
    rows, n = np.shape(ab)
    found = np.zeros(np.shape(x), dtype=np.result_type(ab, x))
    for k in range(min(rows, n)):
        part = ab[k, : n - k] if lower else ab[rows - 1 - k, k:]
        part = part if np.ndim(x) == 1 else part[:, None]
        found[k:] += part * x[: n - k]
        if k:
            found[: n - k] += part * x[k:]
    return found


def half_outer(y: Any, x: Any, like: Any, lower: bool = False) -> Any:
    """The cotangent of the stored half, for that of the symmetric matrix: y x^T."""
    rows, n = np.shape(like)
    found = np.zeros((rows, n), dtype=np.result_type(y, x))
    for k in range(min(rows, n)):
        part = y[k:] * x[: n - k]
        if k:
            part = part + y[: n - k] * x[k:]
        part = part if np.ndim(x) == 1 else part.sum(axis=1)
        if lower:
            found[k, : n - k] = part
        else:
            found[rows - 1 - k, k:] = part
    return found


def pivot_order(piv: Any, back: bool = False) -> Any:
    """The order of rows that LAPACK's exchanges make, or the one that undoes it."""
    order = np.arange(len(piv))
    for k, other in enumerate(piv):
        order[[k, other]] = order[[other, k]]
    return np.argsort(order) if back else order
