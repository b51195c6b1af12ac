"""What a loop keeps for its adjoint, seen in the printed source; and it is right."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad


def kept(function: Callable[..., Any], *args: Any) -> list[str]:
    """The names of the saved lists, of a gradient checked to second order."""
    srcad.check_grads(function, args, order=2, argnums=(0,))
    df = srcad.grad(function)
    df(*args)
    return re.findall(r"^ +(saved_\w+) = (?:\[\]|np\.empty)", df.source, re.MULTILINE)


def rows_of_a_product(W, X):
    total = 0.0
    for c in range(len(W)):
        y = X @ W[c]
        for i in range(len(X)):
            total = np.sin(total) + np.sum(y[i] * y[i])
    return total


def elements_of_a_product(W, X):
    total = 0.0
    n, m = X.shape
    for c in range(len(W)):
        y = X * W[c, 0]
        for i in range(n):
            for j in range(m):
                total = np.sin(total) + y[i, j] ** 3
    return total


def some_rows(W, X):
    total = 0.0
    for c in range(len(W)):
        y = X * W[c, 0]
        for i in range(len(W)):
            total = np.sin(total) + np.sum(y[i] * y[i])
    return total


def written_rows(W, X):
    total = 0.0
    for c in range(len(W)):
        y = X * W[c, 0]
        for i in range(len(X)):
            total = np.sin(total) + np.sum(y[i] * y[i])
            y[i] = 0.0
    return total


def written_later(W, X):
    total = 0.0
    for c in range(len(W)):
        y = X * W[c, 0]
        for i in range(len(X)):
            total = np.sin(total) + np.sum(y[i] * y[i])
        y[0] = 2.0 * y[1]
        total += np.sum(y**3)
    return total


def rows_of_a_view(W, X):
    total = 0.0
    for c in range(len(W)):
        y = W[c]
        for i in range(len(y)):
            total = np.sin(total) + np.sum(y[i] ** 3)
    return total


W = np.linspace(-1.0, 1.0, 12).reshape(3, 2, 2)
X = np.linspace(0.3, 1.4, 8).reshape(4, 2)
M = np.linspace(0.5, 1.5, 6).reshape(3, 2)


@pytest.mark.parametrize(
    "function, args, names",
    [
        (rows_of_a_product, (W, X), {"saved_y"}),
        (elements_of_a_product, (M, X), {"saved_y"}),
        (rows_of_a_view, (W, X), set()),
    ],
)
def test_an_array_gone_through_is_kept_whole(function, args, names):
    found = {name for name in kept(function, *args) if "total" not in name}
    assert found == names


@pytest.mark.parametrize("function", [some_rows, written_rows, written_later])
def test_other_rows_are_kept_by_themselves(function):
    assert "saved_y" not in kept(function, M, X)


def shifted(x, n):
    y = np.zeros(len(x))
    for _ in range(n):
        y = y + 0.1 * (x * np.concatenate((np.ones(1), y[:-1])))
    return np.sum(y**2)


def after(x, y):
    return x * np.concatenate((np.ones(1), y[:-1]))


def shifted_by_a_call(x, n):
    y = np.zeros(len(x))
    for _ in range(n):
        y = y + 0.1 * after(x, y)
    return np.sum(y**2)


@pytest.mark.parametrize("function", [shifted, shifted_by_a_call])
def test_a_part_of_what_is_joined_is_not_kept(function):
    x = np.array([0.5, 1.0, 2.0, 1.5])
    assert kept(function, x, 3) == ["saved_concatenate"]
    df = srcad.grad(function)
    df(x, 3)
    assert "sum_like" not in df.source


# ---- the lengths of what callees make ------------------------------------------------


def tail(v):
    return v[1:] * 2.0


def two_tails(x, z):
    return np.sum(np.sin(tail(x)) * tail(z))


def tail_alone(x, z):
    a = tail(x)
    return np.sum(a * a) + np.sum(tail(z))


@pytest.mark.parametrize("backend", ["python", "numba"])
@pytest.mark.parametrize("n", [2, 5])
def test_lengths_of_two_calls_are_two(backend, n):
    if backend == "numba":
        pytest.importorskip("numba")
    x, z = np.arange(5.0), np.arange(2.0, 2.0 + n)
    df = srcad.grad(two_tails, (0, 1), backend=backend)
    x_bar, z_bar = df(x, z)
    by_x = np.cos(2.0 * x[1:]) * 2.0 * 2.0 * z[1:]
    by_z = np.sin(2.0 * x[1:]) * 2.0
    assert np.allclose(x_bar[1:], by_x)
    assert np.allclose(z_bar[1:], by_z if n == 5 else np.sum(by_z))
    srcad.check_grads(two_tails, (x, z), order=2)


def test_a_length_in_a_call_is_known_outside():
    df = srcad.grad(tail_alone)
    df(np.arange(4.0), np.arange(3.0))
    assert "sum_like" not in df.source


def two_of_one(x, rate):
    for _ in range(4):
        x = rate * x * (1.0 - x)
    return x


def three_of_one_and_one_more(x, rate):
    total = 0.0
    for k in range(4):
        y = np.sin(total) + k * x
        total += y * (rate + y) * (2.0 * y - x) * np.exp(y)
    return total


def one_of_one(x, rate):
    for _ in range(4):
        x = np.exp(rate - x) * rate
    return x


def dear_to_have_again(x, rate):
    for _ in range(4):
        x = np.exp(0.1 * x) * np.cos(x + rate)
    return x


DEAR = {"saved_x_plus_rate", "saved_exp_x", "saved_cos_x_plus_rate"}


def on_one_way(x, rate):
    for k in range(4):
        if k > 1:
            x = rate * x * (1.0 - x)
        else:
            x = x + 0.5
    return x


@pytest.mark.parametrize(
    "function, expected",
    [
        (two_of_one, {"saved_x"}),
        (three_of_one_and_one_more, {"saved_y", "saved_exp_y", "saved_total"}),
        (one_of_one, {"saved_exp_value"}),
        (dear_to_have_again, DEAR),
        (on_one_way, {"saved_x"}),
    ],
)
def test_a_number_is_kept_instead_of_those_made_of_it(function, expected):
    names = kept(function, 0.3, 2.5)
    assert set(names) == expected


def means_of_squares(W, X):
    """Of the squares only the number is read, which the differences have as well."""
    total = 0.0
    for x in X:
        difference = W @ x - 1.0
        total += np.mean(difference**2)
    return total


def test_what_is_only_counted_is_not_kept():
    W, X = np.linspace(-1.0, 1.0, 6).reshape(2, 3), np.linspace(0.0, 1.0, 12)
    assert kept(means_of_squares, W, X.reshape(4, 3)) == []


def means_of_parts(W, X):
    """The parts have a length each."""
    total = 0.0
    for k in range(1, 4):
        total += np.mean((W[:k] ** 2) * X[:k])
    return total


def test_what_has_another_length_in_each_round_is_counted_itself():
    W, X = np.linspace(-1.0, 1.0, 6), np.linspace(0.0, 1.0, 6)
    kept(means_of_parts, W, X)
