"""`np.array` and `np.asarray`: which give the array itself, a view of it, or a copy."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np

from srcad.errors import UnsupportedSyntax
from srcad.frontend.calls import call_operation
from srcad.frontend.frame import Frame
from srcad.frontend.intrinsics import intrinsic
from srcad.frontend.known import NOT_KNOWN, known_object
from srcad.frontend.refs import Cell, Ref, Static, View
from srcad.frontend.structures import structure
from srcad.frontend.subscripts import part
from srcad.ir.types import Array, dims_of, dtype_of
from srcad.ops.creation import array_of, asarray
from srcad.ops.shapes import atleast_1d

_FLAGS = ("copy", "order", "subok", "ndmin")


@intrinsic(np.asarray, np.asanyarray)
def _asarray(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    flags, rest = _flags(kwargs)
    if rest.keys() - {"dtype"} or len(args) > 2:
        return None
    return _itself(frame, [*args, *rest.values()], flags)


@intrinsic(np.array)
def _array(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    flags, rest = _flags(kwargs)
    if not flags or rest.keys() - {"dtype"} or len(args) > 2:
        return None
    copied = flags.get("copy", True)
    if not copied:
        ref = _itself(frame, [*args, *rest.values()], flags)
    else:
        order = {"order": kwargs["order"]} if "order" in flags else {}
        ref = call_operation(frame, array_of, np.array, args, {**rest, **order})
    return _at_least(frame, ref, flags.get("ndmin", 0))


def _flags(kwargs: dict[str, Ref]) -> tuple[dict[str, Any], dict[str, Ref]]:
    """The keywords that say what the result is, as known objects, and the others."""
    flags = {k: known_object(r) for k, r in kwargs.items() if k in _FLAGS}
    for name, value in flags.items():
        if value is NOT_KNOWN:
            raise UnsupportedSyntax(f"{name} must be known before the program runs")
        if isinstance(value, enum.Enum):  # NumPy's own words for True, False and None
            flags[name] = {"ALWAYS": True, "NEVER": False}.get(value.name)
    return flags, {k: r for k, r in kwargs.items() if k not in _FLAGS}


def _itself(frame: Frame, args: list[Ref], flags: dict[str, Any]) -> Ref:
    """The first argument itself, where it is an array of the dtype asked for."""
    ref, order = args[0], flags.get("order")
    plain = order in (None, "K", "A") and not flags.get("copy")
    if plain and isinstance(ref, (Cell, View)) and structure(frame, ref) is None:
        t = frame.read(ref).type
        wanted = args[1] if len(args) > 1 else Static(None)
        if isinstance(t, Array) and _same_dtype(wanted, t):
            return ref
    if flags.get("copy") is False:
        raise UnsupportedSyntax(
            "copy=False is not supported where it cannot be told that no copy is needed"
        )
    target, op = (np.array, array_of) if flags.get("copy") else (np.asarray, asarray)
    given = {"order": Static(order)} if order in ("C", "F") else {}
    named = {"dtype": args[1]} if len(args) > 1 else {}
    return call_operation(frame, op, target, args[:1], {**named, **given})


def _same_dtype(wanted: Ref, t: Array) -> bool:
    if not isinstance(wanted, Static):
        return False
    return wanted.value is None or np.dtype(wanted.value).name == dtype_of(t)


def _at_least(frame: Frame, ref: Ref, rank: int) -> Ref:
    """The array with axes of length 1 put before its own, up to a rank."""
    if rank == 0:
        return ref
    dims = dims_of(frame.read(ref).type)
    if dims is None and rank == 1:
        return call_operation(frame, atleast_1d, np.atleast_1d, [ref], {})
    if dims is None:
        raise UnsupportedSyntax(
            "ndmin is not supported where the number of axes is not known"
        )
    missing = rank - len(dims)
    return ref if missing <= 0 else part(frame, ref, ("new",) * missing + ("...",), [])
