"""Linear systems: solve and inv.

Stacks of matrices are allowed wherever NumPy allows them. The rules hold for complex
matrices as they are.

Source: M. Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation", 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.types import (
    UNKNOWN,
    Type,
    broadcast_dims,
    dims_of,
    dtype_of,
    elementwise_type,
    number_type,
)
from srcad.ops.declare import Contribution, Op, custom
from srcad.ops.domain import at, spaced, value_at
from srcad.ops.fit import known, matched, sum_
from srcad.ops.kinds import linear
from srcad.ops.matrix_shapes import needs_matrix
from srcad.ops.products import flipped, left_cotangent, rank_of
from srcad.ops.ranks import expand_dims, squeeze


def float_dtype(*types: Type) -> str | None:
    """NumPy's linear algebra computes in floating point."""
    return dtype_of(elementwise_type(*types, at_least="float"))


def double_only(t: Type) -> Type:
    """A type of double precision; SciPy may widen others to it, which is not known."""
    return t if dtype_of(t) in ("float64", "complex128") else UNKNOWN


def regular(n: int, *batch: int) -> Any:
    """Well conditioned matrices, for sample points."""
    return spaced(-0.5, 0.5, (*batch, n, n)) + 1.5 * np.eye(n)


def apart(n: int, *batch: int) -> Any:
    """Matrices whose eigenvalues are apart, for sample points."""
    return spaced(-1, 1, (*batch, n, n)) + np.diag(np.arange(n) * 3.0)


def turning() -> Any:
    """A real matrix with complex eigenvalues, for sample points."""
    return np.array([[0.3, -2.0, 0.4], [1.5, 0.1, -0.7], [0.2, 0.6, 3.0]])


def full_rank(m: int, n: int, *batch: int) -> Any:
    """Matrices of full rank, for sample points."""
    return spaced(-1, 1, (*batch, m, n)) + 1.5 * np.eye(m, n)


def spread_rank(m: int, n: int) -> Any:
    """A matrix whose singular values are apart, for sample points."""
    return spaced(-1, 1, (m, n)) + 2.0 * np.eye(m, n) * np.arange(1, n + 1)


def positive(n: int) -> Any:
    """A positive definite matrix, for sample points."""
    a = regular(n)
    return a @ a.T


def hermitian(n: int) -> Any:
    """A positive definite complex matrix, for sample points."""
    a = regular(n) + 0.3j * spaced(-1.0, 1.0, (n, n))
    return a @ a.conj().T


def scaled_matrix(g: Value, matrix: Value) -> Value:
    """One number per matrix times that matrix."""
    if rank_of(matrix) == 2:
        return g * matrix
    return expand_dims(g, axis=(-2, -1)) * matrix


def inner_matrix(a: Value, b: Value) -> Value:
    """The sum of the products of the entries, for each matrix."""
    if rank_of(a) == 2:
        return sum_(a * b)
    return sum_(a * b, axis=(-2, -1))


# ---- solve, inv ----------------------------------------------------------------------


def solve_type(a: Type, b: Type) -> Type:
    """A right-hand side is a vector where it has one axis, else a stack of matrices."""
    needs_matrix(a, square=True)
    da, db, dtype = dims_of(a), dims_of(b), float_dtype(a, b)
    if da is None or db is None or dtype is None or len(da) < 2 or not db:
        return UNKNOWN
    if len(db) == 1:
        return number_type(dtype, da[:-1])
    batch = broadcast_dims(da[:-2], db[:-2]) if len(da) > 2 or len(db) > 2 else ()
    return number_type(dtype, (*batch, da[-1], db[-1]))


def _stacked_vectors(node: Node) -> bool:
    """Whether the results are a stack of vectors: several matrices, one vector."""
    a, b = map(rank_of, node.inputs)
    return b == 1 and (a is None or a > 2)


def _certain(a: Value, b: Value) -> Value:
    """The matrix, where it is clear at run time what the right-hand side is."""
    unclear = rank_of(b) is None and rank_of(a) != 2
    return plain_matrix(a, b) if unclear else a


