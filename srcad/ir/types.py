"""Abstract types of values: what lowering knows before the program runs.

A type is a frozen dataclass compared by value. Dimensions are known numbers or *sizes*
(`Size`): names for one unknown length, in one normal form, with a mark that says
whether the length may be 1. Types let us write shorter code; right answers never need
them.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from srcad.errors import ShapeError
from srcad.ir.sizes import Dim, Size, same_length


@dataclass(frozen=True, slots=True)
class Type:
    """The root of the lattice's classes."""

    def __str__(self) -> str:
        return type(self).__name__.lower()


@dataclass(frozen=True, slots=True)
class Bottom(Type):
    """No value yet: the result of a graph still being lowered, or of `raise`."""


@dataclass(frozen=True, slots=True)
class Unknown(Type):
    """A number or an array of any rank and dtype."""


@dataclass(frozen=True, slots=True)
class Scalar(Type):
    """A number.

    kind : "bool", "int", "float" or "complex".
    dtype : the NumPy dtype's name for a NumPy scalar, "" for a Python number.
    size : for an integer that is a length, that length.
    """

    kind: str
    dtype: str = ""
    size: Dim | None = None

    def __str__(self) -> str:
        name = self.dtype or self.kind
        return name if self.size is None else f"{name}={self.size}"


@dataclass(frozen=True, slots=True)
class Array(Type):
    """An ndarray of known rank; `dims` has one entry per axis."""

    dtype: str
    dims: tuple[Dim, ...]

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.dims))}]"


@dataclass(frozen=True, slots=True)
class Tuple(Type):
    """A tuple, or a list of known length whose entries have types of their own.

    cls : tuple, list, or a named tuple's class.
    """

    items: tuple[Type, ...]
    cls: type = tuple

    def __str__(self) -> str:
        inner = ", ".join(map(str, self.items))
        return f"[{inner}]" if self.cls is list else f"({inner})"


@dataclass(frozen=True, slots=True)
class Dict(Type):
    """A dict with known keys, or an object of a plain class by its attributes.

    cls : dict, or that class.
    """

    keys: tuple[object, ...]
    items: tuple[Type, ...]
    cls: type = dict

    def __str__(self) -> str:
        pairs = zip(self.keys, self.items, strict=True)
        if self.cls is not dict:
            inner = ", ".join(f"{k}={t}" for k, t in pairs)
            return f"{self.cls.__name__}({inner})"
        return "{" + ", ".join(f"{k!r}: {t}" for k, t in pairs) + "}"


@dataclass(frozen=True, slots=True)
class List(Type):
    """A list whose length is not known; all entries have one joined type."""

    item: Type
    length: Dim | None = None

    def __str__(self) -> str:
        return f"list[{self.item}]"


@dataclass(frozen=True, slots=True)
class Range(Type):
    """A Python range."""

    length: Dim | None = None


@dataclass(frozen=True, slots=True)
class Sparse(Type):
    """A sparse matrix of SciPy: a constant of the program, passed as it is.

    dims : rows and columns. matrix : whether its class is one of the older
        `*_matrix`, for which `*` is the matrix product.
    """

    dtype: str
    dims: tuple[Dim, ...]
    matrix: bool = False

    def __str__(self) -> str:
        return f"sparse {self.dtype}[{', '.join(map(str, self.dims))}]"


@dataclass(frozen=True, slots=True)
class Maybe(Type):
    """A T, or undefined (None, a name not bound yet, a residual of one branch)."""

    inner: Type

    def __str__(self) -> str:
        return f"maybe[{self.inner}]"


@dataclass(frozen=True, slots=True)
class Static(Type):
    """A value known when the graph is made: a string, None, a function, a dtype."""

    value: object

    def __str__(self) -> str:
        return f"static[{self.value!r}]"


@dataclass(frozen=True, slots=True)
class Residual(Type):
    """What the forward half of the graph `key` keeps for its backward half."""

    key: object

    def __str__(self) -> str:
        return f"residual[{self.key}]"


BOTTOM = Bottom()
UNKNOWN = Unknown()
BOOL = Scalar("bool")
INT = Scalar("int")
FLOAT = Scalar("float")
COMPLEX = Scalar("complex")

_KIND_OF_CODE = {"b": "bool", "i": "int", "u": "int", "f": "float", "c": "complex"}
_EXAMPLES = {"bool": False, "int": 0, "float": 0.0, "complex": 0j}
_STORED = {kind: str(np.asarray(x).dtype) for kind, x in _EXAMPLES.items()}
KINDS = ("bool", "int", "float", "complex")


def unwrapped(t: Type) -> Type:
    """T for Maybe(T)."""
    return t.inner if isinstance(t, Maybe) else t


@functools.cache
def kind_of_dtype(dtype: str) -> str:
    """ "float" for "float32", and so on; "object" for what is not a number."""
    return _KIND_OF_CODE.get(np.dtype(dtype).kind, "object")


def kind_of(t: Type) -> str | None:
    """The kind of number a type holds, or None where it is not known."""
    if isinstance(t, Scalar):
        return t.kind
    if isinstance(t, Array):
        return kind_of_dtype(t.dtype)
    return kind_of(t.inner) if isinstance(t, Maybe) else None


def is_number(t: Type) -> bool:
    """Whether operators of arithmetic apply (numbers, arrays, and the unknown)."""
    if isinstance(t, Maybe):
        return is_number(t.inner)
    return isinstance(t, (Scalar, Array, Unknown))


