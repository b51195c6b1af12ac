"""Eigenvalues and eigenvectors of general matrices: eig, eigvals.

They are complex even where the matrix is real, so types are not known beforehand for a
real one. Vectors have the scale that LAPACK gives them: length 1, the largest entry
real. Those of equal eigenvalues have no derivative.

Source: M. Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation", 2008.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Tuple, Type, dims_of, kind_of, number_type
from srcad.ops.complexes import conj, imag
from srcad.ops.containers import item
from srcad.ops.declare import Contribution, Op, custom, zero
from srcad.ops.domain import at, spaced
from srcad.ops.fit import known, matched, real, sum_
from srcad.ops.formulas import entries, packed
from srcad.ops.linalg import apart, float_dtype, solve, turning
from srcad.ops.matrix_shapes import needs_matrix
from srcad.ops.products import flipped
from srcad.ops.ranks import expand_dims
from srcad.ops.spectral import over_gaps
from srcad.ops.triangles import diagonal_matrix, square_diagonal

EIG = type(np.linalg.eig(np.eye(1)))


def _types(x: Type) -> tuple[Type, Type]:
    needs_matrix(x, square=True)
    dims, dtype = dims_of(x), float_dtype(x)
    if dims is None or dtype is None or len(dims) < 2 or kind_of(x) != "complex":
        return UNKNOWN, UNKNOWN
    return number_type(dtype, dims[:-1]), number_type(dtype, dims)


# One at the entry of each column that LAPACK makes real, 0 elsewhere.
largest_entries: Op = zero(
    "largest_entries",
    infer=lambda x: UNKNOWN,
    code="runtime.largest_entries(x)",
)


def _rescaled(dv: Value, v: Value) -> Value:
    """A change of the vectors that keeps their length, and their largest entry real."""
    mask = largest_entries(v)
    growth = sum_(real(conj(v) * dv), axis=-2, keepdims=True)
    turn = sum_(mask * imag(dv), axis=-2, keepdims=True)
    pivot = sum_(mask * real(v), axis=-2, keepdims=True)
    return matched(dv - v * growth - v * (1j * turn / pivot), v)


def eig_tangent(
    node: Node, ts: Sequence[Value | None], cls: type = EIG
) -> Value | None:
    """The tangent of values and vectors, as a tuple of that class."""
    if ts[0] is None:
        return None
    w, v = entries(node.out, 2)
    inner = solve(v, ts[0] @ v)
    slopes = square_diagonal(inner)
    return packed(slopes, _rescaled(v @ over_gaps(inner, w), v), cls=cls)


def _vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g, (w, v) = known(cts[0]), entries(node.out, 2)
    g_w, g_v, turned = item(g, key=0), item(g, key=1), flipped(v)
    mask = largest_entries(v)
    pivot = sum_(mask * real(v), axis=-2, keepdims=True)
    along = sum_(g_v * v, axis=-2, keepdims=True)
    free = g_v - real(along) * conj(v) - mask * (1j * imag(along) / pivot)
    inner = over_gaps(turned @ matched(free, v), w) + diagonal_matrix(g_w)
    return [matched(solve(turned, inner @ turned), node.inputs[0])]


def _jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    return [eig_tangent(node, ts)]


eig: Op = custom(
    "eig",
    calls=(np.linalg.eig,),
    signature="x",
    infer=lambda x: Tuple(_types(x), EIG),
    code="np.linalg.eig(x)",
    jvp=_jvp,
    vjp=_vjp,
    domain=lambda: [
        at(apart(3)),
        at(apart(2, 2)),
        at(turning()),
        at(apart(3) + 1j * spaced(-1, 1, (3, 3))),
    ],
)


def _vectors(node: Node) -> Value:
    return entries(eig(node.inputs[0]), 2)[1]


def _values_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if ts[0] is None:
        return [None]
    v = _vectors(node)
    return [square_diagonal(solve(v, ts[0] @ v))]


def _values_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    turned = flipped(_vectors(node))
    found = solve(turned, expand_dims(known(cts[0]), axis=-1) * turned)
    return [matched(found, node.inputs[0])]


eigvals: Op = custom(
    "eigvals",
    calls=(np.linalg.eigvals,),
    signature="x",
    infer=lambda x: _types(x)[0],
    code="np.linalg.eigvals(x)",
    jvp=_values_jvp,
    vjp=_values_vjp,
    domain=lambda: [
        at(apart(3)),
        at(apart(2, 2)),
        at(turning()),
        at(apart(3) + 1j * spaced(-1, 1, (3, 3))),
    ],
)
