"""Numbers inside structures: random ones, derivatives along them, how they agree."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def leaves(value: Any) -> list[np.ndarray]:
    """The inexact numbers and arrays inside, in order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [leaf for entry in value for leaf in leaves(entry)]
    if value is None or isinstance(value, (str, range, type)):
        return []
    array = np.asarray(value)
    return [array] if array.dtype.kind in "fc" else []


def rebuilt(like: Any, replace: Callable[[Any], Any]) -> Any:
    """The same structure with every inexact leaf replaced."""
    if isinstance(like, dict):
        return {k: rebuilt(v, replace) for k, v in like.items()}
    if isinstance(like, (list, tuple)):
        entries = [rebuilt(v, replace) for v in like]
        return type(like)(*entries) if hasattr(like, "_fields") else type(like)(entries)
    return replace(like) if leaves(like) else like


def random_like(value: Any, rng: np.random.Generator) -> Any:
    """Random numbers with the structure, shapes and dtypes of a value."""

    def draw(leaf: Any) -> Any:
        array = np.asarray(leaf)
        found = rng.normal(size=array.shape)
        if array.dtype.kind == "c":
            found = found + 1j * rng.normal(size=array.shape)
        if isinstance(leaf, np.ndarray):
            return np.asarray(found).astype(array.dtype)
        if isinstance(leaf, np.generic):
            return array.dtype.type(found)
        return type(leaf)(found)

    return rebuilt(value, draw)


def pairing(cotangents: Any, tangents: Any) -> tuple[float, float]:
    """The real part of the sum of cotangent times tangent; and that of their sizes.

    The sum may cancel: what it is exact to is a share of the second number.
    """
    total = size = 0.0
    for g, t in zip(leaves(cotangents), leaves(tangents), strict=True):
        total += float(np.sum(g * t).real)
        size += float(np.sum(np.abs(g * t)))
    return total, size


def moved(
    values: Sequence[Any], tangents: Sequence[Any], step: complex | float
) -> list[Any]:
    """The values moved along tangents, in double precision."""
    directions = iter(leaves(list(tangents)))

    def move(leaf: Any) -> Any:
        t = next(directions)
        result = np.asarray(leaf, dtype=_double(leaf)) + step * t.astype(_double(t))
        if isinstance(leaf, np.ndarray):
            return np.asarray(result)
        return result[()] if isinstance(leaf, np.generic) else result.item()

    return [rebuilt(v, move) for v in values]


def _double(leaf: Any) -> Any:
    return complex if np.asarray(leaf).dtype.kind == "c" else float


def central(
    f: Callable[[Sequence[Any]], Any],
    values: Sequence[Any],
    tangents: Sequence[Any],
    step: complex | float,
) -> list[np.ndarray]:
    """The directional derivative by central differences of fourth order."""

    def at_(k: int) -> list[np.ndarray]:
        return leaves(f(moved(values, tangents, k * step)))

    return [
        (8 * (a - b) - (c - d)) / (12 * step)
        for a, b, c, d in zip(at_(1), at_(-1), at_(2), at_(-2), strict=True)
    ]


STEP = 1e-12  # how exact a complex step is, for derivatives of about 1


def complex_step(
    f: Callable[[Sequence[Any]], Any],
    values: Sequence[Any],
    tangents: Sequence[Any],
    differences: Sequence[np.ndarray],
) -> list[np.ndarray] | None:
    """The directional derivative to all digits: the imaginary part a tiny way off.

    None where f is not holomorphic along the tangents, takes no complex numbers, or
    loses a tiny imaginary part among the real one. That is judged by its values: the
    differences along i times the tangents have to be i times those along the tangents,
    and steps of two sizes have to agree, with each other and with the differences.
    """
    given = leaves(list(values))
    if any(leaf.dtype != float for leaf in [*given, *differences]):
        return None
    if any(np.any((leaf != 0) & (np.abs(leaf) < 1e-6)) for leaf in given):
        return None  # sin(x) / x, say, and what else cancels there

    def by(step: float) -> list[np.ndarray]:
        far = leaves(f(moved(values, tangents, step * 1j)))
        return [np.asarray(leaf.imag) / step for leaf in far]

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            turned = central(f, values, tangents, 1e-3j)
            found, other = by(1e-20), by(1e-9)
    except (TypeError, ValueError, Warning, np.linalg.LinAlgError):
        return None
    holds = _alike(turned, differences, 1e-5) and _alike(found, differences, 1e-5)
    return found if holds and _alike(other, found, STEP) else None


def _alike(a: Sequence[np.ndarray], b: Sequence[np.ndarray], rtol: float) -> bool:
    return all(
        x.shape == y.shape and np.allclose(x, y, rtol, rtol / 10, equal_nan=True)
        for x, y in zip(a, b, strict=True)
    )


def single(values: Any) -> bool:
    """Whether single precision occurs."""
    return any(leaf.dtype.itemsize < 8 or leaf.dtype == "complex64" for leaf in values)


def close(a: Any, b: Any, rtol: float, atol: float) -> None:
    """The leaves of two values agree."""
    for x, y in zip(leaves(a), leaves(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=rtol, atol=atol)
