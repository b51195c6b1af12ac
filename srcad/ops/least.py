"""Least squares: pinv, lstsq, and the rank.

Source: G. Golub, V. Pereyra, "The differentiation of pseudo-inverses and nonlinear
least squares problems whose variables separate", 1973. The rank is taken to stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value, literal
from srcad.ir.sizes import Size
from srcad.ir.types import UNKNOWN, Array, Scalar, Tuple, Type, dims_of, number_type
from srcad.ops.complexes import conj_of, real_of, real_type
from srcad.ops.declare import Arguments, Op, is_none, static, zero
from srcad.ops.domain import at, spaced, value_at
from srcad.ops.fit import sum_
from srcad.ops.formulas import by_tangent, entries, packed
from srcad.ops.fourier import cropped_like
from srcad.ops.linalg import float_dtype, full_rank
from srcad.ops.matrix_shapes import needs_matrix
from srcad.ops.products import rank_of
from srcad.ops.ranks import reshape_like
from srcad.ops.shapes import ravel
from srcad.ops.sizes import bound, own_length
from srcad.ops.svd import refuse_hermitian, shorter, svd_of
from srcad.ops.triangles import square_diagonal
from srcad.ops.triangular import adjoint


def _pinv_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("a", "rcond", "hermitian", "rtol"), args, kwargs, "pinv")
    refuse_hermitian("pinv", given)
    limits = {
        k: static(given[k], f"pinv({k}=...)") for k in ("rcond", "rtol") if k in given
    }
    return [given["a"]], {k: v for k, v in limits.items() if v is not None}


def pinv_type(x: Type, rcond: Any = None, rtol: Any = None) -> Type:
    needs_matrix(x)
    dims, dtype = dims_of(x), float_dtype(x)
    if dims is None or dtype is None or len(dims) < 2:
        return UNKNOWN
    return number_type(dtype, (*dims[:-2], dims[-1], dims[-2]))


def pinv_tangent(x: Value, p: Value, t: Value) -> Value:
    """The tangent of p, the pseudo-inverse of x, along t."""
    turned = adjoint(t)
    rows, columns = p @ adjoint(p) @ turned, turned @ adjoint(p) @ p
    return (rows - rows @ x @ p) + (columns - p @ x @ columns) - p @ t @ p


def pinv_rule(node: Node, ts: Sequence[Value | None]) -> Value | None:
    """The tangent of a node that is the pseudo-inverse of its input."""
    return None if ts[0] is None else pinv_tangent(node.inputs[0], node.out, ts[0])


pinv: Op = by_tangent(
    "pinv",
    calls=(np.linalg.pinv,),
    signature="x, rcond=None, rtol=None",
    bind=_pinv_bind,
    infer=pinv_type,
    code="np.linalg.pinv(x, rcond=rcond, rtol=rtol)",
    tangent=pinv_rule,
    domain=lambda: [
        at(full_rank(3, 3)),
        at(full_rank(3, 2)),
        at(full_rank(2, 3)),
        at(full_rank(3, 2, 2), rcond=1e-10),
        at(full_rank(3, 2), rtol=1e-10),
        at(full_rank(3, 2) + 0.5j * spaced(-1, 1, (3, 2))),
    ],
)


# ---- lstsq ---------------------------------------------------------------------------


def _lstsq_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("a", "b", "rcond"), args, kwargs, "lstsq")
    rcond = static(given.get("rcond"), "lstsq(rcond=...)")
    return [given["a"], given["b"]], {} if rcond is None else {"rcond": rcond}


def lstsq_types(a: Type, b: Type) -> tuple[Type, Type, Type]:
    """The types of solution, residuals and singular values; unknown where a's is."""
    needs_matrix(a)
    da, db, dtype = dims_of(a), dims_of(b), float_dtype(a, b)
    if da is None or db is None or dtype is None or len(da) != 2 or not db:
        return UNKNOWN, UNKNOWN, UNKNOWN
    missing = own_length()
    assert isinstance(missing, Size)
    solution = number_type(dtype, (da[1], *db[1:]))
    residuals = real_type(Array(dtype, (missing,)))
    return solution, residuals, real_type(Array(dtype, (shorter(*da),)))


