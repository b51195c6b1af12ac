"""Parts of matrices: diag, diagonal, trace, tril, triu."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.sizes import Dim, Size, same_length, shifted
from srcad.ir.types import UNKNOWN, Array, Type, dims_of, dtype_of, number_type
from srcad.ops.axes import transpose
from srcad.ops.declare import Op, custom
from srcad.ops.domain import at, spaced
from srcad.ops.fit import known, matched
from srcad.ops.grids import eye
from srcad.ops.kinds import linear
from srcad.ops.matrix_shapes import needs_matrix
from srcad.ops.ranks import expand_dims
from srcad.ops.shapes import dim
from srcad.ops.sizes import with_dims


def _diagonal_length(rows: Dim, columns: Dim, offset: int) -> Dim:
    if isinstance(rows, int) and isinstance(columns, int):
        return max(min(rows, columns - offset, rows + offset, columns), 0)
    if same_length(rows, columns):
        return shifted(rows, -abs(offset))
    texts = [str(d).rstrip("?") for d in (rows, columns)]
    return Size(f"diag({','.join(texts)},{offset})", 0, may_be_one=True)


def _diag_type(x: Type, k: int = 0) -> Type:
    dims = dims_of(x)
    if dims is None or len(dims) not in (1, 2):
        return UNKNOWN
    if len(dims) == 2:
        return with_dims(x, (_diagonal_length(*dims, k),))
    side = shifted(dims[0], abs(k))
    return with_dims(x, (side, side))


def _diag_back(g: Value, node: Node) -> Value:
    x, dims = node.inputs[0], dims_of(node.inputs[0].type)
    square = dims is not None and len(dims) == 2 and same_length(*dims)
    if (dims is not None and len(dims) == 1) or square:
        return matched(diag(g, **node.params), x)
    return undiagonal(g, x, offset=node.params.get("k", 0), by_diag=True)


diag: Op = linear(
    "diag",
    calls=(np.diag,),
    signature="x, k=0",
    infer=_diag_type,
    code="np.diag(x, k=k)",
    transpose=lambda g, node: _diag_back(known(g), node),
    memory="view",
    domain=lambda: [
        at(spaced(-1, 1, (3,))),
        at(spaced(-1, 1, (2,)), k=-1),
        at(spaced(-1, 1, (3, 3))),
        at(spaced(-1, 1, (2, 3)), k=1),
    ],
)


def _diagonal_type(x: Type, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Type:
    needs_matrix(x)
    dims, dtype = dims_of(x), dtype_of(x)
    if dims is None or dtype is None or len(dims) < 2:
        return UNKNOWN
    a, b = axis1 % len(dims), axis2 % len(dims)
    kept = [d for k, d in enumerate(dims) if k not in (a, b)]
    return Array(dtype, (*kept, _diagonal_length(dims[a], dims[b], offset)))


diagonal: Op = linear(
    "diagonal",
    calls=(np.diagonal,),
    methods=("diagonal",),
    signature="x, offset=0, axis1=0, axis2=1",
    infer=_diagonal_type,
    code="np.diagonal(x, offset=offset, axis1=axis1, axis2=axis2)",
    transpose=lambda g, node: undiagonal(g, node.inputs[0], **node.params),
    memory="view",
    cost="free",
    domain=lambda: [
        at(spaced(-1, 1, (2, 3))),
        at(spaced(-1, 1, (2, 3)), offset=1),
        at(spaced(-1, 1, (2, 3, 3)), axis1=1, axis2=2),
    ],
)

# Zeros like x, but for a diagonal, which is g. np.diag(x) of a vector is undone too.
undiagonal: Op = custom(
    "undiagonal",
    signature="g, x, offset=0, axis1=0, axis2=1, by_diag=False",
    infer=lambda g, x, **_: x,
    code="runtime.undiagonal(g, x, offset=offset, axis1=axis1, axis2=axis2)",
    jvp=lambda node, ts: [
        undiagonal(ts[0], node.inputs[1], **node.params) if ts[0] else None
    ],
    vjp=lambda node, cts: [_undiagonal_back(known(cts[0]), node), None],
    domain=lambda: [
        at(spaced(-1, 1, (2,)), spaced(-1, 1, (2, 3))),
        at(spaced(-1, 1, (2,)), spaced(-1, 1, (2, 3)), offset=1),
        at(spaced(-1, 1, (2, 3)), spaced(-1, 1, (2, 3, 3)), axis1=1, axis2=2),
        at(spaced(-1, 1, (3, 3)), spaced(-1, 1, (2,)), offset=1, by_diag=True),
    ],
)


def _undiagonal_back(g: Value, node: Node) -> Value:
    if node.params.get("by_diag"):
        return diag(g, k=node.params["offset"])
    return diagonal(g, **node.params)


def _square_code(node: Node) -> str:
    plain = len(dims_of(node.inputs[0].type) or ()) == 2
    return "np.diag(x)" if plain else "np.diagonal(x, axis1=-2, axis2=-1)"


# The diagonals of square matrices on the last two axes, and the matrices made of them:
# each is the transpose of the other, without a look at what there was.
square_diagonal: Op = linear(
    "square_diagonal",
    signature="x",
    infer=lambda x: with_dims(x, dims_of(x) and (dims_of(x) or ())[:-1]),
    code=_square_code,
    transpose=lambda g, node: diagonal_matrix(g),
    memory="view",
    domain=lambda: [at(spaced(-1, 1, (3, 3))), at(spaced(-1, 1, (2, 3, 3)))],
)


def _matrix_code(node: Node) -> str:
    plain = len(dims_of(node.inputs[0].type) or ()) == 1
    return "np.diag(x)" if plain else "x[..., None] * np.eye(x.shape[-1])"


diagonal_matrix: Op = linear(
    "diagonal_matrix",
    signature="x",
    infer=lambda x: with_dims(x, _doubled_last(dims_of(x))),
    code=_matrix_code,
    transpose=lambda g, node: square_diagonal(g),
    domain=lambda: [at(spaced(-1, 1, (3,))), at(spaced(-1, 1, (2, 3)))],
)


def _doubled_last(dims: tuple[Dim, ...] | None) -> tuple[Dim, ...] | None:
    return None if not dims else (*dims, dims[-1])


def _trace_type(x: Type, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Type:
    needs_matrix(x)
    dims, dtype = dims_of(x), dtype_of(x)
    if dims is None or dtype is None or len(dims) < 2:
        return UNKNOWN
    gone = {axis1 % len(dims), axis2 % len(dims)}
    kept = tuple(d for k, d in enumerate(dims) if k not in gone)
    if np.dtype(dtype).kind in "bu":
        return UNKNOWN
    return number_type(dtype, kept)


def _trace_back(g: Value, node: Node) -> Value:
    x, params = node.inputs[0], node.params
    a, b = params.get("axis1", 0), params.get("axis2", 1)
    offset = {"k": params["offset"]} if params.get("offset") else {}
    dims = dims_of(x.type)
    if dims is None:
        return untraced(g, x, **params)
    rank = len(dims)
    a, b = a % rank, b % rank
    sides = [dim(x, k=a), dim(x, k=b)]
    ones = eye(*sides[: 1 if same_length(dims[a], dims[b]) else 2], **offset)
    if a > b:
        ones = transpose(ones)
    if rank > 2:
        ones = expand_dims(ones, axis=tuple(k for k in range(rank) if k not in (a, b)))
        g = expand_dims(g, axis=(min(a, b), max(a, b)))
    return matched(g * ones, x)


trace: Op = linear(
    "trace",
    calls=(np.trace,),
    methods=("trace",),
    signature="x, offset=0, axis1=0, axis2=1",
    infer=_trace_type,
    code="np.trace(x, offset=offset, axis1=axis1, axis2=axis2)",
    transpose=lambda g, node: _trace_back(known(g), node),
    domain=lambda: [
        at(spaced(-1, 1, (3, 3))),
        at(spaced(-1, 1, (2, 3)), offset=1),
        at(spaced(-1, 1, (2, 3, 3)), axis1=1, axis2=2),
        at(spaced(-1, 1, (3, 2, 3)), axis1=-1, axis2=0, offset=1),
    ],
)

# The cotangent of x for its trace, where the rank of x is not known.
untraced: Op = custom(
    "untraced",
    signature="g, x, offset=0, axis1=0, axis2=1",
    infer=lambda g, x, **_: x,
    code="runtime.untraced(g, x, offset=offset, axis1=axis1, axis2=axis2)",
    jvp=lambda node, ts: [
        untraced(ts[0], node.inputs[1], **node.params) if ts[0] else None
    ],
    vjp=lambda node, cts: [trace(cts[0], **node.params), None],
    domain=lambda: [
        at(1.5, spaced(-1, 1, (3, 3))),
        at(1.5, spaced(-1, 1, (2, 3)), offset=1),
        at(spaced(-1, 1, (2,)), spaced(-1, 1, (2, 3, 3)), axis1=1, axis2=2),
    ],
)


def _triangle(name: str) -> Op:
    def infer(x: Type, k: int = 0) -> Type:
        dims = dims_of(x)
        return with_dims(x, dims * 2 if dims is not None and len(dims) == 1 else dims)

    op: Op = linear(
        name,
        calls=(getattr(np, name),),
        signature="x, k=0",
        infer=infer,
        code=f"np.{name}(x, k=k)",
        transpose=lambda g, node: matched(op(g, **node.params), node.inputs[0]),
        domain=lambda: [
            at(spaced(-1, 1, (3, 3))),
            at(spaced(-1, 1, (2, 3, 3)), k=-1),
            at(spaced(-1, 1, (3,))),
        ],
    )
    return op


tril = _triangle("tril")
triu = _triangle("triu")


def half_lower(x: Value) -> Any:
    """The lower triangle with half the diagonal."""
    return 0.5 * (tril(x) + tril(x, k=-1))
