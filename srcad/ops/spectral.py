"""Eigenvalues and eigenvectors of symmetric and Hermitian matrices: eigh, eigvalsh.

One triangle is read, so the derivative is in that triangle only. Vectors of complex
matrices have a phase that nothing fixes: their derivative is the one that turns none
(as in JAX), right for whatever does not depend on the phase.

Source: M. Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation", 2008.
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
    number_type,
)
from srcad.ops.complexes import conj_of, real_of, real_type
from srcad.ops.containers import item, make_tuple
from srcad.ops.declare import Arguments, Contribution, Op, custom, static
from srcad.ops.domain import at, spaced, value_at
from srcad.ops.fit import known, matched, sum_
from srcad.ops.linalg import apart
from srcad.ops.matrix_shapes import needs_matrix
from srcad.ops.products import flipped
from srcad.ops.ranks import expand_dims
from srcad.ops.sizes import bound
from srcad.ops.triangles import square_diagonal
from srcad.ops.triangular import adjoint, triangle_of, whole_of

EIGH = type(np.linalg.eigh(np.eye(1)))


def _types(x: Type) -> tuple[Type, Type]:
    needs_matrix(x, square=True)
    dims, dtype = dims_of(x), dtype_of(elementwise_type(x, at_least="float"))
    if dims is None or dtype is None or len(dims) < 2:
        return UNKNOWN, UNKNOWN
    return real_type(number_type(dtype, dims[:-1])), number_type(dtype, dims)


def _inputs(name: str) -> Any:
    """Binds `f(a, UPLO)`."""

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("a", "UPLO"), args, kwargs, name)
        part = static(given.get("UPLO", "L"), f"{name}(UPLO=...)")
        if part not in ("L", "l", "U", "u"):
            raise MissingRule(f"{name}(UPLO={part!r}): 'L' or 'U' is wanted")
        return [given["a"]], {"UPLO": "U"} if part in "Uu" else {}

    return bind


def _is_lower(node: Node) -> bool:
    return "UPLO" not in node.params


def _slopes(v: Value, t: Value, node: Node) -> tuple[Value, Value]:
    """The change of the matrix in the basis of the eigenvectors; its diagonal."""
    inner = adjoint(v) @ whole_of(t, _is_lower(node)) @ v
    return inner, real_of(square_diagonal(inner))


def _triangle(node: Node, whole: Value) -> Value:
    return matched(triangle_of(whole, _is_lower(node)), node.inputs[0])


# ---- eigenvalues and eigenvectors ----------------------------------------------------


def _eigh_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if ts[0] is None:
        return [None]
    w, v = item(node.out, key=0), item(node.out, key=1)
    inner, slopes = _slopes(v, ts[0], node)
    return [make_tuple(slopes, v @ over_gaps(inner, w), cls=EIGH)]


def _eigh_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g, w, v = known(cts[0]), item(node.out, key=0), item(node.out, key=1)
    inner = over_gaps(flipped(v) @ item(g, key=1), w)
    left = conj_of(v)
    whole = left * expand_dims(item(g, key=0), axis=-2) + left @ inner
    return [_triangle(node, whole @ flipped(v))]


eigh: Op = custom(
    "eigh",
    calls=(np.linalg.eigh,),
    signature="x, UPLO='L'",
    bind=_inputs("eigh"),
    infer=lambda x, UPLO="L": Tuple(_types(x), EIGH),
    code="np.linalg.eigh(x, UPLO=UPLO)",
    jvp=_eigh_jvp,
    vjp=_eigh_vjp,
    domain=lambda: [
        at(apart(3)),
        at(apart(2, 2)),
        at(apart(3), UPLO="U"),
        value_at(apart(3) + 1j * spaced(-1, 1, (3, 3))),
    ],
)


def _gaps_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (_, w), (dm, dw) = node.inputs, ts
    total = None if dm is None else over_gaps(dm, w)
    if dw is not None:
        widened = expand_dims(dw, axis=-2) - expand_dims(dw, axis=-1)
        term = -over_gaps(node.out * widened, w)
        total = term if total is None else total + term
    return [total]


def _gaps_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g, w = known(cts[0]), node.inputs[1]
    by_gap = over_gaps(g * node.out, w)
    return [over_gaps(g, w), sum_(by_gap, axis=-1) - sum_(by_gap, axis=-2)]


# m[i, j] / (w[j] - w[i]), and 0 on the diagonal. Equal eigenvalues are refused where m
# is not 0: their eigenvectors have no derivative.
over_gaps: Op = custom(
    "over_gaps",
    signature="m, w",
    infer=lambda m, w: m,
    code="runtime.over_gaps(m, w)",
    jvp=_gaps_jvp,
    vjp=_gaps_vjp,
    domain=lambda: [
        at(spaced(-1, 1, (3, 3)), np.array([0.5, 2.0, 3.2])),
        at(spaced(-1, 1, (2, 2, 2)), np.array([[0.5, 2.0], [1.0, -1.0]])),
    ],
)


# ---- eigenvalues only ----------------------------------------------------------------


def _vectors(node: Node) -> Value:
    return item(eigh(node.inputs[0], **node.params), key=1)


def _values_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if ts[0] is None:
        return [None]
    return [_slopes(_vectors(node), ts[0], node)[1]]


def _values_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    v = _vectors(node)
    scaled = conj_of(v) * expand_dims(known(cts[0]), axis=-2)
    return [_triangle(node, scaled @ flipped(v))]


eigvalsh: Op = custom(
    "eigvalsh",
    calls=(np.linalg.eigvalsh,),
    signature="x, UPLO='L'",
    bind=_inputs("eigvalsh"),
    infer=lambda x, UPLO="L": _types(x)[0],
    code="np.linalg.eigvalsh(x, UPLO=UPLO)",
    jvp=_values_jvp,
    vjp=_values_vjp,
    domain=lambda: [
        at(apart(3)),
        at(apart(2, 2)),
        at(apart(3), UPLO="U"),
        at(apart(3) + 1j * spaced(-1, 1, (3, 3))),
        at(apart(3) + 1j * spaced(-1, 1, (3, 3)), UPLO="U"),
    ],
)
