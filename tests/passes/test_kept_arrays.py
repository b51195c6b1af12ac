"""What nested loops keep: one array where every length is known, lists elsewhere."""

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


def printed(function: Callable[..., Any], *args: Any, copies: bool = False) -> str:
    """The gradient's source for Numba; it gives what the Python dialect's does."""
    transform = srcad.value_and_grad(function)
    entry = transform.entry(args)
    made = generate(for_loops(entry.programs.finished[0]), copies=copies)
    assert close(loading.load(made)(*args), entry.functions[0](*args), 1e-13)
    return made.text


def square(x: Any, n: int) -> Any:
    total = 1.0
    for t in range(n):
        for j in range(len(x)):
            total = np.sin(total * x[j]) + t
    return total


def stepped(x: Any, n: int) -> Any:
    total = 1.0
    for t in range(1, n, 2):
        for j in range(len(x) - 1, -1, -2):
            for k in range(2):
                total = np.sin(total * x[j]) + t * k
    return total


def backwards(x: Any, n: int) -> Any:
    total = 1.0
    for t in range(n - 1, -1, -1):
        for j in range(n, 0, -1):
            total = np.sin(total * x[j]) + t
    return total


def offset(x: Any, n: int) -> Any:
    total = 1.0
    for t in range(1, n):
        for j in range(2, len(x)):
            total = np.sin(total * x[j] * x[t])
    return total


def walked(x: Any, n: int) -> Any:
    """The inner loop walks the array itself."""
    total = 1.0
    for _ in range(n):
        for v in x:
            total = np.sin(total * v)
    return total


X = np.linspace(0.3, 1.0, 5)


@pytest.mark.parametrize("function", [square, stepped, backwards, offset])
@pytest.mark.parametrize("n", [4, 3, 1, 0, -2])
@pytest.mark.parametrize("copies", [False, True])
def test_known_lengths_make_one_array(function: Any, n: int, copies: bool) -> None:
    """Also where no round is done, and where every write copies."""
    text = printed(function, X, n, copies=copies)
    assert "append" not in text
    assert "saved_total = np.empty((" in text


def test_no_entries() -> None:
    entry = srcad.value_and_grad(square).entry((X[:0], 3))
    found = loading.load(generate(for_loops(entry.programs.finished[0])))(X[:0], 3)
    assert found[0] == 1.0
    assert found[1].shape == (0,)


def test_an_expert_would_write_it_like_this() -> None:
    lines = [line.strip() for line in printed(square, X, 3).splitlines()]
    start = lines.index("saved_total = np.empty((count, len(x)))")
    assert lines[start - 1] == "count = max(n, 0)"
    assert "saved_total[t, j] = total" in lines
    assert "total_before = saved_total[k, j]" in lines


# ---- what stays a list ---------------------------------------------------------------


def ragged(x: Any) -> Any:
    total = 1.0
    for t in range(len(x)):
        for j in range(t):
            total = np.sin(total * x[j])
    return total


def shrinking(x: Any, n: int) -> Any:
    total = 1.0
    for _ in range(3):
        for j in range(n):
            total = np.sin(total * x[j])
        n -= 1
    return total


def left_early(x: Any, n: int) -> Any:
    total = 1.0
    for _ in range(n):
        for j in range(len(x)):
            if total > 1.2:
                break
            total = np.sin(total * x[j]) + x[j]
    return total


def left_by_the_outer(x: Any, n: int) -> Any:
    total = 1.0
    for _ in range(n):
        if total > 1.2:
            break
        for j in range(len(x)):
            total = np.sin(total * x[j]) + x[j]
    return total


def asked_first(x: Any, n: int) -> Any:
    total = 1.0
    for _ in range(n):
        if total < 1.2:
            for j in range(len(x)):
                total = np.sin(total * x[j]) + x[j]
    return total


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (ragged, ()),
        (shrinking, (4,)),
        (left_early, (3,)),
        (left_by_the_outer, (4,)),
        (asked_first, (4,)),
    ],
)
def test_lengths_that_change_stay_lists(function: Any, args: Any) -> None:
    text = printed(function, X, *args)
    assert "append" in text
    assert "np.empty((" not in text


def test_a_ragged_loop_around_a_known_one() -> None:
    """Three deep: the outer two keep lists, for the middle one's length changes."""

    def f(x: Any) -> Any:
        total = 1.0
        for t in range(len(x)):
            for j in range(t):
                for k in range(2):
                    total = np.sin(total * x[j]) + k
        return total

    assert "append" in printed(f, X)


# ---- arrays --------------------------------------------------------------------------


def rows(x: Any, n: int) -> Any:
    y = x.copy()
    total = 0.0
    for _ in range(n):
        y = np.tanh(y * x)
        total += np.sum(y * y) * y[0]
    return total


def matrices(x: Any, n: int) -> Any:
    a = np.outer(x, x)
    for _ in range(n):
        for _ in range(2):
            a = np.sin(a @ a) + a.T
    return np.sum(a * a)


def halves(x: Any) -> Any:
    """Each round's array is shorter than the one before."""
    total = 0.0
    y = x * x
    for _ in range(3):
        y = np.sin(y[1:]) * y[:-1]
        total += np.sum(y * y)
    return total


@pytest.mark.parametrize("n", [3, 1, 0, -1])
@pytest.mark.parametrize("copies", [False, True])
def test_arrays_of_one_shape_are_rows(n: int, copies: bool) -> None:
    assert "saved_y = np.empty((count, len(x)))" in printed(rows, X, n, copies=copies)
    assert "saved_a = np.empty((count, 2, " in printed(matrices, X, n, copies=copies)


def test_arrays_of_many_shapes_are_not() -> None:
    assert "saved_y.append" in printed(halves, X)


def test_kinds_of_numbers() -> None:
    """Integers are kept as integers, which are an index in the adjoint."""

    def f(x: Any, n: int) -> Any:
        total, steps = 1.0, 0
        for _ in range(n):
            for j in range(len(x)):
                if total > 1.1:
                    steps += 2
                total = np.sin(total * x[steps % 5]) + x[j]
        return total

    assert "dtype=dtype" not in (text := printed(f, X, 3))
    assert "int64" in text


def test_second_order() -> None:
    """The lists of an adjoint are read by loops too."""
    gradient = srcad.grad(square)
    second = srcad.grad(lambda x, n: np.sum(gradient(x, n) ** 2))
    args = (X, 3)
    entry = second.entry(args)
    made = generate(for_loops(entry.programs.finished[0]))
    assert close(loading.load(made)(*args), entry.functions[0](*args), 1e-12)


@pytest.mark.skipif(not INSTALLED, reason="without Numba")
@pytest.mark.parametrize("function", [stepped, backwards, ragged, rows, matrices])
def test_compiled(function: Any) -> None:
    args = (X,) if function is ragged else (X, 3)
    found = srcad.value_and_grad(function, backend="numba")(*args)
    assert close(found, srcad.value_and_grad(function)(*args), 1e-13)
