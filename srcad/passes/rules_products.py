"""Rules for products in adjoint code: one normal form.

A product reads coefficient * scalars * arrays, from left to right, so that factors
that are numbers meet before they touch an array.
"""

from __future__ import annotations

from typing import Any

from srcad.ir.graph import Value, is_literal, literal
from srcad.ir.types import FLOAT, Type
from srcad.passes.rules import (
    ONES,
    Inputs,
    Params,
    adjoint,
    can_be_negated,
    fits,
    is_array,
    is_coefficient,
    is_floating,
    is_scalar,
    made_by,
    negated,
    number,
    op,
    result_type,
    same_type,
    used_once,
)


@adjoint("multiply")
def product_of_units(inputs: Inputs, params: Params) -> Value | None:
    """1 * x is x, of complex numbers too; -1 * x is -x."""
    for x, y in (inputs, inputs[::-1]):
        if is_literal(x, *ONES) and fits(y, result_type("multiply", *inputs)):
            return y
        if is_literal(x, -1, -1.0) and fits(y, result_type("multiply", *inputs)):
            return -y if can_be_negated(y) else None
    return None


def _signs_outward(name: str) -> None:
    @adjoint(name)
    def outward(inputs: Inputs, params: Params) -> Value | None:
        """(-x) * y is -(x * y): sums and literals further out take the sign."""
        x, y = inputs
        left, right = negated(x), negated(y)
        if left is None and right is None:
            return None
        product = op(name)(left or x, right or y)
        return product if left is not None and right is not None else -product


for _name in ("multiply", "divide", "quotient"):
    _signs_outward(_name)


# As far into a product is its number looked for: it may be as long as the program.
FACTORS = 12


def factors(value: Value, depth: int = FACTORS) -> tuple[Value | None, Value]:
    """A product as its leading number and the rest: (2.0 * s) * A is 2.0 * s, A."""
    node = made_by(value, "multiply")
    if node is None or not is_array(value) or not depth:
        return None, value
    x, y = node.inputs
    if is_scalar(x):
        return x, y
    scale, rest = factors(x, depth - 1)
    return (None, value) if scale is None else (scale, rest * y)


def _coefficient(value: Value, depth: int = FACTORS) -> tuple[Any, Value]:
    """A number's literal factor and the rest: (2.0 * s) * t is 2.0, s * t."""
    node = made_by(value, "multiply")
    if node is None or not is_scalar(value) or not depth:
        return None, value
    x, y = node.inputs
    c = number(x)
    if c is not None:
        return c, y
    c, rest = _coefficient(x, depth - 1)
    return (None, value) if c is None else (c, rest * y)


@adjoint("multiply")
def product_of_numbers(inputs: Inputs, params: Params) -> Value | None:
    """Literal factors of numbers meet, and come first: x * (2.0 * y) is 2.0 * x * y."""
    x, y = inputs
    if not (is_scalar(x) and is_scalar(y)) or not _all_floating(inputs):
        return None
    if number(y) is not None:
        return y * x
    c = number(x)
    if c is not None:
        d, rest = _coefficient(y)
        return None if d is None else literal(c * d) * rest
    if made_by(y, "multiply") is None:
        return None
    d, rest = _coefficient(y)
    if d is None:
        return None
    c, other = _coefficient(x)
    total = d if c is None else c * d
    return (literal(total) * other) * rest


@adjoint("multiply")
def product_with_inverse(inputs: Inputs, params: Params) -> Value | None:
    """2.0 * (0.5 * x) is x, whoever else reads the half of x."""
    c, node = number(inputs[0]), made_by(inputs[1], "multiply")
    d = None if node is None else number(node.inputs[0])
    if node is None or c is None or d is None or c * d != 1.0:
        return None
    rest, whole = node.inputs[1], result_type("multiply", *inputs)
    return rest if is_floating(rest.type) and same_type(rest.type, whole) else None


@adjoint("multiply")
def product_with_arrays(inputs: Inputs, params: Params) -> Value | None:
    """Numbers meet before they touch an array: (2.0 * A) * s is (2.0 * s) * A."""
    x, y = inputs
    if not (is_array(x) or is_array(y)) or not _all_floating(inputs):
        return None
    if is_scalar(y):
        return y * x
    if not used_once(y):
        return None
    scale, rest = factors(y)
    if scale is None:
        return None
    if is_scalar(x):
        return (x * scale) * rest
    other, left = factors(x)
    if other is None or not used_once(x):
        return y * x
    return ((other * scale) * left) * rest


def _whole_ratio(c: Any, d: Any) -> tuple[Any, Any] | None:
    """c / d as a float above, or below, where one is a multiple of the other."""
    if not c or not d or isinstance(c, complex) or isinstance(d, complex):
        return None
    if c % d == 0:
        return c / d, 1.0
    return (1.0, d / c) if d % c == 0 else None


def _of_ratio(c: Any, d: Any, rest: Value, expected: Type) -> Value | None:
    """(c / d) * rest, where that is as short as one of the two."""
    ratio = _whole_ratio(c, d)
    if ratio is None or not same_type(op("multiply").infer(FLOAT, rest.type), expected):
        return None
    above, below = ratio
    if below != 1.0:
        return op("divide")(rest, literal(below))
    return literal(above) * rest


@adjoint("divide", "quotient")
def scaled_by_a_number(inputs: Inputs, params: Params) -> Value | None:
    """3.0 * x / 3.0 is x, 6.0 * x / 3.0 is 2.0 * x and 2.0 * x / 4.0 is x / 2.0."""
    x, y = inputs
    node, d = made_by(x, "multiply"), number(y)
    c = number(node.inputs[0]) if node is not None else None
    if node is None or c is None or d is None or not used_once(x):
        return None
    rest = node.inputs[1]
    if not is_floating(rest.type):
        return None
    return _of_ratio(c, d, rest, op("divide").infer(x.type, y.type))


@adjoint("multiply")
def number_times_share(inputs: Inputs, params: Params) -> Value | None:
    """3.0 * (x / 3.0) is x, and so on."""
    x, y = inputs
    node, c = made_by(y, "divide", "quotient"), number(x)
    d = number(node.inputs[1]) if node is not None else None
    if node is None or c is None or d is None or not used_once(y):
        return None
    rest = node.inputs[0]
    if not is_floating(rest.type):
        return None
    return _of_ratio(c, d, rest, op("multiply").infer(x.type, y.type))


@adjoint("divide", "quotient")
def quotient_of_scaled(inputs: Inputs, params: Params) -> Value | None:
    """(s * A) / t is (s / t) * A for numbers s and t."""
    x, y = inputs
    if not is_array(x) or not is_scalar(y) or not is_floating(x.type):
        return None
    if not used_once(x):
        return None
    scale, rest = factors(x)
    if scale is None or not _all_floating((scale, rest)):
        return None
    # Python's division raises where NumPy's, of the array, did not.
    name = "divide" if made_by(y, "divisor") else "quotient"
    ratio = result_type(name, scale, y)
    found = op("multiply").infer(ratio, rest.type)
    if not same_type(found, result_type("divide", *inputs)):
        return None  # NumPy's float64 would widen an array of float32
    return op(name)(scale, y) * rest


def _all_floating(values: Inputs) -> bool:
    """Real or complex, so that reordering changes only the rounding."""
    return all(map(is_coefficient, values)) and any(is_floating(v.type) for v in values)
