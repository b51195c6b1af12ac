"""Symmetric band matrices of which one half is stored: solve, factor, eigenvalues.

`lower=True`: row k of `ab` is the k-th diagonal below the main one; else the last row
is the main diagonal, and those before it are above. An entry beside the diagonal stands
for two. Real matrices only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Array, Tuple, Type, dims_of, dtype_of
from srcad.ops.banded import (
    by_scipy,
    dominant,
    refuse_stacks,
    solved_type,
    times_type,
)
from srcad.ops.complexes import refuse_complex
from srcad.ops.containers import item
from srcad.ops.declare import Arguments, Contribution, Op, custom, static
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import known, matched, sum_
from srcad.ops.formulas import by_formula, by_tangent, entries, packed, spelled
from srcad.ops.grids import eye
from srcad.ops.kinds import bilinear, linear
from srcad.ops.linalg import float_dtype
from srcad.ops.products import flipped
from srcad.ops.scipy_calls import free_bind, pair_of
from srcad.ops.scipy_cholesky import cho_solve, scipy_cholesky
from srcad.ops.shapes import dim
from srcad.ops.sizes import with_dims
from srcad.ops.spectral import over_gaps
from srcad.ops.triangles import square_diagonal

# ---- symmetric matrices, one half stored ---------------------------------------------


# The symmetric matrix of which one half is stored, times x; and its own transpose.
half_times: Op = bilinear(
    "half_times",
    signature="ab, x, lower=False",
    infer=times_type,
    code="runtime.half_times(ab, x, lower)",
    transposes=(
        lambda g, node: matched(
            half_outer(g, *node.inputs[::-1], **node.params), node.inputs[0]
        ),
        lambda g, node: matched(
            half_times(node.inputs[0], g, **node.params), node.inputs[1]
        ),
    ),
    domain=lambda: [
        at(spaced(-1, 1, (3, 5)), spaced(-1, 1, (5,)), lower=True),
        at(spaced(-1, 1, (2, 3)), spaced(-1, 1, (3, 2))),
    ],
)


def _half_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (y, x, like), (dy, dx, _) = node.inputs, ts
    left = None if dy is None else half_outer(dy, x, like, **node.params)
    right = None if dx is None else half_outer(y, dx, like, **node.params)
    return [left + right if left and right else left or right]


def _half_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (y, x, _), g = node.inputs, known(cts[0])
    return [
        matched(half_times(g, x, **node.params), y),
        matched(half_times(g, y, **node.params), x),
        None,
    ]


# The cotangent of such a half, which is like `like`, for x^T A y: an entry beside the
# diagonal stands for two.
half_outer: Op = custom(
    "half_outer",
    signature="y, x, like, lower=False",
    infer=lambda y, x, like, lower=False: with_dims(times_type(y, x), dims_of(like)),
    code="runtime.half_outer(y, x, like, lower)",
    jvp=_half_jvp,
    vjp=_half_vjp,
    domain=lambda: [
        at(spaced(-1, 1, (5,)), spaced(0, 1, (5,)), np.ones((3, 5))),
        at(*(spaced(0, k, (3, 2)) for k in (1, 2)), np.ones((2, 3)), lower=True),
    ],
)


def _symmetric_bind(
    name: str, order: str, asked: Mapping[str, Sequence[Any]], **usual: Any
) -> Any:
    """Sorts a call on a half of a real symmetric matrix, and refuses others."""
    inputs = [n for n in order.split() if n in ("ab", "a_band", "b")]
    sort = free_bind(name, inputs, {"lower": False, **usual}, asked, order)

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        found, params = sort(args, kwargs)
        refuse_stacks(name, *found)
        refuse_complex(name, found)
        return found, params

    return bind


def _solveh_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (ab, _), (change, db), x = node.inputs, ts, node.out
    total = None if change is None else -half_times(change, x, **node.params)
    if db is not None:
        total = db if total is None else db + total
    return [None if total is None else solveh_banded(ab, total, **node.params)]


def _solveh_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (ab, b), x = node.inputs, node.out
    y = solveh_banded(ab, known(cts[0]), **node.params)
    return [-matched(half_outer(y, x, ab, **node.params), ab), matched(y, b)]


def _solveh_point(lower: bool, *shape: int) -> Sample:
    inputs = dominant(3, shape[0], 0 if lower else 2), spaced(-1, 1, shape)
    call = by_scipy("solveh_banded", lambda ab, b: (ab, b, False, False, lower))
    return Sample(inputs, {"lower": True} if lower else {}, expected=call)


solveh_banded: Op = custom(
    "solveh_banded",
    calls=("scipy.linalg.solveh_banded",),
    signature="ab, b, lower=False",
    bind=_symmetric_bind(
        "solveh_banded",
        "ab b overwrite_ab overwrite_b lower check_finite",
        {"overwrite_ab": [False]},
    ),
    infer=solved_type,
    code="scipy.linalg.solveh_banded(ab, b, lower=lower)",
    jvp=_solveh_jvp,
    vjp=_solveh_vjp,
    domain=lambda: [_solveh_point(True, 5), _solveh_point(False, 4, 2)],
)


def _triangle_type(ab: Type, lower: bool = False) -> Type:
    dims, dtype = dims_of(ab), dtype_of(ab)
    if dims is None or dtype is None or len(dims) != 2:
        return UNKNOWN
    return Array(dtype, (dims[1], dims[1]))


# The triangular matrix with the stored diagonals, and back.
to_triangle: Op = linear(
    "to_triangle",
    signature="ab, lower=False",
    infer=_triangle_type,
    code="runtime.to_triangle(ab, lower)",
    transpose=lambda g, node: of_triangle(g, node.inputs[0], **node.params),
    domain=lambda: [
        at(spaced(-1, 1, (3, 5))),
        at(spaced(-1, 1, (3, 2)), lower=True),
    ],
)
of_triangle: Op = linear(
    "of_triangle",
    signature="a, like, lower=False",
    infer=lambda a, like, lower=False: with_dims(a, dims_of(like)),
    code="runtime.of_triangle(a, like, lower)",
    transpose=lambda g, node: to_triangle(g, **node.params),
    domain=lambda: [
        at(spaced(-1, 1, (4, 4)), np.ones((2, 4))),
        at(spaced(-1, 1, (4, 4)), np.ones((3, 4)), lower=True),
    ],
)


def _by_matrix(ab: Value, lower: bool = False) -> Value:
    """Through the whole matrix. SciPy leaves the corners as they were."""
    side = {"lower": True} if lower else {}
    whole = half_times(ab, eye(dim(ab, k=1)), **side)
    corners = ab - of_triangle(to_triangle(ab, **side), ab, **side)
    return of_triangle(scipy_cholesky(whole, **side), ab, **side) + corners


def _positive_point(lower: bool) -> Sample:
    ab = dominant(3, 4, 0 if lower else 2)
    return Sample((ab,), {"lower": True} if lower else {})


def _factor_type(ab: Type, lower: bool = False) -> Type:
    dims, dtype = dims_of(ab), float_dtype(ab)
    return UNKNOWN if dims is None or dtype is None else Array(dtype, dims)


cholesky_banded: Op = by_formula(
    "cholesky_banded",
    calls=("scipy.linalg.cholesky_banded",),
    signature="ab, lower=False",
    bind=_symmetric_bind(
        "cholesky_banded",
        "ab overwrite_ab lower check_finite",
        {"overwrite_ab": [False]},
    ),
    infer=_factor_type,
    code="scipy.linalg.cholesky_banded(ab, lower=lower)",
    formula=_by_matrix,
    domain=lambda: [_positive_point(False), _positive_point(True)],
)


def _factored_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ["cb_and_lower", "b"]
    (pair, b), _ = free_bind("cho_solve_banded", names)(args, kwargs)
    cb, lower = pair_of(pair, "cho_solve_banded")
    refuse_stacks("cho_solve_banded", cb, b)
    lower = bool(static(lower, "cho_solve_banded: lower"))
    return [cb, b], {"lower": True} if lower else {}


def _factored_point(lower: bool, *shape: int) -> Sample:
    inputs = dominant(3, shape[0], 0 if lower else 2), spaced(-1, 1, shape)
    call = by_scipy("cho_solve_banded", lambda cb, b: ((cb, lower), b))
    return Sample(inputs, {"lower": True} if lower else {}, expected=call)


cho_solve_banded: Op = by_formula(
    "cho_solve_banded",
    calls=("scipy.linalg.cho_solve_banded",),
    signature="cb, b, lower=False",
    bind=_factored_bind,
    infer=solved_type,
    code="scipy.linalg.cho_solve_banded((cb, lower), b)",
    formula=lambda cb, b, **side: cho_solve(to_triangle(cb, **side), b, **side),
    domain=lambda: [_factored_point(True, 4), _factored_point(False, 4, 2)],
)

# ---- eigenvalues of symmetric band matrices ------------------------------------------


_ALL: Mapping[str, Sequence[Any]] = {
    "overwrite_a_band": [False],
    "select": ["a"],
    "select_range": [None],
    "max_ev": [0],
}


def _eig_types(ab: Type, lower: bool = False) -> tuple[Type, Type]:
    dims, dtype = dims_of(ab), float_dtype(ab)
    if dims is None or dtype is None or len(dims) != 2:
        return UNKNOWN, UNKNOWN
    return Array(dtype, (dims[1],)), Array(dtype, (dims[1], dims[1]))


def _eig_tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
    if ts[0] is None:
        return None
    w, v = entries(node.out, 2)
    inner = flipped(v) @ half_times(ts[0], v, **node.params)
    return packed(square_diagonal(inner), v @ over_gaps(inner, w))


def _eig_points() -> list[Sample]:
    ab = spaced(-1, 1, (2, 4))
    ab[0] += 2.0 * np.arange(4)
    return [at(ab, lower=True), at(ab[::-1] + 0.0)]


eig_banded_of: Op = by_tangent(
    "eig_banded_of",
    signature="ab, lower=False",
    infer=lambda ab, lower=False: Tuple(_eig_types(ab)),
    code="scipy.linalg.eig_banded(ab, lower=lower)",
    tangent=_eig_tangent,
    domain=_eig_points,
)


def _slopes(node: Node, ts: Sequence[Value | None]) -> Value | None:
    if ts[0] is None:
        return None
    v = item(eig_banded_of(*node.inputs, **node.params), key=1)
    return sum_(v * half_times(ts[0], v, **node.params), axis=0)


eigvals_banded: Op = by_tangent(
    "eigvals_banded",
    calls=("scipy.linalg.eigvals_banded",),
    signature="ab, lower=False",
    bind=_symmetric_bind(
        "eigvals_banded",
        "a_band lower overwrite_a_band select select_range check_finite",
        _ALL,
    ),
    infer=lambda ab, lower=False: _eig_types(ab)[0],
    code="scipy.linalg.eigvals_banded(ab, lower=lower)",
    tangent=_slopes,
    domain=_eig_points,
)
eig_banded: Op = spelled(
    "eig_banded",
    calls=("scipy.linalg.eig_banded",),
    signature="ab, lower=False, eigvals_only=False",
    bind=_symmetric_bind(
        "eig_banded",
        "a_band lower eigvals_only overwrite_a_band select select_range max_ev "
        "check_finite",
        _ALL,
        eigvals_only=False,
    ),
    formula=lambda ab, eigvals_only=False, **side: (
        eigvals_banded if eigvals_only else eig_banded_of
    )(ab, **side),
)