def is_inexact(t: Type) -> bool:
    """Whether a value of this type can carry a derivative."""
    if isinstance(t, Maybe):
        return is_inexact(t.inner)
    if isinstance(t, (Tuple, Dict)):
        return any(map(is_inexact, t.items))
    if isinstance(t, List):
        return is_inexact(t.item)
    if isinstance(t, (Unknown, Residual)):
        return True
    return kind_of(t) in ("float", "complex")


def dims_of(t: Type) -> tuple[Dim, ...] | None:
    """The dimensions of a number or array; None where they are not known."""
    if isinstance(t, Array):
        return t.dims
    if isinstance(t, Scalar):
        return ()
    return dims_of(t.inner) if isinstance(t, Maybe) else None


def same_dims(a: Type, b: Type) -> bool:
    """Whether two numbers or arrays are known to have the same shape."""
    da, db = dims_of(a), dims_of(b)
    if da is None or db is None or len(da) != len(db):
        return False
    return all(map(same_length, da, db))


def is_python_int(t: Type) -> bool:
    """Whether a value is a whole number of Python's."""
    return isinstance(t, Scalar) and t.kind == "int" and not t.dtype


def dtype_of(t: Type) -> str | None:
    """The NumPy dtype a value has or, for a Python number, would be stored with."""
    if isinstance(t, Array):
        return t.dtype
    if isinstance(t, Scalar):
        return t.dtype or _STORED[t.kind]
    return dtype_of(t.inner) if isinstance(t, Maybe) else None


def python_kind(value: object) -> Type:
    """The type of a Python or NumPy number."""
    if isinstance(value, np.generic):
        return Scalar(kind_of_dtype(str(value.dtype)), str(value.dtype))
    for kind, cls in zip(KINDS, (bool, int, float, complex), strict=True):
        if type(value) is cls:
            size = value if cls is int and isinstance(value, int) else None
            return Scalar(kind, "", size)
    return Static(value)


def number_type(dtype: str, dims: tuple[Dim, ...] | None) -> Type:
    """An array, or for no dimensions the NumPy scalar that NumPy gives instead."""
    if dims is None:
        return UNKNOWN
    return Array(dtype, dims) if dims else Scalar(kind_of_dtype(dtype), dtype)


def promoted(*types: Type, at_least: str = "bool") -> str | None:
    """The dtype NumPy computes in, Python numbers being weak (NEP 50).

    "" where every operand is a Python number; None where one is unknown.
    """
    operands: list[str] = []
    weak = at_least
    for t in types:
        t = t.inner if isinstance(t, Maybe) else t
        if isinstance(t, Array) or (isinstance(t, Scalar) and t.dtype):
            operands.append(t.dtype)
        elif isinstance(t, Scalar):
            weak = max(weak, t.kind, key=KINDS.index)
        else:
            return None
    if not operands:
        return ""
    return _result_dtype(tuple(operands), weak)


@functools.cache
def _result_dtype(operands: tuple[str, ...], weak: str) -> str:
    floor: list[Any] = [] if weak == "bool" else [_EXAMPLES[weak]]
    return str(np.result_type(*map(np.dtype, operands), *floor))


def broadcast_dims(*shapes: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """The shape of an elementwise result.

    Of two different sizes both marked "not 1", either will do: they are equal, or the
    program fails. Where either might be 1, the result is a size of its own.
    """
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(s)) + s for s in shapes]
    return tuple(_broadcast_dim(column) for column in zip(*padded, strict=True))


def _broadcast_dim(column: tuple[Dim, ...]) -> Dim:
    dims = [d for d in column if d != 1]
    if not dims:
        return 1
    first = dims[0]
    for d in dims:
        if isinstance(d, int) or not d.may_be_one:
            return d
    if all(same_length(first, d) for d in dims):
        return first
    texts = sorted({str(d).rstrip("?") for d in dims})
    return Size("bc(" + ",".join(texts) + ")", 0, may_be_one=True)


def checked_dims(*shapes: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """`broadcast_dims`, for a value that may not be computed where no one reads it.

    Raises
    ------
    ShapeError
        Two lengths that are known differ.
    """
    for column in zip_longest(*(reversed(s) for s in shapes), fillvalue=1):
        known = sorted({d for d in column if isinstance(d, int) and d != 1})
        if len(known) > 1:
            raise ShapeError(
                f"lengths {known[0]} and {known[1]} along one axis do not fit"
            )
    return broadcast_dims(*shapes)


def elementwise_type(*types: Type, at_least: str = "bool") -> Type:
    """The type of a broadcasting elementwise operation that keeps the dtype."""
    dtype = promoted(*types, at_least=at_least)
    shapes = [dims_of(t) for t in types]
    if dtype is None or any(s is None for s in shapes):
        return BOTTOM if BOTTOM in types else UNKNOWN
    if dtype == "":
        kinds = [at_least, *(kind_of(t) or "bool" for t in types)]
        return Scalar(max(kinds, key=KINDS.index))
    return number_type(dtype, broadcast_dims(*(s for s in shapes if s is not None)))


def of_kind(t: Type, kind: str) -> Type:
    """The same shape with another kind of number ("bool" for comparisons)."""
    if isinstance(t, Array):
        return Array(str(np.asarray(_EXAMPLES[kind]).dtype), t.dims)
    if isinstance(t, Scalar):
        name = str(np.asarray(_EXAMPLES[kind]).dtype) if t.dtype else ""
        return Scalar(kind, name)
    return t


CONTAINERS = (Tuple, Dict, List)
