"""Attributes of objects of the user's classes, as Python looks them up.

An object is a cell whose content is `Fields`. Properties are called, functions of the
class are bound to the object, data of the class is read from outside at each call.
"""

from __future__ import annotations

import functools
import types
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.callables import READ
from srcad.frontend.classes import (
    MISSING,
    class_of_object,
    fields,
    guard,
    guard_found,
    in_class,
)
from srcad.frontend.context import Binding
from srcad.frontend.frame import Frame
from srcad.frontend.lookup import outside
from srcad.frontend.refs import (
    UNBOUND,
    Bound,
    Cell,
    Fields,
    Number,
    Ref,
    Static,
    Super,
)
from srcad.frontend.rules import rules_of
from srcad.frontend.scipy_results import other_field
from srcad.instances import is_frozen
from srcad.ir.types import Dict, Maybe

# ---- reading -------------------------------------------------------------------------


def maybe_object(frame: Frame, ref: Ref) -> Ref:
    """The object in a value that may be None as well: it cannot be written to."""
    if not isinstance(ref, Number):
        return ref
    t = ref.value.type
    if not isinstance(t, Maybe) or not isinstance(t.inner, Dict) or t.inner.cls is dict:
        return ref
    before = set(frame.world.contents)
    found = frame.object_of(ref.value, t.inner)
    for cell in set(frame.world.contents) - before:
        object.__setattr__(cell, "captured", "an object that may be None")
    return found


def object_attribute(frame: Frame, owner: Ref, known: Fields, name: str) -> Ref:
    """`owner.name`.

    Raises
    ------
    UnsupportedSyntax
        There is no such attribute, or on some path only.
    """
    base, raw = in_class(known.cls, name)
    if isinstance(raw, property):
        return from_class(frame, base, name, raw, owner, known.cls)
    part = known.items.get(name)
    if part is UNBOUND or part in frame.world.doubts:
        raise UnsupportedSyntax(
            f"whether this object has an attribute {name!r} depends on the path",
            hint="set it in __init__",
        )
    if part is not None:
        return part
    if name == "__class__":
        return Static(known.cls)
    if raw is not MISSING and not isinstance(raw, types.MemberDescriptorType):
        return from_class(frame, base, name, raw, owner, known.cls)
    if issubclass(known.cls, dict):
        return other_field(frame, owner, known, name)
    base, fallback = in_class(known.cls, "__getattr__")
    if isinstance(fallback, types.FunctionType):
        guard(frame, base, "__getattr__")
        return frame.call(Static(fallback), [owner, Static(name)])
    raise UnsupportedSyntax(f"{known.cls.__name__} objects have no attribute {name!r}")


def from_class(
    frame: Frame, base: type, name: str, raw: Any, owner: Ref, cls: type
) -> Ref:
    """What an attribute found in a class is for an object of it."""
    guard_found(frame, cls, base, name, owner)
    if isinstance(raw, types.FunctionType):
        return Bound(raw, owner)
    if isinstance(raw, staticmethod):
        return Static(raw.__func__)
    if isinstance(raw, classmethod):
        return Bound(raw.__func__, Static(cls))
    if isinstance(raw, property):
        if raw.fget is None:
            raise UnsupportedSyntax(f"the property {name!r} cannot be read")
        return frame.call(Static(raw.fget), [owner])
    if isinstance(raw, functools.cached_property):
        found = frame.call(Static(raw.func), [owner])
        set_field(frame, owner, name, found)
        return found
    if raw is object.__init__ or isinstance(raw, types.WrapperDescriptorType):
        return Bound(raw, owner)
    if callable(raw) and not isinstance(raw, type) and hasattr(raw, "py_func"):
        return Bound(raw, owner)
    if type(raw) in READ or rules_of(raw) is not None:
        return Bound(raw, owner)
    if hasattr(type(raw), "__get__"):
        raise UnsupportedSyntax(
            f"{cls.__name__}.{name} is a {type(raw).__name__}: this kind of attribute "
            "is not supported",
            hint="use a method, a property or a plain attribute",
        )
    return outside(frame, Binding("attribute", base, name))


def super_attribute(frame: Frame, owner: Super, name: str) -> Ref:
    """`super().name`."""
    ref = owner.owner
    cls = ref.value if isinstance(ref, Static) else None
    if cls is None:
        known = fields(frame, ref)
        cls = None if known is None else known.cls
    elif not isinstance(cls, type):
        cls = type(cls)
    if cls is None or owner.after not in cls.__mro__:
        raise UnsupportedSyntax("super() of this object is not supported")
    base, raw = in_class(cls, name, owner.after)
    if raw is MISSING:
        raise UnsupportedSyntax(f"super() has no attribute {name!r}")
    if isinstance(raw, classmethod):
        return Bound(raw.__func__, Static(cls))
    return from_class(frame, base, name, raw, ref, cls)


# ---- writing -------------------------------------------------------------------------


def store_attribute(frame: Frame, owner: Ref, name: str, new: Ref) -> bool:
    """`owner.name = new`; False where the owner is no object that can be followed.

    Raises
    ------
    UnsupportedSyntax
        Python would raise, or the object lives outside the function.
    """
    known = fields(frame, owner)
    if known is None:
        if class_of_object(frame, owner) is None:
            return False
        raise UnsupportedSyntax(
            f"a write to the attribute {name!r} of an object outside the function "
            "cannot be followed",
            hint="pass the object as an argument, or create it in the function",
        )
    base, raw = in_class(known.cls, name)
    if isinstance(raw, property):
        if raw.fset is None:
            raise UnsupportedSyntax(f"the property {name!r} cannot be written")
        guard(frame, base, name)
        frame.call(Static(raw.fset), [owner, new])
        return True
    if any(map(is_frozen, known.cls.__mro__)):
        raise UnsupportedSyntax(
            f"{known.cls.__name__} is frozen: its attributes cannot be written",
            hint="make a new object: dataclasses.replace(...)",
        )
    set_field(frame, owner, name, new)
    return True


def set_field(frame: Frame, owner: Ref, name: str, new: Ref) -> None:
    """Give an object an attribute, whatever its class says of that."""
    known = fields(frame, owner)
    if known is None or not isinstance(owner, Cell):
        raise UnsupportedSyntax("an attribute of this object cannot be written")
    if not _has_room(known.cls, name):
        raise UnsupportedSyntax(f"{known.cls.__name__} has no slot {name!r}")
    frame.store(owner, Fields(known.cls, {**known.items, name: new}))


def delete_attribute(frame: Frame, owner: Ref, name: str) -> None:
    """`del owner.name`."""
    known = fields(frame, owner)
    if known is None or not isinstance(owner, Cell) or name not in known.items:
        raise UnsupportedSyntax(f"the attribute {name!r} cannot be deleted")
    rest = {k: r for k, r in known.items.items() if k != name}
    frame.store(owner, Fields(known.cls, rest))


def _has_room(cls: type, name: str) -> bool:
    if cls.__dictoffset__:
        return True
    return isinstance(in_class(cls, name)[1], types.MemberDescriptorType)


def has_attribute(frame: Frame, owner: Ref, name: str) -> bool | None:
    """Whether an object has an attribute; None where the owner is no plain object."""
    known = fields(frame, owner)
    if known is None:
        return None
    if known.items.get(name, UNBOUND) is not UNBOUND:
        return True
    raw = in_class(known.cls, name)[1]
    return raw is not MISSING and not isinstance(raw, types.MemberDescriptorType)
