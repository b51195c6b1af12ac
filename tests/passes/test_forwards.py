"""Adjoint loops that go forward, and those whose order matters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from trees import close

import srcad
from srcad.arrays import leaves
from srcad.backend import function as loading
from srcad.backend.compiled import INSTALLED
from srcad.backend.generate import generate
from srcad.pipeline import for_loops

X = np.linspace(0.3, 1.0, 6)


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


def both(
    function: Callable[..., Any], x: Any, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, str]:
    """The gradient's source without the pass and with it; both give the same bits."""
    entry = srcad.value_and_grad(function).entry((x,))
    finished = entry.programs.finished[0]
    made = generate(for_loops(finished))
    with monkeypatch.context() as changed:
        changed.setattr("srcad.pipeline.forwards", lambda program, known: program)
        plain = generate(for_loops(finished))
    expected, found = (list(leaves(loading.load(p)(x))) for p in (plain, made))
    for a, b in zip(expected, found, strict=True):
        assert np.array_equal(a, b)
    return plain.text, made.text


def backwards(text: str) -> int:
    """How many loops go from the end to the front."""
    return text.count("reversed(") + text.count(", -1):")


def own_elements(x: Any) -> Any:
    y = np.empty(len(x))
    for i in range(len(x)):
        y[i] = np.sin(x[i]) * x[i]
    return np.sum(y * y)


def shifted(x: Any) -> Any:
    y = np.ones(len(x))
    for i in range(1, len(x)):
        y[i] = x[i] * x[i] * y[0] + i
    z = np.zeros(len(x) + 1)
    for i in range(1, len(x) + 1):
        z[i] = y[i - 1] ** 2
    return np.sum(z)


def rows(x: Any) -> Any:
    y = np.zeros((len(x), 3))
    for i in range(len(x)):
        for j in range(3):
            y[i, j] = x[i] ** (j + 1)
    return np.sum(y * y)


def downwards(x: Any) -> Any:
    """The user's loop goes down."""
    y = np.empty(len(x))
    for i in range(len(x) - 1, -1, -1):
        y[i] = np.sin(x[i]) * x[i]
    return np.sum(y * y)


@pytest.mark.parametrize("function", [own_elements, shifted, rows])
@pytest.mark.parametrize("x", [X, X[:2], X[::-2]])
def test_forward(
    function: Callable[..., Any], x: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, made = both(function, x, monkeypatch)
    assert backwards(made) < backwards(plain)


def test_source() -> None:
    entry = srcad.value_and_grad(own_elements).entry((X,))
    assert backwards(generate(for_loops(entry.programs.finished[0])).text) == 0


def test_downwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """The adjoint of a loop that goes down goes up."""
    plain, made = both(downwards, X, monkeypatch)
    assert made == plain


@pytest.mark.skipif(not INSTALLED, reason="needs Numba")
@pytest.mark.parametrize("function", [own_elements, shifted])
def test_compiled(function: Callable[..., Any]) -> None:
    found = srcad.value_and_grad(function, backend="numba")(X)
    assert close(found, srcad.value_and_grad(function)(X), 1e-13)


# ---- where the order matters ---------------------------------------------------------


def recurrence(x: Any) -> Any:
    h = 0.1
    for i in range(len(x)):
        h = np.sin(h + x[i])
    return h


def running(x: Any) -> Any:
    """Rounds read what the one before wrote."""
    y = np.ones(len(x))
    for i in range(1, len(x)):
        y[i] = y[i - 1] * x[i]
    return np.sum(y)


def added_up(x: Any) -> Any:
    """One number gets a part from each round; another order rounds otherwise."""
    y = np.empty(len(x))
    for i in range(len(x)):
        y[i] = x[0] * x[i]
    return np.sum(y * y)


def neighbours(x: Any) -> Any:
    y = np.empty(len(x))
    y[0] = 0.0
    for i in range(1, len(x)):
        y[i] = x[i] * x[i - 1]
    return np.sum(y * y)


def negative(x: Any) -> Any:
    """Round 0 adds to the last element, as the last round does."""
    y = np.empty(len(x))
    for i in range(len(x)):
        y[i] = x[i - 1] * x[i]
    return np.sum(y * y)


def given_places(x: Any) -> Any:
    order = np.array([0, 2, 2, 1, 0, 2])
    y = np.empty(len(x))
    for i in range(len(x)):
        y[i] = np.sin(x[order[i]])
    return np.sum(y * y)


def left_early(x: Any) -> Any:
    y = np.zeros(len(x))
    for i in range(len(x)):
        if x[i] > 0.8:
            break
        y[i] = x[i] * x[i]
    return np.sum(y * y)


def written_twice(x: Any) -> Any:
    y = np.zeros(3)
    for i in range(len(x)):
        y[i % 3] = np.sin(x[i])
    return np.sum(y * y)


@pytest.mark.parametrize(
    "function",
    [
        recurrence,
        running,
        added_up,
        neighbours,
        negative,
        given_places,
        left_early,
        written_twice,
    ],
)
def test_backwards(
    function: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, made = both(function, X, monkeypatch)
    assert made == plain and backwards(made)
