"""`x += v` in a loop: a write to an array, a new binding of a number."""

import numpy as np
import pytest

from srcad import value_and_grad

X = np.array([0.5, -1.25, 2.0])


def whole_array(x):
    model = np.zeros(3)
    for k in range(len(x)):
        model += x[k] * x
    return np.sum(model * x)


def scaled(x):
    y = x * x
    for k in range(2):
        y *= x
    return np.sum(y)


def nested(x):
    total = np.zeros(3)
    for i in range(2):
        part = np.ones(3)
        for j in range(3):
            part += x[j] * x
        total += part * part
    return np.sum(total)


def another_name(x):
    y = np.ones(3)
    z = y
    for k in range(3):
        y += x[k] * y
    return np.sum(z * x)


def view(x):
    table = np.ones((2, 3))
    row = table[1]
    for k in range(3):
        row += x[k] * x
    return np.sum(table * table)


def rebound_before(x):
    y = x
    for k in range(3):
        y = y * 0.5
        y += x
    return np.sum(y * y)


def in_a_branch(x):
    y = np.zeros(3)
    for k in range(3):
        if x[k] > 0:
            y += x[k] * x
    return np.sum(y)


def while_loop(x):
    y = np.ones(3)
    k = 0
    while k < 3:
        y += x[k] * x
        k += 1
    return np.sum(y * y)


def number(x):
    s = 0.0
    for k in range(3):
        s += x[k] * x[k]
    return s * s


@pytest.mark.parametrize(
    "f",
    [
        whole_array,
        scaled,
        nested,
        another_name,
        view,
        rebound_before,
        in_a_branch,
        while_loop,
        number,
    ],
)
def test_value_and_gradient(f):
    value, gradient = value_and_grad(f)(X)
    assert value == pytest.approx(f(X.copy()))
    steps = 1e-6 * np.eye(3)
    expected = [(f(X + step) - f(X - step)) / 2e-6 for step in steps]
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-6)
