"""Distributions on an interval or on the circle, of standardised variables.

Source: as in `laws_positive.py`; for the von Mises distribution K. Mardia, P. Jupp,
"Directional statistics", 2000.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from srcad.ir.graph import Value
from srcad.ops.arithmetic import greater, greater_equal, less, less_equal
from srcad.ops.bessel import i0e
from srcad.ops.choice import where
from srcad.ops.circular import arcsin, cos, sin
from srcad.ops.complexes import abs_
from srcad.ops.elementary import exp, expm1, log, log1p, sqrt
from srcad.ops.gammas import betaln
from srcad.ops.incomplete import betainc, gammainc
from srcad.ops.law import INF, LOG_2PI, Distribution
from srcad.ops.laws_positive import normal
from srcad.ops.logic import logical_and
from srcad.ops.special import log_ndtr, logit, ndtr, xlogy

UNIT: dict[str, Any] = {"support": (0.0, 1.0), "between": (0.2, 0.8)}
HALF = math.pi / 4.0


def _argus(z: Value, chi: Value) -> Value:
    rest, half = 1.0 - z * z, 0.5 * chi * chi
    scale = log(0.5 * gammainc(1.5, half))
    plain = 3.0 * log(chi) - 0.5 * LOG_2PI + log(z) + 0.5 * log(rest)
    return plain - half * rest - scale


def _argus_sf(z: Value, chi: Value) -> Value:
    half = 0.5 * chi * chi
    return gammainc(1.5, half * (1.0 - z * z)) / gammainc(1.5, half)


def _triangle(z: Value, c: Value) -> Value:
    rising = less(z, c)
    low, high = where(rising, z, c), where(rising, c, z)
    return math.log(2.0) + where(rising, log(low) - log(c), log1p(-high) - log1p(-c))


def _triangle_cdf(z: Value, c: Value) -> Value:
    return where(less(z, c), z * z / c, 1.0 - (1.0 - z) ** 2 / (1.0 - c))


def _trapezoid(z: Value, c: Value, d: Value) -> Value:
    height = log(2.0 / (1.0 + d - c))
    rising, falling = less(z, c), greater(z, d)
    low, high = where(rising, z, c), where(falling, z, d)
    slope = where(rising, log(low) - log(c), 0.0)
    return height + where(falling, log1p(-high) - log1p(-d), slope)


def _trapezoid_cdf(z: Value, c: Value, d: Value) -> Value:
    height = 2.0 / (1.0 + d - c)
    middle = where(less(z, c), 0.5 * z * z / c, z - 0.5 * c)
    last = 1.0 / height - 0.5 * (1.0 - z) ** 2 / (1.0 - d)
    return height * where(greater(z, d), last, middle)


def log_mass(a: Value, b: Value) -> Value:
    """The logarithm of the normal mass from a to b, by the smaller of its tails."""
    right = greater(a, 0.0)
    low, high = where(right, -b, a), where(right, -a, b)
    top = _log_below(high)
    return top + log1p(-exp(_log_below(low) - top))


def _log_below(z: Value) -> Value:
    """log_ndtr, with slope 0 at the infinite ends."""
    finite = less(abs_(z), INF)
    inner = log_ndtr(where(finite, z, 0.0))
    return where(finite, inner, where(less(z, 0.0), -INF, 0.0))


def _between(z: Value, a: Value, b: Value) -> Value:
    return logical_and(greater_equal(z, a), less_equal(z, b))


def _truncated_cdf(z: Value, a: Value, b: Value) -> Value:
    return exp(log_mass(a, z) - log_mass(a, b))


def _pareto_mass(b: Value, c: Value) -> Value:
    return -expm1(-b * log(c))


LOG_UNIFORM = Distribution(
    lambda z, a, b: -log(z) - log(log(b) - log(a)),
    ("a", "b"),
    cdf=lambda z, a, b: (log(z) - log(a)) / (log(b) - log(a)),
    ppf=lambda q, a, b: a * exp(q * (log(b) - log(a))),
    inside=_between,
    safe=lambda a, b: 0.5 * (a + b),
    values=(0.3, 4.0),
    between=(0.5, 3.0),
)

MISES = Distribution(
    lambda z, kappa: kappa * (cos(z) - 1.0) - LOG_2PI - log(i0e(kappa)),
    ("kappa",),
    values=(1.4,),
)

LAWS: Mapping[str, Distribution] = {
    "anglit": Distribution(
        lambda z: log(cos(2.0 * z)),
        cdf=lambda z: sin(z + HALF) ** 2,
        support=(-HALF, HALF),
        between=(-0.6, 0.6),
    ),
    "arcsine": Distribution(
        lambda z: -math.log(math.pi) - 0.5 * log(z) - 0.5 * log1p(-z),
        cdf=lambda z: (2.0 / math.pi) * arcsin(sqrt(z)),
        ppf=lambda q: sin(0.5 * math.pi * q) ** 2,
        **UNIT,
    ),
    "argus": Distribution(_argus, ("chi",), sf=_argus_sf, values=(1.4,), **UNIT),
    "bradford": Distribution(
        lambda z, c: log(c) - log(log1p(c)) - log1p(c * z),
        ("c",),
        cdf=lambda z, c: log1p(c * z) / log1p(c),
        values=(1.4,),
        **UNIT,
    ),
    "cosine": Distribution(
        lambda z: log1p(cos(z)) - LOG_2PI,
        cdf=lambda z: (math.pi + z + sin(z)) / (2.0 * math.pi),
        support=(-math.pi, math.pi),
        between=(-2.0, 2.0),
    ),
    "johnsonsb": Distribution(
        lambda z, a, b: log(b) - log(z) - log1p(-z) + normal(a + b * logit(z)),
        ("a", "b"),
        cdf=lambda z, a, b: ndtr(a + b * logit(z)),
        sf=lambda z, a, b: ndtr(-a - b * logit(z)),
        values=(0.4, 1.3),
        **UNIT,
    ),
    "loguniform": LOG_UNIFORM,
    "reciprocal": LOG_UNIFORM,
    "powerlaw": Distribution(
        lambda z, a: log(a) + xlogy(a - 1.0, z),
        ("a",),
        cdf=lambda z, a: z**a,
        ppf=lambda q, a: q ** (1.0 / a),
        values=(1.7,),
        **UNIT,
    ),
    "rdist": Distribution(
        lambda z, c: xlogy(0.5 * c - 1.0, 1.0 - z * z) - betaln(0.5 + 0.0 * c, 0.5 * c),
        ("c",),
        cdf=lambda z, c: betainc(0.5 * c, 0.5 * c, 0.5 * (1.0 + z)),
        support=(-1.0, 1.0),
        values=(3.4,),
        between=(-0.7, 0.7),
    ),
    "semicircular": Distribution(
        lambda z: math.log(2.0 / math.pi) + 0.5 * log1p(-z * z),
        cdf=lambda z: 0.5 + (z * sqrt(1.0 - z * z) + arcsin(z)) / math.pi,
        support=(-1.0, 1.0),
        between=(-0.7, 0.7),
    ),
    "trapezoid": Distribution(
        _trapezoid, ("c", "d"), cdf=_trapezoid_cdf, values=(0.3, 0.6), **UNIT
    ),
    "triang": Distribution(_triangle, ("c",), cdf=_triangle_cdf, values=(0.1,), **UNIT),
    "truncexpon": Distribution(
        lambda z, b: -z - log(-expm1(-b)),
        ("b",),
        cdf=lambda z, b: expm1(-z) / expm1(-b),
        inside=lambda z, b: _between(z, 0.0 * b, b),
        safe=lambda b: 0.5 * b,
        values=(2.4,),
        between=(0.3, 2.0),
    ),
    "truncnorm": Distribution(
        lambda z, a, b: normal(z) - log_mass(a, b),
        ("a", "b"),
        cdf=_truncated_cdf,
        inside=_between,
        safe=lambda a, b: where(greater(a, -INF), a, where(less(b, INF), b, 0.0)),
        values=(-1.7, 2.3),
    ),
    "truncpareto": Distribution(
        lambda z, b, c: log(b) - (b + 1.0) * log(z) - log(_pareto_mass(b, c)),
        ("b", "c"),
        cdf=lambda z, b, c: -expm1(-b * log(z)) / _pareto_mass(b, c),
        inside=lambda z, b, c: _between(z, 1.0 + 0.0 * c, c),
        safe=lambda b, c: 0.5 * (1.0 + c),
        values=(1.4, 4.0),
        between=(1.3, 3.0),
    ),
    "vonmises": MISES,
    "vonmises_line": replace(MISES, support=(-math.pi, math.pi)),
    "wrapcauchy": Distribution(
        lambda z, c: log1p(-c * c) - LOG_2PI - log(1.0 + c * c - 2.0 * c * cos(z)),
        ("c",),
        support=(0.0, 2.0 * math.pi),
        values=(0.4,),
        between=(0.5, 2.5),
    ),
}
