"""Types as a callee knows them, its unknown lengths numbered, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from srcad.ir.graph import Value
from srcad.ir.sizes import Dim, Size, shifted
from srcad.ir.types import Array, Dict, List, Maybe, Scalar, Tuple, Type


def canonical(t: Type, sizes: dict[str, Size]) -> Type:
    """A type with its unknown lengths numbered in order of appearance."""

    def dim(d: Any) -> Any:
        if not isinstance(d, Size):
            return d
        text = f"{d.base}{d.offset:+d}"
        number = list(sizes).index(text) if text in sizes else len(sizes)
        sizes.setdefault(text, d)
        return Size(f"n{number}", 0, d.may_be_one)

    return mapped_dims(t, dim)


def mapped_dims(t: Type, dim: Any, lengths: bool = False) -> Type:
    """A type with a function applied to each dimension.

    lengths : whether lists keep their lengths.
    """
    if isinstance(t, Array):
        return Array(t.dtype, tuple(map(dim, t.dims)))
    if isinstance(t, Scalar) and t.size is not None:
        size = dim(t.size) if isinstance(t.size, Size) else None
        return Scalar(t.kind, t.dtype, size)
    if isinstance(t, (Tuple, Dict)):
        return replace(t, items=tuple(mapped_dims(i, dim, lengths) for i in t.items))
    if isinstance(t, List):
        return List(
            mapped_dims(t.item, dim, lengths), dim(t.length) if lengths else None
        )
    if isinstance(t, Maybe):
        return Maybe(mapped_dims(t.inner, dim, lengths))
    return t


def localised(t: Type, sizes: dict[str, Size], call: str) -> Type:
    """A callee's type with its lengths named as the caller knows them.

    call : a text of the call's own.
    """
    known = {f"n{k}": size for k, size in enumerate(sizes.values())}
    return mapped_dims(t, _outside(known, call))


def standing_in(
    pairs: Iterable[tuple[Value, Value]], call: str
) -> Callable[[Type], Type]:
    """What makes of a callee's types those of a copy that stands in the caller.

    pairs : parameters and results of the callee, and the caller's values for them.
    """
    known: dict[str, Dim] = {}
    for inner, outer in pairs:
        inside, outside = _dims_in(inner.type), _dims_in(outer.type)
        if len(inside) == len(outside):
            for d, e in zip(inside, outside, strict=True):
                if isinstance(d, Size) and not d.offset:
                    known.setdefault(d.base, e)
    dim = _outside(known, call)
    return lambda t: mapped_dims(t, dim, lengths=True)


def _dims_in(t: Type) -> list[Dim]:
    """The lengths in a type, in order."""
    found: list[Dim] = []

    def seen(d: Any) -> Any:
        found.append(d)
        return d

    mapped_dims(t, seen)
    return found


def _outside(known: Mapping[str, Dim], call: str) -> Callable[[Any], Any]:
    """What gives for a callee's length the caller's."""

    def dim(d: Any) -> Any:
        if not isinstance(d, Size):
            return d
        if d.base in known:
            return shifted(known[d.base], d.offset)
        unlike = "~" if d.base.startswith("~") else ""  # equal to nothing, there too
        return Size(f"{unlike}{call}:{d.base.lstrip('~')}", d.offset, d.may_be_one)

    return dim
