"""Helpers of generated source: what joining, repeating and padding put together, apart.

As those of `runtime.py`, each stands by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def segment(g: Any, xs: Any, k: int, axis: int, name: str) -> Any:
    """The part of g that came from entry k of `np.<name>(xs)`, in its shape."""
    axis = {"hstack": min(1, np.ndim(g) - 1), "column_stack": 1}.get(name, axis)
    sizes = [np.shape(x)[axis] if np.ndim(x) == np.ndim(g) else 1 for x in xs]
    start = sum(sizes[:k])
    part = np.take(g, range(start, start + sizes[k]), axis=axis)
    return np.reshape(part, np.shape(xs[k]))


def pieces(g: Any, xs: Any, axis: int = 0) -> Any:
    """The parts of g that came from the entries of `np.concatenate(xs, axis)`."""
    ends = np.cumsum([np.shape(x)[axis] for x in xs])[:-1]
    return np.split(g, ends, axis=axis)


def untiled(g: Any, shape: Any, reps: Any) -> Any:
    """The sum of the copies that `np.tile` made of an array of this shape."""
    reps = tuple(np.atleast_1d(reps))
    rank = max(len(shape), len(reps))
    inner = (1,) * (rank - len(shape)) + tuple(shape)
    times = (1,) * (rank - len(reps)) + reps
    apart = [n for pair in zip(times, inner, strict=True) for n in pair]
    copies = np.reshape(g, apart).sum(axis=tuple(range(0, 2 * rank, 2)))
    return np.reshape(copies, shape)[()]


def unrepeated(g: Any, shape: Any, repeats: Any, axis: Any = None) -> Any:
    """The sums over the copies that `np.repeat` made, in this shape."""
    flat = shape if axis is not None else (int(np.prod(shape)),)
    axis = 0 if axis is None else axis
    found = np.zeros_like(g, shape=flat)
    rows = np.repeat(np.arange(flat[axis]), repeats)
    np.add.at(np.moveaxis(found, axis, 0), rows, np.moveaxis(g, axis, 0))
    return np.reshape(found, shape)[()]


def unpadded(g: Any, width: Any) -> Any:
    """The part of a padded array that was there before."""
    pairs = np.broadcast_to(np.asarray(width), (np.ndim(g), 2))
    ends = zip(pairs, np.shape(g), strict=True)
    return g[tuple(slice(a, n - b) for (a, b), n in ends)]
