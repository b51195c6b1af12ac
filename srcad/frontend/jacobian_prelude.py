"""Plain functions that are lowered like user code: jacobians, and a check of shapes.

`pull` takes a cotangent of the result and gives that of the argument, `push` takes a
tangent of the argument and gives that of the result; `y` is the result, `x` the
argument, a number or an array.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def row_of_number(pull: Any, y: Any, x: Any) -> Any:
    """A result that is one number has one row, of the argument's shape."""
    return pull(1.0)


def column_of_number(push: Any, y: Any, x: Any) -> Any:
    """An argument that is one number has one column, of the result's shape."""
    return push(1.0)


def rows_of_vector(pull: Any, y: Any, x: Any) -> Any:
    """A matrix, row by row."""
    rows = []
    basis = np.eye(len(y), dtype=y.dtype)
    for i in range(len(y)):
        rows.append(pull(basis[i]))
    return np.reshape(np.stack(rows), (len(y), len(x)))


def columns_of_vector(push: Any, y: Any, x: Any) -> Any:
    """A matrix, column by column."""
    columns = []
    basis = np.eye(len(x), dtype=x.dtype)
    for i in range(len(x)):
        columns.append(push(basis[i]))
    return np.reshape(np.stack(columns), (len(x), len(y))).T


def rows_of_array(pull: Any, y: Any, x: Any) -> Any:
    """An array of shape (m..., n...), one pullback per element of the result."""
    rows = []
    basis = np.eye(y.size, dtype=y.dtype)
    for i in range(y.size):
        rows.append(np.ravel(pull(np.reshape(basis[i], y.shape))))
    return np.reshape(np.stack(rows), y.shape + np.shape(x))


def columns_of_array(push: Any, y: Any, x: Any) -> Any:
    """An array of shape (m..., n...), one tangent per element of the argument."""
    columns = []
    basis = np.eye(x.size, dtype=x.dtype)
    for i in range(x.size):
        columns.append(np.ravel(push(np.reshape(basis[i], x.shape))))
    return np.reshape(np.stack(columns).T, np.shape(y) + x.shape)


def checked_shape(given: Any, like: Any) -> None:
    """Raise where a tangent or cotangent has another shape than what it belongs to."""
    for m, n in zip(np.shape(given), np.shape(like)):  # noqa: B905  (of one rank)
        if m != n:
            raise ValueError("a tangent or cotangent must have the shape of its value")
