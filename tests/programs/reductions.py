"""Sums, means, products, extremes, norms, scans: along axes or whole."""

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2, 0.8])
M = np.array([[0.3, -0.5, 1.2], [0.8, 0.1, -0.4]])
T = np.sin(np.arange(24.0)).reshape(2, 3, 4)


@program(M)
def sums(m):
    return np.sum(m**2) + np.sum(m, axis=0)[1] ** 2 + m.sum(axis=-1)[0] ** 3


@program(M)
def means(m):
    return np.mean(m**2, axis=1) - m.mean() ** 2


@program(M)
def normalised(m):
    mu = m.mean(axis=0, keepdims=True)
    return (m - mu) / (1 + np.var(m, axis=0))


@program(M)
def deviations(m):
    return m.std() * np.std(m, axis=1) + np.var(m)


@program(M)
def products(m):
    return np.prod(m, axis=1) * m.prod()


@program(M)
def extremes(m):
    return np.max(m, axis=1) * np.min(m) + m.max(axis=0).sum()


@program(V)
def scans(x):
    return np.cumsum(x**2) * np.cumprod(1 + x)


@program(T)
def several_axes(a):
    return np.sum(a**2, axis=(0, 2)) * np.mean(a, axis=(0, 2))


@program(V)
def logsumexp(x):
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


@program(V)
def euclidean(x):
    return np.sqrt(np.sum(x**2)) * x


@program(V)
def python_sum(x):
    return sum(x * x) + sum([x[0], x[1] ** 2]) + sum((x[2], 1.0), x[0])


@program(V)
def argmax_index(x):
    k = np.argmax(x)
    return x[k] ** 2 + x[np.argmin(x)]


@program(M, 1)
def axis_argument(m, axis):
    return np.sum(m**2, axis=axis)


@program(M)
def trace_and_diagonal(m):
    a = m @ m.T
    return np.trace(a) * np.diag(a)


@program(V)
def differences(x):
    return np.diff(x) ** 2


@program(M)
def any_all(m):
    if np.any(m > 1) and not np.all(m > 1):
        return np.sum(m**2)
    return np.sum(m)


@program(np.array([0.3, -0.5, 1.2]))
def over_no_axes(x):
    return np.sum(np.sum(x, axis=()) * x)
