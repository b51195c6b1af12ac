"""Linear algebra where it has no answer: the error, and the user's line in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad
from srcad.errors import ShapeError, SrcadError

VECTOR, TALL = np.ones(3), np.arange(6.0).reshape(3, 2)
EYE, RANK_ONE = np.eye(3), np.array([[1.0, 2.0], [2.0, 4.0]])


def line_of(f: Callable[..., Any]) -> str:
    """The line that holds the body of a function of one statement."""
    return f"line {f.__code__.co_firstlineno + 1}"


def inverse(x: Any) -> Any:
    return np.sum(np.linalg.inv(x))


def determinant(x: Any) -> Any:
    return np.linalg.det(x)


def solution(x: Any) -> Any:
    return np.sum(np.linalg.solve(x, np.ones(3)))


def factor(x: Any) -> Any:
    return np.sum(np.linalg.cholesky(x))


def values(x: Any) -> Any:
    return np.sum(np.linalg.eigvalsh(x) ** 2)


def first_vector(x: Any) -> Any:
    return np.sum(np.linalg.eigh(x)[1][:, 0])


def left_vectors(x: Any) -> Any:
    return np.sum(np.linalg.svd(x)[0])


def vectors(x: Any) -> Any:
    return np.sum(np.linalg.eig(x)[1].real)


def singular_values(x: Any) -> Any:
    return np.sum(np.linalg.svd(x)[1])


def qr(x: Any) -> Any:
    return np.sum(np.linalg.qr(x)[1])


def trace(x: Any) -> Any:
    return np.trace(x)


def power(x: Any) -> Any:
    return np.sum(np.linalg.matrix_power(x, 2))


def least_squares(x: Any) -> Any:
    return np.sum(np.linalg.lstsq(x, np.ones(3))[0])


NEED_A_MATRIX = [inverse, determinant, solution, factor, values, first_vector, vectors]


@pytest.mark.parametrize(
    "f",
    [*NEED_A_MATRIX, left_vectors, singular_values, qr, trace, power, least_squares],
)
def test_a_vector_is_no_matrix(f: Callable[[Any], Any]) -> None:
    with pytest.raises(ShapeError, match="a matrix is needed") as error:
        srcad.grad(f)(VECTOR)
    assert line_of(f) in str(error.value)
    assert "x[:, None]" in str(error.value)


def known_lengths(x: Any) -> Any:
    return np.sum(np.linalg.inv(x[:2, 0:1] * np.ones((2, 3))))


def test_lengths_that_are_known_are_named() -> None:
    with pytest.raises(ShapeError, match="2 rows and 3 columns"):
        srcad.grad(known_lengths)(EYE)


@pytest.mark.parametrize("f", [*NEED_A_MATRIX, power])
def test_other_lengths_are_numpys_error_with_the_line(f: Callable[[Any], Any]) -> None:
    with pytest.raises(np.linalg.LinAlgError) as error:
        srcad.grad(f)(TALL)
    assert line_of(f) in "".join(error.value.__notes__)


def moved(x: Any) -> Any:
    return np.sum(np.moveaxis(x, 0, 2))


def test_an_axis_that_is_not_there() -> None:
    with pytest.raises(ShapeError, match="moveaxis"):
        srcad.grad(moved)(EYE)


@pytest.mark.parametrize(
    "f, x", [(inverse, 0 * EYE), (solution, 0 * EYE), (factor, -EYE)]
)
def test_singular_matrices_are_numpys_error_with_the_line(f: Any, x: Any) -> None:
    with pytest.raises(np.linalg.LinAlgError) as error:
        srcad.grad(f)(x)
    assert line_of(f) in "".join(error.value.__notes__)


@pytest.mark.parametrize("f", [first_vector, left_vectors, vectors])
def test_degenerate_vectors_are_refused_with_the_line(f: Any) -> None:
    with pytest.raises(SrcadError, match="equal") as error:
        srcad.grad(f)(EYE)
    assert line_of(f) in str(error.value)
    with pytest.raises(SrcadError, match="equal"):
        srcad.jvp(f, (EYE,), (np.ones((3, 3)),))
    _, pullback = srcad.vjp(f, EYE)
    with pytest.raises(SrcadError, match="equal") as error:
        pullback(1.0)
    assert line_of(f) in str(error.value)


def test_degenerate_values_are_right() -> None:
    np.testing.assert_allclose(srcad.grad(values)(EYE), 2 * EYE)
    np.testing.assert_allclose(srcad.grad(singular_values)(EYE), EYE)
    along = srcad.jvp(values, (EYE,), (np.diag([1.0, 2.0, 3.0]),))[1]
    np.testing.assert_allclose(along, 12.0)


def test_the_determinant_of_a_singular_matrix_goes_by_the_adjugate() -> None:
    adjugate = np.array([[4.0, -2.0], [-2.0, 1.0]])
    np.testing.assert_allclose(srcad.grad(determinant)(RANK_ONE), adjugate, atol=1e-12)
    t = np.array([[1.0, 0.5], [-1.0, 2.0]])
    along = srcad.jvp(determinant, (RANK_ONE,), (t,))[1]
    np.testing.assert_allclose(along, np.sum(adjugate * t), atol=1e-12)
    second = srcad.hvp(determinant, (RANK_ONE,), (t,))
    np.testing.assert_allclose(second, [[2.0, 1.0], [-0.5, 1.0]], atol=1e-12)
    np.testing.assert_allclose(srcad.grad(determinant)(0 * EYE), 0 * EYE)
