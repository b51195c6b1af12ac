"""Whole numbers that count rounds are computed from the round; others are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad
from srcad.backend import function as loading
from srcad.backend.generate import generate
from srcad.pipeline import for_loops

X = np.linspace(-0.9, 1.3, 10)


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


def triangle(x: Any) -> Any:
    """The elements of a triangle, one after another."""
    total, at = 0.0, 0
    for j in range(4):
        for i in range(j + 1, 4):
            total = np.sin(total * x[at]) + x[at + 1] * i
            at += 1
    return total


def in_steps(x: Any) -> Any:
    h, at = 0.3, 1
    for i in range(2, 6):
        h = np.tanh(h * x[at]) + x[i]
        at += 2
    return h


def given(x: Any, at: int = 3) -> Any:
    """Begins where the caller says."""
    h = 0.3
    for _ in range(5):
        h = np.tanh(h * x[at])
        at = 1 + at
    return h * x[at]


def read_after(x: Any) -> Any:
    h, at = 0.3, -1
    for _ in range(len(x)):
        h = np.sin(h + x[at])
        at += 1
        h *= x[at]
    return h


def stopped(x: Any) -> Any:
    h, at = 0.9, 2
    for _ in range(7):
        h = np.tanh(h * x[at])
        at += 1
        if abs(h) < 0.3:
            break
    return h * at


def written(x: Any) -> Any:
    """The index of what is written, and put back by the adjoint."""
    y, at = x.copy(), 1
    for i in range(6):
        y[at] = np.sin(y[at] * y[i])
        at += 1
    return np.sum(y * y)


def no_rounds(x: Any) -> Any:
    h, at = 0.3, 1
    for i in range(7, 4):
        h = np.tanh(h * x[at + i])
        at += 1
    return h * x[at]


def number(x: Any) -> Any:
    """The counter is an operand."""
    h, weight = x[0], 5
    for v in range(1, 6):
        h = np.sin(h * weight) + x[v]
        weight += 3
    return h


COUNTED = (triangle, in_steps, given, read_after, stopped, written, no_rounds, number)


def sometimes(x: Any) -> Any:
    h, at = 0.3, 0
    for i in range(6):
        h = np.tanh(h * x[at])
        if x[i] > 0.1:
            at += 1
    return h


def backwards(x: Any) -> Any:
    h, at = 0.3, 0
    for i in range(6, 0, -1):
        h = np.tanh(h * x[at]) + x[i]
        at += 1
    return h


def doubled(x: Any) -> Any:
    h, at = 0.3, 1
    for i in range(3):
        h = np.tanh(h * x[at]) + x[i]
        at += at
    return h


def quickly(x: Any) -> Any:
    """A float, which counts with rounding."""
    h, t = x[0], 0.1
    for i in range(6):
        h = np.sin(h * t) + x[i]
        t += 1
    return h


def _names(text: str) -> set[str]:
    words = text.replace("[", " ").replace(".", " ").split()
    return {w for w in words if w.startswith("saved_")}


@pytest.mark.parametrize("function", COUNTED, ids=lambda f: f.__name__)
def test_counted(function: Callable[..., Any]) -> None:
    transform = srcad.value_and_grad(function)
    value, slope = transform(X)
    assert value == function(X)
    srcad.check_grads(function, (X,), order=2)
    kept = _names(transform.source) & {"saved_at", "saved_weight"}
    assert not kept or function is triangle  # see below
    args = transform.arguments([X], {})
    (finished,) = transform.entry(args).programs.finished
    found = loading.load(generate(for_loops(finished)))(*args)
    assert found[0] == value and np.allclose(found[1], slope, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(
    "function", [sometimes, backwards, doubled, quickly], ids=lambda f: f.__name__
)
def test_kept(function: Callable[..., Any]) -> None:
    transform = srcad.grad(function)
    transform(X)
    assert _names(transform.source) & {"saved_at", "saved_t"}
    srcad.check_grads(function, (X,), order=2)


def test_one_number_for_a_row() -> None:
    """Of a counter that goes on through an inner loop each outer round keeps one."""
    source = srcad.grad(triangle).source_for(X)
    assert source.count("saved_at.append(at)") == 1
    assert "at + (i - (j + 1))" in source
