"""What is the same in all rounds of a loop is kept once, and what is not is not."""

from __future__ import annotations

import inspect
import math
import re
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from trees import close, leaves

import srcad
from srcad import pipeline
from srcad.backend import function as loading
from srcad.backend.generate import generate
from srcad.frontend.abstract import type_of
from srcad.passes.kept_once import kept_once
from srcad.pipeline import (
    Step,
    compiled_form,
    finished,
    for_loops,
    prepared,
    transformed,
)

W = np.linspace(0.4, 1.3, 4)


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


def made(function: Callable[..., Any], args: Any, dialect: str) -> tuple[Any, str]:
    """What the gradient's source gives when it is run, and its text."""
    names = inspect.signature(function).parameters
    types = {name: type_of(arg, name) for name, arg in zip(names, args, strict=True)}
    steps = [Step("value_and_grad", (0,), True)]
    program = transformed(prepared(function, types, dialect).program, steps)
    if dialect == "numba":
        program = for_loops(finished(compiled_form(program)))
    else:
        program = finished(program)
    printed = generate(program)
    np.random.seed(3)
    return loading.load(printed)(*args), printed.text


def kept(text: str) -> int:
    """How many lists and arrays there are for what is kept of s."""
    return len(re.findall(r"\bsaved_s(?:_\d+)? = (?:\[\]|np\.empty)", text))


def rows(w, n):
    y = np.ones(4)
    for _ in range(n):
        s = np.sqrt(w)
        y = np.tanh(y * s)
    return np.sum(y)


def triangle(w, n):
    """The inner loop runs for some rounds of the outer one only."""
    y = np.ones(4)
    for i in range(n):
        for _ in range(i):
            s = np.sqrt(w)
            y = np.tanh(y * s)
    return np.sum(y)


def anew(w, n):
    """The outer loop makes anew what is the same in all rounds of the inner one."""
    y = np.ones(4)
    for i in range(n):
        z = w * np.sum(y)
        for _ in range(i):
            s = np.sqrt(z)
            y = np.tanh(y * s)
    return np.sum(y)


def three_deep(w, n):
    y = np.ones(4)
    for i in range(n):
        z = w * np.sum(y)
        for _ in range(i):
            for _ in range(2):
                s = np.sqrt(z)
                y = np.tanh(y * s)
    return np.sum(y)


def in_between(w, n):
    """What the loop in the middle makes anew is kept by the innermost one."""
    y = np.ones(4)
    for i in range(n):
        for _ in range(i):
            z = w * np.sum(y)
            for _ in range(2):
                s = np.sqrt(z)
                y = np.tanh(y * s)
    return np.sum(y)


def sometimes(w, n):
    y = np.ones(4)
    for k in range(n):
        if k % 2 == 1:
            s = np.sqrt(w)
            y = np.tanh(y * s)
    return np.sum(y)


def until(w, n):
    y, k = np.ones(4), 0
    while k < n and np.sum(y) > 0.01:
        s = np.sqrt(w)
        y = np.tanh(y * s)
        k += 1
        if np.sum(y) < 0.5:
            break
    return np.sum(y)


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


def number(w, n):
    y, a = 1.0, float(w[0])
    for _ in range(n):
        s = math.exp(a)
        y = math.sin(y * s)
    return y * w[1]


def inverse(w, n):
    """What may raise is computed where it was written."""
    y, m = np.ones(2), w.reshape(2, 2)
    for _ in range(n):
        s = np.linalg.inv(m)
        y = np.tanh(s @ y)
    return np.sum(y)


def inverse_in_a_triangle(w, n):
    y, m = np.ones(2), w.reshape(2, 2)
    for i in range(n):
        for _ in range(i % 3):
            s = np.linalg.inv(m)
            y = np.tanh(s @ y)
    return np.sum(y)


def inverse_in_a_branch(w, n):
    y, m = np.ones(2), w.reshape(2, 2)
    for i in range(n):
        if i == 0:
            y = np.sin(y)
        elif i < 3:
            s = np.linalg.inv(m)
            y = np.tanh(s @ y)
    return np.sum(y)


def inverse_until(w, n):
    y, m, k = np.ones(2), w.reshape(2, 2), 0
    while True:
        if k >= n:
            break
        s = np.linalg.inv(m)
        y = np.tanh(s @ y)
        k += 1
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


def number_anew(w, n):
    y = 1.0
    for i in range(n):
        b = w[i % 4] * y
        for _ in range(i):
            s = math.exp(b)
            y = math.sin(y * s)
    return y


def inverse_anew(w, n):
    y = np.ones(2)
    for i in range(n):
        z = w.reshape(2, 2) * (1.5 + np.sum(y**2))
        for _ in range(i):
            s = np.linalg.inv(z)
            y = np.tanh(s @ y)
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


def check(function: Callable[..., Any], n: int, dialect: str, monkeypatch: Any) -> int:
    """How many lists keep s, where the numbers are those without the pass."""
    found, text = made(function, (W, n), dialect)
    others = tuple(p for p in pipeline.ADJOINT if p is not kept_once)
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "ADJOINT", others)
        wanted, _ = made(function, (W, n), dialect)
    pairs = zip(leaves(found), leaves(wanted), strict=True)
    assert all(close(a, b, 1e-13) for a, b in pairs)
    return kept(text)


