"""Eigenvalues as `scipy.linalg` gives them: eigh, eig and their kin.

Symmetric and Hermitian matrices may have a second one, `a v = w b v` (`type=1`), and a
part of the spectrum by index. General ones have the rules of `ops/eigen.py`, which asks
for the scale that LAPACK gives the vectors; with a second matrix only eigenvalues have
a rule, since nothing fixes the phase of their vectors. Banded matrices are in
`ops/banded.py`.

Source: M. Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation", 2008; for two matrices, N. van der Aa, H. ter Morsche,
R. Mattheij, "Computation of eigenvalue and eigenvector derivatives for a general
complex-valued eigensystem", 2007.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, literal
from srcad.ir.types import UNKNOWN, Tuple, Type, dims_of, number_type
from srcad.ops.complexes import conj_of, real_of, real_type
from srcad.ops.containers import item
from srcad.ops.declare import Arguments, Op, is_none, static
from srcad.ops.domain import at, spaced, value_at
from srcad.ops.eigen import eig_tangent
from srcad.ops.fit import sum_
from srcad.ops.formulas import by_tangent, entries, packed, spelled
from srcad.ops.index import BETWEEN, FROM, TO, getitem
from srcad.ops.linalg import apart, float_dtype, positive, solve, turning
from srcad.ops.matrix_shapes import needs_matrix
from srcad.ops.products import flipped
from srcad.ops.ranks import expand_dims
from srcad.ops.scipy_calls import by_name, free_bind
from srcad.ops.spectral import over_gaps
from srcad.ops.triangles import diag, diagonal_matrix, square_diagonal
from srcad.ops.triangular import adjoint, whole_of

# ---- symmetric and Hermitian matrices ------------------------------------------------


def _symmetric_bind(name: str, usual: Mapping[str, Any]) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = by_name(name, "a b", args, kwargs)
        second = given.pop("b", None)
        second = None if is_none(second) else second
        part = given.pop("subset_by_index", None)
        inputs, params = free_bind(name, ["a"], usual)((), given)
        if part is not None and static(part, f"{name}(subset_by_index=...)"):
            part = tuple(static(part, f"{name}(subset_by_index=...)"))
            params["subset_by_index"] = part
            if second is not None:
                raise MissingRule(
                    f"{name}(subset_by_index=...) of two matrices has no rule",
                    hint="take all of them, and index the result",
                )
        return inputs if second is None else [*inputs, second], params

    return bind


def _symmetric_types(
    a: Type, b: Type | None = None, lower: bool = True, subset_by_index: Any = None
) -> tuple[Type, Type]:
    needs_matrix(a, square=True)
    dims = dims_of(a)
    dtype = float_dtype(a) if b is None else float_dtype(a, b)
    if dims is None or dtype is None or len(dims) < 2:
        return UNKNOWN, UNKNOWN
    count = dims[-1]
    if subset_by_index is not None:
        count = subset_by_index[1] - subset_by_index[0] + 1
    values = real_type(number_type(dtype, (*dims[:-2], count)))
    return values, number_type(dtype, (*dims[:-1], count))


def _changed(
    v: Value, w: Value, node: Node, ts: Sequence[Value | None], left: Value
) -> tuple[Value | None, Value | None]:
    """left^H (da - w db) v, and left^H db v: the changes seen by the vectors."""
    lower = node.params.get("lower", True)
    da, db = ts[0], ts[1] if len(ts) > 1 else None
    inner = None if da is None else adjoint(left) @ whole_of(da, lower) @ v
    if db is None:
        return inner, None
    weight = adjoint(left) @ whole_of(db, lower) @ v
    moved = weight * expand_dims(w, axis=-2)
    return -moved if inner is None else inner - moved, weight


def _eigh_tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
    w, v = entries(node.out, 2)
    if "subset_by_index" in node.params:
        return _part_tangent(node, ts)
    inner, weight = _changed(v, w, node, ts, v)
    if inner is None:
        return None
    turn = over_gaps(inner, w)
    if weight is not None:  # the vectors keep v^H b v = 1
        turn = turn - 0.5 * diagonal_matrix(square_diagonal(weight))
    return packed(real_of(square_diagonal(inner)), v @ turn)


def _part_tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
    """Some vectors of all: they move towards those that were not asked for, too."""
    v = item(node.out, key=1)
    first, last = node.params["subset_by_index"]
    rest = {k: p for k, p in node.params.items() if k != "subset_by_index"}
    whole_w, whole_v = entries(scipy_eigh_of(node.inputs[0], **rest), 2)
    inner, _ = _changed(whole_v, whole_w, node, ts, whole_v)
    if inner is None:
        return None
    where = literal(first), literal(last + 1)
    layout = ("...", BETWEEN)
    moved = getitem(whole_v @ over_gaps(inner, whole_w), *where, layout=layout)
    same = getitem(whole_v, *where, layout=layout)
    phase = sum_(conj_of(same) * v, axis=-2, keepdims=True)
    slopes = getitem(real_of(square_diagonal(inner)), *where, layout=layout)
    return packed(slopes, moved * phase)


def _hermitian_points() -> Any:
    return apart(3) + 1j * spaced(-1, 1, (3, 3))


scipy_eigh_of: Op = by_tangent(
    "scipy_eigh_of",
    signature="a, b=None, lower=True, subset_by_index=None",
    inputs=("b",),
    infer=lambda *types, **params: Tuple(_symmetric_types(*types, **params)),
    code=lambda node: (
        f"scipy.linalg.eigh({'a, b' if len(node.inputs) > 1 else 'a'}, "
        "lower=lower, subset_by_index=subset_by_index)"
    ),
    tangent=_eigh_tangent,
    domain=lambda: [
        at(apart(3)),
        at(apart(3)[::-1, ::-1] + 0.0, lower=False),  # no sign flips near here
        at(apart(3), positive(3)),
        at(apart(3), positive(3).T + np.triu(np.ones((3, 3)), 1), lower=True),
        at(apart(4), subset_by_index=(1, 2)),
        value_at(_hermitian_points()),
    ],
)


def _values_tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
    """As for NumPy's: of the vectors, which are found anew."""
    _, v = entries(scipy_eigh_of(*node.inputs, **node.params), 2)
    inner, _ = _changed(v, node.out, node, ts, v)
    return None if inner is None else real_of(square_diagonal(inner))


