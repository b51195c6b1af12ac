"""What is the same in all rounds of a loop is kept once, and what is not is not."""

from __future__ import annotations

import math
import textwrap
import tracemalloc
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

import srcad

from .keeping import W, check


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


# What is made of z in each round, and read there: (y before, z, s, y after). The
# inverse may raise, so it is computed where it was written.
KINDS = {
    "root": ("np.ones(4)", "w", "np.sqrt(z)", "np.tanh(y * s)"),
    "inverse": ("np.ones(2)", "w.reshape(2, 2)", "np.linalg.inv(z)", "np.tanh(s @ y)"),
    "number": ("1.0", "float(w[0])", "math.exp(z)", "math.sin(y * s)"),
}
# Loops in which z is the same in all rounds.
THE_SAME = {
    "rows": """
        for _ in range(n):
            ROUND
        """,
    # The inner loop runs for some rounds of the outer one only.
    "triangle": """
        for i in range(n):
            for _ in range(i % 3):
                ROUND
        """,
    "sometimes": """
        for k in range(n):
            if k % 2 == 1:
                ROUND
        """,
    "in a branch": """
        for i in range(n):
            if i == 0:
                y = np.sin(y)
            elif i < 3:
                ROUND
        """,
    "until": """
        k = 0
        while k < n and np.sum(y) > 0.01:
            ROUND
            k += 1
            if np.sum(y) < 0.5:
                break
        """,
    "until a break": """
        k = 0
        while True:
            if k >= n:
                break
            ROUND
            k += 1
        """,
}
# The same in all rounds of an inner loop, and anew in each of an outer one; and how
# many lists keep s.
ANEW = {
    "outer": (
        """
        for i in range(n):
            ANEW
            for _ in range(i):
                ROUND
        """,
        1,
    ),
    "three deep": (
        """
        for i in range(n):
            ANEW
            for _ in range(i):
                for _ in range(2):
                    ROUND
        """,
        1,
    ),
    # What the loop in the middle makes anew is kept by the innermost one.
    "in between": (
        """
        for i in range(n):
            for _ in range(i):
                ANEW
                for _ in range(2):
                    ROUND
        """,
        2,
    ),
}


def looping(loops: str, kind: str) -> Callable[..., Any]:
    """The program of a kind of values with these loops."""
    before, of, value, after = KINDS[kind]
    written = {
        "ROUND": f"s = {value}; y = {after}",
        "ANEW": "z = x * (1.5 + np.sum(y))",
    }
    for word, statement in written.items():
        loops = loops.replace(word, statement)
    body = f"y, x = {before}, {of}\nz = x\n{textwrap.dedent(loops)}\nreturn np.sum(y)"
    text = "def f(w, n):\n" + textwrap.indent(body, "    ")
    return srcad.from_source(text, {"np": np, "math": math})


def each(shapes: Iterable[str]) -> Any:
    """Programs of all kinds in loops of these shapes."""
    pairs = [(shape, kind) for shape in shapes for kind in KINDS]
    return pytest.mark.parametrize("shape, kind", pairs, ids=map(": ".join, pairs))


def linear(w, n):
    """Nothing but what is the same in all rounds is kept."""
    y = w
    for _ in range(n):
        s = np.exp(-w)
        y = y * s
    return np.sum(y)


def written(w, n):
    """What it is computed of is written to in each round."""
    y, z = np.ones(4), w.copy()
    for _ in range(n):
        s = np.sqrt(z)
        y = np.tanh(y * s)
        z[0] = np.sum(y)
    return np.sum(y)


def written_after(w, n):
    """It is written to itself when all rounds are over."""
    y, s = np.ones(4), np.sqrt(w)
    for _ in range(n):
        y = np.tanh(y * s)
    s[1] = 0.5 * s[0]
    s *= 2.0
    return np.sum(y * s)


def written_inside(w, n):
    """It is written to in the round that made it."""
    y = np.ones(4)
    for _ in range(n):
        s = np.sqrt(w)
        y = np.tanh(y * s)
        s *= y
        y = np.sin(y + s)
    return np.sum(y)


def part_of_it(w, n):
    """A view of what is written to when the rounds are over."""
    y, z = np.ones(2), w.copy()
    for _ in range(n):
        s = z[1:3]
        y = np.tanh(y * s * s)
    z[1] = 3.0
    return np.sum(y) + np.sum(z**2)


def of_the_round(w, n):
    y = np.ones(4)
    for k in range(n):
        s = np.sqrt(w + k)
        y = np.tanh(y * s)
    return np.sum(y)


def inverse_written_later(w, n):
    """The last round's array is written to, in the round and after all of them."""
    y, m = np.ones(2), w.reshape(2, 2)
    s = np.eye(2)
    for _ in range(n):
        s = np.linalg.inv(m)
        y = np.tanh(s @ y)
        s[0] *= y
    s[1, 0] = np.sum(y)
    return np.sum(y) + np.sum(s * s)


def lengths_not_known(w, n):
    y, v = np.ones(3), np.linspace(0.2, 0.8, len(w) - 1)
    for _ in range(n):
        s = w[:3] * v[:3]
        y = np.tanh(y * s)
    return np.sum(y)


