"""Helpers of compiled source: an array as rows along an axis, or matrix by matrix.

Numba has many functions for vectors and for one matrix only; its helpers go through an
array in one of these two shapes.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def row_shape(shape: Any, axis: int) -> Any:
    """How many entries there are before an axis, along it and after it."""
    before, after = 1, 1
    for k in range(len(shape)):
        before *= shape[k] if k < axis else 1
        after *= shape[k] if k > axis else 1
    return before, shape[axis], after


def as_rows(x: Any, axis: int) -> Any:
    """x in three dimensions: before the axis, along it, after it.

    It is x's own memory where that is contiguous.
    """
    return np.ascontiguousarray(x).reshape(row_shape(x.shape, axis))


def put_row(found: Any, j: int, rows: Any, k: int) -> None:
    """`found[:, j] = rows[:, k]`; see `runtime_stacks.py` for why entry by entry."""
    for i in range(found.shape[0]):
        for n in range(found.shape[2]):
            found[i, j, n] = rows[i, k, n]


def as_stack(x: Any) -> Any:
    """x in three dimensions, matrix by matrix; one matrix is a stack of one."""
    count = 1
    for k in range(x.ndim - 2):
        count *= x.shape[k]
    return np.ascontiguousarray(x).reshape((count, x.shape[-2], x.shape[-1]))
