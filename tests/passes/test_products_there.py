"""Matrix products that go to memory that is there, and those that make their own."""

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

W = np.linspace(-0.6, 0.7, 9).reshape(3, 3)
H = np.linspace(0.2, 0.9, 3)


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")
    monkeypatch.setenv("SRCAD_CACHE", "0")


def printed(function: Callable[..., Any], *args: Any) -> str:
    """The gradient's source for Numba; it gives what the Python dialect's does."""
    entry = srcad.value_and_grad(function, (0, 1)).entry(args)
    finished = entry.programs.finished[0]
    expected = entry.functions[0](*args)
    for copies in (True, False):
        made = generate(for_loops(finished), copies=copies)
        assert close(loading.load(made)(*args), expected, 1e-13)
    return code(made.text)


def code(text: str) -> str:
    """The text without comments, which are the user's lines."""
    lines = text.splitlines()
    return "\n".join(line for line in lines if not line.strip().startswith("#"))


def recurrent(w: Any, h: Any, n: int) -> Any:
    for _ in range(n):
        h = np.tanh(w @ h)
    return np.sum(h * h)


def by_dot(w: Any, h: Any, n: int) -> Any:
    for _ in range(n):
        h = np.tanh(np.dot(h, w)) + h
    return np.sum(h * h)


def matrices(w: Any, h: Any, n: int) -> Any:
    total = 0.0
    for t in range(n):
        y = (w * t) @ (w + h)
        total += np.sum(np.sin(y) * y)
    return total


THERE = [
    (recurrent, "np.dot(w, h, product)"),
    (by_dot, "np.dot(h, w, product)"),
    (matrices, "np.dot(w_times_t, totals, y)"),
]


@pytest.mark.parametrize(("function", "line"), THERE)
def test_there(function: Callable[..., Any], line: str) -> None:
    """The array is made before the loop."""
    text = printed(function, W, H, 4)
    name = line.split()[-1].rstrip(")")
    made, *_ = [k for k in text.splitlines() if k.strip().startswith(f"{name} = ")]
    assert made.startswith(f"    {name} = np.empty(") and line in text
    for n in (0, 1):
        printed(function, W, H, n)


def test_nothing_to_sum() -> None:
    """The product of matrices with no columns and no rows is zero."""
    printed(no_columns, W, H, 4)


def no_columns(w: Any, h: Any, n: int) -> Any:
    total = 0.0
    for t in range(n):
        y = (w * t)[:, :0] @ np.cos(w[:0])
        total += np.sum(np.cos(y)) * np.sum(h)
    return total


def kept(w: Any, h: Any, n: int) -> Any:
    """The adjoint is a loop of its own."""
    total = 0.0
    for t in range(n):
        y = (w * t) @ (w + h)
        total = np.sin(total) + np.sum(np.sin(y) * y)
    return total


def test_kept_there() -> None:
    """A product that the adjoint reads is written where it is kept."""
    lines = printed(kept, W, H, 4).splitlines()
    at = next(k for k, line in enumerate(lines) if line.endswith(" = saved_y[t]"))
    assert lines[at + 1].strip().startswith("np.dot(")
    assert lines[at + 1].strip().endswith(", y)")


def carried(w: Any, h: Any, n: int) -> Any:
    """The product is what the loop carries."""
    for _ in range(n):
        h = w @ h
    return np.sum(h * h)


def collected(w: Any, h: Any, n: int) -> Any:
    """The list holds each product; their sum is of a list."""
    found = []
    for t in range(n):
        found.append(w @ (h * t))
    total = 0.0
    for y in found:
        total += np.sum(y * y)
    return total


def in_a_view(w: Any, h: Any, n: int) -> Any:
    """A part of the product is carried."""
    part = h[:2]
    for _ in range(n):
        y = w @ np.array([part[0], part[1], 1.0])
        part = y[1:]
    return np.sum(part * part)


def outside(w: Any, h: Any, n: int) -> Any:
    """Not in a loop."""
    return np.sum((w @ h) ** 2) * n


@pytest.mark.parametrize("function", [carried, in_a_view, outside])
def test_makes_its_own(function: Callable[..., Any]) -> None:
    text = printed(function, W, H, 4)
    assert "@" in text
    printed(function, W, H, 0)


def growing(w: Any, h: Any, n: int) -> Any:
    """Its length is another one in each round."""
    total = 0.0
    for t in range(1, n):
        y = w[:t] @ h
        total += np.sin(np.sum(y * y))
    return total


def sometimes(w: Any, h: Any, n: int) -> Any:
    """In a branch."""
    for t in range(n):
        if t % 2 == 0:
            h = np.sin(w @ h)
    return np.sum(h)


@pytest.mark.parametrize("function", [growing, sometimes, collected])
def test_lengths_and_branches(function: Callable[..., Any]) -> None:
    printed(function, W, H, 3)


def mismatched(w: Any, h: Any, n: int) -> Any:
    for _ in range(n):
        h = np.tanh(w @ h)
    return np.sum(h)


@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
def test_lengths_that_do_not_fit_raise() -> None:
    with pytest.raises(ValueError):
        srcad.value_and_grad(mismatched, (0, 1), backend="numba")(W[:, :2], H, 2)


OTHERS = [no_columns, kept, carried, collected, in_a_view, growing, sometimes]
ALL = [recurrent, by_dot, matrices, *OTHERS]


@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
@pytest.mark.filterwarnings("ignore:.*faster on contiguous")
@pytest.mark.parametrize("function", ALL)
def test_numba(function: Callable[..., Any]) -> None:
    compiled = srcad.value_and_grad(function, (0, 1), backend="numba")
    plain = srcad.value_and_grad(function, (0, 1))
    for args in [(W, H, 3), (np.asfortranarray(W), H, 3), (W.T, H[::-1], 3)]:
        assert close(compiled(*args), plain(*args), 1e-12)


@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
def test_numba_second_order() -> None:
    for function in (recurrent, kept):

        def of_arrays(w: Any, h: Any, function: Any = function) -> Any:
            return function(w, h, 3)

        given = (of_arrays, (W, H), (W + 0.1, H * 2.0))
        assert close(srcad.hvp(*given, backend="numba"), srcad.hvp(*given), 1e-11)
