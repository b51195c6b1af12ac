"""Reductions: mean, variance, averages, sums that skip nan.

The standard deviation of constants has derivative 0. Arguments that are not in a
signature here (`out`, `where`, `initial`) are refused, never ignored.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Node, Value, literal
from srcad.ir.types import (
    INT,
    UNKNOWN,
    Array,
    Scalar,
    Type,
    dims_of,
    elementwise_type,
    number_type,
    same_dims,
)
from srcad.ops.arithmetic import quotient
from srcad.ops.complexes import conj_of, real_of, real_type
from srcad.ops.declare import Contribution, Op, custom, zero
from srcad.ops.domain import Sample, at, spaced, value_at
from srcad.ops.fit import (
    Axis,
    axes_of,
    known,
    matched,
    reduced,
    spread,
    sum_,
)
from srcad.ops.kinds import linear
from srcad.ops.mask import masked
from srcad.ops.rounding import isnan
from srcad.ops.ufunc import quotient_or_zero

Params = dict[str, Any]
Tangents = Sequence[Value | None]


def axes(node: Node) -> Params:
    """The params that say which axes a reduction runs over, and if it keeps them."""
    return {k: v for k, v in node.params.items() if k in ("axis", "keepdims")}


def kept_axes(node: Node) -> Params:
    """The same, so that the result broadcasts against the input."""
    axis = node.params.get("axis")
    return {} if axis is None else {"axis": axis, "keepdims": True}


def averaged(
    x: Type, axis: Axis = None, dtype: Any = None, keepdims: bool = False
) -> Type:
    """Inference for a mean: at least float."""
    found = reduced(x, axis, keepdims, at_least="float")
    if dtype is None or found == UNKNOWN:
        return found
    return number_type(str(np.dtype(dtype)), dims_of(found))


def points(*more: Sample) -> list[Sample]:
    """Arrays of several ranks, over one axis and several."""
    x = spaced(-1.0, 2.0, (2, 3, 2))
    found = [
        at(x),
        at(x[0]),
        at(x[0, 0]),
        at(x[0], axis=0),
        at(x[0], axis=1, keepdims=True),
        at(x, axis=-2),
        at(x, axis=(0, 2)),
        at(x, keepdims=True),
        at(x[0].astype(np.float32), axis=0),
        at(1.5),
        value_at(np.array([[1, 2], [3, 7]])),
    ]
    return [*found, *more]


# ---- how many entries ----------------------------------------------------------------


def _count_code(node: Node) -> str:
    x, axis = node.inputs[0].type, node.params.get("axis")
    if not isinstance(x, Array):
        return "np.size(x)" if axis is None else "runtime.count(x, axis)"
    if axis is None:
        return "x.size"
    return " * ".join(f"x.shape[{k}]" for k in axes_of(axis, len(x.dims)))


def _count_type(x: Type, axis: Axis = None) -> Type:
    dims = dims_of(x)
    if dims is None:
        return INT
    over = [dims[k] for k in axes_of(axis, len(dims))]
    return Scalar("int", "", over[0]) if len(over) == 1 else INT


# The number of entries that a reduction over these axes takes together.
count: Op = zero(
    "count", signature="x, axis=None", infer=_count_type, code=_count_code, cost="cheap"
)


def count_of(x: Value, axis: Axis = None) -> Value:
    """`count`, as a constant where the dimensions are known."""
    dims = dims_of(x.type)
    if dims is not None:
        over = [dims[k] for k in axes_of(axis, len(dims))]
        known_ = [d for d in over if isinstance(d, int)]
        if len(known_) == len(over):
            return literal(math.prod(known_))
    return count(x) if axis is None else count(x, axis=axis)


# ---- mean, variance ------------------------------------------------------------------


def _mean_transpose(g: Value, node: Node) -> Contribution:
    x = node.inputs[0]
    share = g / count_of(x, node.params.get("axis"))
    return matched(spread(share, x, **axes(node)), x)


def _mean_by_numba(node: Node) -> str | None:
    """Numba's mean has neither axes nor keepdims."""
    if not isinstance(node.params.get("axis"), int):
        return None
    if node.params.get("keepdims", False):
        return "np.expand_dims(np.sum(x, axis) / x.shape[axis], axis)"
    return "np.sum(x, axis) / x.shape[axis]"


