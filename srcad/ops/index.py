"""Reading and writing parts of arrays: `getitem`, `update`, `add_at`.

`srcad/ops/layout.py` says how an index is laid out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from srcad.ir.builder import current
from srcad.ir.graph import Node, Value, as_value, literal
from srcad.ir.types import Array, Maybe, Type
from srcad.ops.declare import Contribution, Op, declared, on_first
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import known, matched, wide_enough, zeros_of
from srcad.ops.layout import (
    Layout,
    is_basic,
    may_repeat,
    one_index,
    part_type,
    subscripted,
    subscripts,
)
from srcad.ops.sizes import label


def index_of(node: Node) -> tuple[Layout, tuple[Value, ...]]:
    """The layout and the index inputs of a node of this family."""
    first = 2 if node.op in (update, add_at) else 1
    return node.params["layout"], node.inputs[first:]


def of_whole(node: Node, makers: Mapping[Value, Node]) -> Node:
    """`row[j]` where `row = x[i]` as `x[i, j]`; any other node as it is.

    makers : the node that made each value.
    """
    while node.op is getitem:
        maker = makers.get(node.inputs[0])
        if maker is None or maker.op is not getitem:
            break
        (x, *first), (_, *second) = maker.inputs, node.inputs
        layouts = maker.params["layout"], node.params["layout"]
        layout = one_index(layouts[0], first, layouts[1], second)
        if layout is None or not isinstance(x.type, Array):
            break
        params = {**node.params, "layout": layout}
        node = replace(node, inputs=(x, *first, *second), params=params)
    return node


# ---- code ---------


def _getitem_code(node: Node) -> str:
    return subscripted(node.params["layout"])


def _update_code(node: Node) -> str:
    return _helper("updated", node, "v")


def _add_code(node: Node) -> str:
    return _helper("added_at", node, "v")


def _last_code(node: Node) -> str:
    return _helper("last_written", node)


def _helper(name: str, node: Node, *more: str) -> str:
    """A call of a helper, which takes the last index of a chain before the others."""
    *first, last = subscripts(node.params["layout"], False)
    return f"runtime.{name}({', '.join(['x', last, *more, *first])})"


# ---- sample points -------------------------------------------------------------------

ALL = ("slice", False, False, False)
FROM = ("slice", True, False, False)
TO = ("slice", False, True, False)
BETWEEN = ("slice", True, True, False)
STEPPED = ("slice", False, False, True)
MASK = np.array([True, False, True, True])
REPEATED = np.array([2, 0, 2])

_BASIC: list[tuple[Layout, list[Any]]] = [
    (("at",), [1]),
    (("at",), [-1]),
    (("at", "at"), [1, 2]),
    (("...", "at"), [0]),
    ((FROM,), [2]),
    ((TO, BETWEEN), [-1, 1, -1]),
    ((BETWEEN,), [1, 3]),
    ((STEPPED, STEPPED), [-1, 2]),
    ((ALL, "new", "at"), [2]),
    (("new", "..."), []),
    ((FROM,), [-2]),
    ((("slice", True, True, True),), [3, 0, -2]),
]
_ADVANCED: list[tuple[Layout, list[Any]]] = [
    (("at",), [MASK]),
    (("at",), [REPEATED]),
    (("at",), [np.array([[0, 1], [1, 1]])]),
    (("at", "at"), [REPEATED, np.array([1, 1, 1])]),
    ((ALL, "at"), [REPEATED]),
    (("at", ALL), [MASK]),
    (("at", "new", "at"), [REPEATED, 1]),
    (("at",), [np.arange(12).reshape(4, 3) % 3 == 1]),
    (("at",), [np.array([], dtype=int)]),
]


def _indexed(layout: Layout, index: Sequence[Any]) -> Any:
    (text,) = subscripts(layout, sliced=False)
    names = {f"index{k}": v for k, v in enumerate(index)}
    return eval(text, {"slice": slice}, names)


def _read_samples() -> list[Sample]:
    x = spaced(-2.0, 2.0, (4, 3))

    def sample(layout: Layout, index: Sequence[Any]) -> Sample:
        where = _indexed(layout, index)
        params = {"layout": layout}
        return Sample((x, *index), params, expected=lambda x, *_: x[where])

    return [sample(*case) for case in _BASIC + _ADVANCED]


def _written(where: Any, add: bool) -> Any:
    def expected(x: Any, v: Any, *_: Any) -> Any:
        x = x.copy()
        if add:
            np.add.at(x, where, v)
        else:
            x[where] = v
        return x

    return expected


def _write_samples(add: bool) -> list[Sample]:
    x, found = spaced(-2.0, 2.0, (4, 3)), []
    for layout, index in _BASIC + _ADVANCED:
        where = _indexed(layout, index)
        expected = _written(where, add)
        for v in (0.7, spaced(1.0, 2.0, np.shape(x[where]))[()]):
            inputs = (x, v, *index)
            found.append(Sample(inputs, {"layout": layout}, expected=expected))
    return found


# ---- the operations ------------------------------------------------------------------


class Indexing(Op):
    """An operation with an index; it names the lengths that types do not tell."""

    def several(self, *operands: Any, **params: Any) -> tuple[Value, ...]:
        """Write a node; gives its outputs."""
        inputs = tuple(map(as_value, operands))
        index = inputs[2 if self.parameters.get("v") else 1 :]
        params = {"layout": (), **params}
        types = [v.type for v in inputs]
        names = [label(v) for v in index]
        found = self.infer(*types, layout=params["layout"], names=names)
        return current().emit(self, inputs, (found,), params)


def _getitem_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    x, *index = node.inputs
    g = known(cts[0])

    def into(total: Value | None) -> Value:
        base = zeros_of(x) if total is None else wide_enough(total, x.type)
        return add_at(base, g, *index, **node.params)

    return [into, *[None] * len(index)]


def _memory(node: Node) -> str:
    return "view" if is_basic(*index_of(node)) else "new"


def _cost(node: Node) -> str:
    return "free" if is_basic(*index_of(node)) else "normal"


getitem: Op = declared(
    Indexing(
        "getitem",
        "x, *index, layout=()",
        part_type,
        _getitem_code,
        domain=_read_samples,
        jvp=on_first,
        vjp=_getitem_vjp,
        memory=_memory,
        cost=_cost,
        kind="linear",
    )
)


def _written_type(x: Type, v: Type, *_: Type, **__: Any) -> Type:
    return x.inner if isinstance(x, Maybe) else x


def _write_params(node: Node) -> dict[str, Any]:
    return {"layout": node.params["layout"]}


def _write_jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
    op, (x, _, *index), (dx, dv, *_) = node.op, node.inputs, tangents
    assert isinstance(op, Op)
    if dx is None and dv is None:
        return [None]
    if dv is None and op is add_at:
        return [dx]
    base = zeros_of(x) if dx is None else wide_enough(dx, x.type)
    return [op(base, literal(0.0) if dv is None else dv, *index, **_write_params(node))]


def _update_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    _, v, *index = node.inputs
    g, params = known(cts[0]), _write_params(node)
    read = last_written if may_repeat(params["layout"], index) else getitem
    # The part is read before it is overwritten, which can then be done in place.
    written = matched(read(g, *index, **params), v)
    kept = update(g, 0.0, *index, **params)
    return [kept, written, *[None] * len(index)]


def _add_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    _, v, *index = node.inputs
    g = known(cts[0])
    added = matched(getitem(g, *index, **_write_params(node)), v)
    return [g, added, *[None] * len(index)]


update: Op = declared(
    Indexing(
        "update",
        "x, v, *index, layout=()",
        _written_type,
        _update_code,
        domain=lambda: _write_samples(add=False),
        jvp=_write_jvp,
        vjp=_update_vjp,
        memory="same",
        kind="linear",
    )
)

add_at: Op = declared(
    Indexing(
        "add_at",
        "x, v, *index, layout=()",
        _written_type,
        _add_code,
        domain=lambda: _write_samples(add=True),
        jvp=_write_jvp,
        vjp=_add_vjp,
        memory="same",
        kind="linear",
    )
)


def _last_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    x, *index = node.inputs
    back = update(zeros_of(x), known(cts[0]), *index, **node.params)
    return [back, *[None] * len(index)]


# x[index] with zero for each write that a later one of the same `update` replaced: what
# the written values get. Its transpose is again `update`, in which the last write wins.
last_written: Op = declared(
    Indexing(
        "last_written",
        "x, *index, layout=()",
        part_type,
        _last_code,
        jvp=on_first,
        vjp=_last_vjp,
        kind="linear",
        domain=lambda: [
            at(spaced(-2.0, 2.0, (4,)), np.array([0, 2, 0]), layout=("at",)),
            at(spaced(-2.0, 2.0, (4, 3)), 1, layout=("at",)),
        ],
    )
)
