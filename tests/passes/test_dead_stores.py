"""Zeros that adjoints store where nothing reads them, and those that are read."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad

from .compiled_adjoints import checked, gradient, pullback

X = np.linspace(0.3, 1.1, 6)
AT = np.array([0, 2, 1, 2, 4, 0])


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


def stores(text: str) -> int:
    """How many lines of a text store a zero."""
    return len(re.findall(r"_bar\[.*\] = 0\.0", text))


# ---- stores that go ------------------------------------------------------------------


def table(x: Any) -> Any:
    y = np.empty(len(x))
    for i in range(len(x)):
        y[i] = np.sin(x[i])
    return np.sum(y * y)


def first_apart(x: Any) -> Any:
    n = len(x)
    y = np.empty(n)
    y[0] = x[0]
    for i in range(1, n):
        y[i] = x[i] * x[i - 1]
    return np.sum(y * y * y)


def recurrence(x: Any) -> Any:
    n = len(x)
    y = np.empty(n)
    y[0] = x[0]
    for i in range(1, n):
        y[i] = x[i] * np.tanh(y[i - 1])
    return y[n - 1] * y[n - 1]


def backwards(x: Any) -> Any:
    n = len(x)
    y = np.zeros(n + 1)
    for i in range(n - 1, -1, -1):
        y[i] = x[i] + 0.5 * y[i + 1] * x[i]
    return y[0]


def triangle(x: Any) -> Any:
    n = len(x)
    q = np.zeros((n, n))
    for j in range(n):
        q[j, j] = np.exp(x[j])
        for i in range(j + 1, n):
            q[i, j] = x[i] * x[j]
    return np.sum(q * q)


def table_in_each_round(x: Any) -> Any:
    total = 0.0
    for k in range(3):
        y = np.empty(len(x))
        for i in range(len(x)):
            y[i] = np.sin(x[i] + k)
        total += np.sum(y * y)
    return total


def columns(x: Any) -> Any:
    n = len(x)
    y = np.empty((n, 3))
    for c in range(3):
        for i in range(n):
            y[i, c] = x[i] ** (c + 1)
    return np.sum(y * y)


GO = [table, first_apart, recurrence, backwards, triangle, table_in_each_round, columns]


@pytest.mark.parametrize("function", GO)
@pytest.mark.parametrize("x", [X, X[:2]])
def test_dropped(function: Callable[..., Any], x: Any) -> None:
    assert not stores(srcad.value_and_grad(function).source_for(x))
    assert not stores(checked(gradient(function), [x]))


@pytest.mark.parametrize("function", GO)
def test_second_order(function: Callable[..., Any]) -> None:
    checked(pullback(srcad.grad(function), (0,)), [X])


def test_no_rounds() -> None:
    assert not stores(checked(gradient(table), [X[:0]]))


# ---- stores that something reads -----------------------------------------------------


def written_twice(x: Any) -> Any:
    """The second loop stores to elements that the first one wrote."""
    y = np.empty(len(x))
    total = 0.0
    for i in range(len(x)):
        y[i] = x[i] * x[i]
        total += y[i]
    for i in range(len(x)):
        y[i] = np.sin(x[i])
    return total + np.sum(y)


def one_element(x: Any) -> Any:
    y = np.zeros(2)
    for i in range(len(x)):
        y[1] = x[i] * y[0]
        y[0] = x[i] + y[1] * y[1]
    return y[0] * y[1]


def by_turns(x: Any) -> Any:
    y = np.zeros(3)
    for i in range(len(x)):
        y[i % 3] = x[i] * x[i]
    return np.sum(y * y)


def where_told(x: Any, at: Any) -> Any:
    y = np.zeros(len(x))
    for i in range(len(x)):
        y[at[i]] = x[i] * x[i]
    return np.sum(y * y)


def given_on(x: Any) -> Any:
    """What is not stored to keeps what it was."""
    y = x * 2.0
    for i in range(1, len(x) - 1):
        y[i] = np.sin(x[i])
    return np.sum(y * y)


def from_the_end(x: Any) -> Any:
    """The last two rounds write to where the first two did."""
    n = len(x)
    y = np.zeros(n)
    for i in range(-2, n):
        y[i] = x[i] * x[i] + y[i - 1]
    return np.sum(y * y)


def again_in_later_rounds(x: Any) -> Any:
    y = np.ones(len(x))
    total = 0.0
    for _ in range(3):
        for i in range(len(x)):
            total = np.sin(total + y[0])
            y[i] = x[i] * total
    return total


def every_second(x: Any) -> Any:
    """Elements that one loop writes are read, and written, by the other."""
    n = len(x)
    y = np.zeros(n + 2)
    for i in range(n):
        y[i] = x[i] * x[i]
    for i in range(n):
        y[i + 2] = x[i] * y[i]
    return np.sum(y * y)


def as_far_as(x: Any) -> Any:
    y = np.ones(len(x))
    for i in range(len(x)):
        y[i] = x[i] * x[i]
        if y[i] > 0.5:
            break
    return np.sum(y * y) + y[2] * x[2]


STAY = [
    written_twice,
    one_element,
    by_turns,
    given_on,
    from_the_end,
    again_in_later_rounds,
    every_second,
]


@pytest.mark.parametrize("function", STAY)
def test_kept(function: Callable[..., Any]) -> None:
    assert stores(checked(gradient(function), [X]))
    checked(pullback(srcad.grad(function), (0,)), [X])


def test_kept_at_repeated_indices() -> None:
    assert stores(checked(gradient(where_told, (0,)), [X, AT]))


@pytest.mark.parametrize("function", [as_far_as])
def test_early_end(function: Callable[..., Any]) -> None:
    checked(gradient(function), [X])
    checked(pullback(srcad.grad(function), (0,)), [X])
