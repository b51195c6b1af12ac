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
    rows = np.empty((len(y), len(x)), x.dtype)
    basis = np.eye(len(y), dtype=y.dtype)
    for i in range(len(y)):
        rows[i] = pull(basis[i])
    return rows


def columns_of_vector(push: Any, y: Any, x: Any) -> Any:
    """A matrix, column by column."""
    columns = np.empty((len(x), len(y)), y.dtype)
    basis = np.eye(len(x), dtype=x.dtype)
    for i in range(len(x)):
        columns[i] = push(basis[i])
    return columns.T


def rows_of_array(pull: Any, y: Any, x: Any) -> Any:
    """An array of shape (m..., n...), one pullback per element of the result."""
    rows = np.empty((y.size, x.size), x.dtype)
    basis = np.eye(y.size, dtype=y.dtype)
    for i in range(y.size):
        rows[i] = np.ravel(pull(np.reshape(basis[i], y.shape)))
    return np.reshape(rows, y.shape + x.shape)


def rows_by_number(pull: Any, y: Any, x: Any) -> Any:
    """An array of shape (m...), where the argument is one number."""
    found = []
    basis = np.eye(y.size, dtype=y.dtype)
    for i in range(y.size):
        found.append(pull(np.reshape(basis[i], y.shape)))
    return np.reshape(np.array(found), y.shape)


def columns_of_array(push: Any, y: Any, x: Any) -> Any:
    """An array of shape (m..., n...), one tangent per element of the argument."""
    columns = np.empty((x.size, y.size), y.dtype)
    basis = np.eye(x.size, dtype=x.dtype)
    for i in range(x.size):
        columns[i] = np.ravel(push(np.reshape(basis[i], x.shape)))
    return np.reshape(columns.T, y.shape + x.shape)


def columns_to_number(push: Any, y: Any, x: Any) -> Any:
    """An array of shape (n...), where the result is one number."""
    found = []
    basis = np.eye(x.size, dtype=x.dtype)
    for i in range(x.size):
        found.append(push(np.reshape(basis[i], x.shape)))
    return np.reshape(np.array(found), x.shape)


def checked_shape(given: Any, like: Any) -> None:
    """Raise where a tangent or cotangent has another shape than what it belongs to."""
    for m, n in zip(np.shape(given), np.shape(like)):  # noqa: B905  (of one rank)
        if m != n:
            raise ValueError("a tangent or cotangent must have the shape of its value")
