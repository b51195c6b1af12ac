"""Conversions by Python's number types: float(x), int(x), complex(x)."""

from __future__ import annotations

import builtins

from srcad.ir.types import COMPLEX, FLOAT, INT, Type
from srcad.ops.declare import Op, zero
from srcad.ops.kinds import elementwise


def _float_type(x: Type) -> Type:
    return FLOAT


# float(x) is still x.
to_float: Op = elementwise(
    "to_float",
    calls=(builtins.float,),
    infer=_float_type,
    code="float(x)",
    partials=lambda out, x: [1],
)

to_complex: Op = elementwise(
    "to_complex",
    calls=(builtins.complex,),
    infer=lambda x: COMPLEX,
    code="complex(x)",
    partials=lambda out, x: [1],
)

to_int: Op = zero("to_int", calls=(builtins.int,), infer=lambda x: INT, code="int(x)")
