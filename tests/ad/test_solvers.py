"""Functions given to SciPy: derivatives of what it finds, by both modes, twice.

Each program is compared with differences of itself, gradients of gradients included.
"""

import math
from functools import partial

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
from scipy.integrate import odeint, solve_ivp
from scipy.optimize import fsolve

import srcad
from srcad import check_grads

TIMES = np.linspace(0.5, 2.0, 4)
TIGHT = {"rtol": 1e-10, "atol": 1e-10}


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


# ---- integrals ----------------------------------------------------------------------


def by_quad(a, b, w):
    value, _ = scipy.integrate.quad(
        lambda x: np.exp(-a * x * x) * np.cos(w[0] * x) + w[1] * x, 0.1, b
    )
    return value**2


def to_infinity(a):
    return scipy.integrate.quad(lambda x, a: math.exp(-a * x), 0.0, np.inf, (a,))[0]


def by_quad_vec(c, b):
    return np.sum(scipy.integrate.quad_vec(lambda x: np.sin(c * x), 0.0, b)[0] ** 2)


def from_zero(a):
    return scipy.integrate.quad(lambda x: a * x * x, -a, 1)[0]


def by_parts(ws):
    def integrand(x):
        return ws[0] * np.cos(x * ws[1][0]) + np.sum(ws[1]) * x

    return scipy.integrate.quad(integrand, 0.0, 1.0)[0]


def twice(a):
    def inner(x):
        return scipy.integrate.quad(lambda y: np.exp(-a * x * y), 0.0, 1.0)[0]

    return scipy.integrate.quad(inner, 0.0, 1.0)[0]


INTEGRALS = [
    (by_quad, (1.5, 0.7, np.array([1.0, 2.0]))),
    (to_infinity, (1.3,)),
    (by_quad_vec, (np.array([1.0, 2.0]), 0.8)),
    (by_parts, ((0.3, np.array([0.2, 0.3])),)),
    (from_zero, (0.7,)),
    (twice, (0.7,)),
]


# ---- differential equations ---------------------------------------------------------


def oscillator(k, y0):
    found = solve_ivp(
        lambda t, y: np.array([y[1], -k[0] * y[0] - k[1] * y[1]]),
        (0.0, 2.0),
        y0,
        t_eval=TIMES,
        rtol=1e-10,
        atol=1e-10,
    )
    return np.sum(found.y[0] ** 2) + found.y[1, -1]


def logistic(t, y, r, w):
    return r * y * (1.0 - y) + w * np.sin(t)


def by_args(r, w, start):
    found = solve_ivp(
        logistic,
        (0.0, 2.0),
        [start, 2.0 * start],
        args=(r, w),
        t_eval=[1.0, 2.0],
        method="DOP853",
        rtol=1e-10,
        atol=1e-10,
    )
    return found.y


def by_times(t0, t1, k):
    found = solve_ivp(
        lambda t, y: -k * y + np.cos(t),
        (t0, t1),
        np.array([1.0]),
        t_eval=np.array([0.4, 0.6]) * (t0 + t1),
        rtol=1e-10,
        atol=1e-10,
    )
    return found.y[0, 0] + t0 * found.t[1]


def by_end(t1, k):
    found = solve_ivp(
        lambda t, y: -k * y * y, (0.0, t1), [1.0], t_eval=[t1], rtol=1e-10, atol=1e-10
    )
    return found.y[0, -1]


def pendulum(y, t, b, c):
    theta, omega = y
    return [omega, -b * omega - c * np.sin(theta)]


def by_odeint(b, c, y0):
    y = odeint(pendulum, y0, TIMES, args=(b, c), rtol=1e-11, atol=1e-11)
    return np.sum(y[:, 0] ** 2) + y[-1, 1]


def by_odeint_and_times(b, times):
    y = odeint(lambda t, y: -b * y + t, 0.7, times, tfirst=True, rtol=1e-11, atol=1e-11)
    return np.sum(y**2)


def weights(w, y0):
    found = solve_ivp(
        lambda t, y: np.tanh(w @ y),
        (0.0, 1.0),
        y0,
        t_eval=[1.0],
        rtol=1e-10,
        atol=1e-10,
    )
    return np.sum(found.y[:, -1] ** 2)


