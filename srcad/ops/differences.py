"""Differences of neighbours: np.diff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, as_value
from srcad.ir.sizes import shifted
from srcad.ir.types import UNKNOWN, Type, dims_of, dtype_of, number_type
from srcad.ops.declare import Arguments, Contribution, Op, as_array, static
from srcad.ops.domain import at
from srcad.ops.fit import broadcast_like, zeros_of
from srcad.ops.index import add_at, getitem
from srcad.ops.joins import concatenate
from srcad.ops.kinds import linear
from srcad.ops.sizes import bound


def _bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    """Ends are put to x, and all differences but the last taken, before the call."""
    names = ("x", "n", "axis", "prepend", "append")
    given = bound(names, args, kwargs, "diff")
    n = static(given.get("n", 1), "diff(n=...)")
    axis = static(given.get("axis", -1), "diff(axis=...)")
    params = {} if axis == -1 else {"axis": axis}
    x = as_array(given["x"])
    ends = [given.get("prepend"), given.get("append")]
    if any(e is not None for e in ends):
        before, after = ([] if e is None else [_end(e, x, axis)] for e in ends)
        x = concatenate(*before, x, *after, **({"axis": axis} if axis else {}))
    if n < 1:
        raise MissingRule("diff: n is 1 or more", hint="leave the call out")
    for _ in range(n - 1):
        x = diff(x, **params)
    return [x], params


def _end(given: Any, x: Value, axis: int) -> Value:
    """What is put at an end: a number as one entry along the axis."""
    end = as_value(as_array(given))
    dims = dims_of(end.type)
    if dims is None:
        raise MissingRule(
            "diff: the number of axes of prepend and append must be known",
            hint="call the function once, or ask for source_for(*args)",
        )
    if dims:
        return end
    entry = ("slice", False, True, False)
    before = ["..."] if axis < 0 else [_FULL] * axis
    after = [_FULL] * (-axis - 1)
    one = getitem(x, 1, layout=(*before, entry, *after))
    return broadcast_like(end, one)


_FULL = ("slice", False, False, False)


def _type(x: Type, axis: int = -1) -> Type:
    dims, dtype = dims_of(x), dtype_of(x)
    if not dims or dtype is None:
        return UNKNOWN
    axis %= len(dims)
    length = shifted(dims[axis], -1)
    return number_type(dtype, (*dims[:axis], length, *dims[axis + 1 :]))


def _transpose(g: Value, node: Node) -> Contribution:
    """Each difference is added to its right neighbour and taken from its left one."""
    x = node.inputs[0]
    dims = dims_of(x.type)
    axis = node.params.get("axis", -1)
    full: tuple[Any, ...] = ("slice", False, False, False)
    if axis < 0 and dims is None:
        before: list[Any] = ["..."]
        after = [full] * (-axis - 1)
    else:
        before, after = [full] * (axis % len(dims) if dims else axis), []
    right = (*before, ("slice", True, False, False), *after)
    left = (*before, ("slice", False, True, False), *after)

    def added(total: Value | None) -> Value:
        total = zeros_of(x) if total is None else total
        total = add_at(total, g, 1, layout=right)
        return add_at(total, -g, -1, layout=left)

    return added


diff: Op = linear(
    "diff",
    calls=(np.diff,),
    signature="x, axis=-1",
    bind=_bind,
    infer=_type,
    code="np.diff(x, axis=axis)",
    transpose=_transpose,
    domain=lambda: [
        at(np.array([1.0, 3.0, -2.0, 0.5])),
        at(np.arange(6.0).reshape(2, 3) ** 2),
        at(np.arange(6.0).reshape(2, 3) ** 2, axis=0),
    ],
)
