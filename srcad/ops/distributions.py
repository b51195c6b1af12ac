"""Densities and distribution functions in closed form, of standardised variables.

Each entry gives what it can: the logarithm of the density (or mass), the distribution
function from below and from above, and its inverse, as formulas of z and the shapes in
other operations. Source: N. Johnson, S. Kotz, N. Balakrishnan, "Continuous univariate
distributions", 1994, in the parametrisation of `scipy.stats`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from srcad.ir.graph import Value
from srcad.ops.arithmetic import less
from srcad.ops.cdfs import fdtr, fdtrc
from srcad.ops.choice import where
from srcad.ops.circular import arctan, tan
from srcad.ops.complexes import abs_
from srcad.ops.divergences import xlog1py
from srcad.ops.elementary import exp, expm1, log, log1p, sqrt
from srcad.ops.gammas import betaln
from srcad.ops.incomplete import (
    betainc,
    betaincinv,
    gammainc,
    gammaincc,
    gammaincinv,
)
from srcad.ops.law import INF, LOG_2PI, Distribution
from srcad.ops.special import expit, gammaln, log_expit, log_ndtr, logit, ndtr, xlogy
from srcad.ops.special_integrals import ndtri
from srcad.ops.student import stdtr, student_logpdf


def _half_tail(z: Value, sign: float) -> Value:
    """The distribution function of Laplace's, from below (sign 1) or above."""
    z = z if sign > 0 else -z
    tail = 0.5 * exp(-abs_(z))
    return where(less(z, 0.0), tail, 1.0 - tail)


def _cauchy_cdf(z: Value) -> Value:
    """By the angle seen from far out, where the sum with 1/2 would cancel."""
    far = less(z, -1.0)
    tail = arctan(-1.0 / where(far, z, -1.0)) / math.pi
    return where(far, tail, 0.5 + arctan(z) / math.pi)


def _f_logpdf(z: Value, dfn: Value, dfd: Value) -> Value:
    ends = 0.5 * dfn * log(dfn) + 0.5 * dfd * log(dfd)
    middle = xlogy(0.5 * dfn - 1.0, z) - 0.5 * (dfn + dfd) * log(dfd + dfn * z)
    return ends + middle - betaln(0.5 * dfn, 0.5 * dfd)


def _lognorm_logpdf(z: Value, s: Value) -> Value:
    ratio = log(z) / s
    return -0.5 * ratio * ratio - log(s * z) - 0.5 * LOG_2PI


