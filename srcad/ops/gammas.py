"""The gamma family of SciPy beyond gamma itself: beta, binomials.

Source of the formulas: DLMF chapter 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from srcad.ir.graph import Value
from srcad.ir.types import dims_of, number_type
from srcad.ops.declare import Arguments, Op, static
from srcad.ops.domain import Sample, at, binary, spaced, unary
from srcad.ops.families import special
from srcad.ops.formulas import by_formula
from srcad.ops.sizes import bound
from srcad.ops.special import digamma, gammaln

# ---- logarithms and reciprocals ------------------------------------------------------


def _complex_points() -> list[Sample]:
    """The second derivative of complex numbers is not in SciPy."""
    points = (1.5 + 0.3j, spaced(1.0, 2.0, (3,)) - 1j)
    return [Sample((z,), order=1) for z in points]


loggamma: Op = special(
    "loggamma",
    partials=lambda out, x: [digamma(x)],
    domain=lambda: [*unary(0.5, 4.0)(), *_complex_points()],
)

rgamma: Op = special(
    "rgamma",
    partials=lambda out, x: [-(out * digamma(x))],
    domain=unary(0.5, 4.0),
)


def _multi_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("a", "d"), args, kwargs, "multigammaln")
    return [given["a"]], {"d": static(given["d"], "multigammaln(d=...)")}


def _multi_formula(a: Value, d: int) -> Value:
    total = gammaln(a)
    for j in range(1, d):
        total = total + gammaln(a - 0.5 * j)
    return total


multigammaln: Op = by_formula(
    "multigammaln",
    calls=("scipy.special.multigammaln",),
    signature="a, d=None",
    bind=_multi_bind,
    infer=lambda a, d: number_type("float64", dims_of(a)),
    code="scipy.special.multigammaln(a, d)",
    formula=_multi_formula,
    domain=lambda: [at(2.5, d=2), at(spaced(2.0, 3.0, (2,)), d=3)],
)


# ---- quotients of gamma functions ----------------------------------------------------

beta: Op = special(
    "beta",
    signature="a, b",
    partials=lambda out, a, b: [
        out * (digamma(a) - digamma(a + b)),
        out * (digamma(b) - digamma(a + b)),
    ],
    domain=binary((0.5, 2.0), (0.5, 3.0)),
)

betaln: Op = special(
    "betaln",
    signature="a, b",
    partials=lambda out, a, b: [
        digamma(a) - digamma(a + b),
        digamma(b) - digamma(a + b),
    ],
    domain=binary((0.5, 2.0), (0.5, 3.0)),
)

poch: Op = special(
    "poch",
    signature="z, m",
    partials=lambda out, z, m: [
        out * (digamma(z + m) - digamma(z)),
        out * digamma(z + m),
    ],
    domain=binary((0.5, 2.0), (0.5, 3.0)),
)

binom: Op = special(
    "binom",
    signature="n, k",
    partials=lambda out, n, k: [
        out * (digamma(n + 1.0) - digamma(n - k + 1.0)),
        out * (digamma(n - k + 1.0) - digamma(k + 1.0)),
    ],
    domain=binary((3.1, 5.9), (0.5, 2.5)),
)
