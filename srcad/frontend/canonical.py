"""Types as a callee knows them, its unknown lengths numbered, and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from srcad.ir.sizes import Size
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


def mapped_dims(t: Type, dim: Any) -> Type:
    """A type with a function applied to each dimension."""
    if isinstance(t, Array):
        return Array(t.dtype, tuple(map(dim, t.dims)))
    if isinstance(t, Scalar) and t.size is not None:
        size = dim(t.size) if isinstance(t.size, Size) else None
        return Scalar(t.kind, t.dtype, size)
    if isinstance(t, (Tuple, Dict)):
        return replace(t, items=tuple(mapped_dims(i, dim) for i in t.items))
    if isinstance(t, List):
        return List(mapped_dims(t.item, dim))
    if isinstance(t, Maybe):
        return Maybe(mapped_dims(t.inner, dim))
    return t


def localised(t: Type, sizes: dict[str, Size], call_number: int) -> Type:
    """A callee's type with its lengths named as the caller knows them."""
    known = list(sizes.values())

    def dim(d: Any) -> Any:
        if not isinstance(d, Size):
            return d
        name = d.base
        if name.startswith("n") and name[1:].isdigit() and int(name[1:]) < len(known):
            outer = known[int(name[1:])]
            return (
                outer
                if d.offset == 0
                else Size(outer.base, outer.offset + d.offset, True)
            )
        return Size(f"call{call_number}:{name}", d.offset, True)

    return mapped_dims(t, dim)
