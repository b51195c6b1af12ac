"""Signatures: what of a call's arguments the compiled function depends on."""

from __future__ import annotations

import inspect
from array import array
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.backend.runtime import with_attributes
from srcad.errors import SignatureError
from srcad.frontend.abstract import SHORT
from srcad.instances import attributes, is_plain, is_sparse
from srcad.ir.types import Sparse

_NUMBERS = (float, int, complex, bool)
_UNREAD = (deque, array)  # they hold numbers, and are no containers here


def key_of(value: Any) -> Any:
    """What two arguments must have in common to be served by one compiled function.

    The type of a number; rank, dtype and which dimensions are 1 of an array; the
    structure of a container (of a list of like things, not the length); the identity of
    anything else.
    """
    cls = type(value)
    if cls is float or cls in _NUMBERS:
        return cls
    if cls is np.ndarray:
        return (value.dtype, tuple([n == 1 for n in value.shape]))
    if cls is list:
        keys = [key_of(v) for v in value]
        alike = bool(keys) and all(k == keys[0] for k in keys)
        alike = alike and not (len(value) <= SHORT and is_plain(type(value[0])))
        return (list, keys[0], "alike") if alike else (list, tuple(keys))
    if isinstance(value, tuple):
        return (cls, tuple([key_of(v) for v in value]))
    if isinstance(value, dict):
        return (cls, tuple((k, key_of(v)) for k, v in value.items()))
    if isinstance(value, np.generic):
        return cls
    if isinstance(value, range):
        return range
    if isinstance(value, (set, frozenset)):
        return (cls, frozenset([(type(v), v) for v in value]))
    if isinstance(value, (np.matrix, np.ma.MaskedArray)):
        raise SignatureError(
            f"an argument is a {cls.__name__}, whose arithmetic is not that of arrays",
            hint="pass a plain array: np.asarray(x)",
        )
    if isinstance(value, np.ndarray):
        return (cls, value.dtype, tuple([n == 1 for n in value.shape]))
    if is_sparse(value):
        return (Sparse, cls, value.dtype.name, tuple([n == 1 for n in value.shape]))
    inside = attributes(value)
    if inside is not None:
        return (cls, tuple([(k, key_of(v)) for k, v in inside.items()]))
    return Same(value)


def keys_of(values: Sequence[Any]) -> tuple[Any, ...]:
    """The keys of arguments; what holds itself is known by its identity."""
    try:
        return tuple(map(key_of, values))
    except RecursionError:
        return tuple(map(_key_of_any, values))


def _key_of_any(value: Any) -> Any:
    try:
        return key_of(value)
    except RecursionError:
        return Same(value)


