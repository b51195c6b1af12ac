"""NumPy as people call it: orders, quantiles, pieces, keywords, methods of ufuncs."""

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2, 0.8, -1.4])
W = np.array([0.2, 0.9, 0.4, 1.5, 0.7])
M = np.array([[0.3, -0.5, 1.2], [0.8, 0.1, -0.4]])


@program(V)
def sorted_gaps(x):
    return np.sum(np.diff(np.sort(x)) ** 2) + np.sort(x)[::-1][0]


@program(V)
def ranked(x):
    order = np.argsort(x)
    return np.sum(x[order] * np.arange(len(x)))


@program(M)
def medians(m):
    return np.median(m, axis=1) ** 2 + np.median(m)


@program(V)
def quartiles(x):
    low, high = np.percentile(x, 25.5), np.percentile(x, 77)
    return (high - low) * np.quantile(x, [0.1, 0.62])


@program(M)
def smallest_two(m):
    return np.partition(m, 1, axis=1)[:, :2] ** 2


@program(V)
def without_nan(x):
    y = np.where(x > 1.0, np.nan, x)
    return np.nanmean(y) * np.nanstd(y) + np.nansum(y**2) + np.nanmax(y) * np.nanmin(y)


@program(V, W)
def weighted(x, w):
    mean = np.average(x, weights=w)
    return np.average((x - mean) ** 2, weights=w)


@program(M, W[:3])
def weighted_rows(m, w):
    return np.average(m**2, axis=1, weights=w)


@program(np.vstack([V, W, V * W]))
def correlations(data):
    return np.corrcoef(data)[0, 1] + np.cov(data)[1, 2]


@program(V, W[:3])
def filtered(x, kernel):
    return np.convolve(x, kernel, mode="same") ** 2


@program(V, W[:2])
def correlated(x, y):
    return np.correlate(x, y) * np.correlate(x, y, "valid")


@program(V, np.cumsum(W))
def integrated(y, x):
    return np.trapezoid(y**2, x)


@program(V)
def slopes(y):
    return np.gradient(y, 0.5) ** 2 + np.gradient(y**2, edge_order=2)


@program(np.array([0.15, 0.72]), W)
def looked_up(x, table):
    return np.interp(x, np.linspace(0, 1, 5), table) ** 2


@program(M)
def padded(m):
    around = np.pad(m, 1, mode="edge") + np.pad(m, ((1, 1), (1, 1)), "reflect")
    return around[1:, :-1] ** 2


@program(M)
def turned(m):
    return np.rot90(m) @ np.rot90(m, -1).T


@program(V, W[:2])
def edited(x, y):
    joined = np.append(x, y) ** 2
    return np.insert(np.delete(joined, [0, 2]), 1, y[0])


@program(M)
def blocks(m):
    whole = np.block([[m, np.ones((2, 1))], [np.zeros((1, 3)), 2.0]])
    return whole**2 @ np.ones(4)


@program(np.arange(6.0) + W[0])
def pieces(x):
    a, b, c = np.array_split(x**2, 3)
    return a * b + c


@program(V)
def selected(x):
    return np.select([x > 1.0, x > 0.0], [x**2, np.sin(x)], 0.0)


@program(V, W)
def outer_products(x, y):
    return np.multiply.outer(x, y) + np.add.outer(x, y) ** 2


@program(M)
def reductions_of_ufuncs(m):
    total = np.add.reduce(m**2) * np.multiply.reduce(m, axis=0)
    return total + np.logaddexp.reduce(m) + np.add.accumulate(m, axis=1)[1]


@program(M)
def with_initial(m):
    return np.sum(m**2, axis=0, initial=0.5) + np.max(m, initial=0.9) * m.prod()


@program(V)
def quotient_and_rest(x):
    q, r = np.divmod(x, 0.65)
    return q * r**2


@program(W)
def mantissas(x):
    m, e = np.frexp(x)
    return m**2 * e


@program(V)
def lists_as_arrays(x):
    return np.sum([x[0], x[1] ** 2, 3.0]) * np.max([x[2], x[3]])


@program(V)
def kept_by_condition(x):
    return np.sum(x[np.where(x > 0)] ** 2) + np.compress(x < 0.5, x).sum() ** 2


@program(V, np.array([0, 3, 1]))
def by_places(x, k):
    return np.take(x, k) ** 2 + np.take_along_axis(x, k, axis=0)


@program(V)
def histogram_by_weights(x):
    return np.bincount(np.array([0, 1, 1, 0, 2]), weights=x**2) ** 2


@program(W[:3], V)
def polynomial(p, x):
    return np.polyval(p, x) + np.polyval(np.polyder(p), x) ** 2


@program(W[:3], V[:3])
def crossed(a, b):
    return np.cross(a, b) * np.kron(a, b)[:3]


@program(M)
def column_order(m):
    return m.reshape(3, 2, order="F") ** 2 @ np.ones(2)


@program(M)
def joined_flat(m):
    return np.concatenate([m, m[0]], axis=None) ** 2


@program(V)
def differences_with_ends(x):
    return np.diff(x**2, n=2, prepend=0.0, append=x[0])


@program(np.array([0.4, 1.3]))
def bessel(x):
    return np.i0(x) ** 2


@program(V)
def single_precision(x):
    return np.float32(2.0) * np.sum(x**2) + np.float64(x[0]) ** 2
