"""Linear algebra: solve, inv, det, slogdet, cholesky, triangular systems.

Stacks of matrices are allowed wherever NumPy allows them. What reads only one triangle
(cholesky, solve_triangular) has a derivative in that triangle only.

Source: M. Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation", 2008; for cholesky, I. Murray, "Differentiation of the
Cholesky decomposition", 2016.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.types import (
    UNKNOWN,
    Tuple,
    Type,
    dims_of,
    dtype_of,
    elementwise_type,
    kind_of,
    number_type,
)
from srcad.ops.containers import item, make_tuple
from srcad.ops.declare import Contribution, Op, custom, static
from srcad.ops.domain import at, spaced
from srcad.ops.fit import expand_dims, known, matched, sum_, zeros_of
from srcad.ops.products import flipped, left_cotangent, rank_of
from srcad.ops.sizes import bound
from srcad.ops.triangles import half_lower, tril, triu

Arguments = tuple[list[Any], dict[str, Any]]


def _dtype(*types: Type) -> str | None:
    """NumPy's linear algebra computes in floating point."""
    return dtype_of(elementwise_type(*types, at_least="float"))


def _regular(n: int, *batch: int) -> Any:
    """Well conditioned matrices."""
    return spaced(-0.5, 0.5, (*batch, n, n)) + 1.5 * np.eye(n)


def _positive(n: int) -> Any:
    a = _regular(n)
    return a @ a.T


def scaled_matrix(g: Value, matrix: Value) -> Value:
    """One number per matrix times that matrix."""
    if rank_of(matrix) == 2:
        return g * matrix
    return expand_dims(g, axis=(-2, -1)) * matrix


def inner_matrix(a: Value, b: Value) -> Value:
    """The sum of the products of the entries, for each matrix."""
    if rank_of(a) == 2:
        return sum_(a * b)
    return sum_(a * b, axis=(-2, -1))


# ---- solve, inv ----------------------------------------------------------------------


def _solve_type(a: Type, b: Type) -> Type:
    da, db, dtype = dims_of(a), dims_of(b), _dtype(a, b)
    if da is None or db is None or dtype is None or len(da) < 2 or not db:
        return UNKNOWN
    if len(db) == 1 and len(da) == 2:
        return number_type(dtype, db)
    if len(da) == 2 and len(db) == 2:
        return number_type(dtype, (da[-1], db[-1]))
    return UNKNOWN if len(da) != len(db) else number_type(dtype, db)


def _solve_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (a, _), (da, db), x = node.inputs, ts, node.out
    total = None if da is None else -(da @ x)
    if db is not None:
        total = db if total is None else db + total
    return [None if total is None else solve(a, total)]


def _solve_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (a, b), x = node.inputs, node.out
    b_bar = solve(flipped(a), known(cts[0]))
    return [-left_cotangent(b_bar, a, x), matched(b_bar, b)]


solve: Op = custom(
    "solve",
    calls=(np.linalg.solve,),
    signature="a, b",
    infer=_solve_type,
    code="np.linalg.solve(a, b)",
    jvp=_solve_jvp,
    vjp=_solve_vjp,
    domain=lambda: [
        at(_regular(3), spaced(-1, 1, (3,))),
        at(_regular(3), spaced(-1, 1, (3, 2))),
        at(_regular(2, 3), spaced(-1, 1, (3, 2, 1))),
    ],
)


def _square_type(x: Type) -> Type:
    dims, dtype = dims_of(x), _dtype(x)
    return UNKNOWN if dims is None or dtype is None else number_type(dtype, dims)


def _inv_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    return [None if ts[0] is None else -(node.out @ ts[0] @ node.out)]


def _inv_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    turned = flipped(node.out)
    return [matched(-(turned @ known(cts[0]) @ turned), node.inputs[0])]


inv: Op = custom(
    "inv",
    calls=(np.linalg.inv,),
    signature="x",
    infer=_square_type,
    code="np.linalg.inv(x)",
    jvp=_inv_jvp,
    vjp=_inv_vjp,
    domain=lambda: [at(_regular(3)), at(_regular(2, 3))],
)

# The inverse for adjoints, which must not raise where the primal did not.
inv_or_nan: Op = custom(
    "inv_or_nan",
    signature="x",
    infer=_square_type,
    code="runtime.inv_or_nan(x)",
    jvp=_inv_jvp,
    vjp=_inv_vjp,
)


# ---- determinants --------------------------------------------------------------------


def _det_type(x: Type) -> Type:
    dims, dtype = dims_of(x), _dtype(x)
    return UNKNOWN if not dims or dtype is None else number_type(dtype, dims[:-2])


def _third(node: Node) -> Contribution:
    def into(total: Value | None) -> Value:
        raise MissingRule("det has no third derivative rule", span=node.span)

    return into


