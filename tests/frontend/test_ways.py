"""Texts that a branch chooses: what they decide is decided on each way."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import srcad
from srcad import check_grads, grad, value_and_grad
from srcad.backend.compiled import INSTALLED

BACKENDS = ["python", *(["numba"] if INSTALLED else [])]


def by_expression(x):
    regime = "laminar" if x < 2.0 else "turbulent"
    if regime == "laminar":
        return 64.0 / x
    return 0.3 / x**0.25


def by_statement(x):
    if x < 2.0:
        regime = "laminar"
    else:
        regime = "turbulent"
    friction = 64.0 / x if regime == "laminar" else 0.3 / x**0.25
    return friction * x


def of_arguments(x, low="laminar", high="turbulent"):
    method = high if x > 2.0 else low
    if method == "laminar":
        y = x * x
    elif method == "turbulent":
        y = 3.0 * x
    else:
        raise ValueError(f"no {method}")
    return y * math.sin(x)


def where_none_is_given(x, method=None, low="laminar", high="turbulent"):
    if method is None:
        chosen = high if x > 2.0 else low
    else:
        chosen = method
    if chosen == "laminar":
        y = x * x
    elif chosen == "turbulent":
        y = 3.0 * x
    return y * math.sin(x)


def keys(x):
    kind = None
    if x > 2.0:
        kind = "b"
    weights = {"a": 2.0, "b": 3.0}
    if kind is None:
        return x * weights["a"]
    return x * x * weights[kind]


def in_each_round(x):
    total = 0.0
    for k in range(4):
        regime = "low" if x < k else "high"
        if regime == "low":
            total += x * x
        else:
            total += math.exp(-x)
    return total


def before_a_loop(x):
    way = "up" if x > 2.0 else "down"
    v = np.array([x, 2.0 * x])
    for k in range(3):
        v = v * v if way == "up" else np.sqrt(v)
    return np.sum(v)


def three_in_a_row(x):
    a = "p" if x > 1.0 else "q"
    b = "p" if x > 2.0 else "q"
    c = "p" if x > 3.0 else "q"
    y = x * x if a == b else x
    if b == c:
        y = y * math.sin(x)
    return y


def with_a_return_between(x):
    mode = "far" if x > 2.0 else "near"
    if x > 3.5:
        return x
    if mode == "far":
        return x * x
    return 1.0 / x


def inner(x, name):
    return x * x if name == "square" else x**3


def chosen(x):
    name = "square" if x > 2.0 else "cube"
    return inner(x, name) + x


WAYS = [
    *(
        by_expression,
        by_statement,
        of_arguments,
        keys,
        in_each_round,
        where_none_is_given,
    ),
    *(before_a_loop, three_in_a_row, with_a_return_between, chosen),
]


@pytest.mark.parametrize("f", WAYS, ids=lambda f: f.__name__)
def test_texts_chosen_by_a_branch(f: Any) -> None:
    for x in (0.7, 1.4, 2.6, 3.3, 4.2):
        assert value_and_grad(f)(x)[0] == pytest.approx(f(x))
        check_grads(f, (x,), order=2)


@pytest.mark.parametrize("f", WAYS, ids=lambda f: f.__name__)
@pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")
def test_compiled(f: Any) -> None:
    gradient = value_and_grad(f, backend="numba")
    for x in (0.7, 1.4, 2.6, 3.3, 4.2):
        assert gradient(x) == pytest.approx(value_and_grad(f)(x))


def test_the_source_asks_no_text() -> None:
    lines = grad(by_expression).source_for(1.0).splitlines()
    assert not any("laminar" in line for line in lines if "#" not in line)


def four_in_a_row(x):
    a = "p" if x > 1.0 else "q"
    b = "p" if x > 2.0 else "q"
    c = "p" if x > 3.0 else "q"
    d = "p" if x > 4.0 else "q"
    return x * x if a + b + c == d else x


def carried(x):
    mode = "first"
    for k in range(3):
        if mode == "first":
            x = x * x
        if x > 2.0:
            mode = "second"
    return x


@pytest.mark.parametrize("f", [four_in_a_row, carried])
def test_more_than_that_is_refused(f: Any) -> None:
    with pytest.raises(srcad.UnsupportedSyntax, match="things of different kinds"):
        grad(f)(1.5)
