"""Least squares as `scipy.linalg` does them: lstsq, pinvh. The rules are NumPy's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Tuple, Type, dims_of
from srcad.ops.declare import Arguments, Op
from srcad.ops.domain import at, spaced
from srcad.ops.formulas import by_tangent
from srcad.ops.least import lstsq_tangent, lstsq_types, pinv_tangent
from srcad.ops.linalg import positive, spread_rank, square_type
from srcad.ops.scipy_calls import free_bind
from srcad.ops.triangular import whole_of


def _lstsq_type(a: Type, b: Type, cond: Any = None) -> Type:
    solution, residuals, values = lstsq_types(a, b)
    if len(dims_of(b) or ()) < 2:  # SciPy gives a number, or an empty array
        residuals = UNKNOWN
    return Tuple((solution, residuals, UNKNOWN, values))


scipy_lstsq: Op = by_tangent(
    "scipy_lstsq",
    calls=("scipy.linalg.lstsq",),
    signature="a, b, cond=None",
    bind=free_bind(
        "lstsq",
        ["a", "b"],
        {"cond": None},
        {"lapack_driver": [None, "gelsd", "gelss"]},
        "a b cond overwrite_a overwrite_b check_finite lapack_driver",
    ),
    infer=_lstsq_type,
    code="scipy.linalg.lstsq(a, b, cond=cond)",
    tangent=lstsq_tangent,
    domain=lambda: [
        at(spread_rank(4, 2), spaced(-1, 1, (4,))),
        at(spread_rank(4, 2), spaced(-1, 1, (4, 2))),
        at(spread_rank(3, 3), spaced(-1, 1, (3,))),
        at(spread_rank(2, 3), spaced(-1, 1, (2,))),
    ],
)


def _pinvh_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    usual = {"atol": None, "rtol": None, "lower": True}
    return free_bind("pinvh", ["a"], usual, {"return_rank": [False]})(args, kwargs)


def _pinvh_tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
    if ts[0] is None:
        return None
    lower = node.params.get("lower", True)
    x = whole_of(node.inputs[0], lower)
    return pinv_tangent(x, node.out, whole_of(ts[0], lower))


pinvh: Op = by_tangent(
    "pinvh",
    calls=("scipy.linalg.pinvh",),
    signature="a, atol=None, rtol=None, lower=True",
    bind=_pinvh_bind,
    infer=lambda a, **_: square_type(a),
    code="scipy.linalg.pinvh(a, atol=atol, rtol=rtol, lower=lower)",
    tangent=_pinvh_tangent,
    domain=lambda: [at(positive(3)), at(positive(3), lower=False)],
)
