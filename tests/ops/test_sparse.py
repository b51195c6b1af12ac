"""Sparse matrices from outside: constants in products and systems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad
from srcad.errors import MissingRule, SignatureError, UnsupportedSyntax

from .slopes import check_slopes

sp = pytest.importorskip("scipy.sparse")
spl = pytest.importorskip("scipy.sparse.linalg")

RNG = np.random.default_rng(0)
D = RNG.normal(size=(4, 4)) * (RNG.random((4, 4)) < 0.6) + 3 * np.eye(4)
S, SOLVED, M = sp.csr_array(D), sp.csc_array(D), sp.csc_matrix(D[:3])
Z = sp.csr_array(D + 1j * D.T)
X, X3 = RNG.normal(size=4), RNG.normal(size=3)


class Model:
    """A user's class that holds a matrix."""

    def __init__(self, matrix: Any, weights: Any) -> None:
        self.matrix = matrix
        self.weights = weights

    def loss(self, x: Any) -> Any:
        return np.sum((self.matrix @ (x * self.weights)) ** 2)


MODEL = Model(S, X + 1)


def by_global(x: Any) -> Any:
    return np.sum((S @ x) ** 2)


def by_method(x: Any) -> Any:
    return np.sum(M.dot(x) ** 2)


def turned(x: Any) -> Any:
    return np.sum((M.T @ x) ** 2) + np.sum((M.transpose() @ x) ** 3)


def from_the_left(x: Any) -> Any:
    return np.sum((x @ M) ** 2)


def left_turned(x: Any) -> Any:
    return np.sum((x @ M.T) ** 2)


def columns(x: Any) -> Any:
    y = x[:, None] * np.array([1.0, 2.0])
    return np.sum((M @ y) ** 2) + np.sum((y.T @ S) ** 2)


def starred(x: Any) -> Any:
    return np.sum((M * x) ** 2)


def solved(x: Any) -> Any:
    return np.sum(spl.spsolve(SOLVED, x) ** 2)


def solved_columns(x: Any) -> Any:
    return np.sum(spl.spsolve(SOLVED, x[:, None] * np.array([1.0, x[0]])) ** 2)


def by_attribute(x: Any) -> Any:
    return MODEL.loss(x)


def in_a_loop(x: Any) -> Any:
    for _ in range(3):
        x = x + 0.1 * (S @ x)
    return np.sum(x**2)


def quadratic(x: Any) -> Any:
    return x @ (S @ x)


def read(x: Any) -> Any:
    dense = np.sum(S.toarray() @ x) + np.sum(S.diagonal() * x)
    return dense + S.sum() * x[0] + S.nnz * x[1] / S.shape[0] + np.sum(S.data) * x[2]


def helper(matrix: Any, x: Any) -> Any:
    return matrix @ x


def through_a_call(x: Any) -> Any:
    return np.sum(helper(S, x) ** 2) + np.sum(helper(M, x) ** 3)


def chosen(x: Any) -> Any:
    matrix = S if x[0] > 0 else SOLVED
    return np.sum((matrix @ x) ** 2)


def complex_entries(x: Any) -> Any:
    return np.sum(np.abs(Z @ x) ** 2)


def made_of_constants(x: Any) -> Any:
    return np.sum((sp.eye_array(4) @ x) ** 2) + np.sum((sp.kron(S, np.ones(1)) @ x))


CASES = [
    *((f, X) for f in (by_global, by_method, left_turned, columns, starred, solved)),
    *((f, X) for f in (solved_columns, by_attribute, in_a_loop, quadratic, read)),
    *((f, X) for f in (through_a_call, complex_entries, made_of_constants)),
    *((f, X3) for f in (turned, from_the_left)),
]


@pytest.mark.parametrize("f, x", CASES, ids=lambda v: getattr(v, "__name__", ""))
def test_derivatives(f: Callable[[Any], Any], x: Any) -> None:
    check_slopes(f, x)


def with_argument(x: Any, matrix: Any, parts: Any) -> Any:
    y = matrix @ x
    for part in parts:
        y = part @ y
    return np.sum(y**2) + parts[0].shape[1] * x[0]


@pytest.mark.parametrize("make", ["csr_array", "csc_matrix", "coo_array", "dia_matrix"])
def test_matrices_as_arguments(make: str) -> None:
    matrix = getattr(sp, make)(D)
    parts = [S, S.T.tocsr()]
    found = srcad.grad(with_argument)(X, matrix, parts)
    expected = srcad.grad(with_argument)(X, D, [D, D.T])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_another_matrix_is_read_anew_without_another_compilation() -> None:
    slope = srcad.grad(helped)
    slope(X, S)
    other = sp.csr_array(2.0 * D)
    np.testing.assert_allclose(slope(X, other), 2.0 * D.sum(axis=0))
    assert slope.source_for(X, S) == slope.source_for(X, other)


def helped(x: Any, matrix: Any) -> Any:
    return np.sum(helper(matrix, x))


def test_the_adjoint_is_the_transposed_product() -> None:
    source = srcad.grad(helped).source_for(X, S)
    assert "matrix.T @" in source
    assert "S @ " in srcad.grad(by_global).source_for(X)


def test_an_object_with_a_matrix_has_a_gradient_by_its_floats() -> None:
    found = srcad.grad(Model.loss)(MODEL, X)
    expected = 2.0 * X * (D.T @ (D @ (X * MODEL.weights)))
    np.testing.assert_allclose(found.weights, expected)


def test_a_matrix_is_no_argument_to_differentiate_by() -> None:
    with pytest.raises(SignatureError, match="sparse matrix"):
        srcad.grad(helped, argnums=1)(X, S)


# ---- refusals ------------------------------------------------------------------------


def summed(x: Any, matrix: Any) -> Any:
    return np.sum((matrix + matrix) @ x)


def scaled(x: Any, matrix: Any) -> Any:
    return np.sum((matrix * x[0]) @ x)


def other_attribute(x: Any, matrix: Any) -> Any:
    return np.sum(matrix.power(2) @ x)


@pytest.mark.parametrize("f", [summed, scaled, other_attribute])
def test_matrices_computed_inside_are_refused(f: Any) -> None:
    with pytest.raises(UnsupportedSyntax, match="sparse matrix") as error:
        srcad.grad(f)(X, S)
    assert error.value.lineno == f.__code__.co_firstlineno + 1


def built(x: Any) -> Any:
    rows, at = np.array([0, 1, 2, 0]), np.arange(4)
    matrix = sp.csr_array((x, (rows, at)), shape=(3, 4))
    return np.sum(matrix @ x)


def diagonal(x: Any) -> Any:
    return np.sum(sp.diags_array(x) @ x)


@pytest.mark.parametrize("f", [built, diagonal])
def test_matrices_of_active_entries_are_refused(f: Any) -> None:
    with pytest.raises((UnsupportedSyntax, MissingRule)) as error:
        srcad.grad(f)(X)
    assert "test_sparse.py" in str(error.value)
    assert "outside" in str(error.value)


def column(x: Any) -> Any:
    return np.sum(spl.spsolve(SOLVED, x[:, None]))


def test_one_column_is_refused_as_scipy_drops_its_axis() -> None:
    with pytest.raises(MissingRule, match="b must be a vector"):
        srcad.grad(column)(X)
