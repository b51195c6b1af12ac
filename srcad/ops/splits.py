"""An array taken apart: split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value, as_value
from srcad.ir.sizes import Dim, Size
from srcad.ir.types import UNKNOWN, Array, Tuple, Type, dims_of, dtype_of
from srcad.ops.containers import item
from srcad.ops.declare import Contribution, Op, custom, static
from srcad.ops.domain import Sample, spaced
from srcad.ops.fit import known, matched
from srcad.ops.joins import concatenate
from srcad.ops.layout import slice_length
from srcad.ops.sizes import bound

Arguments = tuple[list[Any], dict[str, Any]]


def _split_bind(name: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("x", "sections", "axis"), args, kwargs, name)
        sections = static(given["sections"], f"{name}(sections)")
        params = {
            "sections": tuple(sections) if isinstance(sections, list) else sections
        }
        axis = static(given.get("axis", 0), f"{name}(axis=...)")
        return [given["x"]], {**params, "axis": axis} if axis else params

    return bind


def _split_type(x: Type, sections: Any = 1, axis: int = 0) -> Type:
    dims, dtype = dims_of(x), dtype_of(x)
    number = isinstance(sections, int)
    count = sections if number else len(sections) + 1
    if dims is None or dtype is None:
        return Tuple((UNKNOWN,) * count, list)
    where = axis % len(dims)
    lengths = _split_lengths(dims[where], sections, count)
    return Tuple(
        tuple(Array(dtype, (*dims[:where], n, *dims[where + 1 :])) for n in lengths),
        list,
    )


def _split_lengths(n: Dim, sections: Any, count: int) -> list[Dim]:
    if isinstance(sections, int):
        if isinstance(n, int):
            return [len(part) for part in np.array_split(np.empty(n), sections)]
        equal = Size(f"({str(n).rstrip('?')}/{count})", 0, may_be_one=True)
        return [n] if count == 1 else [equal] * count
    ends = [*(as_value(int(k)).type for k in sections), None]
    starts = [None, *ends[:-1]]
    pairs = zip(starts, ends, strict=True)
    return [slice_length(n, (a, b, None), ("", "", "")) for a, b in pairs]


def _split_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g, t = known(cts[0]), node.out.type
    assert isinstance(t, Tuple)
    parts = [item(g, key=k) for k in range(len(t.items))]
    axis = {"axis": node.params["axis"]} if node.params.get("axis") else {}
    return [matched(concatenate(*parts, **axis), node.inputs[0])]


split: Op = custom(
    "split",
    calls=(np.split,),
    signature="x, sections=None, axis=0",
    bind=_split_bind("split"),
    infer=_split_type,
    code="np.split(x, sections, axis=axis)",
    jvp=lambda node, ts: [split(ts[0], **node.params) if ts[0] else None],
    vjp=_split_vjp,
    memory="view",
    domain=lambda: [
        _split_sample((4, 3), 2, 0),
        _split_sample((4, 3), 3, -1),
        _split_sample((5,), (1, 3), 0),
    ],
)


def _split_sample(shape: tuple[int, ...], sections: Any, axis: int) -> Sample:
    params = {"sections": sections, **({"axis": axis} if axis else {})}
    where = list(sections) if isinstance(sections, tuple) else sections
    x = spaced(-1, 1, shape)
    return Sample((x,), params, expected=lambda x: np.split(x, where, axis))