scipy_eigvalsh: Op = by_tangent(
    "scipy_eigvalsh",
    calls=("scipy.linalg.eigvalsh",),
    signature="a, b=None, lower=True, subset_by_index=None",
    inputs=("b",),
    bind=_symmetric_bind("eigvalsh", {"lower": True}),
    infer=lambda *types, **params: _symmetric_types(*types, **params)[0],
    code=lambda node: (
        f"scipy.linalg.eigvalsh({'a, b' if len(node.inputs) > 1 else 'a'}, "
        "lower=lower, subset_by_index=subset_by_index)"
    ),
    tangent=_values_tangent,
    domain=lambda: [
        at(apart(3)),
        at(apart(3), lower=False),
        at(apart(3), positive(3)),
        at(apart(4), subset_by_index=(1, 2)),
        at(_hermitian_points()),
        at(_hermitian_points(), lower=False),
    ],
)


def _eigh(*inputs: Value, eigvals_only: bool = False, **params: Any) -> Value:
    return (scipy_eigvalsh if eigvals_only else scipy_eigh_of)(*inputs, **params)


scipy_eigh: Op = spelled(
    "scipy_eigh",
    calls=("scipy.linalg.eigh",),
    signature="a, b=None, lower=True, eigvals_only=False, subset_by_index=None",
    bind=_symmetric_bind("eigh", {"lower": True, "eigvals_only": False}),
    formula=_eigh,
)

# ---- tridiagonal matrices ------------------------------------------------------------

_ALL: dict[str, Sequence[Any]] = {
    "select": ["a"],
    "select_range": [None],
    "tol": [0.0],
    "lapack_driver": ["auto"],
}


def _tridiagonal_bind(name: str) -> Any:
    usual: dict[str, Any] = {}
    if name == "eigh_tridiagonal":
        usual = {"eigvals_only": False}
    order = ["d", "e", *usual, "select", "select_range", "check_finite", "tol"]
    return free_bind(name, ["d", "e"], usual, _ALL, " ".join([*order, "lapack_driver"]))


def _tridiagonal_types(d: Type, e: Type) -> tuple[Type, Type]:
    dims, dtype = dims_of(d), float_dtype(d, e)
    if dims is None or dtype is None or len(dims) != 1:
        return UNKNOWN, UNKNOWN
    return number_type(dtype, dims), number_type(dtype, (*dims, *dims))


def _tridiagonal_tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
    w, v = entries(node.out, 2)
    change = None if ts[0] is None else diag(ts[0])
    if ts[1] is not None:
        beside = diag(ts[1], k=1) + diag(ts[1], k=-1)
        change = beside if change is None else change + beside
    if change is None:
        return None
    inner = flipped(v) @ change @ v
    return packed(square_diagonal(inner), v @ over_gaps(inner, w))


def _tridiagonal_points() -> Any:
    d = spaced(-1, 1, (4,)) + np.arange(4) * 2.0
    return [at(d, spaced(0.2, 1, (3,)))]


eigh_tridiagonal_of: Op = by_tangent(
    "eigh_tridiagonal_of",
    signature="d, e",
    infer=lambda d, e: Tuple(_tridiagonal_types(d, e)),
    code="scipy.linalg.eigh_tridiagonal(d, e)",
    tangent=_tridiagonal_tangent,
    domain=_tridiagonal_points,
)


def _tridiagonal_slopes(node: Node, ts: Sequence[Value | None]) -> Value | None:
    """v^T T v for a change T, without the matrix."""
    v = item(eigh_tridiagonal_of(*node.inputs), key=1)
    total = None if ts[0] is None else ts[0] @ (v * v)
    if ts[1] is not None:
        above = getitem(v, literal(-1), layout=(TO,))
        pairs = above * getitem(v, literal(1), layout=(FROM,))
        beside = 2.0 * (ts[1] @ pairs)
        total = beside if total is None else total + beside
    return total


