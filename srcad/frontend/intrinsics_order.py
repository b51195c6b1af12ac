"""Builtins that compare entries: max, min, sorted."""

from __future__ import annotations

import builtins
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend import prelude
from srcad.frontend.conditions import truth_of
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.inline import inline
from srcad.frontend.intrinsics import intrinsic
from srcad.frontend.intrinsics_iteration import as_list, as_sequence, function_of
from srcad.frontend.refs import Closure, Entries, Items, Iteration, Ref, Static
from srcad.frontend.structures import structure
from srcad.ir.graph import Literal

# ---- max and min ---------------------------------------------------------------------

_EXTREMES: dict[bool, dict[str, Any]] = {
    True: {
        "plain": prelude.largest,
        "default": prelude.largest_or,
        "key": prelude.largest_by,
    },
    False: {
        "plain": prelude.smallest,
        "default": prelude.smallest_or,
        "key": prelude.smallest_by,
    },
}


@intrinsic(builtins.max)
def _max(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    return _extreme(frame, args, kwargs, True)


@intrinsic(builtins.min)
def _min(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    return _extreme(frame, args, kwargs, False)


def _extreme(
    frame: Frame, args: list[Ref], kwargs: dict[str, Ref], most: bool
) -> Ref | None:
    """`max` or `min`; None for what the operation of two numbers or more answers."""
    name, forms = ("max" if most else "min"), _EXTREMES[most]
    rest = set(kwargs) - {"key", "default"}
    if rest:
        raise UnsupportedSyntax(f"{name}() has no argument {min(rest)!r}")
    key, default = kwargs.pop("key", None), kwargs.pop("default", None)
    if isinstance(key, Static) and key.value is None:
        key = None
    if len(args) > 1:
        xs: Ref = frame.new(Entries(tuple(args)))
    else:
        xs = as_sequence(frame, args[0])
    known = structure(frame, xs)
    if known is not None and not known.items and default is not None:
        return default
    if known is not None and known.items and key is None:
        args[:] = list(known.items)
        if len(args) == 1:
            return args[0]
        if all(isinstance(r, Static) for r in args):
            return constant_ref((max if most else min)(r.value for r in args))  # type: ignore[attr-defined]
        return None
    if key is not None and default is not None:
        raise UnsupportedSyntax(f"{name}() with both key and default is not supported")
    empty = Static(f"{name}() iterable argument is empty")
    if key is not None:
        return inline(frame, forms["key"], xs, key, empty)
    if default is not None:
        return inline(frame, forms["default"], xs, default)
    return inline(frame, forms["plain"], xs, empty)


# ---- sorted --------------------------------------------------------------------------


@intrinsic(builtins.sorted)
def _sorted(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    known = structure(frame, as_list(frame, args[0]))
    if not isinstance(known, Entries):
        raise _unsorted()
    return frame.new(Entries(sorted_entries(frame, known.items, kwargs)))


def sorted_entries(
    frame: Frame, items: tuple[Ref, ...], kwargs: dict[str, Ref]
) -> tuple[Ref, ...]:
    """Entries in the order of keys that are known while lowering."""
    key = kwargs.get("key")
    keys = list(items)
    if key is not None and not (isinstance(key, Static) and key.value is None):
        make = function_of(frame, key)
        keys = [make((r,)) for r in items]
    known = [_known(frame, r) for r in keys]
    reverse = truth_of(frame, kwargs["reverse"]) if "reverse" in kwargs else False
    if not isinstance(reverse, bool):
        raise UnsupportedSyntax(
            "sorted's reverse must be known before the program runs"
        )
    try:
        order = sorted(range(len(items)), key=known.__getitem__, reverse=reverse)
    except TypeError as error:
        raise UnsupportedSyntax(f"this sort fails: {error}") from None
    return tuple(items[k] for k in order)


def _known(frame: Frame, ref: Ref) -> Any:
    if isinstance(ref, Static):
        return ref.value
    if isinstance(ref, Items):
        return tuple(_known(frame, r) for r in ref.items)
    value = frame.read(ref) if not isinstance(ref, (Closure, Iteration)) else None
    if not isinstance(value, Literal):
        raise _unsorted()
    return value.value


def _unsorted() -> UnsupportedSyntax:
    return UnsupportedSyntax(
        "a sort whose order is not known before the program runs is not supported",
        hint="np.sort sorts numbers; sort by a key that is known",
    )
