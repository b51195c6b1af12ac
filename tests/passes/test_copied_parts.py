"""What is read of an array after a write to it is copied, and not the array."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad

Y = np.arange(12.0).reshape(4, 3) / 7.0 - 0.6


def turned(y):
    y = y * y
    n = len(y)
    for i in range(n):
        y[i] = y[n - 1 - i]
    return np.sum(y**3)


def swapped(y):
    y = np.sin(y)
    n = len(y)
    for i in range(n // 2):
        row = y[i].copy()
        y[i] = y[n - 1 - i]
        y[n - 1 - i] = row
    return np.sum(y[:2] ** 3) + np.sum(y * y[0])


def shifted(y):
    y = np.exp(y)
    for i in range(1, len(y)):
        y[i] = y[i - 1] * y[i]
        y[i, 1:] += y[i, :-1]
    return np.sum(y)


def in_a_branch(y):
    y = y * y
    for i in range(len(y)):
        if y[i, 0] > 0.1:
            y[i] = y[i - 1]
        else:
            y[i, :2] = y[i, 1:] * y[i, :2]
    return np.sum(y**3)


@pytest.mark.parametrize("function", [turned, swapped, shifted, in_a_branch])
def test_rows_of_cotangents_are_copied_not_all_of_them(
    function: Callable[..., Any],
) -> None:
    srcad.check_grads(function, (Y,), order=2)
    source = srcad.grad(function).source_for(Y)
    assert not copies_of_all(source), source


def copies_of_all(source: str) -> list[str]:
    """The copies of whole cotangents that a source makes in its loops."""
    return re.findall(r"^ {8,}.*np\.copy\(\w+\)|^ {8,}.*_bar\.copy\(\)", source, re.M)


@pytest.mark.parametrize("function", [turned, swapped, shifted])
def test_compiled(function: Callable[..., Any]) -> None:
    pytest.importorskip("numba")
    found = srcad.grad(function, backend="numba")(Y)
    np.testing.assert_allclose(found, srcad.grad(function)(Y), rtol=1e-12)


def test_the_text() -> None:
    lines = [line.strip() for line in srcad.grad(turned).source_for(Y).splitlines()]
    start = lines.index("y_bar_i = y_bar[i].copy()")
    assert lines[start + 1 : start + 3] == [
        "y_bar[i] = 0.0",
        "y_bar[n - 1 - i] += y_bar_i",
    ]


# ---- what stays ----------------------------------------------------------------------


def numbers(x):
    x = x * x
    for i in range(1, len(x)):
        x[i] = x[i - 1] * x[i]
    return np.sum(x**2)


def read_before(y):
    y = y * y
    for i in range(1, len(y)):
        y[i] = 2.0 * y[i]
    return np.sum(y**2)


@pytest.mark.parametrize("function", [numbers, read_before])
def test_numbers_and_what_is_read_before_the_write_stay(
    function: Callable[..., Any],
) -> None:
    x = Y[:, 0] if function is numbers else Y
    srcad.check_grads(function, (x,), order=2)
    assert "copy" not in srcad.grad(function).source_for(x)


def given(y):
    first = y[0] * 2.0
    y[1:] = y[:-1] * y[1:]
    return np.sum(first * y)


def test_an_argument_is_copied_whole() -> None:
    srcad.check_grads(given, (Y,), order=2)
    source = srcad.grad(given).source_for(Y)
    assert "y_part = y[:-1]\n" in source and "y = np.copy(y)\n" in source


@pytest.mark.parametrize("index", [[0, 1], [1, 1], [-1, 0]])
def test_rows_named_by_a_list(index: list[int]) -> None:
    def taken(y):
        y = y * y
        y[index] = np.sin(y[[2, 3]])
        return np.sum(y**3)

    srcad.check_grads(taken, (Y,), order=2)
