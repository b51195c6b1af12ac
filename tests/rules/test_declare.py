"""Rules for functions that srcad cannot read; what counts as a constant."""

import math

import numpy as np
import pytest

import srcad
from srcad import check_grads, custom_vjp, declare, grad, jvp
from srcad.errors import MissingRule, ShapeError, SignatureError

from .functions import X, hidden

# ---- declare -------------------------------------------------------------------------


def test_a_c_function():
    declare(math.nextafter, partials=lambda out, x, y: [1.0, None])

    def just_above(x):
        return math.nextafter(x, math.inf) ** 2

    check_grads(just_above, (3.0,), order=2)
    assert grad(math.nextafter)(3.0, 4.0) == 1.0
    assert "nextafter(x, np.inf)" in grad(just_above).source_for(3.0)


def test_linear():
    summed = declare(
        hidden(np.cumsum),
        linear=True,
        transpose=lambda g, x: np.cumsum(g[::-1])[::-1],
    )
    for like in (None, 0):
        declare(
            summed,
            linear=True,
            transpose=lambda g, x: np.cumsum(g[::-1])[::-1],
            like=like,
        )
        check_grads(lambda x: np.sum(summed(x * x) ** 2), (X,), order=2)
    mixed = declare(
        hidden(lambda a, x, y: a * (x + 2.0 * y)),
        linear=(1, 2),
        transpose=lambda g, a, x, y: (a * g, 2.0 * a * g),
        nondiff_argnums=0,
        like=1,
    )
    check_grads(lambda x, y: np.sum(mixed(3.0, x, x * y)), (X, X + 1))


def test_linear_without_a_transpose_goes_forward_only():
    half = declare(hidden(lambda x: 0.5 * x), linear=True)
    assert jvp(lambda x: half(x), (2.0,), (1.0,)) == (1.0, 0.5)
    with pytest.raises(MissingRule, match="without its transpose"):
        grad(lambda x: half(x))(2.0)


def test_a_tangent_by_the_function_itself_has_no_reverse_mode():
    half = declare(
        hidden(lambda x: 0.5 * x),
        jvp=lambda primals, tangents: (half(*primals), half(*tangents)),
    )
    assert jvp(lambda x: half(x), (2.0,), (1.0,)) == (1.0, 0.5)
    with pytest.raises(MissingRule, match="no reverse mode"):
        grad(lambda x: half(x))(2.0)


def test_bilinear():
    full = declare(
        hidden(np.convolve),
        bilinear=True,
        transposes=(
            lambda g, x, y: np.correlate(g, y, "valid"),
            lambda g, x, y: np.correlate(g, x, "valid"),
        ),
    )
    y = np.array([1.0, -0.5])
    check_grads(lambda x, y: np.sum(full(x, y) ** 2), (X, y), order=2)
    check_grads(lambda x: np.sum(full(x, np.array([1.0, 2.0])) ** 2), (X,), order=2)


def test_zero():
    steps = declare(hidden(np.floor), zero=True)
    np.testing.assert_array_equal(grad(lambda x: np.sum(steps(x) * x))(X), np.floor(X))


def test_jvp_or_vjp_alone():
    cube = declare(
        hidden(lambda x: x**3),
        jvp=lambda primals, tangents: (
            cube(*primals),
            3 * primals[0] ** 2 * tangents[0],
        ),
    )
    check_grads(lambda x: np.sum(cube(np.sin(x))), (X,), order=2)
    other = declare(hidden(lambda x: x**3), vjp=lambda g, out, x: 3 * x**2 * g)
    check_grads(lambda x: np.sum(other(np.sin(x))), (X,), order=2)
    pair = declare(
        hidden(lambda x: x**3),
        vjp=(lambda x: (pair(x), 3 * x**2), lambda slope, g: (slope * g,)),
        like=0,
    )
    check_grads(lambda x: np.sum(pair(np.sin(x))), (X,), order=1)


