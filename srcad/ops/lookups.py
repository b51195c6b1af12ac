"""Values looked up between points: interp; phases made smooth: unwrap; bincount, i0.

At a knot, `interp` has the slope of the piece that begins there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.types import Array, Type, dims_of
from srcad.ops.arithmetic import greater, less
from srcad.ops.bodies import doubled, entry, length, minus
from srcad.ops.choice import maximum, minimum, where
from srcad.ops.declare import (
    Arguments,
    Contribution,
    Op,
    as_array,
    custom,
    is_none,
    static,
)
from srcad.ops.derived import derived
from srcad.ops.domain import Sample, at, spaced, unary, value_at
from srcad.ops.elementary import sqrt
from srcad.ops.fit import known, matched
from srcad.ops.grids import linspace
from srcad.ops.kinds import elementwise, weighed
from srcad.ops.order import searchsorted
from srcad.ops.ranks import reshape_like
from srcad.ops.rearrange import take
from srcad.ops.shapes import ravel
from srcad.ops.sizes import bound, own_length, with_dims
from srcad.ops.ufunc import floating, quotient_or_zero

# ---- interp --------------------------------------------------------------------------


def _interp(x: Value, xp: Value, fp: Value, *ends: Value, given: Any = ()) -> Value:
    x, xp, fp = (doubled(v) for v in (x, xp, fp))
    flat_x = ravel(x)
    last = minus(length(xp), 1)
    place = minimum(maximum(searchsorted(xp, flat_x, side="right") - 1, 0), last)
    after = minimum(place + 1, last)
    x0, f0 = take(xp, place), take(fp, place)
    rise, run = take(fp, after) - f0, take(xp, after) - x0
    found = f0 + quotient_or_zero(rise, run) * (flat_x - x0)
    outside = dict(zip(given, ends, strict=True))
    low, high = outside.get("left"), outside.get("right")
    first, final = entry(xp, 0), entry(xp, -1)
    found = where(less(flat_x, first), entry(fp, 0) if low is None else low, found)
    above = entry(fp, -1) if high is None else high
    found = where(greater(flat_x, final), above, found)
    found = reshape_like(found, x)
    return found if dims_of(x.type) else found * 1.0


def _interp_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = ("x", "xp", "fp", "left", "right", "period")
    given = bound(names, args, kwargs, "interp", ignored={"period": [None]})
    given = {k: v for k, v in given.items() if not is_none(v)}
    if "period" in given:
        bound(names[:5], (), {"period": given["period"]}, "interp")
    ends = tuple(k for k in ("left", "right") if k in given)
    inputs = [as_array(given[k]) for k in names[:3]] + [given[k] for k in ends]
    return inputs, {"given": ends} if ends else {}


def _interp_points() -> list[Sample]:
    xp, fp = np.array([0.0, 0.5, 2.0]), np.array([1.0, -1.0, 3.0])
    x = np.array([[-0.3, 0.2, 0.9], [1.7, 2.5, 0.4]])
    return [
        at(x, xp, fp),
        at(0.7, xp, fp),
        at(np.float64(0.7), xp, fp),
        at(x[0], xp, fp + 1j),
        value_at(np.array([0.0, 2.0]), xp[:1], fp[:1]),
        Sample(
            (x, xp, fp, 0.5, 2.0),
            {"given": ("left", "right")},
            expected=lambda x, xp, fp, a, b: np.interp(x, xp, fp, left=a, right=b),
        ),
    ]


def _interp_code(node: Node) -> str:
    ends = (f", {k}=ends{j}" for j, k in enumerate(node.params.get("given", ())))
    return f"np.interp(x, xp, fp{''.join(ends)})"


interp: Op = derived(
    "interp",
    calls=(np.interp,),
    signature="x, xp, fp, *ends, given=()",
    bind=_interp_bind,
    code=_interp_code,
    body=_interp,
    domain=_interp_points,
)

# ---- unwrap --------------------------------------------------------------------------

# What is added is piecewise constant.
unwrap: Op = elementwise(
    "unwrap",
    calls=(np.unwrap,),
    signature="p, discont=None, axis=-1, *, period=6.283185307179586",
    infer=lambda p, **_: floating(p),
    partials=lambda out, p: [1],
    domain=lambda: [
        at(np.array([0.1, 3.0, -3.1, 0.5])),
        at(np.array([[0.1, 2.0], [3.0, 0.5]]), axis=0, period=2.5),
        at(np.array([0.1, 3.0, -3.1, 0.5]), discont=4.0),
    ],
)

# ---- bincount ------------------------------------------------------------------------


def _count_type(x: Type, weights: Type | None = None, minlength: int = 0) -> Type:
    return Array("int64" if weights is None else "float64", (own_length(),))


def _count_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    t = ts[1] if len(ts) > 1 else None
    return [None if t is None else bincount(node.inputs[0], t, **node.params)]


def _count_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    x, *weights = node.inputs
    return [None, *(matched(take(known(cts[0]), x), w) for w in weights)]


def _count_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("x", "weights", "minlength"), args, kwargs, "bincount")
    least = static(given.get("minlength", 0), "bincount(minlength=...)")
    weights = given.get("weights")
    inputs = [given["x"]] if is_none(weights) else [given["x"], weights]
    return inputs, {"minlength": least} if least else {}


bincount: Op = custom(
    "bincount",
    calls=(np.bincount,),
    signature="x, weights=None, minlength=0",
    inputs=("weights",),
    bind=_count_bind,
    infer=_count_type,
    code=lambda node: (
        "np.bincount(x, minlength=minlength)"
        if len(node.inputs) == 1
        else "np.bincount(x, weights, minlength=minlength)"
    ),
    jvp=_count_jvp,
    vjp=_count_vjp,
    domain=lambda: [
        at(np.array([0, 2, 2, 1])),
        at(np.array([0, 2, 2, 1]), spaced(-1, 1, (4,))),
        at(np.array([0, 2, 2, 1]), spaced(-1, 1, (4,)), minlength=6),
    ],
)

# ---- modified Bessel functions -------------------------------------------------------


def _slope(x: Value, order: int) -> Value:
    """The derivative of I_n: (I_(n-1) + I_(n+1)) / 2, and I_1 for n = 0."""
    if order == 0:
        return bessel_i(x, order=1)
    return 0.5 * (bessel_i(x, order=order - 1) + bessel_i(x, order=order + 1))


def _bessel_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (x,) = node.inputs
    t = ts[0]
    return [None if t is None else t * _slope(x, node.params.get("order", 0))]


def _bessel_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (x,), order = node.inputs, node.params.get("order", 0)
    return [matched(weighed(known(cts[0]), _slope(x, order)), x)]


# I_n(x), the modified Bessel function of the first kind of a whole order.
bessel_i: Op = custom(
    "bessel_i",
    signature="x, order=0",
    infer=lambda x, **_: floating(x),
    code="runtime.bessel_i(x, order)",
    jvp=_bessel_jvp,
    vjp=_bessel_vjp,
    domain=lambda: [
        at(spaced(-2, 2, (3,)), order=1),
        at(spaced(-2, 2, (3,)), order=3),
        at(12.5, order=1),
    ],
)
i0: Op = elementwise(
    "i0",
    calls=(np.i0,),
    signature="x",
    infer=lambda x: with_dims(floating(x), dims_of(x)),
    partials=lambda out, x: [bessel_i(x, order=1)],
    domain=unary(-2.0, 2.0),
)


def _kaiser(m: Value, beta: Value) -> Value:
    """The window by its formula, with I_0 along half an ellipse."""
    place = linspace(-1.0, 1.0, m)
    return bessel_i(beta * sqrt(1.0 - place * place)) / bessel_i(beta)


kaiser: Op = derived(
    "kaiser",
    calls=(np.kaiser,),
    signature="m, beta",
    body=_kaiser,
    code="np.kaiser(m, beta)",
    domain=lambda: [Sample((5, 2.5), expected=np.kaiser)],
)
