"""An array several times over: tile, repeat, and the sums that undo them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.sizes import Dim
from srcad.ir.types import UNKNOWN, Maybe, Scalar, Type, dims_of, dtype_of, number_type
from srcad.ops.declare import Arguments, Contribution, Op, custom, declared, on_first
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.sizes import (
    Sized,
    bound,
    entries_of,
    length,
    own_length,
    product,
    shape_code,
    with_dims,
)


def _times(dim: Dim, count: Type) -> Dim:
    n = length(count)
    return n if dim == 1 else product([dim, n])


def _tile_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("A", "reps"), args, kwargs, "tile")
    reps, scalar = entries_of(given["reps"], "tile")
    return [given["A"], *reps], {"scalar": True} if scalar else {}


def _tiled(x: Type, *reps: Type, scalar: bool = False) -> Type:
    dims = dims_of(x)
    if dims is None or any(not isinstance(t, (Scalar, Maybe)) for t in reps):
        return UNKNOWN
    rank = max(len(dims), len(reps))
    padded = (*(1,) * (rank - len(dims)), *dims)
    times = [None] * (rank - len(reps)) + list(reps)
    pairs = zip(padded, times, strict=True)
    return with_dims(x, [d if t is None else _times(d, t) for d, t in pairs])


def _reps(node: Node, first: int) -> str:
    return shape_code(len(node.inputs), node.params.get("scalar", False), first=first)


def _tile_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    x, *reps = node.inputs
    return [untiled(cts[0], x, *reps, **node.params), *[None] * len(reps)]


def _untiled_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    reps = node.inputs[2:]
    return [tile(cts[0], *reps, **node.params), *[None] * (len(reps) + 1)]


tile: Op = declared(
    Sized(
        "tile",
        "x, *shape, scalar=False",
        _tiled,
        lambda node: f"np.tile(x, {_reps(node, 1)})",
        calls=(np.tile,),
        bind=_tile_bind,
        jvp=on_first,
        vjp=_tile_vjp,
        kind="linear",
        domain=lambda: [_tiling(2, scalar=True), _tiling(2, 1), _tiling(2, 1, 3)],
    )
)

untiled: Op = custom(
    "untiled",
    signature="g, x, *shape, scalar=False",
    infer=lambda g, x, *_, **__: (
        with_dims(g, dims_of(x))
        if dims_of(x) != ()
        else number_type(dtype_of(g) or "float64", ())
    ),
    code=lambda node: f"runtime.untiled(g, np.shape(x), {_reps(node, 2)})",
    jvp=on_first,
    vjp=_untiled_vjp,
    domain=lambda: [_untiling(2, scalar=True), _untiling(2, 1), _untiling(2, 1, 3)],
)


def _untiling(*reps: int, scalar: bool = False) -> Sample:
    tiling = _tiling(*reps, scalar=scalar)
    assert tiling.expected is not None
    tiled = tiling.expected(tiling.inputs[0])
    return Sample((spaced(-1, 1, tiled.shape), *tiling.inputs), tiling.params)


def _tiling(*reps: int, scalar: bool = False) -> Sample:
    params = {"scalar": True} if scalar else {}
    where: Any = reps[0] if scalar else reps
    x = spaced(-1, 1, (2, 3))
    return Sample((x, *reps), params, expected=lambda x, *_: np.tile(x, where))


def _repeated(x: Type, repeats: Type, axis: int | None = None) -> Type:
    dims = dims_of(x)
    if dims is None:
        return UNKNOWN
    if axis is None:
        dims, axis = (product(dims),), 0
    if not -len(dims) <= axis < len(dims):
        return UNKNOWN
    where = axis % len(dims)
    single = isinstance(repeats, Scalar)
    total = _times(dims[where], repeats) if single else own_length()
    return with_dims(x, (*dims[:where], total, *dims[where + 1 :]))


repeat: Op = declared(
    Sized(
        "repeat",
        "x, repeats, axis=None",
        _repeated,
        "np.repeat(x, repeats, axis=axis)",
        calls=(np.repeat,),
        methods=("repeat",),
        jvp=on_first,
        vjp=lambda node, cts: [unrepeated(cts[0], *node.inputs, **node.params), None],
        kind="linear",
        domain=lambda: [
            at(spaced(-1, 1, (2, 3)), 2),
            at(spaced(-1, 1, (2, 3)), 2, axis=1),
            at(spaced(-1, 1, (2, 3)), np.array([0, 2]), axis=0),
        ],
    )
)

# The sums over the copies that `repeat` makes, in the shape of x.
unrepeated: Op = custom(
    "unrepeated",
    signature="g, x, repeats, axis=None",
    infer=lambda g, x, repeats, axis=None: (
        number_type(dtype_of(g) or "float64", dims_of(x)) if dtype_of(g) else UNKNOWN
    ),
    code="runtime.unrepeated(g, np.shape(x), repeats, axis=axis)",
    jvp=on_first,
    vjp=lambda node, cts: [
        repeat(cts[0], node.inputs[2], **node.params),
        None,
        None,
    ],
    domain=lambda: [
        at(spaced(-1, 1, (12,)), spaced(-1, 1, (2, 3)), 2),
        at(spaced(-1, 1, (2, 6)), spaced(-1, 1, (2, 3)), 2, axis=1),
        at(spaced(-1, 1, (2, 3)), np.ones((2, 3)), np.array([0, 2]), axis=0),
    ],
)
