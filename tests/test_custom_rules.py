"""Rules of the user's: what they compute, to any order, and what is refused."""

import functools
import math
import os
import subprocess
import sys

import numpy as np
import pytest

import srcad
from srcad import (
    check_grads,
    custom_jvp,
    custom_vjp,
    declare,
    grad,
    jvp,
    value_and_grad,
)
from srcad.errors import MissingRule, ShapeError, SignatureError, UnsupportedSyntax
from srcad.frontend.callables import NAMED

X = np.array([0.3, 0.8, 1.4])


@pytest.fixture(autouse=True)
def declared_here():
    """What a test declares is forgotten after it."""
    before = dict(NAMED)
    yield
    for target in [t for key, (t, _) in NAMED.items() if key not in before]:
        srcad.undeclare(target)


# ---- custom_jvp ----------------------------------------------------------------------


@custom_jvp
def exponential(x):
    return np.exp(x)


@exponential.defjvp
def exponential_jvp(primals, tangents):
    (x,) = primals
    (x_dot,) = tangents
    y = exponential(x)
    return y, y * x_dot


@custom_jvp
def weighted(x, y):
    return np.sin(x) * y


weighted.defjvp(
    lambda primals, tangents: (
        weighted(*primals),
        np.cos(primals[0]) * primals[1] * tangents[0]
        + np.sin(primals[0]) * tangents[1],
    )
)


def test_a_tangent_rule_serves_both_modes_to_any_order():
    check_grads(lambda x: np.sum(exponential(x) * x), (X,), order=3)
    check_grads(exponential, (0.3,), order=4)
    check_grads(lambda x, y: np.sum(weighted(x, y) ** 2), (X, X + 1), order=3)


def test_the_rule_is_what_counts_not_the_body():
    @custom_jvp
    def doubled(x):
        return x

    doubled.defjvp(lambda primals, tangents: (primals[0], 2.0 * tangents[0]))
    assert grad(doubled)(3.0) == 2.0
    assert jvp(doubled, (3.0,), (1.0,)) == (3.0, 2.0)
    assert doubled(3.0) == 3.0


def test_a_straight_through_rule_of_a_step():
    @custom_jvp
    def rounded(x):
        return np.round(x)

    rounded.defjvp(lambda primals, tangents: (rounded(primals[0]), tangents[0]))
    value, gradient = value_and_grad(lambda x: np.sum(rounded(x) * X))(X)
    assert value == np.sum(np.round(X) * X)
    np.testing.assert_array_equal(gradient, X)


# ---- custom_vjp ----------------------------------------------------------------------


@custom_vjp
def product(x, y):
    return np.sin(x) * y


def product_fwd(x, y):
    return product(x, y), (np.cos(x), np.sin(x), y)


def product_bwd(kept, g):
    cos_x, sin_x, y = kept
    return cos_x * g * y, sin_x * g


product.defvjp(product_fwd, product_bwd)


def test_a_cotangent_rule_serves_both_modes_to_any_order():
    check_grads(lambda x, y: np.sum(product(x, y) ** 2), (X, X + 1), order=3)
    check_grads(product, (0.3, 1.2), order=3)


def test_clipping_a_cotangent():
    @custom_vjp
    def clipped(x, low, high):
        return x

    clipped.defvjp(
        lambda x, low, high: (x, (low, high)),
        lambda kept, g: (np.clip(g, kept[0], kept[1]), 0.0, 0.0),
    )
    assert grad(lambda x: 100.0 * clipped(x, -1.0, 1.0))(3.0) == 1.0


