"""Reductions: mean, variance, averages, sums that skip nan.

The standard deviation of constants has derivative 0; `ops/nans.py` has those that skip
nan. Arguments that are not in a
signature here (`out`, `where`, `initial`) are refused, never ignored.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Literal, Node, Value, literal
from srcad.ir.types import (
    INT,
    UNKNOWN,
    Array,
    Scalar,
    Type,
    dims_of,
    number_type,
)
from srcad.ops.arithmetic import quotient
from srcad.ops.complexes import conj_of, real_of, real_type
from srcad.ops.declare import Contribution, Op, custom, zero
from srcad.ops.domain import Sample, at, spaced, value_at
from srcad.ops.fit import known, matched, spread, sum_
from srcad.ops.kinds import linear
from srcad.ops.reduced import Axis, axes_of, reduced
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
    "count",
    signature="x, axis=None",
    infer=_count_type,
    code=_count_code,
    cost="cheap",
    domain=lambda: [
        value_at(spaced(-1.0, 1.5, (2, 3))),
        value_at(spaced(-1.0, 1.5, (2, 3)), axis=1),
        value_at(spaced(-1.0, 1.5, (2, 3)), axis=(0, 1)),
    ],
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


# What a share of a mean is divided by. Of an array without entries nothing reads the
# share, but Python's 1.0 / 0 would raise.
divisor: Op = zero(
    "divisor",
    signature="n",
    infer=lambda n: INT,
    code="max(n, 1)",
    cost="cheap",
    domain=lambda: [value_at(3), value_at(0)],
)

# ---- mean, variance ------------------------------------------------------------------


def _mean_transpose(g: Value, node: Node) -> Contribution:
    x = node.inputs[0]
    n = count_of(x, node.params.get("axis"))
    known_ = isinstance(n, Literal) and n.value
    share = g / (n if known_ else divisor(n))
    return matched(spread(share, x, **axes(node)), x)


mean: Op = linear(
    "mean",
    calls=(np.mean,),
    methods=("mean",),
    signature="x, axis=None, dtype=None, *, keepdims=False",
    infer=averaged,
    transpose=_mean_transpose,
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
