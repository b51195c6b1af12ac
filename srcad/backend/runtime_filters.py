"""Helpers of generated source for filters of `scipy.signal`.

As those of `backend/runtime.py`, which gives them on: each stands by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def lagged(w: Any, x: Any, n: int, axis: int = -1) -> Any:
    """The sums over w[k + j] * x[j] along an axis and over all others, for n lags k."""
    w, x = np.moveaxis(w, axis, -1), np.moveaxis(x, axis, -1)
    size = x.shape[-1]
    found = np.zeros(n, dtype=np.result_type(w, x))
    for k in range(min(n, size)):
        found[k] = np.sum(w[..., k:] * x[..., : size - k])
    return found


def sos_taps(sos: Any) -> int:
    """The number of taps of second-order sections together."""
    trailing = min(int(np.sum(sos[:, 2] == 0)), int(np.sum(sos[:, 5] == 0)))
    return 2 * len(sos) + 1 - trailing


def sosfilt_back(lfilter: Any, sos: Any, g: Any, gz: Any, axis: int = -1) -> Any:
    """The transpose of `scipy.signal.sosfilt` with a state, in the signal and state.

    lfilter : SciPy's. g, gz : cotangents of the filtered signal and the last state.

    In reverse time each section is a recursion that starts from the cotangents of its
    last state, and a moving average of what that gives.
    """
    g = np.moveaxis(np.asarray(g, dtype=np.result_type(g, float)), axis, -1)[..., ::-1]
    states = np.moveaxis(gz, axis, -1) if axis < 0 else np.moveaxis(gz, axis + 1, -1)
    found = np.empty(states.shape, dtype=np.result_type(g, states))
    for k in range(len(sos) - 1, -1, -1):
        b, a = sos[k, :3] / sos[k, 3], sos[k, 3:] / sos[k, 3]
        near, far = states[k, ..., 0], states[k, ..., 1]
        start = np.stack([-a[1] * near - a[2] * far, -a[2] * near], axis=-1)
        w, _ = lfilter([1.0], a, g, zi=start)
        w = np.concatenate([far[..., None], near[..., None], w], axis=-1)
        found[k] = w[..., :-3:-1]
        g = b[0] * w[..., 2:] + b[1] * w[..., 1:-1] + b[2] * w[..., :-2]
    place = axis if axis < 0 else axis + 1
    return np.moveaxis(g[..., ::-1], -1, axis), np.moveaxis(found, -1, place)
