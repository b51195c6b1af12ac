"""Comparisons: of values, of what is known while lowering, `is` and `in`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend import prelude
from srcad.frontend.classes import call_special
from srcad.frontend.context import constant_ref
from srcad.frontend.control import as_number, choose, none_test, truth_of
from srcad.frontend.dunders import compared_objects
from srcad.frontend.frame import Frame, expression
from srcad.frontend.inline import inline
from srcad.frontend.operators import operand
from srcad.frontend.refs import (
    Cell,
    Number,
    Ref,
    Static,
    Table,
    View,
)
from srcad.frontend.subscripts import is_list_of_numbers, structure
from srcad.ir.graph import Literal
from srcad.ir.types import List, Scalar, Tuple, unwrapped
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
    first = _compared(frame, type(signs[0]), left, right)
    if len(nodes) == 1:
        return first
    return choose(
        frame,
        truth_of(frame, first),
        lambda: _chain(frame, right, signs[1:], nodes[1:]),
        lambda: first,
    )


def _compared(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref:
    if sign in (gast.Is, gast.IsNot):
        return _identity(frame, sign, left, right)
    if sign in (gast.In, gast.NotIn):
        special = call_special(frame, right, "__contains__", left)
        if special is not None:
            condition = truth_of(frame, special)
            if isinstance(condition, bool):
                return constant_ref(condition is (sign is gast.In))
            return Number(condition if sign is gast.In else ops.not_(condition))
        return _in(frame, sign, left, right)
    found = compared_objects(frame, sign, left, right)
    if found is not None:
        return found
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


def _compare_sequences(frame: Frame, sign: type, a: Any, b: Any) -> Ref:
    """Tuples or lists compared, where their entries are known."""
    if isinstance(a, Table) or isinstance(b, Table) or type(a) is not type(b):
        raise UnsupportedSyntax("this comparison of containers is not supported")
    entries = [[frame.read(r) for r in side.items] for side in (a, b)]
    if not all(isinstance(v, Literal) for side in entries for v in side):
        raise UnsupportedSyntax(
            "a comparison of tuples or lists must be decided before the program runs",
            hint="compare the entries one by one",
        )
    known = [[v.value for v in side] for side in entries]  # type: ignore[attr-defined]
    return constant_ref(bool(_STATIC_COMPARE[sign](*known)))


def _in(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref:
    """`left in right`: decided now, or by comparing numbers when the program runs."""
    found = _membership(frame, left, right)
    if found is None:
        truth = truth_of(frame, inline(frame, prelude.contained, left, right))
        if isinstance(truth, bool):
            found = truth
        else:
            return Number(truth if sign is gast.In else ops.not_(truth))
    return constant_ref(found if sign is gast.In else not found)


def _membership(frame: Frame, left: Ref, right: Ref) -> bool | None:
    """Whether it is, where that is known; None where numbers are to be compared."""
    known = structure(frame, right)
    if isinstance(known, Table) and isinstance(left, Static):
        return left.value in known.items
    if isinstance(known, Table) and isinstance(left, Number):
        if isinstance(left.value, Literal):
            return left.value.value in known.items
    if isinstance(left, Static):
        if isinstance(right, Static):
            return bool(left.value in right.value)
        if known is not None and all(isinstance(r, Static) for r in known.items):
            return any(left.value == r.value for r in known.items)  # type: ignore[union-attr]
    if isinstance(left, Number) and isinstance(unwrapped(left.value.type), Scalar):
        if isinstance(known, Table):
            raise UnsupportedSyntax("`in` must be decided before the program runs here")
        if known is None or all(_is_number(r) for r in known.items):
            if known is None or not _all_known(left, known.items):
                return None
            return any(left.value.value == r.value.value for r in known.items)  # type: ignore[attr-defined]
    raise UnsupportedSyntax("`in` must be decided before the program runs here")


def _is_number(ref: Ref) -> bool:
    return isinstance(ref, Number) and isinstance(ref.value.type, Scalar)


def _all_known(left: Number, items: tuple[Ref, ...]) -> bool:
    return all(
        isinstance(r, Number) and isinstance(r.value, Literal) for r in (left, *items)
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
    raise UnsupportedSyntax("this comparison is between things of different kinds")
