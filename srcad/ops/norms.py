"""`np.linalg.norm` of every order.

The slope by x is, for each order: x / norm (0 where the norm is 0); sign(x); and for
the largest entry, row or column sign(x) in equal shares for those that tie. The norms
by singular values have slope 0 where those are 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, as_value
from srcad.ir.types import UNKNOWN, Type, dims_of, dtype_of, number_type
from srcad.ops.arithmetic import equal, greater
from srcad.ops.axes import moveaxis
from srcad.ops.choice import where
from srcad.ops.complexes import abs_, conj_of, may_be_complex, real_of
from srcad.ops.declare import Arguments, Contribution, Op, declared, static
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.extremes import max_, min_
from srcad.ops.fit import known, matched, sum_
from srcad.ops.formulas import by_formula
from srcad.ops.ranks import expand_dims
from srcad.ops.reduced import reduced_dims
from srcad.ops.reductions import axes
from srcad.ops.rounding import sign
from srcad.ops.sizes import bound
from srcad.ops.svd import svdvals
from srcad.ops.ufunc import quotient_or_zero

Params = Mapping[str, Any]


def norm_bind(args: Sequence[Any], kwargs: Params) -> Arguments:
    """Sorts `norm(x, ord, axis, keepdims)`."""
    names = ("x", "ord", "axis", "keepdims")
    given = bound(names, args, kwargs, "norm")
    params = {k: static(given[k], f"norm({k}=...)") for k in names[1:] if k in given}
    if isinstance(params.get("axis"), list):
        params["axis"] = tuple(params["axis"])
    return [given["x"]], {k: v for k, v in params.items() if v is not None and v != ()}


def norm_type(
    x: Type, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> Type:
    """Real, over what is left of the axes."""
    dims, dtype = dims_of(x), dtype_of(x)
    if dims is None or dtype is None:
        return UNKNOWN
    probe = np.linalg.norm(np.zeros(1, dtype))
    return number_type(str(probe.dtype), reduced_dims(dims, axis, keepdims))


def _against(reduced: Value, node: Node) -> Value:
    """A reduced value in a shape that broadcasts against x."""
    axis = node.params.get("axis")
    if axis is None or node.params.get("keepdims"):
        return reduced
    return expand_dims(reduced, axis=axis)


def _is_matrix(node: Node) -> bool:
    axis, dims = node.params.get("axis"), dims_of(node.inputs[0].type)
    if axis is None and dims is None:
        raise MissingRule(
            "norm with an order needs the number of axes of its argument",
            hint="call the function once, or give `axis`",
        )
    rank = len(dims or ()) if axis is None else np.size(axis)
    return rank == 2


def _sign(x: Value) -> Value:
    """The slope of abs(x)."""
    return quotient_or_zero(conj_of(x), abs_(x)) if may_be_complex(x.type) else sign(x)


def weighted(t: Value, node: Node) -> Value:
    """t, of x's shape or broadcasting against it, times the slope of the norm."""
    x, order = node.inputs[0], node.params.get("ord")
    size = _against(node.out, node)
    if order is None or order == "fro":
        return quotient_or_zero(t, size) * conj_of(x)
    if _is_matrix(node):
        return t * _matrix_slope(node, size)
    if order == 2:
        return quotient_or_zero(t, size) * conj_of(x)
    if order == 0:
        return t * (0.0 * _sign(x))
    if order == 1:
        return t * _sign(x)
    if order in (np.inf, -np.inf):
        return t * _shared(equal(abs_(x), size), _sign(x), node.params.get("axis"))
    if isinstance(order, (int, float)):
        return t * (_sign(x) * quotient_or_zero(abs_(x), size) ** (order - 1))
    raise _no_rule(order)


def _no_rule(order: Any) -> MissingRule:
    return MissingRule(f"norm(ord={order!r}) has no derivative rule")


def _shared(chosen: Value, slope: Value, axis: Any) -> Value:
    """The slope where chosen, in equal shares."""
    count = sum_(chosen) if axis is None else sum_(chosen, axis=axis, keepdims=True)
    return slope * (chosen / count)


