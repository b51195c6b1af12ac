"""Tridiagonal systems, as splines have them: solved by bands, all entries inputs.

For T x = b the tangent of x solves T dx = db - dT x; the cotangent of b solves the
transposed system, and that of an entry of T is minus the product of the two.
"""

from __future__ import annotations

from collections.abc import Sequence

from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Array, Type, dims_of, kind_of
from srcad.ops.bodies import ahead, part, rank_for
from srcad.ops.declare import Contribution, Op, custom
from srcad.ops.domain import Sample, spaced
from srcad.ops.fit import known, matched, sum_
from srcad.ops.joins import concatenate
from srcad.ops.likes import zeros_as


def _type(lower: Type, diagonal: Type, upper: Type, b: Type) -> Type:
    dims = dims_of(b)
    return UNKNOWN if dims is None else Array(doubled_dtype(b), dims)


def doubled_dtype(t: Type) -> str:
    """Double precision, complex where the numbers are."""
    return "complex128" if kind_of(t) == "complex" else "float64"


def _product(
    lower: Value | None, diagonal: Value | None, upper: Value | None, x: Value
) -> Value | None:
    """The sum of bands times x, of which some may be none."""
    (rank,) = rank_for("tridiagonal", x)
    edge = zeros_as(part(x, 0, 1))
    terms = []
    if diagonal is not None:
        terms.append(ahead(diagonal, rank - 1) * x)
    if lower is not None:
        below = ahead(lower, rank - 1) * part(x, None, -1)
        terms.append(concatenate(edge, below))
    if upper is not None:
        above = ahead(upper, rank - 1) * part(x, 1, None)
        terms.append(concatenate(above, edge))
    total: Value | None = None
    for term in terms:
        total = term if total is None else total + term
    return total


def _jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    change, moved = ts[3], _product(ts[0], ts[1], ts[2], node.out)
    if moved is not None:
        change = -moved if change is None else change - moved
    if change is None:
        return [None]
    return [tridiagonal(*node.inputs[:3], change)]


def _vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (lower, diagonal, upper, b), x = node.inputs, node.out
    w = tridiagonal(upper, diagonal, lower, known(cts[0]))

    def band(u: Value, v: Value) -> Value:
        axes = tuple(range(1, rank_for("tridiagonal", x)[0]))
        product = -(u * v)
        return sum_(product, axis=axes) if axes else product

    return [
        matched(band(part(w, 1, None), part(x, None, -1)), lower),
        matched(band(w, x), diagonal),
        matched(band(part(w, None, -1), part(x, 1, None)), upper),
        matched(w, b),
    ]


# The solution for bands below, on and above the diagonal; b may have more axes.
tridiagonal: Op = custom(
    "tridiagonal",
    signature="lower, diagonal, upper, b",
    infer=_type,
    code="runtime.tridiagonal(scipy.linalg.solve_banded, lower, diagonal, upper, b)",
    jvp=_jvp,
    vjp=_vjp,
    facts={"ranked": True},
    domain=lambda: [
        Sample(
            (spaced(0, 1, (3,)), spaced(3, 4, (4,)), spaced(0, 1, (3,)), b),
            ranked=True,
        )
        for b in (spaced(-1, 1, (4,)), spaced(-1, 1, (4, 2)))
    ],
)
