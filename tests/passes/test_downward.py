"""Loops that count down around loops in vectors, and those that need not be marked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from trees import close

import srcad
from srcad.arrays import leaves
from srcad.backend import function as loading
from srcad.backend.compiled import INSTALLED, helper, numba
from srcad.backend.generate import generate
from srcad.backend.runtime import downward
from srcad.ir.graph import Program
from srcad.ir.walk import each_graph, rebuilt, with_body
from srcad.pipeline import for_loops

A = np.linspace(0.2, 1.1, 120).reshape(4, 30)


def unmarked(program: Program) -> Program:
    """The same loops with ranges that count down."""

    def change(node: Any) -> Any:
        params = {k: v for k, v in node.params.items() if k != "downward"}
        return [replace(node, params=params)]

    return each_graph(program, lambda g: with_body(g, rebuilt(g.body, change)))


def printed(function: Callable[..., Any], *args: Any) -> str:
    """The gradient's source for Numba; run as Python, the mark changes no bit."""
    finished = srcad.value_and_grad(function).entry(args).programs.finished[0]
    program = for_loops(finished)
    plain, made = (generate(p, dialect="numba") for p in (unmarked(program), program))
    assert "downward" not in plain.text
    expected, found = (list(leaves(loading.load(p)(*args))) for p in (plain, made))
    for a, b in zip(expected, found, strict=True):
        assert np.array_equal(a, b)
    return made.text


def steps(a: Any) -> Any:
    """Each step needs the one before: its adjoint counts down."""
    n = a.shape[1]
    y = np.ones(n)
    z = np.empty(n)
    for t in range(len(a)):
        for i in range(n):
            z[i] = np.sqrt(y[i]) * a[t, i]
        for i in range(1, n):
            y[i] = y[i] + z[i - 1] * a[t, i]
    return np.sum(y)


def from_two(a: Any) -> Any:
    n = a.shape[1]
    y = np.ones(n)
    for t in range(2, len(a)):
        for i in range(n):
            y[i] = y[i] * y[i] * a[t, i]
    return np.sum(y)


def chosen(a: Any) -> Any:
    """The inner loop is in a branch."""
    n = a.shape[1]
    y = np.ones(n)
    for t in range(len(a)):
        if a[t, 0] > 0.4:
            for i in range(n):
                y[i] = 0.5 * y[i] + a[t, i] ** 2
    return np.sum(y)


@pytest.mark.parametrize("function", [steps, from_two, chosen])
@pytest.mark.parametrize("a", [A, A[:3], A[::2], A[:, ::-1], A[:, :0]])
def test_marked(function: Callable[..., Any], a: Any) -> None:
    assert "in downward(" in printed(function, a)


def test_its_numbers() -> None:
    text = printed(from_two, A)
    assert "for t in downward(2, n_1):" in text


# ---- where it would gain nothing -----------------------------------------------------


def no_inner(a: Any) -> Any:
    h = 0.1
    for t in range(len(a)):
        h = np.sin(h + a[t, 0])
    return h


def few(a: Any) -> Any:
    y = np.ones(3)
    for t in range(len(a)):
        for i in range(3):
            y[i] = y[i] * y[i] * a[t, i]
    return np.sum(y)


def recurrent(a: Any) -> Any:
    """Nor do the rounds of the inner loop go side by side."""
    h = 1.0
    for t in range(len(a)):
        for i in range(a.shape[1]):
            h = h * h * a[t, i]
    return h


def searched(a: Any) -> Any:
    h = 1.0
    for t in range(len(a)):
        while h * h > a[t, 0]:
            h = 0.5 * h * np.sin(h) * a[t, 0]
    return h


def without_rows(a: Any) -> Any:
    """The inner loop reads nothing of the outer one's rounds."""
    y = np.ones(a.shape[1])
    for _ in range(10):
        for i in range(1, a.shape[1]):
            y[i] = 0.5 * y[i] + a[0, i]
        y[0] = np.sin(y[3])
    return np.sum(y)


@pytest.mark.parametrize("function", [no_inner, few, recurrent, searched, without_rows])
def test_not_marked(function: Callable[..., Any]) -> None:
    text = printed(function, A)
    assert "downward" not in text and ", -1):" in text


# ---- the helper, and what it is for --------------------------------------------------


@pytest.mark.parametrize("start", [0, 2, -3])
@pytest.mark.parametrize("stop", [0, 1, 5, -1, -3])
def test_counts_like_a_range(start: int, stop: int) -> None:
    assert list(downward(start, stop)) == list(reversed(range(start, stop)))


@pytest.mark.skipif(not INSTALLED, reason="needs Numba")
@pytest.mark.parametrize("function", [steps, from_two, chosen])
def test_compiled(function: Callable[..., Any]) -> None:
    compiled = srcad.value_and_grad(function, backend="numba")
    for a in (A, A[:3], A[:, ::-1]):
        assert close(compiled(a), srcad.value_and_grad(function)(a), 1e-13)


@pytest.mark.skipif(not INSTALLED, reason="needs Numba")
def test_arrays_are_compared_in_each_round(optimised: None) -> None:
    """What LLVM compares before all rounds holds for none of them, counting down."""
    compiled = helper(downward)

    @numba().njit(error_model="numpy")
    def adjoint(x_bar: Any, a: Any, b: Any) -> None:
        for t in compiled(0, a.shape[0]):
            for i in range(a.shape[1]):
                x_bar[i] += a[t, i] * b[i]

    x_bar = np.zeros(30)
    adjoint(x_bar, A, np.ones(30))
    assert np.allclose(x_bar, A.sum(0), rtol=1e-14)
    code = next(iter(adjoint.inspect_llvm().values()))
    assert "vector.memcheck" in code and "stride.check" not in code
