"""An array taken apart: split, array_split, hsplit, vsplit, dsplit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value, as_value
from srcad.ir.sizes import Dim, Size
from srcad.ir.types import UNKNOWN, Array, Tuple, Type, dims_of, dtype_of
from srcad.ops.bodies import rank_for
from srcad.ops.containers import item
from srcad.ops.declare import Arguments, Contribution, Op, as_array, custom, static
from srcad.ops.domain import Sample, spaced
from srcad.ops.fit import known, matched
from srcad.ops.joins import concatenate
from srcad.ops.layout import slice_length
from srcad.ops.sizes import bound, own_length


def _split_bind(name: str, named: bool, usual: int) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        names = ("ary", "indices_or_sections", *(("axis",) if named else ()))
        given = bound(names, args, kwargs, name)
        sections = static(given["indices_or_sections"], f"{name}(sections)")
        params = {
            "sections": tuple(sections) if isinstance(sections, list) else sections
        }
        axis = static(given.get("axis", usual), f"{name}(axis=...)")
        if name == "hsplit":
            axis = min(1, rank_for(name, as_value(as_array(given["ary"])))[0] - 1)
        return [given["ary"]], {**params, "axis": axis} if axis else params

    return bind


def _split_type(x: Type, sections: Any = 1, axis: int = 0, even: bool = True) -> Type:
    dims, dtype = dims_of(x), dtype_of(x)
    number = isinstance(sections, int)
    count = sections if number else len(sections) + 1
    if dims is None or dtype is None:
        return Tuple((UNKNOWN,) * count, list)
    where = axis % len(dims)
    lengths = _split_lengths(dims[where], sections, count, even)
    return Tuple(
        tuple(Array(dtype, (*dims[:where], n, *dims[where + 1 :])) for n in lengths),
        list,
    )


def _split_lengths(n: Dim, sections: Any, count: int, even: bool) -> list[Dim]:
    if isinstance(sections, int):
        if isinstance(n, int):
            return [len(part) for part in np.array_split(np.empty(n), sections)]
        equal = Size(f"({str(n).rstrip('?')}/{count})", 0, may_be_one=True)
        if count == 1:
            return [n]
        return [equal] * count if even else [own_length() for _ in range(count)]
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


def _splitting(name: str, usual: int, *samples: tuple[Any, Any, int]) -> Op:
    """`np.split` and its kin. usual : the axis of those that take none."""

    def code(node: Node) -> str:
        return f"np.{name}(x, sections{', axis=axis' if named else ''})"

    def infer(x: Type, sections: Any = 1, axis: int = 0) -> Type:
        return _split_type(x, sections, axis, even=name != "array_split")

    named = name.endswith("split") and name[0] not in "hvd"
    op: Op = custom(
        name,
        calls=(getattr(np, name),),
        signature="x, sections=None, axis=0",
        bind=_split_bind(name, named, usual),
        infer=infer,
        code=code,
        jvp=lambda node, ts: [op(ts[0], **node.params) if ts[0] else None],
        vjp=_split_vjp,
        memory="view",
        domain=lambda: [_split_sample(name, named, *case) for case in samples],
    )
    return op


def _split_sample(
    name: str, named: bool, shape: tuple[int, ...], sections: Any, axis: int
) -> Sample:
    params = {"sections": sections, **({"axis": axis} if axis else {})}
    where = list(sections) if isinstance(sections, tuple) else sections
    more = {"axis": axis} if named else {}
    x = spaced(-1, 1, shape)
    function = getattr(np, name)
    return Sample((x,), params, expected=lambda x: function(x, where, **more))


split = _splitting("split", 0, ((4, 3), 2, 0), ((4, 3), 3, -1), ((5,), (1, 3), 0))
array_split = _splitting(
    "array_split", 0, ((5,), 2, 0), ((2, 5), 3, 1), ((4,), (1,), 0)
)
vsplit = _splitting("vsplit", 0, ((4, 3), 2, 0), ((4, 3), (1, 2), 0))
hsplit = _splitting("hsplit", 1, ((2, 4), 2, 1), ((2, 4), (1,), 1))
dsplit = _splitting("dsplit", 2, ((2, 1, 4), 2, 2))
