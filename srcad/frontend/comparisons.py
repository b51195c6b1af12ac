"""Comparisons: of values, of what is known while lowering, `is` and `in`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax, unknown_yet
from srcad.frontend.classes import call_special
from srcad.frontend.conditions import (
    as_number,
    choose,
    is_static_none,
    none_test,
    truth_of,
)
from srcad.frontend.context import constant_ref
from srcad.frontend.dunders import compared_objects
from srcad.frontend.frame import Frame, expression
from srcad.frontend.indices import is_list_of_numbers
from srcad.frontend.membership import membership
from srcad.frontend.operators import operand
from srcad.frontend.refs import (
    Cell,
    Items,
    Number,
    Ref,
    Static,
    Table,
    View,
)
from srcad.frontend.sequences import all_equal
from srcad.frontend.sets import members_of
from srcad.frontend.structures import structure
from srcad.ir.graph import Literal, Value
from srcad.ir.types import BOOL, List, Maybe, Scalar, Tuple, Unknown, unwrapped
from srcad.ir.types import Static as StaticType
from srcad.ops import arithmetic as ops
from srcad.ops.declare import Op

COMPARE: dict[type, Op] = {
    gast.Lt: ops.less,
    gast.LtE: ops.less_equal,
    gast.Gt: ops.greater,
    gast.GtE: ops.greater_equal,
    gast.Eq: ops.equal,
    gast.NotEq: ops.not_equal,
}

_STATIC_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    gast.Eq: operator.eq,
    gast.NotEq: operator.ne,
    gast.Lt: operator.lt,
    gast.LtE: operator.le,
    gast.Gt: operator.gt,
    gast.GtE: operator.ge,
}


@expression(gast.Compare)
def _compare(frame: Frame, node: gast.Compare) -> Ref:
    return _chain(frame, frame.lower(node.left), node.ops, node.comparators)


def _chain(frame: Frame, left: Ref, signs: list[Any], nodes: list[Any]) -> Ref:
    right = frame.lower(nodes[0])
    first = compared(frame, type(signs[0]), left, right)
    if len(nodes) == 1:
        return first
    return choose(
        frame,
        truth_of(frame, first),
        lambda: _chain(frame, right, signs[1:], nodes[1:]),
        lambda: first,
    )


def compared(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref:
    """`left sign right`."""
    if sign in (gast.Is, gast.IsNot):
        return _identity(frame, sign, left, right)
    if sign in (gast.In, gast.NotIn):
        special = call_special(frame, right, "__contains__", left)
        if special is not None:
            held = truth_of(frame, special)
        else:
            held = membership(frame, left, right)
        if isinstance(held, bool):
            return constant_ref(held is (sign is gast.In))
        return Number(held if sign is gast.In else ops.not_(held))
    found = compared_objects(frame, sign, left, right)
    if found is not None:
        return found
    sets = members_of(frame, left), members_of(frame, right)
    if None not in sets:
        return constant_ref(bool(_STATIC_COMPARE[sign](*sets)))
    if isinstance(left, Static) or isinstance(right, Static):
        return _static_compare(frame, sign, left, right)
    a, b = structure(frame, left), structure(frame, right)
    if a is not None and b is not None:
        return _compare_sequences(frame, sign, a, b)
    x, y = operand(frame, left), operand(frame, right)
    if is_list_of_numbers(x) or is_list_of_numbers(y):
        raise UnsupportedSyntax(
            "a comparison of lists is not supported", hint="compare arrays of them"
        )
    if isinstance(x, Literal) and isinstance(y, Literal):
        return constant_ref(bool(_STATIC_COMPARE[sign](x.value, y.value)))
    return frame.result(COMPARE[sign](x, y))


def _identity(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref:
    for a, b in ((left, right), (right, left)):
        if isinstance(b, Static) and b.value is None:
            condition = none_test(frame, a)
            if sign is gast.Is:
                return as_number(condition)
            if isinstance(condition, bool):
                return constant_ref(not condition)
            return Number(ops.not_(condition))
    for a, b in ((left, right), (right, left)):
        if isinstance(b, Number) and isinstance(b.value, Literal):
            if isinstance(b.value.value, bool):
                return _is_flag(frame, sign, a, b.value.value)
    if isinstance(left, Static) and isinstance(right, Static):
        same = left.value is right.value
    else:
        same = left is right
        if isinstance(left, Cell) and right in left.linked:
            raise UnsupportedSyntax(
                "whether these are one object depends on the branch or iteration"
            )
        if isinstance(left, (Number, View)) or isinstance(right, (Number, View)):
            raise UnsupportedSyntax("`is` between numbers or arrays is not supported")
    return constant_ref(same if sign is gast.Is else not same)


def _is_flag(frame: Frame, sign: type, ref: Ref, flag: bool) -> Ref:
    """`x is True`: only Python's own booleans are."""
    value = frame.read(ref) if isinstance(ref, Number) else None
    if value is None:
        same: Value | bool = False
        if not isinstance(ref, Static) and structure(frame, ref) is None:
            if isinstance(frame.read(ref).type, (Maybe, Unknown)):
                raise UnsupportedSyntax("what this object is, is not known here")
    elif isinstance(value, Literal):
        same = value.value is flag
    elif isinstance(value.type, (Maybe, Unknown)):
        raise UnsupportedSyntax("what this object is, is not known here")
    else:
        same = value.type == BOOL and (value if flag else ops.not_(value))
    if sign is gast.IsNot:
        same = not same if isinstance(same, bool) else ops.not_(same)
    return as_number(same)


