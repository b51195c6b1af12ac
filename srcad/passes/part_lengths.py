"""Whole numbers of loops in parts: how many rounds, how much each one keeps.

Takes values; gives values that the builder in use computes, or constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from srcad.ir.builder import current
from srcad.ir.graph import Literal, Value, as_value, is_literal, literal
from srcad.ir.types import INT, Array
from srcad.ops.arithmetic import add, multiply
from srcad.ops.choice import max_of
from srcad.ops.declare import Op
from srcad.ops.shapes import dim, len_of


def named(name: str, op: Op, *inputs: Value) -> Value:
    """A whole number, by a name of its own."""
    return current().emit(op, inputs, (INT,), names=[name])[0]


def at_least(name: str, least: int, number: Value) -> Value:
    """A whole number, or `least` if that is more."""
    if isinstance(number, Literal):
        return literal(max(number.value, least))
    return named(name, max_of, number, literal(least))


def lengths(x: Value) -> list[Value]:
    """The lengths of an array; none of a number."""
    dims = x.type.dims if isinstance(x.type, Array) else ()
    if len(dims) == 1 and not isinstance(dims[0], int):
        return [len_of(x)]
    return [
        literal(d) if isinstance(d, int) else dim(x, k=k) for k, d in enumerate(dims)
    ]


def sum_of_products(rows: Sequence[Sequence[Value]]) -> Value:
    """The sum of the products of each row; equal rows are counted."""
    counts: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = tuple(v.value if isinstance(v, Literal) else v for v in row)
        counts[key] = counts.get(key, 0) + 1
    total: Value = literal(0)
    for key, times in counts.items():
        product: Value = literal(times)
        for v in key:
            product = _folded(multiply, product, as_value(v), 1)
        total = _folded(add, total, product, 0)
    return total


def _folded(op: Op, a: Value, b: Value, neutral: int) -> Value:
    """A sum or product of whole numbers, computed here where both are known."""
    if isinstance(a, Literal) and isinstance(b, Literal):
        return literal(a.value + b.value if op is add else a.value * b.value)
    return b if is_literal(a, neutral) else op(a, b)