def _lstsq_type(a: Type, b: Type, rcond: Any = None) -> Type:
    solution, residuals, values = lstsq_types(a, b)
    rank = UNKNOWN if solution == UNKNOWN else Scalar("int", "int32")
    return Tuple((solution, residuals, rank, values))


def _fitted(change: Value, residuals: Value) -> Value:
    """A change of residuals in the shape that they have, which is empty for none."""
    if rank_of(residuals) == 1:
        return cropped_like(change, residuals)
    return reshape_like(cropped_like(change, ravel(residuals)), residuals)


def lstsq_tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
    """The tangents of solution, residuals and singular values; none of the rank."""
    (a, b), (da, db) = node.inputs, ts
    x, residuals, _, s = entries(node.out, 4)
    limits = list(node.params.values())  # `rcond`, or `cond` in SciPy
    p = pinv(a, **({"rcond": limits[0]} if limits else {}))
    left = b - a @ x
    moved = db
    if da is not None:
        moved = -(da @ x) if db is None else db - da @ x
    if moved is None:
        return None
    dx = p @ moved
    change = ravel(2.0 * sum_(real_of(conj_of(left) * moved), axis=0))
    ds: Value = literal(0.0) * s
    if da is not None:
        onto = adjoint(da)
        within = onto @ (adjoint(p) @ x)
        dx = dx + p @ (adjoint(p) @ (onto @ left)) + (within - p @ (a @ within))
        u, _, vh = entries(svd_of(a, full_matrices=False), 3)
        inner = adjoint(u) @ da @ adjoint(vh)
        ds = real_of(square_diagonal(inner))
    return packed(dx, _fitted(change, residuals), literal(None), ds)


lstsq: Op = by_tangent(
    "lstsq",
    calls=(np.linalg.lstsq,),
    signature="a, b, rcond=None",
    bind=_lstsq_bind,
    infer=_lstsq_type,
    code="np.linalg.lstsq(a, b, rcond=rcond)",
    tangent=lstsq_tangent,
    domain=lambda: [
        at(full_rank(4, 2), spaced(-1, 1, (4,))),
        at(full_rank(4, 2), spaced(-1, 1, (4, 2))),
        at(full_rank(4, 2), spaced(-1, 1, (4,)), rcond=1e-10),
        at(full_rank(3, 3) + 2.0 * np.eye(3), spaced(-1, 1, (3,))),
        at(full_rank(2, 3), spaced(-1, 1, (2,))),
        value_at(full_rank(3, 2), spaced(-1, 1, (3,)), rcond=0.1),
    ],
)


# ---- the rank ------------------------------------------------------------------------


def _rank_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("A", "tol", "hermitian", "rtol"), args, kwargs, "matrix_rank")
    params: dict[str, Any] = {
        k: static(given[k], f"matrix_rank({k}=...)")
        for k in ("tol", "hermitian", "rtol")
        if k in given and not is_none(given[k])
    }
    return [given["A"]], params


def _rank_type(x: Type, **_: Any) -> Type:
    dims = dims_of(x)
    return UNKNOWN if dims is None or len(dims) < 2 else number_type("int64", dims[:-2])


matrix_rank: Op = zero(
    "matrix_rank",
    calls=(np.linalg.matrix_rank,),
    signature="x, tol=None, hermitian=False, rtol=None",
    bind=_rank_bind,
    infer=_rank_type,
    code="np.linalg.matrix_rank(x, tol=tol, hermitian=hermitian, rtol=rtol)",
    domain=lambda: [value_at(np.ones((3, 2))), value_at(full_rank(3, 2, 2), tol=1e-3)],
)
