"""Roots and minima that SciPy finds: derivatives by both modes, twice.

Each program is compared with differences of itself, gradients of gradients included.
"""

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
from scipy.optimize import fsolve

import srcad
from srcad import check_grads

TIMES = np.linspace(0.5, 2.0, 4)


# ---- roots of one number ------------------------------------------------------------


def cubic(x, a, b):
    return x**3 + a * x - b


def by_brentq(a):
    x = scipy.optimize.brentq(lambda x: x**3 + a * x - 1.0, 0.0, 2.0)
    return x**2


def by_brenth(a, b):
    def equation(x):
        return x**3 + a * x - b

    return scipy.optimize.brenth(equation, 0.0, 2.0)


def by_bisect(a, b):
    return scipy.optimize.bisect(cubic, 0.0, 2.0, args=(a, b), xtol=1e-13)


def by_ridder(a):
    return scipy.optimize.ridder(cubic, 0.0, 2.0, (a, 2.0 * a))


def by_toms748(a):
    return scipy.optimize.toms748(lambda x: math.exp(x) - a * (1.0 + x), 0.5, 4.0)


def by_newton(a, w):
    return scipy.optimize.newton(lambda x: x - w[0] * np.sin(x) - a * w[1], 1.0)


def by_root_scalar(a):
    found = scipy.optimize.root_scalar(
        lambda x: x * np.exp(x) - a, bracket=(0.0, 3.0), method="brentq", xtol=1e-13
    )
    return found.root * a


def by_fixed_point(a):
    return scipy.optimize.fixed_point(lambda x: np.cos(a * x), 0.7, xtol=1e-13)


def by_fixed_point_of_vectors(w):
    x = scipy.optimize.fixed_point(
        lambda x: 0.3 * np.cos(w * x) + 0.1 * x[::-1], np.ones(2), xtol=1e-13
    )
    return np.sum(x * x)


def caught(a):
    try:
        x = scipy.optimize.brentq(lambda x: x**3 - a, 2.0, 3.0)
    except ValueError:
        x = a * a
    return x


def by_a_loop(x, n, a):
    total = 0.0
    for k in range(n):
        total = total + a * x**k / (k + 1)
    return total


def through_a_loop(a):
    return scipy.optimize.brentq(by_a_loop, -3.0, 3.0, args=(4, a))


def differentiated_inside(a):
    def root(b):
        return scipy.optimize.brentq(lambda x: x**3 + b * x - 1.0, 0.0, 2.0)

    return srcad.grad(root)(a) * a


def root_in_a_loop(a):
    total = 0.0
    for k in range(1, 4):
        x = scipy.optimize.brentq(lambda x: x**3 + k * x - a, 0.0, 3.0)
        total = total + x * k
    return total


def root_on_a_branch(a):
    if a > 0.5:
        return scipy.optimize.brentq(lambda x: x**3 + a * x - 1.0, 0.0, 2.0)
    return a


def root_in_a_root(a):
    def inner(x):
        return scipy.optimize.brentq(lambda y: y**3 + y - x * a, -3.0, 3.0)

    return scipy.optimize.brentq(lambda x: inner(x) + x - 1.0, -3.0, 3.0)


class Model:
    def __init__(self, rate):
        self.rate = rate

    def equation(self, x, a):
        return x + self.rate * x**3 - a


def by_default(a):
    return scipy.optimize.brentq(lambda x, b=a: x**3 - b, 0.0, 2.0)


def by_method(a, rate):
    return scipy.optimize.brentq(Model(rate).equation, 0.0, 5.0, args=(a,))


def by_container(params):
    return scipy.optimize.brentq(
        lambda x: params["a"] * x + params["w"][1] * x**3 - params["w"][0], 0.0, 5.0
    )


SCALARS = [
    (by_brentq, (1.5,)),
    (by_brenth, (1.5, 1.1)),
    (by_bisect, (1.5, 1.1)),
    (by_ridder, (1.5,)),
    (by_toms748, (1.5,)),
    (by_newton, (0.4, np.array([0.3, 1.2]))),
    (by_root_scalar, (1.7,)),
    (by_fixed_point, (0.9,)),
    (by_fixed_point_of_vectors, (np.array([0.9, 0.4]),)),
    (caught, (1.5,)),
    (caught, (9.5,)),
    (through_a_loop, (1.5,)),
    (differentiated_inside, (1.5,)),
    (root_in_a_loop, (1.5,)),
    (root_on_a_branch, (1.5,)),
    (root_in_a_root, (1.5,)),
    (by_method, (1.5, 0.4)),
    (by_default, (1.5,)),
    (by_container, ({"a": 1.5, "w": np.array([1.2, 0.4])},)),
]


# ---- roots of several numbers -------------------------------------------------------


def pair(x, a, b):
    return [x[0] ** 2 + a * x[1] - b[0], np.sin(x[1]) + x[0] * b[1] - 0.3]


def by_fsolve(a, b):
    x = fsolve(pair, [1.0, 0.1], args=(a, b), xtol=1e-13)
    return x[0] * x[1]


def by_fsolve_of_one(a):
    x = fsolve(lambda x: x**3 + a * x - 1.0, 0.5, xtol=1e-13)
    return x[0]


def by_root(a, b):
    found = scipy.optimize.root(
        lambda x: np.array([x[0] + a * x[1] ** 2, x[1] - b[0] * x[0] - b[1]]),
        np.zeros(2),
        tol=1e-13,
    )
    return found.x


# ---- minima -------------------------------------------------------------------------

SIMPLEX = {"xatol": 1e-11, "fatol": 1e-15, "maxiter": 4000}