def test_a_backward_rule_that_is_not_linear_has_no_forward_mode():
    @custom_vjp
    def clipped(x):
        return x * 1.0

    clipped.defvjp(lambda x: (x * 1.0, None), lambda kept, g: (np.clip(g, -1, 1),))
    assert grad(lambda x: 5.0 * clipped(x))(3.0) == 1.0
    with pytest.raises(MissingRule, match="is not linear"):
        jvp(lambda x: 5.0 * clipped(x), (3.0,), (1.0,))

    @custom_vjp
    def long(x):
        return x * 1.0

    def backward(x, g):
        total = g
        for k in range(3):
            total = total * np.cos(x * k) + g * g * 0.0
            total = total + np.sin(total) * x
        return (total,)

    long.defvjp(lambda x: (x * 1.0, x), backward)
    grad(lambda x: long(x))(3.0)
    with pytest.raises(MissingRule, match="is not linear"):
        jvp(lambda x: long(x), (3.0,), (1.0,))


def test_loops_and_branches():
    def looped(x, n):
        for k in range(n):
            if k % 2 == 0:
                x = product(x, x) + 0.1
            else:
                x = exponential(x) - 0.5 * x
        return np.sum(x)

    check_grads(looped, (X, 3))
    assert "saved_" in grad(looped).source_for(X, 3)

    def until(x):
        while np.sum(x) < 5.0:
            x = weighted(x, 2.0) + x
        return np.sum(x * x)

    check_grads(until, (X,))


def test_a_rule_with_a_loop_of_its_own():
    @custom_vjp
    def powered(x, n):
        return x**n

    def forward(x, n):
        return powered(x, n), (x, n)

    def backward(kept, g):
        x, n = kept
        total = g
        for _ in range(n - 1):
            total = total * x
        return n * total, None

    powered.defvjp(forward, backward)
    check_grads(lambda x: np.sum(powered(x, 4)), (X,), order=2)


def test_functions_between_and_recursion():
    def layer(x, depth):
        if depth == 0:
            return x
        return layer(product(x, exponential(0.1 * x)), depth - 1)

    globals()["layer"] = layer
    try:
        check_grads(lambda x: np.sum(layer(x, 2)), (X,))
    finally:
        del globals()["layer"]


@custom_jvp
def tower(x, n):
    return x if n == 0 else np.sin(tower(x, n - 1))


@tower.defjvp
def tower_jvp(primals, tangents):
    x, n = primals
    return tower(x, n), slope_of_tower(x, n) * tangents[0]


def slope_of_tower(x, n):
    return 1.0 if n == 0 else np.cos(tower(x, n - 1)) * slope_of_tower(x, n - 1)


def test_a_recursive_function_with_a_rule():
    assert math.isclose(tower(0.5, 3), math.sin(math.sin(math.sin(0.5))))
    check_grads(lambda x: tower(x, 3), (0.5,), order=2)


# ---- arguments -----------------------------------------------------------------------


@custom_vjp
def energy(params, scale):
    return scale * np.sum(params["w"] ** 2) * params["b"]


def energy_fwd(params, scale):
    return energy(params, scale), (params, scale)


def energy_bwd(kept, g):
    params, scale = kept
    w, b = params["w"], params["b"]
    total = np.sum(w**2)
    return {"w": 2.0 * g * scale * b * w, "b": g * scale * total}, g * total * b


energy.defvjp(energy_fwd, energy_bwd)


def test_containers_as_arguments():
    params = {"w": X, "b": 0.7}
    check_grads(energy, (params, 1.3))
    found = grad(energy)(params, 1.3)
    np.testing.assert_allclose(found["w"], 2 * 1.3 * 0.7 * X)


def test_containers_as_results():
    @custom_jvp
    def both(x):
        return np.sin(x), {"c": np.cos(x)}

    both.defjvp(
        lambda primals, tangents: (
            both(*primals),
            (
                np.cos(primals[0]) * tangents[0],
                {"c": -np.sin(primals[0]) * tangents[0]},
            ),
        )
    )

    def used(x):
        s, d = both(x)
        return np.sum(s * d["c"])

    check_grads(used, (X,))


@functools.partial(custom_vjp, nondiff_argnums=(0, 2))
def solved(function, x, mode):
    return function(x) if mode == "plain" else 2.0 * function(x)


def solved_fwd(function, x, mode):
    return solved(function, x, mode), x


