"""Rows: their elements are elements of the array, in the graph and in the source."""

import math

import numpy as np
import pytest

from srcad import grad, value_and_grad
from srcad.backend.compiled import INSTALLED
from srcad.ir.types import INT, Array
from srcad.passes.dce import dce
from srcad.passes.rows import rows

from .graphs import MATRIX, VECTOR, graph, op, ops, same_results

AT, ALL = ("at",), ("slice", False, False, False)
M = np.arange(6.0).reshape(2, 3)
CUBE = Array("float64", (2, 3, 4))


def getitem(x, *index, layout=AT):
    return op("getitem")(x, *index, layout=layout)


def layouts(made):
    return [n.params["layout"] for n in made.body.nodes if n.op.name == "getitem"]


def test_an_element_of_a_row_is_one_of_the_matrix():
    def f(x, i, j):
        row = getitem(x, i)
        return getitem(row, j) * getitem(row, -1) + op("sum_")(row)

    before = graph(f, MATRIX, INT, INT)
    after = rows(before)
    assert layouts(after) == [AT, ("at", "at"), ("at", "at")]
    same_results(before, after, M, -1, 2)


def test_rows_of_rows_and_parts_of_them():
    def f(x, i, j):
        row = getitem(getitem(x, i), j)
        part = getitem(getitem(x, i), j, layout=("new", ALL, "at"))
        return getitem(row, 1), part

    before = graph(f, CUBE, INT, INT)
    after = dce(rows(before))
    assert layouts(after) == [("at", "new", ALL, "at"), ("at", "at", "at")]
    same_results(before, after, np.arange(24.0).reshape(2, 3, 4), 1, 2)


def test_what_is_no_row_stays():
    def f(x, k, i):
        part = getitem(getitem(x, 1, layout=(("slice", True, False, False),)), i)
        picked = getitem(getitem(x, k), i)
        last = getitem(getitem(x, i), k)
        chain = getitem(getitem(x, i), layout=("T",))
        return part, picked, last, chain

    before = graph(f, MATRIX, Array("int64", (2,)), INT)
    assert rows(before) is before
    assert ops(before).count("getitem") == 8


def test_nothing_to_do():
    before = graph(lambda x, i: getitem(x, i), VECTOR, INT, names=["x", "i"])
    assert rows(before) is before


# ---- the source ----------------------------------------------------------------------

BACKENDS = [
    "python",
    pytest.param(
        "numba", marks=pytest.mark.skipif(not INSTALLED, reason="without Numba")
    ),
]


def code(source):
    """The lines of a source, without comments."""
    lines = map(str.strip, source.splitlines())
    return [line for line in lines if not line.startswith(("#", "import"))]


def distances(X, w):
    total = 0.0
    for i in range(len(X)):
        row = X[i]
        for j in range(len(w)):
            total += w[j] * row[j] * row[j]
    return total


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_cotangent_of_a_row_goes_into_that_of_the_matrix(backend):
    g = grad(distances, backend=backend)
    w = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(g(M, w), 2 * w * M)
    assert "X_bar[i, j] += " in g.source
    assert g.source.count("zeros") == 1
    row = "row[j]" if backend == "python" else "X[i, j]"
    assert f"X_bar[i, j] += 2.0 * (w[j] * {row})" in code(g.source)


def kept(x, a):
    for _ in range(3):
        c, s = math.cos(a), math.sin(a)
        x = x * c + s * x * x
        a = x * s
    return x


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_kept_anyway_is_not_computed_again(backend):
    g = value_and_grad(kept, (0, 1), backend=backend)
    value, slopes = g(0.7, 0.3)
    assert value == pytest.approx(kept(0.7, 0.3))
    for k, slope in enumerate(slopes):
        up, down = ([0.7, 0.3] for _ in range(2))
        up[k] += 1e-6
        down[k] -= 1e-6
        assert slope == pytest.approx((kept(*up) - kept(*down)) / 2e-6, rel=1e-8)
    lines = [line for line in code(g.source) if "math." in line]
    assert lines == ["c = math.cos(a)", "s = math.sin(a)"]
    assert "saved_a" not in g.source
