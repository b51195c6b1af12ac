"""Recursion, also mutual."""

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2, 0.8])


def power(x, n):
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


def fast_power(x, n):
    if n == 0:
        return 1.0
    half = fast_power(x, n // 2)
    if n % 2 == 0:
        return half * half
    return half * half * x


def even(x, n):
    if n == 0:
        return x
    return odd(x, n - 1) * x


def odd(x, n):
    if n == 0:
        return 1.0
    return even(x, n - 1) + x


def fib(x, n):
    if n < 2:
        return x
    return fib(x, n - 1) + fib(x, n - 2) * x


def total(x, i):
    if i == len(x):
        return 0.0
    return x[i] ** 2 + total(x, i + 1)


def shrink(x):
    if x < 0.1:
        return x
    return shrink(x * x * 0.5) + x


def tree_sum(x, lo, hi):
    if hi - lo == 1:
        return x[lo] ** 2
    mid = (lo + hi) // 2
    return tree_sum(x, lo, mid) * 0.5 + tree_sum(x, mid, hi)


def fill(y, x, i):
    if i < len(x):
        y[i] = x[i] ** 2
        fill(y, x, i + 1)


@program(0.7, 4)
def direct(x, n):
    return power(x, n) * x


@program(0.7, 5)
def halving(x, n):
    return fast_power(x, n)


@program(0.7, 4)
def mutual(x, n):
    return even(x, n)


@program(0.7, 5)
def twice(x, n):
    return fib(x, n)


@program(V)
def over_array(x):
    return total(x, 0)


@program(0.8)
def stops_on_value(x):
    return shrink(x)


@program(V)
def tree(x):
    return tree_sum(x, 0, len(x))


@program(0.7, 3)
def itself(x, n):
    if n <= 0:
        return x
    return itself(x * x, n - 1) + x


@program(V)
def writes(x):
    y = np.zeros(len(x))
    fill(y, x, 0)
    return np.sum(y * y)


@program(0.5)
def nested_function(x):
    def inner(n):
        if n == 0:
            return x
        return inner(n - 1) * x + 1

    return inner(3)


@program(V)
def by_slices(x):
    return slice_sum(x)


def slice_sum(x):
    if len(x) == 1:
        return x[0] ** 2
    k = len(x) // 2
    return slice_sum(x[:k]) * slice_sum(x[k:])
