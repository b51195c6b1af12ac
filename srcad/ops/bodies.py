"""What the bodies of derived operations are written with: slices, counts, ranks.

An axis may be counted from either end, and ranks need not be known, except where a
body asks for one with `rank_for`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Value, as_value, literal
from srcad.ir.types import Array, Maybe, Tuple, dims_of, dtype_of, kind_of
from srcad.ops.fit import cast
from srcad.ops.index import getitem
from srcad.ops.ranks import expand_dims
from srcad.ops.shapes import dim, ravel
from srcad.ops.tuples import item

ALL = ("slice", False, False, False)
Bound = Value | int | None


def rank_for(what: str, *xs: Value) -> list[int]:
    """The ranks of some values.

    Raises
    ------
    MissingRule
        One is not known.
    """
    shapes = [dims_of(x.type) for x in xs]
    known = [len(s) for s in shapes if s is not None]
    if len(known) < len(xs):
        raise MissingRule(
            f"{what}: the number of axes must be known",
            hint="call the function once, or ask for source_for(*args)",
        )
    return known


def along(entry: Any, axis: int) -> tuple[Any, ...]:
    """The layout of an index that has this entry at an axis."""
    if axis < 0:
        return ("...", entry, *(ALL,) * (-axis - 1))
    return (*(ALL,) * axis, entry)


def part(x: Value, start: Bound, stop: Bound, axis: int = 0) -> Value:
    """x[start:stop] along an axis."""
    ends = [as_value(v) for v in (start, stop) if v is not None]
    entry = ("slice", start is not None, stop is not None, False)
    return getitem(x, *ends, layout=along(entry, axis))


def entry(x: Value, k: Value | int, axis: int = 0) -> Value:
    """x[k] along an axis."""
    return getitem(x, as_value(k), layout=along("at", axis))


def flat(x: Value) -> Value:
    """x as a vector."""
    dims = dims_of(x.type)
    return x if dims is not None and len(dims) == 1 else ravel(x)


def in_line(x: Value, axis: int | None) -> tuple[Value, int]:
    """x and an axis; all of x in a row where there is none."""
    return (flat(x), 0) if axis is None else (x, axis)


def length(x: Value, axis: int = 0) -> Value:
    """The number of entries along an axis."""
    dims = dims_of(x.type)
    if dims is not None and isinstance(dims[axis], int):
        return literal(dims[axis])
    return dim(x, k=axis)


def minus(n: Value, k: int) -> Value:
    """n - k, computed where n is known."""
    return literal(n.value - k) if isinstance(n, Literal) else n - k


def ahead(x: Value, count: int) -> Value:
    """x with so many axes more behind its own."""
    for _ in range(count):
        x = expand_dims(x, axis=-1)
    return x


def entries(xs: Any) -> list[Value] | None:
    """The entries of a list or tuple of known length; None for anything else."""
    t = xs.type if isinstance(xs, Value) else None
    t = t.inner if isinstance(t, Maybe) else t
    if isinstance(t, Tuple):
        return [item(xs, key=k) for k in range(len(t.items))]
    return list(xs) if isinstance(xs, (list, tuple)) else None


def at_least_float(x: Value) -> Value:
    """x, and an array of integers as one of floats."""
    if isinstance(x.type, Array) and kind_of(x.type) in ("int", "bool"):
        return cast(x, dtype="float64")
    return x


def doubled(x: Value) -> Value:
    """x in double precision, to which some functions of NumPy bring all they take."""
    dtype = dtype_of(x.type)
    if dtype is None or not isinstance(x.type, Array):
        return x
    wanted = str(np.promote_types(dtype, np.float64))
    return x if wanted == dtype else cast(x, dtype=wanted)


def cast_like(v: Value, x: Value) -> Value:
    """v in the dtype of x, where that is known."""
    dtype = dtype_of(x.type)
    if dtype is None or (isinstance(v.type, Array) and v.type.dtype == dtype):
        return v
    return cast(v, dtype=dtype)


def names(prefix: str, count: int, start: int = 0) -> str:
    """`xs0, xs1, ...`."""
    return ", ".join(f"{prefix}{k}" for k in range(start, count))


def only(given: Any, allowed: Sequence[Any], what: str) -> None:
    """Refuse a keyword that has another value than those that change nothing.

    Raises
    ------
    MissingRule
        It has.
    """
    if not any(given is a or given == a for a in allowed):
        raise MissingRule(f"{what}={given!r} has no derivative rule")
