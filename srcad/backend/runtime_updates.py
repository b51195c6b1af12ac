"""Helpers of generated source: copies of arrays and lists with entries written.

What an update reads and writes is `x[index]`, or `x[first][index]` of a part of x.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def _part(x: Any, first: Any) -> Any:
    """x[...][...], where a write is to an index of a part of x."""
    for index in first:
        x = getattr(x, index) if isinstance(index, str) else x[index]
    return x


def updated(x: Any, index: Any, v: Any, *first: Any) -> Any:
    """A copy of x with `x[index] = v`, or with `x[first][index] = v`."""
    x = x.copy()
    _part(x, first)[index] = v
    return x


def added_at(x: Any, index: Any, v: Any, *first: Any) -> Any:
    """A copy of x with v added at an index; repeated entries add up."""
    x = x.copy()
    part = _part(x, first)
    if isinstance(part, np.ndarray):
        np.add.at(part, index, v)
    else:  # x.flat
        part[index] += v
    return x


def last_written(x: Any, index: Any, *first: Any) -> Any:
    """x[index] with zero where a later entry of the index names the same element."""
    x = _part(x, first)
    numbers = np.arange(x.size).reshape(x.shape)
    written = numbers[index]
    last = numbers.copy()
    order = np.arange(np.size(written)).reshape(np.shape(written))
    last[index] = order
    return np.where(last[index] == order, x[index], 0)


def list_set(xs: Any, i: Any, v: Any) -> Any:
    """A copy of a list with `xs[i] = v`."""
    xs = list(xs)
    xs[i] = v
    return xs


def copied(x: Any) -> Any:
    """A copy of an array; numbers need none."""
    return x.copy() if isinstance(x, np.ndarray) else x
