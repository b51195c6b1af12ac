"""Helpers of generated source for arrays put in order, in pieces, or filtered.

As those of `backend/runtime.py`, which gives them on: each stands by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def shared_ties(t: Any, x: Any, axis: int = -1) -> Any:
    """t averaged over the entries of x that are equal along the axis."""
    rows = np.moveaxis(np.asarray(x), axis, -1)
    order = np.argsort(rows, axis=-1, kind="stable")
    ordered = np.take_along_axis(rows, order, axis=-1)
    first = np.ones(ordered.shape, dtype=bool)
    first[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    if first.all():
        return t
    group = np.cumsum(first) - 1
    moved = np.take_along_axis(np.moveaxis(t, axis, -1), order, axis=-1)
    total = np.zeros(group[-1] + 1, dtype=moved.dtype)
    np.add.at(total, group, moved.ravel())
    shared = (total / np.bincount(group)).astype(moved.dtype)[group]
    result = np.empty_like(moved)
    np.put_along_axis(result, order, shared.reshape(moved.shape), axis=-1)
    return np.moveaxis(result, -1, axis)


def added_along(g: Any, indices: Any, shape: Any, axis: int | None = -1) -> Any:
    """Zeros of a shape with g added at the places `take_along_axis` reads."""
    if axis is None:
        found = np.zeros(int(np.prod(shape)), dtype=np.result_type(g))
        np.add.at(found, indices, g)
        return found.reshape(shape)
    found = np.zeros(shape, dtype=np.result_type(g))
    places = list(np.ogrid[tuple(slice(n) for n in shape)])
    places[axis] = indices
    np.add.at(found, tuple(places), g)
    return found


def along_axis(w: Any, x: Any, axis: Any) -> Any:
    """Weights with one number per entry of an axis, in a shape to multiply x by."""
    if np.ndim(w) == np.ndim(x):
        return w
    axes = axis if isinstance(axis, tuple) else (axis,)
    places = [k % np.ndim(x) for k in axes]
    w = np.transpose(w, np.argsort(places))
    shape = [n if k in places else 1 for k, n in enumerate(np.shape(x))]
    return np.reshape(w, shape)


def kept_part(x: Any, trim: str) -> Any:
    """The places that `np.trim_zeros` of a vector keeps."""
    places = np.arange(len(x))
    (found,) = np.nonzero(x)
    if len(found) == 0:
        return places[:0]
    first = found[0] if "f" in trim.lower() else 0
    return places[first : found[-1] + 1 if "b" in trim.lower() else None]


def unreduced(g: Any, indices: Any, x: Any, axis: int) -> Any:
    """The cotangent of x for `np.add.reduceat(x, indices, axis)`."""
    found = np.zeros(np.shape(x), dtype=np.result_type(g))
    into, parts = np.moveaxis(found, axis, 0), np.moveaxis(g, axis, 0)
    ends = [*indices[1:], len(into)]
    for part, start, stop in zip(parts, indices, ends, strict=True):
        into[start : max(stop, start + 1)] += part
    return found


def bessel_i(x: Any, order: int) -> Any:
    """The modified Bessel function of the first kind, of a whole order.

    By the trapezoidal rule for its integral over an angle, which converges as fast as
    the order at the Nyquist frequency vanishes.

    Source: NIST Digital Library of Mathematical Functions, 10.32.3.
    """
    x = np.asarray(x)
    largest = float(np.max(np.abs(x), initial=0.0))
    count = 40 + order + int(6 * np.sqrt(largest))
    angles = (np.arange(count) + 0.5) * (np.pi / count)
    terms = np.exp(np.multiply.outer(x, np.cos(angles))) * np.cos(order * angles)
    return terms.mean(axis=-1).astype(x.dtype if x.dtype.kind == "f" else float)[()]


def leading_places(p: Any) -> Any:
    """The places of coefficients but for zeros before them; the last one of only zeros.

    So `np.poly1d` keeps them.
    """
    (found,) = np.nonzero(p)
    return np.arange(found[0] if len(found) else len(p) - 1, len(p))
