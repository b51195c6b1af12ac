"""Integrals by SciPy: derivatives by both modes, twice, against differences."""

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize

from srcad import check_grads


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


@pytest.mark.parametrize("case", INTEGRALS, ids=[f.__name__ for f, _ in INTEGRALS])
def test_integrals(case):
    function, args = case
    check_grads(function, args, order=2, atol=1e-6, rtol=1e-6)
