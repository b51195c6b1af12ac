"""Helpers of compiled source: what Numba has for one matrix only, for stacks of them.

A stack is gone through matrix by matrix; one matrix is a stack of one. Entries are set
one by one, here and in the other helpers: where an array is assigned to a slice Numba
compiles, for two seconds, how it would word that the two do not fit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad.backend.runtime_matrices import NoDerivative
from srcad.backend.runtime_rows import as_stack


def put_matrix(found: Any, k: int, matrix: Any) -> None:
    """`found[k] = matrix`."""
    for i in range(found.shape[1]):
        for j in range(found.shape[2]):
            found[k, i, j] = matrix[i, j]


def stack_product(x: Any, y: Any) -> Any:
    """`x @ y` of stacks of matrices, of one dtype."""
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    left = as_stack(np.broadcast_to(x, batch + x.shape[-2:]))
    right = as_stack(np.broadcast_to(y, batch + y.shape[-2:]))
    found = np.empty((len(left), x.shape[-2], y.shape[-1]), x.dtype)
    for k in range(len(left)):
        np.dot(left[k], right[k], found[k])
    return found.reshape((*batch, x.shape[-2], y.shape[-1]))


def matrix_det(x: Any) -> Any:
    """The determinant of a matrix; Numba asks not whether it is square."""
    if x.shape[0] != x.shape[1]:
        raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")
    found = np.empty(1, x.dtype)  # Numba's is of double precision
    found[0] = np.linalg.det(x)
    return found[0]


def stack_det(x: Any) -> Any:
    """The determinants of a stack of matrices."""
    if x.shape[-1] != x.shape[-2]:
        raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")
    rows = as_stack(x)
    found = np.empty(len(rows), x.dtype)
    for k in range(len(rows)):
        found[k] = np.linalg.det(rows[k])
    return found.reshape(x.shape[:-2])


def stack_inv(x: Any) -> Any:
    """The inverses of a stack of matrices."""
    rows = as_stack(x)
    found = np.empty(rows.shape, x.dtype)
    for k in range(len(rows)):
        put_matrix(found, k, np.linalg.inv(rows[k]))
    return found.reshape(x.shape)


def stack_inv_or_nan(x: Any) -> Any:
    """The inverses of a stack of matrices, all nan where one of them has none."""
    rows = as_stack(x)
    found = np.empty(rows.shape, x.dtype)
    try:
        for k in range(len(rows)):
            put_matrix(found, k, np.linalg.inv(rows[k]))
    except Exception:  # LinAlgError: Numba catches no single class
        found[:] = np.nan
    return found.reshape(x.shape)


def stack_inv_or_refused(x: Any) -> Any:
    """The inverses; no derivative where a matrix is singular."""
    rows = as_stack(x)
    found = np.empty(rows.shape, x.dtype)
    for k in range(len(rows)):
        s = np.linalg.svd(rows[k])[1]
        if len(s) and s[-1] <= 1e-13 * s[0]:
            raise NoDerivative("no third derivative of det at a singular matrix")
        put_matrix(found, k, np.linalg.inv(rows[k]))
    return found.reshape(x.shape)


def stack_cofactor(x: Any) -> Any:
    """The derivatives of the determinants of a stack, as `cofactor` makes them."""
    if x.shape[-1] != x.shape[-2]:
        raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")
    rows, n = as_stack(x), x.shape[-1]
    found = np.empty(rows.shape, x.dtype)
    for k in range(len(rows)):
        u, s, vh = np.linalg.svd(rows[k])
        others = np.ones_like(s)
        for i in range(n):
            for j in range(n):
                if i != j:
                    others[i] *= s[j]
        sign = np.linalg.det(u) * np.linalg.det(vh)
        put_matrix(found, k, sign * ((np.conj(u) * others) @ np.conj(vh)))
    return found.reshape(x.shape)


def stack_cofactor_slope(x: Any, e: Any) -> Any:
    """The derivatives of the cofactors along e, as `cofactor_slope` makes them."""
    rows, n = as_stack(x), x.shape[-1]
    along = as_stack(e)
    found = np.empty(rows.shape, x.dtype)
    for k in range(len(rows)):
        u, s, vh = np.linalg.svd(rows[k])
        sign = np.linalg.det(u) * np.linalg.det(vh)
        u, vh = np.conj(u), np.conj(vh)
        inner = u.T @ along[k] @ vh.T
        middle = np.zeros_like(inner)
        for i in range(n):
            for j in range(n):
                if i == j:
                    continue
                pair = np.ones_like(s[:1])
                for other in range(n):
                    if other not in (i, j):
                        pair *= s[other]
                middle[i, i] += pair[0] * inner[j, j]
                middle[i, j] -= pair[0] * inner[j, i]
        put_matrix(found, k, sign * (u @ middle @ vh))
    return found.reshape(x.shape)
