"""What a reduction leaves: the axes it runs over, the shape, the type."""

from __future__ import annotations

from collections.abc import Sequence

from srcad.errors import ShapeError
from srcad.ir.sizes import Dim
from srcad.ir.types import (
    UNKNOWN,
    Type,
    dims_of,
    dtype_of,
    elementwise_type,
    kind_of,
    number_type,
    promoted,
)

Axis = int | tuple[int, ...] | None


def axes_of(axis: Axis, rank: int) -> tuple[int, ...]:
    """The axes a reduction runs over, as sorted non-negative numbers."""
    if axis is None:
        return tuple(range(rank))
    axes = axis if isinstance(axis, tuple) else (axis,)
    wrong = [a for a in axes if not -rank <= a < rank]
    if wrong and rank:
        raise ShapeError(
            f"axis {wrong[0]} is out of bounds for an array of "
            f"{rank} dimension{'s' * (rank != 1)}"
        )
    return tuple(sorted(a % rank for a in axes)) if rank else ()


def reduced_dims(
    dims: Sequence[Dim], axis: Axis, keepdims: bool = False
) -> tuple[Dim, ...]:
    """The shape that a reduction leaves."""
    axes = axes_of(axis, len(dims))
    if keepdims:
        return tuple(1 if k in axes else d for k, d in enumerate(dims))
    return tuple(d for k, d in enumerate(dims) if k not in axes)


def reduced(
    x: Type, axis: Axis = None, keepdims: bool = False, at_least: str = "int"
) -> Type:
    """The type of a reduction that computes in x's dtype, at least `at_least`."""
    dims = dims_of(x)
    if dims is None:
        return UNKNOWN
    dtype = promoted(x, at_least=at_least) or dtype_of(elementwise_type(x))
    if kind_of(x) in ("bool", "int") and at_least == "float":
        dtype = "float64"
    assert dtype is not None
    return number_type(dtype, reduced_dims(dims, axis, keepdims))
