"""Small functions of `scipy.special`: entropies, losses, transforms, exponentials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from srcad.ir.graph import Literal, Value, as_value
from srcad.ops.arithmetic import less_equal, quotient
from srcad.ops.choice import clip, maximum, where
from srcad.ops.circular import sin
from srcad.ops.complexes import abs_
from srcad.ops.declare import Op
from srcad.ops.domain import at, binary, spaced, unary
from srcad.ops.elementary import exp, expm1, log, log1p, sqrt
from srcad.ops.families import special
from srcad.ops.special import expit

DEGREE = math.pi / 180.0

# ---- x * log(y) and what is made of it -----------------------------------------------

xlog1py: Op = special(
    "xlog1py",
    signature="x, y",
    partials=lambda out, x, y: [log1p(y), lambda g: quotient(g * x, 1.0 + y)],
    domain=binary((0.5, 2.0), (0.5, 2.0)),
)
rel_entr: Op = special(
    "rel_entr",
    signature="x, y",
    partials=lambda out, x, y: [
        log(quotient(x, y)) + 1.0,
        lambda g: -quotient(g * x, y),
    ],
    domain=binary((0.5, 2.0), (0.5, 3.0)),
)
kl_div: Op = special(
    "kl_div",
    signature="x, y",
    partials=lambda out, x, y: [
        log(quotient(x, y)),
        lambda g: g - quotient(g * x, y),
    ],
    domain=binary((0.5, 2.0), (0.5, 3.0)),
)

# ---- losses --------------------------------------------------------------------------

huber: Op = special(
    "huber",
    signature="delta, r",
    partials=lambda out, delta, r: [
        maximum(abs_(r) - delta, 0.0),
        clip(r, -delta, delta),
    ],
    domain=lambda: [
        at(0.7, 0.3),
        at(0.7, -1.3),
        at(0.5, spaced(-2.0, 2.0, (2, 2))),
    ],
)


def _pseudo_huber_partials(out: Value, delta: Value, r: Value) -> Sequence[Any]:
    ratio = r / delta
    root = sqrt(1.0 + ratio * ratio)
    return [delta * ((root - 1.0) ** 2 / root), r / root]


pseudo_huber: Op = special(
    "pseudo_huber",
    signature="delta, r",
    partials=_pseudo_huber_partials,
    domain=binary((0.5, 2.0), (-2.0, 2.0)),
)
softplus: Op = special(
    "softplus",
    partials=lambda out, x: [expit(x)],
    domain=unary(-2.0, 2.0),
)

# ---- Box and Cox ---------------------------------------------------------------------


def _exprel_slope(z: Value) -> Value:
    """The derivative of (exp(z) - 1) / z: its series near 0."""
    near = less_equal(abs_(z), 0.2)
    far = where(near, 1.0, z)
    exact = (far * exp(far) - expm1(far)) / (far * far)
    small, total = where(near, z, 0.0), as_value(0.0)
    for k in range(11, -1, -1):
        total = total * small + 1.0 / (math.factorial(k) * (k + 2))
    return where(near, total, exact)


exprel: Op = special(
    "exprel",
    partials=lambda out, x: [_exprel_slope(x)],
    domain=lambda: [*unary(-2.0, 2.0)(), at(0.0)],
)


def _boxcox_partials(out: Value, x: Value, lmbda: Value) -> Sequence[Any]:
    """(x**l - 1) / l is log(x) * exprel(l * log(x))."""
    by_lmbda: Any = None
    if not isinstance(lmbda, Literal):
        by_lmbda = log(x) ** 2 * _exprel_slope(lmbda * log(x))
    return [x ** (lmbda - 1.0), by_lmbda]


_COX = ((0.5, 2.0), (-1.0, 1.5))
boxcox: Op = special(
    "boxcox",
    signature="x, lmbda",
    partials=_boxcox_partials,
    domain=lambda: [*binary(*_COX)(), at(1.7, 0.0)],
)
boxcox1p: Op = special(
    "boxcox1p",
    signature="x, lmbda",
    partials=lambda out, x, lmbda: _boxcox_partials(out, 1.0 + x, lmbda),
    domain=binary(*_COX),
)


def _inverse_partials(out: Value, y: Value, lmbda: Value) -> Sequence[Any]:
    """By the derivative of an inverse function; `out` is the number transformed."""
    by_x, by_lmbda = _boxcox_partials(y, out, lmbda)
    if by_lmbda is None:
        return [lambda g: quotient(g, by_x), None]
    return [lambda g: quotient(g, by_x), lambda g: -quotient(g * by_lmbda, by_x)]


inv_boxcox: Op = special(
    "inv_boxcox",
    signature="y, lmbda",
    partials=_inverse_partials,
    domain=binary((0.2, 0.6), (0.2, 1.5)),
)
inv_boxcox1p: Op = special(
    "inv_boxcox1p",
    signature="y, lmbda",
    partials=lambda out, y, lmbda: _inverse_partials(1.0 + out, y, lmbda),
    domain=binary((0.2, 0.6), (0.2, 1.5)),
)

# ---- SciPy's own exponentials, roots and angles --------------------------------------

special_cbrt: Op = special(
    "special_cbrt",
    target="cbrt",
    code="scipy.special.cbrt(x)",
    partials=lambda out, x: [lambda g: quotient(g, 3.0 * (out * out))],
    domain=unary(0.3, 3.0),
)
special_exp2: Op = special(
    "special_exp2",
    target="exp2",
    code="scipy.special.exp2(x)",
    partials=lambda out, x: [math.log(2.0) * out],
    domain=unary(-2.0, 2.0),
)
exp10: Op = special(
    "exp10",
    partials=lambda out, x: [math.log(10.0) * out],
    domain=unary(-1.0, 1.0),
)
special_expm1: Op = special(
    "special_expm1",
    target="expm1",
    code="scipy.special.expm1(x)",
    partials=lambda out, x: [out + 1.0],
    domain=unary(-2.0, 2.0, holomorphic=True),
)
special_log1p: Op = special(
    "special_log1p",
    target="log1p",
    code="scipy.special.log1p(x)",
    partials=lambda out, x: [lambda g: quotient(g, 1.0 + x)],
    domain=unary(-0.5, 2.0, holomorphic=True),
)
cosm1: Op = special("cosm1", partials=lambda out, x: [-sin(x)], domain=unary(-2.0, 2.0))
powm1: Op = special(
    "powm1",
    signature="x, y",
    partials=lambda out, x, y: [y * x ** (y - 1.0), (out + 1.0) * log(x)],
    domain=binary((0.5, 2.0), (0.5, 2.5)),
)
sindg: Op = special(
    "sindg",
    partials=lambda out, x: [DEGREE * cosdg(x)],
    domain=unary(-80.0, 80.0),
)
cosdg: Op = special(
    "cosdg",
    partials=lambda out, x: [-DEGREE * sindg(x)],
    domain=unary(-80.0, 80.0),
)
tandg: Op = special(
    "tandg",
    partials=lambda out, x: [DEGREE * (1.0 + out * out)],
    domain=unary(-60.0, 60.0),
)
cotdg: Op = special(
    "cotdg",
    partials=lambda out, x: [-DEGREE * (1.0 + out * out)],
    domain=unary(30.0, 80.0),
)
