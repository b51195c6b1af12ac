"""Which code belongs to Python itself or to an installed package."""

from __future__ import annotations

import functools
import inspect
import os
import sysconfig
import types
from pathlib import Path

from srcad.errors import Span

_ROOTS = tuple(
    str(Path(found).resolve()) + os.sep
    for found in {
        sysconfig.get_path(name)
        for name in ("stdlib", "platstdlib", "purelib", "platlib")
    }
)


@functools.cache
def in_library(filename: str) -> bool:
    """Whether a file belongs to Python itself or to an installed package."""
    if filename.startswith("<frozen"):
        return True
    return os.path.realpath(filename).startswith(_ROOTS)


def is_library(function: types.FunctionType) -> bool:
    """Whether a Python function belongs to Python or to an installed package."""
    return in_library(function.__code__.co_filename)


def is_fixed(function: types.FunctionType, value: object) -> bool:
    """Whether a default or global of a function is a constant: a package's numbers."""
    if isinstance(value, tuple):
        return all(is_fixed(function, entry) for entry in value)
    return type(value) in (int, float) and is_library(function)


def is_memoised(target: object) -> bool:
    """Whether a callable is a package's function under `functools.lru_cache`."""
    if not isinstance(target, functools._lru_cache_wrapper):
        return False
    inner = inspect.unwrap(target)
    return isinstance(inner, types.FunctionType) and is_library(inner)


def shown_place(span: Span | None) -> str:
    """A place in a package, without the directory that packages are installed in."""
    if span is None:
        return ""
    name = str(Path(span.filename).resolve())
    for root in sorted(_ROOTS, key=len, reverse=True):
        name = name.removeprefix(root)
    return f"{Path(name).as_posix()}, line {span.line}"
