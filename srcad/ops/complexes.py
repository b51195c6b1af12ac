"""Complex numbers: conj, imag, angle, absolute value.

Cotangents are those of JAX and autograd: pairing a cotangent g with a tangent t is the
real part of g * t, without conjugation. So a holomorphic function has the same rule as
a real one, and those here have rules of their own.
"""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, literal
from srcad.ir.types import (
    FLOAT,
    Array,
    Maybe,
    Scalar,
    Type,
    kind_of,
)
from srcad.ops.arithmetic import quotient
from srcad.ops.declare import Contribution, Op, custom, zero
from srcad.ops.domain import at, spaced, unary, value_at
from srcad.ops.fit import known, matched, real
from srcad.ops.kinds import linear, scaled
from srcad.ops.rounding import sign
from srcad.ops.ufunc import floating, quotient_or_zero, ufunc_type


def may_be_complex(t: Type) -> bool:
    """Whether a value of this type can be complex."""
    return kind_of(t) in (None, "complex")


def refuse_complex(name: str, given: Sequence[Any]) -> None:
    """Refuse values that may be complex.

    Raises
    ------
    MissingRule
        One may be.
    """
    if any(isinstance(v, Value) and may_be_complex(v.type) for v in given):
        raise MissingRule(f"{name} has a derivative rule for real matrices only")


def conj_of(x: Value) -> Value:
    """The conjugate; x itself where it is known to be real."""
    return conj(x) if may_be_complex(x.type) else x


def real_of(x: Value) -> Value:
    """The real part; x itself where it is known to be real."""
    return real(x) if may_be_complex(x.type) else x


def real_valued(
    name: str, *, slope: Callable[[Value, Value], Any], infer: Any, **facts: Any
) -> Op:
    """A real function of one complex (or real) number.

    `slope(out, x)` gives w, where the tangent of the result is the real part of w * t.
    """

    def jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
        (t,) = tangents
        if t is None:
            return [None]
        return [real_of(scaled(t, slope(node.out, node.inputs[0])))]

    def vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
        x = node.inputs[0]
        return [matched(scaled(known(cts[0]), slope(node.out, x)), x)]

    facts = {"signature": "x", **facts}
    return custom(name, infer=infer, jvp=jvp, vjp=vjp, **facts)


def _complex_points() -> list[Any]:
    z = spaced(-1.0, 1.0, (2, 3))
    return [at(0.3 - 0.4j), at(z + 1j), at(np.complex64(0.3 + 1j)), at(z[0] - 0.3j)]


def _points() -> list[Any]:
    return [*unary(-2.0, 2.0)(), *_complex_points()]


# sign(x) of one number: three times as fast as np.sign, which is made for arrays. For a
# compiler without a branch on the sign, which in noise is guessed wrong half the time.
number_sign: Op = zero(
    "number_sign",
    infer=lambda x: FLOAT,
    code="1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0 * x",
    numba="math.copysign(1.0, x) if abs(x) > 0.0 else 0.0 * x",
    domain=lambda: [
        value_at(x, expected=lambda x: float(np.sign(x))) for x in (1.5, -1.5, 0.0)
    ],
)


# x / |x| for a complex x, conjugated; 0 at 0, as sign(x).
def _abs_slope(out: Value, x: Value) -> Value:
    if may_be_complex(x.type):
        return conj(quotient_or_zero(x, out))
    return number_sign(x) if isinstance(x.type, Scalar) else sign(x)


abs_: Op = real_valued(
    "abs_",
    calls=(np.abs, builtins.abs, operator.abs),
    signature="x, *, via='np'",
    infer=ufunc_type(np.absolute),
    slope=_abs_slope,
    cost=lambda node: "normal" if may_be_complex(node.inputs[0].type) else "cheap",
    domain=lambda: [*_points(), at(-1.5, via="builtins"), at(1j - 2, via="builtins")],
)


def _imag_type(x: Type) -> Type:
    x = x.inner if isinstance(x, Maybe) else x
    if isinstance(x, Scalar):
        kind = "float" if x.kind == "complex" else x.kind
        dtype = str(np.imag(np.zeros(1, x.dtype)).dtype) if x.dtype else ""
        return Scalar(kind, dtype)
    if isinstance(x, Array):
        return Array(str(np.imag(np.zeros(1, x.dtype)).dtype), x.dims)
    return x


imag: Op = real_valued(
    "imag",
    calls=(np.imag,),
    infer=_imag_type,
    slope=lambda out, x: literal(-1j) if may_be_complex(x.type) else literal(0.0),
    code=lambda node: (
        "np.imag(x)" if kind_of(node.inputs[0].type) is None else "x.imag"
    ),
    memory="view",
    cost="free",
    domain=lambda: [*_complex_points(), at(1.5)],
)

conj: Op = linear(
    "conj",
    calls=(np.conj,),
    methods=("conj", "conjugate"),
    signature="x",
    infer=ufunc_type(np.conjugate),
    transpose=lambda g, node: conj_of(g),
    cost="cheap",
    domain=_complex_points,
)


def _angle_slope(out: Value, x: Value) -> Any:
    if not may_be_complex(x.type):
        return literal(0.0)
    return lambda g: quotient(g * -1j, x)


def _angle_type(x: Type, deg: bool = False) -> Type:
    return real_type(floating(x))


def real_type(t: Type) -> Type:
    """The type of the real part of a NumPy number or array."""
    return _imag_type(t)


angle: Op = real_valued(
    "angle",
    calls=(np.angle,),
    infer=_angle_type,
    slope=_angle_slope,
    domain=_complex_points,
)
