"""Logarithm of a sum of exponentials, with the maximum taken out."""

import numpy as np

WRT = (0,)
SIZES = {"n=2500": (2500,), "n=1000000": (1_000_000,)}


def arguments(n):
    return (np.random.default_rng(1).uniform(size=n),)


def plain(x):
    largest = np.max(x)
    return largest + np.log(np.sum(np.exp(x - largest)))


def loops(x):
    largest = x[0]
    for v in x:
        largest = max(largest, v)
    total = 0.0
    for v in x:
        total += np.exp(v - largest)
    return largest + np.log(total)


def by_hand(x):
    largest = x[0]
    for i in range(len(x)):
        largest = max(largest, x[i])
    x_bar = np.empty_like(x)
    total = 0.0
    for i in range(len(x)):
        x_bar[i] = np.exp(x[i] - largest)
        total += x_bar[i]
    for i in range(len(x)):
        x_bar[i] /= total
    return largest + np.log(total), (x_bar,)