def solved_bwd(function, mode, x, g):
    step = 1e-6
    slope = (function(x + step) - function(x - step)) / (2.0 * step)
    return (g * slope if mode == "plain" else 2.0 * g * slope,)


solved.defvjp(solved_fwd, solved_bwd)


def test_nondiff_argnums_functions_and_texts():
    found = grad(lambda x: solved(math.sin, x, "plain"))(0.4)
    assert math.isclose(found, math.cos(0.4), rel_tol=1e-8)
    factor = 3.0
    found = grad(lambda x: solved(lambda t: factor * t * t, x, "twice"))(0.4)
    assert math.isclose(found, 2.0 * 3.0 * 2.0 * 0.4, rel_tol=1e-8)


def test_a_function_that_captures_what_is_differentiated_is_refused():
    def outer(a, x):
        return solved(lambda t: a * t, x, "plain")

    assert math.isclose(grad(outer, argnums=1)(2.0, 0.4), 2.0, rel_tol=1e-8)
    with pytest.raises(MissingRule, match="another way") as caught:
        grad(outer)(2.0, 0.4)
    assert "solved(lambda t" in str(caught.value)


def test_keywords_and_defaults():
    @custom_jvp
    def scaled(x, factor=3.0):
        return x * factor

    scaled.defjvp(
        lambda primals, tangents: (
            scaled(*primals),
            tangents[0] * primals[1] + primals[0] * tangents[1],
        )
    )
    assert grad(lambda x: scaled(x))(2.0) == 3.0
    assert grad(lambda f: scaled(factor=f, x=2.0))(5.0) == 2.0
    assert grad(scaled, argnums=1)(2.0, 5.0) == 2.0


class Oscillator:
    def __init__(self, rate):
        self.rate = rate

    @functools.partial(custom_jvp, nondiff_argnums=(0,))
    def at(self, t):
        return np.sin(self.rate * t)

    @at.defjvp
    def at_jvp(self, primals, tangents):
        (t,) = primals
        return self.at(t), self.rate * np.cos(self.rate * t) * tangents[0]


def test_methods():
    oscillator = Oscillator(2.0)
    check_grads(lambda t: oscillator.at(t), (0.4,), order=3)

    def inside(t):
        return Oscillator(3.0).at(t)

    check_grads(inside, (0.4,))


def test_float32_stays():
    x = X.astype(np.float32)
    for function in (exponential, lambda x: product(x, x), lambda x: weighted(x, x)):
        gradient = grad(lambda x, f=function: np.sum(f(x)))(x)
        assert gradient.dtype == np.float32
        out, tangent = jvp(function, (x,), (x,))
        assert out.dtype == tangent.dtype == np.float32

    @custom_vjp
    def wide(x):
        return x

    wide.defvjp(lambda x: (x, None), lambda kept, g: (g * np.float64(2.0),))
    assert grad(lambda x: np.sum(wide(x)))(x).dtype == np.float32


def test_globals_of_a_rule_are_read_at_each_call():
    globals()["RATE"] = np.array([1.0, 2.0, 3.0])

    @custom_vjp
    def rated(x):
        return x

    rated.defvjp(lambda x: (x, None), lambda kept, g: (g * RATE,))  # noqa: F821
    found = grad(lambda x: np.sum(rated(x)))
    np.testing.assert_array_equal(found(X), [1.0, 2.0, 3.0])
    globals()["RATE"] = np.array([5.0, 6.0, 7.0])
    np.testing.assert_array_equal(found(X), [5.0, 6.0, 7.0])
    del globals()["RATE"]


# ---- inside other transforms ---------------------------------------------------------