class Same:
    """In a key: an object compared by identity; strings and None by value."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Same):
            return False
        if self.value is other.value:
            return True
        plain = isinstance(self.value, (str, bytes))
        return (
            plain
            and type(self.value) is type(other.value)
            and bool(self.value == other.value)
        )

    def __hash__(self) -> int:
        plain = isinstance(self.value, (str, bytes))
        return hash(self.value) if plain else id(self.value)


def fixes_shape(value: Any) -> bool:
    """Whether an argument may be an axis, a shape, or a position."""
    if isinstance(value, tuple):
        return bool(value) and all(map(fixes_shape, value))
    return type(value) is int


def shapeless(key: Any) -> Any:
    """A key without which dimensions are 1."""
    if isinstance(key, tuple):
        if key and all(isinstance(k, bool) for k in key):
            return len(key)
        return tuple(map(shapeless, key))
    return key


def promoted_argument(value: Any, where: str) -> Any:
    """`promoted` for a whole argument, which a sparse matrix cannot be.

    Inside a container or an object such a matrix is a constant.
    """
    if is_sparse(value):
        raise SignatureError(
            f"{where} is a sparse matrix, which is a constant",
            hint="differentiate by other arguments, or make it dense with .toarray()",
        )
    return promoted(value, where)


def promoted_arguments(
    args: Sequence[Any], where: Sequence[int], names: Sequence[str]
) -> list[Any]:
    """The arguments, those at some positions with their Python ints made floats."""
    found = list(args)
    for k in where:
        found[k] = promoted_argument(found[k], f"argument {names[k]}")
    return found


def promoted(value: Any, where: str) -> Any:
    """An argument to differentiate by, its Python ints made floats.

    Raises
    ------
    SignatureError
        It holds an integer array, or nothing that can be differentiated.
    """
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if type(value) is int:
        return float(value)
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind not in "fc":
        if value.dtype.kind in "iub":
            raise SignatureError(
                f"{where} is an array of {value.dtype}: derivatives need floats",
                hint=f"pass it as floats: {where.split()[-1]}.astype(float)",
            )
        raise SignatureError(
            f"{where} has dtype {value.dtype}: it is not differentiable"
        )
    if isinstance(value, _UNREAD):
        raise SignatureError(
            f"{where} is, or holds, an object of class {type(value).__name__}: it "
            "cannot be differentiated by",
            hint="pass a list or an array; a deque can be made inside the function",
        )
    if isinstance(value, dict):
        return {k: promoted(v, where) for k, v in value.items()}
    inside = attributes(value)
    if inside is not None:
        return _promoted_object(value, inside, where)
    if isinstance(value, (list, tuple)):
        items = [promoted(v, where) for v in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


def _promoted_object(value: Any, inside: Mapping[str, Any], where: str) -> Any:
    """An object whose attributes annotated as floats are floats.

    Other integers stay: they are counts and indices more often than parameters.
    """
    hints = {k: h for c in type(value).__mro__ for k, h in _annotations(c).items()}
    items = {}
    for name, v in inside.items():
        integer = type(v) is int or getattr(v, "dtype", np.dtype(float)).kind in "iub"
        floating = hints.get(name) in (float, "float")
        items[name] = v if integer and not floating else promoted(v, where)
    return with_attributes(type(value), **items)


def _annotations(cls: type) -> Mapping[str, Any]:
    found: Mapping[str, Any] = vars(cls).get("__annotations__", {})
    return found


def needs_promotion(key: Any) -> bool:
    """Whether an argument with this key is not yet one to differentiate by.

    It holds Python ints, integer arrays, or numbers in a container that is not read.
    """
    if key is int or (isinstance(key, tuple) and key[:1] == (Sparse,)):
        return True
    if isinstance(key, Same):
        return isinstance(key.value, _UNREAD)
    if isinstance(key, tuple):
        return any(map(needs_promotion, key))
    if isinstance(key, np.dtype):
        return key.kind not in "fc"
    if not isinstance(key, type) or not issubclass(key, np.generic):
        return False
    return not issubclass(key, np.inexact)


def positions(
    signature: inspect.Signature,
    argnums: int | Sequence[int],
    argnames: str | Sequence[str] | None,
    name: str,
) -> tuple[tuple[int, ...], bool]:
    """Positions of the parameters to differentiate by, and whether it is a bare one.

    Raises
    ------
    SignatureError
        There is no such parameter.
    """
    parameters = list(signature.parameters)
    if argnames is not None:
        names = (argnames,) if isinstance(argnames, str) else tuple(argnames)
        for n in names:
            if n not in parameters:
                raise SignatureError(
                    f"{name}() has no parameter {n!r}",
                    hint=f"its parameters are {', '.join(parameters)}",
                )
        return tuple(map(parameters.index, names)), isinstance(argnames, str)
    numbers = tuple(argnums) if isinstance(argnums, Sequence) else (argnums,)
    if isinstance(argnums, bool) or not all(type(k) is int for k in numbers):
        raise SignatureError(f"argnums must be integers, not {argnums!r}")
    found = []
    for k in numbers:
        if not -len(parameters) <= k < len(parameters):
            raise SignatureError(
                f"argnums={argnums} is out of range: {name}() has "
                f"{len(parameters)} parameters",
                hint="argnums counts from 0" if parameters else "",
            )
        found.append(k % len(parameters))
    if len(set(found)) != len(found) or not found:
        raise SignatureError(f"argnums={argnums} must name distinct parameters")
    return tuple(found), isinstance(argnums, int)


def bound(
    signature: inspect.Signature, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> list[Any]:
    """The arguments in the order of the parameters, defaults filled in.

    Raises
    ------
    TypeError
        The call does not fit, as Python says it.
    """
    given = signature.bind(*args, **kwargs)
    given.apply_defaults()
    return list(given.arguments.values())
