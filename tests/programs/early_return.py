"""Early return, assert, raise, f-strings in messages."""

import math

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2, 0.8])


@program(0.5)
@program(-0.5)
def two_returns(x):
    if x < 0:
        return x * x
    y = math.sin(x)
    return y * x


@program(V)
def return_in_loop(x):
    total = 0.0
    for a in x:
        total += a * a
        if total > 1:
            return total * 3
    return total


@program(V)
def return_in_loop_not_taken(x):
    total = 0.0
    for a in x:
        total += a * a
        if total > 100:
            return total * 3
    return total * x[0]


@program(V)
def return_from_nest(x):
    for i in range(len(x)):
        for j in range(i):
            if x[i] * x[j] > 0.3:
                return x[i] ** 2 * x[j]
    return x[0]


@program(0.5)
@program(1.5)
@program(2.5)
def guards(x):
    if x > 2:
        return x
    if x > 1:
        return x * x
    return x**3


@program(0.5)
def asserts(x):
    assert x > 0
    assert x < 10, f"x is {x:.2f}, too large"
    y = math.log(x)
    assert not math.isnan(y), "nan"
    return y * y


@program(0.5)
def raises(x):
    if x < 0:
        raise ValueError(f"negative: {x!r}")
    elif x > 100:
        raise ValueError("large", x)
    return math.sqrt(x)


@program(0.5, "log")
@program(0.5, "exp")
def unknown_kind(x, kind):
    if kind == "log":
        y = math.log(x)
    elif kind == "exp":
        y = math.exp(x)
    else:
        raise NotImplementedError(f"kind {kind}")
    return y * x


@program(V)
def raise_in_loop(x):
    total = 0.0
    for i, a in enumerate(x):
        if a > 5:
            raise ValueError(f"entry {i} is {a}")
        total += a**2
    return total


@program(0.5)
@program(1.5)
def return_tuple(x):
    if x > 1:
        return x, x * x
    return x * x, 1.0


@program(V)
def return_array_or_other(x):
    if x[0] > 0:
        return x * x
    return np.zeros_like(x)


@program(0.5)
def return_in_while(x):
    n = 0
    while n < 10:
        x = x * 1.5
        if x > 2:
            return x * n
        n += 1
    return x


@program(V)
def return_in_else(x):
    for a in x:
        if a > 100:
            break
    else:
        return np.sum(x * x)
    return 0.0


@program(0.5)
def nested_returns(x):
    if x > 0:
        if x > 1:
            return x
        y = x * x
        if y > 0.1:
            return y * x
    else:
        y = -x
    return y