def test_nested_transforms_and_all_of_them():
    def slope(x):
        return grad(lambda t: product(t, t) * exponential(t))(x)

    check_grads(slope, (0.7,))
    expected = np.diag(np.exp(X))
    np.testing.assert_allclose(srcad.jacrev(exponential)(X), expected)
    np.testing.assert_allclose(srcad.jacfwd(exponential)(X), expected)
    found = srcad.hessian(lambda x: np.sum(product(x, x)))(X)
    np.testing.assert_allclose(found, np.diag(2 * np.cos(X) - X * np.sin(X)))
    out, pull = srcad.vjp(product, X, X)
    np.testing.assert_allclose(pull(np.ones(3))[1], np.sin(X))
    out, dot = jvp(grad(lambda x: np.sum(product(x, x))), (X,), (np.ones(3),))
    np.testing.assert_allclose(dot, 2 * np.cos(X) - X * np.sin(X))


def test_a_rule_that_differentiates():
    @custom_jvp
    def inner(x):
        return x**3

    def cube(x):
        return x**3

    @inner.defjvp
    def inner_jvp(primals, tangents):
        (x,) = primals
        return inner(x), grad(cube)(x) * tangents[0]

    check_grads(inner, (1.3,), order=3)


# ---- changing rules ------------------------------------------------------------------


def test_changed_rules_are_noticed():
    @custom_vjp
    def kept(x):
        return x

    kept.defvjp(lambda x: (x, None), lambda kept, g: (2.0 * g,))
    found = grad(lambda x: kept(x))
    assert found(1.0) == 2.0
    kept.defvjp(lambda x: (x, None), lambda kept, g: (3.0 * g,))
    assert found(1.0) == 3.0

    def library(x):
        return x * x

    slope = grad(lambda x: library(x))
    assert slope(2.0) == 4.0
    declare(library, partials=lambda out, x: [10.0])
    assert slope(2.0) == 10.0
    declare(library, partials=lambda out, x: [20.0])
    assert slope(2.0) == 20.0
    srcad.undeclare(library)
    assert slope(2.0) == 4.0
    slope = grad(library)
    assert slope(2.0) == 4.0
    declare(library, partials=lambda out, x: [20.0])
    assert slope(2.0) == 20.0
    srcad.undeclare(library)
    assert slope(2.0) == 4.0
    with pytest.raises(SignatureError, match="was not declared"):
        srcad.undeclare(library)


# ---- declare -------------------------------------------------------------------------


def test_a_c_function():
    declare(math.nextafter, partials=lambda out, x, y: [1.0, None])

    def just_above(x):
        return math.nextafter(x, math.inf) ** 2

    check_grads(just_above, (3.0,), order=2)
    assert grad(math.nextafter)(3.0, 4.0) == 1.0
    assert "nextafter(x, np.inf)" in grad(just_above).source_for(3.0)


def hidden(function):
    """A callable without a source."""

    class Hidden:
        __name__ = "hidden"

        def __call__(self, *args):
            return function(*args)

    return Hidden()


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


# ---- what is wrong is found ----------------------------------------------------------


def test_check_grads_finds_a_wrong_rule():
    @custom_vjp
    def nearly(x):
        return np.sin(x)

    nearly.defvjp(lambda x: (np.sin(x), x), lambda x, g: (1.001 * g * np.cos(x),))
    with pytest.raises(AssertionError):
        check_grads(nearly, (0.4,), order=1)
    wrong = declare(hidden(np.sin), partials=lambda out, x: [1.001 * np.cos(x)])
    with pytest.raises(AssertionError):
        check_grads(lambda x: wrong(x), (0.4,), order=1, modes=("fwd",))


def refused(bwd, match, error=ShapeError, x=X):
    @custom_vjp
    def f(x):
        return np.sin(x)

    f.defvjp(lambda x: (np.sin(x), x), bwd)
    with pytest.raises(error, match=match) as caught:
        grad(lambda x: np.sum(f(x)))(x)
    return str(caught.value)