mean: Op = linear(
    "mean",
    calls=(np.mean,),
    methods=("mean",),
    signature="x, axis=None, dtype=None, *, keepdims=False",
    infer=averaged,
    transpose=_mean_transpose,
    numba=_mean_by_numba,
    domain=lambda: points(at(np.array([1j, 2.0])), at(np.ones(2), dtype=np.float32)),
)


def _deviation(node: Node) -> Value:
    """The entries less their mean; conjugated where they are complex."""
    x = node.inputs[0]
    return conj_of(x - mean(x, **kept_axes(node)))


def _freedom(node: Node) -> Value:
    """The number of entries less `ddof`."""
    n = count_of(node.inputs[0], node.params.get("axis"))
    ddof = node.params.get("ddof", 0)
    if isinstance(n, Literal):
        return literal(n.value - ddof)
    return n - ddof if ddof else n


def _var_jvp(node: Node, tangents: Tangents) -> list[Value | None]:
    (t,) = tangents
    if t is None:
        return [None]
    total = real_of(sum_(_deviation(node) * t, **axes(node)))
    return [quotient(2.0 * total, _freedom(node))]


def _var_vjp(node: Node, cts: Tangents) -> list[Contribution]:
    x = node.inputs[0]
    g = quotient(2.0 * known(cts[0]), _freedom(node))
    return [matched(spread(g, x, **axes(node)) * _deviation(node), x)]


def _std_jvp(node: Node, tangents: Tangents) -> list[Value | None]:
    (t,) = tangents
    if t is None:
        return [None]
    total = real_of(sum_(_deviation(node) * t, **axes(node)))
    return [quotient_or_zero(total, _freedom(node) * node.out)]


def _std_vjp(node: Node, cts: Tangents) -> list[Contribution]:
    x = node.inputs[0]
    g = quotient_or_zero(known(cts[0]), _freedom(node) * node.out)
    return [matched(spread(g, x, **axes(node)) * _deviation(node), x)]


def _spread_type(
    x: Type, axis: Axis = None, dtype: Any = None, ddof: Any = 0, keepdims: bool = False
) -> Type:
    found = averaged(x, axis, dtype, keepdims)
    return real_type(found)


SPREAD = "x, axis=None, dtype=None, *, ddof=0, keepdims=False"


def _spread_points() -> list[Sample]:
    x = spaced(-1.0, 2.0, (3, 2))
    more = [at(x, ddof=1), at(x, axis=0, ddof=1), at(x[:, 0] + 1j * x[:, 1])]
    return [p for p in points(*more) if not isinstance(p.inputs[0], float)]


var: Op = custom(
    "var",
    calls=(np.var,),
    methods=("var",),
    signature=SPREAD,
    infer=_spread_type,
    jvp=_var_jvp,
    vjp=_var_vjp,
    domain=_spread_points,
)

std: Op = custom(
    "std",
    calls=(np.std,),
    methods=("std",),
    signature=SPREAD,
    infer=_spread_type,
    jvp=_std_jvp,
    vjp=_std_vjp,
    domain=_spread_points,
)

# ---- sums with a twist ---------------------------------------------------------------


def _nansum_transpose(g: Value, node: Node) -> Contribution:
    x = node.inputs[0]
    return matched(masked(isnan(x), spread(g, x, **axes(node)), keep=False), x)


def _without_nan(node: Node, t: Value) -> Value:
    return masked(isnan(node.inputs[0]), t, keep=False)


def _nansum_jvp(node: Node, tangents: Tangents) -> list[Value | None]:
    (t,) = tangents
    return [None if t is None else sum_(_without_nan(node, t), **axes(node))]


