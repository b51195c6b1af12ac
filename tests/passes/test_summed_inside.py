"""Sums of the rows that loops write, in the loops, and sums that stay after them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad
from srcad.backend.compiled import INSTALLED

from .compiled_adjoints import checked, gradient, pullback

X = np.linspace(0.3, 1.1, 12).reshape(4, 3)
W = np.linspace(-0.5, 0.8, 3)


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


def summed(text: str) -> bool:
    """Whether no sum over rows is left; comments are the user's lines."""
    code = [line for line in text.splitlines() if not line.strip().startswith("#")]
    return "axis=0" not in "".join(code)


# ---- summed in the loop --------------------------------------------------------------


def norms(x: Any, w: Any) -> Any:
    """The cotangent of w is the sum of the rows of y's, which the loop fills."""
    y = x - w
    total = 0.0
    for i in range(len(x)):
        total += np.sin(np.sum(y[i] * y[i]))
    return total


def of_the_user(x: Any, w: Any) -> Any:
    """The primal's rows: the order is that of the rows."""
    y = np.empty_like(x)
    for i in range(len(x)):
        y[i] = np.cos(x[i]) * w
    return np.sum(np.sum(y, axis=0) ** 2) + np.sum(y * y * y)


def numbers(x: Any, w: Any) -> Any:
    """A number fills a row."""
    y = np.zeros((len(x), 5))
    for i in range(len(x)):
        y[i] = x[i, 0] * w[1]
    return np.sum(np.sum(y, axis=0) ** 3)


def views(x: Any, w: Any) -> Any:
    """What is written is a part of the array itself."""
    y = np.sin(x) * w
    for i in range(len(y)):
        y[i] = y[len(y) - 1 - i]
    return np.sum(np.sum(y, axis=0) ** 2)


def tables(x: Any, w: Any) -> Any:
    """Rows of several axes."""
    y = np.empty((len(x), 2, 3))
    for i in range(len(x)):
        y[i] = np.outer(x[i, :2], w)
    return np.sum(np.sum(y, axis=0) ** 2)


SUMMED = [norms, of_the_user, numbers, views, tables]


@pytest.mark.parametrize("function", SUMMED)
def test_summed(function: Callable[..., Any]) -> None:
    plain = srcad.value_and_grad(function, (0, 1)).source_for(X, W)
    assert not summed(plain)
    assert summed(checked(gradient(function), [X, W]))
    checked(pullback(srcad.grad(function, (0, 1)), (0, 1)), [X, W])


def test_nothing_to_sum() -> None:
    for x in (X[:0], X[:, :0]):
        checked(gradient(norms), [x, W[: x.shape[1]]])


# ---- sums that stay ------------------------------------------------------------------


def others(x: Any, w: Any) -> Any:
    """Not all rows are written."""
    y = np.ones_like(x)
    for i in range(1, len(x)):
        y[i] = np.cos(x[i]) * w
    return np.sum(np.sum(y, axis=0) ** 2)


def again(x: Any, w: Any) -> Any:
    """A row is written twice."""
    y = np.ones_like(x)
    for i in range(len(x)):
        y[i] = np.cos(x[i]) * w
        y[0] = x[0] * i
    return np.sum(np.sum(y, axis=0) ** 2)


def stopped(x: Any, w: Any) -> Any:
    y = np.ones_like(x)
    for i in range(len(x)):
        if x[i, 0] > 0.8:
            break
        y[i] = np.cos(x[i]) * w
    return np.sum(np.sum(y, axis=0) ** 2)


def sometimes(x: Any, w: Any) -> Any:
    y = np.ones_like(x)
    for i in range(len(x)):
        if x[i, 0] < 0.8:
            y[i] = np.cos(x[i]) * w
    return np.sum(np.sum(y, axis=0) ** 2)


def by_index(x: Any, w: Any) -> Any:
    """Which rows are written is not known."""
    y = np.ones_like(x)
    at = np.array([0, 2, 2, 1])
    for i in range(len(x)):
        y[at[i]] = np.cos(x[i]) * w
    return np.sum(np.sum(y, axis=0) ** 2)


def columns(x: Any, w: Any) -> Any:
    """A column is written in each round."""
    y = np.ones((3, len(x)))
    for i in range(len(x)):
        y[:, i] = x[i] * w
    return np.sum(np.sum(y, axis=0) ** 2)


def changed_after(x: Any, w: Any) -> Any:
    y = np.empty_like(x)
    for i in range(len(x)):
        y[i] = np.cos(x[i]) * w
    y[1, 1] = w[0] ** 2
    return np.sum(np.sum(y, axis=0) ** 2)


def integers(x: Any, w: Any) -> Any:
    y = np.zeros((4, 3), dtype=np.int64)
    for i in range(4):
        y[i] = i * 2
    return np.sum(x * np.sum(y, axis=0)) * w[0]


STAY = [others, again, stopped, sometimes, by_index, columns, changed_after, integers]


@pytest.mark.parametrize("function", STAY)
def test_stays(function: Callable[..., Any]) -> None:
    assert not summed(checked(gradient(function), [X, W]))


# ---- compiled ------------------------------------------------------------------------


@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_numba(dtype: Any) -> None:
    x, w = X.astype(dtype), W.astype(dtype)
    tolerance = 1e-13 if dtype == np.float64 else 1e-5
    for function in (norms, of_the_user, numbers, tables, others):
        transform = srcad.value_and_grad(function, (0, 1))
        expected = transform(x, w)
        found = srcad.value_and_grad(function, (0, 1), backend="numba")(x, w)
        np.testing.assert_allclose(found[0], expected[0], tolerance)
        for a, b in zip(found[1], expected[1], strict=True):
            np.testing.assert_allclose(a, b, tolerance)
            assert a.dtype == b.dtype
