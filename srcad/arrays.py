"""Jacobians assembled from pullbacks (row by row) and tangents (column by column)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from srcad.backend.runtime import with_attributes
from srcad.errors import ShapeError, SignatureError
from srcad.instances import attributes


def leaves(tree: Any) -> list[Any]:
    """The numbers and arrays in a container, in order."""
    if isinstance(tree, dict):
        return [leaf for v in tree.values() for leaf in leaves(v)]
    if isinstance(tree, (list, tuple, deque)):
        return [leaf for v in tree for leaf in leaves(v)]
    inside = attributes(tree)
    if inside is not None:
        return [leaf for v in inside.values() for leaf in leaves(v)]
    return [tree]


def rebuilt(tree: Any, found: Iterator[Any]) -> Any:
    """A container of the same structure with other leaves."""
    if isinstance(tree, dict):
        return {k: rebuilt(v, found) for k, v in tree.items()}
    if isinstance(tree, deque):
        return deque([rebuilt(v, found) for v in tree], tree.maxlen)
    if isinstance(tree, (list, tuple)):
        items = [rebuilt(v, found) for v in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)
    inside = attributes(tree)
    if inside is not None:
        parts = {k: rebuilt(v, found) for k, v in inside.items()}
        return with_attributes(type(tree), **parts)
    return next(found)


def is_number(leaf: Any) -> bool:
    """Whether a leaf is a number or an array: not a flag, a text or a function."""
    numbers = (int, float, complex, np.number, np.ndarray)
    return isinstance(leaf, numbers) and not isinstance(leaf, bool)


def zeros(leaf: Any) -> Any:
    """Zero of the shape and dtype of a leaf."""
    if isinstance(leaf, np.ndarray):
        return np.zeros_like(leaf)
    if isinstance(leaf, (int, float, complex, np.number)):
        return 0.0 * leaf
    return leaf


def check_like(given: Any, like: Any, what: str) -> None:
    """Refuse a tangent or cotangent that does not have the structure it must have.

    Raises
    ------
    ShapeError
        Another structure, or another shape of an array in it.
    """
    if isinstance(like, (dict, list, tuple, deque)):
        same = isinstance(given, type(like)) and len(given) == len(like)
        if isinstance(like, dict):
            same = same and set(given) == set(like)
        if not same:
            raise ShapeError(f"{what} must have the structure of {_brief(like)}")
        for key in like if isinstance(like, dict) else range(len(like)):
            check_like(given[key], like[key], what)
    elif isinstance(like, (np.ndarray, np.number, int, float, complex)):
        if np.shape(given) != np.shape(like):
            raise ShapeError(
                f"{what} has shape {np.shape(given)}, and must have {np.shape(like)}"
            )
    elif (inside := attributes(like)) is not None:
        if type(given) is not type(like):
            raise ShapeError(f"{what} must be an object of {type(like).__name__}")
        for key, part in inside.items():
            check_like(getattr(given, key, None), part, what)


def fitted(given: Any, like: Any) -> Any:
    """A tangent or cotangent as derivatives, which write to copies of it, need it.

    What is written to an array of integers would be cut off, and an array of no
    dimensions would be written to itself where a number was expected.

    Parameters
    ----------
    given, like : trees
        Of the same structure, as `check_like` says.
    """
    return rebuilt(like, _fitted(given, like))


def _fitted(given: Any, like: Any) -> Iterator[Any]:
    """The leaves of a tangent or cotangent, in the order of those of `like`."""
    if isinstance(like, dict):
        for key, part in like.items():
            yield from _fitted(given[key], part)
    elif isinstance(like, (list, tuple, deque)):
        for entry, part in zip(given, like, strict=True):
            yield from _fitted(entry, part)
    elif (inside := attributes(like)) is not None:
        for key, part in inside.items():
            yield from _fitted(getattr(given, key, None), part)
    else:
        yield _as_floats(given, like) if is_number(like) else given


def _as_floats(given: Any, like: Any) -> Any:
    """A leaf: an array for an array, a number for a number; integers as floats."""
    array = np.asarray(given)
    if array.dtype.kind in "biu":
        dtype = np.asarray(like).dtype
        array = array.astype(dtype if dtype.kind in "fc" else float)
    elif not isinstance(given, np.ndarray) and not isinstance(like, np.ndarray):
        return given
    return array if isinstance(like, np.ndarray) else array[()]


def _brief(tree: Any) -> str:
    kind = type(tree).__name__
    return f"a {kind} of {len(tree)}"


def unit_vectors(leaf: Any) -> list[Any]:
    """One array (or number) for each element of a leaf, 1 there and 0 elsewhere."""
    if not is_number(leaf):
        return []
    if not isinstance(leaf, np.ndarray):
        return [leaf * 0.0 + 1.0]
    found = []
    for index in np.ndindex(leaf.shape):
        unit = np.zeros_like(leaf)
        unit[index] = 1.0
        found.append(unit)
    return found


def with_leaf(tree: Any, position: int, leaf: Any) -> Any:
    """Zeros in the structure of `tree`, but `leaf` at one position."""
    every = leaves(tree)
    return rebuilt(
        tree, iter([leaf if k == position else zeros(v) for k, v in enumerate(every)])
    )


def _differentiable(value: Any) -> Any:
    """An argument that holds a number or an array.

    Raises
    ------
    SignatureError
        It holds none.
    """
    if not any(map(is_number, leaves(value))):
        raise SignatureError(
            f"an argument {value!r} cannot be differentiated by",
            hint="choose other argnums",
        )
    return value


def rows(out: Any, pullback: Callable[[Any], Any], x: Any) -> Any:
    """The Jacobian of a result by an argument, one pullback per element of the result.

    pullback : from a cotangent of the result to that of the argument.
    """
    results = []
    inner = leaves(_differentiable(x))
    for k, leaf in enumerate(leaves(out)):
        pulled = [
            leaves(pullback(with_leaf(out, k, unit))) for unit in unit_vectors(leaf)
        ]
        blocks: list[Any] = []
        for j, part in enumerate(inner):
            if not (is_number(leaf) and is_number(part)):
                blocks.append(None)  # as in a gradient
                continue
            columns_ = [p[j] for p in pulled]
            shape = np.shape(leaf) + np.shape(part)
            blocks.append(_stacked(columns_, shape, part))
        results.append(rebuilt(x, iter(blocks)))
    return rebuilt(out, iter(results))


def columns(push: Callable[[Sequence[Any]], Any], args: Sequence[Any], k: int) -> Any:
    """The Jacobian by argument k, one tangent per element of the argument.

    push : from tangents of the arguments to the value and its tangent.
    """
    still = [rebuilt(a, iter([zeros(v) for v in leaves(a)])) for a in args]
    target = _differentiable(args[k])
    by_input: list[list[list[Any]]] = []
    out: Any = None
    for j, leaf in enumerate(leaves(target)):
        pushed = []
        for unit in unit_vectors(leaf):
            tangents = list(still)
            tangents[k] = with_leaf(target, j, unit)
            out, tangent = push(tangents)
            pushed.append(leaves(tangent))
        by_input.append(pushed)
    if not any(by_input):  # arrays of no elements
        out, _ = push(still)
    results = []
    for i, y in enumerate(leaves(out)):
        blocks: list[Any] = []
        for x, pushed in zip(leaves(target), by_input, strict=True):
            if not (is_number(x) and is_number(y)):
                blocks.append(None)
                continue
            shape = np.shape(x) + np.shape(y)
            stacked = np.asarray(_stacked([p[i] for p in pushed], shape, y))
            last = range(np.ndim(x), np.ndim(x) + np.ndim(y))
            moved = np.transpose(stacked, (*last, *range(np.ndim(x))))
            blocks.append(moved if moved.ndim else moved[()])
        results.append(rebuilt(target, iter(blocks)))
    return rebuilt(out, iter(results))


def _stacked(parts: list[Any], shape: tuple[int, ...], like: Any) -> Any:
    if not parts:
        return np.zeros(shape, getattr(like, "dtype", float))
    found = np.stack([np.asarray(p) for p in parts]).reshape(shape)
    return found if shape else found[()]
