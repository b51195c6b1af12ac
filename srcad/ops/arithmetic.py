"""Python's operators on numbers and arrays, comparisons and logic."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from srcad.ir.graph import OPERATORS, Literal, Node, Value, is_literal
from srcad.ir.sizes import combined
from srcad.ir.types import (
    BOOL,
    UNKNOWN,
    Array,
    Scalar,
    Type,
    elementwise_type,
    kind_of,
    of_kind,
    unwrapped,
)
from srcad.ops.declare import Op, zero
from srcad.ops.domain import binary, unary
from srcad.ops.kinds import elementwise


def is_python(t: Type) -> bool:
    """Whether a value of this type is a Python number (its division raises)."""
    return isinstance(t, Scalar) and not t.dtype


# ---- type inference ------------------------------------------------------------------


def arithmetic(sign: str) -> Any:
    """Inference for + - * //: bool adds as int; lengths stay lengths."""

    def infer(x: Type, y: Type) -> Type:
        sized = _sized(sign, x, y)
        if sized is not None:
            return sized
        result = elementwise_type(x, y)
        return of_kind(result, "int") if result == BOOL else result

    return infer


def _sized(sign: str, x: Type, y: Type) -> Type | None:
    if not (isinstance(x, Scalar) and isinstance(y, Scalar)):
        return None
    if not (x.kind == y.kind == "int" and is_python(x) and is_python(y)):
        return None
    if x.size is None or y.size is None:
        return None
    if isinstance(x.size, int) and isinstance(y.size, int):
        return None
    return Scalar("int", "", combined(sign, x.size, y.size))


def true_division(x: Type, y: Type) -> Type:
    """Inference for /: at least float."""
    return elementwise_type(x, y, at_least="float")


def comparison(*types: Type) -> Type:
    """Inference for comparisons: the broadcast shape, of booleans."""
    return of_kind(elementwise_type(*types), "bool")


ANY = binary((-2.0, 2.0), (0.5, 2.0), holomorphic=True)

# ---- the four operations -------------------------------------------------------------

add = elementwise(
    "add",
    calls=(operator.add, np.add),
    signature="x, y",
    infer=arithmetic("+"),
    code="x + y",
    partials=lambda out, x, y: [1, 1],
    cost="cheap",
    domain=ANY,
)

subtract = elementwise(
    "subtract",
    calls=(operator.sub, np.subtract),
    signature="x, y",
    infer=arithmetic("-"),
    code="x - y",
    partials=lambda out, x, y: [1, -1],
    cost="cheap",
    domain=ANY,
)

multiply = elementwise(
    "multiply",
    calls=(operator.mul, np.multiply),
    signature="x, y",
    infer=arithmetic("*"),
    code="x * y",
    partials=lambda out, x, y: [2.0 * x, None] if x is y else [y, x],
    cost="cheap",
    domain=ANY,
)

divide = elementwise(
    "divide",
    calls=(operator.truediv, np.true_divide),
    signature="x, y",
    infer=true_division,
    code="x / y",
    partials=lambda out, x, y: [lambda g: g / y, lambda g: -(g / y * out)],
    cost="cheap",
    domain=ANY,
)


def _quotient_type(x: Type, y: Type) -> Type:
    if is_python(x) and is_python(y):
        kind = kind_of(elementwise_type(x, y, at_least="float"))
        return Scalar(str(kind), "complex128" if kind == "complex" else "float64")
    return true_division(x, y)


def _never_raises(x: Value, y: Value) -> bool:
    if isinstance(y, Literal):
        return bool(y.value)
    y_type = unwrapped(y.type)
    return is_array_type(x.type) or not (is_python(y_type) or y_type == UNKNOWN)


# A division that gives inf or nan where Python's raises: adjoints must not raise where
# the primal did not.
quotient: Op = elementwise(
    "quotient",
    signature="x, y",
    infer=_quotient_type,
    code=lambda node: "x / y" if _never_raises(*node.inputs) else "np.divide(x, y)",
    partials=lambda out, x, y: [
        lambda g: quotient(g, y),
        lambda g: -(quotient(g, y) * out),
    ],
    cost="cheap",
    domain=ANY,
)

negative = elementwise(
    "negative",
    calls=(operator.neg, np.negative),
    infer=lambda x: elementwise_type(x),
    code="-x",
    partials=lambda out, x: [-1],
    cost="cheap",
    domain=unary(-2.0, 2.0, holomorphic=True),
)

