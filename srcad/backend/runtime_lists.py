"""Helpers of generated source for Numba: lists of arrays as arrays, and added up.

As those of `runtime.py`, each stands by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def stacked(xs: Any) -> Any:
    """The arrays of a list, all of one shape, as the rows of an array."""
    if len(xs) == 0:
        raise ValueError("need at least one array to stack")
    first = xs[0]
    found = np.empty((len(xs), *first.shape), first.dtype)
    entries, place = found.reshape(-1), 0
    for k in range(len(xs)):
        if xs[k].shape != first.shape:
            raise ValueError("all input arrays must have the same shape")
        for v in xs[k].flat:
            entries[place] = v
            place += 1
    return found


def joined(xs: Any) -> Any:
    """The arrays of a list, one after another along their first axis."""
    if len(xs) == 0:
        raise ValueError("need at least one array to concatenate")
    first = xs[0]
    count = 0
    for k in range(len(xs)):
        if xs[k].shape[1:] != first.shape[1:]:
            raise ValueError("all the input array dimensions must match")
        count += len(xs[k])
    found = np.empty((count, *first.shape[1:]), first.dtype)
    entries, place = found.reshape(-1), 0
    for k in range(len(xs)):
        for v in xs[k].flat:
            entries[place] = v
            place += 1
    return found


def pieces_of(g: Any, xs: Any) -> Any:
    """The parts of g that came from the arrays of a list, joined along axis 0."""
    found = []
    start = 0
    for k in range(len(xs)):
        found.append(g[start : start + len(xs[k])].copy())
        start += len(xs[k])
    return found


def list_summed(xs: Any) -> Any:
    """The sum of the arrays of a list."""
    if len(xs) == 0:
        raise ValueError("a sum of no arrays has no shape")
    found = xs[0].copy()
    for k in range(1, len(xs)):
        found = found + xs[k]
    return found