def _matrix_slope(node: Node, size: Value) -> Value:
    """For the largest (or least) sum of a column (order 1) or of a row (order inf)."""
    x, order = node.inputs[0], node.params["ord"]
    axis = node.params.get("axis") or (0, 1)
    if order not in (1, -1, np.inf, -np.inf):
        raise _no_rule(order)
    sums = sum_(abs_(x), axis=axis[0 if order in (1, -1) else 1], keepdims=True)
    return _shared(equal(sums, size), _sign(x), axis)


def _jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if ts[0] is None:
        return [None]
    return [sum_(real_of(weighted(ts[0], node)), **axes(node))]


def _vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g = _against(known(cts[0]), node)
    return [matched(weighted(g, node), node.inputs[0])]


# ---- by singular values --------------------------------------------------------------


def _spectral(x: Value, ord: Any, axis: Any = None, keepdims: bool = False) -> Value:
    matrix = x if axis in (None, (-2, -1)) else moveaxis(x, a=axis, b=(-2, -1))
    s = svdvals(matrix)
    if ord != -2:
        s = where(greater(s, 0.0), s, 0.0)
    reduction = {"nuc": sum_, 2: max_, -2: min_}[ord]
    found: Value = reduction(s, axis=-1)
    if not keepdims:
        return found
    return expand_dims(found, axis=axis if axis is not None else (0, 1))


def _spectral_points() -> list[Sample]:
    x = spaced(-1, 1, (3, 2)) + 2.0 * np.eye(3, 2)
    stack = np.stack([x, 2.0 * x + 0.1])
    return [
        at(x, ord="nuc"),
        *(at(x, ord=order, axis=(0, 1)) for order in (2, -2)),
        at(stack, ord="nuc", axis=(1, 2)),
        at(stack, ord=2, axis=(2, 1), keepdims=True),
        at(stack, ord="nuc", axis=(0, 1)),
        at(x, ord=2, axis=(0, 1), keepdims=True),
    ]


spectral_norm: Op = by_formula(
    "spectral_norm",
    signature="x, ord=None, axis=None, keepdims=False",
    infer=norm_type,
    code="np.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)",
    formula=_spectral,
    domain=_spectral_points,
)


# ---- the norm ------------------------------------------------------------------------


class Norm(Op):
    """Norms by singular values are an operation of their own."""

    def several(self, *operands: Any, **params: Any) -> tuple[Value, ...]:
        """Write a node; gives its outputs."""
        order, axis = params.get("ord"), params.get("axis")
        dims = dims_of(as_value(operands[0]).type)
        rank = (
            np.size(axis) if axis is not None else None if dims is None else len(dims)
        )
        if order == "nuc" or (order in (2, -2) and rank == 2):
            return spectral_norm.several(*operands, **params)
        return super().several(*operands, **params)


norm: Op = declared(
    Norm(
        "norm",
        "x, ord=None, axis=None, keepdims=False",
        norm_type,
        "np.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)",
        calls=(np.linalg.norm,),
        bind=norm_bind,
        jvp=_jvp,
        vjp=_vjp,
        domain=lambda: [*_plain_points(), *_spectral_points()],
    )
)


def _plain_points() -> list[Sample]:
    v, x = spaced(-1, 1, (3,)), spaced(-1, 1, (2, 3))
    orders = (0, 1, 2, 3, 1.5, 0.5, -1, -2, np.inf, -np.inf)
    return [
        at(v),
        at(x),
        at(x, axis=1),
        at(x, axis=0, keepdims=True),
        at(x, ord="fro"),
        *(at(v, ord=order, axis=0) for order in orders),
        at(x, ord=2, axis=-1),
        at(x, ord=np.inf, axis=0),
        at(x, ord=3, axis=0),
        *(at(x, ord=order, axis=(0, 1)) for order in (1, -1, np.inf, -np.inf)),
        at(v + 0.4j),
        at(v + 0.4j, ord=3, axis=-1),
        at(spaced(-1, 1, (3,), np.float32)),
    ]
