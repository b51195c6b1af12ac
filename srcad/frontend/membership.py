"""`x in (...)`, and tuples or lists compared: entry by entry.

What is known is decided while lowering; entries that are numbers known only when the
program runs, such as lengths, give a boolean value.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend import prelude
from srcad.frontend.control import truth_of
from srcad.frontend.frame import Frame
from srcad.frontend.inline import inline
from srcad.frontend.known import NOT_KNOWN, all_known, known_object
from srcad.frontend.refs import Entries, Items, Number, Ref, Static, Table
from srcad.frontend.subscripts import structure
from srcad.ir.graph import Value, literal
from srcad.ir.sizes import same_length
from srcad.ir.types import Maybe, Scalar, unwrapped
from srcad.ops import arithmetic as ops

_ORDER: dict[type, Callable[[Any, Any], Any]] = {
    gast.Lt: operator.lt,
    gast.LtE: operator.le,
    gast.Gt: operator.gt,
    gast.GtE: operator.ge,
}


def membership(frame: Frame, left: Ref, right: Ref) -> Value | bool:
    """`left in right`.

    Raises
    ------
    UnsupportedSyntax
        It cannot be told which entries are equal.
    """
    known = structure(frame, right)
    if isinstance(right, Static):
        return _in_known(left, right.value)
    if isinstance(known, Table):
        key = known_object(left)
        if key is not NOT_KNOWN:
            return key in known.items
    elif known is not None:
        answers = [_equal(frame, left, entry) for entry in known.items]
        return _every(answers, False, ops.bit_or)
    elif isinstance(left, Number) and isinstance(unwrapped(left.value.type), Scalar):
        return truth_of(frame, inline(frame, prelude.contained, left, right))
    raise UnsupportedSyntax("`in` must be decided before the program runs here")


def _in_known(left: Ref, container: Any) -> Value | bool:
    value = known_object(left)
    if value is not NOT_KNOWN:
        try:
            return bool(value in container)
        except TypeError as error:
            raise UnsupportedSyntax(f"this `in` fails: {error}") from None
    if isinstance(container, (set, frozenset, tuple, list, dict)) and all(
        isinstance(entry, (str, bytes, type(None), type)) for entry in container
    ):
        return False  # a number is no string
    raise UnsupportedSyntax("`in` must be decided before the program runs here")


def compare_sequences(frame: Frame, sign: type, a: Any, b: Any) -> Ref:
    """Tuples or lists compared, entry by entry."""
    if isinstance(a, Table) or isinstance(b, Table):
        raise UnsupportedSyntax("this comparison of containers is not supported")
    if sign in (gast.Eq, gast.NotEq):
        equal = _all_equal(frame, a, b)
        if sign is gast.NotEq:
            equal = not equal if isinstance(equal, bool) else ops.not_(equal)
        return _as_ref(equal)
    sides = [[known_object(r) for r in side.items] for side in (a, b)]
    if type(a) is not type(b) or not all(map(all_known, sides)):
        raise UnsupportedSyntax(
            "a comparison of tuples or lists must be decided before the program runs",
            hint="compare the entries one by one",
        )
    return _as_ref(bool(_ORDER[sign](*sides)))


def _as_ref(found: Value | bool) -> Ref:
    return Number(literal(found) if isinstance(found, bool) else found)


def _all_equal(frame: Frame, a: Any, b: Any) -> Value | bool:
    """Whether two tuples or lists are equal."""
    if type(a) is not type(b) or len(a.items) != len(b.items):
        return False
    pairs = zip(a.items, b.items, strict=True)
    return _every([_equal(frame, x, y) for x, y in pairs], True, ops.bit_and)


def _every(
    answers: Sequence[Value | bool], neutral: bool, combine: Callable[..., Value]
) -> Value | bool:
    """Answers joined by `and` (neutral True) or `or` (neutral False)."""
    if (not neutral) in [a for a in answers if isinstance(a, bool)]:
        return not neutral
    open_ = [a for a in answers if not isinstance(a, bool)]
    found: Value | bool = neutral
    for answer in open_:
        found = answer if isinstance(found, bool) else combine(found, answer)
    return found


def _equal(frame: Frame, x: Ref, y: Ref) -> Value | bool:
    """Whether two entries are one object, or equal.

    Raises
    ------
    UnsupportedSyntax
        They are not numbers, and not known.
    """
    a, b = structure(frame, x), structure(frame, y)
    if isinstance(a, (Items, Entries)) and isinstance(b, (Items, Entries)):
        return _all_equal(frame, a, b)
    known = [known_object(r) for r in (x, y)]
    if all_known(known):
        return known[0] is known[1] or bool(known[0] == known[1])
    if a is None and b is None:
        left, right = frame.read(x), frame.read(y)
        types = [unwrapped(v.type) for v in (left, right)]
        if left is right or all(isinstance(t, Scalar) for t in types):
            return _equal_numbers(left, right)
        if any(isinstance(t, Scalar) for t in types) and any(
            isinstance(r, Static) for r in (x, y)
        ):
            if not any(isinstance(v.type, Maybe) for v in (left, right)):
                return False  # a number is no string
    raise UnsupportedSyntax(
        "a comparison of tuples or lists must be decided before the program runs",
        hint="compare the entries one by one",
    )


def _equal_numbers(left: Value, right: Value) -> Value | bool:
    a, b = (v.type.size if isinstance(v.type, Scalar) else None for v in (left, right))
    if left is right or (a is not None and b is not None and same_length(a, b)):
        return True
    if isinstance(a, int) and isinstance(b, int):
        return False
    return ops.equal(left, right)
