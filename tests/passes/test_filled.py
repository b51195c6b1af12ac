"""Cotangents that loops fill, without zeros first, and those that need zeros."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad
from srcad.backend.compiled import INSTALLED

from .compiled_adjoints import checked, gradient, pullback

X = np.linspace(0.3, 1.1, 6)
M = np.stack([X, X**2, X**3, X - 0.5])


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


# ---- filled by assignment ------------------------------------------------------------


def elements(x: Any) -> Any:
    total = 0.0
    for i in range(len(x)):
        total += np.sin(x[i]) * x[i]
    return total


def of_a_matrix(x: Any) -> Any:
    total = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            total += np.sin(x[i, j])
    return total


def rows(x: Any) -> Any:
    total = 0.0
    for i in range(len(x)):
        total += np.sum(x[i] * x[i]) ** 2
    return total


def largest_of_rows(x: Any) -> Any:
    """A round adds to elements of its row after it was filled."""
    total = 0.0
    for i in range(x.shape[0]):
        largest = x[i, 0]
        for j in range(1, x.shape[1]):
            largest = max(largest, x[i, j])
        e = 0.0
        for j in range(x.shape[1]):
            e += np.exp(x[i, j] - largest)
        total += largest + np.log(e)
    return total


FILLED = [(elements, X), (of_a_matrix, M), (rows, M), (largest_of_rows, M)]


@pytest.mark.parametrize(("function", "x"), FILLED)
def test_filled(function: Callable[..., Any], x: Any) -> None:
    assert "x_bar = np.zeros_like(x)" in srcad.value_and_grad(function).source_for(x)
    for part in (x, x[:1]):
        text = checked(gradient(function), [part])
        assert "x_bar = np.empty_like(x)" in text and "zeros" not in text
    checked(pullback(srcad.grad(function), (0,)), [x])


def test_nothing_to_fill() -> None:
    assert "np.empty_like" in checked(gradient(elements), [X[:0]])
    assert "np.empty_like" in checked(gradient(rows), [M[:0]])
    assert "np.empty_like" in checked(gradient(of_a_matrix), [M[:, :0]])


def test_lines() -> None:
    lines = checked(gradient(elements), [X]).splitlines()
    at = lines.index("    x_bar = np.empty_like(x)")
    assert lines[at + 1] == "    for i in range(len(x)):"
    assert any(line.startswith("        x_bar[i] = ") for line in lines)


# ---- zeros that are needed -----------------------------------------------------------


def all_but_the_first(x: Any) -> Any:
    total = 0.0
    for i in range(1, len(x)):
        total += np.sin(x[i])
    return total


def neighbours(x: Any) -> Any:
    total = 0.0
    for i in range(len(x)):
        total += x[i] * x[i - 1]
    return total


def every_second(x: Any) -> Any:
    total = 0.0
    for i in range(0, len(x), 2):
        total += np.sin(x[i])
    return total


def some_rows(x: Any) -> Any:
    total = 0.0
    for i in range(len(x)):
        if x[i, 0] > 0.2:
            for j in range(x.shape[1]):
                total = np.sin(total * x[i, j])
    return total


def as_far_as(x: Any) -> Any:
    total = 0.0
    for i in range(len(x)):
        total += x[i] * x[i]
        if total > 0.4:
            break
    return total


def of_another_length(x: Any, y: Any) -> Any:
    total = 0.0
    for i in range(len(y)):
        total += x[i] * y[i]
    return total


def one_column(x: Any) -> Any:
    total = 0.0
    for i in range(len(x)):
        total += np.sin(x[i, 1])
    return total


def triangle(x: Any) -> Any:
    total = 0.0
    for i in range(x.shape[0]):
        for j in range(i, x.shape[1]):
            total += np.sin(x[i, j])
    return total


def rows_and_the_first(x: Any) -> Any:
    """A round touches elements of another row, which may not be filled yet."""
    total = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            total += np.sin(x[i, j])
        total += x[0, 0] * x[i, 0]
    return total


def many_times(x: Any) -> Any:
    total = 0.0
    for _ in range(3):
        for i in range(len(x)):
            total = np.sin(total * x[i])
    return total


NEEDED = [
    (all_but_the_first, X),
    (neighbours, X),
    (every_second, X),
    (some_rows, M),
    (as_far_as, X),
    (one_column, M),
    (triangle, M),
    (rows_and_the_first, M),
    (many_times, X),
]


@pytest.mark.parametrize(("function", "x"), NEEDED)
def test_zeros(function: Callable[..., Any], x: Any) -> None:
    assert "x_bar = np.zeros_like(x)" in checked(gradient(function), [x])
    checked(pullback(srcad.grad(function), (0,)), [x])


def test_zeros_of_another_length() -> None:
    text = checked(gradient(of_another_length), [X, X[:4]])
    assert "x_bar = np.zeros_like(x)" in text and "y_bar = np.empty_like(y)" in text


def test_other_dtypes() -> None:
    checked(gradient(elements), [X.astype(np.float32)])
    checked(gradient(rows), [M.astype(np.float32)])


@pytest.mark.skipif(not INSTALLED, reason="Numba compiles the text")
def test_compiled() -> None:
    for function, x in FILLED:
        value, found = srcad.value_and_grad(function, backend="numba")(x)
        assert np.allclose(found, srcad.grad(function)(x), 1e-12, 1e-14)
