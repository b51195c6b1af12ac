"""Functions and strings that a loop binds anew: right or refused, never the first."""

import math

import numpy as np
import pytest

from srcad import SrcadError, value_and_grad


def times(k):
    def g(t):
        return t * k

    return g


def made_in_the_loop_called_after(x):
    for i in range(3):
        h = times(x * i)
    return h(x)


def made_in_the_loop_called_in_the_next_round(x):
    h = times(1.0)
    y = x
    for i in range(3):
        y = h(y)
        h = times(x * i)
    return y


def string_of_the_next_round(x):
    mode = "square"
    y = x
    for _ in range(3):
        if mode == "square":
            y = y * x
        mode = "stay"
    return y


def default_of_the_loop(x):
    for i in range(3):

        def h(t, k=x * i):
            return t * k

    return h(x)


def operation_of_the_next_round(x):
    h = math.sin
    y = x
    for _ in range(3):
        y = h(y)
        h = math.cos
    return y


def one_maker_two_functions(x):
    h = times(1.0)
    if x > 5.0:
        h = times(2.0)
    return h(x)


def number_then_string(x):
    m = 1.0
    y = x
    for _ in range(2):
        y = y * (2.0 if m == "a" else x)
        m = "a"
    return y


def made_and_called_in_a_round(x):
    y = x
    for i in range(3):
        h = times(x * i)
        y = h(y) + x
    return y


def defined_in_the_loop_called_after(x):
    y = x
    for i in range(3):

        def h(t):
            return t * x * i

        y = y + h(y)
    return y * h(x)


def same_string_again(x):
    mode = "square"
    for _ in range(3):
        mode = "square"
        x = x * x if mode == "square" else x
    return x


def recursive_with_globals(x):
    def power(t, n):
        return 1.0 if n == 0 else math.sin(t) * power(t, n - 1)

    return power(x, 3)


RIGHT = [
    made_and_called_in_a_round,
    defined_in_the_loop_called_after,
    same_string_again,
    recursive_with_globals,
]
EITHER = [
    made_in_the_loop_called_after,
    made_in_the_loop_called_in_the_next_round,
    string_of_the_next_round,
    default_of_the_loop,
    operation_of_the_next_round,
    one_maker_two_functions,
    number_then_string,
]


@pytest.mark.parametrize("f", [*RIGHT, *EITHER], ids=lambda f: f.__name__)
def test_right_or_refused(f):
    step = 1e-6
    slope = (f(1.5 + step) - f(1.5 - step)) / (2.0 * step)
    try:
        value, gradient = value_and_grad(f)(1.5)
    except SrcadError as error:
        assert type(error).__name__ == "UnsupportedSyntax"
        assert f in EITHER
        return
    assert value == f(1.5)
    assert np.isclose(gradient, slope, rtol=1e-6)
