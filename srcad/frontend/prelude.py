"""Jacobians as plain functions of pullbacks and tangents, to be lowered like user code.

`pull` takes a cotangent of the result and gives that of the argument, `push` takes a
tangent of the argument and gives that of the result; `y` is the result, `x` the
argument, a number or an array.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def number_of_number(pull: Any, y: Any, x: Any) -> Any:
    """One derivative, or a gradient: a result that is one number has one row."""
    return pull(1.0)


def column_of_number(push: Any, y: Any, x: Any) -> Any:
    """The derivative by one number has one column, of the result's shape."""
    return push(1.0)


def rows_of_vector(pull: Any, y: Any, x: Any) -> Any:
    """A matrix, row by row."""
    jac = np.zeros((len(y), len(x)), x.dtype)
    basis = np.eye(len(y), dtype=y.dtype)
    for i in range(len(y)):
        jac[i] = pull(basis[i])
    return jac


def columns_of_vector(push: Any, y: Any, x: Any) -> Any:
    """A matrix, column by column."""
    jac = np.zeros((len(y), len(x)), y.dtype)
    basis = np.eye(len(x), dtype=x.dtype)
    for i in range(len(x)):
        jac[:, i] = push(basis[i])
    return jac


def rows(pull: Any, y: Any, x: Any) -> Any:
    """An array of shape (m..., n...), one pullback per element of the result."""
    jac = np.zeros((y.size, np.size(x)))
    basis = np.eye(y.size)
    for i in range(y.size):
        jac[i] = np.ravel(pull(np.reshape(basis[i], y.shape)))
    return np.reshape(jac, y.shape + np.shape(x))


def columns(push: Any, y: Any, x: Any) -> Any:
    """An array of shape (m..., n...), one tangent per element of the argument."""
    jac = np.zeros((np.size(y), x.size))
    basis = np.eye(x.size)
    for i in range(x.size):
        jac[:, i] = np.ravel(push(np.reshape(basis[i], x.shape)))
    return np.reshape(jac, np.shape(y) + x.shape)
