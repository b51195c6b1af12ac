"""The LU decomposition: lu, lu_factor, lu_solve.

The order of the rows is a constant: it jumps only where two pivots are equally large.
Square matrices only. What is packed in one array is L without its diagonal of ones, and
U; the rules never take them apart.

Source: S. Walter, "Structured higher-order algorithmic differentiation in the forward
and reverse mode with application in optimum experimental design", 2011.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Array, Tuple, Type, dims_of
from srcad.ops.declare import Arguments, Contribution, Op, custom, static, zero
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import known, matched
from srcad.ops.formulas import by_tangent, entries, packed, spelled
from srcad.ops.index import getitem
from srcad.ops.linalg import inv_or_nan, regular, solve_type, square_type
from srcad.ops.products import flipped, left_cotangent, rank_of
from srcad.ops.scipy_calls import free_bind, pair_of
from srcad.ops.svd import is_square
from srcad.ops.triangles import tril, triu
from srcad.ops.triangular import solve_triangular


def _square(x: Value, name: str) -> Value:
    """The matrix; refused where it is known to be a stack, or not to be square."""
    dims = dims_of(x.type)
    if dims is not None and len(dims) != 2:
        raise MissingRule(f"{name} has a derivative rule for arrays of two axes")
    numbers = dims is not None and all(isinstance(d, int) for d in dims)
    if numbers and not is_square(x):
        raise MissingRule(f"{name} has a derivative rule for square matrices only")
    return x


def _pivoted() -> Any:
    """A matrix whose rows must be exchanged."""
    return regular(3)[[2, 0, 1]] + 0.0


# ---- lu ------------------------------------------------------------------------------


def _lu_tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
    if ts[0] is None:
        return None
    p, lower, upper = entries(node.out, 3)
    inner = inv_or_nan(lower) @ flipped(p) @ ts[0] @ inv_or_nan(upper)
    return packed(0.0 * p, lower @ tril(inner, k=-1), triu(inner) @ upper)


def _lu_type(a: Type) -> Type:
    square = square_type(a)
    return Tuple((UNKNOWN, square, square))


lu_of: Op = by_tangent(
    "lu_of",
    signature="a",
    infer=_lu_type,
    code="scipy.linalg.lu(a)",
    tangent=_lu_tangent,
    domain=lambda: [at(regular(3)), at(_pivoted()), at(_pivoted() + 0.4j)],
)


def _lu(a: Value, permute_l: bool = False) -> Value:
    found = lu_of(_square(a, "lu"))
    if not permute_l:
        return found
    p, lower, upper = entries(found, 3)
    return packed(p @ lower, upper)


def _lu_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    asked = {"p_indices": [False]}
    return free_bind("lu", ["a"], {"permute_l": False}, asked)(args, kwargs)


lu: Op = spelled(
    "lu",
    calls=("scipy.linalg.lu",),
    signature="a, permute_l=False",
    bind=_lu_bind,
    formula=_lu,
)

# ---- lu_factor -----------------------------------------------------------------------

# The order of rows that pivots make: `a[order]` is L @ U. Or its inverse.
pivot_order: Op = zero(
    "pivot_order",
    signature="piv, back=False",
    infer=lambda piv, back=False: (
        UNKNOWN if dims_of(piv) is None else Array("int64", dims_of(piv) or ())
    ),
    code="runtime.pivot_order(piv, back=back)",
)


def _ordered(x: Value, piv: Value) -> Value:
    """P x."""
    return getitem(x, pivot_order(piv), layout=("at",))


def _put_back(x: Value, piv: Value) -> Value:
    """P^T x."""
    return getitem(x, pivot_order(piv, back=True), layout=("at",))


def _factor_tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
    if ts[0] is None:
        return None
    both, piv = entries(node.out, 2)
    lower = {"lower": True, "unit_diagonal": True}
    half = solve_triangular(both, _ordered(ts[0], piv), **lower)
    inner = flipped(solve_triangular(both, flipped(half), trans=1))
    below = tril(inner, k=-1)
    dl = tril(both, k=-1) @ below + below
    return packed(dl + triu(inner) @ triu(both), piv * 0)


def _factor_type(a: Type) -> Type:
    dims = dims_of(a)
    if dims is None or len(dims) != 2:
        return Tuple((UNKNOWN, UNKNOWN))
    return Tuple((square_type(a), Array("int32", dims[:1])))


lu_factored: Op = by_tangent(
    "lu_factored",
    signature="a",
    infer=_factor_type,
    code="scipy.linalg.lu_factor(a)",
    tangent=_factor_tangent,
    domain=lambda: [at(regular(3)), at(_pivoted())],
)
lu_factor: Op = spelled(
    "lu_factor",
    calls=("scipy.linalg.lu_factor",),
    signature="a",
    bind=free_bind("lu_factor", ["a"]),
    formula=lambda a: lu_factored(_square(a, "lu_factor")),
)

# ---- lu_solve ------------------------------------------------------------------------


def _solve_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    (pair, b), params = free_bind("lu_solve", ["lu_and_piv", "b"], {"trans": 0})(
        args, kwargs
    )
    both, piv = pair_of(pair, "lu_solve")
    trans = static(params.get("trans", 0), "lu_solve(trans=...)")
    if trans not in (0, 1):
        raise MissingRule(f"lu_solve(trans={trans!r}) has no derivative rule")
    if isinstance(both, Value) and rank_of(both) not in (None, 2):
        raise MissingRule("lu_solve has a derivative rule for matrices of two axes")
    return [both, piv, b], {"trans": 1} if trans else {}


def _lower(both: Value) -> Any:
    """x -> L x, of what is packed."""
    below = tril(both, k=-1)
    return lambda x: below @ x + x


def _back(both: Value) -> Any:
    """x -> L^T x."""
    below = flipped(tril(both, k=-1))
    return lambda x: below @ x + x


def _moved(node: Node, change: Value) -> Value:
    """The change of A x, or of A^T x, for that of the packed factors."""
    (both, piv, _), x = node.inputs, node.out
    dl, du = tril(change, k=-1), triu(change)
    if not node.params.get("trans"):
        return _put_back(dl @ (triu(both) @ x) + _lower(both)(du @ x), piv)
    turned = _ordered(x, piv)
    by_u: Value = flipped(du) @ _back(both)(turned)
    return by_u + flipped(triu(both)) @ (flipped(dl) @ turned)


def _solve_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (both, piv, _), (change, _, db) = node.inputs, ts
    total = None if change is None else -_moved(node, change)
    if db is not None:
        total = db if total is None else db + total
    return [None if total is None else lu_solve(both, piv, total, **node.params)]


def _solve_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (both, piv, b), x = node.inputs, node.out
    turned = bool(node.params.get("trans"))
    y = lu_solve(both, piv, known(cts[0]), **({} if turned else {"trans": 1}))
    # A = P^T L U: with trans, x and y change places.
    row, column = (y, x) if turned else (x, y)
    column = _ordered(column, piv)
    below = left_cotangent(column, both, triu(both) @ row)
    above = left_cotangent(_back(both)(column), both, row)
    found = tril(below, k=-1) + triu(above)
    return [-matched(found, both), None, matched(y, b)]


def _expected(trans: int) -> Callable[..., Any]:
    return lambda both, piv, b: sys.modules["scipy.linalg"].lu_solve(
        (both, piv), b, trans
    )


def _solve_points() -> list[Sample]:
    both = regular(3) + 0.5 * np.eye(3)
    piv = np.array([2, 1, 2], dtype=np.int32)
    return [
        Sample(
            (both, piv, spaced(-1, 1, shape)),
            {"trans": 1} if trans else {},
            expected=_expected(trans),
        )
        for trans in (0, 1)
        for shape in ((3,), (3, 2))
    ]


lu_solve: Op = custom(
    "lu_solve",
    calls=("scipy.linalg.lu_solve",),
    signature="both, piv, b, trans=0",
    bind=_solve_bind,
    infer=lambda both, piv, b, trans=0: solve_type(both, b),
    code="scipy.linalg.lu_solve((both, piv), b, trans=trans)",
    jvp=_solve_jvp,
    vjp=_solve_vjp,
    domain=_solve_points,
)
