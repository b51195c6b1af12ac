"""The order of axes: transpose, swapaxes, moveaxis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import ShapeError
from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Array, Type, dims_of
from srcad.ops.declare import Arguments, Op, static
from srcad.ops.domain import at, spaced
from srcad.ops.fit import known
from srcad.ops.kinds import linear
from srcad.ops.sizes import bound, with_dims


def _transpose_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    if len(args) > 2:  # x.transpose(1, 0)
        args = [args[0], list(args[1:])]
    given = bound(("x", "axes"), args, kwargs, "transpose")
    axes = static(given.get("axes"), "transpose(axes=...)")
    if axes is None:
        return [given["x"]], {}
    return [given["x"]], {"axes": tuple(axes) if not isinstance(axes, int) else (axes,)}


def _transposed(x: Type, axes: tuple[int, ...] | None = None) -> Type:
    dims = dims_of(x)
    if dims is None:
        return UNKNOWN
    if not dims:
        return x
    order = range(len(dims))[::-1] if axes is None else axes
    if sorted(a % len(dims) for a in order) != list(range(len(dims))):
        return UNKNOWN
    return with_dims(x, [dims[a] for a in order])


def _transpose_code(node: Node) -> str:
    t, axes = node.inputs[0].type, node.params.get("axes")
    plain = axes is None or (len(axes) == 2 and [a % 2 for a in axes] == [1, 0])
    if isinstance(t, Array) and plain:
        return "x.T"
    return "np.transpose(x, axes=axes)" if axes is None else "np.transpose(x, axes)"


def transpose_back(g: Value, axes: tuple[int, ...] | None = None) -> Value:
    """The inverse of `transpose(x, axes)`."""
    if axes is None:
        return transpose(g)
    rank = len(axes)
    inverse = tuple(int(k) for k in np.argsort([a % rank for a in axes]))
    return transpose(g, axes=inverse)


transpose: Op = linear(
    "transpose",
    calls=(np.transpose,),
    methods=("transpose",),
    signature="x, axes=None",
    bind=_transpose_bind,
    infer=_transposed,
    code=_transpose_code,
    transpose=lambda g, node: transpose_back(known(g), **node.params),
    memory="view",
    cost="free",
    domain=lambda: [
        at(spaced(-1, 1, (2, 3))),
        at(spaced(-1, 1, (3,))),
        at(spaced(-1, 1, (2, 3, 4)), axes=(2, 0, 1)),
        at(spaced(-1, 1, (2, 3, 4)), axes=(0, -1, 1)),
    ],
)


def _swapped(x: Type, a: int = 0, b: int = 1) -> Type:
    dims = dims_of(x)
    if dims is None or not all(-len(dims) <= k < len(dims) for k in (a, b)):
        return UNKNOWN
    order = list(dims)
    order[a], order[b] = order[b], order[a]
    return with_dims(x, order)


def _static_axes(name: str, names: Sequence[str]) -> Any:
    """Binds `f(x, axis, axis)`: the axes are positional and have no defaults."""

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("x", *names), args, kwargs, name)
        axes = [static(given[k], f"{name}({k}=...)") for k in names]
        axes = [tuple(a) if isinstance(a, list) else a for a in axes]
        return [given["x"]], dict(zip(("a", "b"), axes, strict=True))

    return bind


def _swap_code(node: Node) -> str:
    rank = len(dims_of(node.inputs[0].type) or ())
    if rank == 2 and (node.params["a"] - node.params["b"]) % 2:
        return "x.T"
    return "np.swapaxes(x, a, b)"


swapaxes: Op = linear(
    "swapaxes",
    calls=(np.swapaxes,),
    methods=("swapaxes",),
    signature="x, a=None, b=None",
    bind=_static_axes("swapaxes", ("axis1", "axis2")),
    infer=_swapped,
    code=_swap_code,
    transpose=lambda g, node: swapaxes(known(g), **node.params),
    memory="view",
    cost="free",
    domain=lambda: [
        _positional(np.swapaxes, 0, 2),
        _positional(np.swapaxes, -1, -2),
    ],
)


def _positional(function: Any, a: Any, b: Any) -> Any:
    sample = at(spaced(-1, 1, (2, 3, 4)), a=a, b=b)
    expected = lambda x: function(x, a, b)  # noqa: E731
    return type(sample)(sample.inputs, sample.params, expected=expected)


def _moved(x: Type, a: Any = 0, b: Any = 0) -> Type:
    dims = dims_of(x)
    if dims is None:
        return UNKNOWN
    try:
        order = np.moveaxis(np.empty(range(1, len(dims) + 1), np.bool_), a, b).shape
    except ValueError as error:
        raise ShapeError(f"moveaxis: {error}") from None
    return with_dims(x, [dims[k - 1] for k in order])


moveaxis: Op = linear(
    "moveaxis",
    calls=(np.moveaxis,),
    signature="x, a=None, b=None",
    bind=_static_axes("moveaxis", ("source", "destination")),
    infer=_moved,
    code="np.moveaxis(x, a, b)",
    transpose=lambda g, node: moveaxis(
        known(g), a=node.params["b"], b=node.params["a"]
    ),
    memory="view",
    cost="free",
    domain=lambda: [
        _positional(np.moveaxis, 0, 2),
        _positional(np.moveaxis, (0, 1), (-1, 0)),
    ],
)
