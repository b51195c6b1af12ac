"""Distributions of counts: the logarithm of the mass, and distribution functions.

Source: N. Johnson, A. Kemp, S. Kotz, "Univariate discrete distributions", 2005, in the
parametrisation of `scipy.stats`.
"""

from __future__ import annotations

from collections.abc import Mapping

from srcad.ir.graph import Value
from srcad.ops.arithmetic import greater_equal, less, less_equal
from srcad.ops.bessel import ive
from srcad.ops.choice import maximum, minimum, where
from srcad.ops.circular import tanh
from srcad.ops.complexes import abs_
from srcad.ops.divergences import xlog1py
from srcad.ops.elementary import exp, expm1, log, log1p, sqrt
from srcad.ops.gammas import betaln
from srcad.ops.incomplete import betainc, betaincc, gammainc, gammaincc
from srcad.ops.law import INF, Distribution
from srcad.ops.logic import logical_and
from srcad.ops.special import gammaln, xlogy
from srcad.ops.zeta import zeta

COUNTS = (0.0, INF)


def _ways(n: Value, k: Value) -> Value:
    """The logarithm of the number of ways to choose k of n."""
    return gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)


def _binomial(k: Value, n: Value, p: Value) -> Value:
    return _ways(n, k) + xlogy(k, p) + xlog1py(n - k, -p)


def _binomial_cdf(k: Value, n: Value, p: Value, upper: bool = False) -> Value:
    whole = less(k, n)
    more, fewer = where(whole, k, n - 1.0) + 1.0, n - where(whole, k, n - 1.0)
    if upper:
        return where(whole, betainc(more, fewer, p), 0.0)
    return where(whole, betaincc(more, fewer, p), 1.0)


def _negative(k: Value, n: Value, p: Value) -> Value:
    ways = gammaln(k + n) - gammaln(k + 1.0) - gammaln(n)
    return ways + n * log(p) + xlog1py(k, -p)


def _beta_binomial(k: Value, n: Value, a: Value, b: Value) -> Value:
    return _ways(n, k) + betaln(k + a, n - k + b) - betaln(a, b)


def _beta_negative(k: Value, n: Value, a: Value, b: Value) -> Value:
    ways = gammaln(k + n) - gammaln(k + 1.0) - gammaln(n)
    return ways + betaln(a + n, b + k) - betaln(a, b)


def _up_to(k: Value, n: Value, *_: Value) -> Value:
    return logical_and(greater_equal(k, 0), less_equal(k, n))


def _none(*shapes: Value) -> Value:
    return 0.0 * shapes[0]


def _drawn(k: Value, M: Value, n: Value, N: Value) -> Value:
    return _ways(n, k) + _ways(M - n, N - k) - _ways(M, N)


def _drawn_inside(k: Value, M: Value, n: Value, N: Value) -> Value:
    low, high = maximum(0.0, N - (M - n)), minimum(n, N)
    return logical_and(greater_equal(k, low), less_equal(k, high))


def _difference(k: Value, mu1: Value, mu2: Value) -> Value:
    apart = sqrt(mu1) - sqrt(mu2)
    found = 0.5 * k * (log(mu1) - log(mu2)) - apart * apart
    return found + log(ive(abs_(k), 2.0 * sqrt(mu1 * mu2)))


DISCRETE: Mapping[str, Distribution] = {
    "poisson": Distribution(
        lambda k, mu: xlogy(k, mu) - gammaln(k + 1.0) - mu,
        ("mu",),
        cdf=lambda k, mu: gammaincc(k + 1.0, mu),
        sf=lambda k, mu: gammainc(k + 1.0, mu),
        values=(2.3,),
        support=COUNTS,
    ),
    "bernoulli": Distribution(
        lambda k, p: xlogy(k, p) + xlog1py(1.0 - k, -p),
        ("p",),
        cdf=lambda k, p: where(less(k, 1), 1.0 - p, 1.0),
        values=(0.3,),
        support=(0.0, 1.0),
    ),
    "binom": Distribution(
        _binomial,
        ("n", "p"),
        cdf=_binomial_cdf,
        sf=lambda k, n, p: _binomial_cdf(k, n, p, upper=True),
        values=(5, 0.3),
        support=COUNTS,
        inside=_up_to,
        safe=_none,
    ),
    "nbinom": Distribution(
        _negative,
        ("n", "p"),
        cdf=lambda k, n, p: betainc(n, k + 1.0, p),
        sf=lambda k, n, p: betaincc(n, k + 1.0, p),
        values=(4, 0.4),
        support=COUNTS,
    ),
    "geom": Distribution(
        lambda k, p: xlog1py(k - 1.0, -p) + log(p),
        ("p",),
        cdf=lambda k, p: -expm1(k * log1p(-p)),
        sf=lambda k, p: exp(k * log1p(-p)),
        values=(0.4,),
        support=(1.0, INF),
    ),
    "betabinom": Distribution(
        _beta_binomial,
        ("n", "a", "b"),
        values=(5, 1.3, 2.1),
        support=COUNTS,
        inside=_up_to,
        safe=_none,
    ),
    "betanbinom": Distribution(
        _beta_negative, ("n", "a", "b"), values=(5, 1.3, 2.1), support=COUNTS
    ),
    "boltzmann": Distribution(
        lambda k, lambda_, N: (
            log(-expm1(-lambda_)) - lambda_ * k - log(-expm1(-lambda_ * N))
        ),
        ("lambda_", "N"),
        values=(0.7, 6),
        support=COUNTS,
        inside=lambda k, lambda_, N: _up_to(k, N - 1.0),
        safe=_none,
    ),
    "dlaplace": Distribution(
        lambda k, a: log(tanh(0.5 * a)) - a * abs_(k), ("a",), values=(0.7,)
    ),
    "hypergeom": Distribution(
        _drawn,
        ("M", "n", "N"),
        values=(20, 7, 12),
        support=COUNTS,
        inside=_drawn_inside,
        safe=lambda M, n, N: maximum(0.0, N - (M - n)),
    ),
    "logser": Distribution(
        lambda k, p: k * log(p) - log(k) - log(-log1p(-p)),
        ("p",),
        values=(0.4,),
        support=(1.0, INF),
    ),
    "planck": Distribution(
        lambda k, lambda_: log(-expm1(-lambda_)) - lambda_ * k,
        ("lambda_",),
        cdf=lambda k, lambda_: -expm1(-lambda_ * (k + 1.0)),
        sf=lambda k, lambda_: exp(-lambda_ * (k + 1.0)),
        values=(0.7,),
        support=COUNTS,
    ),
    "randint": Distribution(
        lambda k, low, high: -log(1.0 * (high - low)) + 0.0 * k,
        ("low", "high"),
        values=(0, 6),
        support=COUNTS,
        inside=lambda k, low, high: logical_and(greater_equal(k, low), less(k, high)),
        safe=lambda low, high: 1.0 * low,
    ),
    "skellam": Distribution(_difference, ("mu1", "mu2"), values=(1.3, 2.1)),
    "yulesimon": Distribution(
        lambda k, alpha: log(alpha) + betaln(k, alpha + 1.0),
        ("alpha",),
        values=(1.7,),
        support=(1.0, INF),
    ),
    "zipf": Distribution(
        lambda k, a: -a * log(k) - log(zeta(a)),
        ("a",),
        values=(2.4,),
        support=(1.0, INF),
    ),
}
