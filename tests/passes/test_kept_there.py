"""Arrays that are made where loops keep them: the same numbers, and when not."""

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

U = np.linspace(0.2, 0.9, 7)


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")
    monkeypatch.setenv("SRCAD_CACHE", "0")


def printed(function: Callable[..., Any], *args: Any, copies: bool = False) -> str:
    """The gradient's source for Numba; it gives what the Python dialect's does."""
    transform = srcad.value_and_grad(function, (0, 1))
    entry = transform.entry(args)
    made = generate(for_loops(entry.programs.finished[0]), copies=copies)
    expected, found = entry.functions[0](*args), loading.load(made)(*args)
    assert close(found, expected, 1e-13)
    return made.text


def stepped(u: Any, k: Any, n: int) -> Any:
    for _ in range(n):
        v = np.sin(u)
        u = k * v * np.cos(v) + u
    return np.sum(u * u)


def by_elements(u: Any, k: Any, n: int) -> Any:
    """Filled by a loop of the user's."""
    total = 0.0
    for t in range(n):
        v = np.empty(len(u))
        for i in range(len(u)):
            v[i] = np.sin(u[i] * t * k)
        total = np.sin(total + np.sum(v * v * v))
    return total


def in_a_nest(u: Any, k: Any, n: int) -> Any:
    for _ in range(n):
        for j in range(3):
            v = np.sin(u) * j
            u = k * v * v + u
    return np.sum(u * u)


def of_a_matrix(u: Any, k: Any, n: int) -> Any:
    m = np.outer(u, u)
    for _ in range(n):
        w = np.sin(m)
        m = w * w * k
    return np.sum(m)


@pytest.mark.parametrize("n", [0, 1, 4])
@pytest.mark.parametrize("function", [stepped, by_elements, in_a_nest, of_a_matrix])
def test_no_copy(function: Any, n: int) -> None:
    lines = [s.strip() for s in printed(function, U, 0.3, n).splitlines()]
    primal = lines[3 : lines.index("", 3)]
    made = [s.split(" = saved_")[0] for s in primal if " = saved_" in s]
    assert made
    stores = [s for s in primal if s.startswith("saved_") and "] = " in s]
    copied = [s.split("] = ")[1] for s in stores]
    assert set(made).isdisjoint(copied)


# ---- what is kept as a copy ----------------------------------------------------------


def written_later(u: Any, k: Any, n: int) -> Any:
    """The array is written to after the value that is kept."""
    total = 0.0
    for _ in range(n):
        v = np.empty(len(u))
        for i in range(len(u)):
            v[i] = u[i] * k
        total = np.sin(total) * np.sum(np.sin(v))
        for i in range(len(u)):
            v[i] = v[i] * v[i] * total
        total += np.sum(v)
    return total


def carried(u: Any, k: Any, n: int) -> Any:
    """What is kept is what the next round begins with."""
    for _ in range(n):
        u = np.sin(u) * k
    return np.sum(u * u)


def handed_out(u: Any, k: Any, n: int) -> Any:
    """The array of the last round is seen after the loop."""
    v = u.copy()
    for _ in range(n):
        v = np.exp(u * k)
        u = u * v
    v[0] = 3.0
    return np.sum(u * v)


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("function", [written_later, carried, handed_out])
def test_right_numbers(function: Any, n: int) -> None:
    printed(function, U, 0.3, n)


@pytest.mark.parametrize("function", [stepped, by_elements, written_later])
def test_where_every_update_copies(function: Any) -> None:
    printed(function, U, 0.3, 3, copies=True)


def test_written_later_is_copied() -> None:
    assert "] = v" in printed(written_later, U, 0.3, 3)


@pytest.mark.skipif(not INSTALLED, reason="without Numba")
@pytest.mark.parametrize(
    "function",
    [stepped, by_elements, in_a_nest, of_a_matrix, written_later, carried, handed_out],
)
def test_compiled(function: Any) -> None:
    expected = srcad.value_and_grad(function, (0, 1))(U, 0.3, 4)
    found = srcad.value_and_grad(function, (0, 1), backend="numba")(U, 0.3, 4)
    assert close(found, expected, 1e-12)
