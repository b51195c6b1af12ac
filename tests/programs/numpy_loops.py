"""Functions of NumPy that call a function, walk entries, or are indexed themselves."""

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2, 0.8, -1.4])
W = np.array([0.2, 0.9, 0.4, 1.5, 0.7])
M = np.array([[0.3, -0.5, 1.2], [0.8, 0.1, -0.4]])


# ---- functions of functions ----------------------------------------------------------


@program(V)
def pieces(x):
    return np.piecewise(x, [x < 0, x > 1], [lambda v: v**2, np.exp, 0.5]) * x


@program(M)
def along_rows(m):
    return np.apply_along_axis(lambda row, k: np.sum(row**2) * k, 1, m, 3.0)


@program(M)
def along_columns(m):
    return np.apply_along_axis(np.cumsum, 0, m) ** 2


@program(M)
def along_lines_to_matrices(m):
    return np.apply_along_axis(np.outer, 0, m, np.array([1.0, 2.0, -1.0])) ** 2


@program(M)
def over_axes(m):
    return np.apply_over_axes(np.sum, m**2, [0, 1])


@np.vectorize
def branch(a, b):
    return a**2 if a > b else b - a


@program(V)
def by_branch(x):
    return branch(x, 0.5) * x


@program(V, W)
def vectorized_here(x, w):
    f = np.vectorize(lambda a, b: (a * b, a + b**2))
    p, q = f(x[:, None], w[:3])
    return p * q


@program(V, W)
def with_excluded(x, w):
    f = np.vectorize(lambda a, p, k: p[0] * a + k, excluded=[1, "k"], otypes=[float])
    return f(x, w, k=w[1])


@program(V)
def from_function(x):
    return np.fromfunction(lambda i, j: i * x[0] + j * x[1] ** 2, (2, 3))


# ---- walks ---------------------------------------------------------------------------


@program(M)
def enumerated(m):
    out = np.zeros_like(m)
    total = 0.0
    for (i, j), v in np.ndenumerate(m):
        out[i, j] = v**2
        total += i * v
    return out * total


@program(M)
def indices(m):
    total = 0.0
    for index in np.ndindex(*m.shape):
        total += m[index] ** 2 * index[1]
    return total


@program(M)
def walked(m):
    total = 0.0
    for v in np.nditer(m, order="C"):
        total = total * 0.5 + v**2
    return total


# ---- objects to index ----------------------------------------------------------------


@program(V)
def in_a_row(x):
    return np.r_[1.0, x, 2:4, 0:1:3j, x[0]] ** 2


@program(V, M)
def as_columns(x, m):
    return np.c_[x[:2], m, 1:3] ** 2


@program(V)
def on_a_grid(x):
    a, b = np.mgrid[x[0] : 2 : 5j, 0:3:0.5]
    k = np.mgrid[0 : len(x)]
    return np.sum(a * b) + k * x


@program(V)
def on_an_open_grid(x):
    i, j = np.ogrid[0 : len(x), 1 : len(x)]
    return x[i] * x[j]


@program(V)
def by_known_slices(x):
    n = len(x) - 1
    return x[np.s_[1:n]] * x[np.s_[:-2]]


# ---- polynomials ---------------------------------------------------------------------


@program(V)
def roots_apart(p):
    return np.abs(np.roots(p))


@program(V[:4])
def from_roots(r):
    return np.poly(r) ** 2


@program(V, W)
def fitted(x, y):
    return np.polyfit(x, y, 2) ** 2 + np.polyfit(x, y, 2, w=y)


@program(W)
def fit_and_spread(y):
    c, cov = np.polyfit(np.arange(5.0), y, 1, cov=True)
    return c @ cov


@program(V, W[:3])
def products_of_polynomials(p, q):
    quotient, rest = np.polydiv(p, q)
    return np.sum(np.polymul(p, q) ** 2) * quotient + np.sum(rest)


# ---- sets, counts, windows -----------------------------------------------------------


@program(V)
def distinct(x):
    values, places, counts = np.unique(x, return_inverse=True, return_counts=True)
    return values[places] ** 2 * counts[places]


@program(V, W)
def sets(x, w):
    return np.union1d(x, w) ** 2 * np.sum(np.setdiff1d(x, w[:1]) ** 3)


@program(V, W)
def histogram_of_weights(x, w):
    counts, edges = np.histogram(V + 0.01, bins=4, range=(-2.0, 2.0), weights=w)
    by_edges, _ = np.histogram(V, np.array([-2.0, 0.0, 2.0]), weights=x**2)
    return np.sum(counts**2 * np.diff(edges)) * by_edges


@program(W)
def density(x):
    return np.histogram(x, np.array([0.0, 1.0, 2.0]), density=True)[0] * x[:2]


@program(V)
def windows(x):
    parts = np.lib.stride_tricks.sliding_window_view(x, 3)
    return parts.mean(axis=-1) * parts[:, 0]


@program(M)
def windows_of_matrix(m):
    parts = np.lib.stride_tricks.sliding_window_view(m, (2, 2))
    return np.sum(parts**2, axis=(-2, -1))


@program(V)
def apart(x):
    a, b = np.unstack(np.reshape(x[:4], (2, 2)))
    return a * b


# ---- folds by ufuncs -----------------------------------------------------------------


@program(V, M)
def folds(x, m):
    a = np.subtract.reduce(x**2) + np.divide.reduce(m, axis=1)
    return np.sum(a) + np.maximum.accumulate(x) * np.hypot.accumulate(x)


@program(M)
def extremes_without_nan(m):
    y = np.where(m > 1.0, np.nan, m)
    return np.fmax.reduce(y, axis=1) * np.fmin.reduce(y, axis=None)


@program(M)
def turned_matrix(m):
    y = m.copy()
    y.mT[0] = m[:, 1] ** 2
    return y.mT @ m
