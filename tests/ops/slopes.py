"""Check the derivatives of a program of one argument: differences, modes, order two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import srcad


def differences(f: Callable[[Any], Any], x: Any, step: float = 1e-4) -> Any:
    """The gradient by central differences of fourth order."""
    x = np.asarray(x, float)
    found = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = step
        near, far = f(x + e) - f(x - e), f(x + 2 * e) - f(x - 2 * e)
        found[i] = (8 * near - far) / (12 * step)
    return found


def check_slopes(f: Callable[[Any], Any], x: Any) -> None:
    """Gradient against differences, forward against reverse, and both once more."""
    slope = srcad.grad(f)
    gradient = slope(x)
    np.testing.assert_allclose(gradient, differences(f, x), rtol=1e-6, atol=1e-7)
    ramp = np.cos(np.arange(np.size(x))).reshape(np.shape(x))
    t = ramp if np.ndim(x) else float(ramp)
    along = srcad.jvp(f, (x,), (t,))[1]
    size = float(np.sum(np.abs(gradient * t)))
    np.testing.assert_allclose(along, np.sum(gradient * t), rtol=0, atol=1e-10 * size)

    def projected(x: Any) -> Any:
        return np.sum(slope(x) * ramp)

    second = srcad.hvp(f, (x,), (t,))
    expected = differences(projected, x)
    scale = float(np.max(np.abs(expected), initial=1e-3))
    np.testing.assert_allclose(second, expected, rtol=1e-5, atol=1e-6 * scale)
    twice = srcad.jvp(slope, (x,), (t,))[1]
    np.testing.assert_allclose(twice, second, rtol=1e-9, atol=1e-9 * scale)
