"""Student's distribution function, by its degrees of freedom too.

Source: DLMF 8.17 and M. Abramowitz, I. Stegun, "Handbook of mathematical functions",
26.5.27: the tail is half an incomplete beta function. For many degrees of freedom n the
derivative is of the order n**-2, the sum of terms of the order n**-1: these are taken
from differences that keep all digits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from srcad.ir.graph import Value, as_value
from srcad.ops.arithmetic import greater, greater_equal, less_equal
from srcad.ops.choice import where
from srcad.ops.complexes import abs_
from srcad.ops.declare import Op
from srcad.ops.domain import at, spaced
from srcad.ops.elementary import exp, log, log1p
from srcad.ops.families import special
from srcad.ops.gammas import betaln
from srcad.ops.implicit import solving
from srcad.ops.moments import beta_moment
from srcad.ops.special import digamma, gammaln

BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730)


def student_logpdf(t: Value, df: Value) -> Value:
    """The logarithm of the density."""
    top = gammaln(0.5 * (df + 1.0)) - gammaln(0.5 * df) - 0.5 * log(math.pi * df)
    return top - 0.5 * (df + 1.0) * log1p(t * t / df)


def half_step(a: Value) -> Value:
    """digamma(a + 1/2) - digamma(a): DLMF 5.11.2 and 5.5.8 for large a."""
    large = greater_equal(a, 15.0)
    far, near = where(large, a, 15.0), where(large, 15.0, a)
    square, total = 1.0 / (far * far), as_value(0.0)
    for k in range(len(BERNOULLI), 0, -1):
        total = (total + BERNOULLI[k - 1] * (1.0 - 4.0**-k) / k) * square
    return where(large, 0.5 / far + total, digamma(near + 0.5) - digamma(near))


def _near(df: Value, t: Value) -> Value:
    """The derivative by df for t * t <= 1.

    The function less 1/2 is t / 2 * (df + t * t)**(-1/2) * r**(1 - df / 2)
    / beta(1/2, df / 2) * G, with r = 1 + t * t / df and a moment G.
    """
    b, odds = 0.5 * df, t * t / df
    log_r, total = log1p(odds), df + t * t
    scale = exp((1.0 - b) * log_r - betaln(0.5, b) - 0.5 * log(total))
    by_log = (
        0.5 * (half_step(b) - log_r) - 0.5 / total + (b - 1.0) * t * t / (df * total)
    )
    plain = beta_moment(0.5, b, odds, order=0, logs=0)
    lower = beta_moment(0.5, b - 1.0, odds, order=0, logs=0)
    lower = lower - beta_moment(1.5, b - 1.0, odds, order=0, logs=0)
    slope = 0.5 * beta_moment(0.5, b, odds, order=0, logs=1)
    slope = slope - (b - 1.0) * lower * odds / df
    return 0.5 * t * scale * (plain * by_log + slope)


def _tail(df: Value, t: Value) -> Value:
    """The derivative by df of the probability beyond t >= 1.

    That is I / 2 with I = I_x(a, 1/2), a = df / 2 and x = df / (df + t * t). Of I the
    part `held` * G is I_x(a + 1, 1/2), and the rest, `held` / (odds * (a + 1/2)), is
    x**a * (1 - x)**(1/2) / (a * beta(a, 1/2)).
    """
    a, odds = 0.5 * df, df / (t * t)
    plain = beta_moment(a + 1.0, 0.5, odds, order=0, logs=0)
    first = beta_moment(a + 1.0, 0.5, odds, order=1, logs=0)
    edge = 1.0 / (odds * (a + 0.5))
    held = 1.0 / (plain + edge)
    by_a = half_step(a) - log1p(t * t / df) - 1.0 / a
    by_a = by_a + held * (plain / (a + 0.5) - first)
    return stdtr(df, -t) * (0.5 * by_a + 0.5 * held * edge)


def student_by_df(df: Value, t: Value) -> Value:
    """The derivative of stdtr(df, t) by df."""
    near = less_equal(abs_(t), 1.0)
    right = greater(t, 1.0)
    close = where(near, t, 0.5)
    far = where(near, 2.0, where(right, t, -t))
    tail = _tail(df, far)
    found: Value = where(near, _near(df, close), where(right, -tail, tail))
    return found


def _partials(out: Value, df: Value, t: Value) -> Sequence[Any]:
    return [lambda g: g * student_by_df(df, t), exp(student_logpdf(t, df))]


stdtr: Op = special(
    "stdtr",
    signature="df, t",
    partials=_partials,
    domain=lambda: [
        at(3.5, 0.7),
        at(4.2, 1.9),
        at(40.0, 3.0),
        at(2.1, spaced(-0.9, 0.9, (2, 2))),
        at(spaced(3.0, 40.0, (2,)), -1.7),
        at(3.0, 0.0),
    ],
)

stdtrit: Op = solving(
    "stdtrit",
    "df, p",
    level="p",
    unknown="t",
    formula=stdtr,
    domain=lambda: [at(3.5, 0.7), at(4.2, spaced(0.1, 0.4, (2, 2)))],
)
stdtridf: Op = solving(
    "stdtridf",
    "p, t",
    level="p",
    unknown="df",
    formula=stdtr,
    domain=lambda: [at(0.75, 0.8)],
)
