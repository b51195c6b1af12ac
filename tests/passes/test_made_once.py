"""Arrays made before the loops that fill them, and arrays that rounds must make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from backend.shuffled import any_order
from trees import close

import srcad
from srcad.arrays import leaves
from srcad.backend import function as loading
from srcad.backend.compiled import INSTALLED
from srcad.backend.generate import generate
from srcad.pipeline import Step, for_loops
from srcad.transform import Transform, extended

X = np.linspace(0.3, 1.0, 5)


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


def transforms(
    function: Callable[..., Any], x: Any, n: int
) -> list[tuple[Transform, tuple[Any, ...]]]:
    """The gradient, the tangent, the gradient's tangent; what each is given."""
    forward = Step("jvp", (0,))
    gradient = srcad.value_and_grad(function)
    return [
        (gradient, (x, n)),
        (extended(function, forward, None), (x, n, 3.0 * x)),
        (extended(gradient, forward, None), (x, n, 3.0 * x)),
    ]


def both(
    transform: Transform, given: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> tuple[str, str]:
    """The source for Numba without the pass and with it; both give the same bits."""
    finished = transform.entry(given[:2]).programs.finished[0]
    with monkeypatch.context() as changed:
        changed.setattr("srcad.pipeline.made_once", lambda graph, known: graph)
        plain = generate(for_loops(finished))
    for copies in (False, True):
        made = generate(for_loops(finished), copies=copies)
        expected = list(leaves(loading.load(plain)(*given)))
        found = list(leaves(loading.load(made)(*given)))
        for a, b in zip(expected, found, strict=True):
            assert np.array_equal(a, b)
    return plain.text, generate(for_loops(finished)).text


def inside(text: str) -> int:
    """How many arrays are made in loops."""
    made = ("np.empty", "np.zeros")
    lines = [line for line in text.splitlines() if any(m in line for m in made)]
    return sum(line.startswith("        ") for line in lines)


def filled(x: Any, n: int) -> Any:
    total = 1.0
    for t in range(n):
        y = np.empty(len(x))
        for i in range(len(x)):
            y[i] = np.sin(x[i] * total) + t
        total = total + np.cumsum(y)[-1]
    return total


def from_nothing(x: Any, n: int) -> Any:
    """Elements that no round writes to are zero in each."""
    total = 1.0
    for t in range(n):
        y = np.zeros(len(x))
        for i in range(t, len(x), 2):
            y[i] = x[i] * total
        total = np.sin(total) + y[0] * y[1] + np.cumsum(y)[-1]
    return total


def tables(x: Any, n: int) -> Any:
    total = 1.0
    for t in range(n):
        y = np.zeros((len(x), 3))
        for i in range(len(x)):
            y[i, t % 3] = np.sin(x[i] * total)
        total = total * np.max(np.cumsum(y, axis=0)) + y[1, 0]
    return total


def nested(x: Any, n: int) -> Any:
    """From two loops: its length is that of an argument."""
    total = 1.0
    for t in range(n):
        for k in range(t):
            y = np.empty(len(x))
            for i in range(len(x)):
                y[i] = np.sin(x[i] * total) + k
            total = total + np.cumsum(y)[-1]
    return total


def counted(x: Any, n: int) -> Any:
    """The length is any integer; there is an array that long already."""
    total, start = 1.0, np.ones(n)
    for t in range(4):
        y = np.empty(n)
        for i in range(n):
            y[i] = start[i] * np.sin(x[0] * total) + t
        total = total + np.sum(y)
    return total


def again_and_again(x: Any, n: int) -> Any:
    total, t = 1.0, 0
    while total < 3.0 and t < n:
        y = np.empty(len(x))
        for i in range(len(x)):
            y[i] = x[i] * total
        total, t = total + np.cumsum(y)[-1], t + 1
    return total


MOVED = [filled, from_nothing, tables, nested, counted, again_and_again]


@pytest.mark.parametrize("function", MOVED)
@pytest.mark.parametrize("n", [3, 1, 0])
def test_made_once(
    function: Callable[..., Any], n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for transform, given in transforms(function, X, n):
        plain, made = both(transform, given, monkeypatch)
        assert inside(made) < inside(plain)


@pytest.mark.parametrize("function", MOVED)
def test_threads(function: Callable[..., Any]) -> None:
    list(any_order(srcad.value_and_grad(function), (X, 3)))


@pytest.mark.skipif(not INSTALLED, reason="needs Numba")
@pytest.mark.parametrize("function", [from_nothing, nested])
def test_compiled(function: Callable[..., Any]) -> None:
    found = srcad.value_and_grad(function, backend="numba")(X, 3)
    assert close(found, srcad.value_and_grad(function)(X, 3), 1e-13)


def test_source() -> None:
    entry = srcad.value_and_grad(from_nothing).entry((X, 3))
    lines = generate(for_loops(entry.programs.finished[0])).text.splitlines()
    assert any(line.startswith("    y = np.empty(") for line in lines)
    assert "        y[:] = 0.0" in lines


# ---- on threads ----------------------------------------------------------------------


def side_by_side(x: Any, n: int) -> Any:
    """Each round has a work array: on threads they may not share one."""
    out = np.empty(len(x))
    for k in range(len(x)):
        y = np.zeros(len(x))
        for i in range(k, len(x)):
            y[i] = np.sin(x[k] * i)
        for i in range(len(x)):
            y[i] = y[i] * y[i - 1] + n
        out[k] = y[0] * y[1]
    return np.sum(out * out)


def test_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    transform = srcad.value_and_grad(side_by_side)
    (made,) = any_order(transform, (X, 3))
    monkeypatch.setattr("srcad.pipeline.made_once", lambda graph, known: graph)
    (plain,) = any_order(transform, (X, 3))
    assert made.count("prange") == plain.count("prange") >= 2
    assert made.count("        y = np.empty(") == 1


# ---- arrays that rounds make ---------------------------------------------------------


def carried(x: Any, n: int) -> Any:
    """The next round reads it."""
    y = np.ones(len(x))
    for _ in range(n):
        z = np.empty(len(x))
        for i in range(len(x)):
            z[i] = y[i - 1] * x[i]
        y = z
    return np.sum(y * y)


def carried_view(x: Any, n: int) -> Any:
    y = np.ones(len(x))
    for _ in range(n):
        z = np.empty(len(x))
        for i in range(len(x)):
            z[i] = y[i - 1] * x[i]
        y = z[::-1]
    return np.sum(y * y)


def listed(x: Any, n: int) -> Any:
    found = []
    for t in range(n):
        z = np.empty(len(x))
        for i in range(len(x)):
            z[i] = x[i] + t
        found.append(z)
    total = 1.0
    for t in range(n):
        total = total * found[t][0] + found[n - 1 - t][1]
    return total


def longer_and_longer(x: Any, n: int) -> Any:
    total = 1.0
    for t in range(n):
        y = np.empty(t + 1)
        for i in range(t + 1):
            y[i] = x[i] * total
        total = total + np.sum(y * y)
    return total


def of_any_length(x: Any, n: int) -> Any:
    """With n below zero the first round raises."""
    total = 1.0
    for t in range(3):
        y = np.empty(n)
        for i in range(n):
            y[i] = x[i] * total + t
        total = total + np.sum(y * y)
    return total


def one_less(x: Any, n: int) -> Any:
    """Of an array without elements it would be one of -1."""
    total = 1.0
    for t in range(n):
        y = np.empty(len(x) - 1)
        for i in range(len(x) - 1):
            y[i] = x[i] * total + t
        total = total + np.sum(y * y)
    return total


def on_one_way(x: Any, n: int) -> Any:
    total = 1.0
    for t in range(n):
        if total < 1.5:
            y = np.empty(len(x))
            for i in range(len(x)):
                y[i] = x[i] * total + t
            total = total + np.sum(y * y)
    return total


ROUNDS = [
    carried,
    carried_view,
    listed,
    longer_and_longer,
    of_any_length,
    one_less,
    on_one_way,
]


@pytest.mark.parametrize("function", ROUNDS)
def test_made_in_rounds(
    function: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for transform, given in transforms(function, X, 3):
        plain, made = both(transform, given, monkeypatch)
        primal = [text.split("_bar = ")[0] for text in (plain, made)]
        assert inside(primal[0]) == inside(primal[1])


def test_no_rounds() -> None:
    """What would raise in a round does not where there is none."""
    for function in (one_less, longer_and_longer):
        entry = srcad.value_and_grad(function).entry((X, 3))
        made = loading.load(generate(for_loops(entry.programs.finished[0])))
        assert made(X[:0], 0)[0] == 1.0
