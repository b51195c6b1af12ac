"""Decompositions as `scipy.linalg` gives them: svd, qr, rq, polar.

The rules are NumPy's where NumPy has the function; SciPy's call stays, so signs and
phases are those that it gives.

Source: for the polar factors, the tangent of A = U P is that of a Sylvester equation
(N. Higham, "Functions of matrices", 2008, chapter 8); for R Q, as for Q R in S. Walter
and L. Lehmann, 2010.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Tuple, Type, dims_of, number_type
from srcad.ops.choice import clip, where
from srcad.ops.circular import arccos, arcsin
from srcad.ops.complexes import may_be_complex, real_type
from srcad.ops.containers import item, make_tuple
from srcad.ops.declare import Arguments, Op
from srcad.ops.domain import at, spaced
from srcad.ops.fit import sum_
from srcad.ops.formulas import by_formula, by_tangent, entries, packed, spelled
from srcad.ops.index import FROM, getitem
from srcad.ops.kinds import linear
from srcad.ops.linalg import float_dtype, inv_or_nan, regular, spread_rank
from srcad.ops.matrix_functions import solve_sylvester
from srcad.ops.matrix_shapes import needs_matrix
from srcad.ops.qr import qr_reduced, qr_tangent, qr_type
from srcad.ops.rearrange import flip
from srcad.ops.scipy_calls import free_bind
from srcad.ops.shapes import dim
from srcad.ops.svd import (
    is_square,
    shorter,
    svd_tangent,
    svd_type,
    svdvals,
    svdvals_type,
)
from srcad.ops.triangles import tril
from srcad.ops.triangular import adjoint

# x; refused, when the program runs, where it has more rows than columns (or fewer).
shape_checked: Op = linear(
    "shape_checked",
    signature="x, what='', tall=False",
    infer=lambda x, what="", tall=False: x,
    code="runtime.shape_checked(x, what, tall)",
    transpose=lambda g, node: g,
    memory="same",
    domain=lambda: [
        at(spaced(-1, 1, (2, 3)), what="rq"),
        at(spaced(-1, 1, (3, 2)), what="polar", tall=True),
    ],
)


def _checked(x: Value, what: str, tall: bool = False) -> Value:
    """A matrix with no more rows than columns (tall: no fewer), or refused.

    Raises
    ------
    MissingRule
        It is known to have another shape.
    """
    dims = dims_of(x.type)
    if dims is None or len(dims) < 2:
        return shape_checked(x, what=what, tall=tall)
    rows, columns = dims[-2:]
    if shorter(rows, columns) == (columns if tall else rows):
        return x
    if isinstance(rows, int) and isinstance(columns, int):
        raise MissingRule(
            f"{what} of a matrix of {rows} rows and {columns} columns has no "
            f"derivative: it must have at {'least' if tall else 'most'} as many rows",
            hint="use scipy.linalg.qr(x, mode='economic'), or the transpose",
        )
    return shape_checked(x, what=what, tall=tall)


# ---- singular values -----------------------------------------------------------------

scipy_svdvals: Op = by_formula(
    "scipy_svdvals",
    calls=("scipy.linalg.svdvals",),
    signature="a",
    bind=free_bind("svdvals", ["a"]),
    infer=svdvals_type,
    code="scipy.linalg.svdvals(a)",
    formula=svdvals,
    domain=lambda: [
        at(spread_rank(3, 3)),
        at(spread_rank(3, 2)),
        at(spread_rank(2, 3)),
    ],
)
scipy_svd_of: Op = by_tangent(
    "scipy_svd_of",
    signature="x, full_matrices=True",
    infer=lambda x, full_matrices=True: svd_type(x, full_matrices, tuple),
    code="scipy.linalg.svd(x, full_matrices=full_matrices)",
    tangent=lambda node, ts: svd_tangent(node, ts, tuple),
    domain=lambda: [
        at(spread_rank(3, 3)),
        at(spread_rank(4, 2), full_matrices=False),
        at(spread_rank(2, 3), full_matrices=False),
    ],
)


def _svd(x: Value, full_matrices: bool = True, compute_uv: bool = True) -> Value:
    if not compute_uv:
        return scipy_svdvals(x)
    return scipy_svd_of(x, **({} if full_matrices else {"full_matrices": False}))


scipy_svd: Op = spelled(
    "scipy_svd",
    calls=("scipy.linalg.svd",),
    signature="x, full_matrices=True, compute_uv=True",
    bind=free_bind("svd", ["a"], {"full_matrices": True, "compute_uv": True}),
    formula=_svd,
)

# ---- Q R and R Q ---------------------------------------------------------------------


_qr_sort = free_bind(
    "qr",
    ["a"],
    {"mode": "full"},
    {"pivoting": [False]},
    "a overwrite_a lwork mode pivoting check_finite",
)


def _qr_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    inputs, params = _qr_sort(args, kwargs)
    if params.get("mode", "full") not in ("full", "economic", "r"):
        raise MissingRule(
            f"qr(mode={params['mode']!r}) has no derivative rule",
            hint="supported: 'economic', and 'full' and 'r' of a matrix not taller "
            "than wide",
        )
    return inputs, params


scipy_qr_of: Op = by_tangent(
    "scipy_qr_of",
    signature="x, mode='full'",
    infer=lambda x, mode="full": qr_type(x, tuple),
    code="scipy.linalg.qr(x, mode=mode)",
    tangent=lambda node, ts: qr_tangent(node, ts, tuple),
    domain=lambda: [
        at(spread_rank(3, 3)),
        at(spread_rank(2, 4)),
        at(spread_rank(4, 2), mode="economic"),
        at(spread_rank(3, 2) + 0.5j * spaced(-1, 1, (3, 2)), mode="economic"),
    ],
)


def _qr(x: Value, mode: str = "full") -> Value:
    if mode != "economic":  # the other columns of Q are any that fill it up
        x = _checked(x, f"qr(mode={mode!r})")
    found = scipy_qr_of(x, **({"mode": mode} if mode == "economic" else {}))
    return make_tuple(item(found, key=1)) if mode == "r" else found


scipy_qr: Op = spelled(
    "scipy_qr",
    calls=("scipy.linalg.qr",),
    signature="x, mode='full'",
    bind=_qr_bind,
    formula=_qr,
)


def _rq_type(x: Type, mode: str = "full") -> Type:
    needs_matrix(x)
    dims, dtype = dims_of(x), float_dtype(x)
    if dims is None or dtype is None or len(dims) < 2:
        return Tuple((UNKNOWN, UNKNOWN))
    *batch, m, n = dims
    pair = ((*batch, m, m), (*batch, m, n))
    return Tuple((number_type(dtype, pair[0]), number_type(dtype, pair[1])))


def _rq_tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
    """With M = R^-1 dA Q^T, which is R^-1 dR + dQ Q^T: upper, and antisymmetric."""
    if ts[0] is None:
        return None
    r, q = entries(node.out, 2)
    moved = inv_or_nan(r) @ ts[0]
    inner = moved @ adjoint(q)
    below = tril(inner, k=-1)
    upper = inner - below + adjoint(below)
    return packed(r @ upper, moved - upper @ q)


rq_of: Op = by_tangent(
    "rq_of",
    signature="x, mode='full'",
    infer=_rq_type,
    code="scipy.linalg.rq(x, mode=mode)",
    tangent=_rq_tangent,
    domain=lambda: [at(spread_rank(3, 3)), at(spread_rank(2, 4), mode="economic")],
)


def _rq(x: Value, mode: str = "full") -> Value:
    fits = is_square(x) or mode == "economic"
    if not fits or mode == "r" or may_be_complex(x.type):
        raise MissingRule(
            f"rq(mode={mode!r}) has a derivative for real matrices that are known to "
            "be square; mode='economic', for those not taller than wide",
            hint="use mode='economic'",
        )
    x = _checked(x, "rq(mode='economic')")
    return rq_of(x, **({} if mode == "full" else {"mode": mode}))


rq: Op = spelled(
    "rq",
    calls=("scipy.linalg.rq",),
    signature="x, mode='full'",
    bind=free_bind(
        "rq", ["a"], {"mode": "full"}, order="a overwrite_a lwork mode check_finite"
    ),
    formula=_rq,
)

# ---- polar factors, and what is made of them -----------------------------------------


def _polar_type(x: Type, side: str = "right") -> Type:
    needs_matrix(x)
    dims, dtype = dims_of(x), float_dtype(x)
    if dims is None or dtype is None or len(dims) < 2:
        return Tuple((UNKNOWN, UNKNOWN))
    n = dims[-1 if side == "right" else -2]
    square = number_type(dtype, (*dims[:-2], n, n))
    return Tuple((number_type(dtype, dims), square))


def _polar_tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
    """For A = U P: U^H dA = W P + dP with W = U^H dU antihermitian, dP Hermitian."""
    if ts[0] is None:
        return None
    u, p = entries(node.out, 2)
    left = node.params.get("side") == "left"
    x, t = node.inputs[0], ts[0]
    u, t = (adjoint(u), adjoint(t)) if left else (u, t)
    inner = adjoint(u) @ t
    turn = solve_sylvester(p, p, inner - adjoint(inner))
    du = u @ turn
    if not is_square(x):
        du = du + (t - u @ inner) @ inv_or_nan(p)
    return packed(adjoint(du) if left else du, inner - turn @ p)


polar_of: Op = by_tangent(
    "polar_of",
    signature="x, side='right'",
    infer=_polar_type,
    code="scipy.linalg.polar(x, side=side)",
    tangent=_polar_tangent,
    domain=lambda: [
        at(spread_rank(3, 3)),
        at(spread_rank(4, 2)),
        at(spread_rank(2, 3), side="left"),
        at(regular(3) + 0.3j * spaced(-1, 1, (3, 3))),
    ],
)


def _polar(x: Value, side: str = "right") -> Value:
    dims = dims_of(x.type)
    if dims is None or len(dims) != 2:
        raise MissingRule("polar has a derivative rule for arrays of two axes")
    # The factor P must not be singular.
    x = _checked(x, f"polar(side={side!r})", tall=side == "right")
    return polar_of(x, **({} if side == "right" else {"side": side}))


polar: Op = spelled(
    "polar",
    calls=("scipy.linalg.polar",),
    signature="x, side='right'",
    bind=free_bind("polar", ["a"], {"side": "right"}),
    formula=_polar,
)


def _procrustes_type(a: Type, b: Type) -> Type:
    da, db, dtype = dims_of(a), dims_of(b), float_dtype(a, b)
    if da is None or db is None or dtype is None or len(da) != 2 or len(db) != 2:
        return Tuple((UNKNOWN, UNKNOWN))
    size = real_type(number_type(dtype, ()))
    return Tuple((number_type(dtype, (da[1], db[1])), size))


def _procrustes(a: Value, b: Value) -> Value:
    """The rotation is the unitary polar factor; the scale, the trace of the other."""
    m = adjoint(a) @ b
    u, _ = entries(polar_of(m), 2)
    return packed(u, sum_(svdvals(m)))


orthogonal_procrustes: Op = by_formula(
    "orthogonal_procrustes",
    calls=("scipy.linalg.orthogonal_procrustes",),
    signature="a, b",
    bind=free_bind("orthogonal_procrustes", ["A", "B"]),
    infer=_procrustes_type,
    code="scipy.linalg.orthogonal_procrustes(a, b)",
    formula=_procrustes,
    domain=lambda: [at(spread_rank(4, 2), spread_rank(4, 2) + spaced(-1, 1, (4, 2)))],
)


def _angles_type(a: Type, b: Type) -> Type:
    da, db, dtype = dims_of(a), dims_of(b), float_dtype(a, b)
    if da is None or db is None or dtype is None or len(da) != 2 or len(db) != 2:
        return UNKNOWN
    return real_type(number_type(dtype, (shorter(da[1], db[1]),)))


def _angles(a: Value, b: Value) -> Value:
    """By the cosines, and below 45 degrees by the sines, which are exact there."""
    first, second = item(qr_reduced(a), key=0), item(qr_reduced(b), key=0)
    within = adjoint(first) @ second
    cosines = flip(svdvals(within))
    sines = svdvals(second - first @ within)  # with ones before, of columns too many
    sines = getitem(sines, dim(sines, k=0) - dim(cosines, k=0), layout=(FROM,))
    by_sine, by_cosine = (clip(x, -1.0, 1.0) for x in (sines, cosines))
    return where(cosines * cosines >= 0.5, arcsin(by_sine), arccos(by_cosine))


subspace_angles: Op = by_formula(
    "subspace_angles",
    calls=("scipy.linalg.subspace_angles",),
    signature="a, b",
    bind=free_bind("subspace_angles", ["A", "B"]),
    infer=_angles_type,
    code="scipy.linalg.subspace_angles(a, b)",
    formula=_angles,
    domain=lambda: [
        at(spaced(-1, 1, (5, 2)), spaced(-1, 1, (2, 5)).T + np.eye(5, 2)),
        at(spaced(-1, 1, (5, 1)), spread_rank(5, 2)),
        at(spread_rank(5, 2), spaced(-1, 1, (5, 1))),
    ],
)
