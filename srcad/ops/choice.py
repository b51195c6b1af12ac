"""Choices between values: where, clip, the larger and the smaller.

Ties of maximum and minimum are shared equally; Python's max and min follow the branch
that is taken, and give the first of equals; clip has slope 1 at its edges.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Node, Value, literal
from srcad.ir.joining import joined
from srcad.ir.types import (
    BOTTOM,
    INT,
    UNKNOWN,
    Array,
    Scalar,
    Static,
    Type,
    checked_dims,
    dims_of,
    dtype_of,
    elementwise_type,
    unwrapped,
)
from srcad.ops.arithmetic import bit_and, equal, greater, less, less_equal
from srcad.ops.declare import Arguments, Contribution, Op, custom, is_none, zero
from srcad.ops.domain import at, binary, spaced, value_at
from srcad.ops.fit import known, matched, shaped_like
from srcad.ops.kinds import elementwise
from srcad.ops.mask import masked
from srcad.ops.rounding import isfinite, isnan
from srcad.ops.ufunc import floating, real_function, ufunc_type

# ---- where ---------------------------------------------------------------------------


def _where_type(condition: Type, x: Type, y: Type) -> Type:
    """Always an array, of no dimensions for numbers."""
    shapes = [dims_of(t) for t in (condition, x, y)]
    dtype = dtype_of(elementwise_type(x, y))
    if dtype is None or None in shapes:
        return BOTTOM if BOTTOM in (condition, x, y) else UNKNOWN
    return Array(dtype, checked_dims(*(s for s in shapes if s is not None)))


def _where_jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
    condition, tx, ty = node.inputs[0], *tangents[1:]
    if tx is None and ty is None:
        return [None]
    if tx is None or ty is None:
        keep = tx is not None
        found = masked(condition, tx or ty, **({} if keep else {"keep": False}))
    else:
        found = where(condition, tx, ty)
    return [shaped_like(found, node.out)]


def _where_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    condition, x, y = node.inputs
    g = known(cts[0])
    return [
        None,
        None if isinstance(x, Literal) else matched(masked(condition, g), x),
        None
        if isinstance(y, Literal)
        else matched(masked(condition, g, keep=False), y),
    ]


def _where_points() -> list[Any]:
    x, y = spaced(-1.0, 1.0, (2, 3)), spaced(2.0, 3.0, (3,))
    return [
        at(x > 0.1, x, y),
        at(x[0] > 0.1, x, 0.0),
        at(x > 0.1, 0.0, y.astype(np.float32)),
        at(True, 1.5, 2.5),
        at(x[:, :1] > 0.1, 1.5, y),
        at(np.bool_(False), x, np.float64(1.5)),
        at(x > 0, x + 1j, y),
        value_at(x > 0, 1, 2),
    ]


where: Op = custom(
    "where",
    calls=(np.where,),
    signature="condition, x, y",
    infer=_where_type,
    code="np.where(condition, x, y)",
    jvp=_where_jvp,
    vjp=_where_vjp,
    domain=_where_points,
)

# ---- the larger and the smaller of two -----------------------------------------------


def _by_sign(x: Type, y: Type) -> bool:
    return isinstance(unwrapped(x), Array) or isinstance(unwrapped(y), Array)


def _share_type(x: Type, y: Type, constant: bool = False) -> Type:
    if constant and _by_sign(x, y):
        return elementwise_type(x, y, at_least="float")
    found = elementwise_type(x, y)
    if isinstance(found, Array):
        return Array("float64", found.dims)
    if isinstance(found, Scalar):
        return Scalar("float", "float64" if found.dtype else "")
    return found


def _share_code(node: Node) -> str:
    x, y = node.inputs
    if node.params.get("constant", False) and _by_sign(x.type, y.type):
        zero_ = isinstance(y, Literal) and y.value == 0
        return "0.5 * np.sign(x) + 0.5" if zero_ else "0.5 * np.sign(x - y) + 0.5"
    return "(x > y) + 0.5 * (x == y)"


# 1 where x > y, 0.5 where they are equal, else 0; by np.sign, which is the fastest, for
# a finite constant y (the difference of infinities would be nan).
share: Op = zero(
    "share",
    signature="x, y, constant=False",
    infer=_share_type,
    code=_share_code,
    domain=lambda: [
        value_at(np.array([1.0, 2.0, 3.0]), 2.0, constant=True),
        value_at(np.array([1.0, -np.inf]), np.array([0.0, -np.inf])),
        value_at(1.0, 1.0),
    ],
)


def share_of(x: Value, y: Value) -> Value:
    """How much of the larger of x and y is x's: 1, 0, or 0.5 at a tie."""
    finite = isinstance(y, Literal) and bool(np.isfinite(y.value))
    return share(x, y, constant=True) if finite else share(x, y)


