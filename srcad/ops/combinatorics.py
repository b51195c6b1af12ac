"""Binomials, factorials and whole numbers of `scipy.special`, and what jumps.

Numbers of ways are gamma functions of numbers that are not whole (DLMF 5.5, 5.12);
exact ones are whole numbers, without a derivative.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from srcad.ir.graph import Value
from srcad.ir.types import UNKNOWN, Type
from srcad.ops.arithmetic import greater_equal
from srcad.ops.choice import where
from srcad.ops.declare import Op, zero
from srcad.ops.domain import Sample, at, spaced, unary, value_at
from srcad.ops.families import asked_type, special_type
from srcad.ops.formulas import by_formula
from srcad.ops.gammas import binom, poch
from srcad.ops.logic import logical_and
from srcad.ops.special import gamma

Formula = Callable[..., Any]


def _ways(
    name: str, signature: str, call: str, formula: Formula, samples: list[Sample]
) -> Op:
    """Inexact: as `formula`; exact: whole numbers, of which none is active.

    `math` has functions of the same names.
    """

    def type_of(*types: Type, exact: bool = False, **_: Any) -> Type:
        return UNKNOWN if exact else asked_type(f"scipy.special.{name}", *types)

    def inexact(*inputs: Value, exact: bool = False, **params: Any) -> Any:
        return formula(*inputs, **params)

    return by_formula(
        f"special_{name}",
        calls=(f"scipy.special.{name}",),
        signature=signature,
        code=f"scipy.special.{name}({call})",
        infer=type_of,
        formula=inexact,
        domain=lambda: samples,
    )


def _choices(n: Value, k: Value, repetition: bool = False) -> Value:
    top = n + k - 1.0 if repetition else n
    return _counted(n, k, lambda k: binom(top, k))


def _counted(n: Value, k: Value, formula: Formula) -> Value:
    """0 where k is negative, or more than n."""
    inside = logical_and(greater_equal(k, 0), greater_equal(n, k))
    found: Value = where(inside, formula(where(inside, k, 0.0)), 0.0)
    return found


comb: Op = _ways(
    "comb",
    "N, k, *, exact=False, repetition=False",
    "N, k, exact=exact, repetition=repetition",
    _choices,
    [
        at(5.3, 2.1),
        at(4.7, spaced(1.0, 3.0, (3,)), repetition=True),
        at(2.0, 3.5),
        value_at(5, 2),
    ],
)
perm: Op = _ways(
    "perm",
    "N, k, exact=False",
    "N, k, exact=exact",
    lambda n, k: _counted(n, k, lambda k: poch(n - k + 1.0, k)),
    [at(5.3, 2.1), at(spaced(4.0, 6.0, (2, 2)), 1.7)],
)
factorial: Op = _ways(
    "factorial",
    "n, exact=False",
    "n, exact=exact",
    lambda n: where(
        greater_equal(n, 0), gamma(1.0 + where(greater_equal(n, 0), n, 0.0)), 0.0
    ),
    [at(3.4), at(spaced(0.5, 3.0, (3,))), at(-1.3)],
)


# ---- whole numbers -------------------------------------------------------------------


def _whole(name: str, signature: str, *samples: Sample) -> Op:
    return zero(
        name,
        calls=(f"scipy.special.{name}",),
        signature=signature,
        infer=lambda *types, **params: UNKNOWN,
        domain=lambda: samples,
    )


factorial2: Op = _whole("factorial2", "n, exact=False", value_at(5))
factorialk: Op = _whole("factorialk", "n, k, exact=False", value_at(5, 3))
stirling2: Op = _whole("stirling2", "N, K, *, exact=False", value_at(5, 3))
bernoulli_numbers: Op = zero(
    "bernoulli_numbers",
    calls=("scipy.special.bernoulli",),
    signature="n",
    infer=lambda n: UNKNOWN,
    domain=lambda: [value_at(5)],
)
euler_numbers: Op = zero(
    "euler_numbers",
    calls=("scipy.special.euler",),
    signature="n",
    infer=lambda n: UNKNOWN,
    domain=lambda: [value_at(5)],
)
gammasgn: Op = zero(
    "gammasgn",
    calls=("scipy.special.gammasgn",),
    infer=special_type("gammasgn"),
    domain=unary(-2.7, -2.2),
)
special_round: Op = zero(
    "special_round",
    calls=("scipy.special.round",),
    infer=special_type("round"),
    code="scipy.special.round(x)",
    domain=unary(0.6, 1.4),
)

# ---- degrees, minutes, seconds -------------------------------------------------------

radian: Op = by_formula(
    "radian",
    calls=("scipy.special.radian",),
    signature="d, m, s",
    infer=special_type("radian"),
    formula=lambda d, m, s: (math.pi / 180.0) * (d + m / 60.0 + s / 3600.0),
    domain=lambda: [at(3.0, 20.0, 10.0), at(spaced(0, 9, (3,)), 1.0, 2.0)],
)
