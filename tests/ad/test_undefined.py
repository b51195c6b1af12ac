"""Cotangents of what one way through a branch leaves undefined, to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from backend.shuffled import numbers, shuffled
from lowering import types_at
from trees import close

import srcad
from srcad.backend.generate import generate
from srcad.pipeline import for_loops

X = np.array([0.5, 0.6, 0.7])


def pushed(y: Any, t: Any) -> Any:
    z = y * t
    for q in range(1, len(z)):
        z[q] += 0.3 * z[q - 1]
    return z


def left_early(x: Any, p: Any) -> Any:
    """After the loop `x` may have no value; one way gives its cotangent nothing."""
    n = len(x)
    b = x * p
    for _ in range(n - 2, 0, -1):
        return p * np.sum(b)
    if p > 1.0:
        x = np.tanh(pushed(b, p))
    return np.sum(b * x) + np.sum(b)


def slope(x: Any, p: Any, dx: Any, dp: Any) -> Any:
    gx, gp = srcad.grad(left_early, (0, 1))(x, p)
    return np.sum(gx * dx) + gp * dp


@pytest.mark.parametrize("p", [0.3, 1.3])
@pytest.mark.parametrize("n", [2, 3])
def test_reverse_over_reverse(n: int, p: float) -> None:
    x, dx = X[:n], np.arange(1.0, n + 1.0)
    expected = srcad.hvp(left_early, (x, p), (dx, 2.0))
    transform = srcad.grad(slope, (0, 1))
    assert close(transform(x, p, dx, 2.0), expected, 1e-13)
    types = types_at(slope, x, p, dx, 2.0)
    (program,) = transform.dispatcher._programs(types, "numba").finished
    made = shuffled(generate(for_loops(program), dialect="numba"), 1)
    assert close(numbers(made(x, p, dx, 2.0)), numbers(expected), 1e-13)