eigvalsh_tridiagonal: Op = by_tangent(
    "eigvalsh_tridiagonal",
    calls=("scipy.linalg.eigvalsh_tridiagonal",),
    signature="d, e",
    bind=_tridiagonal_bind("eigvalsh_tridiagonal"),
    infer=lambda d, e: _tridiagonal_types(d, e)[0],
    code="scipy.linalg.eigvalsh_tridiagonal(d, e)",
    tangent=_tridiagonal_slopes,
    domain=_tridiagonal_points,
)
eigh_tridiagonal: Op = spelled(
    "eigh_tridiagonal",
    calls=("scipy.linalg.eigh_tridiagonal",),
    signature="d, e, eigvals_only=False",
    bind=_tridiagonal_bind("eigh_tridiagonal"),
    formula=lambda d, e, eigvals_only=False: (
        eigvalsh_tridiagonal if eigvals_only else eigh_tridiagonal_of
    )(d, e),
)

# ---- general matrices ----------------------------------------------------------------


def _general_types(a: Type, *b: Type) -> tuple[Type, Type]:
    """Values are complex; vectors are so if the values are, or the matrix."""
    needs_matrix(a, square=True)
    dims, dtype = dims_of(a), float_dtype(a, *b)
    if dims is None or dtype is None or len(dims) < 2:
        return UNKNOWN, UNKNOWN
    wide = str(np.result_type(dtype, np.complex64))
    vectors = number_type(dtype, dims) if dtype == wide else UNKNOWN
    return number_type(wide, dims[:-1]), vectors


def _general_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    order = "a b left right overwrite_a overwrite_b check_finite homogeneous_eigvals"
    given = by_name("eig", order, args, kwargs)
    if not is_none(given.pop("b", None)):
        raise MissingRule(
            "eig of two matrices has no derivative rule: nothing fixes its vectors",
            hint="scipy.linalg.eigvals(a, b) has a rule",
        )
    asked: dict[str, Sequence[Any]] = {"left": [False], "right": [True]}
    return free_bind("eig", ["a"], {}, asked)((), given)


scipy_eig: Op = by_tangent(
    "scipy_eig",
    calls=("scipy.linalg.eig",),
    signature="a",
    bind=_general_bind,
    infer=lambda a: Tuple(_general_types(a)),
    code="scipy.linalg.eig(a)",
    tangent=lambda node, ts: eig_tangent(node, ts, tuple),
    domain=lambda: [
        at(apart(3)),
        at(turning()),
        at(apart(3) + 1j * spaced(-1, 1, (3, 3))),
    ],
)


def _pencil_tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
    """The tangent for vectors of any scale, which those who read them allow for."""
    w, v = entries(node.out, 2)
    inner = _seen(node, ts, w, v)
    if inner is None:
        return None
    return packed(square_diagonal(inner), v @ over_gaps(inner, w))


def _seen(node: Node, ts: Sequence[Value | None], w: Value, v: Value) -> Value | None:
    """The changes of one or two matrices, in the basis of the eigenvectors."""
    total = None if ts[0] is None else ts[0] @ v
    if len(ts) > 1 and ts[1] is not None:
        moved = (ts[1] @ v) * expand_dims(w, axis=-2)
        total = -moved if total is None else total - moved
    if total is None:
        return None
    basis = v if len(ts) < 2 else node.inputs[1] @ v
    return solve(basis, total)


# Eigenvalues, and vectors of no certain scale, of one or two matrices.
pencil: Op = by_tangent(
    "pencil",
    signature="a, b=None",
    inputs=("b",),
    infer=lambda a, *b: Tuple((_general_types(a, *b)[0], UNKNOWN)),
    code=lambda node: f"scipy.linalg.eig({'a, b' if len(node.inputs) > 1 else 'a'})",
    tangent=_pencil_tangent,
)


def _eigvals_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    more = "overwrite_b " if len(args) > 5 else ""  # since SciPy 1.18
    order = f"a b overwrite_a {more}check_finite homogeneous_eigvals"
    given = by_name("eigvals", order, args, kwargs)
    if is_none(given.get("b")):
        given.pop("b", None)
    return free_bind("eigvals", ["a", *(["b"] if "b" in given else [])])((), given)


def _eigvals_tangent(node: Node, ts: Sequence[Value | None]) -> Value | None:
    v = item(pencil(*node.inputs), key=1)
    inner = _seen(node, ts, node.out, v)
    return None if inner is None else square_diagonal(inner)


scipy_eigvals: Op = by_tangent(
    "scipy_eigvals",
    calls=("scipy.linalg.eigvals",),
    signature="a, b=None",
    inputs=("b",),
    bind=_eigvals_bind,
    infer=lambda a, *b: _general_types(a, *b)[0],
    code=lambda node: (
        f"scipy.linalg.eigvals({'a, b' if len(node.inputs) > 1 else 'a'})"
    ),
    tangent=_eigvals_tangent,
    domain=lambda: [
        at(apart(3)),
        at(turning()),
        at(apart(3), positive(3)),
        at(apart(3) + 1j * spaced(-1, 1, (3, 3))),
    ],
)
