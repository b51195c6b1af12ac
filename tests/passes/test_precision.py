"""Rules for numbers that meet arrays and floats: before and after."""

import numpy as np
import pytest

import srcad
from srcad.ir.graph import literal
from srcad.ir.sizes import Size
from srcad.ir.types import FLOAT, INT, Array, Scalar
from srcad.ir.verify import verify
from srcad.ir.walk import defined_in
from srcad.passes.dce import dce
from srcad.passes.simplify import simplify

from .graphs import VECTOR, graph, op, ops, run

pytestmark = pytest.mark.filterwarnings("ignore:divide by zero")
NARROW = Array("float32", (Size("n"),))
WHOLE = Array("int64", (Size("n"),))
a = np.array([1.0, -2.0, -0.0, np.inf])


def narrow(x):
    return op("cast")(x, dtype="float32")


def simplified(build, *types):
    before = graph(build, *types)
    return before, dce(simplify(before, reassociate=True))


def alike(before, after, *arguments):
    """Both graphs give the same numbers of the same dtypes."""
    verify(after)
    for x, y in zip(run(before, *arguments), run(after, *arguments), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-6)
        assert np.array_equal(np.signbit(x), np.signbit(y))
        assert type(x) is type(y) and x.dtype == y.dtype


@pytest.mark.parametrize(
    "build, left",
    [
        (lambda x, s: narrow(s) * x, ["multiply"]),
        (lambda x, s: x - narrow(s), ["subtract"]),
        (lambda x, s: narrow(s) / x, ["divide"]),
        (lambda x, s: narrow(literal(1.0)) * x, []),
        (lambda x, s: literal(2.0) * narrow(literal(1.0)) * x, ["multiply"]),
        (
            lambda x, s: literal(2.0) * narrow(literal(1.0) / s) * x,
            ["divide", "multiply"],
        ),
        (lambda x, s: narrow(s) * narrow(literal(0.5)) * x, ["multiply", "multiply"]),
    ],
)
def test_a_number_that_meets_an_array_needs_no_cast(build, left):
    before, after = simplified(build, NARROW, FLOAT)
    assert sorted(ops(after)) == left
    alike(before, after, a.astype("float32"), 3.0)


@pytest.mark.parametrize(
    "build, types, arguments",
    [
        (lambda x, s: narrow(s) * x, (VECTOR, FLOAT), (a, 0.1)),
        (
            lambda x, s: narrow(s) * x,
            (NARROW, Scalar("float", "float64")),
            (a.astype("float32"), np.float64(0.1)),
        ),
        (
            lambda x, s: narrow(s) * x,
            (Scalar("float", "float32"), FLOAT),
            (np.float32(0.1), 0.1),
        ),
        (
            lambda x, s: narrow(s) * x,
            (Array("float32", ()), FLOAT),
            (np.array(0.1, "float32"), 0.1),
        ),
    ],
)
def test_other_casts_of_numbers_stay(build, types, arguments):
    """They round, or decide the dtype of the product."""
    before, after = simplified(build, *types)
    assert "cast" in ops(after)
    alike(before, after, *arguments)


def test_a_number_out_of_range_keeps_its_cast():
    _, after = simplified(lambda x: narrow(literal(1e300)) * x, NARROW)
    assert "cast" in ops(after)
    _, after = simplified(lambda x: literal(1e30) * narrow(literal(1e30)) * x, NARROW)
    assert "cast" in ops(after)


def test_the_users_casts_stay():
    before = graph(lambda x, s: narrow(s) * x, NARROW, FLOAT)
    assert dce(simplify(before)).body.nodes == before.body.nodes
    own = set(defined_in(before.body))
    after = dce(simplify(before, reassociate=True, primal=own))
    assert ops(after) == ["cast", "multiply"]


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide"])
def test_an_integer_that_meets_a_float_is_one(name):
    def f(n, x, y):
        return op(name)(1.0 * n, x), op(name)(1.0 * n, y)

    before, after = simplified(f, INT, FLOAT, VECTOR)
    assert ops(after) == [name, name]
    values = run(before, 3, 0.7, a)
    for x, y in zip(values, run(after, 3, 0.7, a), strict=True):
        assert type(x) is type(y) and np.array_equal(x, y)


def test_integers_that_would_change_the_dtype_are_multiplied():
    def f(n, k, x):
        return 1.0 * n * x, (1.0 * n) * k, 2.0 * n * x

    types = (WHOLE, INT, NARROW)
    before, after = simplified(f, *types)
    found = run(after, np.array([1, 2, 3, 4]), 3, a.astype("float32"))
    wanted = run(before, np.array([1, 2, 3, 4]), 3, a.astype("float32"))
    for x, y in zip(wanted, found, strict=True):
        assert x.dtype == y.dtype == "float64" and np.array_equal(x, y)
    assert ops(after).count("multiply") >= 4  # only the first lost its 1.0


def fit(w, X, y):
    r = X @ w - y
    return np.mean(r**2)


def weighted(x):
    total = 0.0
    for i in range(len(x)):
        total = total + np.sin(x[i]) * (i + 1)
    return total


def test_what_is_printed():
    w, X = np.array([0.5, -1.0], "float32"), np.ones((3, 2), "float32")
    transform = srcad.value_and_grad(fit)
    text = str(transform.source_for(w, X, X[:, 0]))
    assert "r_bar = 2.0 / max(r.size, 1) * r" in text
    _, found = transform(w, X, X[:, 0])
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, -3.0 * np.ones(2), rtol=1e-6)
    text = str(srcad.grad(weighted).source_for(a))
    assert "x_bar[i] += (i + 1) * np.cos(x[i])" in text


def test_a_division_keeps_the_dtype_of_its_array():
    """NumPy's own float64, that np.divide gives, would widen it."""

    def f(x, n):
        return (2.0 * x) / n

    before, after = simplified(f, NARROW, INT)
    alike(before, after, a.astype("float32"), 3)
