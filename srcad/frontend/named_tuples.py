"""Named tuples: made, read by field, replaced, and with methods of their own."""

from __future__ import annotations

import inspect
import types
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Items, Method, Ref, Static, Table


def is_named_tuple(cls: type) -> bool:
    """Whether a class was made by `namedtuple` or `typing.NamedTuple`, as it is."""
    fields = getattr(cls, "_fields", None)
    return fields is not None and issubclass(cls, tuple) and _plain_new(cls)


def _plain_new(cls: Any) -> bool:
    new = inspect.getattr_static(cls, "__new__")
    code = getattr(getattr(new, "__func__", new), "__code__", None)
    return code is not None and code.co_filename == "<string>"  # written by the library


def made(frame: Frame, cls: Any, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    """`cls(*args, **kwargs)`."""
    fields = cls._fields
    named = dict(zip(fields, args, strict=False))
    twice = set(named) & set(kwargs)
    unknown = set(kwargs) - set(fields)
    if len(args) > len(fields) or twice or unknown:
        raise UnsupportedSyntax(f"{cls.__name__}() does not take these arguments")
    named.update(kwargs)
    for name, default in cls._field_defaults.items():
        named.setdefault(name, constant_ref(default))
    missing = [f for f in fields if f not in named]
    if missing:
        raise UnsupportedSyntax(f"{cls.__name__}() misses the argument {missing[0]!r}")
    return Items(tuple(named[f] for f in fields), cls)


def named_attribute(frame: Frame, owner: Items, name: str) -> Ref:
    """`owner.name`: a field, a property, or a method about to be called."""
    cls: Any = owner.cls
    if name in cls._fields:
        field: Ref = owner.items[cls._fields.index(name)]
        return field
    if name == "_fields":
        return Static(cls._fields)
    found = inspect.getattr_static(cls, name, None)
    if isinstance(found, property):
        return frame.call(Static(found.fget), [owner])
    if found is None:
        raise UnsupportedSyntax(f"{cls.__name__} has no attribute {name!r}")
    plain = isinstance(found, (str, bytes, bool, int, float, type(None)))
    return constant_ref(found) if plain else Method(owner, name)


def named_method(
    frame: Frame, owner: Items, name: str, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref | None:
    """`owner.name(*args, **kwargs)`; None for the methods of every tuple."""
    cls: Any = owner.cls
    named = dict(zip(cls._fields, owner.items, strict=True))
    if name == "_replace" and not args:
        if set(kwargs) - set(named):
            raise UnsupportedSyntax(f"{cls.__name__} has no field {min(kwargs)!r}")
        return Items(tuple({**named, **kwargs}.values()), cls)
    if name == "_asdict" and not args and not kwargs:
        return frame.new(Table(dict(named)))
    found = inspect.getattr_static(cls, name, None)
    if isinstance(found, staticmethod):
        return frame.call(Static(found.__func__), args, kwargs)
    if isinstance(found, types.FunctionType):
        return frame.call(Static(found), [owner, *args], kwargs)
    return None
