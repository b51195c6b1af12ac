"""Noncentral distribution functions, Kolmogorov's, Tukey's, and Wright's functions.

By the variable, and by the noncentrality where that is a difference of neighbours; by
degrees of freedom there is no formula. Source: N. Johnson, S. Kotz, N. Balakrishnan,
"Continuous univariate distributions", 1995, chapters 29 to 31; G. Marsaglia, W. Tsang,
J. Wang, "Evaluating Kolmogorov's distribution", 2003; DLMF 10.46.
"""

from __future__ import annotations

import math
from typing import Any

from srcad.ir.graph import Value, as_value
from srcad.ops.arithmetic import greater, quotient
from srcad.ops.bessel import ive
from srcad.ops.choice import where
from srcad.ops.declare import Op
from srcad.ops.divergences import boxcox
from srcad.ops.domain import at, at_fixed, spaced, unary, value_at
from srcad.ops.elementary import exp, log, sqrt
from srcad.ops.families import special
from srcad.ops.gammas import betaln
from srcad.ops.hyper import hyp1f1
from srcad.ops.implicit import solving
from srcad.ops.refused import no_partial
from srcad.ops.special import xlogy

# ---- noncentral chi square -----------------------------------------------------------


def ncx2_logpdf(x: Value, df: Value, nc: Value) -> Value:
    """The logarithm of the density, for x, nc > 0."""
    order = 0.5 * df - 1.0
    apart = sqrt(x) - sqrt(nc)
    found = -0.5 * (apart * apart) + 0.5 * order * (log(x) - log(nc))
    return found + log(ive(order, sqrt(x * nc))) - math.log(2.0)


chndtr: Op = special(
    "chndtr",
    signature="x, df, nc",
    partials=lambda out, x, df, nc: [
        lambda g: g * exp(ncx2_logpdf(x, df, nc)),
        no_partial("chndtr", "df"),
        lambda g: 0.5 * g * (chndtr(x, df + 2.0, nc) - out),
    ],
    domain=lambda: [
        at_fixed((1,), 1.7, 3.0, 0.8),
        at_fixed((1,), spaced(0.5, 4.0, (2, 2)), 2.0, 1.3),
    ],
)
chndtrix: Op = solving(
    "chndtrix",
    "p, df, nc",
    level="p",
    unknown="x",
    formula=chndtr,
    domain=lambda: [at_fixed((1,), 0.4, 3.0, 0.8)],
)
chndtrinc: Op = solving(
    "chndtrinc",
    "x, df, p",
    level="p",
    unknown="nc",
    formula=chndtr,
    domain=lambda: [at_fixed((1,), 1.7, 3.0, 0.2)],
)

# ---- noncentral F --------------------------------------------------------------------


def ncf_logpdf(f: Value, dfn: Value, dfd: Value, nc: Value) -> Value:
    """The logarithm of the density: that of F, times Kummer's function."""
    a, b = 0.5 * dfn, 0.5 * dfd
    whole = dfd + dfn * f
    plain = a * log(dfn) + b * log(dfd) + xlogy(a - 1.0, f) - (a + b) * log(whole)
    more = log(hyp1f1(a + b, a, 0.5 * nc * dfn * f / whole))
    return plain - betaln(a, b) - 0.5 * nc + more


def _by_nc(out: Value, dfn: Value, dfd: Value, nc: Value, f: Value) -> Any:
    """Half the difference to the one with two degrees of freedom more."""
    more = dfn + 2.0
    return lambda g: 0.5 * g * (ncfdtr(more, dfd, nc, f * dfn / more) - out)


ncfdtr: Op = special(
    "ncfdtr",
    signature="dfn, dfd, nc, f",
    partials=lambda out, dfn, dfd, nc, f: [
        no_partial("ncfdtr", "dfn"),
        no_partial("ncfdtr", "dfd"),
        _by_nc(out, dfn, dfd, nc, f),
        lambda g: g * exp(ncf_logpdf(f, dfn, dfd, nc)),
    ],
    domain=lambda: [
        at_fixed((0, 1), 3.0, 5.0, 0.8, 1.3),
        at_fixed((0, 1), 3.0, 5.0, 0.8, spaced(0.5, 2.0, (2, 2))),
    ],
)
ncfdtri: Op = solving(
    "ncfdtri",
    "dfn, dfd, nc, p",
    level="p",
    unknown="f",
    formula=ncfdtr,
    domain=lambda: [at_fixed((0, 1), 3.0, 5.0, 0.8, 0.4)],
)
ncfdtrinc: Op = solving(
    "ncfdtrinc",
    "dfn, dfd, p, f",
    level="p",
    unknown="nc",
    formula=ncfdtr,
    domain=lambda: [value_at(3.0, 5.0, 0.4, 1.3)],  # SciPy's has too few digits
)