def test_wrong_cotangents_name_the_line_of_the_rule():
    def bare(x, g):
        return g * np.cos(x)

    def two(x, g):
        return g, g

    def nothing(x, g):
        return (None,)

    def number(x, g):
        return (1.0,)

    assert "return g * np.cos(x)" in refused(bare, "must return a tuple of 1")
    assert "return g, g" in refused(two, "not 2")
    assert "return (None,)" in refused(nothing, "is None", SignatureError)
    assert "return (1.0,)" in refused(number, "is a number, and must be an array")
    refused(lambda x, g: (g[:2],), "shape", (ShapeError, ValueError))
    refused(lambda x, g: (eval("g"),), "eval", UnsupportedSyntax)


def test_wrong_partials_and_tangents():
    f = declare(hidden(np.sin), partials=lambda out, x: [1.0, 2.0])
    with pytest.raises(ShapeError, match=r"are 2, and it has 1 argument") as caught:
        grad(lambda x: f(x))(0.4)
    assert "[1.0, 2.0]" in str(caught.value)
    f = declare(hidden(np.sin), jvp=lambda p, t: np.cos(p[0]) * t[0])
    with pytest.raises(ShapeError, match="must return two things"):
        jvp(lambda x: f(x), (0.4,), (1.0,))
    f = declare(hidden(np.sin), jvp=lambda p, t: (f(p[0]), None))
    with pytest.raises(SignatureError, match="is None"):
        jvp(lambda x: f(x), (0.4,), (1.0,))


def test_a_rule_that_gives_another_result_is_refused():
    @custom_vjp
    def f(x):
        return np.sin(x)

    f.defvjp(lambda x: (np.sum(np.sin(x)), x), lambda x, g: (g * np.cos(x),))
    with pytest.raises(ShapeError, match="the result in the rule of f") as caught:
        grad(lambda x: np.sum(f(x)))(X)
    assert "np.sum(np.sin(x)), x" in str(caught.value)
    g = custom_jvp(lambda x: (x, x))
    g.defjvp(lambda primals, tangents: (primals[0], tangents[0]))
    with pytest.raises(ShapeError, match="the result in the rule"):
        jvp(lambda x: g(x)[0], (2.0,), (1.0,))

    @custom_vjp
    def narrow(x):
        return x * 2.0

    narrow.defvjp(
        lambda x: (x * np.float64(2.0), None), lambda kept, g: (g * np.float64(2.0),)
    )
    x = X.astype(np.float32)
    value, gradient = value_and_grad(lambda x: np.sum(narrow(x) ** 2))(x)
    assert value.dtype == gradient.dtype == np.float32


def test_no_rule_yet():
    @custom_vjp
    def empty(x):
        return x

    assert empty(2.0) == 2.0
    with pytest.raises(MissingRule, match="defvjp"):
        grad(lambda x: empty(x))(2.0)


def test_what_is_declared_must_fit_together():
    with pytest.raises(SignatureError, match="says nothing"):
        declare(hidden(np.sin))
    with pytest.raises(SignatureError, match="says partials and zero"):
        declare(hidden(np.sin), partials=lambda out, x: [x], zero=True)
    with pytest.raises(SignatureError, match="go together"):
        declare(hidden(np.sin), bilinear=True)
    with pytest.raises(SignatureError, match="Python functions"):
        declare(hidden(np.sin), partials=np.cos)
    with pytest.raises(SignatureError, match="not a function"):
        declare(3, zero=True)


def test_a_missing_rule_shows_how_to_give_one():
    with pytest.raises(MissingRule) as caught:
        grad(lambda x: math.nextafter(x, 4.0))(3.0)
    assert (
        "srcad.declare(math.nextafter, partials=lambda out, x, y: "
        "[dnextafter_dx, dnextafter_dy])" in str(caught.value)
    )


def test_a_function_with_a_rule_does_not_write_to_its_arguments():
    @custom_vjp
    def f(x):
        x[0] = 0.0
        return np.sum(x)

    f.defvjp(lambda x: (np.sum(x), x), lambda x, g: (g * np.ones_like(x),))
    x = X.copy()
    with pytest.raises(UnsupportedSyntax, match="an argument of f, which has a rule"):
        grad(lambda x: f(x))(x)
    np.testing.assert_array_equal(x, X)


