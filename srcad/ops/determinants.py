"""Determinants: det and slogdet, of singular matrices too, and of complex ones.

The derivative of det is the matrix of cofactors; at singular matrices it and its own
derivative go by the singular value decomposition. Third derivatives go by the inverse
and are refused where there is none.

Source: M. Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation", 2008.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Tuple, Type, dims_of, number_type
from srcad.ops.complexes import imag, may_be_complex, real_of, real_type
from srcad.ops.containers import item, make_tuple
from srcad.ops.declare import Contribution, Op, custom
from srcad.ops.domain import at, spaced
from srcad.ops.fit import known, matched, zeros_of
from srcad.ops.formulas import by_formula
from srcad.ops.linalg import (
    float_dtype,
    inner_matrix,
    inv_jvp,
    inv_or_nan,
    inv_vjp,
    regular,
    scaled_matrix,
    square_type,
)
from srcad.ops.matrix_shapes import needs_matrix
from srcad.ops.products import flipped


def det_type(x: Type) -> Type:
    """One number for each matrix."""
    needs_matrix(x, square=True)
    dims, dtype = dims_of(x), float_dtype(x)
    return UNKNOWN if not dims or dtype is None else number_type(dtype, dims[:-2])


def _cofactor_slope(x: Value, e: Value) -> Value:
    """By the inverse: for third derivatives, which are refused at singular matrices."""
    inverse = flipped(inv_or_refused(x))
    size = det(x)
    along = inner_matrix(inverse, e)
    turned = inverse @ flipped(e) @ inverse
    return scaled_matrix(size * along, inverse) - scaled_matrix(size, turned)


inv_or_refused: Op = custom(
    "inv_or_refused",
    signature="x",
    infer=square_type,
    code="runtime.inv_or_refused(x)",
    jvp=inv_jvp,
    vjp=inv_vjp,
    domain=lambda: [at(regular(3), expected=np.linalg.inv)],
)


def det_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    """The sum of cofactors times the tangents of the entries."""
    t = ts[0]
    return [None if t is None else inner_matrix(cofactor(node.inputs[0]), t)]


def det_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    """The matrix of cofactors."""
    x = node.inputs[0]
    return [matched(scaled_matrix(known(cts[0]), cofactor(x)), x)]


det: Op = custom(
    "det",
    calls=(np.linalg.det,),
    signature="x",
    infer=det_type,
    code="np.linalg.det(x)",
    jvp=det_jvp,
    vjp=det_vjp,
    domain=lambda: [
        at(regular(3)),
        at(regular(2, 3)),
        at(regular(2) + 0.4j),
        at(np.array([[1.0, 2.0], [2.0, 4.0]])),
        at(np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.5, -1.0, 2.0]])),
    ],
)

# The derivative of the determinant: det(x) * inv(x).T, and its limit where x is
# singular; and the derivative of that along e.
cofactor: Op = custom(
    "cofactor",
    signature="x",
    infer=square_type,
    code="runtime.cofactor(x)",
    jvp=lambda node, ts: [cofactor_slope(node.inputs[0], ts[0]) if ts[0] else None],
    vjp=lambda node, cts: [cofactor_slope(node.inputs[0], cts[0])],
    domain=lambda: [at(regular(3)), at(regular(2, 3))],
)
cofactor_slope: Op = by_formula(
    "cofactor_slope",
    signature="x, e",
    infer=lambda x, e: square_type(x),
    code="runtime.cofactor_slope(x, e)",
    formula=_cofactor_slope,
    domain=lambda: [
        at(regular(3), spaced(-1, 1, (3, 3))),
        at(regular(2, 2), spaced(-1, 1, (2, 2, 2))),
    ],
)


def _slogdet_type(x: Type) -> Type:
    found = det_type(x)
    return Tuple((found, real_type(found)), SLOGDET)


def _slogdet_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    x, t = node.inputs[0], ts[0]
    if t is None:
        return [None]
    sign = item(node.out, key=0)
    slope = inner_matrix(flipped(inv_or_nan(x)), t)
    turned = zeros_of(sign)
    if may_be_complex(x.type):
        turned = matched(sign * (1j * imag(slope)), sign)
    return [make_tuple(turned, real_of(slope), cls=SLOGDET)]


def _slogdet_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    """The sign of a complex determinant turns with it: sign * 1j * imag(slope)."""
    g, x = known(cts[0]), node.inputs[0]
    weight = item(g, key=1)
    if may_be_complex(x.type):
        weight = weight + 1j * imag(item(g, key=0) * item(node.out, key=0))
    return [matched(scaled_matrix(weight, flipped(inv_or_nan(x))), x)]


SLOGDET = type(np.linalg.slogdet(np.eye(1)))

slogdet: Op = custom(
    "slogdet",
    calls=(np.linalg.slogdet,),
    signature="x",
    infer=_slogdet_type,
    code="np.linalg.slogdet(x)",
    jvp=_slogdet_jvp,
    vjp=_slogdet_vjp,
    domain=lambda: [at(regular(3)), at(regular(2, 3)), at(regular(2) + 0.4j)],
)
