"""Incomplete functions by their shapes, against numbers of 15 digits.

Source of the numbers: mpmath 1.4, `diff` of `gammainc` and `betainc` at 40 digits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcad import grad, hessian, jvp
from srcad.check import check_grads

special = pytest.importorskip("scipy.special")
stats = pytest.importorskip("scipy.stats")

# (a, x, the derivative of the lower incomplete gamma function by a)
GAMMA = [
    (0.001, 1e-05, -10.8183982990863),
    (0.1, 0.3, -0.921987161993401),
    (0.5, 0.07, -0.795459473646193),
    (1, 1, -0.431729710634899),
    (2.3, 0.5, -0.0954685800311178),
    (2.3, 9.0, -0.00361639159135595),
    (10, 40.0, -5.76292095991789e-9),
    (77.0, 60.0, -0.00564993776676774),
    (77.0, 95.0, -0.006597054134202),
    (3000.0, 2900.0, -0.00134703866156866),
    (3000.0, 3200.0, -1.18999788008296e-5),
]
# (a, b, x, the derivatives of the incomplete beta function by a and by b)
BETA = [
    (0.01, 0.3, 0.1, -4.80225695513301, 0.111897174094354),
    (0.3, 0.01, 0.9, -0.111897174094354, 4.80225695513301),
    (1, 1, 0.3, -0.361191841297781, 0.249672460757113),
    (2.5, 0.7, 0.2, -0.0179912677907288, 0.021725756126656),
    (2.5, 0.7, 0.97, -0.047940270067101, 0.462260063200411),
    (30, 2.5, 0.8, -0.00317178531936073, 0.0225577391212869),
    (30, 400, 0.06, -0.0537016800510381, 0.00370018100430752),
    (30.0, 400.0, 0.1, -0.00522991201637663, 0.000477495212577677),
    (400, 400, 0.45, -0.00026689609490336, 0.000241441941135901),
    (0.3, 400, 0.003, -0.260767498353048, 0.00026593573433684),
]
# (df, t, the derivative of the distribution function of Student's t by df)
STUDENT = [
    (0.3, 0.5, 0.1424457679947),
    (1, 3, 0.100408522608276),
    (2.5, -0.8, -0.0123262630145057),
    (10, 1.01, 0.00115905227844276),
    (31, -6, -7.67827750485521e-8),
    (1000, 0.99, 1.19710044880308e-7),
    (1000000.0, 1.5, 1.57849506919394e-13),
]


def lower(a: Any, x: Any) -> Any:
    return special.gammainc(a, x)


def upper(a: Any, x: Any) -> Any:
    return special.gammaincc(a, x)


def beta(a: Any, b: Any, x: Any) -> Any:
    return special.betainc(a, b, x)


def student(df: Any, t: Any) -> Any:
    return special.stdtr(df, t)


def test_the_gamma_function() -> None:
    a, x, slope = np.array(GAMMA).T
    for function, sign in ((lower, 1.0), (upper, -1.0)):
        _, found = jvp(function, (a, x), (np.ones_like(a), np.zeros_like(x)))
        np.testing.assert_allclose(found, sign * slope, rtol=2e-11)
        one = grad(function)(2.3, 0.5)
        np.testing.assert_allclose(one, sign * slope[4], rtol=1e-12)


def test_the_beta_function() -> None:
    a, b, x, by_a, by_b = np.array(BETA).T
    zero, one = np.zeros_like(a), np.ones_like(a)
    _, found = jvp(beta, (a, b, x), (one, zero, zero))
    np.testing.assert_allclose(found, by_a, rtol=1e-10)
    _, found = jvp(beta, (a, b, x), (zero, one, zero))
    np.testing.assert_allclose(found, by_b, rtol=1e-10)


def test_student() -> None:
    df, t, slope = np.array(STUDENT).T
    _, found = jvp(student, (df, t), (np.ones_like(df), np.zeros_like(t)))
    np.testing.assert_allclose(found, slope, rtol=1e-9)


def test_at_the_ends() -> None:
    for x in (0.0, np.inf):
        assert grad(lower)(2.3, x) == 0.0
    for x in (0.0, 1.0):
        assert grad(beta, (0, 1))(2.3, 0.4, x) == (0.0, 0.0)
    assert grad(student)(2.3, 0.0) == 0.0


def log_likelihood(theta: Any, seen: Any) -> Any:
    """Times of which all that is known is that they lie within an hour."""
    a, scale = np.exp(theta[0]), np.exp(theta[1])
    ends = stats.gamma.cdf(seen + 1.0, a, scale=scale)
    return np.log(ends - stats.gamma.cdf(seen, a, scale=scale)).sum()


def test_a_censored_likelihood_by_shape_and_scale() -> None:
    theta, seen = np.array([0.4, 0.2]), np.array([0.5, 1.5, 3.0])
    check_grads(log_likelihood, (theta, seen))
    found = hessian(log_likelihood)(theta, seen)
    np.testing.assert_allclose(found, found.T, rtol=1e-10)
