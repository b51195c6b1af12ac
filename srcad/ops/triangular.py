"""Triangles: cholesky, and triangular systems.

What reads only one triangle has a derivative in that triangle only. Complex matrices
are Hermitian, and the imaginary part of the diagonal is not read.

Source: I. Murray, "Differentiation of the Cholesky decomposition", 2016.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.types import dims_of
from srcad.ops.complexes import conj_of, may_be_complex, real_of
from srcad.ops.declare import Arguments, Contribution, Op, custom, static
from srcad.ops.domain import at, spaced
from srcad.ops.fit import known, matched
from srcad.ops.linalg import (
    hermitian,
    positive,
    regular,
    solve,
    solve_type,
    square_type,
)
from srcad.ops.products import flipped, left_cotangent
from srcad.ops.sizes import bound
from srcad.ops.triangles import half_lower, tril, triu


def adjoint(x: Value) -> Value:
    """The conjugate transpose; the transpose where x is known to be real."""
    return flipped(conj_of(x))


def whole_of(t: Value, lower: bool = True) -> Value:
    """The Hermitian matrix of which one triangle is read."""
    if not may_be_complex(t.type):
        return (
            tril(t) + flipped(tril(t, k=-1))
            if lower
            else triu(t) + flipped(triu(t, k=1))
        )
    strict = tril(t, k=-1) if lower else triu(t, k=1)
    middle = triu(tril(real_of(t)))
    return strict + adjoint(strict) + middle


def triangle_of(whole: Value, lower: bool = True) -> Value:
    """The cotangent of the triangle that is read, for that of the whole matrix."""
    found = half_lower(whole + adjoint(whole))
    return found if lower else adjoint(found)


# ---- cholesky ------------------------------------------------------------------------


def _factor(x: Value, node: Node) -> Value:
    """The lower factor, or what belongs to it, for that of the upper one; and back."""
    return adjoint(x) if node.params.get("upper") else x


Solver = Callable[[Value, Value, str], Value]


def _solved(lower: Value, b: Value, turned: str = "") -> Value:
    """The system of a triangle, of its transpose (T), or of its conjugate one (H)."""
    form = {"": lower, "T": flipped(lower), "H": adjoint(lower)}[turned]
    return solve(form, b)


def by_substitution(lower: Value, b: Value, turned: str = "") -> Value:
    """The same by SciPy, which need not factorise a triangle again; of real matrices.

    What the primal did with infinities and nan the derivative does too.
    """
    if may_be_complex(lower.type) or may_be_complex(b.type):
        return _solved(lower, b, turned)
    if any(len(dims_of(v.type) or ()) != 2 for v in (lower, b)):
        return _solved(lower, b, turned)
    trans = {"trans": 1} if turned else {}
    return solve_triangular(lower, b, lower=True, check_finite=False, **trans)


def cholesky_jvp(
    node: Node, ts: Sequence[Value | None], solved: Solver = _solved
) -> list[Value | None]:
    """The tangent of a Cholesky factor of the side that `upper` tells."""
    lower, t = _factor(node.out, node), ts[0]
    if t is None:
        return [None]
    left = solved(lower, whole_of(_factor(t, node)), "")
    inner = half_lower(adjoint(solved(lower, adjoint(left), "")))
    return [_factor(lower @ inner, node)]


def cholesky_vjp(
    node: Node, cts: Sequence[Value | None], solved: Solver = _solved
) -> list[Contribution]:
    """The cotangent of the triangle that was read."""
    lower, g = _factor(node.out, node), _factor(known(cts[0]), node)
    left = solved(lower, half_lower(flipped(lower) @ g), "T")
    found = flipped(solved(lower, flipped(left), "H"))
    return [matched(_factor(triangle_of(found), node), node.inputs[0])]


cholesky: Op = custom(
    "cholesky",
    calls=(np.linalg.cholesky,),
    signature="x, *, upper=False",
    infer=lambda x, upper=False: square_type(x),
    code="np.linalg.cholesky(x, upper=upper)",
    jvp=cholesky_jvp,
    vjp=cholesky_vjp,
    domain=lambda: [
        at(positive(3)),
        at(np.stack([positive(2), 2 * positive(2)])),
        at(positive(3), upper=True),
        at(hermitian(3)),
        at(hermitian(2), upper=True),
    ],
)


# ---- triangular systems --------------------------------------------------------------


def _triangular_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("a", "b", "trans", "lower", "unit_diagonal")
    free = {"overwrite_b": [False], "check_finite": [True, False]}
    given = bound(names, args, kwargs, "solve_triangular", ignored=free)
    params = {
        name: static(given[name], f"solve_triangular({name}=...)")
        for name in names[2:]
        if name in given
    }
    trans = {"N": 0, "T": 1}.get(params.get("trans", 0), params.get("trans", 0))
    if trans not in (0, 1):
        raise MissingRule(f"solve_triangular(trans={trans!r}) has no derivative rule")
    params["trans"] = trans
    return [given["a"], given["b"]], {k: v for k, v in params.items() if v}


def _triangle_of(x: Value, node: Node) -> Value:
    """The part of the matrix that is read."""
    lower, unit = (node.params.get(k, False) for k in ("lower", "unit_diagonal"))
    k = {"k": -1 if lower else 1} if unit else {}
    return tril(x, **k) if lower else triu(x, **k)


def _triangular_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (a, _), (da, db), x = node.inputs, ts, node.out
    total: Value | None = None
    if da is not None:
        part = _triangle_of(da, node)
        total = -((flipped(part) if node.params.get("trans") else part) @ x)
    if db is not None:
        total = db if total is None else db + total
    return [None if total is None else solve_triangular(a, total, **node.params)]


def _triangular_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (a, b), x, params = node.inputs, node.out, dict(node.params)
    turned = bool(params.pop("trans", 0))
    back = params if turned else {**params, "trans": 1}
    b_bar = solve_triangular(a, known(cts[0]), **back)
    a_bar = left_cotangent(b_bar, a, x)
    a_bar = flipped(a_bar) if turned else a_bar
    return [-_triangle_of(a_bar, node), matched(b_bar, b)]


def _triangular_by_numba(node: Node) -> str:
    if not node.params.get("check_finite", True):  # `by_substitution`
        part = "np.tril(a).T" if node.params.get("trans") else "np.tril(a)"
        return f"np.linalg.solve({part}, b)"
    lower, trans, unit = (
        bool(node.params.get(k, False)) for k in ("lower", "trans", "unit_diagonal")
    )
    return f"runtime.triangle_solved(a, b, {lower}, {trans}, {unit})"


solve_triangular: Op = custom(
    "solve_triangular",
    calls=("scipy.linalg.solve_triangular",),
    signature="a, b, trans=0, lower=False, unit_diagonal=False, check_finite=True",
    bind=_triangular_bind,
    infer=lambda a, b, **_: solve_type(a, b),
    code="scipy.linalg.solve_triangular(a, b, trans=trans, lower=lower, "
    "unit_diagonal=unit_diagonal, check_finite=check_finite)",
    numba=_triangular_by_numba,
    jvp=_triangular_jvp,
    vjp=_triangular_vjp,
    domain=lambda: [
        at(regular(3), spaced(-1, 1, (3,))),
        at(regular(3), spaced(-1, 1, (3, 2)), lower=True),
        at(regular(3), spaced(-1, 1, (3,)), lower=True, trans=1),
        at(regular(3), spaced(-1, 1, (3,)), unit_diagonal=True),
        at(regular(3), spaced(-1, 1, (3, 2)), check_finite=False),
    ],
)
