"""Least squares of a polynomial with coefficients x against the sign of t."""

import numpy as np

WRT = (0,)
SIZES = {"m=128 n=1024": (128, 1024), "m=128 n=16392": (128, 16392)}


def arguments(m, n):
    return np.random.default_rng(2).uniform(size=m), n


def plain(x, n):
    t = np.linspace(-1.0, 1.0, n)
    rest = np.sign(t)
    power = np.ones(n)
    for j in range(len(x)):
        rest = rest - x[j] * power
        power = power * t
    return 0.5 * np.sum(rest * rest)


def loops(x, n):
    total = 0.0
    for i in range(n):
        t = -1.0 + i * 2.0 / (n - 1)
        rest = np.sign(t)
        power = 1.0
        for j in range(len(x)):
            rest -= x[j] * power
            power *= t
        total += rest * rest
    return 0.5 * total


def by_hand(x, n):
    m = len(x)
    x_bar = np.zeros(m)
    total = 0.0
    for i in range(n):
        t = -1.0 + i * 2.0 / (n - 1)
        rest = np.sign(t)
        power = 1.0
        for j in range(m):
            rest -= x[j] * power
            power *= t
        total += rest * rest
        power = rest
        for j in range(m):
            x_bar[j] -= power
            power *= t
    return 0.5 * total, (x_bar,)


def functional(np):
    """For a peer's namespace: the powers as a matrix, which is faster there."""

    def function(x, n):
        t = np.linspace(-1.0, 1.0, n)
        powers = t[:, None] ** np.arange(x.shape[0])
        rest = np.sign(t) - powers @ x
        return 0.5 * np.sum(rest * rest)

    return function
