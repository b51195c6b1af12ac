"""Texts that say what an object is, the same in every process that has the same one.

Two objects with equal fingerprints serve a stored source equally well. A function is
known by its code, with the places of its lines, for comments and errors show them; a
class by all that it and its bases define. What cannot be told is refused: `Untold`.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import hashlib
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from srcad.frontend.context import is_data
from srcad.frontend.installed import is_fixed, is_library

Plain = (str, bytes, bool, int, float, complex, type(None), type(Ellipsis))


class Untold(Exception):
    """An object that another process would not know again."""


def digest(parts: Iterable[str]) -> str:
    """One short text for many."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part.encode("utf-8", "surrogatepass"))
        found.update(b"\0")
    return found.hexdigest()[:32]


def fingerprint(thing: Any) -> str:
    """What an object is.

    Raises
    ------
    Untold
        Another process would not know it again.
    """
    kind: Any = type(thing)
    if kind is str or kind is int or kind is bool:
        return f"{kind.__name__} {thing!r}"
    tell = _teller(kind)
    if tell is None:
        raise Untold(kind.__name__)
    return str(tell(thing))


def _plain(value: Any) -> str:
    return f"{type(value).__name__} {value!r}"


def _member(member: enum.Enum) -> str:
    return f"{fingerprint(type(member))}.{member.name}"


def _own_dataclass(kind: type) -> Any:
    """What tells the objects of one of srcad's own dataclasses: types, steps, sizes."""
    names = [f.name for f in dataclasses.fields(kind)]
    head = f"{kind.__name__}\0{len(names)}\0"

    def tell(thing: Any) -> str:
        return head + "\0".join([fingerprint(getattr(thing, name)) for name in names])

    return tell


def _function(f: types.FunctionType) -> str:
    """Its code, and what is not read anew at each call: see `Binding`."""
    defaults = [*(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values()]
    parts = [fingerprint(d) for d in defaults if not is_data(d) or is_fixed(f, d)]
    if is_library(f):
        read = sorted(n for n in _names_in(f.__code__) if n in f.__globals__)
        named = [(n, f.__globals__[n]) for n in read]
        parts += [f"{n} {v!r}" for n, v in named if is_fixed(f, v)]
        parts += [repr(v) for v in map(_content, f.__closure__ or ()) if is_fixed(f, v)]
    return f"function {f.__module__} {digest([code(f.__code__), *parts])}"


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _names_in(c: types.CodeType) -> set[str]:
    inner = [_names_in(k) for k in c.co_consts if isinstance(k, types.CodeType)]
    return set(c.co_names).union(*inner)


def code(c: types.CodeType) -> str:
    """What a code object is: its instructions, and where its lines stand."""
    inner = list(map(_constant, c.co_consts))
    names = (c.co_names, c.co_varnames, c.co_freevars, c.co_cellvars)
    counts = (c.co_argcount, c.co_posonlyargcount, c.co_kwonlyargcount, c.co_flags)
    place = (c.co_filename, c.co_firstlineno, c.co_qualname)
    raw = (c.co_code, c.co_linetable, c.co_exceptiontable)
    return digest([*inner, repr(names), repr(counts), repr(place), repr(raw)])


def _constant(value: Any) -> str:
    if isinstance(value, types.CodeType):
        return code(value)
    if isinstance(value, frozenset):  # in no order
        return f"frozenset {sorted(map(repr, value))}"
    return f"{type(value).__name__} {value!r}"


def _method(f: types.MethodType) -> str:
    return f"method {fingerprint(f.__func__)} {fingerprint(f.__self__)}"


def _wrapped(f: Any) -> str:
    return f"{type(f).__name__} {fingerprint(f.__func__)}"


def _property(p: property) -> str:
    return f"property {digest(fingerprint(f) for f in (p.fget, p.fset, p.fdel))}"


def _module(m: types.ModuleType) -> str:
    return f"module {m.__name__} {getattr(m, '__version__', '')}"


def _builtin(f: Any) -> str:
    owner = getattr(f, "__self__", None)
    if owner is not None and not isinstance(owner, (types.ModuleType, type)):
        raise Untold("a method of an object")
    return f"builtin {getattr(f, '__module__', '')} {f.__qualname__}{version_of(f)}"


def _ufunc(f: np.ufunc) -> str:
    return f"ufunc {f.__name__} {f.types}{version_of(f)}"


def version_of(thing: Any) -> str:
    """The version of the package an object is from, where there is one."""
    package = (getattr(thing, "__module__", None) or "").partition(".")[0]
    version = getattr(sys.modules.get(package), "__version__", None)
    return f" {package} {version}" if version else ""


# ---- classes -------------------------------------------------------------------------

# What the machinery of classes writes by itself.
_WRITTEN = {"__dict__", "__weakref__", "__doc__", "__module__", "__firstlineno__"}
_WRITTEN |= {"__static_attributes__", "__annotations__", "__annotate_func__"}
_WRITTEN |= {"__annotations_cache__", "__dataclass_params__", "__abstractmethods__"}
_WRITTEN |= {"_abc_impl", "__parameters__", "__orig_bases__", "__type_params__"}
_SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)
_HEAP = 1 << 9  # a class made by Python code, or as if


