"""Plain functions that are lowered like user code: jacobians, and a check of shapes.

`pull` takes a cotangent of the result and gives those of the arguments, `push` takes a
tangent of one argument and gives that of the result; `y` is the result, `x` an
argument, a number or an array; `found` has an array of rows for each argument.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def column_of_number(push: Any, y: Any, x: Any) -> Any:
    """An argument that is one number has one column, of the result's shape."""
    return push(1.0)


def columns_of_vector(push: Any, y: Any, x: Any) -> Any:
    """A matrix, column by column."""
    columns = np.empty((len(x), len(y)), y.dtype)
    basis = np.eye(len(x), dtype=x.dtype)
    for i in range(len(x)):
        columns[i] = push(basis[i])
    return columns.T


def rows_begun(count: int, x: Any, dtype: Any) -> Any:
    """An array with so many rows."""
    return np.empty((count, *np.shape(x)), dtype)


def size_of(y: Any) -> int:
    """How many rows there are."""
    return int(np.size(y))


def length_of(y: Any) -> int:
    """The same of a vector."""
    return len(y)


def every_row_of_vector(pull: Any, y: Any, found: Any) -> None:
    """Fill the rows of each array, one pullback for each element of the result."""
    basis = np.eye(len(y), dtype=y.dtype)
    for i in range(len(y)):
        for rows, part in zip(found, pull(basis[i])):  # noqa: B905  (of one length)
            rows[i] = part


def every_row_of_array(pull: Any, y: Any, found: Any) -> None:
    """The same for a result of any rank."""
    basis = np.eye(y.size, dtype=y.dtype)
    for i in range(y.size):
        parts = pull(np.reshape(basis[i], y.shape))
        for rows, part in zip(found, parts):  # noqa: B905  (of one length)
            rows[i] = part


def one_row(pull: Any, seed: Any, found: Any, i: int) -> None:
    """Fill row i of each array."""
    for rows, part in zip(found, pull(np.array(seed))):  # noqa: B905  (of one length)
        rows[i] = part


def rows_ended(rows: Any, y: Any, x: Any) -> Any:
    """The rows in the shape of the result."""
    return np.reshape(rows, np.shape(y) + np.shape(x))


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
