"""Sample points of the basic operations and helpers, which declare none themselves."""

from __future__ import annotations

import numpy as np

from srcad.ops.declare import Op
from srcad.ops.domain import Domain, Sample, at, binary, spaced, unary, value_at

X = spaced(-1.0, 1.5, (2, 3))
ROW = spaced(0.5, 1.5, (3,))
UPPER = spaced(0.2, 2.0, (2, 3))
ANY = binary((-2.0, 2.0), (0.5, 2.0), holomorphic=True)
COMPARED = binary((-2.0, 2.0), (-1.0, 1.0))

POINTS: dict[str, Domain] = {
    "add": ANY,
    "subtract": ANY,
    "multiply": ANY,
    "divide": ANY,
    "quotient": ANY,
    "quotient_or_zero": ANY,
    "negative": unary(-2.0, 2.0, holomorphic=True),
    "positive": unary(-2.0, 2.0, holomorphic=True),
    "power": lambda: [
        *binary((0.5, 2.0), (0.5, 2.5))(),
        *(at(X, k) for k in (2, 3, 1, 0)),
        at(UPPER, -1.5),
        at(-1.3, 3),
        value_at(-1.3, 3.0),
        at(2.0, ROW),
        value_at(0.0, 0.0),
    ],
    "power_slope": binary((0.5, 2.0), (1.5, 2.5)),
    "power_or_zero": binary((0.5, 2.0), (0.5, 2.5)),
    "log_or_zero": unary(0.5, 2.0),
    "floor_divide": binary((4.1, 4.3), (0.9, 1.3)),
    "remainder": binary((4.1, 4.3), (1.5, 1.7)),
    "less": COMPARED,
    "less_equal": COMPARED,
    "greater": COMPARED,
    "greater_equal": COMPARED,
    "equal": COMPARED,
    "not_equal": COMPARED,
    "sinc_derivative": lambda: [at(X, 1), at(0.0, 2), at(3.3, 3), at(7.7, 2)],
    "masked": lambda: [at(X > 0, X), at(X[0] > 0, X, keep=False), at(X > 0, ROW)],
    "shift": lambda: [at(X), at(X, axis=0, back=True), at(X, axis=1)],
    "exclusive": lambda: [at(X), at(X, axis=1, back=True), at(X, axis=0)],
    "recurrence": lambda: [at(X, UPPER), at(X, UPPER, axis=1, back=True)],
    "suffix_sum": lambda: [at(X[0]), at(X, axis=0), at(X, axis=1)],
    "winner": lambda: [value_at(2.0, 1.0, 2.0)],
    "count": lambda: [value_at(X), value_at(X, axis=1), value_at(X, axis=(0, 1))],
    "sum_": lambda: [at(X), at(X, axis=0), at(X, axis=(0, 1), keepdims=True), at(1.5)],
    "expand_dims": lambda: [at(X, axis=0), at(X, axis=-1), at(X, axis=1)],
    "squeeze": lambda: [at(X[:1]), at(X[:, :1], axis=1)],
    "broadcast_like": lambda: [at(ROW, X), at(1.5, X)],
    "real": lambda: [at(X), at(X + 1j), at(1.5 + 1j), at(1.5)],
    "cast": lambda: [
        at(X, dtype="float32", expected=lambda x: x.astype(np.float32)),
        at(X.astype(np.float32), dtype="float64", expected=lambda x: x.astype(float)),
        at(1.5, dtype="float32", expected=np.float32),
    ],
}


def samples(op: Op) -> list[Sample]:
    """The samples of an operation: of its declaration, or of the table above."""
    domain = op.domain or POINTS.get(op.name)
    return [] if domain is None else list(domain())