def _class(cls: type) -> str:
    name = f"{cls.__module__}.{cls.__qualname__}"
    if not cls.__flags__ & _HEAP:
        return f"class {name}{version_of(cls)}"
    parts = [p for base in cls.__mro__ if base.__flags__ & _HEAP for p in _own(base)]
    return f"class {name} {digest(parts)}"


def _own(cls: type) -> Iterable[str]:
    """What a class itself defines."""
    yield f"{cls.__module__}.{cls.__qualname__}{version_of(cls)}"
    yield repr(getattr(cls, "__annotations__", {}))
    if cls.__module__.partition(".")[0] in sys.stdlib_module_names:
        return  # known by Python's version
    is_enum = issubclass(cls, enum.Enum)
    members = getattr(cls, "__members__", {}) if is_enum else {}
    yield repr([(name, member.value) for name, member in members.items()])
    for name, thing in sorted(vars(cls).items()):
        if name in _WRITTEN:
            continue
        if name == "__dataclass_fields__":
            for field in thing.values():
                yield f"{field.name} {field.init} {field.kw_only} {field._field_type}"
                yield f"{_default(field.default)} {_default(field.default_factory)}"
        elif name in members or (is_enum and name[:1] == "_"):
            continue
        elif isinstance(thing, _SLOTS):
            yield name
        else:
            yield f"{name} {fingerprint(thing)}"


def _default(value: Any) -> str:
    return "none" if value is dataclasses.MISSING else fingerprint(value)


# ---- containers ----------------------------------------------------------------------


def _sequence(value: Any) -> str:
    if type(value) not in (tuple, list):
        return f"{fingerprint(type(value))} {digest(map(fingerprint, value))}"
    return f"{type(value).__name__} {digest(map(fingerprint, value))}"


def _mapping(value: Mapping[Any, Any]) -> str:
    pairs = (f"{fingerprint(k)}: {fingerprint(v)}" for k, v in value.items())
    return f"{type(value).__name__} {digest(pairs)}"


def _set(value: Any) -> str:
    return f"{type(value).__name__} {digest(sorted(map(fingerprint, value)))}"


def _dtype(value: np.dtype[Any]) -> str:
    return f"dtype {value.str}"


_TELL: tuple[tuple[Any, Any], ...] = (
    (enum.Enum, _member),
    (Plain, _plain),
    (types.FunctionType, _function),
    (types.MethodType, _method),
    ((staticmethod, classmethod), _wrapped),
    (property, _property),
    (functools.cached_property, lambda p: f"cached {fingerprint(p.func)}"),
    (type, _class),
    (types.ModuleType, _module),
    (np.ufunc, _ufunc),
    ((types.BuiltinFunctionType, types.MethodDescriptorType), _builtin),
    ((types.WrapperDescriptorType, types.ClassMethodDescriptorType), _builtin),
    ((tuple, list), _sequence),
    ((dict, types.MappingProxyType), _mapping),
    ((set, frozenset), _set),
    (np.dtype, _dtype),
    (np.generic, lambda v: f"{v.dtype.str} {v!r}"),
)


@functools.lru_cache(maxsize=1024)
def _teller(kind: type) -> Any:
    """What tells the objects of a class."""
    for kinds, tell in _TELL:
        if issubclass(kind, kinds):
            return tell
    own = dataclasses.is_dataclass(kind) and kind.__module__.startswith("srcad.")
    return _own_dataclass(kind) if own else None