positive = elementwise(
    "positive",
    calls=(operator.pos, np.positive),
    infer=lambda x: elementwise_type(x),
    code="+x",
    partials=lambda out, x: [1],
    cost="cheap",
    domain=unary(-2.0, 2.0, holomorphic=True),
)


# ---- remainders ----------------------------------------------------------------------

floor_divide = zero(
    "floor_divide",
    calls=(operator.floordiv, np.floor_divide),
    signature="x, y",
    infer=arithmetic("//"),
    code="x // y",
    domain=binary((4.1, 4.3), (0.9, 1.3)),
)

remainder = elementwise(
    "remainder",
    calls=(operator.mod, np.remainder, np.mod),
    signature="x, y",
    infer=arithmetic("%"),
    code="x % y",
    partials=lambda out, x, y: [1, -floor_divide(x, y)],
    domain=binary((4.1, 4.3), (1.5, 1.7)),
)


# ---- comparisons and logic -----------------------------------------------------------


def _compare(name: str, sign: str, *calls: object) -> Op:
    op = zero(
        name,
        calls=calls,
        signature="x, y",
        infer=comparison,
        code=f"x {sign} y",
        cost="cheap",
        domain=binary((-2.0, 2.0), (-1.0, 1.0)),
    )
    OPERATORS[sign] = op
    return op


less = _compare("less", "<", operator.lt, np.less)
less_equal = _compare("less_equal", "<=", operator.le, np.less_equal)
greater = _compare("greater", ">", operator.gt, np.greater)
greater_equal = _compare("greater_equal", ">=", operator.ge, np.greater_equal)
equal = _compare("equal", "==", operator.eq, np.equal)
not_equal = _compare("not_equal", "!=", operator.ne, np.not_equal)


def _truth_type(x: Type) -> Type:
    return BOOL


# Python's truth value: what `if` and `while` ask.
truth = zero("truth", calls=(bool,), infer=_truth_type, code="bool(x)", cost="cheap")
not_ = zero(
    "not_", calls=(operator.not_,), infer=_truth_type, code="not x", cost="cheap"
)

# What decides masks that meet: both numbers are there already.
both = zero("both", signature="x, y", infer=comparison, code="x and y", cost="cheap")
either = zero("either", signature="x, y", infer=comparison, code="x or y", cost="cheap")

# `x is None`, for values that may be undefined.
is_none = zero("is_none", infer=_truth_type, code="x is None", cost="cheap")

# Whether a name has no value on the path taken, though its type says otherwise.
unbound: Op = zero("unbound", infer=_truth_type, code="x is None", cost="cheap")


def _bitwise(x: Type, y: Type) -> Type:
    found = elementwise_type(x, y)
    return found if kind_of(found) in ("bool", "int") else UNKNOWN


bit_and = zero(
    "bit_and",
    calls=(operator.and_, np.bitwise_and),
    signature="x, y",
    infer=_bitwise,
    code="x & y",
)
bit_or = zero(
    "bit_or",
    calls=(operator.or_, np.bitwise_or),
    signature="x, y",
    infer=_bitwise,
    code="x | y",
)
bit_xor = zero(
    "bit_xor",
    calls=(operator.xor, np.bitwise_xor),
    signature="x, y",
    infer=_bitwise,
    code="x ^ y",
)
shift_left = zero(
    "shift_left",
    calls=(operator.lshift, np.left_shift),
    signature="x, y",
    infer=_bitwise,
    code="x << y",
)
shift_right = zero(
    "shift_right",
    calls=(operator.rshift, np.right_shift),
    signature="x, y",
    infer=_bitwise,
    code="x >> y",
)
invert = zero(
    "invert",
    calls=(operator.invert, np.invert),
    infer=lambda x: of_kind(x, "int") if x == BOOL else elementwise_type(x),
    code="~x",
)


# What the partials and adjoints mean by + - * /.
OPERATORS.update({"+": add, "-": subtract, "*": multiply, "/": divide, "neg": negative})


def is_zero(value: Value) -> bool:
    """Whether a value is the literal zero."""
    return is_literal(value, 0, 0.0, 0j)


def is_array_type(t: Type) -> bool:
    """Whether a type is that of an array."""
    return isinstance(unwrapped(t), Array)


def is_array(node: Node) -> bool:
    """Whether the node's output is an array."""
    return is_array_type(node.out.type)
