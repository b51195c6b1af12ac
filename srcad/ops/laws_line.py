"""Distributions on the whole line, of standardised variables.

Source: as in `laws_positive.py`; for the exponentially modified normal E. Grushka,
Analytical Chemistry 44 (1972); for the skew normal A. Azzalini (1985).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from srcad.ir.graph import Value
from srcad.ops.arithmetic import greater, less
from srcad.ops.bessel import k1e
from srcad.ops.choice import where
from srcad.ops.circular import arcsinh, arctan
from srcad.ops.complexes import abs_
from srcad.ops.divergences import inv_boxcox
from srcad.ops.elementary import exp, expm1, log, log1p, logaddexp, sqrt
from srcad.ops.incomplete import gammainc, gammaincc
from srcad.ops.law import INF, LOG_2PI, Distribution
from srcad.ops.laws_positive import normal
from srcad.ops.noncentral import tklmbda
from srcad.ops.special import erfc, gammaln, log_expit, log_ndtr, ndtr, xlogy
from srcad.ops.special_integrals import owens_t


def _two_sided(z: Value, tail: Any) -> Value:
    """The distribution function of a symmetric one, by its upper tail."""
    far = 0.5 * tail(abs_(z))
    return where(less(z, 0.0), far, 1.0 - far)


def _ball(z: Value, beta: Value, m: Value) -> Value:
    """A normal peak with a power on the left (the "crystal ball")."""
    edge = m / beta
    tail = edge / (m - 1.0) * exp(-0.5 * beta * beta)
    scale = log(tail + math.sqrt(2.0 * math.pi) * ndtr(beta))
    peak = greater(z, -beta)
    low = where(peak, -beta, z)
    power = m * log(edge) - 0.5 * beta * beta - m * log(edge - beta - low)
    return where(peak, -0.5 * z * z, power) - scale


def _ball_cdf(z: Value, beta: Value, m: Value) -> Value:
    edge, mass = m / beta, exp(-0.5 * beta * beta)
    tail = edge / (m - 1.0) * mass
    scale = tail + math.sqrt(2.0 * math.pi) * ndtr(beta)
    peak = greater(z, -beta)
    low = where(peak, -beta, z)
    power = tail * exp((m - 1.0) * (log(edge) - log(edge - beta - low)))
    whole = tail + math.sqrt(2.0 * math.pi) * (ndtr(z) - ndtr(-beta))
    return where(peak, whole, power) / scale


def _lopsided(z: Value, kappa: Value) -> Value:
    rate = where(less(z, 0.0), 1.0 / kappa, -kappa)
    return z * rate - log(kappa + 1.0 / kappa)


def _lopsided_cdf(z: Value, kappa: Value) -> Value:
    whole, below = kappa + 1.0 / kappa, less(z, 0.0)
    low, high = where(below, z, 0.0), where(below, 0.0, z)
    left = kappa / whole * exp(low / kappa)
    return where(below, left, 1.0 - exp(-high * kappa) / (kappa * whole))


def _skew_cauchy(z: Value, a: Value) -> Value:
    width = where(less(z, 0.0), 1.0 - a, 1.0 + a)
    return -math.log(math.pi) - log1p((z / width) ** 2)


def _skew_cauchy_cdf(z: Value, a: Value) -> Value:
    width = where(less(z, 0.0), 1.0 - a, 1.0 + a)
    return 0.5 * (1.0 - a) + width / math.pi * arctan(z / width)


def _pearson(z: Value, skew: Value) -> tuple[Value, Value]:
    rate = 2.0 / skew
    return rate, rate * (z + rate)


def _pearson_logpdf(z: Value, skew: Value) -> Value:
    rate, moved = _pearson(z, skew)
    shape = rate * rate
    return log(abs_(rate)) + xlogy(shape - 1.0, moved) - moved - gammaln(shape)


def _pearson_cdf(z: Value, skew: Value) -> Value:
    rate, moved = _pearson(z, skew)
    shape = rate * rate
    low, high = gammainc(shape, moved), gammaincc(shape, moved)
    return where(greater(skew, 0.0), low, high)


def _johnson(z: Value, a: Value, b: Value) -> Value:
    return a + b * arcsinh(z)


def _tukey(z: Value, lam: Value) -> Value:
    p = tklmbda(z, lam)
    return -log(p ** (lam - 1.0) + (1.0 - p) ** (lam - 1.0))


def _hyperbolic_normal(z: Value, a: Value, b: Value) -> Value:
    root = sqrt(1.0 + z * z)
    gap = sqrt(a * a - b * b) + b * z - a * root
    return log(a * k1e(a * root) / (math.pi * root)) + gap


LAWS: Mapping[str, Distribution] = {
    "crystalball": Distribution(
        _ball, ("beta", "m"), cdf=_ball_cdf, values=(1.2, 3.4), between=(-3.0, -1.5)
    ),
    "dgamma": Distribution(
        lambda z, a: xlogy(a - 1.0, abs_(z)) - abs_(z) - gammaln(a) - math.log(2.0),
        ("a",),
        cdf=lambda z, a: _two_sided(z, lambda v: gammaincc(a, v)),
        values=(1.7,),
        between=(0.4, 2.0),
    ),
    "dweibull": Distribution(
        lambda z, c: log(0.5 * c) + xlogy(c - 1.0, abs_(z)) - abs_(z) ** c,
        ("c",),
        cdf=lambda z, c: _two_sided(z, lambda v: exp(-(v**c))),
        values=(1.7,),
        between=(-2.0, -0.4),
    ),
    "exponnorm": Distribution(
        lambda z, K: 0.5 / (K * K) - z / K + log_ndtr(z - 1.0 / K) - log(K),
        ("K",),
        cdf=lambda z, K: ndtr(z) - exp(0.5 / (K * K) - z / K + log_ndtr(z - 1.0 / K)),
        values=(1.4,),
    ),
    "genextreme": Distribution(
        lambda z, c: log(inv_boxcox(-z, c)) - log1p(-c * z) - inv_boxcox(-z, c),
        ("c",),
        cdf=lambda z, c: exp(-inv_boxcox(-z, c)),
        sf=lambda z, c: -expm1(-inv_boxcox(-z, c)),
        logcdf=lambda z, c: -inv_boxcox(-z, c),
        inside=lambda z, c: greater(1.0 - c * z, 0.0),
        safe=lambda c: 0.0 * c,
        values=(0.3,),
    ),
    "genlogistic": Distribution(
        lambda z, c: log(c) - z + (c + 1.0) * log_expit(z),
        ("c",),
        cdf=lambda z, c: exp(c * log_expit(z)),
        sf=lambda z, c: -expm1(c * log_expit(z)),
        logcdf=lambda z, c: c * log_expit(z),
        values=(1.7,),
    ),
    "gennorm": Distribution(
        lambda z, beta: log(0.5 * beta) - gammaln(1.0 / beta) - abs_(z) ** beta,
        ("beta",),
        cdf=lambda z, beta: _two_sided(z, lambda v: gammaincc(1.0 / beta, v**beta)),
        values=(1.7,),
        between=(0.4, 2.0),
    ),
    "hypsecant": Distribution(
        lambda z: math.log(2.0 / math.pi) - logaddexp(z, -z),
        cdf=lambda z: (2.0 / math.pi) * arctan(exp(z)),
        sf=lambda z: (2.0 / math.pi) * arctan(exp(-z)),
    ),
    "johnsonsu": Distribution(
        lambda z, a, b: log(b) - 0.5 * log1p(z * z) + normal(_johnson(z, a, b)),
        ("a", "b"),
        cdf=lambda z, a, b: ndtr(_johnson(z, a, b)),
        sf=lambda z, a, b: ndtr(-_johnson(z, a, b)),
        values=(0.4, 1.3),
    ),
    "laplace_asymmetric": Distribution(
        _lopsided,
        ("kappa",),
        cdf=_lopsided_cdf,
        values=(1.4,),
        between=(-1.5, -0.3),
    ),
    "loggamma": Distribution(
        lambda z, c: c * z - exp(z) - gammaln(c),
        ("c",),
        cdf=lambda z, c: gammainc(c, exp(z)),
        sf=lambda z, c: gammaincc(c, exp(z)),
        values=(1.7,),
    ),
    "moyal": Distribution(
        lambda z: -0.5 * (z + exp(-z)) - 0.5 * LOG_2PI,
        cdf=lambda z: erfc(exp(-0.5 * z) * math.sqrt(0.5)),
    ),
    "norminvgauss": Distribution(_hyperbolic_normal, ("a", "b"), values=(1.8, 0.6)),
    "pearson3": Distribution(
        _pearson_logpdf,
        ("skew",),
        cdf=_pearson_cdf,
        inside=lambda z, skew: greater(_pearson(z, skew)[1], 0.0),
        safe=lambda skew: 0.0 * skew,
        values=(0.8,),
    ),
    "powernorm": Distribution(
        lambda z, c: log(c) + normal(z) + (c - 1.0) * log_ndtr(-z),
        ("c",),
        cdf=lambda z, c: -expm1(c * log_ndtr(-z)),
        sf=lambda z, c: exp(c * log_ndtr(-z)),
        logsf=lambda z, c: c * log_ndtr(-z),
        values=(1.8,),
    ),
    "skewcauchy": Distribution(
        _skew_cauchy, ("a",), cdf=_skew_cauchy_cdf, values=(0.4,), between=(0.3, 2.0)
    ),
    "skewnorm": Distribution(
        lambda z, a: math.log(2.0) + normal(z) + log_ndtr(a * z),
        ("a",),
        cdf=lambda z, a: ndtr(z) - 2.0 * owens_t(z, a),
        values=(1.4,),
    ),
    "tukeylambda": Distribution(
        _tukey,
        ("lam",),
        cdf=tklmbda,
        inside=lambda z, lam: less(lam * abs_(z), 1.0),
        safe=lambda lam: 0.0 * lam,
        values=(0.4,),
    ),
    "levy_l": Distribution(
        lambda z: -0.5 * LOG_2PI - 1.5 * log(-z) + 0.5 / z,
        cdf=lambda z: 1.0 - erfc(sqrt(-0.5 / z)),
        support=(-INF, 0.0),
        between=(-2.5, -0.4),
    ),
    "weibull_max": Distribution(
        lambda z, c: log(c) + xlogy(c - 1.0, -z) - (-z) ** c,
        ("c",),
        cdf=lambda z, c: exp(-((-z) ** c)),
        sf=lambda z, c: -expm1(-((-z) ** c)),
        logcdf=lambda z, c: -((-z) ** c),
        support=(-INF, 0.0),
        values=(1.7,),
        between=(-2.0, -0.3),
    ),
}
