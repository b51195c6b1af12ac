"""Helpers for the Numba dialect: what NumPy does by ranks, as loops of a known rank."""

from __future__ import annotations

from typing import Any

import numpy as np


def agreed(n: int, m: int) -> int:
    """The length n, if it is also m: else shapes do not fit together."""
    if n != m:
        raise ValueError("operands could not be broadcast together")
    return n


def fitting(n: int, m: int) -> int:
    """The length n, if m is that too, or 1: else shapes do not fit together."""
    if m not in (1, n):
        raise ValueError("operands could not be broadcast together")
    return n


def of_some(value: Any, n: int) -> Any:
    """The largest or smallest of n entries."""
    if n <= 0:
        raise ValueError("zero-size array to reduction operation has no identity")
    return value


def turned_3(x: Any, i: int, j: int, k: int) -> Any:
    """`np.transpose(x, (i, j, k))`, for which Numba compiles much more."""
    shape, steps = x.shape, x.strides
    return np.lib.stride_tricks.as_strided(
        x, (shape[i], shape[j], shape[k]), (steps[i], steps[j], steps[k])
    )


def turned_4(x: Any, i: int, j: int, k: int, m: int) -> Any:
    """`np.transpose(x, (i, j, k, m))`."""
    shape, steps = x.shape, x.strides
    return np.lib.stride_tricks.as_strided(
        x,
        (shape[i], shape[j], shape[k], shape[m]),
        (steps[i], steps[j], steps[k], steps[m]),
    )


def summed_1(g: Any, x: Any) -> Any:
    """g (n,) summed where x was broadcast, in the shape of x (m,)."""
    found = np.zeros(x.shape, x.dtype)
    for i in range(g.shape[0] if x.shape[0] == 1 else x.shape[0]):
        a, p = min(i, g.shape[0] - 1), min(i, x.shape[0] - 1)
        found[p] += g[a]
    return found


def summed_2(g: Any, x: Any) -> Any:
    """g (n, m) summed where x was broadcast, in the shape of x."""
    found = np.zeros(x.shape, x.dtype)
    for i in range(g.shape[0] if x.shape[0] == 1 else x.shape[0]):
        a, p = min(i, g.shape[0] - 1), min(i, x.shape[0] - 1)
        for j in range(g.shape[1] if x.shape[1] == 1 else x.shape[1]):
            b, q = min(j, g.shape[1] - 1), min(j, x.shape[1] - 1)
            found[p, q] += g[a, b]
    return found


def summed_3(g: Any, x: Any) -> Any:
    """g (n, m, k) summed where x was broadcast, in the shape of x."""
    found = np.zeros(x.shape, x.dtype)
    for i in range(g.shape[0] if x.shape[0] == 1 else x.shape[0]):
        a, p = min(i, g.shape[0] - 1), min(i, x.shape[0] - 1)
        for j in range(g.shape[1] if x.shape[1] == 1 else x.shape[1]):
            b, q = min(j, g.shape[1] - 1), min(j, x.shape[1] - 1)
            for k in range(g.shape[2] if x.shape[2] == 1 else x.shape[2]):
                c, r = min(k, g.shape[2] - 1), min(k, x.shape[2] - 1)
                found[p, q, r] += g[a, b, c]
    return found


def summed_n(g: Any, x: Any) -> Any:
    """g of any rank summed where x was broadcast, in the shape of x."""
    found = np.zeros(x.size, x.dtype)
    given = np.ascontiguousarray(g).reshape(-1)
    count = 1
    for k in range(x.ndim):
        count *= g.shape[k] if x.shape[k] == 1 else x.shape[k]
    for n in range(count):
        rest, to, of, wide, far = n, 0, 0, 1, 1
        for k in range(x.ndim - 1, -1, -1):
            length = g.shape[k] if x.shape[k] == 1 else x.shape[k]
            i, rest = rest % length, rest // length
            to += min(i, x.shape[k] - 1) * wide
            of += min(i, g.shape[k] - 1) * far
            wide, far = wide * x.shape[k], far * g.shape[k]
        found[to] += given[of]
    return found.reshape(x.shape)


def triangle_solved(a: Any, b: Any, lower: bool, trans: bool, unit: bool) -> Any:
    """`scipy.linalg.solve_triangular`, by substitution."""
    if not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
        raise ValueError("array must not contain infs or NaNs")
    n = len(a)
    x = b.copy()
    for step in range(n):
        i = step if lower != trans else n - 1 - step
        for done in range(step):
            k = done if lower != trans else n - 1 - done
            factor = a[k, i] if trans else a[i, k]
            x[i] -= factor * x[k]
        if not unit:
            if a[i, i] == 0.0:
                raise np.linalg.LinAlgError("singular matrix")
            x[i] /= a[i, i]
    return x


# ---- loops on threads ----------------------------------------------------------------


def chunk_count(n: int, elements: int) -> int:
    """In how many chunks n rounds are done that add to `elements` shared ones.

    Each costs a copy: it does at least as many rounds as there are elements. The number
    does not depend on the machine, and so neither does the order in which is added.
    """
    return max(1, min(32, n // max(elements, 8)))


def own_part(x: Any, chunks: int) -> Any:
    """What one of several chunks adds to in place of x; the only one adds to x."""
    return np.zeros_like(x) if chunks > 1 else x


def add_parts(x: Any, parts: Any) -> Any:
    """x with what several chunks have added, part by part."""
    if len(parts) > 1:
        for part in parts:
            x += part
    return x