@pytest.mark.parametrize("n", [0, 1, 4])
@pytest.mark.parametrize("dialect", ["python", "numba"])
@pytest.mark.parametrize(
    "function",
    [rows, triangle, sometimes, until, linear, written_after, written_inside, number]
    + [inverse, inverse_in_a_triangle, inverse_in_a_branch, inverse_until]
    + [inverse_written_later, lengths_not_known],
)
def test_it_is_not_kept_by_rounds(function, dialect, n, monkeypatch):
    assert check(function, n, dialect, monkeypatch) == 0


@pytest.mark.parametrize("n", [0, 1, 4])
@pytest.mark.parametrize("dialect", ["python", "numba"])
@pytest.mark.parametrize(
    "function, lists",
    [(anew, 1), (three_deep, 1), (in_between, 2), (number_anew, 1), (inverse_anew, 1)],
)
def test_it_is_kept_by_the_loop_that_makes_it_anew(
    function, lists, dialect, n, monkeypatch
):
    assert check(function, n, dialect, monkeypatch) == lists


@pytest.mark.parametrize("n", [0, 1, 4])
@pytest.mark.parametrize("dialect", ["python", "numba"])
@pytest.mark.parametrize("function", [written, of_the_round, inverse_written, drawn])
def test_what_rounds_make_anew_is_kept_by_rounds(function, dialect, n, monkeypatch):
    assert check(function, n, dialect, monkeypatch) == 1


@pytest.mark.parametrize(
    "function",
    [rows, triangle, anew, in_between, sometimes, until, linear, written]
    + [written_after, written_inside, part_of_it, number, inverse, number_anew]
    + [inverse_in_a_triangle, inverse_in_a_branch, inverse_until, inverse_anew]
    + [inverse_written_later, inverse_written, lengths_not_known],
)
@pytest.mark.parametrize("n", [0, 3])
def test_second_order(function, n):
    srcad.check_grads(function, (W, n), order=2, argnums=(0,))


# ---- loops whose adjoints walk nothing but what is kept: how often they go round


def rounds_known(w, n):
    u = np.sum(w)
    for i in range(n):
        for _ in range(3):
            s = np.sin(2.0 + i)
            u = u * s
    return u


def rounds_anew(w, n):
    u = np.sum(w)
    for i in range(n):
        for _ in range(i, 3):
            s = np.sin(2.0 + i)
            u = u * s
    return u


def rounds_until(w, n):
    u = np.sum(w)
    for i in range(n):
        k = 0
        while k <= i:
            s = np.sin(2.0 + i)
            u = u * s
            k += 1 + i % 2
    return u


def rounds_to_a_break(w, n):
    u = np.sum(w)
    for i in range(n):
        for k in range(5):
            s = np.sin(2.0 + i)
            u = u * s
            if k >= i:
                break
    return u


def rounds_of_an_array(w, n):
    u = np.sum(w)
    for i in range(n):
        for _ in w[i % 3 :]:
            s = np.sin(2.0 + i)
            u = u * s
    return u


def rounds_three_deep(w, n):
    u = np.sum(w)
    for i in range(n):
        for j in range(2):
            for _ in range(i + j):
                s = np.sin(2.0 + i + j)
                u = u * s
    return u


def rounds_in_between(w, n):
    u = np.sum(w)
    for i in range(n):
        for _ in range(2 + i):
            for _ in range(3):
                s = np.sin(2.0 + i)
                u = u * s
    return u


def rounds_of_all(w, n):
    u, c = np.sum(w), float(n)
    for i in range(n):
        for j in range(i):
            for _ in range(2 + j):
                s = math.exp(-c)
                u = u * s
    return u


def rounds_of_the_outermost(w, n):
    """The range is that of the outer loop's round; the one in between is not asked."""
    u = np.sum(w)
    for i in range(n):
        for _ in range(n - 1, -1, -1):
            for _ in range(i, 3):
                s = np.sin(2.0 + i)
                u = u * s
    return u


COUNTED = [
    rounds_of_the_outermost,
    rounds_known,
    rounds_anew,
    rounds_until,
    rounds_to_a_break,
    rounds_of_an_array,
    rounds_three_deep,
    rounds_in_between,
    rounds_of_all,
]


@pytest.mark.parametrize("n", [0, 1, 2, 4])
@pytest.mark.parametrize("dialect", ["python", "numba"])
@pytest.mark.parametrize("function", COUNTED)
def test_rounds_are_those_of_the_inner_loop(function, dialect, n, monkeypatch):
    """They were as many as those of the loop around it."""
    check(function, n, dialect, monkeypatch)
    (_, gradient), _ = made(function, (W, n), dialect)
    assert close(gradient, np.full(4, function(np.ones(4) / 4, n)), 1e-13)


def test_rounds_cost_no_list():
    for function in (rounds_known, rounds_anew, rounds_three_deep):
        assert kept(made(function, (W, 3), "python")[1]) == 1 + (
            function is rounds_three_deep
        )


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
