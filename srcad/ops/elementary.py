"""Elementary functions: roots, powers, exponentials, logarithms.

Partials are written as an expert would print them, in terms of the result where that
is shorter. Divisions that may be by zero go by `quotient` (inf, never an error).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Value
from srcad.ir.types import FLOAT, Type
from srcad.ops.arithmetic import quotient
from srcad.ops.declare import Op
from srcad.ops.domain import at, binary, unary, value_at
from srcad.ops.kinds import elementwise
from srcad.ops.powers import power_partials
from srcad.ops.ufunc import over, real_function, ufunc_type

MATH = ("math",)

# ---- roots, powers -------------------------------------------------------------------

sqrt: Op = real_function(
    "sqrt",
    np.sqrt,
    math.sqrt,
    partials=lambda out, x: [lambda g: quotient(0.5 * g, out)],
    domain=unary(0.1, 4.0, via=MATH, holomorphic=True),
)

cbrt: Op = real_function(
    "cbrt",
    np.cbrt,
    math.cbrt,
    partials=lambda out, x: [lambda g: quotient(g, 3.0 * (out * out))],
    numba="np.cbrt(x)",
    domain=unary(-3.0, -0.5, via=MATH),
)

square: Op = real_function(
    "square",
    np.square,
    partials=lambda out, x: [lambda g: g * (2.0 * x)],
    domain=unary(-2.0, 2.0, holomorphic=True),
    cost="cheap",
)

reciprocal: Op = real_function(
    "reciprocal",
    np.reciprocal,
    partials=lambda out, x: [lambda g: -(g * (out * out))],
    domain=unary(0.5, 3.0, holomorphic=True),
)

hypot: Op = real_function(
    "hypot",
    np.hypot,
    partials=lambda out, x, y: [
        lambda g: quotient(g * x, out),
        lambda g: quotient(g * y, out),
    ],
    domain=binary((-2.0, -0.5), (0.5, 2.0)),
)


def _all_floats(*types: Type) -> Type:
    return FLOAT


def _over_out(out: Value, xs: tuple[Value, ...]) -> Sequence[Any]:
    return [lambda g, x=x: quotient(g * x, out) for x in xs]


math_hypot: Op = elementwise(
    "math_hypot",
    calls=(math.hypot,),
    signature="*xs",
    infer=_all_floats,
    partials=lambda out, *xs: _over_out(out, xs),
    numba=lambda node: (
        "math.hypot(xs0, xs1)"
        if len(node.inputs) == 2
        else "math.sqrt("
        + " + ".join(f"xs{k} * xs{k}" for k in range(len(node.inputs)))
        + ")"
    ),
    domain=lambda: [at(0.3, -0.4, 1.2), at(2.0, np.float64(1.0))],
)


math_pow: Op = elementwise(
    "math_pow",
    calls=(math.pow,),
    signature="x, y",
    infer=_all_floats,
    partials=power_partials,
    domain=lambda: [at(1.3, 2.5), at(0.7, -1.2), value_at(0.0, 0.0)],
)

float_power: Op = elementwise(
    "float_power",
    calls=(np.float_power,),
    signature="x, y",
    infer=ufunc_type(np.float_power),
    partials=power_partials,
    domain=binary((0.5, 2.0), (0.5, 3.0)),
)

ldexp: Op = elementwise(
    "ldexp",
    calls=(np.ldexp, math.ldexp),
    signature="x, y, *, via='np'",
    infer=ufunc_type(np.ldexp),
    partials=lambda out, x, y: [lambda g: ldexp(g, y), None],
    domain=lambda: [at(1.5, 3), at(1.5, -2, via="math"), at(np.array([0.3, 1.0]), 2)],
)

# ---- exponentials and logarithms -----------------------------------------------------

exp: Op = real_function(
    "exp",
    np.exp,
    math.exp,
    partials=lambda out, x: [out],
    domain=unary(-2.0, 2.0, via=MATH, holomorphic=True),
)

exp2: Op = real_function(
    "exp2",
    np.exp2,
    math.exp2,
    partials=lambda out, x: [lambda g: g * (math.log(2.0) * out)],
    domain=unary(-2.0, 2.0, via=MATH, holomorphic=True),
)

expm1: Op = real_function(
    "expm1",
    np.expm1,
    math.expm1,
    partials=lambda out, x: [out + 1.0],
    domain=unary(-2.0, 2.0, via=MATH, holomorphic=True),
)

log: Op = elementwise(
    "log",
    calls=(np.log,),
    signature="x, *, via='np'",
    infer=ufunc_type(np.log),
    partials=lambda out, x: [lambda g: over(g, x)],
    domain=unary(0.2, 4.0, holomorphic=True),
)


def _math_log_partials(out: Value, x: Value, base: Value | None = None) -> Any:
    if base is None:
        return [lambda g: g / x]
    return [
        lambda g: g / (x * math_log(base)),
        lambda g: -(g * out / (base * math_log(base))),
    ]


# Apart from `log`: the second argument is a base here, and an output there.
math_log: Op = elementwise(
    "math_log",
    calls=(math.log,),
    signature="x, base=None",
    inputs=("base",),
    infer=_all_floats,
    partials=_math_log_partials,
    numba=lambda node: (
        "math.log(x)" if len(node.inputs) == 1 else "math.log(x) / math.log(base)"
    ),
    domain=lambda: [at(2.5), at(2.5, 3.0), at(np.float64(0.3))],
)

log2: Op = real_function(
    "log2",
    np.log2,
    math.log2,
    partials=lambda out, x: [lambda g: over(g, math.log(2.0) * x)],
    domain=unary(0.2, 4.0, via=MATH, holomorphic=True),
)

log10: Op = real_function(
    "log10",
    np.log10,
    math.log10,
    partials=lambda out, x: [lambda g: over(g, math.log(10.0) * x)],
    domain=unary(0.2, 4.0, via=MATH, holomorphic=True),
)

log1p: Op = real_function(
    "log1p",
    np.log1p,
    math.log1p,
    partials=lambda out, x: [lambda g: over(g, 1.0 + x)],
    domain=unary(-0.7, 3.0, via=MATH, holomorphic=True),
)

logaddexp: Op = real_function(
    "logaddexp",
    np.logaddexp,
    partials=lambda out, x, y: [exp(x - out), exp(y - out)],
    domain=binary((-2.0, 2.0), (-2.0, 2.0)),
)

logaddexp2: Op = real_function(
    "logaddexp2",
    np.logaddexp2,
    partials=lambda out, x, y: [exp2(x - out), exp2(y - out)],
    domain=binary((-2.0, 2.0), (-2.0, 2.0)),
)
