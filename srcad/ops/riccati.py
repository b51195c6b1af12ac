"""Algebraic Riccati equations: solve_continuous_are, solve_discrete_are.

The equation holds for the tangents as well, which is a Lyapunov equation for that of X
with the closed loop in the place of A.

Source: T.-C. Kao and G. Hennequin, "Automatic differentiation of Sylvester, Lyapunov,
and algebraic Riccati equations", 2020.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.types import Type
from srcad.ops.complexes import refuse_complex
from srcad.ops.declare import Arguments, Op
from srcad.ops.domain import at_fixed, spaced
from srcad.ops.formulas import by_tangent
from srcad.ops.linalg import double_only, regular, solve, square_type
from srcad.ops.matrix_functions import (
    solve_continuous_lyapunov,
    solve_discrete_lyapunov,
)
from srcad.ops.products import flipped
from srcad.ops.scipy_calls import free_bind


def _bind(name: str) -> Any:
    asked: dict[str, Sequence[Any]] = {"e": [None], "s": [None], "balanced": [True]}
    sort = free_bind(name, ["a", "b", "q", "r"], {}, asked, "a b q r e s balanced")

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        inputs, params = sort(args, kwargs)
        refuse_complex(name, inputs)
        return inputs, params

    return bind


def _symmetric(x: Value) -> Value:
    """q and r are symmetric; SciPy refuses others."""
    return 0.5 * (x + flipped(x))


def _total(terms: Sequence[Value | None]) -> Value | None:
    total: Value | None = None
    for term in terms:
        if term is not None:
            total = term if total is None else total + term
    return total


def _with_weights(
    moved: Value | None, dq: Value | None, dr: Value | None, k: Value
) -> Value | None:
    """What both equations have in common: moved and its transpose, dq, k^T dr k."""
    return _total(
        [
            None if moved is None else moved + flipped(moved),
            None if dq is None else _symmetric(dq),
            None if dr is None else flipped(k) @ _symmetric(dr) @ k,
        ]
    )


def _continuous(node: Node, ts: Sequence[Value | None]) -> Value | None:
    """a^T x + x a - x b r^-1 b^T x + q = 0; with k = r^-1 b^T x and c = a - b k,
    c^T dx + dx c = -(dq + da^T x + x da - x db k - (x db k)^T + k^T dr k).
    """
    (a, b, _, r), (da, db, dq, dr), x = node.inputs, ts, node.out
    k = solve(r, flipped(b) @ x)
    moved = _total(
        [
            None if da is None else x @ da,
            None if db is None else -(x @ db @ k),
        ]
    )
    total = _with_weights(moved, dq, dr, k)
    if total is None:
        return None
    return solve_continuous_lyapunov(flipped(a - b @ k), -total)


def _discrete(node: Node, ts: Sequence[Value | None]) -> Value | None:
    """x = a^T x a - a^T x b k + q with k = (r + b^T x b)^-1 b^T x a; with c = a - b k,
    dx = c^T dx c + dq + k^T dr k + (c^T x (da - db k) and its transpose).
    """
    (a, b, _, r), (da, db, dq, dr), x = node.inputs, ts, node.out
    k = solve(r + flipped(b) @ x @ b, flipped(b) @ x @ a)
    closed = a - b @ k
    moved = _total(
        [
            None if da is None else flipped(closed) @ x @ da,
            None if db is None else -(flipped(closed) @ x @ db @ k),
        ]
    )
    total = _with_weights(moved, dq, dr, k)
    if total is None:
        return None
    return solve_discrete_lyapunov(flipped(closed), total)


def _points() -> Any:
    q, r = np.diag([1.0, 2.0, 0.5]), np.diag([1.0, 3.0])
    return [at_fixed((2, 3), regular(3), spaced(-1, 1, (3, 2)), q, r)]


def _type(a: Type, *_: Type) -> Type:
    return double_only(square_type(a))


# SciPy takes symmetric q and r only, which a sample cannot keep while it moves them:
# they are constants there, and tested through programs.
solve_continuous_are: Op = by_tangent(
    "solve_continuous_are",
    calls=("scipy.linalg.solve_continuous_are",),
    signature="a, b, q, r",
    bind=_bind("solve_continuous_are"),
    infer=_type,
    code="scipy.linalg.solve_continuous_are(a, b, q, r)",
    tangent=_continuous,
    domain=_points,
)
solve_discrete_are: Op = by_tangent(
    "solve_discrete_are",
    calls=("scipy.linalg.solve_discrete_are",),
    signature="a, b, q, r",
    bind=_bind("solve_discrete_are"),
    infer=_type,
    code="scipy.linalg.solve_discrete_are(a, b, q, r)",
    tangent=_discrete,
    domain=_points,
)
