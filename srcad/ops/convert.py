"""Conversions by Python's number types: float(x), int(x), complex(x)."""

from __future__ import annotations

import builtins

import numpy as np

from srcad.ir.types import COMPLEX, FLOAT, INT, Type
from srcad.ops.declare import Op, zero
from srcad.ops.domain import at, value_at
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
    domain=lambda: [at(1.5), at(np.float64(1.5)), at(np.array(1.5)), value_at(3)],
)

to_complex: Op = elementwise(
    "to_complex",
    calls=(builtins.complex,),
    infer=lambda x: COMPLEX,
    code="complex(x)",
    partials=lambda out, x: [1],
    domain=lambda: [at(1.5), at(1.5 - 2j), value_at(3)],
)

to_int: Op = zero("to_int", calls=(builtins.int,), infer=lambda x: INT, code="int(x)")
