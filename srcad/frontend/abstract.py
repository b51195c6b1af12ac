"""The abstract types of run-time objects: arguments, globals, closure data."""

from __future__ import annotations

import functools
import types
from typing import Any

import numpy as np

from srcad.errors import UnsupportedSyntax
from srcad.instances import attributes, is_sparse
from srcad.ir.joining import joined
from srcad.ir.sizes import Dim, Size
from srcad.ir.types import (
    UNKNOWN,
    Array,
    Dict,
    List,
    Range,
    Scalar,
    Sparse,
    Static,
    Tuple,
    Type,
    kind_of_dtype,
    python_kind,
)

SHORT = 64  # lists of up to so many objects are known entry by entry


def argument_type(value: Any, name: str) -> Type:
    """The type of an argument; one that holds itself is known by its identity."""
    try:
        return type_of(value, name)
    except RecursionError:
        return Static(value)


def type_of(value: Any, name: str) -> Type:
    """The type of an object, its unknown lengths named after `name`.

    Only rank, dtype and which dimensions are 1 count; a list whose entries have one
    type is a `List` of any length.
    """
    if isinstance(value, np.ndarray):
        dtype = _name_of(value.dtype)
        if kind_of_dtype(dtype) == "object":
            return Static(value)
        return _array(dtype, value.shape, name)
    if isinstance(value, (bool, int, float, complex, np.generic)):
        return _number(value)
    if isinstance(value, tuple):
        items = tuple(type_of(v, f"{name}[{k}]") for k, v in enumerate(value))
        return Tuple(items, type(value))
    if isinstance(value, list):
        return _list(value, name)
    if isinstance(value, dict):
        items = tuple(type_of(v, f"{name}[{k!r}]") for k, v in value.items())
        return Dict(tuple(value), items)
    if isinstance(value, range):
        return Range()
    if is_array_like(value):
        return UNKNOWN
    if is_sparse(value):
        dims = _array(str(value.dtype), value.shape, name).dims
        return Sparse(str(value.dtype), dims, "matrix" in type(value).__name__)
    inside = attributes(value)
    if inside is not None:
        items = tuple(type_of(v, f"{name}.{k}") for k, v in inside.items())
        return Dict(tuple(inside), items, type(value))
    return Static(value)


@functools.lru_cache
def _name_of(dtype: np.dtype[Any]) -> str:
    return str(dtype)  # which NumPy puts together anew each time


def is_array_like(value: Any) -> bool:
    """Whether an object follows NumPy's dispatch protocol, as CuPy's arrays do."""
    return hasattr(value, "__array_function__") or hasattr(value, "__array_ufunc__")


def _number(value: Any) -> Type:
    if isinstance(value, np.generic) and kind_of_dtype(str(value.dtype)) == "object":
        return Static(value)
    found = python_kind(value)
    if isinstance(found, Static):  # a subclass of float, such as IntEnum's members
        return python_kind(value + 0) if not isinstance(value, bool) else found
    return sizeless(found)


def sizeless(t: Type) -> Type:
    """A number's type without the known length that an int literal carries."""
    return Scalar(t.kind, t.dtype) if isinstance(t, Scalar) else t


def _array(dtype: str, shape: tuple[int, ...], name: str) -> Array:
    dims: list[Dim] = [
        1 if n == 1 else Size(f"{name}.{axis}") for axis, n in enumerate(shape)
    ]
    return Array(dtype, tuple(dims))


def _list(value: list[Any], name: str) -> Type:
    if value and len(value) <= SHORT and attributes(value[0]) is not None:
        # A few objects are told apart: a loop over them may write to each.
        named = [type_of(v, f"{name}[{k}]") for k, v in enumerate(value)]
        return Tuple(tuple(named), list)
    items = [type_of(v, f"~{name}") for v in value]
    item = joined(tuple(items))
    if items and _is_whole(item):
        return List(item, Size(f"{name}.len", 0, True))
    named = [type_of(v, f"{name}[{k}]") for k, v in enumerate(value)]
    return Tuple(tuple(named), list)


def _is_whole(t: Type) -> bool:
    """Whether a joined type still says everything (no `Unknown` in it)."""
    if isinstance(t, (Tuple, Dict)):
        return all(map(_is_whole, t.items))
    if isinstance(t, List):
        return _is_whole(t.item)
    return not isinstance(t, Static) and t != UNKNOWN


def refuse_changing(value: Any) -> None:
    """Refuse to take what an object from outside holds for a constant.

    Raises
    ------
    UnsupportedSyntax
        It may hold something else at the next call.
    """
    noticed = isinstance(value, (list, dict))  # where they change, it is lowered again
    changing = hasattr(type(value), "__setitem__")
    if (changing and not noticed) or isinstance(value, types.MappingProxyType):
        raise UnsupportedSyntax(
            f"the entries of this {type(value).__name__} from outside may change "
            "between calls",
            hint="pass a list, a dict or an array; a deque can be made inside",
        )
