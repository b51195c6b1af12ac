"""Rounding, signs, remainders, functions of whole numbers.

Most are piecewise constant: their derivative is zero wherever there is one.
"""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from srcad.ir.types import (
    BOOL,
    FLOAT,
    INT,
    UNKNOWN,
    Array,
    Scalar,
    Type,
    number_type,
    unwrapped,
)
from srcad.ops.arithmetic import equal, quotient
from srcad.ops.declare import Op, zero
from srcad.ops.domain import at, binary, unary, value_at
from srcad.ops.kinds import elementwise
from srcad.ops.ufunc import floating, real_function, step_function

MATH = ("math",)
REALS = unary(-2.6, 2.6)
BY_MATH = unary(-2.6, 2.6, via=MATH)

floor = step_function("floor", np.floor, math.floor, domain=BY_MATH)
ceil = step_function("ceil", np.ceil, math.ceil, domain=BY_MATH)
trunc = step_function("trunc", np.trunc, math.trunc, domain=BY_MATH)
rint = step_function("rint", np.rint, domain=REALS)
sign = step_function("sign", np.sign, domain=REALS, cost="cheap")
signbit = step_function("signbit", np.signbit, domain=REALS, cost="cheap")
isnan = step_function("isnan", np.isnan, math.isnan, by_math=BOOL, domain=BY_MATH)
isinf = step_function("isinf", np.isinf, math.isinf, by_math=BOOL, domain=BY_MATH)
isfinite = step_function(
    "isfinite", np.isfinite, math.isfinite, by_math=BOOL, domain=BY_MATH
)

# Newer versions of NumPy call it deprecated, in favour of trunc.
fix = zero(
    "fix",
    calls=(getattr(np, "fix", None),),
    infer=floating,
    code="np.trunc(x)",
    domain=lambda: [at(np.array([-1.6, 2.4]), expected=np.trunc)],
)


def _rounded(x: Type, decimals: int = 0) -> Type:
    x = unwrapped(x)
    if isinstance(x, Array):
        return number_type("float16" if x.dtype == "bool" else x.dtype, x.dims)
    if not isinstance(x, Scalar) or x.kind == "bool":
        return UNKNOWN
    return number_type(x.dtype or str(np.result_type(_EXAMPLES[x.kind])), ())


_EXAMPLES = {"int": 0, "float": 0.0, "complex": 0j}

round_ = zero(
    "round_",
    calls=(np.round, np.around),
    methods=("round",),
    signature="x, decimals=0",
    infer=_rounded,
    domain=lambda: [
        *unary(-2.6, 2.6)(),
        at(np.array([1.234, -0.567]), decimals=2),
        value_at(np.array([17, 35]), decimals=-1),
    ],
)


def _builtin_rounded(x: Type, ndigits: Any = None) -> Type:
    x = unwrapped(x)
    if not isinstance(x, Scalar) or x.kind == "complex":
        return UNKNOWN
    return Scalar("int") if ndigits is None else Scalar(x.kind, x.dtype)


builtin_round = zero(
    "builtin_round",
    calls=(builtins.round,),
    signature="x, ndigits=None",
    infer=_builtin_rounded,
    domain=lambda: [at(2.6), at(1.2345, ndigits=2), at(np.float64(2.6))],
)


def _whole(*types: Type, **_: Any) -> Type:
    return INT


# Functions of whole numbers; calls with others raise as they do.
factorial = zero("factorial", calls=(math.factorial,), infer=_whole)
comb = zero("comb", calls=(math.comb,), signature="n, k", infer=_whole)
isqrt = zero("isqrt", calls=(math.isqrt,), infer=_whole)
gcd = zero("gcd", calls=(math.gcd,), signature="*xs", infer=_whole)
lcm = zero("lcm", calls=(math.lcm,), signature="*xs", infer=_whole)

# ---- signs and remainders ------------------------------------------------------------

fabs: Op = real_function(
    "fabs",
    np.fabs,
    math.fabs,
    partials=lambda out, x: [sign(x)],
    domain=BY_MATH,
)

copysign: Op = real_function(
    "copysign",
    np.copysign,
    math.copysign,
    partials=lambda out, x, y: [lambda g: g * (sign(x) * copysign(1.0, y)), None],
    domain=binary((-2.0, 2.0), (-2.0, 2.0), via=MATH),
)

fmod: Op = real_function(
    "fmod",
    np.fmod,
    math.fmod,
    partials=lambda out, x, y: [1, lambda g: -(g * trunc(quotient(x, y)))],
    numba="np.fmod(x, y)",
    domain=binary((4.1, 4.6), (1.3, 1.5), via=MATH),
)

math_remainder: Op = elementwise(
    "math_remainder",
    calls=(math.remainder,),
    signature="x, y",
    infer=lambda x, y: FLOAT,
    partials=lambda out, x, y: [1, lambda g: -(g * rint(quotient(x, y)))],
    domain=lambda: [at(4.3, 1.4)],
)

heaviside: Op = real_function(
    "heaviside",
    np.heaviside,
    partials=lambda out, x, y: [None, equal(x, 0.0)],
    numba="np.where(x == 0.0, y, np.where(x > 0.0, 1.0, 0.0))",
    domain=binary((-2.0, 2.0), (0.2, 0.8)),
)
