"""Arrays that adjoint loops compute again, and such as must be kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from lowering import types_at
from trees import close, leaves, same

import srcad
from srcad.backend import function as loading
from srcad.backend.compiled import INSTALLED
from srcad.backend.generate import generate
from srcad.passes.again import again
from srcad.pipeline import Step, finished, for_loops, improved, prepared, transformed

X = np.linspace(-1.0, 1.4, 12).reshape((3, 4))
M = np.linspace(0.3, 0.9, 12).reshape((3, 4))


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


def printed(
    function: Callable[..., Any], *args: Any, kind: str = "value_and_grad"
) -> str:
    """The gradient's source after the pass; it gives the same bits as without.

    It is run as Python, as it is and with array operations as loops.
    """
    types = types_at(function, *args)
    steps = [Step(kind, tuple(range(len(args))), False)]
    before = transformed(prepared(function, types, "numba").program, steps)
    after = finished(improved(before, (again,)))
    wanted = loading.load(generate(finished(before)))(*args)
    for copies in (False, True):
        made = generate(after, copies=copies)
        assert same(loading.load(made)(*args), wanted)
    found = loading.load(generate(for_loops(after)))(*args)
    pairs = zip(leaves(found), leaves(wanted), strict=True)
    assert all(np.allclose(a, b, rtol=1e-13, atol=1e-14) for a, b in pairs)
    return made.text


def kept(text: str) -> list[str]:
    """The names of what is kept."""
    words = text.replace("[", " ").replace(".", " ").split()
    return sorted({w for w in words if w.startswith("saved_")})


def centred(x: Any, m: Any) -> Any:
    total = 1.0
    for i in range(len(m)):
        r = x - m[i]
        total *= np.sum(np.tanh(r @ r.T))
    return total


def scaled(x: Any, m: Any) -> Any:
    """What has fewer axes is kept, where it is dear."""
    total = 1.0
    for i in range(len(m)):
        scale = np.exp(m[i, 0])
        middle = np.sin(m[i])
        r = (x - middle) / scale
        total *= np.sum(r @ r.T)
    return total


def in_rounds(x: Any, m: Any) -> Any:
    """In a loop that is not at the top."""
    total = 0.0
    for k in range(len(x)):
        level = x[k, 0]
        for i in range(len(m)):
            r = m[i] * level
            level = np.tanh(r @ m[k])
        total += level
    return total


def walked(x: Any, m: Any) -> Any:
    total = 1.0
    for row, k in zip(m, range(len(m))):
        r = x * row + k
        total *= np.sum(np.tanh(r @ r.T))
    return total


def by_number(x: Any, m: Any) -> Any:
    """Of the rounds' own number, backwards."""
    total = 1.0
    for k in range(len(m) - 1, -1, -1):
        r = x * k
        total *= np.sum(np.tanh(r @ m.T)) + m[k, 0]
    return total


def of_carried_number(x: Any, m: Any) -> Any:
    s = 0.3
    for i in range(len(m)):
        r = x * s
        s = np.sum(np.tanh(r @ r.T)) * 0.1 + m[i, 0]
    return s


def written_after(x: Any, m: Any) -> Any:
    """What is read again is written to between the loop and its adjoint."""
    y = x * 2.0
    total = 1.0
    for i in range(len(m)):
        r = y - m[i]
        total *= np.sum(np.tanh(r @ r.T))
    y[0] = total
    y *= y
    return np.sum(y)


@pytest.mark.parametrize(
    ("function", "less"),
    [
        (centred, []),
        (scaled, ["saved_middle", "saved_scale"]),
        (in_rounds, ["saved_level"]),
        (walked, []),
        (by_number, []),
        (of_carried_number, ["saved_s"]),
        (written_after, []),
    ],
    ids=lambda p: getattr(p, "__name__", ""),
)
def test_computed_again(function: Callable[..., Any], less: list[str]) -> None:
    names = kept(printed(function, X, M))
    assert "saved_r" not in names and set(less) <= set(names)


@pytest.mark.parametrize("function", [centred, scaled, walked])
def test_no_rounds(function: Callable[..., Any]) -> None:
    assert "saved_r" not in kept(printed(function, X, M[:0]))


def test_one_range() -> None:
    """The adjoint walks the rounds that the loop walked, not others beside them."""
    text = printed(by_number, X, M)
    assert text.count("range(") == 2 and "r = x * k" in text


# ---- what must be kept ---------------------------------------------------------------


def recurrent(x: Any, m: Any) -> Any:
    """Computed from the round before."""
    y, total = x, 0.0
    for i in range(len(m)):
        r = y * m[i]
        y = np.tanh(r @ r.T) @ x
        total += y[0, 0] * y[i, 1]
    return total


def dear(x: Any, m: Any) -> Any:
    total = 1.0
    for i in range(len(m)):
        r = np.exp(x - m[i])
        total *= np.sum(np.tanh(r @ r.T))
    return total


def long(x: Any, m: Any) -> Any:
    total = 1.0
    for i in range(len(m)):
        r = (x - m[i]) * x + (x + m[i]) * 2.0 - x / (m[i] + 3.0)
        total *= np.sum(np.tanh(r @ r.T))
    return total


def written_in_turn(x: Any, m: Any) -> Any:
    """The outer rounds write to what the inner loop reads: the adjoint has the last."""
    y = x * 2.0
    total = 1.0
    for k in range(len(x)):
        for i in range(len(m)):
            r = y - m[i]
            total = total * 0.1 + np.sum(np.tanh(r @ r.T)) * total
        y[k] = total
    return np.sum(y * y) + total


def row_of_many(x: Any, m: Any) -> Any:
    """One row would need all."""
    total = 1.0
    for i in range(len(m)):
        r = (x - m[i])[i] * 2.0
        total *= np.sum(np.tanh(r * r)) * r[0]
    return total


def stopped(x: Any, m: Any) -> Any:
    total = 1.0
    for i in range(len(m)):
        r = x - m[i]
        total *= np.sum(np.tanh(r @ r.T))
        if total > 2.0:
            break
    return total


@pytest.mark.parametrize(
    "function",
    [recurrent, dear, long, written_in_turn, row_of_many, stopped],
    ids=lambda f: f.__name__,
)
def test_kept(function: Callable[..., Any]) -> None:
    assert "saved_r" in kept(printed(function, X, M))


def test_python_keeps_what_is_there() -> None:
    transform = srcad.grad(centred, (0, 1))
    transform(X, M)
    assert "saved_r.append(r)" in transform.source


# ---- compiled ------------------------------------------------------------------------


@pytest.mark.skipif(not INSTALLED, reason="needs numba")
def test_numba() -> None:
    by_numba = srcad.value_and_grad(scaled, (0, 1), backend="numba")
    assert close(by_numba(X, M), srcad.value_and_grad(scaled, (0, 1))(X, M), 1e-12)


def test_second_order() -> None:
    def slope(x: Any, m: Any) -> Any:
        return np.sum(srcad.grad(scaled)(x, m) * np.cos(x))

    printed(slope, X, M)


@pytest.mark.skipif(not INSTALLED, reason="needs numba")
def test_second_order_numba() -> None:
    def slope(x: Any, m: Any) -> Any:
        return np.sum(srcad.grad(scaled)(x, m) * np.cos(x))

    by_numba = srcad.grad(slope, (0, 1), backend="numba")
    assert close(by_numba(X, M), srcad.grad(slope, (0, 1))(X, M), 1e-11)
