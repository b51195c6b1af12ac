<<<<<<< HEAD
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
=======
"""`x in container`: decided while lowering, or a condition on numbers."""

from __future__ import annotations

from typing import Any

from srcad.errors import UnsupportedSyntax, unknown_yet
from srcad.frontend import prelude
from srcad.frontend.control import choose, truth_of
from srcad.frontend.frame import Frame
from srcad.frontend.inline import inline
from srcad.frontend.refs import Items, Number, Ref, Static, Table
from srcad.frontend.sets import members_of
from srcad.frontend.subscripts import parts_of_known
from srcad.ir.builder import current
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import Range, Scalar, kind_of, unwrapped
from srcad.ops import arithmetic as ops


def membership(frame: Frame, left: Ref, right: Ref) -> Value | bool:
    """Whether one object is in another."""
    known = members_of(frame, right)
    wanted = _constant(left)
    if isinstance(right, Static) and isinstance(right.value, (str, bytes, range)):
        return _in_known(wanted, right.value)
    if known is not None:
        if wanted is not _NOT_KNOWN:
            return wanted[0] in known
        numbers = [k for k in known if isinstance(k, (int, float))]
        return _equals_one(frame, left, [Number(literal(k)) for k in numbers])
    parts = parts_of_known(frame, right)
    if isinstance(parts, Table):
        if wanted is _NOT_KNOWN:
            raise unknown_yet("the key asked for with `in`", "use a constant key")
        return wanted[0] in parts.items
    if parts is None:
        return _in_value(frame, left, wanted, right)
    if wanted is not _NOT_KNOWN:
        entries = [_constant(r) for r in parts.items]
        if _NOT_KNOWN not in entries:
            return any(wanted[0] is e[0] or wanted[0] == e[0] for e in entries)
    return _equals_one(frame, left, list(parts.items))


_NOT_KNOWN: Any = ()


def _constant(ref: Ref) -> Any:
    """The Python object behind a reference, in a tuple; () where it is not known."""
    if isinstance(ref, Static):
        return (ref.value,)
    if isinstance(ref, Number) and isinstance(ref.value, Literal):
        return (ref.value.value,)
    if isinstance(ref, Items):
        parts = [_constant(r) for r in ref.items]
        return _NOT_KNOWN if _NOT_KNOWN in parts else (tuple(p[0] for p in parts),)
    return _NOT_KNOWN


def _in_known(wanted: Any, container: Any) -> bool:
    if wanted is _NOT_KNOWN:
        raise unknown_yet("what `in` asks for")
    try:
        return wanted[0] in container
    except TypeError as error:
        raise UnsupportedSyntax(f"this comparison fails: {error}") from None


def _equals_one(frame: Frame, left: Ref, entries: list[Ref]) -> Value | bool:
    """Whether a number equals one of some entries, asked from left to right."""
    if not entries:
        return False
    for ref in (left, *entries):
        text = isinstance(ref, Static) and isinstance(ref.value, (str, type(None)))
        if not (text or _is_number(frame, ref)):
            raise unknown_yet("what `in` gives here", "compare with each entry")
    first, rest = entries[0], entries[1:]
    if isinstance(first, Static) or isinstance(left, Static):
        same: Value | bool = _constant(left) != () and _constant(left) == _constant(
            first
        )
    else:
        same = truth_of(
            frame, frame.result(ops.equal(frame.read(left), frame.read(first)))
        )
    if isinstance(same, bool):
        return True if same else _equals_one(frame, left, rest)
    if not rest:
        return same
    yes = Number(literal(True))

    def later() -> Ref:
        found = _equals_one(frame, left, rest)
        return Number(literal(found) if isinstance(found, bool) else found)

    return truth_of(frame, choose(frame, same, lambda: yes, later))


def _is_number(frame: Frame, ref: Ref) -> bool:
    if not isinstance(ref, Number):
        return False
    return isinstance(unwrapped(ref.value.type), Scalar)


def _in_value(frame: Frame, left: Ref, wanted: Any, right: Ref) -> Value | bool:
    """Membership in a range whose ends are known, or in numbers known at run time."""
    value = frame.read(right)
    node = current().definitions.get(value)
    if not isinstance(value.type, Range) and _is_number(frame, left):
        return truth_of(frame, inline(frame, prelude.contained, left, right))
    if not isinstance(value.type, Range) or node is None:
        raise unknown_yet("what `in` gives here", "compare with each entry")
    parts = [v.value for v in node.inputs if isinstance(v, Literal)]
    if len(parts) != 3 or not (wanted is not _NOT_KNOWN or _is_number(frame, left)):
        raise unknown_yet("what `in` gives here", "compare with the ends of the range")
    walked = range(*parts)
    if wanted is not _NOT_KNOWN:
        return wanted[0] in walked
    if not walked:
        return False
    x = frame.read(left)
    first, last, step = min(walked[0], walked[-1]), max(walked), abs(walked.step)
    tests = [ops.greater_equal(x, literal(first)), ops.less_equal(x, literal(last))]
    if step != 1 or kind_of(x.type) not in ("int", "bool"):
        rest = ops.remainder(ops.subtract(x, literal(first)), literal(step))
        tests.append(ops.equal(rest, literal(0)))
    found = Number(tests.pop())
    no = Number(literal(False))
    while tests:
        later, held = tests.pop(), found
        found = Number(frame.read(choose(frame, later, lambda: held, lambda: no)))  # noqa: B023
    return truth_of(frame, found)
>>>>>>> main
