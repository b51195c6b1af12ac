"""The largest and the smallest entry: max, min, ptp.

Entries that tie for it get an equal share of the derivative.
"""

from __future__ import annotations

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.types import UNKNOWN, Scalar, Type, dims_of, dtype_of, number_type
from srcad.ops.arithmetic import equal
from srcad.ops.declare import Contribution, Op, custom
from srcad.ops.fit import known, matched, spread, sum_
from srcad.ops.mask import masked
from srcad.ops.ranks import expand_dims
from srcad.ops.reduced import Axis, axes_of, reduced_dims
from srcad.ops.reductions import Tangents, axes, points


def _selected(x: Type, axis: Axis = None, keepdims: bool = False) -> Type:
    dims, dtype = dims_of(x), dtype_of(x)
    if dims is None or dtype is None:
        return UNKNOWN
    return number_type(dtype, reduced_dims(dims, axis, keepdims))


def _at_extreme(node: Node, out: Value) -> Value:
    """Which entries are equal to the extreme of their axis."""
    x = node.inputs[0]
    if node.params.get("axis") is None or node.params.get("keepdims"):
        return equal(x, out)
    dims = dims_of(x.type)
    axis = node.params["axis"]
    if dims is not None and len(dims) == len(axes_of(axis, len(dims))):
        return equal(x, out)
    return equal(x, expand_dims(out, axis=axis))


def _shares(t: Value, node: Node, out: Value) -> Value:
    """The mean of a tangent over the entries at the extreme."""
    top = _at_extreme(node, out)
    return sum_(masked(top, t), **axes(node)) / sum_(top, **axes(node))


def _shared(g: Value, node: Node, out: Value) -> Value:
    """A cotangent shared equally by the entries at the extreme."""
    x = node.inputs[0]
    top = _at_extreme(node, out)
    if isinstance(out.type, Scalar) or node.params.get("axis") is None:
        return masked(top, g / sum_(top))
    return masked(top, spread(g / sum_(top, **axes(node)), x, **axes(node)))


def _extreme_vjp(node: Node, cts: Tangents) -> list[Contribution]:
    x = node.inputs[0]
    return [matched(_shared(known(cts[0]), node, node.out), x)]


def _extreme_jvp(node: Node, tangents: Tangents) -> list[Value | None]:
    (t,) = tangents
    return [None if t is None else _shares(t, node, node.out)]


def _extreme(name: str, *calls: object) -> Op:
    return custom(
        name,
        calls=calls,
        methods=(name.rstrip("_"),),
        signature="x, axis=None, *, keepdims=False",
        infer=_selected,
        jvp=_extreme_jvp,
        vjp=_extreme_vjp,
        domain=points,
    )


max_ = _extreme("max_", np.max, np.amax)
min_ = _extreme("min_", np.min, np.amin)


def _ends(node: Node) -> tuple[Value, Value]:
    x = node.inputs[0]
    return max_(x, **axes(node)), min_(x, **axes(node))


def _ptp_jvp(node: Node, tangents: Tangents) -> list[Value | None]:
    (t,) = tangents
    if t is None:
        return [None]
    top, bottom = _ends(node)
    return [_shares(t, node, top) - _shares(t, node, bottom)]


def _ptp_vjp(node: Node, cts: Tangents) -> list[Contribution]:
    g, (top, bottom) = known(cts[0]), _ends(node)
    found = _shared(g, node, top) - _shared(g, node, bottom)
    return [matched(found, node.inputs[0])]


ptp: Op = custom(
    "ptp",
    calls=(np.ptp,),
    signature="x, axis=None, *, keepdims=False",
    infer=_selected,
    jvp=_ptp_jvp,
    vjp=_ptp_vjp,
    domain=points,
)