def _compare_sequences(frame: Frame, sign: type, a: Any, b: Any) -> Ref:
    """Tuples, lists or dicts compared, where their entries are known."""
    tables = [isinstance(side, Table) for side in (a, b)]
    equality = sign in (gast.Eq, gast.NotEq)
    if any(tables) and not equality:
        raise UnsupportedSyntax("dicts have no order")
    if type(a) is not type(b):
        if equality:
            return constant_ref(sign is gast.NotEq)
        raise UnsupportedSyntax("this comparison of containers is not supported")
    if equality and len(a.items) != len(b.items):
        return constant_ref(sign is gast.NotEq)
    if all(tables):
        if set(a.items) != set(b.items):
            return constant_ref(sign is gast.NotEq)
        known: list[Any] = [
            {k: _known(frame, r) for k, r in side.items.items()} for side in (a, b)
        ]
    elif equality:
        equal = all_equal(frame, a, b)
        if isinstance(equal, bool):
            return constant_ref(equal is (sign is gast.Eq))
        return Number(equal if sign is gast.Eq else ops.not_(equal))
    else:
        known = [[_known(frame, r) for r in side.items] for side in (a, b)]
    return constant_ref(bool(_STATIC_COMPARE[sign](*known)))


def _known(frame: Frame, ref: Ref) -> Any:
    """What an entry is, as Python data; it must be known."""
    parts = structure(frame, ref)
    if isinstance(parts, Table):
        return {k: _known(frame, r) for k, r in parts.items.items()}
    if parts is not None:
        entries = [_known(frame, r) for r in parts.items]
        return tuple(entries) if isinstance(parts, Items) else entries
    if isinstance(ref, Static):
        return ref.value
    value = frame.read(ref)
    if isinstance(value, Literal):
        return value.value
    raise unknown_yet(
        "what this comparison of tuples, lists or dicts gives",
        "compare the entries one by one",
    )


def _static_compare(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref:
    if isinstance(left, Static) and isinstance(right, Static):
        return constant_ref(bool(_STATIC_COMPARE[sign](left.value, right.value)))
    booleans = [r.value if isinstance(r, Static) else None for r in (left, right)]
    if any(isinstance(b, bool) for b in booleans):
        x, y = operand(frame, left), operand(frame, right)
        return frame.result(COMPARE[sign](x, y))
    other = right if isinstance(left, Static) else left
    kind = unwrapped(frame.known_type(other))
    certain = isinstance(kind, (Scalar, List, Tuple, StaticType))
    if sign in (gast.Eq, gast.NotEq) and certain:
        return constant_ref(sign is gast.NotEq)
    refusal = UnsupportedSyntax("this comparison is between things of different kinds")
    none = is_static_none(left) or is_static_none(right)
    if none and sign not in (gast.Eq, gast.NotEq):
        refusal.for_certain(TypeError("unsupported operand type: 'NoneType'"))
    raise refusal
