"""Lists of arrays, tables and pairs in the Numba dialect."""

from __future__ import annotations

import numpy as np
import pytest
from trees import close

import srcad
from srcad.check import check_grads

pytest.importorskip("numba")

X = np.array([0.3, -0.4, 0.9])


def rows_as_arrays(x):
    rows = [np.sin(v * x) for v in x]
    other = np.stack(rows, axis=1) @ np.array(rows)
    return np.sum(other * np.vstack(rows)) + np.sum(np.column_stack(rows)[0])


def matrices_stacked(x):
    rows = [np.outer(v * x, x) for v in x]
    return np.sum(np.stack(rows, axis=1)[1] ** 2) + np.sum(np.vstack(rows)[:4] ** 3)


def parts_of_other_lengths(x):
    parts = [np.exp(x[k:]) * x[k] for k in range(len(x))]
    return np.sum(np.concatenate(parts) ** 2) * np.sum(np.hstack(parts))


def summed(x):
    return np.sum(sum([v * x for v in x]) ** 3)


def table(x):
    t = [[a * b + k for b in x] for k, a in enumerate(x)]
    for i in range(len(x)):
        t[i][i - 1] += x[i] ** 2
    return np.sum(np.array(t) ** 2) + t[-1][0] * t[1][2]


def pairs(x):
    found = [(a, a * b) for a in x for b in x if a > b]
    s = 0.0
    for a, b in found:
        s += a * np.sin(b)
    return s + found[-1][1] ** 2


def rows_of_ints_and_floats(x):
    c, s = np.cos(x[0]), np.sin(x[0])
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    count = len(x)
    scale = np.array([[count, 0, 0], [0, x[1], 2], [0, 0, 1.0]], dtype=float)
    return np.sum((turn @ scale @ x) ** 2)


def of_another_dtype(x):
    whole = np.array(np.arange(len(x)), dtype=float)
    again = np.array(x, dtype=np.float64)
    rows = np.array([x, again * whole], dtype=float)
    again[0] = 2.0
    return np.sum(rows**2) + np.sum(again * x)


def on_one_way(x):
    if x[0] > 0.0:
        kept = [[a * b for a in x] for b in x]
    else:
        kept = []
    return sum([sum(row) ** 2 for row in kept]) + x[1]


@pytest.mark.parametrize(
    "f",
    [
        rows_as_arrays,
        matrices_stacked,
        parts_of_other_lengths,
        summed,
        table,
        pairs,
        rows_of_ints_and_floats,
        of_another_dtype,
    ],
)
def test_both_dialects_agree(f):
    check_grads(f, (X,), order=2)
    found, expected = (srcad.value_and_grad(f, backend=b) for b in ("numba", "python"))
    for x in (X, X[::-1].copy(), -X):
        assert close([*found(x)], [*expected(x)], 1e-12)
    v = np.cos(X)
    along, plain = (srcad.jvp(f, (X,), (v,), backend=b) for b in ("numba", "python"))
    assert close([*along], [*plain], 1e-12)
    twice, plain = (
        srcad.grad(lambda x: np.sum(srcad.grad(f)(x) * v), backend=b)(X)
        for b in ("numba", "python")
    )
    assert close(twice, plain, 1e-11)


def test_a_list_of_no_entries_on_one_way():
    found, expected = (
        srcad.value_and_grad(on_one_way, backend=b) for b in ("numba", "python")
    )
    for x in (X, -X):
        assert close([*found(x)], [*expected(x)], 1e-12)


def test_what_numba_lacks_in_forward_mode_is_a_refusal():
    with pytest.raises(srcad.SrcadError, match="does not compile") as refused:
        srcad.jvp(on_one_way, (X,), (X,), backend="numba")
    assert refused.value.span.line == on_one_way.__code__.co_firstlineno + 1


def stacked(x, n):
    rows = [x[: n - k] for k in range(2)]
    return np.sum(np.stack(rows) ** 2)


def none(x, n):
    rows = [v * x for v in x[:n]]
    return np.sum(np.stack(rows) ** 2)


@pytest.mark.parametrize("f, n", [(stacked, 3), (none, 0)])
def test_what_cannot_be_stacked_raises(f, n):
    for backend in ("numba", "python"):
        with pytest.raises(ValueError, match=r"same shape|at least one"):
            srcad.grad(f, backend=backend)(X, n)


def from_the_end(x):
    total = 0.0
    for v in reversed(x):
        total = total * 0.5 + v**2
    return total


@pytest.mark.parametrize("x", [X, X[:1]])
def test_a_pullback_counts_down_from_a_length_without_a_name(x):
    (value, pull), (wanted, other) = (
        srcad.vjp(from_the_end, x, backend=b) for b in ("numba", "python")
    )
    assert close([value, pull(1.0)], [wanted, other(1.0)], 1e-12)