def share_above(x: Value, y: Value) -> list[Any]:
    """The partials of maximum(x, y)."""
    if isinstance(x, Literal):
        return [None, share_of(y, x)]
    mine = share_of(x, y)
    return [mine, None if isinstance(y, Literal) else 1.0 - mine]


def share_below(x: Value, y: Value) -> list[Any]:
    """The partials of minimum(x, y)."""
    if isinstance(y, Literal):
        return [1.0 - share_of(x, y), None]
    mine = share_of(y, x)
    return [None if isinstance(x, Literal) else mine, 1.0 - mine]


def _two(name: str, target: np.ufunc, partials: Any) -> Op:
    return real_function(
        name,
        target,
        partials=lambda out, x, y: partials(x, y),
        domain=binary((-2.0, 2.0), (-1.0, 1.0)),
    )


def _ignoring_nan(x: Value, y: Value, shares: Any) -> list[Any]:
    first, second = shares(x, y), shares(y, x)
    return [
        None if isinstance(x, Literal) else first[0] + isnan(y),
        None if isinstance(y, Literal) else second[0] + isnan(x),
    ]


def _fmax_partials(x: Value, y: Value) -> list[Any]:
    return _ignoring_nan(x, y, lambda a, b: [share(a, b)])


def _fmin_partials(x: Value, y: Value) -> list[Any]:
    return _ignoring_nan(x, y, lambda a, b: [share(b, a)])


maximum = _two("maximum", np.maximum, share_above)
minimum = _two("minimum", np.minimum, share_below)
fmax = _two("fmax", np.fmax, _fmax_partials)
fmin = _two("fmin", np.fmin, _fmin_partials)

# ---- Python's max and min of numbers -------------------------------------------------

# The position of the number that was given out; the first of equals.
winner: Op = zero(
    "winner",
    signature="out, *xs",
    infer=lambda *types: INT,
    code=lambda node: (
        "(" + ", ".join(f"xs{k}" for k in range(len(node.inputs) - 1)) + ",).index(out)"
    ),
    cost="cheap",
    domain=lambda: [value_at(2.0, 1.0, 2.0)],
)


def _extreme(name: str, target: Any) -> Op:
    """Python's max or min of two numbers or more."""

    def infer(*types: Type) -> Type:
        found = joined(tuple(map(unwrapped, types)))
        return found if isinstance(found, Scalar) else UNKNOWN

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        if kwargs or len(args) < 2:
            raise MissingRule(
                f"{target.__name__}: only of two numbers or more has a derivative rule",
                hint=f"for an array: np.{target.__name__}",
            )
        return list(args), {}

    def conditions(node: Node) -> list[tuple[Value, dict[str, bool]]]:
        if len(node.inputs) == 2:
            x, y = node.inputs
            second = greater(y, x) if target is builtins.max else less(y, x)
            return [(second, {"keep": False}), (second, {})]
        k = winner(node.out, *node.inputs)
        return [(equal(k, j), {}) for j in range(len(node.inputs))]

    def jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
        total: Value | None = None
        for (taken, keep), t in zip(conditions(node), tangents, strict=True):
            if t is not None:
                term = masked(taken, t, **keep)
                total = term if total is None else total + term
        return [total]

    def vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
        g = known(cts[0])
        return [
            None if isinstance(x, Literal) else matched(masked(taken, g, **keep), x)
            for (taken, keep), x in zip(conditions(node), node.inputs, strict=True)
        ]

    return custom(
        name,
        calls=(target,),
        signature="*xs",
        infer=infer,
        bind=bind,
        jvp=jvp,
        vjp=vjp,
        domain=lambda: [
            at(1.5, 0.3),
            at(np.float64(0.3), np.float64(1.5)),
            at(0.3, 1.5, -0.7),
            at(2.5, 0.3, -0.7, 2.0),
        ],
    )