def test_results_that_are_tuples():
    both = declare(
        hidden(lambda x: (np.sin(x), {"c": np.cos(x)})),
        vjp=lambda g, out, x: g[0] * out[1]["c"] - g[1]["c"] * out[0],
        like=lambda x: (x, {"c": x}),
    )

    def used(x):
        s, d = both(x)
        return np.sum(s * d["c"] ** 2)

    check_grads(used, (X,))
    parts = declare(
        hidden(divmod),
        jvp=lambda p, t: (parts(*p), (0.0 * t[0], t[0])),
        like=lambda x, y: (x, x),
    )
    assert grad(lambda x: parts(x, 2.0)[1] * x)(7.0) == 8.0
    parts = declare(hidden(divmod), jvp=lambda p, t: (parts(*p), (0.0, t[0])))
    with pytest.raises(ShapeError, match="form of its result is not known") as caught:
        grad(lambda x: parts(x, 2.0)[1] * x)(7.0)
    assert "like=lambda" in str(caught.value)


def test_hidden_data_of_a_rule_that_calls_its_function():
    def made(k):
        @custom_vjp
        def f(x):
            return k * x

        f.defvjp(lambda x: (f(x), None), lambda _, g: (k * g,))
        return f

    f, g = made(2.0), made(np.array([1.0, 2.0, 3.0]))
    assert grad(lambda x: f(x) * f(x))(3.0) == 24.0
    found = grad(lambda x: np.sum(g(x) * f(x)))(X)
    np.testing.assert_allclose(found, 4 * X * [1.0, 2.0, 3.0])


def test_partials_broadcast():
    power = declare(
        hidden(lambda x, y: x**y),
        partials=lambda out, x, y: [out / x * y, np.log(x) * out],
    )
    column = np.array([[1.5], [2.5]])
    check_grads(lambda x, y: np.sum(power(x, y)), (X, column), order=3)
    check_grads(lambda x, y: power(x, y), (2.0, 3.0), order=3)
    with np.errstate(invalid="ignore"):  # no NaN from the partial by a constant
        assert jvp(lambda x: power(x, 2.0), (-3.0,), (1.0,)) == (9.0, -6.0)
    assert grad(lambda x: power(x, 2.0))(-3.0) == -6.0
    x = X.astype(np.float32)
    assert grad(lambda x: np.sum(power(x, 2.0)))(x).dtype == np.float32


def test_a_ufunc():
    special = pytest.importorskip("scipy.special")
    declare(
        special.yn,
        partials=lambda out, n, x: [None, special.yn(n - 1, x) - n / x * out],
    )
    check_grads(lambda x: np.sum(special.yn(2, x)), (X + 1,), order=2)
    with pytest.raises(SignatureError, match="arrays of objects"):
        declare(np.frompyfunc(lambda x: x, 1, 1), partials=lambda out, x: [1.0])


def test_numba_functions():
    numba = pytest.importorskip("numba")

    @numba.vectorize(["float64(float64)"])
    def cubed(x):
        return x * x * x

    declare(cubed, partials=lambda out, x: [3.0 * x * x])
    check_grads(lambda x: np.sum(cubed(x) * x), (X,), order=2)

    @numba.njit
    def squared(x):
        return x * x

    declare(squared, partials=lambda out, x: [20.0 * x])
    assert grad(lambda x: squared(x))(3.0) == 60.0
    gradient = grad(lambda x: squared(x) * x, backend="numba")
    assert gradient(3.0) == 60.0 * 3.0 + 9.0
    srcad.undeclare(squared)
    assert grad(lambda x: squared(x))(3.0) == 6.0


def test_as_a_decorator_it_gives_the_function_back():
    @declare(partials=lambda out, x: [7.0])
    def seven(x):
        return 7.0 * x

    assert seven(2.0) == 14.0
    assert grad(seven)(2.0) == 7.0


# ---- stop_gradient -------------------------------------------------------------------


def test_stop_gradient():
    stop = srcad.stop_gradient
    assert stop(3.0) == 3.0
    assert grad(lambda x: stop(x) * x)(3.0) == 3.0
    assert jvp(lambda x: stop(x * x) * x, (3.0,), (1.0,)) == (27.0, 9.0)
    assert grad(lambda x: sum(stop((x, 2 * x))) * x)(3.0) == 9.0
    assert grad(lambda p: stop(p)["a"] * p["a"])({"a": 3.0}) == {"a": 3.0}
    assert grad(grad(lambda x: stop(x) * x * x))(3.0) == 6.0
