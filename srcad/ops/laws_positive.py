"""Distributions on the positive numbers, of standardised variables.

Source: N. Johnson, S. Kotz, N. Balakrishnan, "Continuous univariate distributions",
1994, in the parametrisation of `scipy.stats`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from srcad.ir.graph import Value
from srcad.ops.arithmetic import greater, greater_equal, less
from srcad.ops.bessel import i0e, kve
from srcad.ops.choice import where
from srcad.ops.circular import arctan
from srcad.ops.complexes import abs_
from srcad.ops.distributions import COMMON
from srcad.ops.divergences import inv_boxcox
from srcad.ops.elementary import exp, expm1, log, log1p, logaddexp, sqrt
from srcad.ops.gammas import betaln
from srcad.ops.incomplete import betainc, gammainc, gammaincc
from srcad.ops.law import INF, LOG_2PI, Distribution, Formula
from srcad.ops.logic import logical_and
from srcad.ops.noncentral import chndtr, ncf_logpdf, ncfdtr, ncx2_logpdf
from srcad.ops.special import erfc, gammaln, log_expit, log_ndtr, ndtr, xlogy

POSITIVE: dict[str, Any] = {"support": (0.0, INF), "between": (0.4, 2.5)}


def _positive(
    logpdf: Formula,
    shapes: tuple[str, ...] = (),
    values: tuple[float, ...] = (),
    **facts: Any,
) -> Distribution:
    return Distribution(logpdf, shapes, values=values, **{**POSITIVE, **facts})


def normal(z: Value) -> Value:
    """The logarithm of the standard normal density."""
    return -0.5 * (z * z) - 0.5 * LOG_2PI


def _fatigue(z: Value, c: Value) -> Value:
    return (sqrt(z) - 1.0 / sqrt(z)) / c


def _inverse_gauss(z: Value, mu: Value) -> Value:
    apart = (z - mu) / mu
    return -0.5 * LOG_2PI - 1.5 * log(z) - 0.5 * apart * apart / z


def _inverse_gauss_cdf(z: Value, mu: Value, upper: bool = False) -> Value:
    root, ratio = sqrt(z), z / mu
    first = (ratio - 1.0) / root
    second = exp(2.0 / mu + log_ndtr(-(ratio + 1.0) / root))
    return ndtr(-first) - second if upper else ndtr(first) + second


def _generalized_gamma(z: Value, a: Value, c: Value) -> Value:
    return log(abs_(c)) + xlogy(c * a - 1.0, z) - z**c - gammaln(a)


def _generalized_gamma_cdf(z: Value, a: Value, c: Value) -> Value:
    return where(greater(c, 0.0), gammainc(a, z**c), gammaincc(a, z**c))


def _log_laplace_cdf(z: Value, c: Value) -> Value:
    below = less(z, 1.0)
    low, high = where(below, z, 1.0), where(below, 1.0, z)
    return where(below, 0.5 * low**c, 1.0 - 0.5 * high ** (-c))


def _reciprocal_cdf(z: Value, mu: Value) -> Value:
    return _inverse_gauss_cdf(1.0 / z, mu, upper=True)


def _truncated_weibull(z: Value, c: Value, a: Value, b: Value) -> Value:
    return log(c) + xlogy(c - 1.0, z) + a**c - z**c - log(-expm1(a**c - b**c))


def _log_stretch(z: Value, c: Value) -> Value:
    """log(1 + c * z) / c, smooth at c = 0."""
    return log(inv_boxcox(z, c))


LAWS: Mapping[str, Distribution] = {
    "alpha": _positive(
        lambda z, a: -2.0 * log(z) - log_ndtr(a) + normal(a - 1.0 / z),
        ("a",),
        (1.4,),
        cdf=lambda z, a: ndtr(a - 1.0 / z) / ndtr(a),
    ),
    "betaprime": _positive(
        lambda z, a, b: xlogy(a - 1.0, z) - (a + b) * log1p(z) - betaln(a, b),
        ("a", "b"),
        (2.2, 1.7),
        cdf=lambda z, a, b: betainc(a, b, z / (1.0 + z)),
        sf=lambda z, a, b: betainc(b, a, 1.0 / (1.0 + z)),
    ),
    "burr": _positive(
        lambda z, c, d: log(c * d) - (c + 1.0) * log(z) - (d + 1.0) * log1p(z ** (-c)),
        ("c", "d"),
        (2.2, 1.7),
        cdf=lambda z, c, d: exp(-d * log1p(z ** (-c))),
    ),
    "burr12": _positive(
        lambda z, c, d: log(c * d) + xlogy(c - 1.0, z) - (d + 1.0) * log1p(z**c),
        ("c", "d"),
        (2.2, 1.7),
        cdf=lambda z, c, d: -expm1(-d * log1p(z**c)),
        sf=lambda z, c, d: exp(-d * log1p(z**c)),
        logsf=lambda z, c, d: -d * log1p(z**c),
    ),
    "fisk": _positive(
        lambda z, c: log(c) - log(z) + log_expit(c * log(z)) + log_expit(-c * log(z)),
        ("c",),
        (2.2,),
        cdf=lambda z, c: 1.0 / (1.0 + z ** (-c)),
        sf=lambda z, c: 1.0 / (1.0 + z**c),
        ppf=lambda q, c: (q / (1.0 - q)) ** (1.0 / c),
    ),
    "chi": _positive(
        lambda z, df: (
            xlogy(df - 1.0, z)
            - 0.5 * z * z
            - (0.5 * df - 1.0) * math.log(2.0)
            - gammaln(0.5 * df)
        ),
        ("df",),
        (3.1,),
        cdf=lambda z, df: gammainc(0.5 * df, 0.5 * z * z),
        sf=lambda z, df: gammaincc(0.5 * df, 0.5 * z * z),
    ),
    "erlang": replace(COMMON["gamma"], values=(2.0,), fixed=1),
    "exponpow": _positive(
        lambda z, b: 1.0 + log(b) + xlogy(b - 1.0, z) + z**b - exp(z**b),
        ("b",),
        (1.3,),
        cdf=lambda z, b: -expm1(-expm1(z**b)),
        sf=lambda z, b: exp(-expm1(z**b)),
        logsf=lambda z, b: -expm1(z**b),
        between=(0.3, 1.2),
    ),
    "exponweib": _positive(
        lambda z, a, c: (
            log(a * c) + xlogy(c - 1.0, z) - z**c + (a - 1.0) * log(-expm1(-(z**c)))
        ),
        ("a", "c"),
        (1.8, 1.3),
        cdf=lambda z, a, c: (-expm1(-(z**c))) ** a,
    ),
    "fatiguelife": _positive(
        lambda z, c: log1p(z) - log(2.0 * c) - 1.5 * log(z) + normal(_fatigue(z, c)),
        ("c",),
        (0.9,),
        cdf=lambda z, c: ndtr(_fatigue(z, c)),
        sf=lambda z, c: ndtr(-_fatigue(z, c)),
        logsf=lambda z, c: log_ndtr(-_fatigue(z, c)),
    ),
    "foldcauchy": _positive(
        lambda z, c: (
            log(1.0 / (1.0 + (z - c) ** 2) + 1.0 / (1.0 + (z + c) ** 2))
            - math.log(math.pi)
        ),
        ("c",),
        (1.3,),
        cdf=lambda z, c: (arctan(z - c) + arctan(z + c)) / math.pi,
    ),
    "foldnorm": _positive(
        lambda z, c: logaddexp(normal(z - c), normal(z + c)),
        ("c",),
        (1.3,),
        cdf=lambda z, c: ndtr(z - c) - ndtr(-z - c),
        sf=lambda z, c: ndtr(c - z) + ndtr(-z - c),
    ),
    "genexpon": _positive(
        lambda z, a, b, c: (
            log(a - b * expm1(-c * z)) - (a + b) * z - b * expm1(-c * z) / c
        ),
        ("a", "b", "c"),
        (0.9, 1.3, 0.7),
        cdf=lambda z, a, b, c: -expm1(-(a + b) * z - b * expm1(-c * z) / c),
        logsf=lambda z, a, b, c: -(a + b) * z - b * expm1(-c * z) / c,
    ),
    "gengamma": _positive(
        _generalized_gamma, ("a", "c"), (1.8, 1.3), cdf=_generalized_gamma_cdf
    ),
    "geninvgauss": _positive(
        lambda z, p, b: (
            xlogy(p - 1.0, z) - 0.5 * b * (z + 1.0 / z) - log(2.0 * kve(p, b)) + b
        ),
        ("p", "b"),
        (1.5, 1.3),
        fixed=1,
    ),
    "genpareto": _positive(
        lambda z, c: -log1p(c * z) - _log_stretch(z, c),
        ("c",),
        (0.3,),
        cdf=lambda z, c: -expm1(-_log_stretch(z, c)),
        sf=lambda z, c: exp(-_log_stretch(z, c)),
        logsf=lambda z, c: -_log_stretch(z, c),
        inside=lambda z, c: logical_and(
            greater_equal(z, 0.0), greater(1.0 + c * z, 0.0)
        ),
        safe=lambda c: 0.5 / (1.0 + abs_(c)),
    ),
    "gibrat": _positive(
        lambda z: normal(log(z)) - log(z),
        cdf=lambda z: ndtr(log(z)),
        sf=lambda z: ndtr(-log(z)),
        logsf=lambda z: log_ndtr(-log(z)),
    ),
    "gompertz": _positive(
        lambda z, c: log(c) + z - c * expm1(z),
        ("c",),
        (0.8,),
        cdf=lambda z, c: -expm1(-c * expm1(z)),
        sf=lambda z, c: exp(-c * expm1(z)),
        logsf=lambda z, c: -c * expm1(z),
        ppf=lambda q, c: log1p(-log1p(-q) / c),
        between=(0.3, 1.4),
    ),
    "halfcauchy": _positive(
        lambda z: math.log(2.0 / math.pi) - log1p(z * z),
        cdf=lambda z: (2.0 / math.pi) * arctan(z),
        sf=lambda z: (2.0 / math.pi) * arctan(1.0 / z),
    ),
    "halfgennorm": _positive(
        lambda z, beta: log(beta) - z**beta - gammaln(1.0 / beta),
        ("beta",),
        (1.6,),
        cdf=lambda z, beta: gammainc(1.0 / beta, z**beta),
        sf=lambda z, beta: gammaincc(1.0 / beta, z**beta),
    ),
    "halflogistic": _positive(
        lambda z: math.log(2.0) + log_expit(z) + log_expit(-z),
        cdf=lambda z: -expm1(-z) / (1.0 + exp(-z)),
        sf=lambda z: 2.0 * exp(log_expit(-z)),
        logsf=lambda z: math.log(2.0) + log_expit(-z),
    ),
    "invgauss": _positive(
        _inverse_gauss,
        ("mu",),
        (1.3,),
        cdf=_inverse_gauss_cdf,
        sf=lambda z, mu: _inverse_gauss_cdf(z, mu, upper=True),
    ),
    "wald": _positive(
        lambda z: _inverse_gauss(z, 1.0 + 0.0 * z),
        cdf=lambda z: _inverse_gauss_cdf(z, 1.0 + 0.0 * z),
    ),
    "invweibull": _positive(
        lambda z, c: log(c) - (c + 1.0) * log(z) - z ** (-c),
        ("c",),
        (1.7,),
        cdf=lambda z, c: exp(-(z ** (-c))),
        sf=lambda z, c: -expm1(-(z ** (-c))),
        logcdf=lambda z, c: -(z ** (-c)),
        ppf=lambda q, c: (-log(q)) ** (-1.0 / c),
    ),
    "kappa3": _positive(
        lambda z, a: log(a) - (1.0 + 1.0 / a) * log(a + z**a),
        ("a",),
        (1.6,),
        cdf=lambda z, a: z * (a + z**a) ** (-1.0 / a),
    ),
    "levy": _positive(
        lambda z: -0.5 * LOG_2PI - 1.5 * log(z) - 0.5 / z,
        cdf=lambda z: erfc(sqrt(0.5 / z)),
    ),
    "loglaplace": _positive(
        lambda z, c: log(0.5 * c) - log(z) - c * abs_(log(z)),
        ("c",),
        (1.7,),
        cdf=_log_laplace_cdf,
        between=(1.2, 2.5),
    ),
    "lomax": _positive(
        lambda z, c: log(c) - (c + 1.0) * log1p(z),
        ("c",),
        (1.7,),
        cdf=lambda z, c: -expm1(-c * log1p(z)),
        sf=lambda z, c: exp(-c * log1p(z)),
        logsf=lambda z, c: -c * log1p(z),
        ppf=lambda q, c: expm1(-log1p(-q) / c),
    ),
    "maxwell": _positive(
        lambda z: 0.5 * math.log(2.0 / math.pi) + 2.0 * log(z) - 0.5 * z * z,
        cdf=lambda z: gammainc(1.5, 0.5 * z * z),
        sf=lambda z: gammaincc(1.5, 0.5 * z * z),
    ),
    "mielke": _positive(
        lambda z, k, s: log(k) + xlogy(k - 1.0, z) - (1.0 + k / s) * log1p(z**s),
        ("k", "s"),
        (1.8, 1.3),
        cdf=lambda z, k, s: z**k * exp(-k / s * log1p(z**s)),
    ),
    "nakagami": _positive(
        lambda z, nu: (
            math.log(2.0)
            + xlogy(nu, nu)
            - gammaln(nu)
            + xlogy(2.0 * nu - 1.0, z)
            - nu * z * z
        ),
        ("nu",),
        (1.6,),
        cdf=lambda z, nu: gammainc(nu, nu * z * z),
        sf=lambda z, nu: gammaincc(nu, nu * z * z),
    ),
    "ncx2": _positive(
        ncx2_logpdf,
        ("df", "nc"),
        (3.1, 1.2),
        cdf=chndtr,
        fixed=1,
    ),
    "ncf": _positive(
        ncf_logpdf,
        ("dfn", "dfd", "nc"),
        (3.1, 5.2, 1.2),
        cdf=lambda z, dfn, dfd, nc: ncfdtr(dfn, dfd, nc, z),
        fixed=2,
    ),
    "powerlognorm": _positive(
        lambda z, c, s: (
            log(c) - log(z * s) + normal(log(z) / s) + (c - 1.0) * log_ndtr(-log(z) / s)
        ),
        ("c", "s"),
        (1.8, 0.7),
        cdf=lambda z, c, s: -expm1(c * log_ndtr(-log(z) / s)),
        sf=lambda z, c, s: exp(c * log_ndtr(-log(z) / s)),
        logsf=lambda z, c, s: c * log_ndtr(-log(z) / s),
    ),
    "recipinvgauss": _positive(
        lambda z, mu: (
            -0.5 * LOG_2PI - 0.5 * log(z) - 0.5 * (1.0 - mu * z) ** 2 / (z * mu * mu)
        ),
        ("mu",),
        (1.3,),
        cdf=_reciprocal_cdf,
    ),
    "rice": _positive(
        lambda z, b: log(z) - 0.5 * (z - b) ** 2 + log(i0e(b * z)),
        ("b",),
        (1.3,),
        cdf=lambda z, b: chndtr(z * z, 2.0, b * b),
    ),
    "truncweibull_min": _positive(
        _truncated_weibull,
        ("c", "a", "b"),
        (1.7, 0.2, 3.5),
        inside=lambda z, c, a, b: logical_and(greater_equal(z, a), greater_equal(b, z)),
        safe=lambda c, a, b: 0.5 * (a + b),
    ),
}
