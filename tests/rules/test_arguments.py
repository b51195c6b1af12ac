"""What functions with rules take and give, and where they stand."""

import functools
import math

import numpy as np
import pytest

import srcad
from srcad import check_grads, custom_jvp, custom_vjp, declare, grad, jvp
from srcad.errors import MissingRule, UnsupportedSyntax

from .functions import X, exponential, hidden, product, weighted

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
