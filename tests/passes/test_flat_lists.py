"""Lists of numbers that are written to: copied once, and no zero put and taken back."""

from __future__ import annotations

import numpy as np
import pytest

import srcad


def swept(b, w):
    b = list(b)
    for i in range(len(b)):
        b[i] -= w * b[i - 1]
    return b[0] * b[1] + b[2]


def swept_twice(b, w):
    b = b.copy()
    for i in range(len(b)):
        b[i] -= w * b[i - 1]
        b[i] *= b[0]
    return sum(b)


def read_again(b, w):
    c = list(b)
    for i in range(len(c)):
        c[i] -= w * c[i - 1]
    return b[0] * c[1] + b[2] * c[2]


def read_only(b, w):
    return w * b[0] * b[1]


def element_of_itself(b, w):
    """Another entry is added to between, which may be the same one."""
    b = b.copy()
    for i in range(len(b)):
        b[i] = w * b[0] + b[i] * 1.0
    return sum(b)


def gradient_of(function):
    df = srcad.grad(function, (0, 1))
    b = [1.0, 2.0, 3.0]
    df(b, 0.3)
    assert b == [1.0, 2.0, 3.0]
    return str(df.source)


@pytest.mark.parametrize(
    "function", [swept, swept_twice, read_again, read_only, element_of_itself]
)
def test_derivatives(function):
    b = [1.0, 2.0, 3.0]
    srcad.check_grads(function, (b, 0.3), order=2)
    by_list, _ = srcad.grad(function, (0, 1))(b, 0.3)
    by_array, _ = srcad.grad(function, (0, 1))(np.array(b), 0.3)
    assert type(by_list) is list
    assert np.allclose(by_list, by_array)


@pytest.mark.parametrize("function", [swept, read_again])
def test_an_argument_is_copied_once_before_the_loop(function):
    text = gradient_of(function)
    (line,) = [n for n in text.splitlines() if ".copy()" in n]
    assert line.index("=") < 12 and line.startswith("    ") and line[4] != " "


def test_what_was_put_aside_and_added_back_was_never_away():
    text = gradient_of(swept)
    assert "b_bar[i] = 0.0" not in text
    assert "b_bar[i] +=" not in text


def test_a_gradient_made_here_is_given_out_as_it_is():
    assert "for " not in gradient_of(read_only)
    assert ".copy()" not in gradient_of(read_only)


def test_two_results_are_two_lists():
    def same(b, c):
        total = [x + y for x, y in zip(b, c, strict=True)]
        return total[0] ** 2

    by_b, by_c = srcad.grad(same, (0, 1))([1.0, 2.0], [3.0, 4.0])
    assert by_b is not by_c
    assert by_b == by_c == [8.0, 0.0]