def at_the_end(k, y0, t1):
    y = solve_ivp(
        lambda t, y: np.array([y[1], -k * y[0]]), (0.0, t1), y0, rtol=1e-10, atol=1e-10
    ).y
    return y[0, -1] * y[1][-1] + np.sum(y[:, -1])


def with_arrays_of_its_own(k):
    def rhs(t, y):
        dy = np.empty_like(y)
        dy[0] = y[1]
        dy[1] = -k * y[0]
        return dy

    return solve_ivp(rhs, (0.0, 1.0), [1.0, 0.5], t_eval=TIMES[:2], **TIGHT).y[0]


def energy(q, p, m, k):
    return p * p / (2 * m) + k * q**4 / 4


by_place, by_momentum = srcad.grad(energy, 0), srcad.grad(energy, 1)


def by_energy(m, k):
    def rhs(t, y):
        q, p = y
        return [by_momentum(q, p, m, k), -by_place(q, p, m, k)]

    return solve_ivp(
        rhs, (0.0, 1.0), [1.0, 0.5], t_eval=[1.0], rtol=1e-10, atol=1e-10
    ).y[0, -1]


def with_parameters(t, y, parameters):
    rates = parameters["a"]
    return rates[0] * y * np.sum(parameters["b"]) + rates[1]


def by_parameters(parameters):
    return solve_ivp(
        with_parameters,
        (0.0, 1.0),
        np.ones(2),
        t_eval=[1.0],
        args=(parameters,),
        rtol=1e-10,
        atol=1e-10,
    ).y[0, 0]


def by_list(rates):
    def rhs(t, y):
        total = 0.0 * y
        for rate in rates:
            total = total + np.sin(rate * y)
        return total

    return solve_ivp(
        rhs, (0.0, 1.0), np.ones(2), t_eval=[1.0], rtol=1e-10, atol=1e-10
    ).y[0, 0]


def one_after_another(rates):
    total, y = 0.0, np.array([1.0])
    for k in rates:
        y = solve_ivp(
            lambda t, y: -k * y,
            (0.0, 0.5),
            y,
            t_eval=[0.5],
            rtol=1e-10,
            atol=1e-10,
        ).y[:, -1]
        total = total + y[0]
    return total


def many_states(k, c):
    y0 = np.linspace(0.5, 1.0, 6)
    y = solve_ivp(
        lambda t, y: -k * y * y + c * np.roll(y, 1),
        (0.0, 1.0),
        y0,
        t_eval=TIMES[:2],
        rtol=1e-10,
        atol=1e-10,
    ).y
    return np.sum(y**2)


def solved(k, start):
    return solve_ivp(
        lambda t, y: -k * y, (0.0, 1.0), start, t_eval=[1.0], rtol=1e-10, atol=1e-10
    ).y[:, 0]


def in_a_function(k, start):
    return np.sum(solved(k, start) * solved(2.0 * k, start + k))


SPAN, START, WANTED, FACTORS = np.array([0.0, 2.0]), [1, 2], [0.5, 1.0], (2.0,)


def from_outside(k):
    return solve_ivp(
        lambda t, y, c: -k * y * c,
        SPAN,
        START,
        t_eval=WANTED,
        args=FACTORS,
        rtol=1e-10,
        atol=1e-10,
    ).y[1]


def from_whole_numbers(k):
    y = solve_ivp(
        lambda t, y: -k * y, [0, 1], np.array([1, 2]), rtol=1e-10, atol=1e-10
    ).y[:, -1]
    z = odeint(lambda z, t: -k * z, 1, [0, 1], rtol=1e-11, atol=1e-11)[-1]
    return np.sum(y) + z[0]


def picked(y, choice):
    k, rates = choice
    return rates[k] * y


def from_a_pair(rates):
    return solve_ivp(
        lambda t, y, choice: -picked(y, choice),
        (0.0, 1.0),
        [1.0],
        t_eval=[1.0],
        args=((1, rates),),
        rtol=1e-10,
        atol=1e-10,
    ).y[:, 0]


class Layer:
    def __init__(self, weights, bias):
        self.weights, self.bias = weights, bias

    def __call__(self, t, y):
        return np.tanh(self.weights @ y + self.bias)


def by_layer(weights, bias):
    layer = Layer(weights, bias)
    found = solve_ivp(layer, (0.0, 1.0), [1.0, 0.2], rtol=1e-10, atol=1e-10)
    return np.sum(found.y[:, -1] ** 2)


