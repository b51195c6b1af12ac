"""Integrals behind the derivatives of incomplete gamma and beta functions by a shape.

Each falls off to exp(-40) at the end `far`, which Newton's method finds from above (the
exponent is convex), and is summed over [0, far] by the tanh-sinh rule, which no
singularity near an end disturbs. Source: H. Takahasi, M. Mori, "Double exponential
formulas for numerical integration", 1974.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def gamma_moment(a: Any, x: Any, order: int, upper: bool) -> Any:
    """The integral over v > 0 of v**order * exp(h(v)), elementwise, for a, x > 0.

    h(v) is x * (1 - exp(-v)) - a * v, for x <= a; of the upper part it is
    a * v - x * (exp(v) - 1), for x >= a and x >= 1.
    """
    dtype = np.result_type(np.result_type(a, x), np.float16)
    wide, tall = np.broadcast_arrays(np.asarray(a, float), np.asarray(x, float))
    step = 0.0625
    s = step * np.arange(-52, 53)
    ratio = np.exp(np.pi * np.sinh(s))
    at = ratio / (1.0 + ratio)
    weights = step * np.pi * np.cosh(s) * at / (1.0 + ratio)
    flat_a, flat_x = wide.reshape(-1, 1), tall.reshape(-1, 1)
    found = np.empty(wide.size)
    with np.errstate(all="ignore"):
        for k in range(0, wide.size, 4096):
            a, x = flat_a[k : k + 4096], flat_x[k : k + 4096]
            far = np.sqrt(80.0 / x) if upper else (40.0 + x) / a
            for _ in range(12):
                if upper:
                    away = x * np.expm1(far) - a * far - 40.0
                    far = far - away / (x * np.exp(far) - a)
                else:
                    away = a * far + x * np.expm1(-far) - 40.0
                    far = far - away / (a - x * np.exp(-far))
            v = far * at
            h = a * v - x * np.expm1(v) if upper else -x * np.expm1(-v) - a * v
            found[k : k + 4096] = far[:, 0] * ((v**order * np.exp(h)) @ weights)
    return found.reshape(wide.shape).astype(dtype)[()]


def beta_moment(a: Any, b: Any, odds: Any, order: int, logs: int) -> Any:
    """The integral over v > 0 of v**order * log(r)**logs * r**(b - 1) * exp(-a * v).

    r is 1 + odds * (1 - exp(-v)); elementwise, for a, b > 0 and 0 < odds <= a / (b - 1)
    where b > 1.
    """
    dtype = np.result_type(np.result_type(a, b, odds), np.float16)
    given = (np.asarray(v, float) for v in (a, b, odds))
    wide, tall, deep = np.broadcast_arrays(*given)
    step = 0.0625
    s = step * np.arange(-52, 53)
    ratio = np.exp(np.pi * np.sinh(s))
    at = ratio / (1.0 + ratio)
    weights = step * np.pi * np.cosh(s) * at / (1.0 + ratio)
    flat = [v.reshape(-1, 1) for v in (wide, tall, deep)]
    found = np.empty(wide.size)
    with np.errstate(all="ignore"):
        for k in range(0, wide.size, 4096):
            a, b, odds = (v[k : k + 4096] for v in flat)
            power = np.maximum(b - 1.0, 0.0)
            far = (40.0 + power * np.log1p(odds)) / a
            for _ in range(12):
                r = 1.0 - odds * np.expm1(-far)
                away = a * far - power * np.log(r) - 40.0
                far = far - away / (a - power * odds * np.exp(-far) / r)
            v = far * at
            log_r = np.log1p(-odds * np.expm1(-v))
            value = v**order * log_r**logs * np.exp((b - 1.0) * log_r - a * v)
            found[k : k + 4096] = far[:, 0] * (value @ weights)
    return found.reshape(wide.shape).astype(dtype)[()]


def carlson(x: Any, y: Any, z: Any, p: Any, halves: tuple[int, ...]) -> Any:
    """The integral over t > 0 of the product of (t + x)**(-h / 2), elementwise.

    x, y, z, p : not negative (nan where one is); each has its h among `halves`. The
    trapezoidal rule in log(t) converges at once, as the singular points are half a turn
    away from the line.
    """
    dtype = np.result_type(np.result_type(x, y, z, p), np.float16)
    whole = np.broadcast_arrays(*(np.asarray(v, float) for v in (x, y, z, p)))
    flat = [v.reshape(-1, 1) for v in whole]
    found = np.empty(whole[0].size)
    used = [k for k, h in enumerate(halves) if h]
    with np.errstate(all="ignore"):
        for k in range(0, found.size, 1024):
            given = {i: flat[i][k : k + 1024] for i in used}
            positive = [np.where(v > 0.0, v, np.inf) for v in given.values()]
            low = np.log(np.minimum.reduce(positive))
            high = np.log(np.maximum.reduce(list(given.values())))
            ends = low - 80.0, high + 80.0
            u = ends[0] + (ends[1] - ends[0]) * np.linspace(0.0, 1.0, 801)
            t = np.exp(u)
            logs = sum(-0.5 * halves[i] * np.log(t + v) for i, v in given.items())
            value = np.where(sum(v < 0.0 for v in given.values()), np.nan, logs + u)
            sums = np.exp(value).sum(axis=1)
            open_ = sum(halves[i] * (v == 0.0) for i, v in given.items())[:, 0] >= 2
            sums = np.where(open_, np.inf, sums)
            found[k : k + 1024] = sums * (ends[1] - ends[0])[:, 0] / 800.0
    return found.reshape(whole[0].shape).astype(dtype)[()]
