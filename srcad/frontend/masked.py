"""Reductions of the entries that a mask selects, and reductions that start somewhere.

`np.sum(x, where=m)` is the sum of x where m holds and of 0 elsewhere; a mean divides by
the number of entries selected; `initial=` is one more entry. So these keywords need no
rules of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from srcad.errors import MissingRule, UnsupportedSyntax
from srcad.frontend.frame import Frame
from srcad.frontend.indices import array_like
from srcad.frontend.refs import Ref
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import dims_of, dtype_of, kind_of
from srcad.ops.arithmetic import add, divide, equal, multiply, not_equal, subtract
from srcad.ops.choice import maximum, minimum
from srcad.ops.choice import where as choose
from srcad.ops.declare import Op
from srcad.ops.elementary import sqrt
from srcad.ops.fit import broadcast_like, cast, sum_

Plain = Callable[[list[Ref], dict[str, Ref]], tuple[Value, ...]]

# The number that changes nothing; None where the first entry is the start.
REDUCTIONS: dict[str, float | bool | None] = {
    "sum_": 0,
    "prod": 1,
    "any_": False,
    "all_": True,
    "max_": None,
    "min_": None,
    "mean": 0,
    "var": 0,
    "std": 0,
}


def reduce_masked(
    frame: Frame, op: Op, args: list[Ref], kwargs: dict[str, Ref], plain: Plain
) -> Value:
    """The result of a reduction with `where=` or `initial=`."""
    rest = {k: v for k, v in kwargs.items() if k not in ("where", "initial")}
    x = array_like(frame, args[0])
    if "where" not in kwargs:
        (found,) = plain(args, rest)
        return _started(op, found, _initial(frame, op, kwargs, x), x)
    mask = array_like(frame, kwargs["where"])
    _check_mask(mask, x)
    if op.name in ("mean", "var", "std"):
        return _moment(frame, op, x, mask, args[1:], rest)
    initial = _initial(frame, op, kwargs, x)
    neutral = initial if REDUCTIONS[op.name] is None else _neutral(op, x)
    if neutral is None:
        raise UnsupportedSyntax(f"{op.name.rstrip('_')} with where= needs initial=")
    if op.name in ("any_", "all_") and kind_of(x.type) != "bool":
        x = not_equal(x, 0)
    selected = frame.object_of(choose(mask, x, neutral))
    (found,) = plain([selected, *args[1:]], rest)
    return _started(op, found, initial, x)


def _check_mask(mask: Value, x: Value) -> None:
    ours, theirs = dims_of(mask.type), dims_of(x.type)
    if kind_of(mask.type) not in ("bool", None):
        raise UnsupportedSyntax("where= takes an array of booleans")
    if ours is not None and theirs is not None and len(ours) > len(theirs):
        raise UnsupportedSyntax("where= has more dimensions than the array")


def _neutral(op: Op, x: Value) -> Value:
    number: Any = REDUCTIONS[op.name]
    inexact = kind_of(x.type) in ("float", "complex") and not isinstance(number, bool)
    return literal(float(number) if inexact else number)


def _initial(frame: Frame, op: Op, kwargs: dict[str, Ref], x: Value) -> Value | None:
    """The number a reduction starts from, where it is given."""
    if "initial" not in kwargs:
        return None
    if op.name not in ("sum_", "prod", "max_", "min_"):
        raise MissingRule(f"{op.name}: this keyword 'initial' has no derivative rule")
    initial = frame.read(kwargs["initial"])
    order = ("bool", "int", "float", "complex")
    kinds = [str(kind_of(v.type)) for v in (initial, x)]
    if kinds[0] not in order or kinds[1] not in order:
        raise MissingRule(f"{op.name}: initial= of this type has no derivative rule")
    if order.index(kinds[0]) > order.index(kinds[1]):
        raise UnsupportedSyntax(
            f"initial= is {kinds[0]}, the array is {kinds[1]}",
            hint="convert the array first: .astype(float)",
        )
    return initial


def _started(op: Op, found: Value, initial: Value | None, x: Value) -> Value:
    """A reduction's result with one more entry."""
    if initial is None:
        return found
    if isinstance(initial, Literal):
        ends = {"max_": float("-inf"), "min_": float("inf")}
        if initial.value == ends.get(op.name, REDUCTIONS[op.name]):
            return found
    join = {"sum_": add, "prod": multiply, "max_": maximum, "min_": minimum}[op.name]
    return join(initial, found)


# ---- mean, variance, standard deviation ----------------------------------------------


def _moment(
    frame: Frame, op: Op, x: Value, mask: Value, more: list[Ref], rest: dict[str, Ref]
) -> Value:
    given = [frame.read(r) for r in more]
    named = {k: frame.read(r) for k, r in rest.items()}
    _, params = op.arguments([x, *given], named)
    ddof, dtype = params.pop("ddof", 0), params.pop("dtype", None)
    if dtype is not None or kind_of(x.type) != "float":
        raise MissingRule(
            f"{op.name}: where= has a derivative rule for arrays of floats only, and "
            "without dtype="
        )
    found = _mean(x, mask, params)
    if op.name != "mean":
        centre = found
        if params.get("axis") is not None and not params.get("keepdims", False):
            centre = _mean(x, mask, {**params, "keepdims": True})
        deviation = choose(mask, subtract(x, centre), 0.0)
        count = _count(x, mask, params)
        freedom = maximum(subtract(count, ddof), 0) if ddof else count
        total = sum_(multiply(deviation, deviation), **params)
        found = divide(total, freedom)
    if op.name == "std":  # the derivative at 0 is 0
        found = multiply(sqrt(add(found, equal(found, 0.0))), not_equal(found, 0.0))
    want = dtype_of(x.type)
    return cast(found, dtype=want) if dtype_of(found.type) != want else found


def _count(x: Value, mask: Value, params: dict[str, Any]) -> Value:
    return sum_(broadcast_like(mask, x), **params)


def _mean(x: Value, mask: Value, params: dict[str, Any]) -> Value:
    total = sum_(choose(mask, x, 0.0), **params)
    return divide(total, _count(x, mask, params))
