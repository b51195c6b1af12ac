"""Cholesky factors of `scipy.linalg`, and systems solved by them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, literal
from srcad.ir.types import kind_of
from srcad.ops.containers import make_tuple
from srcad.ops.declare import Arguments, Contribution, Op, custom, static
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import known, matched
from srcad.ops.formulas import spelled
from srcad.ops.linalg import positive, solve_type, square_type
from srcad.ops.products import flipped, left_cotangent
from srcad.ops.scipy_calls import free_bind, pair_of
from srcad.ops.triangles import tril, triu
from srcad.ops.triangular import by_substitution, cholesky_jvp, cholesky_vjp

# ---- Cholesky ------------------------------------------------------------------------


def _by_side(node: Node, factor: Value) -> Node:
    """The node as NumPy says it."""
    params = {"upper": not node.params.get("lower", False)}
    return Node(node.op, node.inputs, (factor,), params, (), node.span)


scipy_cholesky: Op = custom(
    "scipy_cholesky",
    calls=("scipy.linalg.cholesky",),
    signature="a, lower=False",
    bind=free_bind("cholesky", ["a"], {"lower": False}),
    infer=lambda a, lower=False: square_type(a),
    code="scipy.linalg.cholesky(a, lower=lower)",
    jvp=lambda node, ts: cholesky_jvp(_by_side(node, node.out), ts, by_substitution),
    vjp=lambda node, cts: cholesky_vjp(_by_side(node, node.out), cts, by_substitution),
    domain=lambda: [at(positive(3)), at(positive(3), lower=True)],
)


def _part(x: Value, node: Node) -> Value:
    return tril(x) if node.params.get("lower") else triu(x)


def _rest(x: Value, node: Node) -> Value:
    return triu(x, k=1) if node.params.get("lower") else tril(x, k=-1)


def _packed_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    found = cholesky_jvp(_with_factor(node), ts, by_substitution)[0]
    if found is None or ts[0] is None:
        return [None]
    found = _part(found, node)
    return [found + _rest(ts[0], node) if _rest_stays() else found]


def _packed_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g = known(cts[0])
    found = cholesky_vjp(_with_factor(node), [_part(g, node)], by_substitution)[0]
    assert isinstance(found, Value)
    return [found + _rest(g, node) if _rest_stays() else found]


@cache
def _rest_stays() -> bool:
    """Whether SciPy leaves the matrix in the triangle that the factor is not in.

    Up to 1.17 it does, from 1.18 on there are zeros; documented is neither.
    """
    cho_factor = sys.modules["scipy.linalg"].cho_factor
    factor, _ = cho_factor(np.array([[4.0, 1.0], [1.0, 4.0]]))
    return bool(factor[1, 0] != 0.0)


def _with_factor(node: Node) -> Node:
    """The node as if its result were the triangle alone."""
    factor = _part(node.out, node)
    return _by_side(node, factor)


cho_factored: Op = custom(
    "cho_factored",
    signature="a, lower=False",
    infer=lambda a, lower=False: square_type(a),
    code="scipy.linalg.cho_factor(a, lower=lower)[0]",
    jvp=_packed_jvp,
    vjp=_packed_vjp,
    domain=lambda: [at(positive(3)), at(positive(3), lower=True)],
)
cho_factor: Op = spelled(
    "cho_factor",
    calls=("scipy.linalg.cho_factor",),
    signature="a, lower=False",
    bind=free_bind("cho_factor", ["a"], {"lower": False}),
    formula=lambda a, lower=False: make_tuple(
        cho_factored(a, **({"lower": True} if lower else {})), literal(lower)
    ),
)


def _cho_solve_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    bind = free_bind("cho_solve", ["c_and_lower", "b"])
    (pair, b), _ = bind(args, kwargs)
    c, lower = pair_of(pair, "cho_solve")
    lower = bool(static(lower, "cho_solve: lower"))
    return [c, b], {"lower": True} if lower else {}


def _cho_solve_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (c, _), (dc, db), x = node.inputs, ts, node.out
    total = None
    if dc is not None:
        _refuse_complex(node)
        factor, change = _part(c, node), _part(dc, node)
        lower = node.params.get("lower")
        half = change @ flipped(factor) if lower else flipped(change) @ factor
        total = -((half + flipped(half)) @ x)
    if db is not None:
        total = db if total is None else db + total
    return [None if total is None else cho_solve(c, total, **node.params)]


def _cho_solve_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    _refuse_complex(node)
    (c, b), x = node.inputs, node.out
    b_bar = cho_solve(c, known(cts[0]), **node.params)
    whole = left_cotangent(b_bar, c, x)
    whole, factor = whole + flipped(whole), _part(c, node)
    found = whole @ factor if node.params.get("lower") else factor @ whole
    return [matched(-_part(found, node), c), matched(b_bar, b)]


def _refuse_complex(node: Node) -> None:
    if any(kind_of(v.type) == "complex" for v in node.inputs):
        raise MissingRule("cho_solve of complex matrices has no derivative rule")


def _cho_expected(lower: bool) -> Callable[..., Any]:
    return lambda c, b: sys.modules["scipy.linalg"].cho_solve((c, lower), b)


def _cho_points() -> list[Sample]:
    found = []
    for lower in (False, True):
        c = np.linalg.cholesky(positive(3))
        c = (c if lower else c.T) + 0.0
        for shape in ((3,), (3, 2)):
            inputs = (c, spaced(-1, 1, shape))
            expected = _cho_expected(lower)
            found.append(Sample(inputs, {"lower": lower}, expected=expected))
    return found


cho_solve: Op = custom(
    "cho_solve",
    calls=("scipy.linalg.cho_solve",),
    signature="c, b, lower=False",
    bind=_cho_solve_bind,
    infer=lambda c, b, lower=False: solve_type(c, b),
    code="scipy.linalg.cho_solve((c, lower), b)",
    jvp=_cho_solve_jvp,
    vjp=_cho_solve_vjp,
    domain=_cho_points,
)
