"""Arrays put together along a new axis: np.stack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.sizes import Dim
from srcad.ir.types import (
    UNKNOWN,
    Array,
    List,
    Type,
    dims_of,
    is_inexact,
)
from srcad.ops.axes import moveaxis
from srcad.ops.creation import rows
from srcad.ops.declare import Contribution, Op, custom
from srcad.ops.fit import known, matched
from srcad.ops.index import getitem
from srcad.ops.joining import (
    ALL,
    binding,
    join_samples,
    joined_dtype,
    joined_jvp,
    printing,
)
from srcad.ops.sizes import own_length


def _stacked(*xs: Type, axis: int = 0, whole: bool = False) -> Type:
    count: Dim = len(xs)
    if whole:
        found = xs[0]
        if not isinstance(found, List):
            return UNKNOWN
        count = own_length() if found.length is None else found.length
        xs = (found.item,)
    dims, dtype = dims_of(xs[0]), joined_dtype(xs)
    if dims is None or dtype is None:
        return UNKNOWN
    where = axis % (len(dims) + 1)
    return Array(dtype, (*dims[:where], count, *dims[where:]))


def _stack_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g, axis = known(cts[0]), node.params.get("axis", 0)
    if node.params.get("whole"):
        return [rows(moveaxis(g, a=axis, b=0) if axis else g, node.inputs[0])]
    layout: tuple[Any, ...] = (*(ALL,) * axis, "at")
    if axis < 0:
        layout = ("...", "at", *(ALL,) * (-axis - 1))
    return [
        matched(getitem(g, k, layout=layout), x) if is_inexact(x.type) else None
        for k, x in enumerate(node.inputs)
    ]


stack: Op = custom(
    "stack",
    calls=(np.stack,),
    signature="*xs, axis=0, whole=False",
    bind=binding("stack"),
    infer=_stacked,
    code=printing("stack"),
    numba=printing("stack", "()"),
    jvp=joined_jvp,
    vjp=_stack_vjp,
    domain=join_samples(
        "stack",
        ([(2,), (2,)], 0),
        ([(2, 3), (2, 3)], 1),
        ([(2, 3), (2, 3)], -1),
        ([(2, 3), (2, 3)], -2),
        ([(), ()], 0),
    ),
)
