"""if/elif/else, conditional expressions, and/or/not, chained comparison."""

import math

import numpy as np

from .registry import program


@program(1.3, order=3)
@program(-1.3, order=3)
def two_ways(x):
    if x > 0:
        y = x**3
    else:
        y = math.sin(x)
    return y * x


@program(2.5)
@program(0.5)
@program(-0.5)
def elif_chain(x):
    if x > 2:
        y = x * x
    elif x > 0:
        y = x**3
    else:
        y = -x
    return y + 1.0 / (1 + y * y)


@program(0.5)
@program(1.5)
def only_then(x):
    y = x
    if x > 1:
        y = y * x
        x = x + 1
    return y * x


@program(0.5, 1.5)
def conditional_expression(x, y):
    z = x * x if x < y else y * y
    return (z if z > 10 else z * y) + (0.0 if y > 1 else x)


@program(0.5, 1.5)
@program(-0.5, 1.5)
def logic(x, y):
    if (x > 0 and y > 1) or not x < -2:
        return x * y
    return x - y


@program(0.5)
@program(3.5)
def chained(x):
    if 0 < x <= 1 < 2:
        return x * x
    return math.log(x)


@program(0.5, 1.5)
@program(-0.5, 1.5)
def nested(x, y):
    if x > 0:
        if y > 1:
            z = x * y
        else:
            z = x + y
        z = z * z
    else:
        z = math.exp(x)
        if y > 1:
            z = z * y
    return z


@program(0.5)
@program(1.5)
def bound_on_one_path(x):
    if x > 1:
        extra = x * x
    total = x
    if x > 1:
        total = total + extra
    return total * total


@program(0.7, True)
@program(0.7, False)
def flag(x, square):
    return x * x if square else x


@program(0.7)
def pass_in_branch(x):
    if x > 0:
        pass
    else:
        x = -x
    return x * x


@program(0.7)
@program(0.0, order=1)
def value_of_or(x):
    y = x or 2.0
    return y * y + x


@program(0.7, 0.2)
def python_max_min(x, y):
    return max(x, y) ** 2 + min(x, y, 3.0) * x


@program(np.array([1.0, -2.0, 3.0]))
def branch_on_array(x):
    if np.sum(x) > 0:
        y = x * x
    else:
        y = np.sin(x)
    return np.sum(y * x)


@program(np.array([1.0, -2.0, 3.0]), 0.5)
def branch_binds_array_or_not(x, s):
    y = np.zeros(3)
    if s > 0:
        y = x * s
    z = y * y
    return z.sum() + s


@program(0.7, 3)
@program(0.7, 4)
def parity(x, n):
    if n % 2 == 0:
        return x**2
    return x**3


@program(0.7)
def same_condition_twice(x):
    a = x * x
    if a > 0.1:
        b = a * x
    else:
        b = a
    if a > 0.1:
        c = b * a
    else:
        c = b + a
    return c


@program(0.3)
def test_with_walrus(x):
    if (y := x * x) > 0.01:
        return y * x
    return y


@program(0.3)
def bool_variable(x):
    small = x < 1
    large = not small
    y = x
    if small and not large:
        y = x * x * x
    return y


@program(0.3)
def tuple_from_branch(x):
    if x > 0:
        a, b = x, x * x
    else:
        a, b = x * x, x
    return a * b + b


@program(0.3)
@program(-0.3)
def tuple_chosen(x):
    p = (x, x * x) if x > 0 else (x * x, 1.0)
    return p[0] * 3 + p[1] ** 2


@program(0.7)
@program(1.3)
def sum_of_a_number(x):
    """Python's number on one branch, NumPy's on the other; what it gets is written."""
    y = np.sin(x) if x > 1 else 2.0 * x
    if x > 0.2:
        y = np.sin(y) * y
    return np.sum(y)
