"""Rules for coefficients in adjoint code: each meets the others, and few arrays.

A number that scales an array is taken out of quotients and of products that make a
smaller array, and put into the numerator of a quotient, where it costs nothing.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any

from srcad.ir.builder import current
from srcad.ir.graph import Value, is_literal, literal
from srcad.ir.types import dims_of, dtype_of
from srcad.passes.rules import (
    ONES,
    Counting,
    Inputs,
    Params,
    adjoint,
    is_array,
    is_coefficient,
    is_floating,
    is_scalar,
    made_by,
    number,
    op,
    result_type,
    same_computation,
    same_type,
    same_value,
    used_once,
)
from srcad.passes.rules_precision import NUMBERS
from srcad.passes.rules_products import factors
from srcad.passes.rules_sums import new_axes

QUOTIENTS = ("divide", "quotient")


def _scaled(value: Value) -> tuple[Value, Value] | None:
    """The number and the array of a scaled array of the same dtype."""
    if not is_array(value) or not is_floating(value.type):
        return None
    scale, rest = factors(value)
    if scale is None or not is_array(rest) or not is_coefficient(scale):
        return None
    return (scale, rest) if dtype_of(rest.type) == dtype_of(value.type) else None


def _few_readers(value: Value) -> bool:
    """Whether a value is read at most twice: not known while adjoints are written."""
    builder = current()
    return isinstance(builder, Counting) and builder.uses.get(value, 1) <= 2


# ---- quotients -----------------------------------------------------------------------


@adjoint("multiply")
def product_with_reciprocal(inputs: Inputs, params: Params) -> Value | None:
    """g * (1 / y) is g / y."""
    for x, y in (inputs, inputs[::-1]):
        node = made_by(y, "divide", "quotient")
        if node is None or not is_literal(node.inputs[0], *ONES):
            continue
        if dtype_of(x.type) in NUMBERS and is_scalar(y) and factors(x)[0] is not None:
            continue  # its numbers meet y, which is of Python's and widens nothing
        if is_floating(x.type) and is_floating(y.type):
            return op(node.op.name)(x, node.inputs[1])
    return None


@adjoint(*QUOTIENTS)
def quotient_of_scaled_array(inputs: Inputs, params: Params) -> Value | None:
    """(s * A) / B is s * (A / B); a sum with a name of its own keeps its scale."""
    x, y = inputs
    found = _scaled(x) if is_array(y) and used_once(x) else None
    if found is None or dtype_of(y.type) != dtype_of(x.type):
        return None
    scale, rest = found
    if x.name and number(scale) is None and made_by(rest, "add", "subtract"):
        return None
    return scale * op("divide")(rest, y)


def _multiplied(c: Any, value: Value) -> Value | None:
    """c times a quotient, by its numerator: c * (d / x / y) is (c * d) / x / y."""
    node = made_by(value, *QUOTIENTS)
    if node is None or not is_floating(value.type) or not used_once(value):
        return None
    above, below = node.inputs
    d = number(above)
    if d is not None:
        return op(node.op.name)(literal(c * d), below)
    inner = _multiplied(c, above)
    return None if inner is None else op(node.op.name)(inner, below)


@adjoint("multiply")
def product_with_quotient(inputs: Inputs, params: Params) -> Value | None:
    """A number goes into the numerator; (s * A) * (t / B) is (s * t) * (A / B)."""
    x, y = inputs
    c = number(x)
    if c is not None:
        return _multiplied(c, y)
    for first, second in (inputs, inputs[::-1]):
        node = made_by(second, *QUOTIENTS)
        found = _scaled(first) if used_once(first) else None
        if node is None or found is None or not used_once(second):
            continue
        above, below = node.inputs
        if not is_array(below) or not is_scalar(above) or not is_coefficient(above):
            continue
        if dtype_of(below.type) == dtype_of(first.type) == dtype_of(second.type):
            scale, rest = found
            return (scale * above) * op("divide")(rest, below)
    return None


# ---- sums ----------------------------------------------------------------------------


def _share(value: Value) -> tuple[int, Value, Value] | None:
    """An array over a number, as sign, array and number: -1.0 / s * A is -1, A, s."""
    if not is_array(value) or not is_floating(value.type):
        return None
    sign, above, below = 1, value, None
    node = made_by(value, *QUOTIENTS)
    if node is not None:
        above, below = node.inputs
    else:
        scale, above = factors(value)
        ratio = made_by(scale, *QUOTIENTS) if scale is not None else None
        c = number(ratio.inputs[0]) if ratio is not None else None
        if ratio is not None and c in (1.0, -1.0):
            sign, below = int(c), ratio.inputs[1]
    if below is None or not is_scalar(below) or not is_array(above):
        return None
    same = dtype_of(above.type) == dtype_of(value.type)
    return (sign, above, below) if same else None


def _enter_sums(name: str, sign: int) -> None:
    @adjoint(name)
    def scaled_alike(inputs: Inputs, params: Params) -> Value | None:
        """s * A + s * B is s * (A + B), and so with minus signs."""
        if not all(map(used_once, inputs)):
            return None
        left, right = map(_scaled, inputs)
        if left is None or right is None:
            return None
        (s, a), (t, b) = left, right
        c, d = number(s), number(t)
        if s is t:
            return s * (a + b if sign > 0 else a - b)
        if c is None or d is None or abs(c) != abs(d):
            return None
        return s * (a + b if c == sign * d else a - b)

    @adjoint(name)
    def quotients_alike(inputs: Inputs, params: Params) -> Value | None:
        """A / s + B / s is (A + B) / s, and so with -1.0 / s * A."""
        if not all(map(used_once, inputs)):
            return None
        left, right = map(_share, inputs)
        if left is None or right is None or left[2] is not right[2]:
            return None
        (c, a, s), (d, b, _) = left, right
        if dtype_of(a.type) != dtype_of(b.type):
            return None
        if c < 0:
            return op("divide")(b - a, s) if sign * d > 0 else None
        return op("divide")(a + b if sign * d > 0 else a - b, s)

    @adjoint(name)
    def sum_of_like_products(inputs: Inputs, params: Params) -> Value | None:
        """t - a * c + a * b is t + a * (b - c)."""
        total, product = inputs
        node, p = made_by(total, "add", "subtract"), made_by(product, "multiply")
        if node is None or p is None or not (used_once(total) and used_once(product)):
            return None
        before, other = node.inputs
        q = made_by(other, "multiply")
        if q is None or not used_once(other) or not _all_alike((*inputs, other)):
            return None
        for a, b in (p.inputs, p.inputs[::-1]):
            for e, c in (q.inputs, q.inputs[::-1]):
                if same_value(a, e) and number(a) is None and _all_alike((a, b, c)):
                    alike = (node.op.name == "add") == (sign > 0)
                    found = a * (b + c if alike else b - c)
                    return before + found if sign > 0 else before - found
        return None

    @adjoint(name)
    def like_products(inputs: Inputs, params: Params) -> Value | None:
        """a * b * d - a * c is a * (b * d - c)."""
        if not _all_alike(inputs):
            return None
        left, right = map(_factors_of, inputs)
        if min(len(left), len(right)) < 2:
            return None
        for i, a in enumerate(left):
            k = next((k for k, c in enumerate(right) if same_value(a, c)), None)
            if k is None or number(a) is not None:
                continue
            b = reduce(operator.mul, left[:i] + left[i + 1 :])
            c = reduce(operator.mul, right[:k] + right[k + 1 :])
            return a * (b + c if sign > 0 else b - c)
        return None


def _factors_of(value: Value, depth: int = 3) -> list[Value]:
    """The factors of a product that nobody else reads, in order."""
    node = made_by(value, "multiply") if depth and used_once(value) else None
    if node is None or not _all_alike(node.inputs):
        return [value]
    return [f for v in node.inputs for f in _factors_of(v, depth - 1)]


def _all_alike(values: Sequence[Value]) -> bool:
    """Whether these are numbers, or arrays of one type, floating all of them."""
    first = values[0].type
    alike = all(map(is_scalar, values)) or all(
        is_array(v) and same_type(v.type, first) for v in values
    )
    return alike and all(is_floating(v.type) for v in values)


_enter_sums("add", 1)
_enter_sums("subtract", -1)


# ---- like terms ----------------------------------------------------------------------

DEPTH = 4  # so far into a sum is a term looked for


def _term(value: Value) -> tuple[Any, Value]:
    """A value as a number times the rest."""
    node = made_by(value, "negative", "multiply")
    if node is None:
        return 1.0, value
    if node.op.name == "negative":
        c, rest = _term(node.inputs[0])
        return -c, rest
    c = number(node.inputs[0])
    return (1.0, value) if type(c) is not float else (c, node.inputs[1])


def _with_more(
    value: Value, more: Any, rest: Value, depth: int = DEPTH
) -> Value | None:
    """value + more * rest, for a value that is a sum with a term of `rest`."""
    c, found = _term(value)
    if same_computation(found, rest) and dtype_of(found.type) == dtype_of(value.type):
        return _times(c + more, rest, (c, more))
    node = made_by(value, "add", "subtract")
    if node is None or not depth or not used_once(value):
        return None
    a, b = node.inputs
    sign = 1.0 if node.op.name == "add" else -1.0
    last = _with_more(b, sign * more, rest, depth - 1)
    if last is not None:
        return op(node.op.name)(a, last)
    first = _with_more(a, more, rest, depth - 1)
    return None if first is None else op(node.op.name)(first, b)


def _times(c: Any, rest: Value, parts: Sequence[Any]) -> Value | None:
    """c * rest, where c is no longer a number than those that it is the sum of."""
    if not c or len(repr(abs(c))) > max(len(repr(abs(part))) for part in parts):
        return None
    return rest if c == 1.0 else -rest if c == -1.0 else literal(c) * rest


def _enter_like_terms(name: str, sign: float) -> None:
    @adjoint(name)
    def like_terms(inputs: Inputs, params: Params) -> Value | None:
        """2.0 * x + t + 4.0 * x is 6.0 * x + t."""
        x, y = inputs
        c, rest = _term(y)
        if not is_floating(rest.type) or dtype_of(rest.type) != dtype_of(y.type):
            return None
        found = _with_more(x, sign * c, rest)
        same = found is not None and same_type(found.type, result_type(name, *inputs))
        return found if same else None


_enter_like_terms("add", 1.0)
_enter_like_terms("subtract", -1.0)


@adjoint("multiply")
def numbers_meet_behind_new_axes(inputs: Inputs, params: Params) -> Value | None:
    """(c * A) * (d * B)[:, None] is A * ((c * d) * B)[:, None]: B is the smaller."""
    for x, y in (inputs, inputs[::-1]):
        node = made_by(y, "getitem", "expand_dims")
        large = _scaled(x) if used_once(x) else None
        if node is None or large is None or not used_once(y):
            continue
        small = _scaled(node.inputs[0]) if used_once(node.inputs[0]) else None
        if small is None or dtype_of(y.type) != dtype_of(x.type):
            continue
        dims = dims_of(y.type) or ()
        layout = node.params.get("layout", ())
        if node.op.name == "getitem" and not new_axes(layout, len(dims)):
            continue
        c, d = number(large[0]), number(small[0])
        if c is not None and d is not None:
            inner = literal(c * d) * small[1] if c * d != 1 else small[1]
            return large[1] * op(node.op.name)(inner, **node.params)
    return None


# ---- products of arrays --------------------------------------------------------------


def _rank(value: Value) -> int:
    return len(dims_of(value.type) or ())


def _enter_products(name: str) -> None:
    @adjoint(name)
    def product_of_scaled(inputs: Inputs, params: Params) -> Value | None:
        """A number that scales a factor larger than the product scales the product."""
        found = [_scaled(v) if _few_readers(v) else None for v in inputs]
        result = op(name).infer(*(v.type for v in inputs), **params)
        dims = dims_of(result)
        if dims is None or not is_floating(result):
            return None
        larger = [k for k, v in enumerate(inputs) if _rank(v) > len(dims)]
        if not larger or not any(
            parts and (k in larger or number(parts[0]) is not None)
            for k, parts in enumerate(found)
        ):
            return None
        factors_, scale = list(inputs), None
        for k, parts in enumerate(found):
            if parts is None or (k not in larger and number(parts[0]) is None):
                continue
            factors_[k] = parts[1]
            scale = parts[0] if scale is None else scale * parts[0]
        assert scale is not None
        return scale * op(name)(*factors_, **params)


for _name in ("einsum", "matmul"):
    _enter_products(_name)
