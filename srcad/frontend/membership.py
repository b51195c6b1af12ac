"""`x in container`: decided while lowering, or a condition on numbers."""

from __future__ import annotations

from typing import Any

from srcad.errors import UnsupportedSyntax, unknown_yet
from srcad.frontend import prelude
from srcad.frontend.conditions import choose, truth_of
from srcad.frontend.frame import Frame
from srcad.frontend.inline import inline
from srcad.frontend.refs import Items, Number, Ref, Static, Table
from srcad.frontend.sets import members_of
from srcad.frontend.structures import parts_of_known
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
