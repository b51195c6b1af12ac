"""Helpers of generated source: recurrences and products along an axis.

As those of `runtime.py`, each stands by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def shifted(x: Any, axis: int | None, back: bool) -> Any:
    """x moved one entry along the axis (None: all of x in order), 0 where it starts."""
    flat = np.reshape(x, -1) if axis is None else np.moveaxis(np.asarray(x), axis, 0)
    result = np.zeros_like(flat)
    if back:
        result[:-1] = flat[1:]
    else:
        result[1:] = flat[:-1]
    if axis is None:
        return np.reshape(result, np.shape(x))[()]
    return np.moveaxis(result, 0, axis)


def recurrence(a: Any, b: Any, axis: int | None, back: bool) -> Any:
    """r[i] = b[i] + a[i] * r[i - 1] along the axis (back: from the other end)."""
    shape = np.broadcast_shapes(np.shape(a), np.shape(b))
    a, b = np.broadcast_to(a, shape), np.broadcast_to(b, shape)
    if axis is None:
        a, b = np.reshape(a, -1), np.reshape(b, -1)
    else:
        a, b = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
    result = np.zeros(a.shape, np.result_type(a, b, 0.0))
    total = np.zeros_like(result[:1].sum(axis=0))
    for i in reversed(range(len(a))) if back else range(len(a)):
        total = b[i] + a[i] * total
        result[i] = total
    if axis is None:
        return np.reshape(result, shape)[()]
    return np.moveaxis(result, 0, axis)


def exclusive_product(x: Any, axis: int | None, back: bool) -> Any:
    """The product of the entries before each along the axis (back: after each)."""
    flat = np.reshape(x, -1) if axis is None else np.moveaxis(np.asarray(x), axis, 0)
    result = np.ones(flat.shape, np.result_type(flat, 0.0))
    if back:
        result[:-1] = np.cumprod(flat[:0:-1], axis=0)[::-1]
    else:
        result[1:] = np.cumprod(flat[:-1], axis=0)
    if axis is None:
        return np.reshape(result, np.shape(x))[()]
    return np.moveaxis(result, 0, axis)