def by_partial(k):
    return solve_ivp(
        partial(logistic, r=k, w=k), (0.0, 1.0), [1.0], rtol=1e-10, atol=1e-10
    ).y[0, -1]


def backwards(k):
    return solve_ivp(
        lambda t, y: -k * y * t,
        (1.0, 0.0),
        [1.0],
        t_eval=[0.5, 0.0],
        rtol=1e-10,
        atol=1e-10,
    ).y[0]


EQUATIONS = [
    (oscillator, (np.array([2.0, 0.3]), np.array([1.0, 0.2]))),
    (by_args, (0.7, np.array([0.2, 0.4]), 0.3)),
    (by_times, (0.1, 1.3, 0.7)),
    (by_end, (1.3, 0.7)),
    (by_odeint, (0.25, 2.0, np.array([0.8, 0.1]))),
    (by_odeint_and_times, (0.6, np.array([0.1, 0.5, 1.1]))),
    (at_the_end, (1.3, np.array([1.0, 0.4]), 1.2)),
    (with_arrays_of_its_own, (1.3,)),
    (by_energy, (1.3, 0.7)),
    (by_parameters, ({"a": [0.4, 0.5], "b": np.array([1.0, 0.2])},)),
    (by_list, ([0.4, 0.5, 0.7],)),
    (one_after_another, (np.array([0.4, 0.5, 0.7]),)),
    (by_partial, (0.7,)),
    (from_a_pair, (np.array([0.3, 0.5]),)),
    (by_layer, (0.3 * np.eye(2), np.array([0.5, 1.0]))),
    (from_outside, (0.7,)),
    (from_whole_numbers, (0.7,)),
    (many_states, (0.7, 0.2)),
    (in_a_function, (0.7, np.array([1.0, 0.5]))),
    (backwards, (1.2,)),
    (weights, (np.array([[0.1, 0.5], [-0.4, 0.2]]), np.array([1.0, 0.5]))),
]


def names(cases):
    return [function.__name__ for function, _ in cases]


