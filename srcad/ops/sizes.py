"""Lengths that inputs give: shapes as arguments, and names for lengths not known.

A shape argument (`(n, m)`, `n`, `x.shape`) becomes inputs, one per entry, and a static
`scalar` that tells `np.zeros(n)` from `np.zeros((n,))`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.builder import current
from srcad.ir.graph import NO_PARAMS, Literal, Value, as_value
from srcad.ir.sizes import Dim, Size, same_length
from srcad.ir.types import UNKNOWN, Array, Maybe, Scalar, Tuple, Type, Unknown, dtype_of
from srcad.ops.declare import Op, static
from srcad.ops.tuples import item

_numbers = itertools.count()
NUMBERS = "biufc"


def dtype_name(dtype: Any) -> str:
    """The name of a dtype given in any way."""
    return str(np.dtype(dtype))


def dtype_argument(given: Any, what: str) -> Any:
    """A `dtype=` argument as a constant that prints well; None for none.

    Raises
    ------
    MissingRule
        It is not known beforehand, or not a dtype of numbers.
    """
    given = static(given, f"{what}(dtype=...)")
    if given is None:
        return None
    dtype = np.dtype(given)
    if dtype.kind not in NUMBERS:
        raise MissingRule(
            f"{what}: arrays of {dtype} have no derivative rule", hint="use floats"
        )
    return bool if dtype.kind == "b" else dtype


@lru_cache(maxsize=4096)
def label(value: Value) -> str:
    """A text of the value's own, for the lengths that depend on it."""
    return f"#{next(_numbers)}"


def own_length() -> Size:
    """A length that equals no other."""
    return Size(f"#{next(_numbers)}", 0, may_be_one=True)


def length(t: Type) -> Dim:
    """The length that an integer of this type stands for."""
    t = t.inner if isinstance(t, Maybe) else t
    size = t.size if isinstance(t, Scalar) else None
    if size is None:
        return own_length()
    return max(size, 0) if isinstance(size, int) else size


class Sized(Op):
    """An operation that takes lengths: integers of no known size get one of their own.

    So two arrays made with one `n` have the same dimensions.
    """

    def several(self, *operands: Any, **params: Any) -> tuple[Value, ...]:
        """Write a node; gives its outputs."""
        inputs = tuple(map(as_value, operands))
        found = self.infer(*map(_sized_type, inputs), **params)
        types = found if isinstance(found, tuple) else (found,)
        return current().emit(self, inputs, types, params or NO_PARAMS)


def _sized_type(value: Value) -> Type:
    t = value.type
    if isinstance(t, Scalar) and t.kind == "int" and t.size is None:
        return Scalar("int", t.dtype, Size(label(value), 0, may_be_one=True))
    return t


def entries_of(given: Any, what: str) -> tuple[list[Any], bool]:
    """The entries of a shape argument, and whether it was a single number.

    Raises
    ------
    MissingRule
        The number of entries is not known.
    """
    if isinstance(given, (tuple, list)):
        return list(given), False
    if isinstance(given, Literal) and isinstance(given.value, (tuple, list)):
        return list(given.value), False
    t = given.type if isinstance(given, Value) else None
    t = t.inner if isinstance(t, Maybe) else t
    if isinstance(t, Tuple):
        return [item(given, key=k) for k in range(len(t.items))], False
    if t is None or isinstance(t, (Scalar, Unknown)):
        return [given], True
    raise MissingRule(f"{what}: the number of axes must be known")


def shape_code(node_inputs: int, scalar: bool, first: int = 0) -> str:
    """Template text of a shape whose entries are `shape0`, `shape1`, ..."""
    names = [f"shape{k}" for k in range(node_inputs - first)]
    if scalar:
        return names[0]
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def bound(
    names: Sequence[str],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    what: str,
    *,
    ignored: Mapping[str, Sequence[Any]] | None = None,
) -> dict[str, Any]:
    """Arguments by name.

    ignored : keywords that may have these values, which change nothing.

    Raises
    ------
    MissingRule
        A keyword that is not among the names, or too many arguments.
    """
    kwargs, ignored = dict(kwargs), ignored or {}
    for key, allowed in ignored.items():
        if key in kwargs and static(kwargs[key], f"{what}({key}=...)") in allowed:
            del kwargs[key]
    unknown = [k for k in kwargs if k not in names]
    if unknown or len(args) > len(names):
        which = f"keyword {unknown[0]!r}" if unknown else "number of arguments"
        raise MissingRule(
            f"{what}: this {which} has no derivative rule",
            hint=f"supported: {what}({', '.join(names)})",
        )
    return {**dict(zip(names, args, strict=False)), **kwargs}


def product(dims: Sequence[Dim]) -> Dim:
    """The length of the axes put together."""
    number = math.prod(d for d in dims if isinstance(d, int))
    sizes = sorted((d for d in dims if isinstance(d, Size)), key=str)
    if not sizes or number == 0:
        return number
    if len(sizes) == 1 and number == 1:
        return sizes[0]
    texts = [str(d).rstrip("?") for d in sizes] + ([str(number)] if number > 1 else [])
    may_be_one = number == 1 and all(d.may_be_one for d in sizes)
    return Size(f"({'*'.join(texts)})", 0, may_be_one)


def length_left(whole: Sequence[Dim], parts: Sequence[Dim]) -> Dim:
    """The length that is left for one axis when `parts` are taken from `whole`."""
    left = [d for d in whole if isinstance(d, Size)]
    number = math.prod(d for d in whole if isinstance(d, int))
    for d in parts:
        if isinstance(d, int):
            if d == 0 or number % d:
                return own_length()
            number //= d
            continue
        same = next((k for k, e in enumerate(left) if same_length(d, e)), None)
        if same is None:
            return own_length()
        del left[same]
    return product([*left, number])


def with_dims(x: Type, dims: Sequence[Dim] | None) -> Type:
    """An array of x's dtype: of no dimensions too, where NumPy gives an array."""
    dtype = dtype_of(x)
    return UNKNOWN if dims is None or dtype is None else Array(dtype, tuple(dims))
