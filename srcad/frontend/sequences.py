"""Tuples or lists compared, entry by entry.

What is known is decided while lowering; entries that are numbers known only when the
program runs, such as lengths, give a boolean value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from srcad.errors import unknown_yet
from srcad.frontend.frame import Frame
from srcad.frontend.known import all_known, known_object
from srcad.frontend.refs import Entries, Items, Ref, Static
from srcad.frontend.structures import structure
from srcad.ir.graph import Value
from srcad.ir.sizes import same_length
from srcad.ir.types import Maybe, Scalar, unwrapped
from srcad.ops import arithmetic as ops


def all_equal(frame: Frame, a: Any, b: Any) -> Value | bool:
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
        return all_equal(frame, a, b)
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
    raise unknown_yet(
        "what this comparison of tuples, lists or dicts gives",
        "compare the entries one by one",
    )


def _equal_numbers(left: Value, right: Value) -> Value | bool:
    a, b = (v.type.size if isinstance(v.type, Scalar) else None for v in (left, right))
    if left is right or (a is not None and b is not None and same_length(a, b)):
        return True
    if isinstance(a, int) and isinstance(b, int):
        return False
    return ops.equal(left, right)
