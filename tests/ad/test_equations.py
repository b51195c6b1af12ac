"""Differential equations that SciPy solves: derivatives by both modes, twice.

Each program is compared with differences of itself, gradients of gradients included.
"""

from functools import partial

import numpy as np
import pytest
from scipy.integrate import odeint, solve_ivp

import srcad
from srcad import check_grads

TIMES = np.linspace(0.5, 2.0, 4)
TIGHT = {"rtol": 1e-10, "atol": 1e-10}


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


def by_rates(logk):
    k = np.exp(logk)
    found = solve_ivp(reactions, (0.0, 2.0), [1.0, 0.5], args=tuple(k), rtol=1e-10)
    return np.sum(found.y[:, -1] ** 2)


def by_rates_behind_a_star(logk):
    found = solve_ivp(
        lambda t, y: reactions(t, y, *np.exp(logk)), (0.0, 2.0), [1.0, 0.5], rtol=1e-10
    )
    return np.sum(found.y[:, -1] ** 2)


def reactions(t, y, k, back):
    return [-k * y[0] + back * y[1], k * y[0] - back * y[1]]


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
    (by_rates, (np.array([-0.3, 0.4]),)),
    (by_rates_behind_a_star, (np.array([-0.3, 0.4]),)),
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


@pytest.mark.parametrize("case", EQUATIONS, ids=[f.__name__ for f, _ in EQUATIONS])
def test_equations(case):
    function, args = case
    check_grads(function, args, order=2, atol=1e-5, rtol=1e-5)


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
