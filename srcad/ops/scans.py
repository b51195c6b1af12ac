"""Cumulative sums and products, and the product: exact also with zeros.

The derivative of a product by one factor is the product of the others, which dividing
by that factor cannot give where it is zero. It is `exclusive(x) * exclusive(x, back)`,
the products of what comes before and after; and their derivatives are linear
recurrences, whose derivatives are again linear recurrences.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.sizes import combined
from srcad.ir.types import (
    UNKNOWN,
    Array,
    Type,
    dims_of,
    dtype_of,
    elementwise_type,
    number_type,
)
from srcad.ops.declare import Contribution, Op, custom
from srcad.ops.domain import Sample, at, spaced, value_at
from srcad.ops.fit import known, matched, spread, sum_
from srcad.ops.kinds import linear
from srcad.ops.likes import ones_as
from srcad.ops.ranks import reshape_like
from srcad.ops.reduced import reduced

Axis = int | None

# ---- cumulative sums -----------------------------------------------------------------


def _scanned(x: Type, axis: Axis = None, dtype: Any = None) -> Type:
    dims = dims_of(x)
    if dims is None:
        return UNKNOWN
    found = reduced(x) if dtype is None else number_type(str(np.dtype(dtype)), ())
    name = dtype_of(found) or "float64"
    if axis is not None and dims:
        return Array(name, dims)
    if len(dims) < 2:
        return Array(name, dims or (1,))
    return Array(name, (combined("*", *dims),))


def _scan_points() -> list[Sample]:
    x = spaced(-1.0, 1.5, (2, 3))
    return [
        at(x[0]),
        at(x),
        at(x, axis=0),
        at(x, axis=-1),
        at(x[0].astype(np.float32)),
        at(1.5),
        value_at(np.array([1, 2, 3])),
        at(spaced(-1.0, 1.0, (2, 2, 2)), axis=1),
    ]


def _unscanned(found: Value, node: Node) -> Value:
    """A cotangent along the scanned axis in the shape of the input."""
    x = node.inputs[0]
    dims = dims_of(x.type)
    if node.params.get("axis") is None and (dims is None or len(dims) != 1):
        found = reshape_like(found, x)
    return matched(found, x)


cumsum: Op = linear(
    "cumsum",
    calls=(np.cumsum,),
    methods=("cumsum",),
    signature="x, axis=None, dtype=None",
    infer=_scanned,
    transpose=lambda g, node: _unscanned(suffix_sum(g, **_axis(node)), node),
    domain=_scan_points,
)


def _axis(node: Node) -> dict[str, Any]:
    """The axis of the result: that of the node, or its only one."""
    axis = node.params.get("axis")
    if node.op is suffix_sum or axis is None:
        return {"axis": 0 if axis is None else axis}
    return {"axis": axis}


def _suffix_code(node: Node) -> str:
    dims = dims_of(node.inputs[0].type)
    if dims is not None and len(dims) == 1:
        return "np.cumsum(g[::-1])[::-1]"
    return "np.flip(np.cumsum(np.flip(g, axis), axis), axis)"


def _x() -> Any:
    return spaced(-1.0, 1.5, (2, 3))


# The sum of each entry and those after it.
suffix_sum: Op = linear(
    "suffix_sum",
    signature="g, axis=None",
    infer=_scanned,
    code=_suffix_code,
    transpose=lambda g, node: matched(cumsum(g, **_axis(node)), node.inputs[0]),
    domain=lambda: [at(_x()[0]), at(_x(), axis=0), at(_x(), axis=1)],
)

# ---- products ------------------------------------------------------------------------


def _same_shape(*types: Type, **_: Any) -> Type:
    return elementwise_type(*types, at_least="float")


# x moved one entry along the axis (None: all of x in order), 0 where it starts.
shift: Op = linear(
    "shift",
    signature="x, axis=None, back=False",
    infer=_same_shape,
    code="runtime.shifted(x, axis, back)",
    transpose=lambda g, node: shift(g, **_turned(node)),
    domain=lambda: [
        at(_x()),
        at(_x(), axis=0, back=True),
        at(_x(), axis=1),
    ],
)


def _turned(node: Node) -> dict[str, Any]:
    return {**node.params, "back": not node.params.get("back", False)}


def _recur_jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
    a, _ = node.inputs
    ta, tb = tangents
    if ta is not None:
        term = ta * shift(node.out, **node.params)
        tb = term if tb is None else tb + term
    return [None if tb is None else recurrence(a, tb, **node.params)]


def _recur_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    a, b = node.inputs
    turned = _turned(node)
    b_bar = recurrence(shift(a, **turned), known(cts[0]), **turned)
    a_bar = b_bar * shift(node.out, **node.params)
    return [matched(a_bar, a), matched(b_bar, b)]


# r[i] = b[i] + a[i] * r[i - 1], from r[-1] = 0 (back: from the other end).
recurrence: Op = custom(
    "recurrence",
    signature="a, b, axis=None, back=False",
    infer=_same_shape,
    code="runtime.recurrence(a, b, axis, back)",
    jvp=_recur_jvp,
    vjp=_recur_vjp,
    domain=lambda: [
        at(_x(), spaced(0.2, 2.0, (2, 3))),
        at(_x(), spaced(0.2, 2.0, (2, 3)), axis=1, back=True),
    ],
)


def _exclusive_jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
    (x,), (t,) = node.inputs, tangents
    if t is None:
        return [None]
    moved = shift(t * node.out, **node.params)
    return [recurrence(shift(x, **node.params), moved, **node.params)]


def _exclusive_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (x,), turned = node.inputs, _turned(node)
    total = recurrence(x, known(cts[0]), **turned)
    return [node.out * shift(total, **turned)]


# The product of the entries before each (back: after each).
exclusive: Op = custom(
    "exclusive",
    signature="x, axis=None, back=False",
    infer=_same_shape,
    code="runtime.exclusive_product(x, axis, back)",
    jvp=_exclusive_jvp,
    vjp=_exclusive_vjp,
    domain=lambda: [
        at(_x()),
        at(_x(), axis=1, back=True),
        at(_x(), axis=0),
    ],
)


def _others(node: Node) -> Value:
    """For each factor the product of the others."""
    (x,), axis = node.inputs, node.params.get("axis")
    if not isinstance(axis, tuple):
        return _others_along(x, {} if axis is None else {"axis": axis})
    found: Value | None = None
    for k in axis:  # the others on its own axis, times the products of the other rows
        others = _others_along(x, {"axis": k})
        found = others if found is None else found * others
        x = prod(x, axis=k, keepdims=True)
    return ones_as(x) if found is None else found


def _others_along(x: Value, where: dict[str, Any]) -> Value:
    return exclusive(x, **where) * exclusive(x, **where, back=True)


def _prod_jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
    (t,) = tangents
    return [None if t is None else sum_(t * _others(node), **node.params)]


def _prod_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (x,) = node.inputs
    params = {k: v for k, v in node.params.items() if k != "dtype"}
    return [matched(spread(known(cts[0]), x, **params) * _others(node), x)]


def _reduced(
    x: Type, axis: Any = None, dtype: Any = None, keepdims: bool = False
) -> Type:
    found = reduced(x, axis, keepdims)
    if dtype is None or found == UNKNOWN:
        return found
    return number_type(str(np.dtype(dtype)), dims_of(found))


def _prod_points() -> list[Sample]:
    x = spaced(-1.0, 1.5, (2, 3))
    zeros = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 1.0]])
    return [
        at(x),
        at(x, axis=0),
        at(x, axis=-1, keepdims=True),
        at(zeros, axis=1),
        at(zeros),
        at(zeros, axis=(0, 1)),
        at(spaced(-1.0, 1.5, (2, 2, 2)), axis=(0, -1)),
        at(np.array([0.0])),
        at(1.5),
        at(x[0].astype(np.float32)),
        value_at(np.array([2, 3])),
        value_at(np.zeros((0, 2)), axis=0),
    ]


prod: Op = custom(
    "prod",
    calls=(np.prod,),
    methods=("prod",),
    signature="x, axis=None, dtype=None, *, keepdims=False",
    infer=_reduced,
    jvp=_prod_jvp,
    vjp=_prod_vjp,
    domain=_prod_points,
)


def _cumprod_jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
    (x,), (t,) = node.inputs, tangents
    if t is None:
        return [None]
    where = _product_axis(node)
    found = recurrence(x, t * exclusive(x, **where), **where)
    dims = dims_of(x.type)
    if not where and (dims is None or len(dims) != 1):
        found = reshape_like(found, node.out)
    return [found]


def _cumprod_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (x,), g = node.inputs, known(cts[0])
    where = _product_axis(node)
    if not where:
        g = reshape_like(g, x)
    total = recurrence(shift(x, **where, back=True), g, **where, back=True)
    return [matched(total * exclusive(x, **where), x)]


def _product_axis(node: Node) -> dict[str, Any]:
    axis = node.params.get("axis")
    return {} if axis is None else {"axis": axis}


cumprod: Op = custom(
    "cumprod",
    calls=(np.cumprod,),
    methods=("cumprod",),
    signature="x, axis=None, dtype=None",
    infer=_scanned,
    jvp=_cumprod_jvp,
    vjp=_cumprod_vjp,
    domain=lambda: [*_scan_points(), at(np.array([2.0, 0.0, 3.0, 0.0]))],
)
