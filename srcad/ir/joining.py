"""The join of types: the least type that holds the values of both."""

from __future__ import annotations

from dataclasses import replace

from srcad.ir.sizes import Dim, Size
from srcad.ir.types import (
    BOTTOM,
    KINDS,
    UNKNOWN,
    Array,
    Bottom,
    Dict,
    List,
    Maybe,
    Range,
    Scalar,
    Sparse,
    Static,
    Tuple,
    Type,
    promoted,
)


def join(a: Type, b: Type) -> Type:
    """The least type that holds both; `Unknown` where there is none."""
    if a == b:
        return a
    if isinstance(a, Bottom):
        return b
    if isinstance(b, Bottom):
        return a
    if isinstance(a, Maybe) or isinstance(b, Maybe):
        inner_a = a.inner if isinstance(a, Maybe) else a
        inner_b = b.inner if isinstance(b, Maybe) else b
        if Static(None) in (inner_a, inner_b):
            return Maybe(inner_b if inner_a == Static(None) else inner_a)
        return Maybe(join(inner_a, inner_b))
    if Static(None) in (a, b):
        return Maybe(b if a == Static(None) else a)
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return _join_scalars(a, b)
    if isinstance(a, Array) and isinstance(b, Array) and len(a.dims) == len(b.dims):
        dtype = a.dtype if a.dtype == b.dtype else None
        if dtype is not None:
            return Array(dtype, tuple(map(_join_dim, a.dims, b.dims)))
    if isinstance(a, Range) and isinstance(b, Range):
        return Range()
    if isinstance(a, Sparse) and isinstance(b, Sparse):
        if (a.dtype, a.matrix) == (b.dtype, b.matrix):
            return replace(a, dims=tuple(map(_join_dim, a.dims, b.dims)))
    return _join_containers(a, b)


def _join_scalars(a: Scalar, b: Scalar) -> Type:
    kind = max(a.kind, b.kind, key=KINDS.index)
    if a.kind != b.kind and "bool" in (a.kind, b.kind):
        return UNKNOWN
    dtype = a.dtype if a.dtype == b.dtype else (promoted(a, b) or "")
    size = a.size if a.size == b.size else None
    return Scalar(kind, dtype, size)


def _join_dim(a: Dim, b: Dim) -> Dim:
    """A length that is one of two; what may be 1 is equal to nothing ("~")."""
    if a == b:
        return a
    may_be_one = 1 in (a, b)
    may_be_one |= any(isinstance(d, Size) and d.may_be_one for d in (a, b))
    members = sorted(set(_alternatives(a)) | set(_alternatives(b)))
    many = len(members) > 4 or "any" in members
    base = "any" if many else "|".join(members)
    return Size(f"~{base}" if may_be_one else base, 0, may_be_one)


def _alternatives(dim: Dim) -> list[str]:
    text = str(dim).rstrip("?").lstrip("~")
    return text.split("|")


def _join_containers(a: Type, b: Type) -> Type:
    if isinstance(a, Tuple) and isinstance(b, Tuple):
        if a.cls is b.cls and len(a.items) == len(b.items):
            return replace(a, items=tuple(map(join, a.items, b.items)))
        if a.cls is b.cls is list:
            return List(joined((*a.items, *b.items)))
    if isinstance(a, Dict) and isinstance(b, Dict):
        if a.keys != b.keys or a.cls is not b.cls:
            return UNKNOWN
        return replace(a, items=tuple(map(join, a.items, b.items)))
    if isinstance(a, List) and isinstance(b, List):
        length = a.length if a.length == b.length else None
        return List(join(a.item, b.item), length)
    for x, y in ((a, b), (b, a)):
        if isinstance(x, List) and isinstance(y, Tuple) and y.cls is list:
            return List(joined((x.item, *y.items)))
    return UNKNOWN


def joined(types: tuple[Type, ...]) -> Type:
    """The join of several types, `Bottom` for none."""
    result: Type = BOTTOM
    for t in types:
        result = join(result, t)
    return result