COMMON: Mapping[str, Distribution] = {
    "norm": Distribution(
        lambda z: -0.5 * (z * z) - 0.5 * LOG_2PI,
        cdf=ndtr,
        sf=lambda z: ndtr(-z),
        logcdf=log_ndtr,
        logsf=lambda z: log_ndtr(-z),
        ppf=ndtri,
    ),
    "expon": Distribution(
        lambda z: -z,
        cdf=lambda z: -expm1(-z),
        sf=lambda z: exp(-z),
        logcdf=lambda z: log(-expm1(-z)),
        logsf=lambda z: -z,
        ppf=lambda q: -log1p(-q),
        support=(0.0, INF),
        between=(0.2, 3.0),
    ),
    "uniform": Distribution(
        lambda z: 0.0 * z,
        cdf=lambda z: z,
        sf=lambda z: 1.0 - z,
        logcdf=log,
        logsf=lambda z: log1p(-z),
        ppf=lambda q: q,
        support=(0.0, 1.0),
        between=(0.2, 0.8),
    ),
    "laplace": Distribution(
        lambda z: -abs_(z) - math.log(2.0),
        cdf=lambda z: _half_tail(z, 1.0),
        sf=lambda z: _half_tail(z, -1.0),
        logcdf=lambda z: log(_half_tail(z, 1.0)),
        logsf=lambda z: log(_half_tail(z, -1.0)),
        between=(0.2, 1.5),
    ),
    "cauchy": Distribution(
        lambda z: -math.log(math.pi) - log1p(z * z),
        cdf=_cauchy_cdf,
        sf=lambda z: _cauchy_cdf(-z),
        logcdf=lambda z: log(_cauchy_cdf(z)),
        logsf=lambda z: log(_cauchy_cdf(-z)),
        ppf=lambda q: tan(math.pi * (q - 0.5)),
    ),
    "logistic": Distribution(
        lambda z: log_expit(z) + log_expit(-z),
        cdf=expit,
        sf=lambda z: expit(-z),
        logcdf=log_expit,
        logsf=lambda z: log_expit(-z),
        ppf=logit,
    ),
    "gumbel_r": Distribution(
        lambda z: -z - exp(-z),
        cdf=lambda z: exp(-exp(-z)),
        sf=lambda z: -expm1(-exp(-z)),
        logcdf=lambda z: -exp(-z),
        ppf=lambda q: -log(-log(q)),
    ),
    "gumbel_l": Distribution(
        lambda z: z - exp(z),
        cdf=lambda z: -expm1(-exp(z)),
        sf=lambda z: exp(-exp(z)),
        logsf=lambda z: -exp(z),
        ppf=lambda q: log(-log1p(-q)),
    ),
    "halfnorm": Distribution(
        lambda z: -0.5 * (z * z) + 0.5 * math.log(2.0 / math.pi),
        cdf=lambda z: 2.0 * ndtr(z) - 1.0,
        sf=lambda z: 2.0 * ndtr(-z),
        logsf=lambda z: log_ndtr(-z) + math.log(2.0),
        support=(0.0, INF),
        between=(0.2, 2.0),
    ),
    "rayleigh": Distribution(
        lambda z: log(z) - 0.5 * (z * z),
        cdf=lambda z: -expm1(-0.5 * (z * z)),
        sf=lambda z: exp(-0.5 * (z * z)),
        logsf=lambda z: -0.5 * (z * z),
        ppf=lambda q: sqrt(-2.0 * log1p(-q)),
        support=(0.0, INF),
        between=(0.3, 2.0),
    ),
    "t": Distribution(
        student_logpdf,
        ("df",),
        cdf=lambda z, df: stdtr(df, z),
        sf=lambda z, df: stdtr(df, -z),
        logcdf=lambda z, df: log(stdtr(df, z)),
        logsf=lambda z, df: log(stdtr(df, -z)),
        values=(3.5,),
    ),
    "gamma": Distribution(
        lambda z, a: xlogy(a - 1.0, z) - z - gammaln(a),
        ("a",),
        cdf=lambda z, a: gammainc(a, z),
        sf=lambda z, a: gammaincc(a, z),
        logcdf=lambda z, a: log(gammainc(a, z)),
        logsf=lambda z, a: log(gammaincc(a, z)),
        ppf=lambda q, a: gammaincinv(a, q),
        support=(0.0, INF),
        values=(2.3,),
        between=(0.3, 3.0),
    ),
    "chi2": Distribution(
        lambda z, df: (
            xlogy(0.5 * df - 1.0, z)
            - 0.5 * z
            - gammaln(0.5 * df)
            - 0.5 * math.log(2.0) * df
        ),
        ("df",),
        cdf=lambda z, df: gammainc(0.5 * df, 0.5 * z),
        sf=lambda z, df: gammaincc(0.5 * df, 0.5 * z),
        logcdf=lambda z, df: log(gammainc(0.5 * df, 0.5 * z)),
        logsf=lambda z, df: log(gammaincc(0.5 * df, 0.5 * z)),
        ppf=lambda q, df: 2.0 * gammaincinv(0.5 * df, q),
        support=(0.0, INF),
        values=(3.1,),
        between=(0.5, 4.0),
    ),
    "beta": Distribution(
        lambda z, a, b: xlogy(a - 1.0, z) + xlog1py(b - 1.0, -z) - betaln(a, b),
        ("a", "b"),
        cdf=lambda z, a, b: betainc(a, b, z),
        sf=lambda z, a, b: betainc(b, a, 1.0 - z),
        logcdf=lambda z, a, b: log(betainc(a, b, z)),
        logsf=lambda z, a, b: log(betainc(b, a, 1.0 - z)),
        ppf=lambda q, a, b: betaincinv(a, b, q),
        support=(0.0, 1.0),
        values=(2.2, 1.7),
        between=(0.2, 0.8),
    ),
    "f": Distribution(
        _f_logpdf,
        ("dfn", "dfd"),
        cdf=lambda z, dfn, dfd: fdtr(dfn, dfd, z),
        sf=lambda z, dfn, dfd: fdtrc(dfn, dfd, z),
        support=(0.0, INF),
        values=(3.2, 4.1),
        between=(0.4, 2.0),
    ),
    "lognorm": Distribution(
        _lognorm_logpdf,
        ("s",),
        cdf=lambda z, s: ndtr(log(z) / s),
        sf=lambda z, s: ndtr(-log(z) / s),
        logcdf=lambda z, s: log_ndtr(log(z) / s),
        logsf=lambda z, s: log_ndtr(-log(z) / s),
        ppf=lambda q, s: exp(s * ndtri(q)),
        support=(0.0, INF),
        values=(0.8,),
        between=(0.4, 2.5),
    ),
    "weibull_min": Distribution(
        lambda z, c: log(c) + xlogy(c - 1.0, z) - z**c,
        ("c",),
        cdf=lambda z, c: -expm1(-(z**c)),
        sf=lambda z, c: exp(-(z**c)),
        logsf=lambda z, c: -(z**c),
        ppf=lambda q, c: (-log1p(-q)) ** (1.0 / c),
        support=(0.0, INF),
        values=(1.7,),
        between=(0.3, 2.0),
    ),
    "pareto": Distribution(
        lambda z, b: log(b) - (b + 1.0) * log(z),
        ("b",),
        cdf=lambda z, b: -expm1(-b * log(z)),
        sf=lambda z, b: z ** (-b),
        logsf=lambda z, b: -b * log(z),
        ppf=lambda q, b: exp(-log1p(-q) / b),
        support=(1.0, INF),
        values=(2.4,),
        between=(1.3, 3.0),
    ),
    "invgamma": Distribution(
        lambda z, a: -(a + 1.0) * log(z) - gammaln(a) - 1.0 / z,
        ("a",),
        cdf=lambda z, a: gammaincc(a, 1.0 / z),
        sf=lambda z, a: gammainc(a, 1.0 / z),
        support=(0.0, INF),
        values=(2.3,),
        between=(0.4, 2.0),
    ),
}
