"""Objects of the user's classes by their attributes: which can be taken apart, and how.

An object is *plain* where its attributes say everything about it: its class is written
in Python, builds on no builtin type, and stores attributes as Python does.
"""

from __future__ import annotations

import abc
import enum
import functools
from collections.abc import Mapping
from typing import Any, Protocol

_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: the class was made by a `class` statement
_LIBRARIES = (
    "builtins",
    "numpy",
    "scipy",
    "srcad",
    "numba",
    "threading",
    "logging",
    "typing",
)


def is_plain(cls: Any) -> bool:
    """Whether objects of a class are what their attributes are."""
    return _is_plain(cls)


@functools.cache
def _is_plain(cls: Any) -> bool:
    if type(cls) not in (type, abc.ABCMeta, type(Protocol)) or issubclass(
        cls, enum.Enum
    ):
        return False
    if cls.__module__.split(".")[0] in _LIBRARIES:
        return False
    for base in cls.__mro__[:-1]:
        if not base.__flags__ & _HEAP_TYPE:
            return False
        if "__new__" in vars(base) and base.__module__ != "typing":
            return False
        if "__array_function__" in vars(base) or "__array_ufunc__" in vars(base):
            return False
        if "__getattribute__" in vars(base):
            return False
        if "__setattr__" in vars(base) and not is_frozen(base):
            return False
    own = 8 * (2 + len(_all_slots(cls)))  # what is more is kept out of sight, in C
    return bool(cls.__basicsize__ <= object.__basicsize__ + own)


def is_sparse(value: Any) -> bool:
    """Whether an object is one of SciPy's sparse matrices, of two axes."""
    cls = type(value)
    if not cls.__module__.startswith("scipy.sparse") or not hasattr(cls, "tocsr"):
        return False
    return len(value.shape) == 2


def is_frozen(cls: type) -> bool:
    """Whether a class is a frozen dataclass."""
    params = getattr(cls, "__dataclass_params__", None)
    return bool(getattr(params, "frozen", False))


def _slots(cls: type) -> tuple[str, ...]:
    found = vars(cls).get("__slots__", ())
    return (found,) if isinstance(found, str) else tuple(found)


def _all_slots(cls: type) -> list[str]:
    """The names of a class's slots, those of its bases first."""
    return [
        f"_{base.__name__.lstrip('_')}{name}" if _is_private(name) else name
        for base in reversed(cls.__mro__)
        for name in _slots(base)
        if name not in ("__dict__", "__weakref__")
    ]


def _is_private(name: str) -> bool:
    return name.startswith("__") and not name.endswith("__")


def attributes(value: Any) -> Mapping[str, Any] | None:
    """The attributes of a plain object, in order; None for anything else."""
    cls: Any = type(value)
    if not is_plain(cls):
        return None
    found = {n: getattr(value, n) for n in _all_slots(cls) if hasattr(value, n)}
    return {**found, **getattr(value, "__dict__", {})}
