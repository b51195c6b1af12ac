"""Rules for arithmetic: folding, units, signs, and sums in adjoint code."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from srcad.ir.graph import Literal, Value, is_literal, literal
from srcad.ir.types import BOOL, kind_of
from srcad.passes.rules import (
    ONES,
    ZEROS,
    Inputs,
    Params,
    adjoint,
    can_be_negated,
    exact,
    fits,
    is_floating,
    is_scalar,
    made_by,
    negated,
    number,
    op,
    result_type,
    same_computation,
    used_once,
)

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "floor_divide": operator.floordiv,
    "remainder": operator.mod,
    "power": operator.pow,
    "negative": operator.neg,
    "positive": operator.pos,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "not_": operator.not_,
    "truth": bool,
}
_MOST_BITS = 200


# ---- folding -------------------------------------------------------------------------


def _folded(name: str, values: list[Any]) -> Literal | None:
    if name == "power" and all(isinstance(v, int) for v in values):
        base, exponent = values
        if exponent < 0 or int(base).bit_length() * exponent > _MOST_BITS:
            return None
    try:
        return literal(_FUNCTIONS[name](*values))
    except (ArithmeticError, TypeError, ValueError):
        return None


def _constants(inputs: Inputs, kinds: tuple[type, ...]) -> list[Any] | None:
    values = []
    for v in inputs:
        if not isinstance(v, Literal) or type(v.value) not in kinds:
            return None
        values.append(v.value)
    return values


def _enter_folding(name: str) -> None:
    @exact(name)
    def integers(inputs: Inputs, params: Params) -> Value | None:
        """Arithmetic of counters and indices, and answers of branches."""
        values = _constants(inputs, (bool, int))
        return None if values is None or name == "divide" else _folded(name, values)

    @adjoint(name)
    def numbers(inputs: Inputs, params: Params) -> Value | None:
        """Coefficients. The user's own 2.0 * 3.0 stays as it was written."""
        values = _constants(inputs, (bool, int, float, complex))
        return None if values is None else _folded(name, values)


for _name in _FUNCTIONS:
    _enter_folding(_name)


@exact("negative")
def negative_literal(inputs: Inputs, params: Params) -> Value | None:
    """-(2.0) prints the same either way."""
    found = number(inputs[0])
    return None if found is None else literal(-found)


# ---- units ---------------------------------------------------------------------------


def _if_fits(value: Value, name: str, inputs: Inputs) -> Value | None:
    return value if fits(value, result_type(name, *inputs)) else None


def _not_complex(value: Value) -> bool:
    return kind_of(value.type) in ("bool", "int", "float")


@exact("multiply")
def times_one(inputs: Inputs, params: Params) -> Value | None:
    """1 * x is x, where it has x's type (complex infinities aside)."""
    x, y = inputs
    if is_literal(y, *ONES) and _not_complex(x):
        return _if_fits(x, "multiply", inputs)
    if is_literal(x, *ONES) and _not_complex(y):
        return _if_fits(y, "multiply", inputs)
    return None


@exact("divide", "quotient")
def by_one(inputs: Inputs, params: Params) -> Value | None:
    """x / 1 is x."""
    x, y = inputs
    if is_literal(y, *ONES) and _not_complex(x):
        return _if_fits(x, "divide", inputs)
    return None


@exact("subtract")
def minus_zero(inputs: Inputs, params: Params) -> Value | None:
    """x - 0 is x, of -0.0 too."""
    x, y = inputs
    return _if_fits(x, "subtract", inputs) if is_literal(y, *ZEROS) else None


@exact("add")
def plus_zero(inputs: Inputs, params: Params) -> Value | None:
    """n + 0 is n for integers; -0.0 + 0 would be 0.0."""
    x, y = inputs
    if is_literal(y, 0) and kind_of(x.type) == "int":
        return _if_fits(x, "add", inputs)
    if is_literal(x, 0) and kind_of(y.type) == "int":
        return _if_fits(y, "add", inputs)
    return None


@exact("power")
def to_the_one(inputs: Inputs, params: Params) -> Value | None:
    """x ** 1 is x."""
    x, y = inputs
    if is_literal(y, *ONES) and _not_complex(x):
        return _if_fits(x, "power", inputs)
    return None


@exact("positive")
def plus_sign(inputs: Inputs, params: Params) -> Value | None:
    """+x is x."""
    return _if_fits(inputs[0], "positive", inputs)


@exact("negative")
def twice_negative(inputs: Inputs, params: Params) -> Value | None:
    """-(-x) is x."""
    return negated(inputs[0])


@exact("truth")
def truth_of_bool(inputs: Inputs, params: Params) -> Value | None:
    """bool(x) of a bool."""
    return inputs[0] if inputs[0].type == BOOL else None


@exact("not_")
def twice_not(inputs: Inputs, params: Params) -> Value | None:
    """not not x."""
    node = made_by(inputs[0], "not_")
    return None if node is None else op("truth")(node.inputs[0])


# ---- sums in adjoint code ------------------------------------------------------------


def is_zeros(value: Value) -> bool:
    """Whether a value is a literal zero or an array of zeros."""
    if is_literal(value, 0, 0.0, 0j) or made_by(value, "zeros_like", "zeros"):
        return True
    node = made_by(value, "broadcast_like")
    return node is not None and is_zeros(node.inputs[0])


@adjoint("add")
def sum_with_zero(inputs: Inputs, params: Params) -> Value | None:
    """0 + x is x."""
    x, y = inputs
    if is_zeros(y) and (found := _if_fits(x, "add", inputs)):
        return found
    return _if_fits(y, "add", inputs) if is_zeros(x) else None


@adjoint("add")
def sum_with_negative(inputs: Inputs, params: Params) -> Value | None:
    """x + (-y) is x - y, and so on."""
    x, y = inputs
    left, right = negated(x), negated(y)
    if left is not None and right is not None:
        return -(left + right)
    if right is not None:
        return x - right
    return None if left is None else y - left


@adjoint("add")
def sum_with_itself(inputs: Inputs, params: Params) -> Value | None:
    """x + x is 2 * x, as for both partials of x * x; t + x + x is t + 2 * x."""
    x, y = inputs
    if not is_floating(y.type):
        return None
    if same_computation(x, y):
        return literal(2.0) * x
    node = made_by(x, "add")
    if node is None or not same_computation(node.inputs[1], y):
        return None
    return node.inputs[0] + literal(2.0) * y


@adjoint("subtract")
def difference_with_negative(inputs: Inputs, params: Params) -> Value | None:
    """x - (-y) is x + y; (-x) - y is -(x + y); 0 - x is -x."""
    x, y = inputs
    right = negated(y)
    if right is not None:
        return x + right
    fitting = is_floating(y.type) and fits(y, result_type("subtract", *inputs))
    if is_zeros(x) and fitting:
        return -y
    left = negated(x)
    return None if left is None else -(left + y)


@adjoint("negative")
def negative_of_difference(inputs: Inputs, params: Params) -> Value | None:
    """-(x - y) is y - x; -(c * x) is (-c) * x; -(c / x) is (-c) / x."""
    node = made_by(inputs[0], "subtract", "multiply", "divide", "quotient")
    if node is None or not is_floating(inputs[0].type):
        return None
    x, y = node.inputs
    if node.op.name == "subtract":
        return y - x if can_be_negated(x) and can_be_negated(y) else None
    c = number(x)
    if c is None or not (is_scalar(inputs[0]) or used_once(inputs[0])):
        return None
    return op(node.op.name)(literal(-c), y)
