"""Recursive filters along an axis: `lfilter`, and the two halves it is made of.

`fir(b, x)` is the causal convolution with b, `all_pole(a, x)` undoes that with a, so
that `lfilter(b, a, x)` is `all_pole(a, fir(b, x))`. The transpose of either in x runs
backwards in time. In the coefficients `fir` is bilinear, and for y = all_pole(a, x)

    dy = all_pole(a, dx - fir(da, y))

as a * y = x. The state that `zi` gives and `zf` tells is what the convolutions have
beyond the ends (direct form II transposed: A. V. Oppenheim and R. W. Schafer,
"Discrete-Time Signal Processing", section 6.3).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Literal, Node, Value
from srcad.ir.types import (
    UNKNOWN,
    Array,
    Scalar,
    Type,
    dims_of,
    dtype_of,
    elementwise_type,
)
from srcad.ops.bodies import cast_like, entry, length, part, rank_for
from srcad.ops.borders import less_by, most, plus
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
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.filled import zeros
from srcad.ops.fit import known, matched
from srcad.ops.joins import concatenate
from srcad.ops.kinds import bilinear
from srcad.ops.rearrange import flip
from srcad.ops.sizes import bound, own_length

# What SciPy filters in, besides double precision.
NATIVE = ("float32", "complex64", "longdouble", "clongdouble")


def _dtype(c: Type, x: Type) -> str | None:
    """The dtype of c filtered with x, or the other way round."""
    dtype = dtype_of(elementwise_type(c, x, at_least="float"))
    if dtype is None or dtype in NATIVE:
        return dtype
    return str(np.result_type(np.dtype(dtype), np.float64))


def _filtered(c: Type, x: Type, axis: int = -1) -> Type:
    dims, dtype = dims_of(x), _dtype(c, x)
    return UNKNOWN if dims is None or dtype is None else Array(dtype, dims)


def _one(node: Node) -> str:
    """The coefficients of a half that does nothing, which may not widen the result."""
    dtype = _dtype(*(v.type for v in node.inputs))
    return f"np.ones(1, np.{dtype})" if dtype in NATIVE else "[1.0]"


def backwards(x: Value, axis: int) -> Value:
    """x in reverse along an axis."""
    return flip(x, axis=axis)


# ---- the moving average, and its cotangent -------------------------------------------


def _fir_back(g: Value, node: Node) -> Contribution:
    (c, x), axis = node.inputs, node.params.get("axis", -1)
    found = fir(c, backwards(known(g), axis), **node.params)
    return matched(backwards(found, axis), x)


# The causal convolution along an axis, as long as x.
fir: Op = bilinear(
    "fir",
    signature="c, x, axis=-1",
    infer=_filtered,
    code=lambda node: f"scipy.signal.lfilter(c, {_one(node)}, x, axis=axis)",
    transposes=(
        lambda g, node: matched(
            lagged(known(g), node.inputs[1], length(node.inputs[0]), **node.params),
            node.inputs[0],
        ),
        _fir_back,
    ),
    domain=lambda: [
        at(spaced(1, 2, (3,)), spaced(-1, 1, (5,))),
        at(spaced(1, 2, (3,)), spaced(-1, 1, (4, 2)), axis=0),
        at(spaced(1, 2, (4,)), spaced(-1, 1, (2,))),
    ],
)


def _lagged_type(w: Type, x: Type, n: Type, axis: int = -1) -> Type:
    dtype = dtype_of(elementwise_type(w, x, at_least="float"))
    size = n.size if isinstance(n, Scalar) else None
    count = own_length() if size is None else size
    return UNKNOWN if dtype is None else Array(dtype, (count,))


def _lagged_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (w, x, n), (dw, dx, _) = node.inputs, ts
    left = None if dw is None else lagged(dw, x, n, **node.params)
    right = None if dx is None else lagged(w, dx, n, **node.params)
    return [left + right if left is not None and right is not None else left or right]


def _lagged_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (w, x, _), g, axis = node.inputs, known(cts[0]), node.params.get("axis", -1)
    by_x = backwards(fir(g, backwards(w, axis), **node.params), axis)
    return [matched(fir(g, x, **node.params), w), matched(by_x, x), None]


def _lags(w: Any, x: Any, n: int, axis: int = -1) -> Any:
    w, x = np.moveaxis(w, axis, -1), np.moveaxis(x, axis, -1)
    m = x.shape[-1]
    pairs = [(w[..., k:], x[..., : max(m - k, 0)]) for k in range(n)]
    return np.array([np.sum(a * b) for a, b in pairs])


# The sums over w[k + j] * x[j] for n lags k: what a coefficient of `fir` gets.
lagged: Op = custom(
    "lagged",
    signature="w, x, n, axis=-1",
    infer=_lagged_type,
    code="runtime.lagged(w, x, n, axis=axis)",
    jvp=_lagged_jvp,
    vjp=_lagged_vjp,
    domain=lambda: [
        at(spaced(1, 2, (5,)), spaced(-1, 1, (5,)), 3, expected=_lags),
        at(spaced(1, 2, (2,)), spaced(-1, 1, (2,)), 3, expected=_lags),
        Sample(
            (spaced(1, 2, (4, 2)), spaced(-1, 1, (4, 2)), 2),
            {"axis": 0},
            expected=lambda w, x, n: _lags(w, x, n, 0),
        ),
    ],
)

# ---- the recursion -------------------------------------------------------------------


def _pole_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (a, _), (da, dx), y = node.inputs, ts, node.out
    change = None if da is None else -fir(da, y, **node.params)
    if dx is not None:
        change = dx if change is None else dx + change
    return [None if change is None else all_pole(a, change, **node.params)]


def _pole_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (a, x), axis, y = node.inputs, node.params.get("axis", -1), node.out
    back = all_pole(a, backwards(known(cts[0]), axis), **node.params)
    w = backwards(back, axis)
    return [matched(-lagged(w, y, length(a), **node.params), a), matched(w, x)]


# What has x as its causal convolution with a.
all_pole: Op = custom(
    "all_pole",
    signature="a, x, axis=-1",
    infer=_filtered,
    code=lambda node: f"scipy.signal.lfilter({_one(node)}, a, x, axis=axis)",
    jvp=_pole_jvp,
    vjp=_pole_vjp,
    domain=lambda: [
        at(np.array([2.0, 0.5, -0.3]), spaced(-1, 1, (5,))),
        at(np.array([2.0, 0.5]), spaced(-1, 1, (4, 2)), axis=0),
    ],
)

# ---- lfilter -------------------------------------------------------------------------


def vector(given: Any) -> Any:
    """An argument as an array; a number as one of one entry."""
    given = as_array(given)
    number = isinstance(given, (int, float, complex, Literal)) or (
        isinstance(given, Value) and isinstance(given.type, Scalar)
    )
    return as_array([given]) if number else given


def none_along(x: Value, count: Value, axis: int) -> Value:
    """Zeros like x, but of another length along an axis."""
    (rank,) = rank_for("lfilter", x)
    shape = [count if k == axis % rank else length(x, k) for k in range(rank)]
    return cast_like(zeros(*shape), x)


def more(x: Value, count: Value, axis: int) -> Value:
    """x with zeros behind it along an axis."""
    return joined(x, none_along(x, count, axis), axis=axis)


def joined(*xs: Value, axis: int) -> Value:
    """Arrays put together along an axis."""
    return concatenate(*xs, **({"axis": axis} if axis else {}))


def _at_axis(axis: int) -> dict[str, int]:
    return {} if axis == -1 else {"axis": axis}


def plain_filter(b: Value, a: Value, x: Value, axis: int = -1) -> Value:
    """The filter from rest."""
    where = _at_axis(axis)
    return all_pole(a, fir(b, x, **where), **where)


def with_state(
    b: Value, a: Value, x: Value, zi: Value, axis: int = -1
) -> tuple[Value, Value]:
    """The filter from a state, and the state it ends in."""
    where, n, first = _at_axis(axis), length(x, axis), entry(a, 0)
    b, a = b / first, a / first
    order = less_by(most(length(a), length(b)), 1)
    given = fir(b, more(x, order, axis), **where) + more(zi, n, axis)
    y = all_pole(a, part(given, None, n, axis), **where)
    left = fir(a, more(y, order, axis), **where)
    ends = (part(v, n, plus(n, order), axis) for v in (given, left))
    return y, next(ends) - next(ends)


def _bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("b", "a", "x", "axis", "zi"), args, kwargs, "lfilter")
    axis = static(given.get("axis", -1), "lfilter(axis=...)")
    inputs = [vector(given["b"]), vector(given["a"]), as_array(given["x"])]
    if not is_none(given.get("zi")):
        inputs.append(as_array(given["zi"]))
    return inputs, {} if axis == -1 else {"axis": axis}


def _filter(
    b: Value, a: Value, x: Value, zi: Value | None = None, axis: int = -1
) -> Any:
    if zi is None:
        return plain_filter(b, a, x, axis)
    return with_state(b, a, x, zi, axis)


def _code(node: Node) -> str:
    zi = ", zi=zi" if len(node.inputs) > 3 else ""
    return f"scipy.signal.lfilter(b, a, x, axis=axis{zi})"


def _sample(axis: int, b: Any, a: Any, x: Any, *zi: Any) -> Sample:
    def expected(b: Any, a: Any, x: Any, zi: Any = None) -> Any:
        return sys.modules["scipy.signal"].lfilter(b, a, x, axis=axis, zi=zi)

    params = {} if axis == -1 else {"axis": axis}
    return Sample((b, a, x, *zi), params, expected=expected)


def _points() -> list[Sample]:
    b, x, one = spaced(1, 2, (3,)), spaced(-1, 1, (4, 2)), np.array([1.0])
    two, three = np.array([2.0, 0.5]), np.array([2.0, 0.5, 0.2])
    return [
        _sample(-1, b, two, spaced(-1, 1, (5,))),
        _sample(-1, b[:2], one, spaced(-1, 1, (5,))),
        _sample(0, b[:1], three, x),
        _sample(-1, b, two, spaced(-1, 1, (5,)), spaced(-1, 1, (2,))),
        _sample(0, b[:2], three, x, spaced(-1, 1, (2, 2))),
        _sample(-1, spaced(1, 2, (4,)), one, x[:2, 0], spaced(-1, 1, (3,))),
    ]


lfilter: Op = derived(
    "lfilter",
    calls=("scipy.signal.lfilter",),
    signature="b, a, x, zi=None, axis=-1",
    inputs=("zi",),
    bind=_bind,
    code=_code,
    body=_filter,
    facts={"ranked": True},
    domain=_points,
)
