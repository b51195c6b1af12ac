"""Reads and writes by arrays of indices, in the Numba dialect."""

from __future__ import annotations

import numpy as np
import pytest
from trees import close

import srcad
from srcad.check import check_grads

pytest.importorskip("numba")

X = np.linspace(-1.0, 1.5, 24).reshape(2, 3, 4)
I = np.array([2, 0, 2, -1, 1])  # noqa: E741
J = np.array([0, 1, 1, 0, 1])
PAIRS = np.array([[0, 1], [1, 2], [-1, 0]])


def columns(x, i):
    return np.sum(np.exp(x[0][:, i] * x[1, 2, 0]))


def middle_axis(x, i):
    return np.sum(np.sin(x[:, i]) * x[:, i, :] ** 2)


def after_an_integer(x, i):
    return np.sum(np.sin(x[1, :, i])) + np.sum(np.cos(x[1, i]))


def by_pairs(x, i):
    y = x[0, :, 0] ** 2
    return np.sum(y[PAIRS] * np.exp(y[PAIRS]))


def two_arrays(x, i, j):
    y = x[:, :, 1]
    return np.sum(y[j, i] * np.cos(y[j, i]))


def added(x, i):
    t = np.zeros((3, 4)) + x[0]
    np.add.at(t, i, x[1, 0])  # each row the same
    np.add.at(t, (slice(1, 3), i[:2]), x[1, 1:, :2])
    np.add.at(t.T, (i, 1), 2.0 * x[1, 0, 0])
    return np.sum(t**3)


@pytest.mark.parametrize(
    "f, more",
    [
        (columns, (I,)),
        (middle_axis, (I,)),
        (after_an_integer, (I,)),
        (by_pairs, (I,)),
        (two_arrays, (I, J)),
        (added, (I,)),
    ],
)
def test_both_dialects_agree(f, more):
    check_grads(f, (X, *more), order=2, argnums=(0,))
    found = srcad.value_and_grad(f, backend="numba")(X, *more)
    expected = srcad.value_and_grad(f)(X, *more)
    assert close([*found], [*expected], 1e-12)
    v = np.cos(X)
    twice, plain = (
        srcad.grad(lambda x: np.sum(srcad.grad(f)(x, *more) * v), backend=b)(X)
        for b in ("numba", "python")
    )
    assert close(twice, plain, 1e-11)
    along, plain = (
        srcad.jvp(lambda x: f(x, *more), (X,), (v,), backend=b)
        for b in ("numba", "python")
    )
    assert close([*along], [*plain], 1e-12)


def picked(x, i, j):
    return np.sum(x[i, j] ** 2)


def scattered(x, v, i):
    t = 0.0 * x
    np.add.at(t, i, v)
    return np.sum(t * x)


def test_an_array_of_one_index_is_repeated_or_refused():
    m = X[0]
    g = srcad.grad(picked, backend="numba")
    three = np.array([0, 2, 1])
    assert close(g(m, three, three), srcad.grad(picked)(m, three, three), 1e-12)
    with pytest.raises(srcad.SrcadError):
        g(m, three, np.array([1]))
    v = np.array([2.0, 1.0, 3.0])
    h = srcad.grad(scattered, (0, 1), backend="numba")
    for value in (v, v[:1]):
        expected = srcad.grad(scattered, (0, 1))(m[0], value, three)
        assert close([*h(m[0], value, three)], [*expected], 1e-12)


def test_lengths_that_do_not_fit_raise():
    m, two, three = X[0], np.array([0, 1]), np.array([0, 2, 1])
    with pytest.raises(ValueError, match="broadcast"):
        srcad.grad(picked, backend="numba")(m, three, two)
    with pytest.raises(ValueError, match="broadcast"):
        srcad.grad(scattered, backend="numba")(m[0], np.ones(2), three)
