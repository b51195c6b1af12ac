"""How a call with a keyword becomes one without it: the table, and how it is asked.

A row says, for functions and a keyword, what the call is without it. What has no row
goes on to the declared operation, which refuses what it does not know.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.frontend.frame import Frame
from srcad.frontend.indices import array_like
from srcad.frontend.known import NOT_KNOWN, known_object
from srcad.frontend.refs import Ref, Static
from srcad.ir.types import dtype_of
from srcad.ops.fit import cast

Given = dict[str, Ref]
Spelling = Callable[[Frame, Any, Given], Ref | None]
SPELLINGS: dict[tuple[int, str], Spelling] = {}
# Functions of any number of arguments, by id: what a call of one is, or None.
CALLS: dict[int, Callable[[Frame, list[Ref], Given], Ref | None]] = {}
_KEEP: list[Any] = []  # the functions whose ids are keys
_IDS: set[int] = set()


def named(module: Any, *names: str) -> list[Any]:
    """Functions by name, where this version of NumPy has them."""
    return [getattr(module, n) for n in names if hasattr(module, n)]


def spelled(keyword: str, *targets: Any) -> Callable[[Spelling], Spelling]:
    """Enter what a keyword of some functions means."""

    def enter(spelling: Spelling) -> Spelling:
        for target in targets:
            _KEEP.append(target)
            _IDS.add(id(target))
            SPELLINGS[id(target), keyword] = spelling
        return spelling

    return enter


def spelled_call(
    frame: Frame, target: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref | None:
    """A call with a keyword that has a row, without it; None: there is none."""
    if id(target) in CALLS:
        return CALLS[id(target)](frame, args, kwargs)
    if id(target) not in _IDS:
        return None
    given = _by_name(target, args, kwargs)
    if given is None:
        return None
    for name, ref in given.items():
        spelling = SPELLINGS.get((id(target), name))
        if spelling is None or known_object(ref) is None:
            continue
        found = spelling(frame, target, given)
        if found is not None:
            return found
    return None


@cache
def _signature(target: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(target)
    except (TypeError, ValueError):
        return None


def _by_name(target: Any, args: list[Ref], kwargs: Given) -> Given | None:
    """The arguments by the names of NumPy's parameters."""
    signature = _signature(target)
    if signature is None:
        return None
    try:
        found = signature.bind(*args, **kwargs).arguments
    except TypeError:
        return None
    return None if "args" in found or "kwargs" in found else dict(found)


def again(frame: Frame, target: Any, given: Given, without: str, **more: Ref) -> Ref:
    """The call without a keyword, and with others."""
    given = {k: r for k, r in given.items() if k != without} | more
    signature = _signature(target)
    assert signature is not None
    args, kwargs = [], dict(given)
    for p in signature.parameters.values():
        if p.default is not p.empty or p.kind is p.KEYWORD_ONLY or p.name not in kwargs:
            break
        args.append(kwargs.pop(p.name))
    return frame.call(Static(target), args, kwargs, frame.here)


def call_of(frame: Frame, function: Any, *args: Ref, **kwargs: Ref) -> Ref:
    """A call of a function of NumPy."""
    return frame.call(Static(function), list(args), kwargs, frame.here)


def array_ref(frame: Frame, ref: Ref) -> Ref:
    """An argument as NumPy takes it: lists of numbers are arrays."""
    return frame.object_of(array_like(frame, ref))


def known_option(ref: Ref, what: str) -> Any:
    """The Python object of a keyword that must be known."""
    found = known_object(ref)
    if found is NOT_KNOWN:
        raise MissingRule(f"{what} must be known before the program runs")
    return found


def option(given: Given, name: str, default: Any) -> Any:
    """The Python object of a keyword, or its default."""
    return default if name not in given else known_option(given[name], f"{name}=")


def in_dtype(frame: Frame, ref: Ref, dtype: Ref) -> Ref:
    """An array in a dtype."""
    name = str(np.dtype(known_option(dtype, "dtype=")))
    value = array_like(frame, ref)
    return frame.object_of(
        value if dtype_of(value.type) == name else cast(value, dtype=name)
    )
