"""The zeta functions of Riemann and Hurwitz, by both arguments.

Source: DLMF 25.11.17 (by the shift) and 25.11.7 (Euler and Maclaurin's sum, which is
differentiated by the exponent).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Value, as_value
from srcad.ops.arithmetic import greater
from srcad.ops.choice import where
from srcad.ops.declare import Op
from srcad.ops.domain import at, at_fixed, spaced
from srcad.ops.elementary import exp, log
from srcad.ops.families import neighbour, special, special_type
from srcad.ops.fit import sum_
from srcad.ops.implicit import slope_of
from srcad.ops.kinds import elementwise
from srcad.ops.ranks import expand_dims

TERMS = 12  # of the plain sum
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def _sum(x: Value, q: Value) -> Value:
    """zeta(x, q): the first terms, and what Euler and Maclaurin give for the rest."""
    logs = log(expand_dims(q, axis=-1) + as_value(np.arange(float(TERMS))))
    head = sum_(exp(-(expand_dims(x, axis=-1) * logs)), axis=-1)
    start = q + float(TERMS)
    square, rest = 1.0 / (start * start), as_value(0.0)
    for j in range(len(BERNOULLI), 0, -1):
        weight = BERNOULLI[j - 1] / math.factorial(2 * j)
        rise = 1.0 if j == 1 else square * (x + (2 * j - 3.0)) * (x + (2 * j - 2.0))
        rest = rise * (weight + rest)
    tail = start / (x - 1.0) + 0.5 + x * rest / start
    found: Value = head + exp(-x * log(start)) * tail
    return found


def _by_exponent(x: Value, q: Value) -> Any:
    """The derivative by x; nan below -9, where that sum has too few terms."""

    def weighed(g: Value) -> Value:
        fine = greater(x, -9.0)
        found = g * slope_of(_sum, 0, where(fine, x, 2.0), q)
        return where(fine, found, math.nan)

    return weighed


def _zeta_partials(out: Value, x: Value, *q: Value) -> Sequence[Any]:
    shift = q[0] if q else as_value(1.0)
    by_shift = [lambda g, v=v: -g * x * zeta(neighbour(x, 1), v) for v in q]
    return [_by_exponent(x, shift), *by_shift]


zeta: Op = elementwise(
    "zeta",
    calls=("scipy.special.zeta",),
    signature="x, *q",
    infer=lambda x, *q: special_type("zeta")(x, *q),
    code=lambda node: f"scipy.special.zeta(x{', q0' * (len(node.inputs) - 1)})",
    partials=_zeta_partials,
    domain=lambda: [
        at(2.5, 1.3),
        at(3.0),
        at(spaced(1.5, 9.0, (3,))),
        at_fixed((0,), 3, spaced(1, 2, (2, 2))),
        at(spaced(1.5, 9.0, (2, 1)), spaced(0.4, 2.0, (3,))),
    ],
)
zetac: Op = special(
    "zetac",
    partials=lambda out, x: [_by_exponent(x, as_value(1.0))],
    domain=lambda: [at(2.5), at(0.3), at(spaced(-4.0, 0.5, (3,)))],
)
