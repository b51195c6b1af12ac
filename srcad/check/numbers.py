"""The numbers in containers of arguments and results: which, at random, moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from srcad.arrays import leaves, rebuilt
from srcad.errors import SignatureError
from srcad.instances import attributes


def is_number(x: Any) -> bool:
    """Whether an argument is one number."""
    if isinstance(x, (dict, list, tuple)) or attributes(x) is not None:
        return False
    return bool(np.shape(x) == ())


def inexact(x: Any) -> bool:
    """Whether a leaf is a number or an array with derivatives."""
    if isinstance(x, (float, complex)):
        return True
    return isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fc"


def beside(tree: Any, other: Any) -> list[Any]:
    """The leaves of `other` that stand where `tree` has numbers with derivatives."""
    pairs = zip(leaves(tree), leaves(other), strict=True)
    return [b for a, b in pairs if inexact(a)]


def positions(args: list[Any], argnums: int | Sequence[int] | None) -> tuple[int, ...]:
    """The arguments to differentiate by: those asked for, or all that hold floats.

    Raises
    ------
    SignatureError
        None holds a float.
    """
    if argnums is not None:
        return (argnums,) if isinstance(argnums, int) else tuple(argnums)
    found = tuple(k for k, a in enumerate(args) if any(map(inexact, leaves(a))))
    if not found:
        raise SignatureError(
            "no argument holds a float to differentiate by",
            hint="pass floats, or say which with argnums",
        )
    return found


def is_single(args: list[Any], where: tuple[int, ...]) -> bool:
    """Whether a number among these arguments has less than double precision."""
    numbers = [x for k in where for x in leaves(args[k]) if inexact(x)]
    return any(np.asarray(x).dtype.itemsize < 8 for x in numbers)


def random_like(x: Any, rng: np.random.Generator) -> Any:
    """A leaf of the same shape and dtype, drawn at random if it has derivatives."""
    if not inexact(x):
        return 0.0 if type(x) is int else x
    found = rng.standard_normal(np.shape(x))
    if np.iscomplexobj(x):
        found = found + 1j * rng.standard_normal(np.shape(x))
    if isinstance(x, (np.ndarray, np.generic)):
        found = np.asarray(found).astype(x.dtype)
        return found if isinstance(x, np.ndarray) else found[()]
    return complex(found) if isinstance(x, complex) else float(found)


def random_tree(tree: Any, rng: np.random.Generator) -> Any:
    """A container of the same structure with random leaves."""
    return rebuilt(tree, iter([random_like(x, rng) for x in leaves(tree)]))


def direction(
    args: list[Any], where: tuple[int, ...], rng: np.random.Generator
) -> tuple[Any, ...]:
    """A random tangent for each argument to differentiate by."""
    return tuple(random_tree(args[k], rng) for k in where)


def fresh(args: list[Any]) -> list[Any]:
    """The arguments with their arrays copied: f may write to them."""

    def copy(x: Any) -> Any:
        return x.copy() if isinstance(x, np.ndarray) else x

    return [rebuilt(a, iter([copy(x) for x in leaves(a)])) for a in args]


def stepped(x: Any, along: Any, h: float) -> Any:
    """A leaf moved by `h` along a tangent."""
    if not inexact(x):
        return x
    found = x + h * along
    if isinstance(x, (np.ndarray, np.generic)):
        return found.astype(x.dtype)
    return found


def dot(a: Any, b: Any) -> float:
    """The real part of the sum of products, without conjugation."""
    return float(np.real(np.sum(np.asarray(a) * np.asarray(b))))
