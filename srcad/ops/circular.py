"""Circular and hyperbolic functions, their inverses, and angles."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import kind_of
from srcad.ops.arithmetic import quotient
from srcad.ops.declare import Op
from srcad.ops.domain import at, binary, spaced, unary
from srcad.ops.elementary import MATH, sqrt
from srcad.ops.kinds import elementwise
from srcad.ops.ufunc import floating, over, real_function

DEGREE = math.pi / 180.0

sin: Op = real_function(
    "sin",
    np.sin,
    math.sin,
    partials=lambda out, x: [cos(x)],
    domain=unary(-4.0, 4.0, via=MATH, holomorphic=True),
)

cos: Op = real_function(
    "cos",
    np.cos,
    math.cos,
    partials=lambda out, x: [-sin(x)],
    domain=unary(-4.0, 4.0, via=MATH, holomorphic=True),
)

tan: Op = real_function(
    "tan",
    np.tan,
    math.tan,
    partials=lambda out, x: [1.0 + out * out],
    domain=unary(-1.2, 1.2, via=MATH, holomorphic=True),
)


def _by_side(
    x: Value, out: Value, plain: Callable[[Value], Value], of_value: Op
) -> Value:
    """What the slope of an inverse function divides by.

    `plain(x)`; for complex x it is read off the value, which says on which side of a
    branch cut x is: arcsin' = 1 / cos(arcsin). Source: DLMF 4.23 and 4.37.
    """
    return of_value(out) if kind_of(x.type) == "complex" else plain(x)


def _cosine(x: Value) -> Value:
    return sqrt(1.0 - x * x)


arcsin: Op = real_function(
    "arcsin",
    np.arcsin,
    math.asin,
    partials=lambda out, x: [lambda g: quotient(g, _by_side(x, out, _cosine, cos))],
    domain=unary(-0.8, 0.8, via=MATH, holomorphic=True),
)

arccos: Op = real_function(
    "arccos",
    np.arccos,
    math.acos,
    partials=lambda out, x: [
        lambda g: -quotient(g, _by_side(x, out, _cosine, sin)),
    ],
    domain=unary(-0.8, 0.8, via=MATH, holomorphic=True),
)

arctan: Op = real_function(
    "arctan",
    np.arctan,
    math.atan,
    partials=lambda out, x: [lambda g: over(g, 1.0 + x * x)],
    domain=unary(-3.0, 3.0, via=MATH, holomorphic=True),
)

arctan2: Op = real_function(
    "arctan2",
    np.arctan2,
    math.atan2,
    signature="y, x",
    partials=lambda out, y, x: [
        lambda g: quotient(g * x, x * x + y * y),
        lambda g: -quotient(g * y, x * x + y * y),
    ],
    domain=binary((-2.0, -0.5), (-2.0, 2.0), via=MATH),
)

sinh: Op = real_function(
    "sinh",
    np.sinh,
    math.sinh,
    partials=lambda out, x: [cosh(x)],
    domain=unary(-2.0, 2.0, via=MATH, holomorphic=True),
)

cosh: Op = real_function(
    "cosh",
    np.cosh,
    math.cosh,
    partials=lambda out, x: [sinh(x)],
    domain=unary(-2.0, 2.0, via=MATH, holomorphic=True),
)

tanh: Op = real_function(
    "tanh",
    np.tanh,
    math.tanh,
    partials=lambda out, x: [1.0 - out * out],
    domain=unary(-2.0, 2.0, via=MATH, holomorphic=True),
)

arcsinh: Op = real_function(
    "arcsinh",
    np.arcsinh,
    math.asinh,
    partials=lambda out, x: [
        lambda g: over(g, _by_side(x, out, lambda x: sqrt(1.0 + x * x), cosh))
    ],
    domain=unary(-2.0, 2.0, via=MATH, holomorphic=True),
)

arccosh: Op = real_function(
    "arccosh",
    np.arccosh,
    math.acosh,
    partials=lambda out, x: [
        lambda g: quotient(
            g, _by_side(x, out, lambda x: sqrt(x - 1.0) * sqrt(x + 1.0), sinh)
        )
    ],
    domain=unary(1.2, 4.0, via=MATH, holomorphic=True),
)

arctanh: Op = real_function(
    "arctanh",
    np.arctanh,
    math.atanh,
    partials=lambda out, x: [lambda g: over(g, 1.0 - x * x)],
    domain=unary(-0.8, 0.8, via=MATH, holomorphic=True),
)


def _sinc_partials(out: Value, x: Value) -> Sequence[Any]:
    return [sinc_derivative(x, literal(1))]


def _next_derivative(out: Value, x: Value, order: Value) -> Sequence[Any]:
    assert isinstance(order, Literal)
    return [sinc_derivative(x, literal(order.value + 1)), None]


sinc: Op = elementwise(
    "sinc",
    calls=(np.sinc,),
    infer=floating,
    partials=_sinc_partials,
    domain=lambda: [*unary(-2.0, 2.0)(), at(0.0), at(np.array([0.0, 1e-9, 1.0]))],
)

# The derivative of some order of sinc, smooth at 0.
sinc_derivative: Op = elementwise(
    "sinc_derivative",
    signature="x, order",
    infer=lambda x, order: floating(x),
    code="runtime.sinc_derivative(x, order)",
    partials=_next_derivative,
    domain=lambda: [
        at(spaced(-1.0, 1.5, (2, 3)), 1),
        at(0.0, 2),
        at(3.3, 3),
        at(7.7, 2),
    ],
)


def _converter(name: str, target: np.ufunc, *twins: object, by: float) -> Op:
    return real_function(
        name,
        target,
        *twins,
        partials=lambda out, x: [by],
        domain=unary(-90.0, 90.0, via=MATH if twins else ()),
    )


deg2rad = _converter("deg2rad", np.deg2rad, by=DEGREE)
radians = _converter("radians", np.radians, math.radians, by=DEGREE)
rad2deg = _converter("rad2deg", np.rad2deg, by=1.0 / DEGREE)
degrees = _converter("degrees", np.degrees, math.degrees, by=1.0 / DEGREE)
