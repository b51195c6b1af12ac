"""Operators: of numbers and arrays; tuples and lists are joined and repeated."""

from __future__ import annotations

import functools
import operator
import types
from collections.abc import Callable
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax, unknown_yet
from srcad.frontend.classes import call_special, fields
from srcad.frontend.conditions import truth_of
from srcad.frontend.context import constant_ref
from srcad.frontend.dicts import merged
from srcad.frontend.dunders import UNARY_NAMES, binary_of_objects
from srcad.frontend.frame import Frame, expression
from srcad.frontend.indices import array_like, is_list_of_numbers
from srcad.frontend.known import all_known, known_object
from srcad.frontend.refs import (
    Cell,
    Entries,
    Items,
    Iteration,
    Number,
    Ref,
    Static,
    Table,
)
from srcad.frontend.sets import combined_sets
from srcad.frontend.sparse import sparse_binary
from srcad.frontend.structures import as_list, list_value, note_joined, structure
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import Array, List, Scalar, Unknown, unwrapped
from srcad.ops import arithmetic as ops
from srcad.ops.creation import array_of
from srcad.ops.declare import Op
from srcad.ops.effects import text_of
from srcad.ops.lists import list_concat, list_filled
from srcad.ops.powers import power
from srcad.ops.products import matmul

BINARY: dict[type, Op] = {
    gast.Add: ops.add,
    gast.Sub: ops.subtract,
    gast.Mult: ops.multiply,
    gast.Div: ops.divide,
    gast.FloorDiv: ops.floor_divide,
    gast.Mod: ops.remainder,
    gast.Pow: power,
    gast.MatMult: matmul,
    gast.BitAnd: ops.bit_and,
    gast.BitOr: ops.bit_or,
    gast.BitXor: ops.bit_xor,
    gast.LShift: ops.shift_left,
    gast.RShift: ops.shift_right,
}

_PYTHON: dict[type, Callable[[Any, Any], Any]] = {
    gast.Add: operator.add,
    gast.Sub: operator.sub,
    gast.Mult: operator.mul,
    gast.FloorDiv: operator.floordiv,
    gast.Mod: operator.mod,
}


@expression(gast.BinOp)
def _binary(frame: Frame, node: gast.BinOp) -> Ref:
    left, right = frame.lower(node.left), frame.lower(node.right)
    return binary(frame, type(node.op), left, right)


