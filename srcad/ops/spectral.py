"""Eigenvalues and eigenvectors of symmetric matrices: eigh, eigvalsh.

NumPy reads the lower triangle, so the derivative is in that triangle only.

Source: M. Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation", 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from srcad.ops.declare import Contribution, Op, custom
from srcad.ops.domain import at, spaced
from srcad.ops.fit import expand_dims, known, matched, sum_
from srcad.ops.products import flipped
from srcad.ops.triangles import diagonal, half_lower, tril

EIGH = type(np.linalg.eigh(np.eye(1)))


def _types(x: Type) -> tuple[Type, Type]:
    dims, dtype = dims_of(x), dtype_of(elementwise_type(x, at_least="float"))
    if dims is None or dtype is None or len(dims) < 2 or kind_of(x) == "complex":
        return UNKNOWN, UNKNOWN
    return number_type(dtype, dims[:-1]), number_type(dtype, dims)


def _real(node: Node) -> None:
    if kind_of(node.inputs[0].type) == "complex":
        raise MissingRule(f"{node.op.name} of complex matrices has no derivative rule")


def _symmetric(t: Value) -> Value:
    """The symmetric matrix of which NumPy reads the lower triangle."""
    return tril(t) + flipped(tril(t, k=-1))


def _lower(node: Node, whole: Value) -> Value:
    """The cotangent of the lower triangle for that of the whole matrix."""
    return matched(half_lower(whole + flipped(whole)), node.inputs[0])


def _slopes(v: Value, t: Value) -> tuple[Value, Value]:
    """The change of the matrix in the basis of the eigenvectors; its diagonal."""
    inner = flipped(v) @ _symmetric(t) @ v
    return inner, diagonal(inner, axis1=-2, axis2=-1)


# ---- eigenvalues and eigenvectors ----------------------------------------------------


def _eigh_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if ts[0] is None:
        return [None]
    _real(node)
    w, v = item(node.out, key=0), item(node.out, key=1)
    inner, slopes = _slopes(v, ts[0])
    return [make_tuple(slopes, v @ over_gaps(inner, w), cls=EIGH)]


def _eigh_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    _real(node)
    g, w, v = known(cts[0]), item(node.out, key=0), item(node.out, key=1)
    inner = over_gaps(flipped(v) @ item(g, key=1), w)
    whole = v * expand_dims(item(g, key=0), axis=-2) + v @ inner
    return [_lower(node, whole @ flipped(v))]


eigh: Op = custom(
    "eigh",
    calls=(np.linalg.eigh,),
    signature="x",
    infer=lambda x: Tuple(_types(x), EIGH),
    code="np.linalg.eigh(x)",
    jvp=_eigh_jvp,
    vjp=_eigh_vjp,
    domain=lambda: [at(_points(3)), at(_points(2, 2))],
)


def _points(n: int, *batch: int) -> Any:
    return spaced(-1, 1, (*batch, n, n)) + np.diag(np.arange(n) * 3.0)


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
)


# ---- eigenvalues only ----------------------------------------------------------------


def _vectors(node: Node) -> Value:
    return item(eigh(node.inputs[0]), key=1)


def _values_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if ts[0] is None:
        return [None]
    _real(node)
    return [_slopes(_vectors(node), ts[0])[1]]


def _values_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    _real(node)
    v = _vectors(node)
    scaled = v * expand_dims(known(cts[0]), axis=-2)
    return [_lower(node, scaled @ flipped(v))]


eigvalsh: Op = custom(
    "eigvalsh",
    calls=(np.linalg.eigvalsh,),
    signature="x",
    infer=lambda x: _types(x)[0],
    code="np.linalg.eigvalsh(x)",
    jvp=_values_jvp,
    vjp=_values_vjp,
    domain=lambda: [at(_points(3)), at(_points(2, 2))],
)
