"""Objects of the user's classes: which refs are such, and their special methods.

An object made here or passed as an argument is a cell whose content is `Fields`; one
that lives outside is `Static`, and its attributes are read at each call.
"""

from __future__ import annotations

import types
from typing import Any

from srcad.frontend.context import Binding, Guard
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Bound, Cell, Fields, Ref, Static
from srcad.instances import is_plain

MISSING = object()


def fields(frame: Frame, ref: Ref) -> Fields | None:
    """The attributes of an object of a plain class; None for anything else."""
    if isinstance(ref, Cell):
        content = frame.content(ref)
        if isinstance(content, Fields):
            return content
    return None


def class_of_object(frame: Frame, ref: Ref) -> type | None:
    """The class of a plain object, here or outside; None for anything else."""
    if isinstance(ref, Static):
        cls: Any = type(ref.value)
        return cls if is_plain(cls) else None
    found = fields(frame, ref)
    return None if found is None else found.cls


def in_class(cls: type, name: str, after: type | None = None) -> tuple[type, Any]:
    """The class that defines a name for objects of `cls`, and what it defines.

    after : look only at the classes behind this one, as `super()` does.
    """
    classes = cls.__mro__
    if after is not None:
        classes = classes[classes.index(after) + 1 :]
    for base in classes:
        if name in vars(base):
            return base, vars(base)[name]
    return cls, MISSING


def guard(frame: Frame, base: type, name: str) -> None:
    """Note that the source relies on what a class holds under a name."""
    relied(frame, Binding("class", base, name), vars(base)[name])


def guard_found(frame: Frame, cls: type, base: type, name: str, owner: Ref) -> None:
    """The same, and that neither a class before that nor the object has another."""
    guard(frame, base, name)
    raw = vars(base)[name]
    if cls is not base and getattr(cls, name, MISSING) is raw:
        relied(frame, Binding("attribute", cls, name), raw)
    if isinstance(owner, Static) and isinstance(raw, types.FunctionType):
        own = getattr(owner.value, "__dict__", None)
        if isinstance(own, dict) and name not in own:
            relied(frame, Binding("own", owner.value, name), None)


def relied(frame: Frame, binding: Binding, expected: Any) -> None:
    """Note what the source relies on."""
    frame.session.guards.setdefault(binding.key, Guard(binding, expected))


def special(frame: Frame, ref: Ref, name: str) -> Bound | None:
    """The method that Python calls for an operator or a builtin; None if there is none.

    Such methods are looked up on the class only.
    """
    cls = class_of_object(frame, ref)
    if cls is None:
        return None
    base, raw = in_class(cls, name)
    if not isinstance(raw, types.FunctionType):
        return None
    guard(frame, base, name)
    return Bound(raw, ref)


def call_special(frame: Frame, ref: Ref, name: str, *args: Ref) -> Ref | None:
    """`ref.name(*args)` of a special method; None where the class has none."""
    method = special(frame, ref, name)
    return None if method is None else frame.call(method, list(args))
