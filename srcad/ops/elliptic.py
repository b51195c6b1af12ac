"""Elliptic integrals and functions: Carlson's, Legendre's and Jacobi's, and the AGM.

Carlson's integrals are closed under differentiation as the family `carlson` of all half
whole powers (DLMF 19.16, 19.18); Legendre's by the parameter are Carlson's R_D, which
keeps its digits where the parameter is 0 (DLMF 19.25).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from srcad.ir.graph import Literal, Node, Value, literal
from srcad.ir.types import kind_of
from srcad.ops.arithmetic import quotient
from srcad.ops.circular import sin
from srcad.ops.complexes import abs_
from srcad.ops.declare import Op, custom
from srcad.ops.domain import Domain, at, binary, spaced, unary
from srcad.ops.elementary import sqrt
from srcad.ops.families import special
from srcad.ops.hyper import hyp2f1
from srcad.ops.moments import by_partials
from srcad.ops.multiple import several
from srcad.ops.refused import Refused
from srcad.ops.rounding import rint
from srcad.ops.ufunc import floating

ONE = literal(1.0)

# ---- Carlson -------------------------------------------------------------------------


def _carlson_partials(node: Node) -> list[Any]:
    halves = node.params["halves"]

    def partial(k: int) -> Value:
        more = tuple(h + 2 * (i == k) for i, h in enumerate(halves))
        found: Value = (-0.5 * halves[k]) * carlson(*node.inputs, halves=more)
        return found

    return [lambda k=k: partial(k) for k in range(4)]


# The integral over t > 0 of the product of (t + x)**(-h / 2), h being the four halves.
carlson: Op = custom(
    "carlson",
    signature="x, y, z, p, *, halves=None",
    infer=lambda x, y, z, p, halves: floating(x, y, z, p),
    code="runtime.carlson(x, y, z, p, halves)",
    domain=lambda: [
        at(0.7, 1.3, 2.0, 0.5, halves=(1, 1, 3, 2)),
        at(
            0.7,
            spaced(0.5, 2.0, (2, 2)),
            2.0,
            spaced(0.5, 1.0, (2,)),
            halves=(3, 1, 1, 2),
        ),
    ],
    **by_partials(_carlson_partials),
)


def _of_carlson(weight: float, *pairs: Any) -> Value:
    """A weight times the integral with these arguments and halves."""
    padded = [*pairs, *[(ONE, 0)] * (4 - len(pairs))]
    found: Value = carlson(*(v for v, _ in padded), halves=tuple(h for _, h in padded))
    return weight * found


def _symmetric(name: str, signature: str, partials: Any, domain: Domain) -> Op:
    def real_only(out: Value, *xs: Value) -> Sequence[Any]:
        if any(kind_of(x.type) == "complex" for x in xs):
            why = f"{name} of complex numbers has no derivative rule"
            return [Refused(why)] * len(xs)
        found: Sequence[Any] = partials(out, *xs)
        return found

    return special(name, signature=signature, partials=real_only, domain=domain)


def _triples() -> list[Any]:
    x = spaced(0.5, 2.0, (2, 2))
    return [at(0.7, 1.3, 2.1), at(x, 1.3, 0.6), at(1.0, 1.0, 1.0), at(0.4, x, x + 0.2)]


elliprc: Op = _symmetric(
    "elliprc",
    "x, y",
    lambda out, x, y: [
        lambda g: g * _of_carlson(-0.25, (x, 3), (y, 2)),
        lambda g: g * _of_carlson(-0.5, (x, 1), (y, 4)),
    ],
    lambda: [at(0.7, 1.3), at(1.0, 1.0), at(spaced(0.5, 2.0, (2, 2)), 0.6)],
)
elliprd: Op = _symmetric(
    "elliprd",
    "x, y, z",
    lambda out, x, y, z: [
        lambda g: g * _of_carlson(-0.75, (x, 3), (y, 1), (z, 3)),
        lambda g: g * _of_carlson(-0.75, (x, 1), (y, 3), (z, 3)),
        lambda g: g * _of_carlson(-2.25, (x, 1), (y, 1), (z, 5)),
    ],
    _triples,
)
elliprf: Op = _symmetric(
    "elliprf",
    "x, y, z",
    lambda out, x, y, z: [
        lambda g: g * elliprd(y, z, x) / -6.0,
        lambda g: g * elliprd(x, z, y) / -6.0,
        lambda g: g * elliprd(x, y, z) / -6.0,
    ],
    _triples,
)


def _rg_slope(x: Value, y: Value, z: Value) -> Any:
    """By x: R_F / 4 - x * R_D(y, z, x) / 12."""
    return lambda g: g * (3.0 * elliprf(x, y, z) - x * elliprd(y, z, x)) / 12.0


elliprg: Op = _symmetric(
    "elliprg",
    "x, y, z",
    lambda out, x, y, z: [_rg_slope(x, y, z), _rg_slope(y, x, z), _rg_slope(z, x, y)],
    _triples,
)
elliprj: Op = _symmetric(
    "elliprj",
    "x, y, z, p",
    lambda out, x, y, z, p: [
        lambda g: g * _of_carlson(-0.75, (x, 3), (y, 1), (z, 1), (p, 2)),
        lambda g: g * _of_carlson(-0.75, (x, 1), (y, 3), (z, 1), (p, 2)),
        lambda g: g * _of_carlson(-0.75, (x, 1), (y, 1), (z, 3), (p, 2)),
        lambda g: g * _of_carlson(-1.5, (x, 1), (y, 1), (z, 1), (p, 4)),
    ],
    lambda: [at(0.7, 1.3, 2.1, 0.6), at(1.0, 1.0, spaced(0.5, 2.0, (2, 2)), 1.0)],
)

# ---- the arithmetic-geometric mean ---------------------------------------------------


def _agm_slope(out: Value, a: Value, b: Value) -> Value:
    """By a: the mean is pi / 2 over R_F(0, a * a, b * b)."""
    scale = (2.0 / (3.0 * math.pi)) * a * out * abs_(out)
    return scale * elliprd(0.0, b * b, a * a)


agm: Op = special(
    "agm",
    signature="a, b",
    partials=lambda out, a, b: [
        lambda g: g * _agm_slope(out, a, b),
        lambda g: g * _agm_slope(out, b, a),
    ],
    domain=lambda: [*binary((0.5, 2.0), (0.5, 3.0))(), at(1.0, 1.0), at(-1.0, -2.0)],
)

# ---- Legendre ------------------------------------------------------------------------

# As hypergeometric functions the derivatives are smooth at m = 0 (DLMF 19.5.1).
ellipk: Op = special(
    "ellipk",
    partials=lambda out, m: [_complete_slope(m)],
    domain=lambda: [*unary(-1.0, 0.7)(), at(0.0)],
)
ellipe: Op = special(
    "ellipe",
    partials=lambda out, m: [-0.125 * math.pi * hyp2f1(0.5, 1.5, 2.0, m)],
    domain=lambda: [*unary(-1.0, 0.7)(), at(0.0)],
)
ellipkm1: Op = special(
    "ellipkm1",
    partials=lambda out, p: [
        lambda g: quotient(g * (ellipe(1.0 - p) / p - out), -2.0 * (1.0 - p))
    ],
    domain=unary(0.1, 0.8),
)


def _complete_slope(m: Value) -> Value:
    found: Value = 0.125 * math.pi * hyp2f1(1.5, 1.5, 2.0, m)
    return found


def _turned(phi: Value) -> tuple[Value, Value]:
    """Twice the whole half turns in an angle, and the sine of what is left of it."""
    turns = rint(phi / math.pi)
    return 2.0 * turns, sin(phi - math.pi * turns)


def _first_by_m(phi: Value, m: Value) -> Value:
    """The derivative of the first kind."""
    whole, s = _turned(phi)
    part = s**3 * elliprd(1.0 - s * s, 1.0, 1.0 - m * s * s) / 6.0
    return part + whole * _complete_slope(m)


def _second_by_m(phi: Value, m: Value) -> Value:
    whole, s = _turned(phi)
    part = s**3 * elliprd(1.0 - s * s, 1.0 - m * s * s, 1.0) / -6.0
    return part - whole * (0.125 * math.pi * hyp2f1(0.5, 1.5, 2.0, m))


def _incomplete() -> list[Any]:
    return [
        *binary((0.2, 1.3), (0.2, 0.8))(),
        at(0.7, 0.0),
        at(-4.0, 0.4),
        at(spaced(1.7, 8.0, (3,)), -0.6),
    ]


ellipkinc: Op = special(
    "ellipkinc",
    signature="phi, m",
    partials=lambda out, phi, m: [
        lambda g: quotient(g, sqrt(1.0 - m * sin(phi) ** 2)),
        lambda g: g * _first_by_m(phi, m),
    ],
    domain=_incomplete,
)
ellipeinc: Op = special(
    "ellipeinc",
    signature="phi, m",
    partials=lambda out, phi, m: [
        sqrt(1.0 - m * sin(phi) ** 2),
        lambda g: g * _second_by_m(phi, m),
    ],
    domain=_incomplete,
)

# ---- Jacobi --------------------------------------------------------------------------


def _jacobi_partials(outs: Sequence[Value], u: Value, m: Value) -> Sequence[Any]:
    """By m: that of the amplitude is -dn times that of the first kind (DLMF 22.16)."""
    sn, cn, dn, ph = outs
    by_u = [cn * dn, -(sn * dn), -m * sn * cn, dn]
    if isinstance(m, Literal):
        return [by_u, [None] * 4]
    turn = -dn * _first_by_m(ph, m)
    lower = -quotient(sn * sn + 2.0 * m * sn * cn * turn, 2.0 * dn)
    return [by_u, [cn * turn, -sn * turn, lower, turn]]


ellipj: Op = several(
    "ellipj",
    "u, m",
    4,
    _jacobi_partials,
    domain=lambda: [
        *binary((0.2, 1.6), (0.2, 0.8))(),
        at(5.3, 0.4),
        at(-7.0, spaced(0.2, 0.6, (2,))),
    ],
)
