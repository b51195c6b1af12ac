"""Sine, cosine and Fresnel integrals: the integrand is the derivative.

Source: DLMF 6.2 and 7.2; for the Fresnel integrals from x on, J. Zhang, J. Jin,
"Computation of special functions", 1996, 16.6.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from typing import Any

from srcad.ir.graph import Value
from srcad.ir.types import kind_of
from srcad.ops.arithmetic import quotient
from srcad.ops.circular import cos, cosh, sin, sinc, sinh
from srcad.ops.declare import Op
from srcad.ops.divergences import exprel
from srcad.ops.domain import at, unary
from srcad.ops.elementary import exp
from srcad.ops.multiple import several

Outs = Sequence[Value]


def _sine_over(x: Value) -> Any:
    """sin(x) / x, smooth at 0 for real x."""
    if kind_of(x.type) == "float":
        return sinc(x / math.pi)
    return lambda g: quotient(g * sin(x), x)


def _hyperbolic_over(x: Value) -> Any:
    if kind_of(x.type) == "float":
        return 0.5 * (exprel(x) + exprel(-x))
    return lambda g: quotient(g * sinh(x), x)


sici: Op = several(
    "sici",
    "x",
    2,
    lambda outs, x: [[_sine_over(x), lambda g: quotient(g * cos(x), x)]],
    domain=lambda: [*unary(0.5, 5.0)(), at(0.7 + 0.4j)],
)
shichi: Op = several(
    "shichi",
    "x",
    2,
    lambda outs, x: [[_hyperbolic_over(x), lambda g: quotient(g * cosh(x), x)]],
    domain=lambda: [*unary(0.5, 3.0)(), at(0.7 + 0.4j)],
)
fresnel: Op = several(
    "fresnel",
    "z",
    2,
    lambda outs, z: [[sin(0.5 * math.pi * z * z), cos(0.5 * math.pi * z * z)]],
    domain=lambda: [*unary(-1.5, 1.5)(), at(0.7 + 0.2j)],
)


def _modified(name: str, sign: float) -> Op:
    turn = sign * 1j
    start = cmath.exp(-turn * math.pi / 4) / math.sqrt(math.pi)
    return several(
        name,
        "x",
        2,
        lambda outs, x: [[-exp(turn * x * x), -2.0 * turn * x * outs[1] - start]],
        domain=unary(0.3, 2.0),
    )


modfresnelp: Op = _modified("modfresnelp", 1.0)
modfresnelm: Op = _modified("modfresnelm", -1.0)
