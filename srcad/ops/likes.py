"""Arrays in the shape of another one: zeros_like, ones_like, full_like, empty_like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.types import UNKNOWN, Array, Tuple, Type, dims_of, dtype_of
from srcad.ops.creation import nested_type
from srcad.ops.declare import Arguments, Op, zero
from srcad.ops.domain import at, spaced
from srcad.ops.fit import matched, sum_
from srcad.ops.kinds import linear
from srcad.ops.sizes import bound, dtype_argument, dtype_name


def _like_bind(name: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        names = ["x", "fill_value", "dtype"]
        if name != "full_like":
            names.remove("fill_value")
        given = bound(names, args, kwargs, name)
        dtype = dtype_argument(given.get("dtype"), name)
        inputs = [given[k] for k in ("x", "fill_value") if k in given]
        return inputs, {} if dtype is None else {"dtype": dtype}

    return bind


def _like_type(x: Type, *_: Type, dtype: Any = None) -> Type:
    dims, name = dims_of(x), dtype_of(x)
    if isinstance(x, Tuple):
        return nested_type((x,), "x", dtype)
    if dims is None or name is None:
        return UNKNOWN
    return Array(name if dtype is None else dtype_name(dtype), dims)


def _like(name: str, op_name: str) -> Op:
    return zero(
        op_name,
        calls=(getattr(np, name),),
        signature="x, dtype=None",
        bind=_like_bind(name),
        infer=_like_type,
        code=f"np.{name}(x, dtype=dtype)",
        cost="cheap",
    )


zeros_as = _like("zeros_like", "zeros_as")
ones_as = _like("ones_like", "ones_as")
empty_as = _like("empty_like", "empty_as")

full_as: Op = linear(
    "full_as",
    calls=(np.full_like,),
    signature="x, value, dtype=None",
    bind=_like_bind("full_like"),
    infer=_like_type,
    code="np.full_like(x, value, dtype=dtype)",
    args=(1,),
    transpose=lambda g, node: matched(
        sum_(g) if dims_of(node.inputs[1].type) == () else g, node.inputs[1]
    ),
    domain=lambda: [
        at(spaced(1, 2, (2, 3)), 0.7),
        at(spaced(1, 2, (2, 3)), spaced(1, 2, (3,))),
        at(spaced(1, 2, (2, 3)), 0.7, dtype="float32"),
    ],
)