# ---- noncentral t --------------------------------------------------------------------


def _nct_density(out: Value, df: Value, nc: Value, t: Value) -> Any:
    """df / t times the step to two degrees of freedom more."""
    scaled = t * sqrt((df + 2.0) / df)
    return lambda g: quotient(g * df * (nctdtr(df + 2.0, nc, scaled) - out), t)


nctdtr: Op = special(
    "nctdtr",
    signature="df, nc, t",
    partials=lambda out, df, nc, t: [
        no_partial("nctdtr", "df"),
        no_partial("nctdtr", "nc"),
        _nct_density(out, df, nc, t),
    ],
    domain=lambda: [
        at_fixed((0, 1), 4.0, 0.8, 1.3),
        at_fixed((0, 1), 4.0, 0.8, spaced(0.5, 2.0, (2, 2))),
    ],
)
nctdtrit: Op = solving(
    "nctdtrit",
    "df, nc, p",
    level="p",
    unknown="t",
    formula=nctdtr,
    domain=lambda: [at_fixed((0, 1), 4.0, 0.8, 0.6)],
)

# ---- Kolmogorov ----------------------------------------------------------------------


def _kolmogorov_slope(x: Value) -> Value:
    """By the two series of a theta function, each where it has few terms."""
    far = greater(x, 1.0)
    low, high = where(far, 1.0, x), where(far, x, 1.0)
    above = sum(
        (-8.0 * (-1.0) ** (k - 1) * k * k) * high * exp(-2.0 * k * k * high * high)
        for k in range(1, 6)
    )
    below: Value = as_value(0.0)
    square = 1.0 / (low * low)
    for k in range(1, 5):
        c = ((2 * k - 1) * math.pi) ** 2 / 8.0
        below = below - exp(-c * square) * (2.0 * c * square - 1.0)
    below = math.sqrt(2.0 * math.pi) * square * below
    return where(greater(x, 0.0), where(far, above, below), 0.0)


kolmogorov: Op = special(
    "kolmogorov",
    signature="y",
    partials=lambda out, y: [
        lambda g: g * _kolmogorov_slope(where(greater(y, 0.03), y, 0.0))
    ],
    domain=lambda: [*unary(0.4, 0.95)(), *unary(1.05, 2.0)(), at(-0.5)],
)
kolmogi: Op = special(
    "kolmogi",
    signature="p",
    partials=lambda out, p: [lambda g: quotient(g, _kolmogorov_slope(out))],
    domain=lambda: [*unary(0.01, 0.2)(), *unary(0.35, 0.9)()],
)

# ---- Tukey's lambda ------------------------------------------------------------------

# The quantile (p**l - (1 - p)**l) / l is a difference of Box and Cox's transforms.
tklmbda: Op = solving(
    "tklmbda",
    "x, lmbda",
    level="x",
    unknown="p",
    formula=lambda lmbda, p: boxcox(p, lmbda) - boxcox(1.0 - p, lmbda),
    domain=lambda: [at(0.3, 0.4), at(spaced(-0.5, 0.5, (2, 2)), -0.7)],
)

# ---- Wright --------------------------------------------------------------------------


def _parameters(name: str) -> list[Any]:
    return [no_partial(name, "a"), no_partial(name, "b")]


wright_bessel: Op = special(
    "wright_bessel",
    signature="a, b, x",
    partials=lambda out, a, b, x: [
        *_parameters("wright_bessel"),
        wright_bessel(a, a + b, x),
    ],
    domain=lambda: [
        at_fixed((0, 1), 0.7, 1.2, 0.9),
        at_fixed((0, 1), 0.7, 1.2, spaced(0.2, 2.0, (2, 2))),
    ],
)
log_wright_bessel: Op = special(
    "log_wright_bessel",
    signature="a, b, x",
    partials=lambda out, a, b, x: [
        *_parameters("log_wright_bessel"),
        exp(log_wright_bessel(a, a + b, x) - out),
    ],
    domain=lambda: [
        at_fixed((0, 1), 0.7, 1.2, 0.9),
        at_fixed((0, 1), 0.7, 1.2, spaced(0.2, 2.0, (2, 2))),
    ],
)
