"""Elements in other places: roll, flip, pad, take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.sizes import shifted
from srcad.ir.types import UNKNOWN, Scalar, Type, dims_of, dtype_of, number_type
from srcad.ops.declare import Arguments, Contribution, Op, custom, on_first, static
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import known, matched, zeros_of
from srcad.ops.index import add_at, getitem
from srcad.ops.kinds import linear
from srcad.ops.layout import index_array
from srcad.ops.ranks import reshape_like
from srcad.ops.shapes import ravel
from srcad.ops.sizes import (
    bound,
    entries_of,
    shape_code,
    with_dims,
)

ALL = ("slice", False, False, False)


def _same_shape(x: Type, *_: Type, **__: Any) -> Type:
    return with_dims(x, dims_of(x))


# ---- roll and flip -------------------------------------------------------------------


def _roll_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("x", "shift", "axis"), args, kwargs, "roll")
    shifts, scalar = entries_of(given["shift"], "roll")
    axis = static(given.get("axis"), "roll(axis=...)")
    params: dict[str, Any] = {} if axis is None else {"axis": axis}
    return [given["x"], *shifts], params if scalar else {**params, "scalar": False}


def _roll_code(node: Node) -> str:
    shift = shape_code(len(node.inputs), node.params.get("scalar", True), first=1)
    return f"np.roll(x, {shift}, axis=axis)"


def _roll_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    shifts = node.inputs[1:]
    back = roll(cts[0], *[-v for v in shifts], **node.params)
    return [back, *[None] * len(shifts)]


roll: Op = custom(
    "roll",
    calls=(np.roll,),
    signature="x, *shape, axis=None, scalar=True",
    bind=_roll_bind,
    infer=_same_shape,
    code=_roll_code,
    jvp=on_first,
    vjp=_roll_vjp,
    domain=lambda: [
        _rolled(1),
        _rolled(-2, axis=1),
        _rolled(1, 2, axis=(0, 1)),
    ],
)


def _rolled(*shift: int, axis: Any = None) -> Sample:
    params = {"axis": axis, "scalar": len(shift) == 1}
    where: Any = shift if len(shift) > 1 else shift[0]
    x = spaced(-1, 1, (2, 3))
    return Sample(
        (x, *shift), params, expected=lambda x, *_: np.roll(x, where, axis=axis)
    )


def _flipping(name: str, signature: str) -> Op:
    op: Op = linear(
        name,
        calls=(getattr(np, name),),
        signature=signature,
        infer=_same_shape,
        transpose=lambda g, node: op(g, **node.params),
        memory="view",
        cost="free",
        domain=lambda: [at(spaced(-1, 1, (2, 3)))],
    )
    return op


flip = _flipping("flip", "x, axis=None")
flipud = _flipping("flipud", "x")
fliplr = _flipping("fliplr", "x")


# ---- pad -----------------------------------------------------------------------------


def _pad_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("array", "pad_width", "mode", "constant_values")
    given = bound(names, args, kwargs, "pad")
    mode = static(given.get("mode", "constant"), "pad(mode=...)")
    if mode != "constant":
        raise MissingRule(f"pad(mode={mode!r}) has no derivative rule")
    width = static(given["pad_width"], "pad(pad_width)")
    params = {"width": _hashable(width)}
    fill = static(given.get("constant_values", 0), "pad(constant_values=...)")
    return [given["array"]], params if fill == 0 else {**params, "fill": fill}


def _hashable(width: Any) -> Any:
    return tuple(map(_hashable, width)) if isinstance(width, (list, tuple)) else width


def _widths(width: Any, rank: int) -> list[tuple[int, int]]:
    pairs = np.broadcast_to(np.asarray(width), (rank, 2))
    return [(int(a), int(b)) for a, b in pairs]


def _padded(x: Type, width: Any = 0, fill: Any = 0) -> Type:
    dims = dims_of(x)
    if dims is None:
        return UNKNOWN
    pairs = zip(dims, _widths(width, len(dims)), strict=True)
    return with_dims(x, [shifted(d, a + b) for d, (a, b) in pairs])


def _pad_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    x, g = node.inputs[0], known(cts[0])
    dims = dims_of(x.type)
    if dims is None:
        return [unpadded(g, x, width=node.params["width"])]
    index: list[int] = []
    layout: list[Any] = []
    for a, b in _widths(node.params["width"], len(dims)):
        layout.append(("slice", a > 0, b > 0, False))
        index += [a] * (a > 0) + [-b] * (b > 0)
    return [matched(getitem(g, *index, layout=tuple(layout)), x)]


pad: Op = custom(
    "pad",
    calls=(np.pad,),
    signature="x, width=None, fill=0",
    bind=_pad_bind,
    infer=_padded,
    code="np.pad(x, width, constant_values=fill)",
    jvp=lambda node, ts: [pad(ts[0], width=node.params["width"]) if ts[0] else None],
    vjp=_pad_vjp,
    domain=lambda: [
        _pad_sample(1),
        _pad_sample(((0, 1), (2, 0))),
        _pad_sample((1, 2), 0.5),
    ],
)

# The inner part of a padded array, where the rank of x is not known.
unpadded: Op = custom(
    "unpadded",
    signature="g, x, width=None",
    infer=lambda g, x, width=None: x,
    code="runtime.unpadded(g, width)",
    jvp=on_first,
    vjp=lambda node, cts: [pad(cts[0], **node.params), None],
    memory="view",
    domain=lambda: [
        at(spaced(-1, 1, (4, 5)), np.ones((2, 3)), width=1),
        at(spaced(-1, 1, (3, 5)), np.ones((2, 3)), width=((0, 1), (2, 0))),
    ],
)


def _pad_sample(width: Any, fill: float = 0) -> Sample:
    params = {"width": width, **({"fill": fill} if fill else {})}
    x = spaced(-1, 1, (2, 3))
    expected = lambda x: np.pad(x, width, constant_values=fill)  # noqa: E731
    return Sample((x,), params, expected=expected)


# ---- take ----------------------------------------------------------------------------


def _taken(x: Type, indices: Type, axis: int | None = None) -> Type:
    dims, dtype = dims_of(x), dtype_of(x)
    array = index_array(indices)
    if array is None and not isinstance(indices, Scalar):
        return UNKNOWN
    if dims is None or dtype is None:
        return UNKNOWN
    found = () if array is None else array.dims
    if axis is None:
        return number_type(dtype, found)
    where = axis % len(dims)
    return number_type(dtype, (*dims[:where], *found, *dims[where + 1 :]))


def _take_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (x, indices), g, axis = node.inputs, known(cts[0]), node.params.get("axis")

    def into(total: Value | None) -> Value:
        base = zeros_of(x) if total is None else total
        if axis is None:
            flat = add_at(ravel(base), g, indices, layout=("at",))
            return reshape_like(flat, x)
        layout: tuple[Any, ...] = (*(ALL,) * axis, "at")
        if axis < 0:
            layout = ("...", "at", *(ALL,) * (-axis - 1))
        return add_at(base, g, indices, layout=layout)

    return [into, None]


take: Op = custom(
    "take",
    calls=(np.take,),
    methods=("take",),
    signature="x, indices, axis=None",
    infer=_taken,
    code="np.take(x, indices, axis=axis)",
    jvp=on_first,
    vjp=_take_vjp,
    domain=lambda: [
        at(spaced(-1, 1, (2, 3)), np.array([0, 5, 0])),
        at(spaced(-1, 1, (2, 3)), np.array([[0, 2], [2, 1]]), axis=1),
        at(spaced(-1, 1, (2, 3)), 1, axis=-1),
    ],
)


# ---- one number ----------------------------------------------------------------------


def _item_type(x: Type) -> Type:
    dtype = dtype_of(x)
    if dtype is None:
        return UNKNOWN
    kind = np.dtype(dtype).kind
    return Scalar({"b": "bool", "f": "float", "c": "complex"}.get(kind, "int"))


# x.item(): the only element as a Python number.
to_number: Op = linear(
    "to_number",
    methods=("item",),
    signature="x",
    infer=_item_type,
    code="x.item()",
    transpose=lambda g, node: matched(
        reshape_like(known(g), node.inputs[0]), node.inputs[0]
    ),
    cost="cheap",
    domain=lambda: [at(np.array([1.5])), at(np.array(2.5)), at(np.array([[1 + 2j]]))],
)
