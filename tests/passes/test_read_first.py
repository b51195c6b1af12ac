"""read_first: rows are read before the array they are rows of is written to."""

from __future__ import annotations

import numpy as np
import pytest

import srcad
from srcad.passes.read_first import read_first

from .graphs import MATRIX, VECTOR, graph, op, ops, same_results

AT = {"layout": ("at",)}
M = np.arange(6.0).reshape(3, 2)


def row(x, i):
    return op("getitem")(x, i, **AT)


def written(x, i, v=0.0):
    return op("update")(x, v, i, **AT)


def read_after(x, y):
    view = row(x, 1)
    x1 = written(x, 1)
    return x1, y + view


def read_through_two_views(x, y):
    x1 = written(x, 1)
    part = op("getitem")(row(x, 1), literal_slice(), **FROM)
    return x1, part * 2.0


def literal_slice():
    return 0


FROM = {"layout": (("slice", True, False, False),)}


def read_of_what_was_written(x, y):
    """The reader needs the array as it is after the write, too."""
    x1 = written(x, 1)
    return x1, row(x, 1) + row(x1, 1)


def given_out(x, y):
    view = row(x, 1)
    return written(x, 1), view


def already_first(x, y):
    total = y + row(x, 1)
    return written(x, 1), total


@pytest.mark.parametrize(
    "build, order",
    [
        (read_after, ["getitem", "add", "update"]),
        (read_through_two_views, ["getitem", "getitem", "multiply", "update"]),
        (read_of_what_was_written, None),
        (given_out, None),
        (already_first, None),
    ],
)
def test_what_is_read_first(build, order):
    before = graph(build, MATRIX, VECTOR)
    after = read_first(before)
    assert ops(after) == (ops(before) if order is None else order)
    same_results(before, after, M, np.ones(2))


def test_a_shape_is_no_reading():
    def build(x, y):
        x1 = written(x, 1)
        return x1, op("zeros_like")(x), op("dim")(x, k=0)

    before = graph(build, MATRIX, VECTOR)
    assert read_first(before) is before


def stored_rows(W, xs):
    T, n = xs.shape
    H = np.zeros((T, n))
    h = np.zeros(n)
    for t in range(T):
        h = np.tanh(W @ h + xs[t])
        H[t] = h
    return np.sum(H**3)


def states(W, xs):
    state = xs.copy()
    for i in range(len(state) - 1):
        state[i + 1] = np.sin(state[i]) * state[i + 1]
        state[i] = W @ state[i + 1]
    return np.sum(state**2)


@pytest.mark.parametrize("function", [stored_rows, states])
def test_a_row_of_a_cotangent_is_read_without_a_copy_of_all(function):
    W, xs = np.linspace(-0.5, 0.8, 9).reshape(3, 3), np.linspace(0.1, 1.0, 12)
    srcad.check_grads(function, (W, xs.reshape(4, 3)), order=2)
    df = srcad.grad(function, (0, 1))
    df(W, xs.reshape(4, 3))
    inside = [n for n in df.source.splitlines() if n.startswith("        ")]
    assert not [n for n in inside if "np.copy" in n]