def binary(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref:
    """`left op right`: of sequences, of known objects, or of numbers and arrays."""
    text = _text(frame, sign, left, right)
    if text is not None:
        return text
    found = binary_of_objects(frame, sign, left, right)
    if found is None:
        found = combined_sets(frame, sign, left, right)
    if found is None and sign is gast.BitOr:
        found = merged(frame, left, right, in_place=False)
    if found is None:
        found = sparse_binary(frame, sign, left, right)
    if found is not None:
        return found
    if isinstance(left, Iteration) or isinstance(right, Iteration):
        return _with_tuple(frame, sign, left, right)
    a, b = structure(frame, left), structure(frame, right)
    if isinstance(a, (Items, Entries)) or isinstance(b, (Items, Entries)):
        found = _sequences(frame, sign, left, right)
        if found is not None:
            return found
    if isinstance(left, Static) and isinstance(right, Static):
        if sign in _PYTHON:
            return constant_ref(_PYTHON[sign](left.value, right.value))
        if sign is gast.BitOr and isinstance(left.value, (type, types.UnionType)):
            return constant_ref(left.value | right.value)
    x, y = operand(frame, left), operand(frame, right)
    if isinstance(unwrapped(x.type), List) and isinstance(unwrapped(y.type), List):
        if sign is not gast.Add:
            raise UnsupportedSyntax("this operator between lists is not supported")
        return _joined(frame, left, right, list_concat(x, y))
    if sign is gast.Mult and (found := _again(frame, x, y)) is not None:
        return found
    if is_list_of_numbers(x) or is_list_of_numbers(y):
        x, y = _with_list(sign, x, y), _with_list(sign, y, x)
    integers = isinstance(x, Literal) and isinstance(y, Literal) and sign in _PYTHON
    if integers and type(x.value) is type(y.value) is int:  # type: ignore[attr-defined]
        if y.value != 0 or sign in (gast.Add, gast.Sub, gast.Mult):  # type: ignore[attr-defined]
            return constant_ref(_PYTHON[sign](x.value, y.value))  # type: ignore[attr-defined]
    return frame.result(BINARY[sign](x, y))


def _text(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref | None:
    """`"%s" % x`, `2 * "-"`, and a text put together of computed parts."""
    sides = (left, right)
    known = [known_object(r) for r in sides]
    if all_known(known) and any(isinstance(v, (str, bytes)) for v in known):
        try:
            return constant_ref(_PYTHON[sign](*known))
        except (KeyError, TypeError, ValueError):
            return None
    strings = [isinstance(r, Static) and isinstance(r.value, str) for r in sides]
    if not any(strings) or all(isinstance(r, Static) for r in sides):
        return None
    if not (sign is gast.Add or (sign is gast.Mod and strings[0])):
        return None
    return frame.result(text_of(*map(frame.read, sides), function=_PYTHON[sign]))


def _with_tuple(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref:
    """An operator beside a tuple of unknown length (or an iterator: refused)."""
    for ref in (left, right):
        if isinstance(ref, Iteration) and ref.kind != "tuple":
            raise UnsupportedSyntax("an iterator is nothing to compute with")
    sides = [r.args[0] if isinstance(r, Iteration) else r for r in (left, right)]
    tuples = [isinstance(r, (Iteration, Items)) for r in (left, right)]
    if sign is gast.Add and all(tuples):
        whole = list_concat(*(list_value(frame, r) for r in sides))
        joined = _joined(frame, sides[0], sides[1], whole)
        return Iteration("tuple", (joined,))
    values = [array_like(frame, r) for r, t in zip(sides, tuples, strict=True) if not t]
    if not values or not isinstance(unwrapped(values[0].type), (Array, Unknown)):
        raise UnsupportedSyntax("this operator on a tuple is not supported")
    return frame.result(BINARY[sign](*(array_like(frame, r) for r in sides)))


def _with_list(sign: type, x: Value, other: Value) -> Value:
    """An operand, where one of both is a list: an array beside an array."""
    if not is_list_of_numbers(x):
        return x
    if not isinstance(unwrapped(other.type), (Array, Unknown)):
        raise UnsupportedSyntax(
            "this operator between a list and a number is not supported",
            hint="make an array of the list: np.array(...)",
        )
    return array_of(x)


def _again(frame: Frame, x: Value, y: Value) -> Ref | None:
    """`xs * 2`: a list of numbers, of any length, a known number of times over."""
    for xs, n in ((x, y), (y, x)):
        count = n.value if isinstance(n, Literal) and type(n.value) is int else 0
        if count > 0 and is_list_of_numbers(xs):
            return frame.new(functools.reduce(list_concat, [xs] * count))
    return None


def _joined(frame: Frame, left: Ref, right: Ref, whole: Value) -> Ref:
    joined = frame.new(whole)
    note_joined(frame, joined, left, right)
    return joined


def _sequences(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref | None:
    """Concatenation and repetition of tuples and lists."""
    a, b = structure(frame, left), structure(frame, right)
    if sign is gast.Add and type(a) is type(b):
        if isinstance(a, Items) and isinstance(b, Items):
            return Items((*a.items, *b.items))
        if isinstance(a, Entries) and isinstance(b, Entries):
            return frame.new(Entries((*a.items, *b.items)))
    if sign is gast.Add and isinstance(a, Entries) and isinstance(right, Cell):
        whole = list_concat(as_list(frame, a), frame.read(right))
        return _joined(frame, left, right, whole)
    if sign is gast.Add and isinstance(b, Entries) and isinstance(left, Cell):
        whole = list_concat(frame.read(left), as_list(frame, b))
        return _joined(frame, left, right, whole)
    if sign is gast.Mult:
        times = right if a is not None else left
        many = a if a is not None else b
        if isinstance(times, Number) and isinstance(times.value, Literal):
            if isinstance(many, Items):
                return Items(many.items * times.value.value)
            if isinstance(many, Entries):
                return frame.new(Entries(many.items * times.value.value))
        if isinstance(many, Entries) and isinstance(times, Number):
            return _repeated(frame, many, times.value)
    return None


def _repeated(frame: Frame, many: Entries, count: Value) -> Ref | None:
    """`[v] * n` for an integer that is not known."""
    if not (isinstance(count.type, Scalar) and count.type.kind == "int"):
        return None
    entries = [frame.read(r) for r in many.items]
    if len(entries) != 1 or not isinstance(entries[0].type, Scalar):
        raise unknown_yet(
            "how often a list of anything but one number is repeated",
            "use a loop with append (and reversed(xs), where it is filled from the "
            "end), or an array such as np.zeros((count, n))",
        )
    return frame.new(list_filled(entries[0], count))


def operand(frame: Frame, ref: Ref) -> Value:
    """An operand of arithmetic: lists of numbers meet arrays as arrays.

    Raises
    ------
    UnsupportedSyntax
        It is nothing to compute with.
    """
    if isinstance(ref, Static) and isinstance(ref.value, bool):
        return literal(ref.value)
    if isinstance(ref, Static):
        refusal = UnsupportedSyntax(f"{ref.value!r} is nothing to compute with")
        if ref.value is None:
            refusal.for_certain(TypeError("unsupported operand type: 'NoneType'"))
        raise refusal
    known = structure(frame, ref)
    if isinstance(known, Table):
        raise UnsupportedSyntax("a dict is nothing to compute with")
    inside = fields(frame, ref)
    if inside is not None:
        raise UnsupportedSyntax(
            f"a {inside.cls.__name__} object is nothing to compute with"
        )
    if isinstance(ref, Iteration):
        raise UnsupportedSyntax("an iterator or tuple is nothing to compute with")
    if known is None:
        value = frame.read(ref)
        if is_list_of_numbers(value):
            return value
    return array_like(frame, ref)


@expression(gast.UnaryOp)
def _unary(frame: Frame, node: gast.UnaryOp) -> Ref:
    if isinstance(node.op, gast.Not):
        condition = truth_of(frame, frame.lower(node.operand))
        if isinstance(condition, bool):
            return constant_ref(not condition)
        return Number(ops.not_(condition))
    ref = frame.lower(node.operand)
    found = call_special(frame, ref, UNARY_NAMES[type(node.op)])
    if found is not None:
        return found
    value = operand(frame, ref)
    if isinstance(value, Literal) and isinstance(value.value, (int, float, complex)):
        python = {gast.USub: operator.neg, gast.UAdd: operator.pos}
        known: Any = python.get(type(node.op), operator.invert)
        return constant_ref(known(value.value))
    if is_list_of_numbers(value):
        raise UnsupportedSyntax("this operator does not apply to a list")
    unary = {gast.USub: ops.negative, gast.UAdd: ops.positive, gast.Invert: ops.invert}
    return frame.result(unary[type(node.op)](value))
