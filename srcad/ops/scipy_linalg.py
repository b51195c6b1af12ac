"""`scipy.linalg`: what NumPy has too, with SciPy's keywords.

The user's call stays; the rules are those of NumPy's operations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Type, kind_of
from srcad.ops.declare import Arguments, Contribution, Op, custom, static
from srcad.ops.determinants import det_jvp, det_type, det_vjp
from srcad.ops.domain import at, spaced
from srcad.ops.fit import known, matched
from srcad.ops.formulas import by_formula, by_tangent
from srcad.ops.least import pinv_rule, pinv_type
from srcad.ops.linalg import (
    double_only,
    inv_jvp,
    inv_vjp,
    positive,
    regular,
    solve_jvp,
    solve_type,
    solve_vjp,
    square_type,
)
from srcad.ops.norms import norm, norm_bind, norm_type
from srcad.ops.products import left_cotangent
from srcad.ops.scipy_calls import free_bind
from srcad.ops.triangular import triangle_of, whole_of

# ---- inv, det, norm, pinv ------------------------------------------------------------

scipy_inv: Op = custom(
    "scipy_inv",
    calls=("scipy.linalg.inv",),
    signature="a",
    bind=free_bind("inv", ["a"], ignored={"assume_a": [None, "gen", "general"]}),
    infer=square_type,
    code="scipy.linalg.inv(a)",
    jvp=inv_jvp,
    vjp=inv_vjp,
    domain=lambda: [at(regular(3)), at(regular(2) + 0.4j)],
)
scipy_det: Op = custom(
    "scipy_det",
    calls=("scipy.linalg.det",),
    signature="a",
    bind=free_bind("det", ["a"]),
    infer=lambda a: double_only(det_type(a)),
    code="scipy.linalg.det(a)",
    jvp=det_jvp,
    vjp=det_vjp,
    domain=lambda: [at(regular(3)), at(np.array([[1.0, 2.0], [2.0, 4.0]]))],
)


def _norm_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    kwargs = dict(kwargs)
    if "check_finite" in kwargs:
        static(kwargs.pop("check_finite"), "norm(check_finite=...)")
    if "a" in kwargs:
        kwargs["x"] = kwargs.pop("a")
    return norm_bind(args, kwargs)


def _norm_type(
    x: Type, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> Type:
    """Over all axes BLAS gives a Python number, NumPy one of its own."""
    return UNKNOWN if axis is None else norm_type(x, ord, axis, keepdims)


scipy_norm: Op = by_formula(
    "scipy_norm",
    calls=("scipy.linalg.norm",),
    signature="x, ord=None, axis=None, keepdims=False",
    bind=_norm_bind,
    infer=_norm_type,
    code="scipy.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)",
    formula=lambda x, **params: norm(x, **params),
    domain=lambda: [
        at(spaced(-1, 1, (3,))),
        at(spaced(-1, 1, (2, 3)), ord="fro", axis=(0, 1)),
        at(spaced(-1, 1, (2, 3)), axis=1, keepdims=True),
        at(regular(3), ord="nuc", axis=(0, 1)),
    ],
)
scipy_pinv: Op = by_tangent(
    "scipy_pinv",
    calls=("scipy.linalg.pinv",),
    signature="x, atol=None, rtol=None",
    bind=free_bind(
        "pinv", ["a"], {"atol": None, "rtol": None}, {"return_rank": [False]}
    ),
    infer=lambda x, atol=None, rtol=None: pinv_type(x),
    code="scipy.linalg.pinv(x, atol=atol, rtol=rtol)",
    tangent=pinv_rule,
    domain=lambda: [
        at(regular(3)[:, :2]),
        at(regular(2), rtol=1e-9),
        at(regular(2), atol=1e-9),
    ],
)

# ---- solve ---------------------------------------------------------------------------

_GENERAL = (None, "gen", "general")
_SYMMETRIC = ("sym", "symmetric", "pos", "positive definite", "her", "hermitian")


_solve_sort = free_bind(
    "solve",
    ["a", "b"],
    {"lower": False, "assume_a": None},
    {"transposed": [False]},
    "a b lower overwrite_a overwrite_b check_finite assume_a transposed",
)


def _solve_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    inputs, params = _solve_sort(args, kwargs)
    kind = params.get("assume_a")
    if kind not in (*_GENERAL, *_SYMMETRIC):
        raise MissingRule(
            f"solve(assume_a={kind!r}) has no derivative rule",
            hint="supported: 'gen', 'sym', 'pos', 'her'",
        )
    if kind in _GENERAL:
        params = {"assume_a": kind} if kind else {}
    return inputs, params


def _is_general(node: Node) -> bool:
    if node.params.get("assume_a") in _GENERAL:
        return True
    if any(kind_of(v.type) == "complex" for v in node.inputs):
        raise MissingRule("solve of complex matrices: only assume_a='gen' has a rule")
    return False


def _scipy_solve_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if _is_general(node):
        return solve_jvp(node, ts)
    (a, _), (da, db), x = node.inputs, ts, node.out
    total = None
    if da is not None:
        total = -(whole_of(da, node.params.get("lower", False)) @ x)
    if db is not None:
        total = db if total is None else db + total
    return [None if total is None else scipy_solve(a, total, **node.params)]


def _scipy_solve_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    if _is_general(node):
        return solve_vjp(node, cts)
    (a, b), x = node.inputs, node.out
    b_bar = scipy_solve(a, known(cts[0]), **node.params)
    whole = left_cotangent(b_bar, a, x)
    a_bar = triangle_of(whole, node.params.get("lower", False))
    return [-matched(a_bar, a), matched(b_bar, b)]


scipy_solve: Op = custom(
    "scipy_solve",
    calls=("scipy.linalg.solve",),
    signature="a, b, lower=False, assume_a=None",
    bind=_solve_bind,
    infer=lambda a, b, **_: solve_type(a, b),
    code="scipy.linalg.solve(a, b, lower=lower, assume_a=assume_a)",
    jvp=_scipy_solve_jvp,
    vjp=_scipy_solve_vjp,
    domain=lambda: [
        at(regular(3), spaced(-1, 1, (3,))),
        at(regular(3), spaced(-1, 1, (3, 2)), assume_a="gen"),
        at(positive(3), spaced(-1, 1, (3,)), assume_a="pos"),
        at(positive(3), spaced(-1, 1, (3, 2)), assume_a="sym", lower=True),
    ],
)