def inverse_written(w, n):
    y, z = np.ones(2), w.reshape(2, 2).copy()
    for _ in range(n):
        s = np.linalg.inv(z)
        y = np.tanh(s @ y)
        z[0, 0] = 2.0 + np.sum(y)
    return np.sum(y)


def drawn(w, n):
    """The same call gives another number in each round."""
    y = w[0]
    for _ in range(n):
        s = np.random.normal()
        y = np.sin(y * s)
    return y


@pytest.mark.parametrize("n", [0, 1, 4])
@pytest.mark.parametrize("dialect", ["python", "numba"])
@pytest.mark.parametrize(
    "function",
    [linear, written_after, written_inside, inverse_written_later, lengths_not_known],
)
def test_it_is_not_kept_by_rounds(function, dialect, n, monkeypatch):
    assert check(function, n, dialect, monkeypatch) == 0


@pytest.mark.parametrize("n", [0, 1, 4])
@pytest.mark.parametrize("dialect", ["python", "numba"])
@each(THE_SAME)
def test_what_no_round_changes_is_not_kept_by_rounds(
    shape, kind, dialect, n, monkeypatch
):
    assert check(looping(THE_SAME[shape], kind), n, dialect, monkeypatch) == 0


@pytest.mark.parametrize("n", [0, 1, 4])
@pytest.mark.parametrize("dialect", ["python", "numba"])
@each(ANEW)
def test_it_is_kept_by_the_loop_that_makes_it_anew(
    shape, kind, dialect, n, monkeypatch
):
    loops, lists = ANEW[shape]
    if (shape, kind, dialect) == ("in between", "number", "numba"):
        lists = 1  # all runs of the inner loop have one (`kept_flat`)
    assert check(looping(loops, kind), n, dialect, monkeypatch) == lists


@pytest.mark.parametrize("n", [0, 1, 4])
@pytest.mark.parametrize("dialect", ["python", "numba"])
@pytest.mark.parametrize("function", [written, of_the_round, inverse_written, drawn])
def test_what_rounds_make_anew_is_kept_by_rounds(function, dialect, n, monkeypatch):
    assert check(function, n, dialect, monkeypatch) == 1


@pytest.mark.parametrize(
    "function",
    [linear, written, written_after, written_inside, part_of_it, inverse_written_later]
    + [inverse_written, lengths_not_known],
)
@pytest.mark.parametrize("n", [0, 3])
def test_second_order(function, n):
    srcad.check_grads(function, (W, n), order=2, argnums=(0,))


@pytest.mark.parametrize("n", [0, 3])
@each([*THE_SAME, *ANEW])
def test_second_order_in_loops(shape, kind, n):
    loops = THE_SAME.get(shape) or ANEW[shape][0]
    srcad.check_grads(looping(loops, kind), (W, n), order=2, argnums=(0,))


def roots(x, n):
    """Where no round is run, the infinite slope is no part of the gradient."""
    total = np.sum(x[1:] ** 2)
    for k in range(n):
        for _ in range(k):
            s = np.linalg.inv(np.diag(np.sqrt(x)))
            total = np.sin(total) + np.sum(s)
    return total


def slopes(x, n):
    return np.sum(srcad.grad(roots)(x, n))


@pytest.mark.parametrize("n", [0, 1])
def test_what_no_round_computes_has_no_slope(n):
    x = np.array([0.0, 1.0, 2.0])
    assert np.array_equal(srcad.grad(roots)(x, n), [0.0, 2.0, 4.0])
    assert np.array_equal(srcad.grad(slopes)(x, n), [0.0, 2.0, 2.0])


def not_set(w, n):
    y = 1.0
    for i in range(n):
        for _ in range(i - 1):
            s = math.exp(w[0])
            y = math.sin(y * s)
        y = y * s
    return y


def test_a_name_without_a_value_is_told():
    with pytest.raises(UnboundLocalError):
        srcad.grad(not_set)(W, 2)


def read_as_it_is(x, n):
    y = 1.0
    for _ in range(n):
        y = math.sin(y) + np.sum(x * y) / 1e4
    return y


def root_of_all(x, n):
    y = 1.0
    for _ in range(n):
        s = np.sqrt(x)
        y = math.sin(y) + np.sum(s * y) / 1e4
    return y


def inverse_of_all(x, n):
    v, m = np.ones(100), x.reshape(100, 100) + 100.0 * np.eye(100)
    for _ in range(n):
        s = np.linalg.inv(m)
        v = np.tanh(s @ v)
    return np.sum(v)


@pytest.mark.parametrize("function", [read_as_it_is, root_of_all, inverse_of_all])
def test_more_rounds_take_no_more_arrays(function):
    x = np.linspace(0.1, 1.0, 10_000)
    gradient, peaks = srcad.grad(function), []
    gradient(x, 1)
    for n in (5, 45):
        tracemalloc.start()
        gradient(x, n)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 40 * 100 * 8 + x.nbytes / 2