max_of = _extreme("max_of", builtins.max)
min_of = _extreme("min_of", builtins.min)

# ---- clip ----------------------------------------------------------------------------


def _bind_clip(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    names = {"a": 0, "a_min": 1, "min": 1, "a_max": 2, "max": 2}
    inputs: list[Any] = [*args, *[literal(None)] * (3 - len(args))]
    for name, given in kwargs.items():
        if name not in names or len(args) > 3:
            raise MissingRule(f"clip: this keyword {name!r} has no derivative rule")
        inputs[names[name]] = given
    return inputs, {}


_maximum_type = ufunc_type(np.maximum)


def _clip_type(*types: Type) -> Type:
    x, *bounds = (t for t in types if t != Static(None))
    return functools.reduce(_maximum_type, bounds or [x], x)


def _clip_partials(out: Value, x: Value, lo: Value, hi: Value) -> Sequence[Any]:
    def below(g: Value) -> Value:
        low = less(x, lo)
        return masked(low if is_none(hi) else bit_and(low, less_equal(lo, hi)), g)

    def above(g: Value) -> Value:
        return masked(greater(x if is_none(lo) else maximum(x, lo), hi), g)

    return [lambda g: masked(equal(out, x), g), below, above]


def _clip_points() -> list[Any]:
    x = spaced(-2.0, 2.0, (2, 3))
    lo, hi = np.array([-0.5, -1.0, -0.3]), np.array([0.4, 0.9, 1.2])
    none = [at(x, None, 0.7), at(x, -0.5, None), at(0.7, None, 0.5)]
    return [
        *none,
        at(x, -1.0, 1.0),
        at(x, lo, hi),
        at(x[0], lo, hi[:, None]),
        at(x.astype(np.float32), -1.0, 1.0),
        at(x, hi + 0.1, lo),
        at(np.float64(1.5), 0.0, 2.0),
        at(1.5, 0.0, np.float64(1.2)),
    ]


clip: Op = elementwise(
    "clip",
    calls=(np.clip,),
    methods=("clip",),
    signature="x, lo, hi",
    infer=_clip_type,
    bind=_bind_clip,
    partials=_clip_partials,
    domain=_clip_points,
)

nan_to_num: Op = elementwise(
    "nan_to_num",
    calls=(np.nan_to_num,),
    signature="x, copy=True, nan=0.0, posinf=None, neginf=None",
    infer=lambda x, **_: floating(x) if dims_of(x) is None else _numpy_type(x),
    partials=lambda out, x: [lambda g: masked(isfinite(x), g)],
    domain=lambda: [
        value_at(np.array([1.0, np.nan, np.inf])),
        at(1.5),
        at(np.array([1.0, 0.3], np.float32), nan=2.0),
        at(np.array([1.0, 0.3]), copy=False, posinf=5.0, neginf=-5.0),
    ],
)


def _numpy_type(x: Type) -> Type:
    x = unwrapped(x)
    if isinstance(x, Scalar):
        dtype = dtype_of(x) or "float64"
        return Scalar(x.kind, dtype)
    return x if not isinstance(x, Array) or x.dims else elementwise_type(x)
