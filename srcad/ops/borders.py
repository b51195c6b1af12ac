"""What an array is thought to be beyond its ends: the borders of filters.

An axis is extended by reading entries again, at places that the mode gives:

    nearest   a a a | a b c | c c c      wrap     a b c | a b c | a b c
    reflect   c b a | a b c | c b a      mirror   . c b | a b c | b a .
    constant  k k k | a b c | k k k
"""

from __future__ import annotations

from srcad.ir.graph import Literal, Value, as_value, literal
from srcad.ops.arithmetic import floor_divide, less, remainder
from srcad.ops.bodies import ahead, length
from srcad.ops.choice import max_of, min_of, where
from srcad.ops.grids import arange
from srcad.ops.logic import logical_and
from srcad.ops.rearrange import take

Number = Value | int


def whole(n: Number) -> int | None:
    """A number that is known; None for another."""
    found = n.value if isinstance(n, Literal) else n
    return found if isinstance(found, int) else None


def plus(n: Number, m: Number) -> Value:
    """n + m, computed where both are known."""
    a, b = whole(n), whole(m)
    if a is not None and b is not None:
        return literal(a + b)
    if a == 0 or b == 0:
        return as_value(m if a == 0 else n)
    if b is not None and b < 0:
        return as_value(n) - literal(-b)
    return as_value(n) + as_value(m)


def less_by(n: Number, m: Number) -> Value:
    """n - m, computed where both are known."""
    a, b = whole(n), whole(m)
    if b is not None:
        return plus(n, -b)
    return as_value(n if a is None else literal(a)) - as_value(m)


def half(n: Number) -> Value:
    """n // 2, computed where n is known."""
    a = whole(n)
    return literal(a // 2) if a is not None else floor_divide(as_value(n), 2)


def least(m: Number, n: Number) -> Value:
    """The smaller, computed where both are known."""
    a, b = whole(m), whole(n)
    both = a is not None and b is not None
    return literal(min(a, b)) if both else min_of(as_value(m), as_value(n))  # type: ignore[type-var]


def most(m: Number, n: Number) -> Value:
    """The larger, computed where both are known."""
    a, b = whole(m), whole(n)
    both = a is not None and b is not None
    return literal(max(a, b)) if both else max_of(as_value(m), as_value(n))  # type: ignore[type-var]


def places(k: Value, n: Value, mode: str) -> Value:
    """Where entries at the places k, in the array or beyond, are read.

    Parameters
    ----------
    k : array of int.
    n : the length of the axis.
    """
    if mode in ("nearest", "constant"):
        last = less_by(n, 1)
        above = where(less(last, k), last, k)
        return where(less(k, literal(0)), literal(0), above)
    if mode == "wrap":
        return remainder(k, n)
    if mode == "reflect":
        twice = n * literal(2)
        r = remainder(k, twice)
        return where(less(r, n), r, twice - literal(1) - r)
    twice = most((n - literal(1)) * literal(2), 1)
    r = remainder(k, twice)
    return where(less(r, n), r, twice - r)


def extended(
    x: Value,
    axis: int,
    rank: int,
    before: Number,
    after: Number,
    mode: str,
    fill: float = 0.0,
) -> Value:
    """x with so many entries more before and after an axis (counted from the front)."""
    n = length(x, axis)
    k = arange(less_by(0, before), plus(n, after), literal(1))
    found = take(x, places(k, n, mode), axis=axis)
    if mode != "constant":
        return found
    inside = logical_and(less(literal(-1), k), less(k, n))
    return where(ahead(inside, rank - 1 - axis), found, literal(fill))
