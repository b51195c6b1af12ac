"""What inner loops keep: one list for all rounds of the outer ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
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


def on_ways_inside(x: Any) -> Any:
    """What a run keeps is made on one way of a branch in it."""
    s = 1.0
    for t in range(len(x)):
        if x[t] > 0.3:
            k = t
            while k > 0:
                if x[k] > 0.4:
                    s = np.sin(s * x[k]) * s
                else:
                    s = np.exp(-s * s)
                k -= 1
    return s


def from_above(x: Any) -> Any:
    """What is kept was there before the round."""
    s = 1.0
    for t in range(len(x)):
        if x[t] > 0.3:
            u = np.sin(s)
            for _ in range(t):
                v = s
                s = u * v * x[t]
                u = v
    return s


def other_lengths(x: Any) -> Any:
    s = 1.0
    for t in range(len(x)):
        for j in range(t):
            s = np.sin(s * x[j]) + 0.5
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
    on_ways_inside,
    from_above,
    other_lengths,
]


@pytest.mark.parametrize("function", PROGRAMS)
@pytest.mark.parametrize("copies", [False, True])
def test_same_numbers(function: Callable[..., Any], copies: bool) -> None:
    gradient = srcad.value_and_grad(function)
    for x in (X, X[:2], X[::-1].copy(), X * 0.0 + 0.1):
        text = printed(gradient, (x,), copies)
        assert "saved_first" in text or "saved_used" in text


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


@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
@pytest.mark.parametrize("dtype", ["float32", "complex128"])
def test_other_dtypes(dtype: str) -> None:
    def f(x: Any, n: Any) -> Any:
        s = x[0]
        for t in range(len(x)):
            if n[t] > 1:
                k = n[t]
                while k > 0:
                    s = s * x[t] + s * s * x[k % 3]
                    k = k // 2
        return np.real(s)

    x = np.array([0.3, 0.5, -0.4, 0.2], dtype=dtype)
    n = np.array([5, 1, 9, 2])
    compiled, plain = (srcad.grad(f, backend=b)(x, n) for b in ("numba", "python"))
    assert compiled.dtype == plain.dtype == dtype
    assert close(compiled, plain, 1e-6 if dtype == "float32" else 1e-13)


@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
def test_an_error_in_a_run_is_raised() -> None:
    def f(x: Any) -> Any:
        s = 1.0
        for t in range(len(x)):
            k = 0
            while s * x[t] > 0.1:
                if k > 50:
                    raise ValueError("it does not end")
                s = s * x[t] * np.sqrt(x[t])
                k += 1
            s = s + 1.0
        return s

    gradient = srcad.grad(f, backend="numba")
    assert close(gradient(X), srcad.grad(f)(X), 1e-12)
    with pytest.raises(ValueError, match="does not end"):
        gradient(np.ones(6))
    assert close(gradient(X), srcad.grad(f)(X), 1e-12)


@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
@pytest.mark.parametrize("function", [chosen, newton, deep])
def test_halves_and_threads(function: Callable[..., Any]) -> None:
    """Lists that leave a function are lists of lists; on threads, all are."""
    value, pullback = srcad.vjp(function, X, backend="numba")
    expected = srcad.value_and_grad(function)(X)
    assert close((value, pullback(1.0)), expected, 1e-12)
    on_threads = srcad.value_and_grad(function, backend="numba", parallel=True)
    assert close(on_threads(X), expected, 1e-12)


@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
def test_exported(tmp_path: Path) -> None:
    compiled = srcad.value_and_grad(newton, backend="numba")
    text = compiled.export(tmp_path / "gradient.py", (X,)).read_text()
    assert "saved_first" in text
    names: dict[str, Any] = {"__name__": "gradient"}
    exec(compile(text, "gradient.py", "exec"), names)
    found = names["newton_value_and_grad"](X)
    assert close(found, srcad.value_and_grad(newton)(X), 1e-12)


def test_what_runs_in_vectors_keeps_its_arrays() -> None:
    """Rounds that do not wait for a number of the one before."""

    def f(x: Any) -> Any:
        y = x * 0.5
        for t in range(len(x)):
            for j in range(t):
                y[j] = y[j] * (1.5 - y[j]) * x[t]
        return np.sum(y)

    assert "saved_first" not in printed(srcad.value_and_grad(f), (X,))


def test_only_where_loops_walk_the_lists() -> None:
    """The user's own list of lists is read otherwise, and stays."""

    def f(x: Any) -> Any:
        rows = [[a * b for b in x if b > a] for a in x]
        return sum([sum(row) ** 2 for row in rows]) + len(rows[0])

    assert "saved_first" not in printed(srcad.value_and_grad(f), (X,))
