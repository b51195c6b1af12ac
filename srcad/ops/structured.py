"""Matrices with structure: toeplitz, circulant, hankel, block_diag.

All are linear: the cotangent of an entry is the sum over the places it went to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Node, Value
from srcad.ir.sizes import Dim
from srcad.ir.types import UNKNOWN, Array, Type, dims_of, dtype_of, elementwise_type
from srcad.ops.arithmetic import multiply
from srcad.ops.banded import scalar
from srcad.ops.complexes import conj_of
from srcad.ops.declare import Arguments, Contribution, Op, custom
from srcad.ops.domain import at, spaced
from srcad.ops.fit import known, matched, zeros_like
from srcad.ops.formulas import by_formula
from srcad.ops.kinds import linear
from srcad.ops.rearrange import flip, roll
from srcad.ops.sizes import bound, own_length, with_dims


def _vector(t: Type) -> Dim | None:
    dims = dims_of(t)
    return None if dims is None or len(dims) != 1 else dims[0]


def _matrix_type(c: Type, r: Type) -> Type:
    m, n = _vector(c), _vector(r)
    dtype = dtype_of(elementwise_type(scalar(c), scalar(r)))
    if m is None or n is None or dtype is None:
        return UNKNOWN
    return Array(dtype, (m, n))


def _pair_bind(name: str, usual: Callable[[Value], Value]) -> Any:
    """Binds `f(c, r=None)`; without r it is made of c."""

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("c", "r"), args, kwargs, name)
        c, r = given["c"], given.get("r")
        if not isinstance(c, Value) or _vector(c.type) is None:
            raise MissingRule(
                f"{name} has a derivative for arrays of one known axis",
                hint="make the array with np.array first",
            )
        if r is None or (isinstance(r, Literal) and r.value is None):
            r = usual(c)
        return [c, r], {}

    return bind


# The sums along the diagonals of g: those from the main one downwards, in the shape of
# the first column; or those above it, in the shape of the first row (the first is 0).
diagonal_sums: Op = linear(
    "diagonal_sums",
    signature="g, like, above=False",
    infer=lambda g, like, above=False: with_dims(g, dims_of(like)),
    code="runtime.diagonal_sums(g, above)",
    transpose=lambda g, node: _sums_back(g, node),
    domain=lambda: [
        at(spaced(-1, 1, (3, 2)), np.zeros(3), expected=lambda g, _: _sums(g, 0)),
        at(spaced(-1, 1, (2, 3)), np.zeros(3), above=True, expected=_above),
    ],
)


def _sums(g: Any, start: int) -> Any:
    return np.array([np.trace(g, -k) for k in range(start, g.shape[0])])


def _above(g: Any, _: Any) -> Any:
    return np.array([0.0, *(np.trace(g, k) for k in range(1, g.shape[1]))])


def _sums_back(g: Value, node: Node) -> Value:
    """The matrix with g along the diagonals, of the shape of what was summed."""
    whole, above = node.inputs[0], node.params.get("above", False)
    return spread_sums(g, whole, **({"above": True} if above else {}))


spread_sums: Op = linear(
    "spread_sums",
    signature="v, whole, above=False",
    infer=lambda v, whole, above=False: with_dims(v, dims_of(whole)),
    code="runtime.spread_sums(v, whole, above)",
    transpose=lambda g, node: diagonal_sums(g, node.inputs[0], **node.params),
    domain=lambda: [
        at(spaced(-1, 1, (3,)), np.ones((3, 2))),
        at(spaced(-1, 1, (3,)), np.ones((2, 3)), above=True),
    ],
)


def _toeplitz_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if ts[0] is None and ts[1] is None:
        return [None]
    parts = [
        zeros_like(x) if t is None else t for x, t in zip(node.inputs, ts, strict=True)
    ]
    return [toeplitz(*parts)]


def _toeplitz_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (c, r), g = node.inputs, known(cts[0])
    above = diagonal_sums(g, r, above=True)
    return [matched(diagonal_sums(g, c), c), matched(above, r)]


toeplitz: Op = custom(
    "toeplitz",
    calls=("scipy.linalg.toeplitz",),
    signature="c, r",
    bind=_pair_bind("toeplitz", conj_of),
    infer=_matrix_type,
    code=lambda node: (
        "scipy.linalg.toeplitz(c)"
        if node.inputs[0] is node.inputs[1]
        else "scipy.linalg.toeplitz(c, r)"
    ),
    jvp=_toeplitz_jvp,
    vjp=_toeplitz_vjp,
    domain=lambda: [
        at(spaced(-1, 1, (3,)), spaced(1, 2, (2,))),
        at(spaced(-1, 1, (2,)), spaced(1, 2, (4,))),
    ],
)
circulant: Op = by_formula(
    "circulant",
    calls=("scipy.linalg.circulant",),
    signature="c",
    infer=lambda c: _matrix_type(c, c) if _vector(c) is not None else UNKNOWN,
    code="scipy.linalg.circulant(c)",
    formula=lambda c: toeplitz(c, roll(flip(c), 1)),
    domain=lambda: [at(spaced(-1, 1, (4,)))],
)
hankel: Op = by_formula(
    "hankel",
    calls=("scipy.linalg.hankel",),
    signature="c, r",
    bind=_pair_bind("hankel", lambda c: multiply(0.0, c)),
    infer=_matrix_type,
    code="scipy.linalg.hankel(c, r)",
    formula=lambda c, r: flip(toeplitz(flip(c), r), axis=0),
    domain=lambda: [
        at(spaced(-1, 1, (3,)), spaced(1, 2, (2,))),
        at(spaced(-1, 1, (2,)), spaced(1, 2, (4,))),
    ],
)

# ---- block_diag ----------------------------------------------------------------------


def _blocks_type(*types: Type) -> Type:
    if not types:
        return UNKNOWN
    dtype = dtype_of(elementwise_type(*map(scalar, types)))
    shapes = [dims_of(t) for t in types]
    if dtype is None or any(s is None or len(s) != 2 for s in shapes):
        return UNKNOWN
    rows, columns = zip(*(s for s in shapes if s is not None), strict=True)
    ends = []
    for lengths in (rows, columns):
        known_ = all(isinstance(n, int) for n in lengths)
        ends.append(sum(lengths) if known_ else own_length())
    return Array(dtype, tuple(ends))


def _blocks_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if all(t is None for t in ts):
        return [None]
    pairs = zip(node.inputs, ts, strict=True)
    return [block_diag(*(zeros_like(x) if t is None else t for x, t in pairs))]


def _blocks_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g = known(cts[0])
    return [
        matched(diagonal_block(g, *node.inputs, k=k), x)
        for k, x in enumerate(node.inputs)
    ]


def _names(node: Node, before: int) -> str:
    return ", ".join(f"xs{k}" for k in range(len(node.inputs) - before))


block_diag: Op = custom(
    "block_diag",
    calls=("scipy.linalg.block_diag",),
    signature="*xs",
    infer=_blocks_type,
    code=lambda node: f"scipy.linalg.block_diag({_names(node, 0)})",
    jvp=_blocks_jvp,
    vjp=_blocks_vjp,
    domain=lambda: [
        at(spaced(-1, 1, (2, 3)), spaced(1, 2, (3, 1))),
        at(spaced(-1, 1, (2, 2)), spaced(1, 2, (1, 1)), spaced(2, 3, (2, 3))),
        at(spaced(-1, 1, (2,)), spaced(1, 2, (2, 1))),
    ],
)


def _block_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    t = ts[0]
    return [
        None if t is None else diagonal_block(t, *node.inputs[1:], k=node.params["k"])
    ]


def _block_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    xs, k = node.inputs[1:], node.params["k"]
    parts = [known(cts[0]) if i == k else zeros_like(x) for i, x in enumerate(xs)]
    return [block_diag(*parts), *[None] * len(xs)]


# The part of g where block k of `block_diag(*xs)` is, in the shape of xs[k].
diagonal_block: Op = custom(
    "diagonal_block",
    signature="g, *xs, k=0",
    infer=lambda g, *xs, k=0: with_dims(g, dims_of(xs[k])),
    code=lambda node: f"runtime.diagonal_block(g, ({_names(node, 1)},), k=k)",
    jvp=_block_jvp,
    vjp=_block_vjp,
    domain=lambda: [
        at(spaced(-1, 1, (3, 4)), np.ones((1, 2)), np.ones((2, 2)), k=1),
        at(spaced(-1, 1, (3, 4)), np.ones((1, 2)), np.ones((2, 2)), k=0),
    ],
)