def _slope_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if ts[0] is not None:
        raise MissingRule("det has no third derivative rule", span=node.span)
    return [None if ts[1] is None else cofactor_slope(node.inputs[0], ts[1])]


det: Op = custom(
    "det",
    calls=(np.linalg.det,),
    signature="x",
    infer=_det_type,
    code="np.linalg.det(x)",
    jvp=lambda node, ts: [
        inner_matrix(cofactor(node.inputs[0]), ts[0]) if ts[0] else None
    ],
    vjp=lambda node, cts: [
        scaled_matrix(known(cts[0]), cofactor(node.inputs[0])),
    ],
    domain=lambda: [
        at(_regular(3)),
        at(_regular(2, 3)),
        at(np.array([[1.0, 2.0], [2.0, 4.0]])),
        at(np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.5, -1.0, 2.0]])),
    ],
)

# The derivative of the determinant: det(x) * inv(x).T, and its limit where x is
# singular; and the derivative of that along e.
cofactor: Op = custom(
    "cofactor",
    signature="x",
    infer=_square_type,
    code="runtime.cofactor(x)",
    jvp=lambda node, ts: [cofactor_slope(node.inputs[0], ts[0]) if ts[0] else None],
    vjp=lambda node, cts: [cofactor_slope(node.inputs[0], cts[0])],
)
cofactor_slope: Op = custom(
    "cofactor_slope",
    signature="x, e",
    infer=lambda x, e: _square_type(x),
    code="runtime.cofactor_slope(x, e)",
    jvp=_slope_jvp,
    vjp=lambda node, cts: [_third(node), cofactor_slope(node.inputs[0], cts[0])],
)


def _slogdet_type(x: Type) -> Type:
    found = _det_type(x)
    return Tuple((found, found), SLOGDET)


def _slogdet_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    x, t = node.inputs[0], ts[0]
    if t is None:
        return [None]
    _real(node)
    slope = inner_matrix(flipped(inv_or_nan(x)), t)
    return [make_tuple(zeros_of(item(node.out, key=0)), slope, cls=SLOGDET)]


def _slogdet_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    _real(node)
    g, x = item(known(cts[0]), key=1), node.inputs[0]
    return [scaled_matrix(g, flipped(inv_or_nan(x)))]


def _real(node: Node) -> None:
    if kind_of(node.inputs[0].type) == "complex":
        raise MissingRule(f"{node.op.name} of complex matrices has no derivative rule")


SLOGDET = type(np.linalg.slogdet(np.eye(1)))

slogdet: Op = custom(
    "slogdet",
    calls=(np.linalg.slogdet,),
    signature="x",
    infer=_slogdet_type,
    code="np.linalg.slogdet(x)",
    jvp=_slogdet_jvp,
    vjp=_slogdet_vjp,
    domain=lambda: [at(_regular(3)), at(_regular(2, 3))],
)


# ---- cholesky ------------------------------------------------------------------------


def _cholesky_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    lower, t = node.out, ts[0]
    if t is None:
        return [None]
    _real(node)
    whole = tril(t) + flipped(tril(t, k=-1))
    left = solve(lower, whole)
    return [lower @ half_lower(flipped(solve(lower, flipped(left))))]


def _cholesky_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    _real(node)
    turned = flipped(node.out)
    left = solve(turned, half_lower(turned @ known(cts[0])))
    found = flipped(solve(turned, flipped(left)))
    return [matched(half_lower(found + flipped(found)), node.inputs[0])]


cholesky: Op = custom(
    "cholesky",
    calls=(np.linalg.cholesky,),
    signature="x",
    infer=_square_type,
    code="np.linalg.cholesky(x)",
    jvp=_cholesky_jvp,
    vjp=_cholesky_vjp,
    domain=lambda: [at(_positive(3)), at(np.stack([_positive(2), 2 * _positive(2)]))],
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


solve_triangular: Op = custom(
    "solve_triangular",
    calls=("scipy.linalg.solve_triangular",),
    signature="a, b, trans=0, lower=False, unit_diagonal=False",
    bind=_triangular_bind,
    infer=lambda a, b, **_: _solve_type(a, b),
    code="scipy.linalg.solve_triangular(a, b, trans=trans, lower=lower, "
    "unit_diagonal=unit_diagonal)",
    jvp=_triangular_jvp,
    vjp=_triangular_vjp,
    domain=lambda: [
        at(_regular(3), spaced(-1, 1, (3,))),
        at(_regular(3), spaced(-1, 1, (3, 2)), lower=True),
        at(_regular(3), spaced(-1, 1, (3,)), lower=True, trans=1),
        at(_regular(3), spaced(-1, 1, (3,)), unit_diagonal=True),
    ],
)
