"""Airy and Kelvin functions, and the integrals of Bessel functions.

Each is differentiated by the differential equation that it solves, or is an integral
whose integrand is known. Source: DLMF 9.2, 9.10, 10.61, 10.68, 10.22, 11.7.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from srcad.ir.graph import Value, as_value
from srcad.ir.types import kind_of
from srcad.ops.arithmetic import greater, less, quotient
from srcad.ops.bessel import i0, j0, k0, modstruve, struve, y0
from srcad.ops.choice import where
from srcad.ops.complexes import abs_
from srcad.ops.declare import Op
from srcad.ops.domain import at, spaced, unary
from srcad.ops.elementary import sqrt
from srcad.ops.families import special
from srcad.ops.multiple import several
from srcad.ops.refused import Refused, no_partial

Outs = Sequence[Value]

# ---- Airy ----------------------------------------------------------------------------

airy: Op = several(
    "airy",
    "z",
    4,
    lambda outs, z: [[outs[1], z * outs[0], outs[3], z * outs[2]]],
    domain=lambda: [*unary(-3.0, 2.0)(), at(0.4 + 0.3j), at(spaced(-1, 1, (3,)) - 1j)],
)


def _scaled_airy(outs: Outs, z: Value) -> Sequence[Any]:
    """Scaled by exp(+-2/3 * z**1.5), for z > 0; elsewhere only the second pair is."""
    if kind_of(z.type) == "complex":
        return [Refused("airye of complex numbers has no derivative rule")]
    positive = greater(z, 0.0)
    rate = where(positive, sqrt(where(positive, z, 1.0)), 0.0)
    a, a1, b, b1 = outs
    up, down = z * a + rate * a1, z * b - rate * b1
    return [[a1 + rate * a, up, b1 - rate * b, down]]


airye: Op = several("airye", "z", 4, _scaled_airy, domain=unary(0.2, 3.0))


def _airy_integrals(outs: Outs, x: Value) -> Sequence[Any]:
    a, _, b, _ = airy.several(x)
    c, _, d, _ = airy.several(-x)
    return [[a, b, c, d]]


itairy: Op = several("itairy", "x", 4, _airy_integrals, domain=unary(0.2, 1.5))

# ---- Kelvin --------------------------------------------------------------------------


def _kelvin(first: str, second: str) -> None:
    """A pair f, g with f'' = -f'/x - g and g'' = -g'/x + f, and their slopes."""

    def declare(name: str, partial: Any) -> None:
        KELVIN[name] = special(
            name, partials=lambda out, x: [partial(out, x)], domain=unary(0.4, 4.0)
        )

    declare(first, lambda out, x: KELVIN[f"{first}p"](x))
    declare(second, lambda out, x: KELVIN[f"{second}p"](x))
    declare(f"{first}p", lambda out, x: -KELVIN[second](x) - quotient(out, x))
    declare(f"{second}p", lambda out, x: KELVIN[first](x) - quotient(out, x))


KELVIN: dict[str, Op] = {}
_kelvin("ber", "bei")
_kelvin("ker", "kei")

kelvin: Op = several(
    "kelvin",
    "x",
    4,
    lambda outs, x: [
        [
            outs[2],
            outs[3],
            1j * outs[0] - quotient(outs[2], x),
            1j * outs[1] - quotient(outs[3], x),
        ]
    ],
    domain=unary(0.4, 4.0),
)

# ---- integrals of Bessel and Struve functions ----------------------------------------


def _less_one(function: Op, x: Value, sign: float) -> Value:
    """(function(x) - 1) / x for J0 (sign -1) or I0 (sign 1), by its series near 0."""
    near = less(abs_(x), 1.0)
    small, far = where(near, x, 0.0), where(near, 1.0, x)
    square, total = (0.25 * sign) * (small * small), as_value(0.0)
    for k in range(9, 0, -1):
        total = total * square + 1.0 / math.factorial(k) ** 2
    return where(near, (0.25 * sign) * small * total, (function(far) - 1.0) / far)


itj0y0: Op = several(
    "itj0y0", "x", 2, lambda outs, x: [[j0(x), y0(x)]], domain=unary(0.5, 5.0)
)
iti0k0: Op = several(
    "iti0k0", "x", 2, lambda outs, x: [[i0(x), k0(x)]], domain=unary(0.5, 3.0)
)
it2j0y0: Op = several(
    "it2j0y0",
    "x",
    2,
    lambda outs, x: [[-_less_one(j0, x, -1.0), -quotient(y0(x), x)]],
    domain=lambda: [*unary(0.4, 0.9)(), *unary(1.1, 4.0)()],
)
it2i0k0: Op = several(
    "it2i0k0",
    "x",
    2,
    lambda outs, x: [[_less_one(i0, x, 1.0), -quotient(k0(x), x)]],
    domain=lambda: [*unary(0.4, 0.9)(), *unary(1.1, 3.0)()],
)
itstruve0: Op = special(
    "itstruve0", partials=lambda out, x: [struve(0.0, x)], domain=unary(0.5, 4.0)
)
itmodstruve0: Op = special(
    "itmodstruve0", partials=lambda out, x: [modstruve(0.0, x)], domain=unary(0.5, 3.0)
)
it2struve0: Op = special(
    "it2struve0",
    partials=lambda out, x: [lambda g: -quotient(g * struve(0.0, x), x)],
    domain=unary(0.5, 4.0),
)


def _besselpoly_partials(out: Value, a: Value, lmb: Value, nu: Value) -> Sequence[Any]:
    """Under the integral of x**lmb * J_nu(2 * a * x), by J' = nu / z * J - J_(nu+1)."""

    def by_a(g: Value) -> Value:
        above = besselpoly(a, lmb + 1.0, nu + 1.0)
        return quotient(g * nu * out, a) - 2.0 * g * above

    return [by_a, no_partial("besselpoly", "lmb"), no_partial("besselpoly", "nu")]


besselpoly: Op = special(
    "besselpoly",
    signature="a, lmb, nu",
    partials=_besselpoly_partials,
    domain=lambda: [at(0.7, 1, 0), at(spaced(0.5, 1.5, (2, 2)), 2, 1)],
)
