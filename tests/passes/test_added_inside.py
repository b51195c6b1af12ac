"""Sums of what loops add up, as sums in the loops, and where they must stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad
from srcad.backend.compiled import INSTALLED

from .compiled_adjoints import checked, gradient, pullback

X = np.linspace(0.3, 1.1, 6)
Y = np.linspace(-0.8, 0.9, 6)
AT = np.array([0, 2, 1, 2, 4, 0])


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


# ---- added in the loop ---------------------------------------------------------------


def two_sums(x: Any, h: Any) -> Any:
    """The stage of a solver: z goes to y, and scaled to k."""
    n = len(x)
    y = np.cos(x)
    k = np.empty(n)
    for i in range(n):
        k[i] = x[i] * x[i]
    z = y + 0.5 * h * k
    out = np.empty(n)
    out[0] = x[0]
    for i in range(1, n):
        out[i] = z[i - 1] * np.sin(x[i])
    return np.sum(out * out) + np.sum(y * y) + np.sum(k * k * k)


def taken_away(x: Any) -> Any:
    """What is added up is subtracted; z is read at one element in each round."""
    y = np.cos(x)
    z = x * x - y * 2.0
    total = 0.0
    for i in range(len(x)):
        total += np.sin(z[i]) * z[i]
    return total + np.sum(y * y) + np.sum(y)


def stages(x: Any, s: Any) -> Any:
    n = len(x)
    y = np.zeros(n)
    h = 1.0 / s
    for _ in range(s):
        a, b = np.empty(n), np.empty(n)
        a[0] = b[0] = x[0]
        for i in range(1, n):
            a[i] = x[i] * y[i - 1]
        z = y + h * a
        for i in range(1, n):
            b[i] = x[i] * z[i - 1]
        for i in range(n):
            y[i] += h * (a[i] + b[i])
    return y[-1]


def in_a_nest(x: Any) -> Any:
    """A loop inside adds many times; a sum without a factor costs no more."""
    y = np.cos(x)
    z = y + 1.0
    total = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            total = np.sin(total + z[i] * z[j])
    return total + np.sum(y * y)


GO = [
    (two_sums, (X, 0.3), (0,)),
    (taken_away, (X,), (0,)),
    (stages, (X, 3), (0,)),
    (in_a_nest, (X,), (0,)),
]


@pytest.mark.parametrize(("function", "args", "wrt"), GO)
def test_added_inside(function: Callable[..., Any], args: Any, wrt: Any) -> None:
    before = srcad.value_and_grad(function, wrt).source_for(*args)
    text = checked(gradient(function, wrt), args)
    assert text.count("np.zeros_like") < before.count("np.zeros_like"), text
    checked(pullback(srcad.grad(function, wrt[0]), wrt[:1]), args)


def test_lines() -> None:
    text = checked(gradient(stages, (0,)), [X, 3])
    (start,) = (
        k for k, line in enumerate(text.splitlines()) if "a_bar[i - 1] +=" in line
    )
    lines = [line.strip() for line in text.splitlines()[start - 1 : start + 1]]
    assert lines[0].startswith("y_bar[i - 1] += ")
    assert "z_bar" not in text


# ---- kept apart ----------------------------------------------------------------------


def by_an_array(x: Any) -> Any:
    """z goes to a sum by a factor that is an array."""
    y = np.cos(x)
    z = y + np.sin(x) * x
    total = 0.0
    for i in range(1, len(x)):
        total = np.sin(total * z[i - 1])
    return total + np.sum(y * y)


def two_lengths(x: Any, y: Any) -> Any:
    """Arrays that may be of different lengths."""
    z = y + 2.0 * x
    total = 0.0
    for i in range(1, len(x)):
        total = np.sin(total + z[i - 1])
    return total + np.sum(y * y) + np.sum(x * x)


def stretched(x: Any, y: Any) -> Any:
    """z is longer than y: what comes back is a sum."""
    z = x + y[:1]
    total = 0.0
    for i in range(len(x)):
        total = np.sin(total + z[i])
    return total + np.sum(y * y)


def where_told(x: Any, at: Any) -> Any:
    y = np.cos(x)
    z = y + 2.0 * np.sin(x)
    total = 0.0
    for i in range(len(x)):
        total = np.sin(total + z[at[i]])
    return total + np.sum(x * y)


def three_sums(x: Any) -> Any:
    a, b, c = np.sin(x), np.cos(x), x * x
    z = a + 2.0 * b + 3.0 * c
    total = 0.0
    for i in range(len(x)):
        total = np.sin(total + z[i])
    return total + np.sum(a * a) + np.sum(b * b) + np.sum(c * c)


def read_in_the_loop(x: Any) -> Any:
    """What the loop's sum is added to is added to in the loop as well."""
    y = np.cos(x)
    z = np.sin(y)
    w = y + 0.5 * z
    total = 0.0
    for i in range(len(x)):
        total = np.sin(total + w[i] * x[i]) + z[i] * y[i]
    return total


def as_far_as(x: Any) -> Any:
    y = np.cos(x)
    z = np.sin(x) + 2.0 * y
    total = 0.0
    for i in range(len(x)):
        total = np.sin(total + z[i])
        if total > 0.9:
            break
    return total + np.sum(y * y) + np.sum(x * x)


STAY = [
    (by_an_array, (X,)),
    (two_lengths, (X, Y)),
    (stretched, (X, Y)),
    (three_sums, (X,)),
    (read_in_the_loop, (X,)),
]


@pytest.mark.parametrize(("function", "args"), STAY)
def test_the_same_numbers(function: Callable[..., Any], args: Any) -> None:
    checked(gradient(function), args)
    wrt = tuple(range(len(args)))
    checked(pullback(srcad.grad(function, wrt[-1]), wrt), args)


@pytest.mark.parametrize("function", [by_an_array, three_sums])
def test_kept_apart(function: Callable[..., Any]) -> None:
    text = checked(gradient(function), [X])
    assert "z_bar = np." in text and "z_bar[" in text


@pytest.mark.parametrize("function", [two_lengths, stretched])
def test_lengths_that_may_differ(function: Callable[..., Any]) -> None:
    text = checked(gradient(function), [X, Y])
    assert "z_bar = np." in text and "z_bar[" in text


def test_where_told() -> None:
    """A scaled sum costs a product each time; the rounds may come to one element."""
    text = checked(gradient(where_told, (0,)), [X, AT])
    assert "z_bar = np.zeros_like" in text


def test_early_end() -> None:
    checked(gradient(as_far_as), [X])
    checked(pullback(srcad.grad(as_far_as), (0,)), [X])


@pytest.mark.parametrize("x", [X, X[:1], X[:2]])
def test_lengths(x: Any) -> None:
    checked(gradient(stages, (0,)), [x, 2])
    checked(gradient(two_sums, (0,)), [x, 0.3])


def test_no_rounds() -> None:
    checked(gradient(taken_away), [X[:0]])


@pytest.mark.skipif(not INSTALLED, reason="Numba compiles the text")
@pytest.mark.parametrize(("function", "args", "wrt"), GO[:3])
def test_compiled(function: Callable[..., Any], args: Any, wrt: Any) -> None:
    for threads in (False, True):
        found = srcad.grad(function, wrt, backend="numba", parallel=threads)(*args)
        wanted = srcad.grad(function, wrt)(*args)
        for a, b in zip(found, wanted, strict=True):
            assert np.allclose(a, b, 1e-12, 1e-14)
