"""Helpers of generated source: slopes and quotients where the formula has no value.

As those of `runtime.py`, each stands by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def power_slope(x: Any, y: Any) -> Any:
    """The partial of x**y by x: y * x**(y - 1), and 0 where y is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = y * np.power(x, y - 1, dtype=np.result_type(x, y, 0.0))
    return np.where(np.equal(y, 0), 0.0, slope)[()]


def log_or_zero(x: Any) -> Any:
    """log(x), and 0 where x is 0."""
    return np.log(np.where(np.equal(x, 0), 1.0, x))[()]


def sinc_derivative(x: Any, order: int) -> Any:
    """The derivative of this order of sin(pi x) / (pi x), smooth at 0."""
    z = np.pi * np.asarray(x)
    near = np.abs(z) < 1.0 + order
    far = np.where(near, 1.0, z)
    found = np.sinc(far / np.pi)
    for n in range(1, order + 1):
        found = (np.sin(far + 0.5 * n * np.pi) - n * found) / far
    small = np.where(near, z, 0.0)
    start = (order + 1) // 2
    power = 2 * start - order
    term = (-1.0) ** start * small**power / (2 * start + 1)
    series = term
    for k in range(start + 1, start + 25 + order):
        ratio = (2 * k - 1) / ((2 * k + 1) * (2 * k - order) * (2 * k - order - 1))
        term = -term * small * small * ratio
        series = series + term
    return (np.pi**order * np.where(near, series, found)).astype(z.dtype)[()]


def quotient_or_zero(x: Any, y: Any) -> Any:
    """x / y, and 0 where y is 0."""
    if isinstance(y, np.ndarray):
        return x / np.where(y == 0, np.inf, y)
    return x / (y or np.inf)
