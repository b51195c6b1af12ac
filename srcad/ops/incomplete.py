"""The incomplete gamma and beta functions, by their limit and by their shapes.

Source: DLMF chapter 8 for the functions and their recurrences. With t = x * exp(-v) in
the integral from 0 to x, and t = x * exp(v) in that from x on, the derivatives by the
shapes are the moments of `moments.py`; of the two parts the smaller one is taken, in
which nothing cancels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from srcad.ir.graph import Value
from srcad.ops.arithmetic import greater, less, less_equal, quotient
from srcad.ops.choice import maximum, where
from srcad.ops.declare import Op
from srcad.ops.domain import Domain, Sample, at, spaced
from srcad.ops.elementary import exp, log, log1p
from srcad.ops.families import special
from srcad.ops.gammas import betaln
from srcad.ops.logic import logical_and
from srcad.ops.moments import beta_moment, gamma_moment
from srcad.ops.special import digamma, gammaln, xlogy

# ---- the gamma function --------------------------------------------------------------


def gamma_density(a: Value, x: Value) -> Value:
    """x**(a - 1) * exp(-x) / gamma(a), in logarithms so that nothing overflows."""
    return exp(xlogy(a - 1.0, x) - x - gammaln(a))


def gammainc_by_shape(a: Value, x: Value) -> Value:
    """The derivative of gammainc(a, x) by a."""
    inside = logical_and(greater(x, 0.0), less(x, math.inf))
    x = where(inside, x, 1.0)
    below = less_equal(x, maximum(a, 1.0))
    lo, hi = where(below, x, 0.5), where(below, a + 1.0, x)
    # P(a, x) = P(a + 1, x) + x**a * exp(-x) / gamma(a + 1)
    term = exp(xlogy(a + 1.0, lo) - lo - gammaln(a + 1.0))
    near = gammainc(a, lo) * (log(lo) - digamma(a + 1.0))
    near = near - term * gamma_moment(a + 1.0, lo, order=1, upper=False)
    term = exp(xlogy(a, hi) - hi - gammaln(a))
    far = gammaincc(a, hi) * (log(hi) - digamma(a))
    far = far + term * gamma_moment(a, hi, order=1, upper=True)
    found: Value = where(inside, where(below, near, -far), 0.0)
    return found


def _points(*inputs: tuple[float, ...]) -> Domain:
    """Single numbers, and each of them with an array for the last argument."""

    def points() -> list[Sample]:
        found = [at(*given) for given in inputs]
        *shapes, last = inputs[0]
        return [*found, at(*shapes, spaced(0.6 * last, 1.2 * last, (2, 3)))]

    return points


def _signed(x: Value, sign: float) -> Value:
    return x if sign > 0 else -x


def _gamma_integral(name: str, sign: float) -> Op:
    return special(
        name,
        signature="a, x",
        partials=lambda out, a, x: [
            lambda g: _signed(g * gammainc_by_shape(a, x), sign),
            _signed(gamma_density(a, x), sign),
        ],
        domain=_points((1.3, 0.4), (2.1, 3.4), (0.6, 2.5)),
    )


gammainc: Op = _gamma_integral("gammainc", 1.0)
gammaincc: Op = _gamma_integral("gammaincc", -1.0)


def _gamma_inverse(name: str, sign: float) -> Op:
    def by_shape(out: Value, a: Value) -> Any:
        slope = gammainc_by_shape(a, out)
        return lambda g: -quotient(g * slope, gamma_density(a, out))

    return special(
        name,
        signature="a, y",
        partials=lambda out, a, y: [
            lambda g: by_shape(out, a)(g),
            lambda g: _signed(quotient(g, gamma_density(a, out)), sign),
        ],
        domain=_points((1.3, 0.2), (2.1, 0.7)),
    )


gammaincinv: Op = _gamma_inverse("gammaincinv", 1.0)
gammainccinv: Op = _gamma_inverse("gammainccinv", -1.0)

# ---- the beta function ---------------------------------------------------------------


def beta_density(a: Value, b: Value, x: Value) -> Value:
    """x**(a - 1) * (1 - x)**(b - 1) / beta(a, b)."""
    return exp(xlogy(a - 1.0, x) + (b - 1.0) * log1p(-x) - betaln(a, b))


def _by_own(a: Value, b: Value, log_x: Value, odds: Value, whole: Value) -> Value:
    """The derivative of I_x(a, b) = `whole` by a, for x below the mean.

    I_x(a, b) = I_x(a + 1, b) + x**a * (1 - x)**b / (a * beta(a, b)).
    """
    log_y = log_x - log(odds)
    term = exp((a + 1.0) * log_x + (b - 1.0) * log_y - betaln(a + 1.0, b))
    rest = beta_moment(a + 1.0, b, odds, order=0, logs=0) / (a + b)
    rest = rest - beta_moment(a + 1.0, b, odds, order=1, logs=0)
    return whole * (log_x - digamma(a + 1.0) + digamma(a + b)) + term * rest


def _by_other(a: Value, b: Value, log_x: Value, odds: Value, whole: Value) -> Value:
    """The derivative of I_x(a, b) = `whole` by b, for x below the mean."""
    log_y = log_x - log(odds)
    term = exp(a * log_x + (b - 1.0) * log_y - betaln(a, b))
    found: Value = whole * (log_y - digamma(b) + digamma(a + b))
    return found + term * beta_moment(a, b, odds, order=0, logs=1)


def betainc_by_shapes(a: Value, b: Value, x: Value) -> tuple[Value, Value]:
    """The derivatives of betainc(a, b, x) by a and by b."""
    inside = logical_and(greater(x, 0.0), less(x, 1.0))
    mean = a / (a + b)
    x = where(inside, x, mean)
    below = less_equal(x, mean)
    lo, hi = where(below, x, mean), where(below, mean, x)
    near = (log(lo), lo / (1.0 - lo), betainc(a, b, lo))
    far = (log1p(-hi), (1.0 - hi) / hi, betaincc(a, b, hi))
    by_a = where(below, _by_own(a, b, *near), -_by_other(b, a, *far))
    by_b = where(below, _by_other(a, b, *near), -_by_own(b, a, *far))
    return where(inside, by_a, 0.0), where(inside, by_b, 0.0)


def _by_shape(a: Value, b: Value, x: Value, k: int, weigh: Any) -> Any:
    """The product of a cotangent, weighed, with the derivative by the k-th shape."""
    return lambda g: weigh(g) * betainc_by_shapes(a, b, x)[k]


def _beta_integral(name: str, sign: float) -> Op:
    def partials(out: Value, a: Value, b: Value, x: Value) -> Sequence[Any]:
        shapes = [_by_shape(a, b, x, k, lambda g: _signed(g, sign)) for k in (0, 1)]
        return [*shapes, _signed(beta_density(a, b, x), sign)]

    return special(
        name,
        signature="a, b, x",
        partials=partials,
        domain=_points((1.3, 2.1, 0.3), (0.7, 1.6, 0.6)),
    )


betainc: Op = _beta_integral("betainc", 1.0)
betaincc: Op = _beta_integral("betaincc", -1.0)


def _beta_inverse(name: str, sign: float) -> Op:
    def partials(out: Value, a: Value, b: Value, y: Value) -> Sequence[Any]:
        def over(g: Value) -> Value:
            return quotient(g, beta_density(a, b, out))

        shapes = [_by_shape(a, b, out, k, lambda g: -over(g)) for k in (0, 1)]
        return [*shapes, lambda g: _signed(over(g), sign)]

    return special(
        name,
        signature="a, b, y",
        partials=partials,
        domain=_points((1.3, 2.1, 0.3), (0.7, 1.6, 0.6)),
    )


betaincinv: Op = _beta_inverse("betaincinv", 1.0)
betainccinv: Op = _beta_inverse("betainccinv", -1.0)
