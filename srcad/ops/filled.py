"""Arrays of a shape, filled with one value: zeros, ones, empty, full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Array, Maybe, Scalar, Type, dims_of, dtype_of
from srcad.ops.declare import (
    Arguments,
    Contribution,
    Op,
    declared,
    first_only,
    on_first,
)
from srcad.ops.domain import Sample, spaced
from srcad.ops.fit import known, matched, sum_
from srcad.ops.sizes import (
    Sized,
    bound,
    dtype_argument,
    dtype_name,
    entries_of,
    length,
    shape_code,
)


def _filled_bind(name: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        names = ("shape", "dtype")
        given = bound(names, args, kwargs, name, ignored={"order": ["C", None]})
        entries, scalar = entries_of(given["shape"], name)
        params: dict[str, Any] = {"scalar": True} if scalar else {}
        dtype = dtype_argument(given.get("dtype"), name)
        if dtype is not None and dtype != np.float64:
            params["dtype"] = dtype
        return entries, params

    return bind


def shaped(*shape: Type, scalar: bool = False, dtype: Any = "float64") -> Type:
    """The type of an array of this shape."""
    if any(not isinstance(t, (Scalar, Maybe)) for t in shape):
        return UNKNOWN
    return Array(dtype_name(dtype), tuple(map(length, shape)))


def _filled(name: str) -> Op:
    def code(node: Node) -> str:
        shape = shape_code(len(node.inputs), node.params.get("scalar", False))
        return f"np.{name}({shape}, dtype=dtype)"

    return declared(
        Sized(
            name,
            "*shape, scalar=False, dtype=float",
            shaped,
            code,
            calls=(getattr(np, name),),
            bind=_filled_bind(name),
            kind="zero",
            cost="cheap",
            domain=None if name == "empty" else lambda: [_made(name, 2, 3)],
        )
    )


def _made(name: str, *shape: int) -> Sample:
    make = getattr(np, name)
    return Sample(shape, derivative=False, expected=lambda *shape: make(shape))


zeros = _filled("zeros")
ones = _filled("ones")
empty = _filled("empty")


def _full_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("shape", "fill_value", "dtype")
    given = bound(names, args, kwargs, "full", ignored={"order": ["C", None]})
    entries, scalar = entries_of(given["shape"], "full")
    dtype = dtype_argument(given.get("dtype"), "full")
    params = {} if dtype is None else {"dtype": dtype}
    return [given["fill_value"], *entries], {**params, "scalar": scalar}


def _full_type(
    value: Type, *shape: Type, scalar: bool = False, dtype: Any = None
) -> Type:
    name = dtype_of(value) if dtype is None else dtype_name(dtype)
    return UNKNOWN if name is None else shaped(*shape, scalar=scalar, dtype=name)


def _full_code(node: Node) -> str:
    shape = shape_code(len(node.inputs), node.params.get("scalar", False), first=1)
    return f"np.full({shape}, value, dtype=dtype)"


def _full_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    value, g = node.inputs[0], known(cts[0])
    found = sum_(g) if dims_of(value.type) == () else matched(g, value)
    return first_only(node, matched(found, value))


def _full_at(value: Any, *shape: int, **params: Any) -> Sample:
    where = shape[0] if params.get("scalar") else shape
    return Sample(
        (value, *shape),
        params,
        expected=lambda value, *_: np.full(where, value, params.get("dtype")),
        usual=not params,
    )


full: Op = declared(
    Sized(
        "full",
        "value, *shape, scalar=False, dtype=None",
        _full_type,
        _full_code,
        calls=(np.full,),
        bind=_full_bind,
        jvp=on_first,
        vjp=_full_vjp,
        kind="linear",
        domain=lambda: [
            _full_at(1.5, 4, scalar=True),
            _full_at(1.5, 2, 3),
            _full_at(spaced(-1, 1, (3,)), 2, 3),
            _full_at(1.5, 4, scalar=True, dtype="float32"),
        ],
    )
)
