"""Conversions and questions by builtins: complex, str, divmod, pow, hasattr, ..."""

from __future__ import annotations

import builtins
from typing import Any

import gast
import numpy as np

from srcad.errors import UnsupportedSyntax
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.intrinsics import intrinsic, made_text
from srcad.frontend.operators import binary, operand
from srcad.frontend.refs import Caught, Items, Number, Ref, Static
from srcad.frontend.statements import shown
from srcad.ir.graph import Literal
from srcad.ir.types import Array, Scalar, kind_of, unwrapped
from srcad.ops.convert import to_complex, to_int
from srcad.ops.effects import format_
from srcad.ops.fit import cast

# ---- numbers -------------------------------------------------------------------------


@intrinsic(builtins.complex)
def _complex(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    """`complex(a, b)` is `a + 1j * b`."""
    given = dict(zip(("real", "imag"), args, strict=False)) | kwargs
    if any(isinstance(r, Static) for r in args) or set(given) > {"real", "imag"}:
        return None
    if "imag" not in given:
        if set(given) != {"real"}:
            return constant_ref(0j)
        value = operand(frame, given["real"])
        if isinstance(value, Literal):
            return constant_ref(complex(value.value))
        return Number(to_complex(value))
    real = given.get("real", constant_ref(0.0))
    turned = binary(frame, gast.Mult, constant_ref(1j), given["imag"])
    whole = binary(frame, gast.Add, real, turned)
    return Number(to_complex(frame.read(whole)))


@intrinsic(builtins.divmod)
def _divmod(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    if len(args) != 2 or kwargs:
        raise UnsupportedSyntax("divmod() takes two arguments")
    left, right = args
    quotient = binary(frame, gast.FloorDiv, left, right)
    return Items((quotient, binary(frame, gast.Mod, left, right)))


@intrinsic(builtins.pow)
def _pow(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    if len(args) + len(kwargs) <= 2:
        return None
    raise UnsupportedSyntax(
        "pow with three arguments is not supported",
        hint="it is for integers: compute it outside and pass the result",
    )


def _sized_float(dtype: str) -> Any:
    """`np.float64(x)` of a number."""

    def handler(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
        if len(args) != 1 or kwargs:
            return None
        value = operand(frame, args[0])
        kind = kind_of(value.type) if isinstance(value.type, Scalar) else None
        if kind not in ("int", "float"):
            return None
        if isinstance(value, Literal):
            return constant_ref(np.dtype(dtype).type(value.value))
        return frame.result(cast(value, dtype=dtype))

    return handler


intrinsic(np.float64)(_sized_float("float64"))
intrinsic(np.float32)(_sized_float("float32"))
_INTEGERS = (np.int8, np.int16, np.int32, np.int64)


@intrinsic(*_INTEGERS)
def _sized_integer(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    """`np.int64(x)` of a number is `int(x)`."""
    if len(args) != 1 or kwargs:
        return None
    value = operand(frame, args[0])
    return Number(to_int(value)) if isinstance(value.type, Scalar) else None


# ---- texts ---------------------------------------------------------------------------


def _text(conversion: str) -> Any:
    def handler(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
        if kwargs or len(args) > 1:
            raise UnsupportedSyntax("this conversion to text is not supported")
        if not args:
            return constant_ref("")
        value = shown(frame, args[0])
        convert: Any = {"s": str, "r": repr}[conversion]
        if isinstance(value, Literal):
            return constant_ref(convert(value.value))
        caught = isinstance(args[0], Caught)
        if not caught and not isinstance(unwrapped(value.type), (Scalar, Array)):
            return made_text(frame, args, kwargs, convert)
        return frame.result(format_(value, layout=((conversion, ""),)))

    return handler


intrinsic(builtins.str)(_text("s"))
intrinsic(builtins.repr)(_text("r"))
