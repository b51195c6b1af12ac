"""Products of arrays: `@`, dot, inner, outer, vdot, tensordot.

Where ranks are not known or need more care than they are worth, the cotangents are
made by a run-time helper (`product_cotangent`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import OPERATORS, Node, Value
from srcad.ir.sizes import Dim
from srcad.ir.types import (
    UNKNOWN,
    Array,
    Type,
    broadcast_dims,
    dims_of,
    dtype_of,
    elementwise_type,
    number_type,
)
from srcad.ops.axes import swapaxes, transpose
from srcad.ops.complexes import conj_of
from srcad.ops.declare import Contribution, Op, custom, static
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import known, matched
from srcad.ops.kinds import bilinear
from srcad.ops.ranks import expand_dims, reshape_like, squeeze
from srcad.ops.shapes import ravel
from srcad.ops.sizes import bound, product


def rank_of(v: Value) -> int | None:
    """The number of axes, where it is known."""
    dims = dims_of(v.type)
    return None if dims is None else len(dims)


def flipped(x: Value) -> Value:
    """x with its last two axes exchanged."""
    return transpose(x) if rank_of(x) == 2 else swapaxes(x, a=-1, b=-2)


def outer_product(x: Value, y: Value) -> Value:
    """x[..., :, None] * y[..., None, :]: `np.outer` for two vectors."""
    if rank_of(x) == rank_of(y) == 1:
        return outer(x, y)
    return expand_dims(x, axis=-1) * expand_dims(y, axis=-2)


def _dtype(x: Type, y: Type) -> str | None:
    return dtype_of(elementwise_type(x, y))


# ---- matmul --------------------------------------------------------------------------


def _matmul_type(x: Type, y: Type) -> Type:
    dx, dy, dtype = dims_of(x), dims_of(y), _dtype(x, y)
    if not dx or not dy or dtype is None:
        return UNKNOWN
    rows = dx[-2:-1] if len(dx) > 1 else ()
    columns = dy[-1:] if len(dy) > 1 else ()
    batch = broadcast_dims(dx[:-2], dy[:-2]) if len(dx) > 2 or len(dy) > 2 else ()
    return number_type(dtype, (*batch, *rows, *columns))


def left_cotangent(g: Value, x: Value, y: Value) -> Value:
    """The cotangent of x for x @ y."""
    ranks = (rank_of(x), rank_of(y))
    if None in ranks or rank_of(g) is None:
        return product_cotangent(g, y, x, kind="matmul", left=True)
    if ranks == (1, 1):
        return g * y
    if ranks[1] == 1:
        return matched(outer_product(g, y), x)
    if ranks[0] == 1:
        return matched(_vector(y, g), x)
    return matched(g @ flipped(y), x)


def right_cotangent(g: Value, x: Value, y: Value) -> Value:
    """The cotangent of y for x @ y."""
    ranks = (rank_of(x), rank_of(y))
    if None in ranks or rank_of(g) is None:
        return product_cotangent(g, x, y, kind="matmul", left=False)
    if ranks == (1, 1):
        return g * x
    if ranks[0] == 1:
        return matched(outer_product(x, g), y)
    if ranks[1] == 1:
        return matched(_vector(flipped(x), g), y)
    return matched(flipped(x) @ g, y)


def _vector(a: Value, v: Value) -> Value:
    """a @ v for a vector, or for a stack of vectors one each."""
    if rank_of(v) == 1:
        return a @ v
    return squeeze(a @ expand_dims(v, axis=-1), axis=-1)


_PAIRS = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 2)),
    ((2, 2, 3), (3, 2)),
    ((2, 2, 3), (3,)),
    ((3,), (2, 3, 2)),
    ((2, 1, 2, 3), (4, 3, 1)),
]


def _pairs(count: int = len(_PAIRS)) -> Any:
    return lambda: (
        [at(spaced(-1, 1, a), spaced(1, 2, b)) for a, b in _PAIRS[:count]]
        + [at(spaced(-1, 1, (2, 3), np.float32), spaced(1, 2, (3,), np.float32))]
    )


matmul: Op = bilinear(
    "matmul",
    calls=(operator.matmul, np.matmul),
    signature="x, y",
    infer=_matmul_type,
    code="x @ y",
    transposes=(
        lambda g, node: left_cotangent(g, *node.inputs),
        lambda g, node: right_cotangent(g, *node.inputs),
    ),
    domain=_pairs(),
)
OPERATORS["@"] = matmul


# ---- dot, inner, outer, tensordot ----------------------------------------------------


def _product(
    name: str, contract: Callable[..., Sequence[Dim]], signature: str, **facts: Any
) -> Op:
    """A product whose result has the axes of both factors that are not summed over."""

    def infer(x: Type, y: Type, **params: Any) -> Type:
        dx, dy, dtype = dims_of(x), dims_of(y), _dtype(x, y)
        if dx is None or dy is None or dtype is None:
            return UNKNOWN
        dims = tuple(contract(dx, dy, **params))
        plain = name == "tensordot"  # it gives an array of no axes, not a number
        return Array(dtype, dims) if plain else number_type(dtype, dims)

    op: Op = bilinear(
        name,
        calls=(getattr(np, name),),
        signature=signature,
        infer=infer,
        transposes=(
            lambda g, node: _cotangent(g, node, left=True),
            lambda g, node: _cotangent(g, node, left=False),
        ),
        **facts,
    )
    return op


def _cotangent(g: Value, node: Node, left: bool) -> Value:
    x, y = node.inputs
    like, other = (x, y) if left else (y, x)
    ranks = (rank_of(x), rank_of(y))
    name = node.op.name
    if 0 in ranks and name != "tensordot":
        return matched(g * other, like)
    if name == "outer" and ranks == (1, 1):
        return matched(g @ y if left else x @ g, like)
    plain = ranks == (1, 1) or (ranks[1] in (1, 2) and name == "dot")
    if name in ("dot", "inner") and plain and ranks[0] in (1, 2):
        return left_cotangent(g, x, y) if left else right_cotangent(g, x, y)
    kind: Any = name
    if name == "tensordot":
        kind = (name, node.params.get("axes", 2))
    return product_cotangent(g, other, like, kind=kind, left=left)


def _dot_dims(x: Sequence[Dim], y: Sequence[Dim]) -> Sequence[Dim]:
    if not x or not y:
        return (*x, *y)
    return (*x[:-1], *y[:-2], *(y[-1:] if len(y) > 1 else ()))


def _inner_dims(x: Sequence[Dim], y: Sequence[Dim]) -> Sequence[Dim]:
    return (*x[:-1], *y[:-1]) if x and y else (*x, *y)


def _outer_dims(x: Sequence[Dim], y: Sequence[Dim]) -> Sequence[Dim]:
    return (product(x), product(y))


def _shapes(*pairs: tuple[tuple[int, ...], tuple[int, ...]], **params: Any) -> Any:
    return lambda: [at(spaced(-1, 1, a), spaced(1, 2, b), **params) for a, b in pairs]


dot: Op = _product(
    "dot",
    _dot_dims,
    "x, y",
    methods=("dot",),
    code="np.dot(x, y)",
    domain=_shapes(*_PAIRS[:4], ((2, 2, 3), (3,)), ((2, 3), (2, 3, 2)), ((), (3,))),
)
inner: Op = _product(
    "inner",
    _inner_dims,
    "x, y",
    code="np.inner(x, y)",
    domain=_shapes(((3,), (3,)), ((2, 3), (3,)), ((2, 3), (4, 3)), ((2,), ())),
)
outer: Op = _product(
    "outer",
    _outer_dims,
    "x, y",
    code="np.outer(x, y)",
    domain=_shapes(((3,), (2,)), ((2, 2), (3,)), ((), (2,))),
)


def tensordot_bind(args: Sequence[Any], kwargs: Any) -> tuple[list[Any], Any]:
    given = bound(("a", "b", "axes"), args, kwargs, "tensordot")
    axes = _frozen(static(given.get("axes", 2), "tensordot(axes=...)"))
    return [given["a"], given["b"]], {} if axes == 2 else {"axes": axes}


def _frozen(axes: Any) -> Any:
    return tuple(map(_frozen, axes)) if isinstance(axes, (list, tuple)) else axes


def _summed(axes: Any, ranks: tuple[int, int]) -> tuple[list[int], list[int]]:
    """The axes of each factor that `tensordot` sums over."""
    if isinstance(axes, int):
        return list(range(ranks[0] - axes, ranks[0])), list(range(axes))
    first, second = ([k] if isinstance(k, int) else list(k) for k in axes)
    return [k % ranks[0] for k in first], [k % ranks[1] for k in second]


def _tensordot_dims(x: Sequence[Dim], y: Sequence[Dim], axes: Any = 2) -> Sequence[Dim]:
    first, second = _summed(axes, (len(x), len(y)))
    left = [d for k, d in enumerate(x) if k not in first]
    return [*left, *(d for k, d in enumerate(y) if k not in second)]


tensordot: Op = _product(
    "tensordot",
    _tensordot_dims,
    "x, y, axes=2",
    bind=tensordot_bind,
    code="np.tensordot(x, y, axes=axes)",
    domain=lambda: [
        at(spaced(-1, 1, (2, 3)), spaced(1, 2, (2, 3))),
        at(spaced(-1, 1, (2, 3)), spaced(1, 2, (3, 2)), axes=1),
        at(spaced(-1, 1, (2, 3, 2)), spaced(1, 2, (3, 2)), axes=((1, 0), (0, 1))),
        at(spaced(-1, 1, (2,)), spaced(1, 2, (3,)), axes=0),
    ],
)

_PRODUCTS = {"matmul": matmul, "dot": dot, "inner": inner, "outer": outer}


def _again(kind: Any, x: Value, y: Value) -> Value:
    if isinstance(kind, tuple):
        return tensordot(x, y, axes=kind[1])
    return _PRODUCTS[kind](x, y)


def _cotangent_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (g, other, like), (dg, dv, _) = node.inputs, ts
    left = None if dg is None else product_cotangent(dg, other, like, **node.params)
    right = None if dv is None else product_cotangent(g, dv, like, **node.params)
    return [left + right if left and right else left or right]


def _cotangent_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (g, other, _), ct = node.inputs, known(cts[0])
    kind, left = node.params["kind"], node.params["left"]
    back = product_cotangent(g, ct, other, kind=kind, left=not left)
    factors = (ct, other) if left else (other, ct)
    return [matched(_again(kind, *factors), g), back, None]


# For a product of two factors, the cotangent of the left (or right) one, which is like
# `like` of which only shape and dtype are read; `other` is the other one.
def _cotangent_points() -> list[Sample]:
    x, y, g = spaced(-1, 1, (2, 3)), spaced(1, 2, (3, 4)), spaced(0, 1, (2, 4))
    return [
        at(g, y, x, kind="matmul", left=True),
        at(g, x, y, kind="matmul", left=False),
        at(g, y.T, x, kind="inner", left=True),
    ]


product_cotangent: Op = custom(
    "product_cotangent",
    signature="g, other, like, kind='', left=None",
    infer=lambda g, other, like, **_: like,
    code="runtime.product_cotangent(g, other, like, kind, left)",
    jvp=_cotangent_jvp,
    vjp=_cotangent_vjp,
    domain=_cotangent_points,
)


# ---- vdot ----------------------------------------------------------------------------


def _vdot_type(x: Type, y: Type) -> Type:
    dtype = _dtype(x, y)
    return UNKNOWN if dtype is None else number_type(dtype, ())


def _flat(x: Value) -> Value:
    return x if rank_of(x) == 1 else ravel(x)


def _vdot_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (x, y), g = node.inputs, known(cts[0])
    left, right = conj_of(g * _flat(y)), g * conj_of(_flat(x))
    return [
        matched(v if rank_of(to) == 1 else reshape_like(v, to), to)
        for v, to in ((left, x), (right, y))
    ]


def _vdot_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (x, y), (dx, dy) = node.inputs, ts
    left = None if dx is None else vdot(dx, y)
    right = None if dy is None else vdot(x, dy)
    return [left + right if left and right else left or right]


vdot: Op = custom(
    "vdot",
    calls=(np.vdot,),
    signature="x, y",
    infer=_vdot_type,
    code="np.vdot(x, y)",
    jvp=_vdot_jvp,
    vjp=_vdot_vjp,
    domain=lambda: [
        at(spaced(-1, 1, (3,)), spaced(1, 2, (3,))),
        at(spaced(-1, 1, (2, 2)), spaced(1, 2, (2, 2))),
        at(spaced(-1, 1, (3,)) + 0.5j, spaced(1, 2, (3,)) - 0.2j),
    ],
)
