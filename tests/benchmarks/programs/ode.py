"""Runge-Kutta of order 4 for y_0' = x_0, y_i' = x_i y_(i-1) on [0, 2] from zero.

Differentiated is the last element of the solution. At the suite's sizes it is zero, and
so is its gradient (a step reaches four elements further); the first size is not.
"""

import numpy as np

WRT = (0,)
SIZES = {
    "n=20 s=10": (20, 10),
    "n=1000 s=10": (1000, 10),
    "n=10000 s=100": (10_000, 100),
}


def arguments(n, s):
    return np.random.default_rng(3).uniform(size=n), s


def slope(x, y):
    return x * np.concatenate((np.ones(1), y[:-1]))


def plain(x, s):
    return solution(x, s)[-1]


def solution(x, s):
    h = 2.0 / s
    y = np.zeros(x.shape[0])
    for _ in range(s):
        k1 = slope(x, y)
        k2 = slope(x, y + 0.5 * h * k1)
        k3 = slope(x, y + 0.5 * h * k2)
        k4 = slope(x, y + h * k3)
        y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return y


def fill_slope(x, y, k):
    k[0] = x[0]
    for i in range(1, len(x)):
        k[i] = x[i] * y[i - 1]


def loops(x, s):
    return solution_by_loops(x, s)[-1]


def solution_by_loops(x, s):
    n = len(x)
    h = 2.0 / s
    y = np.zeros(n)
    for _ in range(s):
        k1 = np.empty(n)
        k2 = np.empty(n)
        k3 = np.empty(n)
        k4 = np.empty(n)
        fill_slope(x, y, k1)
        fill_slope(x, y + 0.5 * h * k1, k2)
        fill_slope(x, y + 0.5 * h * k2, k3)
        fill_slope(x, y + h * k3, k4)
        for i in range(n):
            y[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i])
    return y


def by_hand(x, s):
    """Keeps y of each step and computes the stages again."""
    n = len(x)
    h = 2.0 / s
    saved_y = np.zeros((s + 1, n))
    k1, k2, k3, k4 = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    for t in range(s):
        y = saved_y[t]
        stages(x, y, h, k1, k2, k3)
        fill_stage(x, y, h, k3, k4)
        for i in range(n):
            step = k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]
            saved_y[t + 1, i] = y[i] + h / 6.0 * step

    x_bar, y_bar = np.zeros(n), np.zeros(n)
    y_bar[n - 1] = 1.0
    b1, b2, b3 = np.empty(n), np.empty(n), np.empty(n)
    for t in range(s - 1, -1, -1):
        y = saved_y[t]
        stages(x, y, h, k1, k2, k3)
        # each stage's cotangent is known where that of the stage after it is
        for i in range(n):
            b1[i] = h / 6.0 * y_bar[i]
            b2[i] = 2.0 * b1[i]
            b3[i] = b2[i]
        x_bar[0] += b1[0]
        for i in range(1, n):
            u_bar = x[i] * b1[i]
            x_bar[i] += b1[i] * (y[i - 1] + h * k3[i - 1])
            y_bar[i - 1] += u_bar
            b3[i - 1] += h * u_bar
        x_bar[0] += b3[0]
        for i in range(1, n):
            u_bar = x[i] * b3[i]
            x_bar[i] += b3[i] * (y[i - 1] + 0.5 * h * k2[i - 1])
            y_bar[i - 1] += u_bar
            b2[i - 1] += 0.5 * h * u_bar
        x_bar[0] += b2[0]
        for i in range(1, n):
            u_bar = x[i] * b2[i]
            x_bar[i] += b2[i] * (y[i - 1] + 0.5 * h * k1[i - 1])
            y_bar[i - 1] += u_bar
            b1[i - 1] += 0.5 * h * u_bar
        x_bar[0] += b1[0]
        for i in range(1, n):
            x_bar[i] += b1[i] * y[i - 1]
            y_bar[i - 1] += x[i] * b1[i]
    return saved_y[s, n - 1], (x_bar,)


def stages(x, y, h, k1, k2, k3):
    fill_slope(x, y, k1)
    fill_stage(x, y, 0.5 * h, k1, k2)
    fill_stage(x, y, 0.5 * h, k2, k3)


def fill_stage(x, y, h, before, k):
    k[0] = x[0]
    for i in range(1, len(x)):
        k[i] = x[i] * (y[i - 1] + h * before[i - 1])


def slopes(np, x):
    def slope(y):
        return x * np.concatenate((np.ones(1), y[:-1]))

    return slope


def step(slope, y, h):
    k1 = slope(y)
    k2 = slope(y + 0.5 * h * k1)
    k3 = slope(y + 0.5 * h * k2)
    k4 = slope(y + h * k3)
    return y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)


def functional(np):
    def function(x, s):
        slope = slopes(np, x)
        y = np.zeros(x.shape[0])
        for _ in range(s):
            y = step(slope, y, 2.0 / s)
        return y[-1]

    return function


def jax_form(jax):
    jnp = jax.numpy

    def function(x, s):
        slope = slopes(jnp, x)

        def body(y, _):
            return step(slope, y, 2.0 / s), None

        return jax.lax.scan(body, jnp.zeros_like(x), None, length=s)[0][-1]

    return function
