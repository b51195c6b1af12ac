"""The singular value decomposition, and singular values alone.

Singular vectors of equal singular values have no derivative; nor has what fills up the
vectors of a rectangular matrix to a square (`full_matrices=True`). For complex matrices
U takes the phase that nothing fixes (as in JAX), right for what does not depend on it.

Source: J. Townsend, "Differentiating the singular value decomposition", 2016.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.sizes import Dim, Size, same_length
from srcad.ir.types import UNKNOWN, Tuple, Type, dims_of, number_type
from srcad.ops.arithmetic import quotient
from srcad.ops.complexes import conj_of, imag, may_be_complex, real_of, real_type
from srcad.ops.declare import Arguments, Contribution, Op, custom, static
from srcad.ops.domain import Sample, at, spaced, value_at
from srcad.ops.fit import known, matched
from srcad.ops.formulas import by_tangent, entries, packed, spelled
from srcad.ops.fourier import cropped_like
from srcad.ops.kinds import linear
from srcad.ops.linalg import float_dtype
from srcad.ops.matrix_shapes import needs_matrix
from srcad.ops.products import flipped
from srcad.ops.ranks import expand_dims
from srcad.ops.sizes import bound, with_dims
from srcad.ops.spectral import over_gaps
from srcad.ops.triangles import square_diagonal
from srcad.ops.triangular import adjoint

SVD = type(np.linalg.svd(np.eye(1)))


def shorter(m: Dim, n: Dim) -> Dim:
    """The smaller of two lengths."""
    if isinstance(m, int) and isinstance(n, int):
        return min(m, n)
    if same_length(m, n):
        return m
    texts = sorted(str(d).rstrip("?") for d in (m, n))
    one = any(d == 1 or (isinstance(d, Size) and d.may_be_one) for d in (m, n))
    return Size(f"min({','.join(texts)})", 0, one)


def _parts(x: Type) -> tuple[tuple[Dim, ...], Dim, Dim, Dim, str] | None:
    needs_matrix(x)
    dims, dtype = dims_of(x), float_dtype(x)
    if dims is None or dtype is None or len(dims) < 2:
        return None
    *batch, m, n = dims
    return tuple(batch), m, n, shorter(m, n), dtype


def svd_type(x: Type, full_matrices: bool = True, cls: type = SVD) -> Type:
    """The types of the vectors and the values."""
    parts = _parts(x)
    if parts is None:
        return Tuple((UNKNOWN,) * 3, cls)
    batch, m, n, k, dtype = parts
    left, right = (m, n) if full_matrices else (k, k)
    return Tuple(
        (
            number_type(dtype, (*batch, m, left)),
            real_type(number_type(dtype, (*batch, k))),
            number_type(dtype, (*batch, right, n)),
        ),
        cls,
    )


def svdvals_type(x: Type) -> Type:
    parts = _parts(x)
    if parts is None:
        return UNKNOWN
    return real_type(number_type(parts[4], (*parts[0], parts[3])))


def is_square(x: Value) -> bool:
    """Whether a matrix is known to be square."""
    dims = dims_of(x.type)
    return dims is not None and len(dims) > 1 and same_length(*dims[-2:])


# ---- the vectors that only fill up ---------------------------------------------------


# The first columns of g: as many as `thin` has. What comes after has no derivative.
narrowed: Op = linear(
    "narrowed",
    signature="g, thin",
    infer=lambda g, thin: thin,
    code="runtime.narrowed(g, thin)",
    transpose=lambda g, node: widened(g, node.inputs[0]),
    domain=lambda: [
        at(spaced(-1, 1, (3, 2)), spaced(-1, 1, (3, 2)), expected=lambda g, thin: g),
    ],
)

# t with as many columns as `full` has. Those added have no derivative: they are nan.
widened: Op = linear(
    "widened",
    signature="t, full",
    infer=lambda t, full: full,
    code="runtime.widened(t, full)",
    transpose=lambda g, node: narrowed(g, node.inputs[0]),
    domain=lambda: [
        at(spaced(-1, 1, (3, 2)), spaced(-1, 1, (3, 2)), expected=lambda t, full: t),
        value_at(spaced(-1, 1, (3, 2)), spaced(-1, 1, (3, 3))),
    ],
)


def _columns_type(x: Type, like: Type) -> Type:
    dims, wanted = dims_of(x), dims_of(like)
    return with_dims(x, None if not dims or not wanted else (*dims[:-1], wanted[-1]))


# The first columns of x, as many as `like` has.
columns: Op = linear(
    "columns",
    signature="x, like",
    infer=_columns_type,
    code="x[..., : like.shape[-1]]",
    transpose=lambda g, node: cropped_like(g, node.inputs[0]),
    memory="view",
    domain=lambda: [
        at(spaced(-1, 1, (2, 3)), np.zeros((4, 2)), expected=lambda x, _: x[:, :2])
    ],
)


def _is_full(node: Node) -> bool:
    x = node.inputs[0]
    return bool(node.params.get("full_matrices", True)) and not is_square(x)


def _thin(node: Node) -> tuple[Value, Value, Value]:
    """The thin decomposition that is part of the node's result."""
    u, s, vh = entries(node.out, 3)
    if not _is_full(node):
        return u, s, vh
    return columns(u, s), s, flipped(columns(flipped(vh), s))


