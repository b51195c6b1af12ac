"""Powers: x ** y, and what its partials need where it is not smooth."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import OPERATORS, Literal, Value, is_literal, literal
from srcad.ir.types import (
    UNKNOWN,
    Scalar,
    Type,
    dims_of,
    elementwise_type,
    kind_of,
)
from srcad.ops.arithmetic import is_python, quotient
from srcad.ops.declare import Op
from srcad.ops.domain import Sample, at, binary, spaced, unary, value_at
from srcad.ops.kinds import elementwise


def _power_type(x: Type, y: Type) -> Type:
    if is_python(x) and is_python(y) and kind_of(x) == kind_of(y) == "int":
        return Scalar("int") if _non_negative(y) else UNKNOWN
    return elementwise_type(x, y)


def _non_negative(t: Type) -> bool:
    return isinstance(t, Scalar) and isinstance(t.size, int) and t.size >= 0


def power_partials(out: Value, x: Value, y: Value) -> Sequence[Any]:
    """Those of x**y, without one by a literal exponent."""
    exponent = None if isinstance(y, Literal) else power_exponent_partial(out, x)
    return [power_base_partial(x, y), exponent]


def power_base_partial(x: Value, y: Value) -> Any:
    """d(x**y)/dx: y * x**(y - 1), and 0 at x = 0 for y = 0."""
    if isinstance(y, Literal) and not isinstance(y.value, complex):
        c = y.value
        if c == 0:
            return lambda g: g * zero_like_power(x)
        if c == 1:
            return 1
        if c == 2:
            return lambda g: g * (literal(2.0) * x)
        if c > 1:
            return lambda g: g * (literal(float(c)) * x ** literal(c - 1))
    return lambda g: g * power_slope(x, y)


def zero_like_power(x: Value) -> Value:
    """Zeros of x's shape: x**0 does not depend on x, but has its shape."""
    return x * 0.0


def power_exponent_partial(out: Value, x: Value) -> Any:
    """d(x**y)/dy: out * log(x), and 0 at x = 0."""
    return lambda g: g * (out * log_or_zero(x))


def _slope_partials(out: Value, x: Value, y: Value) -> Sequence[Any]:
    def by_base(g: Value) -> Value:
        return g * (y * power_slope(x, y - 1))

    def by_exponent(g: Value) -> Value:
        return g * (power_or_zero(x, y - 1) + out * log_or_zero(x))

    return [by_base, by_exponent]


def _power_points() -> list[Sample]:
    x = spaced(-1.0, 1.5, (2, 3))
    return [
        *binary((0.5, 2.0), (0.5, 2.5))(),
        *(at(x, k) for k in (2, 3, 1, 0)),
        at(spaced(0.2, 2.0, (2, 3)), -1.5),
        at(-1.3, 3),
        value_at(-1.3, 3.0),
        at(2.0, spaced(0.5, 1.5, (3,))),
        value_at(0.0, 0.0),
    ]


def _is_few_products(x: Value, y: Value) -> bool:
    """Whether a power is a product or two: a square, or a number's third or fourth."""
    return is_literal(y, 2, 2.0) or (is_literal(y, 3, 4) and dims_of(x.type) == ())


power: Op = elementwise(
    "power",
    calls=(operator.pow, np.power, builtins.pow),
    signature="x, y",
    infer=_power_type,
    code="x ** y",
    partials=power_partials,
    domain=_power_points,
    cost=lambda node: "cheap" if _is_few_products(*node.inputs) else "normal",
)
OPERATORS["**"] = power

# y * x**(y - 1), which is 0 where y is 0, and inf rather than an error at x = 0.
power_slope: Op = elementwise(
    "power_slope",
    signature="x, y",
    infer=lambda x, y: _computed(x, y),
    code="runtime.power_slope(x, y)",
    partials=_slope_partials,
    domain=binary((0.5, 2.0), (1.5, 2.5)),
)

# x**y without Python's errors: inf at 0 to a negative power.
power_or_zero: Op = elementwise(
    "power_or_zero",
    signature="x, y",
    infer=lambda x, y: _computed(x, y),
    code="np.power(x, y, dtype=np.result_type(x, y, 0.0))",
    partials=power_partials,
    domain=binary((0.5, 2.0), (0.5, 2.5)),
)

# log(x), and 0 at x = 0, where x**y is flat in y.
log_or_zero: Op = elementwise(
    "log_or_zero",
    infer=lambda x: _computed(x),
    code="runtime.log_or_zero(x)",
    partials=lambda out, x: [lambda g: quotient(g, x)],
    domain=unary(0.5, 2.0),
)


def _computed(*types: Type) -> Type:
    """The type NumPy gives: NumPy scalars even for Python numbers."""
    found = elementwise_type(*types, at_least="float")
    if isinstance(found, Scalar) and not found.dtype:
        return Scalar(
            found.kind, "complex128" if found.kind == "complex" else "float64"
        )
    return found