def test_what_may_be_the_argument_itself_is_not_written_to():
    def written(x):
        stopped = srcad.stop_gradient(x)
        x[0] = 1.0
        return np.sum(stopped) + np.sum(x)

    with pytest.raises(UnsupportedSyntax, match="change an object"):
        grad(written)(X.copy())
    same = declare(hidden(lambda x: x), linear=True, transpose=lambda g, x: g)

    def through(x):
        y = same(x)
        x[0] = 1.0
        return np.sum(y * x)

    with pytest.raises(UnsupportedSyntax, match="change an object"):
        grad(through)(X.copy())


SCRIPT = """
import os
import srcad

def library(x):
    return x * x

def f(x):
    return library(x) * 2.0

@srcad.custom_vjp
def own(x):
    return x * x

def twice(x, g):
    return (2.0 * g * x,)

def thrice(x, g):
    return (3.0 * g * x,)

own.defvjp(lambda x: (x * x, x), thrice if os.environ.get("THRICE") else twice)

def h(x):
    return own(x) * 1.0

if os.environ.get("DECLARED"):
    srcad.declare(library, partials=lambda out, x: [10.0])
print(srcad.grad(f)(3.0), srcad.grad(h)(3.0))
"""


def test_the_cache_on_disk_knows_nothing_of_rules(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)

    def run(**variables):
        cache = {"SRCAD_CACHE": "1", "SRCAD_CACHE_DIR": str(tmp_path / "cache")}
        environment = {**os.environ, **cache, **variables}
        command = [sys.executable, str(script)]
        found = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True
        )
        return found.stdout.split()

    assert run() == ["12.0", "6.0"]
    assert run(DECLARED="1") == ["20.0", "6.0"]
    assert run(THRICE="1") == ["12.0", "9.0"]
    assert run() == ["12.0", "6.0"]


def test_a_cotangent_may_be_written_to():
    @custom_vjp
    def f(x):
        return x * 2.0

    def backward(kept, g):
        g *= 2.0
        return (g,)

    f.defvjp(lambda x: (x * 2.0, None), backward)
    found = grad(lambda x: np.sum(f(x) * x))(X)
    np.testing.assert_allclose(found, 2 * X + 2 * X)


# ---- in other places -----------------------------------------------------------------


def test_functions_with_rules_as_arguments_of_transforms_inside():
    def square(x):
        return exponential(x) * x

    slope = grad(lambda x: grad(square)(x))
    assert math.isclose(slope(0.3), np.exp(0.3) * (2.0 + 0.3))
    for inner in (
        lambda x: grad(exponential)(x) * x,
        lambda x: srcad.vjp(exponential, x)[1](1.0)[0] * x,
        lambda x: jvp(exponential, (x,), (1.0,))[1] * x,
    ):
        assert math.isclose(grad(inner)(0.3), np.exp(0.3) * 1.3)
    found = grad(lambda x: sum(map(exponential, [x, 2 * x])))(0.3)
    assert math.isclose(found, np.exp(0.3) + 2 * np.exp(0.6))


def test_rules_are_stated_outside():
    def inside(x):
        @custom_vjp
        def f(y):
            return y * y

        return f(x)

    with pytest.raises(
        UnsupportedSyntax, match="custom_vjp inside a function"
    ) as caught:
        grad(inside)(3.0)
    assert "call it outside" in str(caught.value)


def test_an_argument_that_may_be_none():
    @custom_jvp
    def total(x, mask=None):
        return np.sum(x) if mask is None else np.sum(x * mask)

    @total.defjvp
    def total_jvp(primals, tangents):
        x, mask = primals
        x_dot, _ = tangents
        return total(x, mask), np.sum(x_dot if mask is None else x_dot * mask)

    np.testing.assert_array_equal(grad(total)(X), np.ones(3))
    np.testing.assert_array_equal(grad(lambda x: total(x, mask=np.ones(3) * 2))(X), 2)


