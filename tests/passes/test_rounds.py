"""Adjoint loops that walk nothing but what is kept: how often they go round."""

from __future__ import annotations

import math

import numpy as np
import pytest
from trees import close

from .keeping import W, check, kept, made


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


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
