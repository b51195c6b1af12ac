"""Distribution functions of `scipy.special`, their complements and their inverses.

Each is an incomplete gamma or beta function, by which it is differentiated in every
argument that is not a count. Source: DLMF 8.2, 8.17; S. Moshier, "Methods and programs
for mathematical functions", 1989.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from srcad.ir.graph import Value
from srcad.ops.arithmetic import greater_equal, less
from srcad.ops.choice import where
from srcad.ops.declare import Op
from srcad.ops.domain import Domain, at, spaced
from srcad.ops.families import special_type
from srcad.ops.formulas import by_formula
from srcad.ops.implicit import solving
from srcad.ops.incomplete import betainc, betaincc, gammainc, gammaincc
from srcad.ops.logic import logical_and
from srcad.ops.rounding import floor
from srcad.ops.special_integrals import ndtri

Formula = Callable[..., Any]


def _points(*numbers: float) -> Domain:
    """The numbers, and an array for the last one."""
    *first, last = numbers
    return lambda: [at(*numbers), at(*first, last * spaced(0.9, 1.1, (2, 2)))]


def _direct(name: str, signature: str, formula: Formula, *numbers: float) -> Op:
    return by_formula(
        name,
        calls=(f"scipy.special.{name}",),
        signature=signature,
        infer=special_type(name),
        formula=formula,
        domain=_points(*numbers),
    )


def _inverse(
    name: str, signature: str, level: str, unknown: str, formula: Any, *numbers: float
) -> Op:
    return solving(
        name,
        signature,
        level=level,
        unknown=unknown,
        formula=formula,
        domain=_points(*numbers),
    )


# ---- gamma, chi square, Poisson ------------------------------------------------------


def _chi(v: Value, x: Value) -> Value:
    return gammainc(0.5 * v, 0.5 * x)


def _chi_upper(v: Value, x: Value) -> Value:
    return gammaincc(0.5 * v, 0.5 * x)


def _gamma(a: Value, b: Value, x: Value) -> Value:
    return gammainc(b, a * x)


chdtr: Op = _direct("chdtr", "v, x", _chi, 3.1, 2.4)
chdtrc: Op = _direct("chdtrc", "v, x", _chi_upper, 3.1, 2.4)
chdtri: Op = _inverse("chdtri", "v, p", "p", "x", _chi_upper, 3.1, 0.4)
chdtriv: Op = _inverse("chdtriv", "p, x", "p", "v", _chi, 0.4, 2.4)
gdtr: Op = _direct("gdtr", "a, b, x", _gamma, 1.2, 2.3, 1.4)
gdtrc: Op = _direct(
    "gdtrc", "a, b, x", lambda a, b, x: gammaincc(b, a * x), 1.2, 2.3, 1.4
)
gdtrix: Op = _inverse("gdtrix", "a, b, p", "p", "x", _gamma, 1.2, 2.3, 0.4)
gdtria: Op = _inverse("gdtria", "p, b, x", "p", "a", _gamma, 0.4, 2.3, 1.4)
gdtrib: Op = _inverse("gdtrib", "a, p, x", "p", "b", _gamma, 1.2, 0.4, 1.4)


def _poisson(k: Value, m: Value) -> Value:
    return gammaincc(k + 1.0, m)


pdtr: Op = _direct("pdtr", "k, m", lambda k, m: _poisson(floor(k), m), 2, 1.7)
pdtrc: Op = _direct("pdtrc", "k, m", lambda k, m: gammainc(floor(k) + 1.0, m), 2, 1.7)
pdtri: Op = _inverse(
    "pdtri", "k, y", "y", "m", lambda k, m: _poisson(floor(k), m), 2, 0.4
)
pdtrik: Op = _inverse("pdtrik", "p, m", "p", "k", _poisson, 0.7, 1.7)

# ---- beta, F -------------------------------------------------------------------------


def _beta(a: Value, b: Value, x: Value) -> Value:
    found: Value = betainc(a, b, x)
    return found


def _ratio(dfn: Value, dfd: Value, x: Value, upper: bool = False) -> Value:
    """By the smaller of the two parts of the interval from 0 to 1."""
    whole = dfd + dfn * x
    if upper:
        return betainc(0.5 * dfd, 0.5 * dfn, dfd / whole)
    return betainc(0.5 * dfn, 0.5 * dfd, dfn * x / whole)


btdtria: Op = _inverse("btdtria", "p, b, x", "p", "a", _beta, 0.4, 2.3, 0.3)
btdtrib: Op = _inverse("btdtrib", "a, p, x", "p", "b", _beta, 1.3, 0.4, 0.3)
fdtr: Op = _direct("fdtr", "dfn, dfd, x", _ratio, 3.2, 4.1, 1.3)
fdtrc: Op = _direct(
    "fdtrc", "dfn, dfd, x", lambda a, b, x: _ratio(a, b, x, upper=True), 3.2, 4.1, 1.3
)
fdtri: Op = _inverse("fdtri", "dfn, dfd, p", "p", "x", _ratio, 3.2, 4.1, 0.4)
fdtridfd: Op = _inverse("fdtridfd", "dfn, p, x", "p", "dfd", _ratio, 3.2, 0.6, 1.3)

# ---- counts of successes -------------------------------------------------------------


def _binomial(k: Value, n: Value, p: Value, upper: bool = False) -> Value:
    """Of at most k successes, or of more; constant where k is beyond either end."""
    inside = logical_and(greater_equal(k, 0), less(k, n))
    more, less_ = where(inside, k + 1.0, 1.0), where(inside, n - k, 1.0)
    found = betainc(more, less_, p) if upper else betaincc(more, less_, p)
    return where(inside, found, 0.0)


def _counted(name: str, formula: Formula) -> Op:
    return _direct(
        name,
        "k, n, p",
        lambda k, n, p: formula(floor(k), floor(n), p),
        2,
        5,
        0.4,
    )


def _negative(k: Value, n: Value, p: Value) -> Value:
    found: Value = betainc(n, k + 1.0, p)
    return found


bdtr: Op = _counted("bdtr", _binomial)
bdtrc: Op = _counted("bdtrc", lambda k, n, p: _binomial(k, n, p, upper=True))
bdtri: Op = _inverse(
    "bdtri", "k, n, y", "y", "p", lambda k, n, p: _binomial(floor(k), n, p), 2, 5, 0.4
)
bdtrik: Op = _inverse("bdtrik", "y, n, p", "y", "k", _binomial, 0.6, 7.0, 0.4)
bdtrin: Op = _inverse("bdtrin", "k, y, p", "y", "n", _binomial, 2.0, 0.6, 0.4)
nbdtr: Op = _counted("nbdtr", _negative)
nbdtrc: Op = _counted("nbdtrc", lambda k, n, p: betaincc(n, k + 1.0, p))
nbdtri: Op = _inverse("nbdtri", "k, n, y", "y", "p", _negative, 2, 5, 0.4)
nbdtrik: Op = _inverse("nbdtrik", "y, n, p", "y", "k", _negative, 0.4, 4.5, 0.4)
nbdtrin: Op = _inverse("nbdtrin", "k, y, p", "y", "n", _negative, 3.5, 0.4, 0.4)

# ---- normal --------------------------------------------------------------------------

nrdtrimn: Op = _direct(
    "nrdtrimn", "p, std, x", lambda p, std, x: x - std * ndtri(p), 0.3, 1.2, 0.7
)
nrdtrisd: Op = _direct(
    "nrdtrisd", "mn, p, x", lambda mn, p, x: (x - mn) / ndtri(p), 0.2, 0.7, 0.9
)
