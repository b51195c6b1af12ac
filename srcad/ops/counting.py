"""Reductions without a derivative, and sums as Python makes them."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Literal, Node, Value
from srcad.ir.types import (
    BOTTOM,
    FLOAT,
    INT,
    UNKNOWN,
    Array,
    Scalar,
    Type,
    dims_of,
    elementwise_type,
    number_type,
)
from srcad.ops.declare import Contribution, Op, custom, zero
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import broadcast_like, known, matched, shaped_like, sum_
from srcad.ops.kinds import linear
from srcad.ops.ranks import expand_dims
from srcad.ops.reduced import Axis, reduced_dims

INDEX = str(np.dtype(np.intp))
# A Python number in some versions of NumPy, and not in others.
_PLAIN = not isinstance(np.count_nonzero(np.ones(1)), np.generic)
_COUNTED = INT if _PLAIN else Scalar("int", INDEX)


def _of_dtype(dtype: str) -> Any:
    def infer(x: Type, axis: Axis = None, keepdims: bool = False) -> Type:
        dims = dims_of(x)
        if dims is None:
            return UNKNOWN
        return number_type(dtype, reduced_dims(dims, axis, keepdims))

    return infer


def _points() -> list[Sample]:
    x = spaced(-1.0, 1.0, (2, 3))
    return [
        at(x > 0),
        at(x > 0, axis=0),
        at(x > 0, axis=1, keepdims=True),
        at(x),
        at(x[0]),
        at(x.astype(np.float32), axis=-1),
    ]


def _counter(name: str, dtype: str, *calls: object, method: bool = True) -> Op:
    return zero(
        name,
        calls=calls,
        methods=(name.rstrip("_"),) if method else (),
        signature="x, axis=None, *, keepdims=False",
        infer=_of_dtype(dtype),
        domain=_points,
    )


any_ = _counter("any_", "bool", np.any)
all_ = _counter("all_", "bool", np.all)
argmax = _counter("argmax", INDEX, np.argmax)
argmin = _counter("argmin", INDEX, np.argmin)


def _count_type(x: Type, axis: Axis = None, keepdims: bool = False) -> Type:
    if axis is None and not keepdims:
        return _COUNTED
    found: Type = _of_dtype(INDEX)(x, axis, keepdims)
    return found


count_nonzero = zero(
    "count_nonzero",
    calls=(np.count_nonzero,),
    signature="x, axis=None, *, keepdims=False",
    infer=_count_type,
    domain=_points,
)

# ---- Python's sums over an array -----------------------------------------------------


def _summed(x: Type, start: Type = INT) -> Type:
    if not isinstance(x, Array) or not x.dims:
        return BOTTOM if x == BOTTOM else UNKNOWN
    return elementwise_type(number_type(x.dtype, x.dims[1:]), start)


def _sum_jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
    t, start = (*tangents, None)[:2]
    total = None if t is None else sum_(t, axis=0)
    if start is not None:
        total = start if total is None else total + start
    return [None if total is None else shaped_like(total, node.out)]


def _sum_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g, x = known(cts[0]), node.inputs[0]
    found: list[Contribution] = [matched(_along_first(g, x), x)]
    for start in node.inputs[1:]:
        found.append(None if isinstance(start, Literal) else matched(g, start))
    return found


def _along_first(g: Value, x: Value) -> Value:
    """g for each entry of the first axis of x."""
    dims = dims_of(x.type)
    wide = dims is None or len(dims) > 1
    return broadcast_like(expand_dims(g, axis=0) if wide else g, x)


builtin_sum: Op = custom(
    "builtin_sum",
    calls=(builtins.sum,),
    signature="x, start=0",
    inputs=("start",),
    infer=_summed,
    jvp=_sum_jvp,
    vjp=_sum_vjp,
    domain=lambda: [
        at(spaced(-1.0, 1.0, (3,))),
        at(spaced(-1.0, 1.0, (3, 2))),
        at(spaced(-1.0, 1.0, (3, 2)), 1.5),
    ],
)

fsum: Op = linear(
    "fsum",
    calls=(math.fsum,),
    signature="x",
    infer=lambda x: FLOAT,
    transpose=lambda g, node: matched(
        broadcast_like(g, node.inputs[0]), node.inputs[0]
    ),
    domain=lambda: [at(spaced(-1.0, 1.0, (3,)))],
)
