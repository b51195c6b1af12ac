"""Another rank, the same entries: expand_dims, squeeze, the shape of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.sizes import Dim, Size
from srcad.ir.types import (
    UNKNOWN,
    Array,
    Type,
    dims_of,
    dtype_of,
    number_type,
)
from srcad.ops.declare import Contribution, Op, custom, first_only, on_first
from srcad.ops.domain import at, spaced
from srcad.ops.reduced import Axis, axes_of, reduced_dims


def _points() -> Any:
    return spaced(-1, 1, (2, 3))


def _expanded(x: Type, axis: int | tuple[int, ...] = 0) -> Type:
    dims = dims_of(x)
    if dims is None:
        return UNKNOWN
    count = len(axis) if isinstance(axis, tuple) else 1
    axes = axes_of(axis, len(dims) + count)
    rest = iter(dims)
    total = range(len(dims) + count)
    full = tuple(1 if k in axes else next(rest) for k in total)
    return number_type(dtype_of(x) or "float64", full)


def _squeeze_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    x, axis = node.inputs[0], node.params.get("axis")
    if axis is None:
        dims = dims_of(x.type)
        if dims is None or any(isinstance(d, Size) and d.may_be_one for d in dims):
            return [reshape_like(cts[0], x)]
        axis = tuple(k for k, d in enumerate(dims) if d == 1)
        if not axis:
            return [cts[0]]
    return [expand_dims(cts[0], axis=axis)]


def _squeezed(x: Type, axis: Axis = None) -> Type:
    dims = dims_of(x)
    if dims is None:
        return UNKNOWN
    if axis is None:
        if any(isinstance(d, Size) and d.may_be_one for d in dims):
            return UNKNOWN
        axis = tuple(k for k, d in enumerate(dims) if d == 1)
        if not axis:
            return x
    return number_type(dtype_of(x) or "float64", reduced_dims(dims, axis))


expand_dims: Op = custom(
    "expand_dims",
    calls=(np.expand_dims,),
    signature="x, axis=0",
    infer=_expanded,
    code=lambda node: _expand_code(node),
    memory="view",
    cost="free",
    jvp=on_first,
    vjp=lambda node, cts: first_only(
        node, squeeze(cts[0], axis=node.params.get("axis", 0))
    ),
    domain=lambda: [at(_points(), axis=k) for k in (0, -1, 1)],
)

squeeze: Op = custom(
    "squeeze",
    calls=(np.squeeze,),
    methods=("squeeze",),
    signature="x, axis=None",
    infer=_squeezed,
    code="np.squeeze(x, axis=axis)",
    memory="view",
    cost="free",
    jvp=on_first,
    vjp=_squeeze_vjp,
    domain=lambda: [at(_points()[:1]), at(_points()[:, :1], axis=1)],
)


def _expand_code(node: Node) -> str:
    """`x[:, None]` rather than `np.expand_dims(x, axis=1)`, where the rank is known."""
    dims = dims_of(node.out.type)
    if not isinstance(node.inputs[0].type, Array) or dims is None:
        return "np.expand_dims(x, axis)"
    axes = axes_of(node.params.get("axis", 0), len(dims))
    if not axes:
        return "x"
    entries = ["None" if k in axes else ":" for k in range(max(axes) + 1)]
    return f"x[{', '.join(entries)}]"


reshape_like: Op = custom(
    "reshape_like",
    signature="g, x",
    infer=lambda g, x: with_dims(g, dims_of(x)),
    code="np.reshape(g, np.shape(x))",
    memory="view",
    cost="free",
    jvp=on_first,
    vjp=lambda node, cts: first_only(node, reshape_like(cts[0], node.inputs[0])),
    domain=lambda: [
        at(spaced(-1, 1, (6,)), _points(), expected=lambda g, x: g.reshape(x.shape))
    ],
)


def with_dims(g: Type, dims: tuple[Dim, ...] | None) -> Type:
    """The type of g's entries in this shape."""
    dtype = dtype_of(g)
    return UNKNOWN if dtype is None else number_type(dtype, dims)