def test_complex_numbers():
    @custom_vjp
    def squared(z):
        return z * z

    squared.defvjp(lambda z: (z * z, z), lambda z, g: (2 * z * g,))
    assert grad(squared, holomorphic=True)(1 + 2j) == 2 + 4j
    check_grads(lambda x: np.imag(squared(x * (1 + 1j))), (2.0,))


def test_prints_in_rules_stay(capsys):
    @custom_vjp
    def loud(x):
        print("value")
        return x * x

    def forward(x):
        print("forward")
        return x * x, x

    def backward(x, g):
        print("backward")
        return (2 * x * g,)

    loud.defvjp(forward, backward)
    assert grad(lambda x: loud(x) * x)(3.0) == 27.0
    assert capsys.readouterr().out == "forward\nbackward\n"
    assert grad(lambda x: loud(2.0) * x)(3.0) == 4.0
    assert capsys.readouterr().out == "value\n"


def test_a_call_numba_does_not_know():
    pytest.importorskip("numba")
    square = declare(hidden(lambda x: x * x), partials=lambda out, x: [2 * x])
    with pytest.raises(srcad.SrcadError, match="Numba does not compile"):
        grad(lambda x: square(x) * x, backend="numba")(3.0)
    with pytest.warns(UserWarning, match="runs in the python backend"):
        assert grad(lambda x: square(x) * x, backend="auto")(3.0) == 27.0
    assert grad(lambda x: exponential(x), backend="numba")(0.0) == 1.0


def test_solvers_take_functions_with_rules():
    optimize = pytest.importorskip("scipy.optimize")

    @custom_vjp
    def gap(x, a):
        return x * x - a

    gap.defvjp(lambda x, a: (x * x - a, x), lambda x, g: (2 * x * g, -g))
    found = grad(lambda a: optimize.brentq(gap, 0.0, 10.0, args=(a,)))(4.0)
    assert math.isclose(found, 0.25)


# ---- checkpoint ----------------------------------------------------------------------


def block(x, k):
    y = np.sin(x) * k
    for _ in range(2):
        y = y * np.cos(y) + x
    return np.exp(-y) + x


kept_less = srcad.checkpoint(block)


def in_blocks(x, k):
    for _ in range(3):
        x = kept_less(x, k)
    return np.sum(x**2)


def in_blocks_by_closures(x, k):
    for _ in range(3):
        x = srcad.checkpoint(lambda y: block(y, k) * k)(x)
    return np.sum(x**2)


def test_checkpoint_keeps_the_arguments_only():
    def plain(x, k):
        for _ in range(3):
            x = block(x, k)
        return np.sum(x**2)

    found = grad(in_blocks, argnums=(0, 1))
    for a, b in zip(found(X, 0.7), grad(plain, argnums=(0, 1))(X, 0.7), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    main = found.source[found.source.index("def in_blocks") :]
    assert main.count("saved_") == main.count("saved_x")
    assert "block_fwd(x, k)" in main.partition("# return")[2]
    check_grads(in_blocks, (X, 0.7))
    check_grads(in_blocks_by_closures, (X, 0.7), order=1)
    assert grad(srcad.checkpoint(lambda x: x * x))(3.0) == 6.0
    assert math.isclose(grad(lambda x: srcad.checkpoint(np.sin)(x))(0.3), math.cos(0.3))


def test_what_runs_twice_has_no_effects():
    @srcad.checkpoint
    def drawn(x):
        return x * np.random.rand()

    with pytest.raises(UnsupportedSyntax, match="runs twice"):
        grad(lambda x: drawn(x))(3.0)

    @srcad.checkpoint
    def guarded(x):
        if x < 0:
            raise ValueError("negative")
        return x * x

    assert grad(lambda x: guarded(x))(3.0) == 6.0
    with pytest.raises(ValueError, match="negative"):
        grad(lambda x: guarded(x))(-3.0)
