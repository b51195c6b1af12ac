"""Operators and builtins on objects of the user's classes: their special methods."""

from __future__ import annotations

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.classes import call_special, class_of_object, in_class
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Ref, Static
from srcad.ir.types import Array, unwrapped

BINARY_NAMES: dict[type, str] = {
    gast.Add: "add",
    gast.Sub: "sub",
    gast.Mult: "mul",
    gast.Div: "truediv",
    gast.FloorDiv: "floordiv",
    gast.Mod: "mod",
    gast.Pow: "pow",
    gast.MatMult: "matmul",
    gast.BitAnd: "and",
    gast.BitOr: "or",
    gast.BitXor: "xor",
    gast.LShift: "lshift",
    gast.RShift: "rshift",
}
UNARY_NAMES: dict[type, str] = {
    gast.USub: "__neg__",
    gast.UAdd: "__pos__",
    gast.Invert: "__invert__",
}
COMPARISONS: dict[type, tuple[str, str]] = {
    gast.Eq: ("__eq__", "__eq__"),
    gast.NotEq: ("__ne__", "__ne__"),
    gast.Lt: ("__lt__", "__gt__"),
    gast.LtE: ("__le__", "__ge__"),
    gast.Gt: ("__gt__", "__lt__"),
    gast.GtE: ("__ge__", "__le__"),
}


def binary_of_objects(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref | None:
    """`left op right` where one side is an object; None where neither is."""
    name = BINARY_NAMES[sign]
    return _either(frame, f"__{name}__", f"__r{name}__", left, right)


def compared_objects(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref | None:
    """`left < right` and the like where one side is an object; None where neither is.

    Without `__eq__`, objects are equal where they are one.
    """
    if sign not in COMPARISONS:
        return None
    mine, theirs = COMPARISONS[sign]
    if class_of_object(frame, left) is None and class_of_object(frame, right) is None:
        return None
    if not any(_defines(frame, r, n) for r, n in ((left, mine), (right, theirs))):
        if sign is gast.NotEq and (_defines(frame, left, "__eq__")):
            return None
        if sign in (gast.Eq, gast.NotEq):
            return Static((left is right) is (sign is gast.Eq))
    return _either(frame, mine, theirs, left, right)


def _defines(frame: Frame, ref: Ref, name: str) -> bool:
    cls = class_of_object(frame, ref)
    return cls is not None and in_class(cls, name)[0] is not object


def inplace_of_objects(frame: Frame, sign: type, left: Ref, right: Ref) -> Ref | None:
    """What `left op= right` binds the name to, where an object says so itself."""
    found = call_special(frame, left, f"__i{BINARY_NAMES[sign]}__", right)
    return None if found is None or _declined(found) else found


def _either(frame: Frame, mine: str, theirs: str, left: Ref, right: Ref) -> Ref | None:
    """Ask one side's method, then the other's; a subclass on the right comes first."""
    a, b = class_of_object(frame, left), class_of_object(frame, right)
    if a is None and b is None:
        return None
    asked = [(left, mine, right), (right, theirs, left)]
    if a is not None and b is not None and a is not b and issubclass(b, a):
        asked.reverse()
    if a is None and isinstance(unwrapped(frame.known_type(left)), Array):
        raise UnsupportedSyntax(
            "NumPy decides what an array does with an object on its right",
            hint="write the object on the left",
        )
    for owner, name, other in asked:
        found = call_special(frame, owner, name, other)
        if found is not None and not _declined(found):
            return found
    shown = " and ".join(c.__name__ for c in (a, b) if c is not None)
    raise UnsupportedSyntax(f"{shown} does not define this operator ({mine})")


def _declined(ref: Ref) -> bool:
    return isinstance(ref, Static) and ref.value is NotImplemented
