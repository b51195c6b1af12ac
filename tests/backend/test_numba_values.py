"""Compiled numbers are NumPy's where Numba's own differ: truth values, empty arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from trees import close

import srcad

pytest.importorskip("numba")
X = np.array([0.5, 1.2, 2.0])


def both(f: Callable[..., Any], *args: Any, wrt: Any = 0) -> tuple[Any, Any]:
    """Value and gradient by Python, and compiled."""
    return (
        srcad.value_and_grad(f, wrt)(*args),
        srcad.value_and_grad(f, wrt, backend="numba")(*args),
    )


def numbers_added(x: Any) -> Any:
    return ((x[0] > 0.0) + (x[1] > 0.0) + (x[2] > 0.0)) * x[2]


def numbers_counted(x: Any) -> Any:
    """Python's truth values are numbers."""
    found = False
    for v in x:
        found += v > 0.0
    return found * x[2] + ((len(x) > 1) + (len(x) > 2)) * x[0] + ~(len(x) > 1) * x[1]


def arrays_added(x: Any) -> Any:
    return np.sum(((x > 0.0) + (x > 1.0)) * x * x)


def added_in_place(x: Any) -> Any:
    found = np.zeros(3, bool)
    found += x > 0.0
    found += x > 1.0
    return np.sum(found * x)


def contracted(x: Any) -> Any:
    m = x > np.array([[0.0], [1.0]])
    return np.einsum("i,i->", x > 0.0, x > 1.0) * x[2] + np.sum(
        np.einsum("ij,j->i", m, x > 0.0) * x[:2]
    )


def multiplied(x: Any) -> Any:
    return ((x[0] > 0.0) * (x[1] > 0.0) + (x[2] > 0.0)) * x[2] + np.sum(x > 0.0) * x[0]


@pytest.mark.parametrize(
    "f",
    [
        numbers_added,
        numbers_counted,
        arrays_added,
        added_in_place,
        contracted,
        multiplied,
    ],
)
@pytest.mark.filterwarnings("ignore:Bitwise inversion")  # `~` of Python's, from 3.12
def test_truth_values_add_up_as_numpy_has_it(f: Callable[..., Any]) -> None:
    expected, found = both(f, X)
    assert expected[0] == f(X)
    assert close(found, expected, 1e-14)


def largest(x: Any) -> Any:
    return np.max(x * x + 1.0)


def smallest_of_part(x: Any) -> Any:
    return np.min(x[1:] * x[1:])


def largest_of_rows(x: Any) -> Any:
    return np.sum(np.max(x * x, axis=1))


@pytest.mark.parametrize(
    ("f", "x", "some"),
    [
        (largest, np.ones(0), X),
        (smallest_of_part, np.ones(1), X),
        (largest_of_rows, np.ones((2, 0)), np.ones((2, 3))),
    ],
)
def test_of_nothing_there_is_no_largest(
    f: Callable[..., Any], x: Any, some: Any
) -> None:
    compiled = srcad.value_and_grad(f, backend="numba")
    assert close(compiled(some), srcad.value_and_grad(f)(some), 1e-14)
    with pytest.raises(ValueError, match="zero-size array"):
        compiled(x)


def test_rows_of_no_array_have_no_largest_either() -> None:
    expected, found = both(largest_of_rows, np.ones((0, 2)))
    assert found[0] == expected[0] == 0.0
    assert found[1].shape == expected[1].shape == (0, 2)


def test_a_mean_of_less_than_nothing_is_nan() -> None:
    def f(x: Any) -> Any:
        return np.mean(x[2:] * x[2:])

    compiled = srcad.value_and_grad(f, backend="numba")
    with pytest.warns(RuntimeWarning):
        expected = srcad.value_and_grad(f)(np.ones(1))
    assert close(compiled(X), srcad.value_and_grad(f)(X), 1e-14)
    found = compiled(np.ones(1))
    assert np.isnan(expected[0]) and np.isnan(found[0])
    assert np.array_equal(found[1], expected[1])
