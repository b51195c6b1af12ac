"""Helpers of generated source for filters of `scipy.signal`.

As those of `backend/runtime.py`, which gives them on: each stands by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def lagged(w: Any, x: Any, n: int, axis: int = -1) -> Any:
    """The sums over w[k + j] * x[j] along an axis, and over all others, for n lags k."""
    w, x = np.moveaxis(w, axis, -1), np.moveaxis(x, axis, -1)
    size = x.shape[-1]
    found = np.zeros(n, dtype=np.result_type(w, x))
    for k in range(min(n, size)):
        found[k] = np.sum(w[..., k:] * x[..., : size - k])
    return found