# a; refused where several matrices have one vector as their right-hand side.
plain_matrix: Op = linear(
    "plain_matrix",
    signature="a, b",
    infer=lambda a, b: a,
    code="runtime.plain_matrix(a, b)",
    transpose=lambda g, node: g,
    memory="same",
    domain=lambda: [at(regular(3), spaced(-1, 1, (3,)), expected=lambda a, b: a)],
)


def _times(a: Value, x: Value, node: Node) -> Value:
    """a @ x for a right-hand side like the node's."""
    if not _stacked_vectors(node):
        return a @ x
    return squeeze(a @ expand_dims(x, axis=-1), axis=-1)


def _solved(a: Value, b: Value, node: Node) -> Value:
    if not _stacked_vectors(node):
        return solve(a, b)
    return squeeze(solve(a, expand_dims(b, axis=-1)), axis=-1)


def solve_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    """solve(a, db - da @ x)."""
    (a, b), (da, db), x = node.inputs, ts, node.out
    a = _certain(a, b)
    if da is None:
        return [None if db is None else solve(a, db)]  # b decides as it did
    total = -_times(da, x, node)
    total = total if db is None else db + total
    return [_solved(a, total, node)]


def solve_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    """The transposed system; and minus its outer product with the solution."""
    (a, b), x = node.inputs, node.out
    b_bar = _solved(flipped(_certain(a, b)), known(cts[0]), node)
    if _stacked_vectors(node):
        a_bar = matched(expand_dims(b_bar, axis=-1) * expand_dims(x, axis=-2), a)
    else:
        a_bar = left_cotangent(b_bar, a, x)
    return [-a_bar, matched(b_bar, b)]


solve: Op = custom(
    "solve",
    calls=(np.linalg.solve,),
    signature="a, b",
    infer=solve_type,
    code="np.linalg.solve(a, b)",
    jvp=solve_jvp,
    vjp=solve_vjp,
    domain=lambda: [
        at(regular(3), spaced(-1, 1, (3,))),
        at(regular(3), spaced(-1, 1, (3, 2))),
        at(regular(2, 3), spaced(-1, 1, (3, 2, 1))),
        at(regular(2, 3), spaced(-1, 1, (2, 1))),
        value_at(regular(2, 3), spaced(-1, 1, (2,))),
        at(regular(2), spaced(-1, 1, (3, 2, 1))),
        at(regular(2) + 0.3j, spaced(-1, 1, (2,))),
        at(regular(2).astype(np.float32), spaced(-1, 1, (2,), np.float32)),
    ],
)


def square_type(x: Type) -> Type:
    """The type of a function from matrices to matrices of the same shape."""
    needs_matrix(x, square=True)
    dims, dtype = dims_of(x), float_dtype(x)
    return UNKNOWN if dims is None or dtype is None else number_type(dtype, dims)


def inv_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    """Minus the inverse around the tangent."""
    return [None if ts[0] is None else -(node.out @ ts[0] @ node.out)]


def inv_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    """The transpose of that."""
    turned = flipped(node.out)
    return [matched(-(turned @ known(cts[0]) @ turned), node.inputs[0])]


inv: Op = custom(
    "inv",
    calls=(np.linalg.inv,),
    signature="x",
    infer=square_type,
    code="np.linalg.inv(x)",
    jvp=inv_jvp,
    vjp=inv_vjp,
    domain=lambda: [at(regular(3)), at(regular(2, 3)), at(regular(2) + 0.4j)],
)

# The inverse for adjoints, which must not raise where the primal did not.
inv_or_nan: Op = custom(
    "inv_or_nan",
    signature="x",
    infer=square_type,
    code="runtime.inv_or_nan(x)",
    jvp=inv_jvp,
    vjp=inv_vjp,
    domain=lambda: [at(regular(3), expected=np.linalg.inv)],
)
