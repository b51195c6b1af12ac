"""Products and linear algebra of one matrix and of stacks, in both dialects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad
from srcad.backend import runtime
from srcad.backend.compiled import helper

pytest.importorskip("numba")

M = np.array([[2.0, 0.3, -0.4], [0.1, 1.5, 0.7], [0.6, -0.2, 1.1]])
SINGULAR = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.5, -1.0, 2.0]])
STACK = np.stack([M, M.T @ M, M[::-1]])
CUBE = np.linspace(-1.0, 2.0, 24).reshape(2, 3, 4)
ROWS = np.linspace(0.3, 1.4, 12).reshape(4, 3)


def gradients(f: Callable[..., Any], count: int, backend: str) -> list[Any]:
    """A function's gradient by all its arguments, and that of the gradient's length."""
    every = tuple(range(count))
    g = srcad.grad(f, every)

    def one(x: Any) -> Any:
        return np.sum(g(x)[0] ** 2)

    def two(x: Any, y: Any) -> Any:
        x_bar, y_bar = g(x, y)
        return np.sum(x_bar**2) + np.sum(y_bar**2)

    both = f, (one, two)[count - 1]
    return [srcad.value_and_grad(h, every, backend=backend) for h in both]


def agree(f: Callable[..., Any], *points: tuple[np.ndarray, ...]) -> None:
    """Both dialects give the same, to second order."""
    made = [gradients(f, len(points[0]), b) for b in ("numba", "python")]
    for found, expected in zip(*made, strict=True):
        for args in points:
            (value, bars), (wanted, theirs) = found(*args), expected(*args)
            np.testing.assert_allclose(value, wanted, rtol=1e-9)
            for a, b in zip(bars, theirs, strict=True):
                assert a.dtype == b.dtype
                np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10)


def volumes(m: np.ndarray, ms: np.ndarray) -> float:
    return np.linalg.det(m) ** 2 + np.sum(np.linalg.det(ms) ** 2)


def test_determinants_of_regular_and_singular_matrices() -> None:
    agree(volumes, (M, STACK), (SINGULAR, np.stack([M, SINGULAR])))


def inverses(m: np.ndarray, ms: np.ndarray) -> float:
    sign, size = np.linalg.slogdet(m)
    return sign * size**2 + np.sum(np.linalg.inv(ms) ** 3 * np.linalg.inv(m))


def test_inverses() -> None:
    agree(inverses, (M, STACK))


def product(x: np.ndarray, y: np.ndarray) -> float:
    return np.sum((x @ y) ** 2)


@pytest.mark.parametrize(
    "x, y",
    [
        (CUBE[:, None], CUBE.transpose(0, 2, 1)),
        (ROWS, CUBE),
    ],
)
def test_products_of_stacks(x: np.ndarray, y: np.ndarray) -> None:
    agree(product, (x, y))


def with_vectors(x: np.ndarray, v: np.ndarray) -> float:
    counted = np.arange(8).reshape(2, 4) @ v + v @ np.arange(4)
    return np.sum((x @ v) ** 2) + np.sum((v[:3] @ x) ** 2) * np.sum(counted)


def test_vectors_and_integers() -> None:
    made = [srcad.grad(with_vectors, (0, 1), backend=b) for b in ("numba", "python")]
    for a, b in zip(*(g(CUBE, ROWS[:, 0]) for g in made), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def of_size(m: np.ndarray) -> float:
    return np.abs(np.linalg.det(m)) ** 2


def test_complex_matrices() -> None:
    z = M + 0.4j * M[::-1]
    found = srcad.grad(of_size, backend="numba")(z)
    np.testing.assert_allclose(found, srcad.grad(of_size)(z), rtol=1e-12)


def test_single_precision() -> None:
    m, ms = M.astype(np.float32), STACK.astype(np.float32)
    found = srcad.grad(volumes, backend="numba")(m, ms)
    expected = srcad.grad(volumes)(m, ms)
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=1e-4)


def test_a_third_derivative_at_a_singular_matrix_is_refused() -> None:
    def second(m: np.ndarray) -> float:
        return srcad.grad(lambda m: srcad.grad(np.linalg.det)(m)[0, 0])(m)[1, 1]

    with pytest.raises(srcad.SrcadError, match="third derivative of det"):
        srcad.grad(second, backend="numba")(SINGULAR)


def test_what_is_not_square_is_an_error() -> None:
    for backend in ("python", "numba"):
        with pytest.raises((ValueError, np.linalg.LinAlgError), match="square"):
            srcad.grad(volumes, 1, backend=backend)(M, CUBE)


@pytest.mark.parametrize(
    "name, args",
    [
        ("argsort_along", (M, 0)),
        ("sort_along", (M, 1)),
        ("stack_cofactor", (STACK,)),
        ("stack_cofactor_slope", (STACK, STACK)),
        ("stack_inv", (STACK,)),
        ("stack_inv_or_nan", (np.stack([M, SINGULAR * 0]),)),
        ("stack_inv_or_refused", (STACK,)),
        ("stack_product", (STACK, ROWS[:3, :2])),
        ("stacked", ((M, ROWS[1:]),)),
        ("joined", ((M.T, STACK[0].T),)),
        ("turned_3", (CUBE, 2, 0, 1)),
        ("turned_4", (CUBE[:, None], 2, 0, 3, 1)),
        ("turned_bands", (STACK[0], 1)),
    ],
)
def test_helpers_compile_no_texts_of_shapes(name: str, args: tuple[Any, ...]) -> None:
    """An array set into a slice takes Numba seconds, for how it would word a misfit."""
    function = getattr(runtime, name)
    compiled = helper(function)
    found = compiled(*args)
    np.testing.assert_allclose(found, function(*args), rtol=1e-12)
    code = compiled.inspect_llvm(compiled.signatures[-1])
    assert "unicode" not in code


def test_turned_axes_are_views_of_what_was_turned() -> None:
    for function, order in ((runtime.turned_3, (1, 2, 0)), (runtime.turned_4, None)):
        x = CUBE.copy() if order else CUBE.copy()[:, None]
        order = order or (3, 1, 0, 2)
        for turned in (function, helper(function)):
            found = turned(x, *order)
            np.testing.assert_array_equal(found, np.transpose(x, order))
            found[...] += 1.0
            np.testing.assert_array_equal(found, np.transpose(x, order))
