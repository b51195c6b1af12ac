"""What inner loops keep: one list for all rounds of the outer ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from trees import close

import srcad
from srcad.backend import function as loading
from srcad.backend.compiled import INSTALLED
from srcad.backend.generate import generate
from srcad.pipeline import for_loops


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


def printed(transform: Any, args: Any, copies: bool = False) -> str:
    """The source for Numba, which gives what the Python dialect's does."""
    entry = transform.entry(args)
    made = generate(for_loops(entry.programs.finished[0]), copies=copies)
    assert close(loading.load(made)(*args), entry.functions[0](*args), 1e-13)
    return made.text


def chosen(x: Any) -> Any:
    """Two values of one loop, and one of another."""
    s = 1.0
    for t in range(len(x)):
        if x[t] > 0.5:
            for j in range(len(x)):
                s = np.sin(s * x[j]) * np.cos(s)
        else:
            for j in range(1, t):
                s = np.exp(-s * x[j])
    return s


def newton(x: Any) -> Any:
    s = 0.0
    for t in range(len(x)):
        r = 1.0
        while abs(r * r - x[t]) > 1e-9:
            r = 0.5 * (r + x[t] / r)
        s = np.sin(s) + r
    return s


def one_way_while(x: Any) -> Any:
    """Rounds in which the branch is not taken, and runs of no rounds."""
    s = 1.0
    for t in range(len(x)):
        if x[t] > 0.3:
            k = 0
            while k < t:
                s = np.sin(s * x[k]) + 1.0
                k += 2
    return s


def left_early(x: Any) -> Any:
    """`break` and `continue` inside and outside."""
    s = 1.0
    for t in range(len(x)):
        if x[t] < 0.2:
            continue
        for j in range(len(x)):
            if s * x[j] > 1.1:
                break
            if j == 1:
                continue
            s = np.exp(s * x[j]) * 0.7
        if s > 1.5:
            break
        s = np.sin(s)
    return s


def returned(x: Any) -> Any:
    s = 1.0
    for t in range(len(x)):
        if x[t] > 0.1:
            for j in range(t):
                s = np.sin(s * x[j]) + 1.0
                if s > 1.72:
                    return s * x[0]
    return s


def deep(x: Any) -> Any:
    s = 1.0
    for i in range(len(x)):
        if x[i] > 0.2:
            for j in range(i):
                if x[j] > 0.3:
                    for k in range(j):
                        s = np.sin(s * x[k]) + 0.5
                s = s * x[j]
    return s


def deep_whiles(x: Any) -> Any:
    s = 1.0
    i = 0
    while i < len(x):
        j = 0
        while j < i:
            k = 0
            while s * x[k] > 0.2 and k < j:
                s = np.sin(s * x[k])
                k += 1
            s = s + x[j] * s
            j += 1
        i += 1
    return s


def whole_in_a_branch(x: Any) -> Any:
    """The outer loop itself is on one way; so is the adjoint's."""
    s = x[0]
    if x[1] > 0.1:
        for t in range(len(x)):
            while s > 0.3:
                s = s * np.sin(s * x[t])
            s = s + 1.0
    return s


def in_rounds_of_a_third(x: Any) -> Any:
    """The lists of lists are made and read in each round: nothing is kept of them."""
    total = 0.0
    for a in x:
        s = a
        for t in range(len(x)):
            while s > 0.3:
                s = s * np.sin(s * x[t])
            s = s + 1.0
        total = total + s
    return total


def reversed_rounds(x: Any) -> Any:
    s = 1.0
    for t in range(len(x) - 1, -1, -1):
        if x[t] > 0.3:
            for j in reversed(range(t)):
                s = np.sin(s * x[j])
            for j in range(t, 0, -2):
                s = np.cos(s * x[j])
    return s


def flags_and_counts(x: Any) -> Any:
    """A bool and an int are kept."""
    s = 1.0
    for t in range(len(x)):
        n = 1
        while n < 40 and s < 2.0:
            big = s > 0.8
            if big:
                s = s * x[t] + 0.1 * n
            else:
                s = np.exp(s) * x[t]
            n = 2 * n + int(s)
        s = 0.5 * s
    return s


def both_kept(x: Any) -> Any:
    """Of the same runs one value is read as a whole and by round."""
    s = 1.0
    for t in range(len(x)):
        seen = 0.0
        while seen < 1.0 + x[t]:
            s = np.sin(s + seen * x[t])
            seen = seen + s * s + 0.1
        s = s * seen
    return s


X = np.array([0.35, 0.9, 0.15, 0.6, 0.45, 0.05])
PROGRAMS = [
    chosen,
    newton,
    one_way_while,
    left_early,
    returned,
    deep,
    deep_whiles,
    whole_in_a_branch,
    in_rounds_of_a_third,
    reversed_rounds,
    flags_and_counts,
    both_kept,
]


@pytest.mark.parametrize("function", PROGRAMS)
@pytest.mark.parametrize("copies", [False, True])
def test_same_numbers(function: Callable[..., Any], copies: bool) -> None:
    gradient = srcad.value_and_grad(function)
    for x in (X, X[:2], X[::-1].copy(), X * 0.0 + 0.1):
        assert "saved_first" in printed(gradient, (x,), copies)


@pytest.mark.parametrize("function", PROGRAMS)
def test_second_order(function: Callable[..., Any]) -> None:
    inner = srcad.grad(function)

    def slope(x: Any) -> Any:
        return np.sum(inner(x) * np.arange(1.0, 1.0 + len(x)))

    for x in (X, X[::-1].copy()):
        printed(srcad.value_and_grad(slope), (x,))


@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
@pytest.mark.parametrize("function", PROGRAMS)
def test_compiled(function: Callable[..., Any]) -> None:
    compiled = srcad.value_and_grad(function, backend="numba")
    plain = srcad.value_and_grad(function)
    for x in (X, X[:2], X[::-1].copy()):
        assert close(compiled(x), plain(x), 1e-12)
