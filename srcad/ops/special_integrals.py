"""Functions defined by integrals: error functions, exponential integrals.

Source of the formulas: DLMF chapters 6, 7 and 4.13 (Lambert's W).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Array, Scalar, Type, dims_of, dtype_of, unwrapped
from srcad.ops.arithmetic import quotient
from srcad.ops.complexes import real_of
from srcad.ops.declare import Arguments, Op, custom, static
from srcad.ops.domain import at, binary, spaced, unary
from srcad.ops.elementary import exp, log
from srcad.ops.families import is_zero, neighbour, special, special_type
from srcad.ops.fit import known, matched
from srcad.ops.formulas import by_formula
from srcad.ops.refused import no_partial
from srcad.ops.sizes import bound
from srcad.ops.special import ERF_SLOPE, erf

# ---- error functions -----------------------------------------------------------------

erfcinv: Op = special(
    "erfcinv",
    partials=lambda out, x: [exp(out * out) / -ERF_SLOPE],
    domain=unary(0.2, 1.8),
)
erfcx: Op = special(
    "erfcx",
    partials=lambda out, x: [2.0 * x * out - ERF_SLOPE],
    domain=unary(-1.0, 3.0, holomorphic=True),
)
erfi: Op = special(
    "erfi",
    partials=lambda out, x: [ERF_SLOPE * exp(x * x)],
    domain=unary(-1.5, 1.5, holomorphic=True),
)
dawsn: Op = special(
    "dawsn",
    partials=lambda out, x: [1.0 - 2.0 * x * out],
    domain=unary(-2.0, 2.0, holomorphic=True),
)
wofz: Op = special(
    "wofz",
    partials=lambda out, z: [complex(0.0, ERF_SLOPE) - 2.0 * z * out],
    domain=lambda: [at(0.4 + 0.3j), at(spaced(-1.0, 2.0, (2, 3)) + 0.5j), at(0.7)],
)
ndtri: Op = special(
    "ndtri",
    partials=lambda out, y: [math.sqrt(2.0 * math.pi) * exp(0.5 * (out * out))],
    domain=unary(0.1, 0.9),
)
ndtri_exp: Op = special(
    "ndtri_exp",
    partials=lambda out, y: [math.sqrt(2.0 * math.pi) * exp(0.5 * (out * out) + y)],
    domain=unary(-3.0, -0.2),
)


def _voigt(x: Value, sigma: Value, gamma: Value) -> Value:
    z = (x + 1j * gamma) / (math.sqrt(2.0) * sigma)
    return real_of(wofz(z)) / (math.sqrt(2.0 * math.pi) * sigma)


voigt_profile: Op = by_formula(
    "voigt_profile",
    calls=("scipy.special.voigt_profile",),
    signature="x, sigma, gamma",
    infer=special_type("voigt_profile"),
    code="scipy.special.voigt_profile(x, sigma, gamma)",
    formula=_voigt,
    domain=lambda: [at(0.4, 1.2, 0.7), at(spaced(-1, 1, (3,)), 0.8, 0.5)],
)


def _owens_partials(out: Value, h: Value, a: Value) -> Sequence[Any]:
    by_h = erf(a * h * math.sqrt(0.5)) * (-0.5 / math.sqrt(2.0 * math.pi))
    over = 1.0 + a * a
    return [
        by_h * exp(-0.5 * (h * h)),
        exp(-0.5 * (h * h) * over) / (2.0 * math.pi * over),
    ]


owens_t: Op = special(
    "owens_t",
    signature="h, a",
    partials=_owens_partials,
    domain=binary((-1.5, 1.5), (0.2, 2.0)),
)


# ---- exponential integrals -----------------------------------------------------------

expi: Op = special(
    "expi",
    partials=lambda out, x: [lambda g: quotient(g * exp(x), x)],
    domain=unary(0.3, 3.0),
)
exp1: Op = special(
    "exp1",
    partials=lambda out, x: [lambda g: -quotient(g * exp(-x), x)],
    domain=unary(0.3, 3.0),
)


def _expn_slope(out: Value, n: Value, x: Value) -> Any:
    """-E of the order below; that below E_0 is exp(-x) * (1 + 1/x) / x."""
    if is_zero(n):
        return lambda g: -quotient(g * (exp(-x) + out), x)
    return -expn(neighbour(n, -1), x)


expn: Op = special(
    "expn",
    signature="n, x",
    partials=lambda out, n, x: [no_partial("expn", "n"), _expn_slope(out, n, x)],
    domain=lambda: [at(k, spaced(0.3, 2.0, (2, 2))) for k in (0, 1, 3)],
)
spence: Op = special(
    "spence",
    partials=lambda out, z: [lambda g: quotient(g * log(z), 1.0 - z)],
    domain=unary(0.2, 0.9),
)

# ---- Lambert's W ---------------------------------------------------------------------


def _lambertw_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("z", "k"), args, kwargs, "lambertw")
    return [given["z"]], {"k": static(given.get("k", 0), "lambertw(k=...)")}


def _complex(z: Type, k: int = 0) -> Type:
    z, dims = unwrapped(z), dims_of(z)
    if dims is None:
        return UNKNOWN
    if isinstance(z, Array) and dims:
        return Array("complex128", dims)
    return Scalar("complex", "complex128") if dtype_of(z) else UNKNOWN


def _w_slope(node: Node) -> Any:
    out = node.out
    return lambda g: quotient(g * exp(-out), 1.0 + out)


lambertw: Op = custom(
    "lambertw",
    calls=("scipy.special.lambertw",),
    signature="z, k=0",
    bind=_lambertw_bind,
    infer=_complex,
    code="scipy.special.lambertw(z, k=k)",
    jvp=lambda node, ts: [None if ts[0] is None else _w_slope(node)(ts[0])],
    vjp=lambda node, cts: [matched(_w_slope(node)(known(cts[0])), node.inputs[0])],
    domain=lambda: [
        at(0.7),
        at(spaced(0.1, 2.0, (2, 3))),
        at(spaced(0.1, 2.0, (3,)) + 0.4j, k=1),
    ],
)
wrightomega: Op = special(
    "wrightomega",
    partials=lambda out, z: [lambda g: quotient(g * out, 1.0 + out)],
    domain=lambda: [*unary(-1.0, 2.0)(), at(0.3 + 0.4j)],
)