# ---- the decomposition ---------------------------------------------------------------


def svd_tangent(
    node: Node, ts: Sequence[Value | None], cls: type = SVD
) -> Value | None:
    """The tangent of a decomposition, as a tuple of that class."""
    t, x = ts[0], node.inputs[0]
    if t is None:
        return None
    u, s, vh = _thin(node)
    v, row = adjoint(vh), expand_dims(s, axis=-2)
    inner = adjoint(u) @ t @ v
    turned = adjoint(inner)
    column = expand_dims(s, axis=-1)
    squares = s * s
    left = over_gaps(inner * row + column * turned, squares)
    right = over_gaps(column * inner + turned * row, squares)
    du, dv = u @ left, v @ right
    if may_be_complex(x.type):
        phase = quotient(1j * imag(square_diagonal(inner)), s)
        du = du + u * expand_dims(phase, axis=-2)
    if not is_square(x):
        du = du + quotient(t @ v - u @ inner, row)
        dv = dv + quotient(adjoint(t) @ u - v @ turned, row)
    if may_be_complex(x.type):
        du, dv = matched(du, u), matched(dv, v)
    ds = real_of(square_diagonal(inner))
    if not _is_full(node):
        return packed(du, ds, adjoint(dv), cls=cls)
    whole_u, _, whole_vh = entries(node.out, 3)
    dvh = flipped(widened(flipped(adjoint(dv)), flipped(whole_vh)))
    return packed(widened(du, whole_u), ds, dvh, cls=cls)


def _matrix(m: int, n: int, *batch: int) -> Any:
    return spaced(-1, 1, (*batch, m, n)) + 2.0 * np.eye(m, n) * np.arange(1, n + 1)


svd_of: Op = by_tangent(
    "svd_of",
    signature="x, full_matrices=True",
    infer=svd_type,
    code="np.linalg.svd(x, full_matrices=full_matrices)",
    tangent=svd_tangent,
    domain=lambda: [
        at(_matrix(3, 3)),
        at(_matrix(2, 2, 2)),
        at(_matrix(4, 2), full_matrices=False),
        at(_matrix(2, 3), full_matrices=False),
        value_at(_matrix(3, 2)),
        value_at(_matrix(3, 2) + 0.5j, full_matrices=False),
    ],
)


# ---- the values ----------------------------------------------------------------------


def _decomposed(node: Node) -> tuple[Value, Value]:
    u, _, vh = entries(svd_of(node.inputs[0], full_matrices=False), 3)
    return u, vh


def svdvals_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if ts[0] is None:
        return [None]
    u, vh = _decomposed(node)
    inner = adjoint(u) @ ts[0] @ adjoint(vh)
    return [real_of(square_diagonal(inner))]


def svdvals_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    u, vh = _decomposed(node)
    left = conj_of(u) * expand_dims(known(cts[0]), axis=-2)
    return [matched(left @ conj_of(vh), node.inputs[0])]


svdvals: Op = custom(
    "svdvals",
    calls=(np.linalg.svdvals,),
    signature="x",
    infer=svdvals_type,
    code="np.linalg.svdvals(x)",
    jvp=svdvals_jvp,
    vjp=svdvals_vjp,
    domain=lambda: [
        at(_matrix(3, 3)),
        at(_matrix(2, 3, 2)),
        at(_matrix(3, 2)),
        at(_matrix(3, 3).astype(np.float32)),
        Sample((_matrix(3, 2) + 0.5j * spaced(-1, 1, (3, 2)),), order=1),
    ],
)


# ---- the user's call -----------------------------------------------------------------


def _bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("a", "full_matrices", "compute_uv")
    given = bound(names, args, kwargs, "svd", ignored={"hermitian": [False]})
    params = {
        k: bool(static(given[k], f"svd({k}=...)")) for k in names[1:] if k in given
    }
    return [given["a"]], {k: False for k, v in params.items() if not v}


def _svd(x: Value, full_matrices: bool = True, compute_uv: bool = True) -> Value:
    if not compute_uv:
        return svdvals(x)
    return svd_of(x, **({} if full_matrices else {"full_matrices": False}))


svd: Op = spelled(
    "svd",
    calls=(np.linalg.svd,),
    signature="x, full_matrices=True, compute_uv=True",
    bind=_bind,
    formula=_svd,
    domain=lambda: [at(_matrix(3, 2), compute_uv=False), at(_matrix(2, 2))],
)


def refuse_hermitian(name: str, given: Mapping[str, Any]) -> None:
    """Refuse `hermitian=True`: the derivative would be in one triangle only."""
    if static(given.get("hermitian", False), f"{name}(hermitian=...)"):
        raise MissingRule(f"{name}(hermitian=True) has no derivative rule")
