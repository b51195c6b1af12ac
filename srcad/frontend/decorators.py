"""What decorators make of functions: caches, generic functions, partials.

A wrapper written in Python is lowered as the function it is. Here are the objects that
are not plain functions, and the decorators of functools that nested functions wear.
"""

from __future__ import annotations

import functools
import types
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.context import Binding, constant_ref, guard_of, is_data
from srcad.frontend.frame import Frame
from srcad.frontend.intrinsics import class_of, intrinsic
from srcad.frontend.refs import Cell, Closure, Items, Ref, Static
from srcad.frontend.structures import structure
from srcad.ir.types import Array, List, unwrapped

CACHE = functools._lru_cache_wrapper
_GENERIC = functools.singledispatch(len).__code__  # type: ignore[attr-defined]


# ---- generic functions ---------------------------------------------------------------


def implementation(frame: Frame, target: Any, args: list[Ref]) -> Any:
    """The function that a call of a `singledispatch` function runs; None for others.

    It goes by the class of the first argument; a later `register` is noticed.
    """
    if not isinstance(target, types.FunctionType) or target.__code__ is not _GENERIC:
        return None
    if not args:
        raise UnsupportedSyntax(f"{target.__name__} needs a positional argument")
    _watch(frame, target, "registry")
    return target.dispatch(class_of(frame, args[0]))  # type: ignore[attr-defined]


def _watch(frame: Frame, holder: Any, name: str) -> None:
    """Note that the source relies on what a dict of an object holds."""
    binding = Binding("attribute", holder, name)
    guard = guard_of(binding, getattr(holder, name))
    frame.session.guards.setdefault(binding.key, guard)


# ---- partials ------------------------------------------------------------------------


def bound_arguments(
    frame: Frame, target: Any, before: tuple[Any, ...], more: dict[str, Any]
) -> tuple[list[Ref], dict[str, Ref]]:
    """The arguments that a method or partial brings along: arrays are read live."""
    if isinstance(target, functools.partial) and target.keywords:
        _watch(frame, target, "keywords")
    first = [_bound(frame, before, k) for k in range(len(before))]
    return first, {k: _bound(frame, more, k) for k in more}


def _bound(frame: Frame, holder: Any, key: Any) -> Ref:
    value = holder[key]
    if is_data(value) and not isinstance(value, (int, float, complex)):
        return frame.hidden(Binding("item", holder, key), value)
    return constant_ref(value)


# ---- caches --------------------------------------------------------------------------


def check_cached(frame: Frame, target: Any, args: list[Ref]) -> None:
    """Refuse what Python refuses: a cached call with an array, list or dict."""
    for ref in args:
        unhashable = structure(frame, ref) is not None and not isinstance(ref, Items)
        t = None if isinstance(ref, (Closure, Items)) else frame.read(ref).type
        if unhashable or isinstance(unwrapped(t) if t else None, (Array, List)):
            raise UnsupportedSyntax(
                f"{target.__name__} is cached by its arguments, and an array, list or "
                "dict cannot be looked up",
                hint="pass numbers, or take the cache away",
            )


def note_cached(frame: Frame, target: Any, ref: Ref) -> Ref:
    """What a cached function returned: it is kept, so it must not be written to."""
    if isinstance(ref, Items):
        for part in ref.items:
            note_cached(frame, target, part)
    elif isinstance(ref, Cell):
        words = f"what {target.__name__} returned, which its cache keeps"
        object.__setattr__(ref, "captured", ref.captured or words)
        known = structure(frame, ref)
        for part in getattr(known, "items", ()) if known is not None else ():
            note_cached(frame, target, part)
    return ref


# ---- decorators of nested functions --------------------------------------------------


def transparent(function: Any) -> Any:
    """A decorator that gives the function back."""
    return function


@intrinsic(transparent)
def _transparent(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    return args[0]


@intrinsic(functools.wraps)
def _wraps(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    return Static(transparent)


@intrinsic(functools.update_wrapper)
def _update(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    return args[0]