def by_minimize(theta):
    found = scipy.optimize.minimize(
        lambda x: np.sum((x - theta) ** 2) + 0.1 * np.sum(x**4) + x[0] * x[1],
        np.zeros(2),
        method="Nelder-Mead",
        options={"xatol": 1e-11, "fatol": 1e-15, "maxiter": 4000},
    )
    return np.sum(found.x**2)


def least_value(theta):
    found = scipy.optimize.minimize(
        lambda x: np.sum((x - theta) ** 2) + 0.1 * np.sum(x**4), np.zeros(2)
    )
    return found.fun


def by_minimize_scalar(a):
    found = scipy.optimize.minimize_scalar(
        lambda x: x**4 + (x - a) ** 2, bracket=(-1.0, 2.0), tol=1e-12
    )
    return found.x + 3.0 * found.fun


def by_least_squares(c, data):
    found = scipy.optimize.least_squares(
        lambda p: p[0] * np.exp(-p[1] * TIMES) - c * data,
        np.array([1.0, 1.0]),
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
    )
    return found.x[1] * found.x[0] + found.cost


def with_gradient_and_hessian(theta):
    def cost(x, target):
        return np.sum((x - target) ** 2) + 0.1 * np.sum(x**4)

    found = scipy.optimize.minimize(
        cost,
        np.zeros(2),
        args=(theta,),
        jac=srcad.grad(cost),
        hess=srcad.hessian(cost),
        method="Newton-CG",
        options={"xtol": 1e-13},
    )
    return found.x * found.fun


def with_slope(a):
    return scipy.optimize.newton(
        lambda x: x**2 - a, 1.0, fprime=lambda x: 2 * x, tol=1e-14
    )


def with_jacobian(a):
    return fsolve(
        lambda x: x**2 - a, np.ones(2), fprime=lambda x: np.diag(2 * x), xtol=1e-12
    )


VECTORS = [
    (with_gradient_and_hessian, (np.array([1.3, 0.4]),)),
    (with_slope, (1.3,)),
    (with_jacobian, (np.array([1.3, 0.4]),)),
    (by_fsolve, (0.5, np.array([1.2, 0.4]))),
    (by_fsolve_of_one, (1.5,)),
    (by_root, (0.5, np.array([1.2, 0.4]))),
]
MINIMA = [
    (by_minimize, (np.array([1.0, 0.5]),)),
    (least_value, (np.array([1.0, 0.5]),)),
    (by_minimize_scalar, (0.8,)),
    (by_least_squares, (1.2, np.array([0.9, 0.55, 0.4, 0.2]))),
]


@pytest.mark.parametrize(
    "case", SCALARS + VECTORS, ids=[f.__name__ for f, _ in SCALARS + VECTORS]
)
def test_roots(case):
    function, args = case
    check_grads(function, args, order=2, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("case", MINIMA, ids=[f.__name__ for f, _ in MINIMA])
def test_minima(case):
    function, args = case
    check_grads(function, args, order=2, atol=1e-4, rtol=1e-4, eps=1e-4)


# ---- known results ------------------------------------------------------------------


def test_the_derivative_of_a_root_is_the_known_one():
    """x**3 = a: x' = 1 / (3 x**2), and so on for ever."""

    def cube_root(a):
        return scipy.optimize.brentq(lambda x: x**3 - a, 0.0, 3.0, xtol=1e-14)

    a, third = 1.7, 1.0 / 3.0
    expected = third
    derivative = cube_root
    for k in range(3):
        derivative = srcad.grad(derivative)
        assert derivative(a) == pytest.approx(expected * a ** (third - 1 - k))
        expected *= third - 1 - k
    forward = srcad.jvp(srcad.grad(cube_root), (a,), (1.0,))[1]
    assert forward == pytest.approx(third * (third - 1) * a ** (third - 2))


@srcad.custom_vjp
def with_a_rule(x, a):
    return x**3 - a


# Twice the true derivative by a, to see that the rule is asked.
with_a_rule.defvjp(
    lambda x, a: (with_a_rule(x, a), x), lambda x, g: (3 * x**2 * g, -2.0 * g)
)


def test_a_rule_of_the_users_is_asked_for_the_function_given():
    def itself(a):
        return scipy.optimize.brentq(with_a_rule, 0.0, 3.0, args=(a,))

    def inside(a):
        return scipy.optimize.brentq(lambda x: with_a_rule(x, a), 0.0, 3.0)

    for function in (itself, inside):
        found = srcad.grad(function)(1.3)
        assert found == pytest.approx(2.0 / 3.0 * 1.3 ** (-2.0 / 3.0))


def test_the_initial_guess_has_no_influence():
    def found(a, x0):
        return fsolve(lambda x: x**2 - a, x0)[0]

    a_bar, x0_bar = srcad.grad(found, argnums=(0, 1))(2.0, np.array([1.0]))
    assert a_bar == pytest.approx(0.5 / np.sqrt(2.0))
    assert np.array_equal(x0_bar, [0.0])


def test_results_by_name_and_by_key():
    def found(a):
        result = scipy.optimize.root(lambda x: x**2 - a, np.ones(2))
        if not result.success:
            raise RuntimeError(result.message)
        return result.x[0] + result["x"][1]

    assert srcad.grad(found)(2.0) == pytest.approx(1.0 / np.sqrt(2.0))


def test_numba_says_why_not():
    with pytest.raises(srcad.SrcadError, match="cannot call scipy"):
        srcad.grad(by_brentq, backend="numba")(1.5)
    with pytest.warns(UserWarning, match="python backend"):
        found = srcad.grad(by_brentq, backend="auto")(1.5)
    assert found == pytest.approx(srcad.grad(by_brentq)(1.5))
