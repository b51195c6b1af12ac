"""The QR decomposition: modes reduced, complete (of what is not taller than wide), r.

LAPACK makes the diagonal of R real, which fixes the phases.

Source: S. Walter, L. Lehmann, "Algorithmic differentiation of linear algebra functions
with application in optimum experimental design", 2010.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Tuple, Type, dims_of, number_type
from srcad.ops.complexes import imag, may_be_complex
from srcad.ops.containers import item
from srcad.ops.declare import Arguments, Op, static
from srcad.ops.domain import at, spaced
from srcad.ops.fit import matched
from srcad.ops.formulas import by_tangent, entries, packed, spelled
from srcad.ops.linalg import float_dtype, full_rank, inv_or_nan
from srcad.ops.matrix_shapes import needs_matrix
from srcad.ops.ranks import expand_dims
from srcad.ops.sizes import bound
from srcad.ops.svd import columns, is_square, shorter
from srcad.ops.triangles import square_diagonal, tril, triu
from srcad.ops.triangular import adjoint

QR = type(np.linalg.qr(np.eye(1)))


def qr_type(x: Type, cls: type = QR) -> Type:
    """The types of the factors."""
    needs_matrix(x)
    dims, dtype = dims_of(x), float_dtype(x)
    if dims is None or dtype is None or len(dims) < 2:
        return Tuple((UNKNOWN, UNKNOWN), cls)
    *batch, m, n = dims
    k = shorter(m, n)
    first, second = (*batch, m, k), (*batch, k, n)
    return Tuple((number_type(dtype, first), number_type(dtype, second)), cls)


def _is_tall(x: Value) -> bool:
    dims = dims_of(x.type)
    if dims is None or len(dims) < 2:
        return False
    m, n = dims[-2:]
    tall = isinstance(m, int) and isinstance(n, int) and m >= n
    return tall or is_square(x)


def qr_tangent(node: Node, ts: Sequence[Value | None], cls: type = QR) -> Value | None:
    """The tangent of a decomposition, as a tuple of that class."""
    t, x = ts[0], node.inputs[0]
    if t is None:
        return None
    q, r = entries(node.out, 2)
    tall = _is_tall(x)
    square, moved = (r, t) if tall else (columns(r, q), columns(t, q))
    moved = moved @ inv_or_nan(square)
    inner = adjoint(q) @ moved
    below = tril(inner, k=-1)
    turn = below - adjoint(below)
    if may_be_complex(x.type):
        phases = 1j * imag(square_diagonal(inner))
        turn = turn + tril(triu(inner * 0.0 + expand_dims(phases, axis=-2)))
    dq = q @ (turn - inner) + moved
    if tall:
        dr = (inner - turn) @ r
    else:
        dr = triu(adjoint(dq) @ x + adjoint(q) @ t)
    if may_be_complex(x.type):
        dq, dr = matched(dq, q), matched(dr, r)
    return packed(dq, dr, cls=cls)


qr_reduced: Op = by_tangent(
    "qr_reduced",
    signature="x",
    infer=qr_type,
    code="np.linalg.qr(x)",
    tangent=qr_tangent,
    domain=lambda: [
        at(full_rank(3, 3)),
        at(full_rank(2, 2, 2)),
        at(full_rank(4, 2)),
        at(full_rank(2, 4)),
        at(full_rank(3, 2) + 0.5j * spaced(-1, 1, (3, 2))),
    ],
)


def _bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("a", "mode"), args, kwargs, "qr")
    mode = static(given.get("mode", "reduced"), "qr(mode=...)")
    if mode not in ("reduced", "r", "complete"):
        raise MissingRule(
            f"qr(mode={mode!r}) has no derivative rule",
            hint="supported: 'reduced', 'r', and 'complete' of a square matrix",
        )
    return [given["a"]], {} if mode == "reduced" else {"mode": mode}


def _qr(x: Value, mode: str = "reduced") -> Value:
    dims = dims_of(x.type)
    wide = dims is not None and len(dims) > 1 and shorter(*dims[-2:]) == dims[-2]
    if mode == "complete" and not wide:
        raise MissingRule(
            "qr(mode='complete') has a derivative for square matrices only: the other "
            "columns of Q are any that fill it up",
            hint="use mode='reduced'",
        )
    found = qr_reduced(x)
    return item(found, key=1) if mode == "r" else found


qr: Op = spelled(
    "qr",
    calls=(np.linalg.qr,),
    signature="x, mode='reduced'",
    bind=_bind,
    formula=_qr,
    domain=lambda: [at(full_rank(3, 2)), at(full_rank(3, 2), mode="r")],
)