def _numbers(node: Node) -> Value:
    """How many entries are not nan."""
    x = node.inputs[0]
    nans = sum_(isnan(x), **axes(node))
    return count_of(x, node.params.get("axis")) - nans


def _nanmean_jvp(node: Node, tangents: Tangents) -> list[Value | None]:
    (t,) = tangents
    if t is None:
        return [None]
    return [quotient(sum_(_without_nan(node, t), **axes(node)), _numbers(node))]


def _nan_points() -> list[Sample]:
    x = spaced(-1.0, 2.0, (2, 3))
    with_nan = np.where(x > 1.0, np.nan, x)
    return [at(x), at(x, axis=0, keepdims=True), at(x, axis=1), value_at(with_nan)]


nansum: Op = custom(
    "nansum",
    calls=(np.nansum,),
    signature="x, axis=None, *, keepdims=False",
    infer=reduced,
    jvp=_nansum_jvp,
    vjp=lambda node, cts: [_nansum_transpose(known(cts[0]), node)],
    domain=_nan_points,
)

nanmean: Op = custom(
    "nanmean",
    calls=(np.nanmean,),
    signature="x, axis=None, *, keepdims=False",
    infer=averaged,
    jvp=_nanmean_jvp,
    vjp=lambda node, cts: [
        _nansum_transpose(quotient(known(cts[0]), _numbers(node)), node)
    ],
    domain=_nan_points,
)


def _average_jvp(node: Node, tangents: Tangents) -> list[Value | None]:
    t, tw = (*tangents, None)[:2]
    if len(node.inputs) == 1:
        return [None if t is None else mean(t, **axes(node))]
    x, w = _same_shape(node)
    total: Value | None = None if t is None else sum_(w * t, **axes(node))
    if tw is not None:
        centred = x - spread(node.out, x, **axes(node))
        term = sum_(centred * tw, **axes(node))
        total = term if total is None else total + term
    return [None if total is None else total / sum_(w, **axes(node))]


def _average_vjp(node: Node, cts: Tangents) -> list[Contribution]:
    g, params = known(cts[0]), axes(node)
    if len(node.inputs) == 1:
        return [_mean_transpose(g, node)]
    x, w = _same_shape(node)
    share = spread(g / sum_(w, **params), x, **params)
    return [
        matched(share * w, x),
        matched(share * (x - spread(node.out, x, **params)), w),
    ]


def _same_shape(node: Node) -> tuple[Value, Value]:
    x, w = node.inputs
    if not same_dims(x.type, w.type) and UNKNOWN not in (x.type, w.type):
        raise MissingRule(
            "average: weights of another shape than the array's have no rule",
            hint="write sum(weights * x) / sum(weights)",
        )
    return x, w


def _average_points() -> list[Sample]:
    x, w = spaced(-1.0, 2.0, (2, 3)), spaced(0.2, 1.0, (2, 3))
    found = [at(x), at(x, axis=0)]
    for x_, w_, params in ((x, w, {}), (x, w, {"axis": 1}), (x[0], w[1], {})):
        call = partial(_called_average, **params)
        found.append(Sample((x_, w_), params, expected=call))
    return found


def _called_average(x: Any, w: Any, **params: Any) -> Any:
    return np.average(x, weights=w, **params)


def _average_type(
    x: Type, weights: Type | None = None, axis: Axis = None, keepdims: bool = False
) -> Type:
    both = x if weights is None else elementwise_type(x, weights)
    return averaged(both, axis, keepdims=keepdims)


average: Op = custom(
    "average",
    calls=(np.average,),
    signature="x, axis=None, weights=None, *, keepdims=False",
    inputs=("weights",),
    infer=_average_type,
    code=lambda node: (
        "np.average(x, axis=axis, keepdims=keepdims)"
        if len(node.inputs) == 1
        else "np.average(x, axis=axis, weights=weights, keepdims=keepdims)"
    ),
    jvp=_average_jvp,
    vjp=_average_vjp,
    domain=_average_points,
)