@pytest.mark.parametrize("case", SCALARS + VECTORS, ids=names(SCALARS + VECTORS))
def test_roots(case):
    function, args = case
    check_grads(function, args, order=2, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("case", MINIMA, ids=names(MINIMA))
def test_minima(case):
    function, args = case
    check_grads(function, args, order=2, atol=1e-4, rtol=1e-4, eps=1e-4)


@pytest.mark.parametrize("case", INTEGRALS, ids=names(INTEGRALS))
def test_integrals(case):
    function, args = case
    check_grads(function, args, order=2, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("case", EQUATIONS, ids=names(EQUATIONS))
def test_equations(case):
    function, args = case
    check_grads(function, args, order=2, atol=1e-5, rtol=1e-5)


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


def test_a_stiff_equation_keeps_its_accuracy():
    """y' = -k (y - cos t) with k = 1000: going backwards would multiply errors."""

    def last(k):
        found = solve_ivp(
            lambda t, y: -k * (y - np.cos(t)),
            (0.0, 1.0),
            [0.0],
            method="Radau",
            t_eval=[1.0],
            rtol=1e-8,
            atol=1e-10,
        )
        return found.y[0, -1]

    def exact(k):
        return (k * k * np.cos(1.0) + k * np.sin(1.0)) / (k * k + 1.0)

    k, h = 1000.0, 1e-2
    expected = (exact(k + h) - exact(k - h)) / (2 * h)
    assert srcad.grad(last)(k) == pytest.approx(expected, rel=1e-4)


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


# ---- refusals and failures ----------------------------------------------------------


def appends(a):
    seen = []

    def equation(x):
        seen.append(x)
        return x**3 - a

    return scipy.optimize.brentq(equation, 0.0, 3.0)


def prints(a):
    def equation(x):
        print(x)
        return x**3 - a

    return scipy.optimize.brentq(equation, 0.0, 3.0)


def counts(a):
    count = 0

    def equation(x):
        nonlocal count
        count += 1
        return x**3 - a

    return scipy.optimize.brentq(equation, 0.0, 3.0)


def bounded(a):
    return scipy.optimize.minimize(
        lambda x: np.sum((x - a) ** 2), np.zeros(2), bounds=[(0, 1), (0, 1)]
    ).fun


def bounded_by_method(a):
    return scipy.optimize.minimize_scalar(lambda x: (x - a) ** 2, method="bounded").x


def own_steps(k):
    return solve_ivp(lambda t, y: -k * y, (0.0, 1.0), [1.0]).y[0, 1]


def with_events(k):
    return solve_ivp(
        lambda t, y: -k * y, (0.0, 1.0), [1.0], t_eval=[1.0], events=lambda t, y: y[0]
    ).y[0, -1]


def by_tolerances(k):
    return solve_ivp(
        lambda t, y: -k * y, (0.0, 1.0), [1.0], t_eval=[1.0], atol=np.array([1e-8])
    ).y[0, -1]


def by_error(k):
    value, error = scipy.integrate.quad(lambda x: np.exp(-k * x), 0.0, 1.0)
    return value * error


def weighted(k):
    return scipy.integrate.quad(lambda x: k * x, 0.0, 1.0, weight="cos", wvar=2.0)[0]


def writes_to_the_state(k):
    def rhs(t, y):
        y[0] = 0.0
        return -k * y

    return solve_ivp(rhs, (0.0, 1.0), [1.0, 0.5], t_eval=[1.0]).y[0, -1]


def both_in_one(a):
    return scipy.optimize.minimize(
        lambda x: (np.sum((x - a) ** 2), 2 * x), np.zeros(2), jac=True
    ).fun


def fitted(k):
    return scipy.optimize.curve_fit(lambda x, a: a * x, np.arange(3.0), k * TIMES)[0]


def other_field(a):
    found = scipy.optimize.minimize(lambda x: np.sum((x - a) ** 2), np.zeros(2))
    return found.jac[0]


def gives_a_list(a):
    return scipy.optimize.brentq(lambda x: [x - a], 0.0, 3.0)


REFUSED = [
    (appends, "seen.append(x)", "writes to an object from outside"),
    (prints, "scipy.optimize.brentq(equation", "has an effect"),
    (counts, "count += 1", "writes to an object from outside"),
    (bounded, "scipy.optimize.minimize(", "solution at a bound"),
    (bounded_by_method, "scipy.optimize.minimize_scalar", "'method'|at a bound"),
    (own_steps, "solve_ivp", "t_eval"),
    (with_events, "solve_ivp(", "'events'"),
    (by_tolerances, "solve_ivp(", "one number as atol"),
    (by_error, "value, error = ", "the first entry only"),
    (weighted, 'weight="cos"', "into the integrand"),
    (
        writes_to_the_state,
        "y[0] = 0.0",
        "an array that scipy.integrate.solve_ivp works with",
    ),
    (both_in_one, "scipy.optimize.minimize(", "give the function, and its derivative"),
    (fitted, "scipy.optimize.curve_fit(", "use scipy.optimize.least_squares"),
    (other_field, "found.jac", "'jac' of what SciPy gives"),
    (gives_a_list, "[x - a]", "must give a number"),
]


@pytest.mark.parametrize("case", REFUSED, ids=[c[0].__name__ for c in REFUSED])
def test_what_has_no_rule_is_refused_at_the_line(case):
    function, line, why = case
    for derivative in (
        srcad.grad(function),
        lambda x: srcad.jvp(function, (x,), (1.0,)),
    ):
        with pytest.raises(srcad.SrcadError, match=why) as refused:
            derivative(1.5)
        assert line in str(refused.value)


def test_failures_are_those_of_scipy():
    def no_sign_change(a):
        return scipy.optimize.brentq(lambda x: x**3 - a, 2.0, 3.0)

    def singular(a):
        x = fsolve(lambda x: [x[0] + x[1] - a, 2 * x[0] + 2 * x[1] - 2 * a], [0.0, 0.0])
        return x[0]

    with pytest.raises(ValueError, match="different signs"):
        srcad.grad(no_sign_change)(1.0)
    with pytest.raises(np.linalg.LinAlgError):
        srcad.grad(singular)(1.0)


def test_numba_says_why_not():
    with pytest.raises(srcad.SrcadError, match="cannot call scipy"):
        srcad.grad(by_brentq, backend="numba")(1.5)
    with pytest.warns(UserWarning, match="python backend"):
        found = srcad.grad(by_brentq, backend="auto")(1.5)
    assert found == pytest.approx(srcad.grad(by_brentq)(1.5))
