"""Differences of neighbours: np.diff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value
from srcad.ir.sizes import shifted
from srcad.ir.types import UNKNOWN, Type, dims_of, dtype_of, number_type
from srcad.ops.declare import Contribution, Op, static
from srcad.ops.domain import at
from srcad.ops.fit import zeros_of
from srcad.ops.index import add_at
from srcad.ops.kinds import linear
from srcad.ops.sizes import bound


def _bind(
    args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    given = bound(("x", "n", "axis"), args, kwargs, "diff")
    if static(given.get("n", 1), "diff(n=...)") != 1:
        raise MissingRule("diff: n other than 1 is not supported", hint="diff twice")
    axis = static(given.get("axis", -1), "diff(axis=...)")
    return [given["x"]], {} if axis == -1 else {"axis": axis}


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
