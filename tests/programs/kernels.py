"""Kernels of linear algebra and data mining, written as loops over arrays."""

import numpy as np

from .registry import program


def _matrix(n, m, shift=0.0):
    i, j = np.arange(n)[:, None], np.arange(m)[None, :]
    return np.sin(1.0 + 0.7 * i + 0.3 * i * j + shift) + 0.1 * j


def _dominant(n):
    a = 0.2 * _matrix(n, n)
    return a @ a.T + 2.0 * np.eye(n)


A = _matrix(3, 4)
B = _matrix(4, 2, 0.5)
C = _matrix(3, 2, 1.1)
S = _dominant(4)
V = np.array([0.3, -0.5, 1.2, 0.8])
W = np.array([0.9, 0.4, -0.7, 0.2])


def _gemm(alpha, beta, c, a, b):
    for i in range(c.shape[0]):
        for j in range(c.shape[1]):
            c[i, j] *= beta
        for k in range(a.shape[1]):
            for j in range(c.shape[1]):
                c[i, j] += alpha * a[i, k] * b[k, j]


@program(1.5, 0.7, C, A, B)
def gemm(alpha, beta, c, a, b):
    out = c.copy()
    _gemm(alpha, beta, out, a, b)
    return np.sum(out**2)


def _syrk(alpha, beta, c, a):
    for i in range(a.shape[0]):
        c[i, : i + 1] *= beta
        for k in range(a.shape[1]):
            c[i, : i + 1] += alpha * a[i, k] * a[: i + 1, k]


@program(0.8, 1.1, _matrix(3, 3), A)
def syrk(alpha, beta, c, a):
    _syrk(alpha, beta, c, a)
    return c


@program(0.8, 1.1, _matrix(3, 3), A, _matrix(3, 4, 0.4))
def syr2k(alpha, beta, c, a, b):
    n, m = a.shape
    for i in range(n):
        c[i, : i + 1] *= beta
        for k in range(m):
            c[i, : i + 1] += a[: i + 1, k] * alpha * b[i, k]
            c[i, : i + 1] += b[: i + 1, k] * alpha * a[i, k]
    return np.sum(c * c)


@program(0.5, _matrix(3, 3), C)
def trmm(alpha, a, b):
    for i in range(b.shape[0]):
        for j in range(b.shape[1]):
            b[i, j] += np.dot(a[i + 1 :, i], b[i + 1 :, j])
    b *= alpha
    return np.sum(b**2)


@program(0.5, 0.3, _matrix(3, 2), _matrix(3, 3), C)
def symm(alpha, beta, c, a, b):
    temp = np.empty(c.shape[1])
    c *= beta
    for i in range(c.shape[0]):
        for j in range(c.shape[1]):
            c[:i, j] += alpha * b[i, j] * a[i, :i]
            temp[j] = b[:i, j] @ a[i, :i]
        c[i, :] += alpha * b[i, :] * a[i, i] + alpha * temp
    return np.sum(c**2)


@program(A, B, _matrix(2, 3, 0.3))
def three_products(a, b, d):
    e = np.zeros((a.shape[0], b.shape[1]))
    g = np.zeros((a.shape[0], d.shape[1]))
    _gemm(1.0, 0.0, e, a, b)
    _gemm(1.0, 0.0, g, e, d)
    return np.sum(g**2)


@program(A, V)
def atax(a, x):
    y = np.zeros(a.shape[1])
    for i in range(a.shape[0]):
        tmp = 0.0
        for j in range(a.shape[1]):
            tmp += a[i, j] * x[j]
        for j in range(a.shape[1]):
            y[j] += a[i, j] * tmp
    return y


@program(A, V, V[:3] + 0.2)
def bicg(a, p, r):
    s = np.zeros(a.shape[1])
    q = np.zeros(a.shape[0])
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            s[j] += r[i] * a[i, j]
            q[i] += a[i, j] * p[j]
    return np.sum(s * s) + np.sum(q**3)


@program(V, W, V + W, V * W, S)
def mvt(x1, x2, y1, y2, a):
    n = len(x1)
    for i in range(n):
        for j in range(n):
            x1[i] = x1[i] + a[i, j] * y1[j]
    for i in range(n):
        for j in range(n):
            x2[i] = x2[i] + a[j, i] * y2[j]
    return np.sum(x1 * x2)


@program(1.2, 0.6, S, V, W, V - W)
def gemver(alpha, beta, a, u, v, y):
    n = a.shape[0]
    x, w = np.zeros(n), np.zeros(n)
    for i in range(n):
        for j in range(n):
            a[i, j] += u[i] * v[j]
    for i in range(n):
        for j in range(n):
            x[i] += beta * a[j, i] * y[j]
    for i in range(n):
        w[i] += alpha * (a[i] @ x)
    return np.sum(w)


# ---- factorizations ------------------------------------------------------------------


def _lu(a):
    for i in range(a.shape[0]):
        for j in range(i):
            a[i, j] -= a[i, :j] @ a[:j, j]
            a[i, j] /= a[j, j]
        for j in range(i, a.shape[0]):
            a[i, j] -= a[i, :i] @ a[:i, j]


@program(S)
def lu(a):
    _lu(a)
    return np.sum(a**2)


@program(S)
def lu_by_elements(a):
    n = len(a)
    for k in range(n):
        for i in range(k + 1, n):
            a[i, k] /= a[k, k]
            for j in range(k + 1, n):
                a[i, j] -= a[i, k] * a[k, j]
    return a


@program(S)
def cholesky_loops(a):
    n = a.shape[0]
    for i in range(n):
        for j in range(i):
            for k in range(j):
                a[i, j] -= a[i, k] * a[j, k]
            a[i, j] /= a[j, j]
        for k in range(i):
            a[i, i] -= a[i, k] * a[i, k]
        a[i, i] = np.sqrt(a[i, i])
    return np.sum(np.tril(a))


@program(S, V)
def ludcmp(a, b):
    n = a.shape[0]
    x, y = np.zeros_like(b), np.zeros_like(b)
    _lu(a)
    for i in range(n):
        y[i] = b[i] - a[i, :i] @ y[:i]
    for i in range(n - 1, -1, -1):
        x[i] = (y[i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    return x


@program(S, V)
def triangular_solve(lower, b):
    x = np.zeros_like(b)
    for i in range(len(b)):
        x[i] = b[i]
        for j in range(i):
            x[i] -= lower[i, j] * x[j]
        x[i] /= lower[i, i]
    return np.sum(x**2)


@program(0.3 * V)
def durbin(r):
    y = np.zeros_like(r)
    alpha, beta = -r[0], 1.0
    y[0] = -r[0]
    for k in range(1, len(r)):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return y


@program(_matrix(4, 3) + np.eye(4, 3))
def gram_schmidt(a):
    n = a.shape[1]
    q, r = np.zeros_like(a), np.zeros((n, n))
    for k in range(n):
        nrm = np.dot(a[:, k], a[:, k])
        r[k, k] = np.sqrt(nrm)
        q[:, k] = a[:, k] / r[k, k]
        for j in range(k + 1, n):
            r[k, j] = np.dot(q[:, k], a[:, j])
            a[:, j] -= q[:, k] * r[k, j]
    return np.sum(q * np.cos(q)) + np.sum(r)


@program(S + 0.1 * np.arange(16.0).reshape(4, 4), V)
def gauss_with_pivoting(a, b):
    n = len(b)
    for k in range(n - 1):
        p = k + int(np.argmax(np.abs(a[k:, k])))
        a[[k, p]] = a[[p, k]]
        b[k], b[p] = b[p], b[k]
        for i in range(k + 1, n):
            m = a[i, k] / a[k, k]
            a[i, k:] -= m * a[k, k:]
            b[i] -= m * b[k]
    x = np.zeros(n)
    for i in reversed(range(n)):
        x[i] = (b[i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    return np.sum(x**2)


@program(S)
def householder(a):
    m, n = a.shape
    for k in range(n - 1):
        v = a[k:, k].copy()
        v[0] += np.sign(v[0]) * np.sqrt(np.sum(v * v))
        v /= np.sqrt(np.sum(v * v))
        a[k:, k:] -= 2.0 * np.outer(v, v @ a[k:, k:])
    return np.sum(np.triu(a) ** 2 * np.arange(1.0, n + 1))


@program(V, 2.0 + W, V[::-1].copy(), W)
def thomas(lower, diagonal, upper, d):
    n = len(d)
    for i in range(1, n):
        w = 0.3 * lower[i] / diagonal[i - 1]
        diagonal[i] -= w * upper[i - 1]
        d[i] -= w * d[i - 1]
    x = np.empty(n)
    x[-1] = d[-1] / diagonal[-1]
    for i in range(n - 2, -1, -1):
        x[i] = (d[i] - upper[i] * x[i + 1]) / diagonal[i]
    return x


@program(S, V)
def conjugate_gradients(a, b):
    x = np.zeros_like(b)
    r = b - a @ x
    p = r.copy()
    rr = r @ r
    for _ in range(3):
        ap = a @ p
        alpha = rr / (p @ ap)
        x += alpha * p
        r -= alpha * ap
        new = r @ r
        p *= new / rr
        p += r
        rr = new
    return np.sum(x**2)


# ---- data mining ---------------------------------------------------------------------


@program(_matrix(5, 3))
def correlation(data):
    n, m = data.shape
    mean = np.mean(data, axis=0)
    stddev = np.std(data, axis=0)
    stddev[stddev <= 0.1] = 1.0
    data -= mean
    data /= np.sqrt(n) * stddev
    corr = np.eye(m)
    for i in range(m - 1):
        corr[i + 1 :, i] = corr[i, i + 1 :] = data[:, i] @ data[:, i + 1 :]
    return np.sum(corr**3)


@program(_matrix(5, 3))
def covariance(data):
    n, m = data.shape
    data -= np.mean(data, axis=0)
    cov = np.zeros((m, m))
    for i in range(m):
        cov[i:, i] = cov[i, i:] = data[:, i] @ data[:, i:] / (n - 1.0)
    return cov


@program(np.abs(_matrix(4, 4)) + 0.2)
def floyd_warshall(path):
    for k in range(path.shape[0]):
        path[:] = np.minimum(path, np.add.outer(path[:, k], path[k, :]))
    return np.sum(path)


@program(np.abs(_matrix(4, 4)) + 0.2)
def floyd_warshall_by_elements(path):
    n = len(path)
    for k in range(n):
        for i in range(n):
            for j in range(n):
                if path[i, k] + path[k, j] < path[i, j]:
                    path[i, j] = path[i, k] + path[k, j]
    return np.sum(path**2)


@program(_matrix(5, 5))
def nussinov(score):
    n = score.shape[0]
    table = np.zeros((n, n))
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            table[i, j] = max(table[i, j], table[i, j - 1])
            table[i, j] = max(table[i, j], table[i + 1, j])
            if i < j - 1:
                table[i, j] = max(table[i, j], table[i + 1, j - 1] + score[i, j])
            for k in range(i + 1, j):
                table[i, j] = max(table[i, j], table[i, k] + table[k + 1, j])
    return table[0, n - 1]


@program(V, W)
def time_warping(a, b):
    d = np.full((len(a) + 1, len(b) + 1), np.inf)
    d[0, 0] = 0.0
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            cost = (a[i - 1] - b[j - 1]) ** 2
            d[i, j] = cost + min(d[i - 1, j], d[i, j - 1], d[i - 1, j - 1])
    return d[len(a), len(b)]


@program(
    np.array([0.5, 1.5, -0.4, 0.8, 0.3]),
    np.array([0, 2, 3, 5]),
    np.array([0, 2, 1, 0, 3]),
    V,
)
def sparse_product(values, rows, columns, x):
    y = np.empty(len(rows) - 1)
    for i in range(len(rows) - 1):
        cols = columns[rows[i] : rows[i + 1]]
        vals = values[rows[i] : rows[i + 1]]
        y[i] = vals @ x[cols]
    return y


@program(
    np.array([0.5, 1.5, -0.4, 0.8, 0.3]),
    np.array([0, 2, 3, 5]),
    np.array([0, 2, 1, 0, 3]),
    V,
)
def sparse_product_by_elements(values, rows, columns, x):
    y = np.zeros(len(rows) - 1)
    for i in range(len(rows) - 1):
        for k in range(rows[i], rows[i + 1]):
            y[i] += values[k] * x[columns[k]]
    return np.sum(y**2)


@program(V, W)
def deep_nest(x, y):
    out = np.zeros((2, 2, 2))
    n = 2
    for a in range(n):
        for b in range(n):
            for c in range(n):
                for d in range(n):
                    for e in range(1, -1, -1):
                        for f in range(0, n, 2):
                            for g in range(n):
                                for h in range(n):
                                    out[a, b, c] += x[d + e] * y[f + g] * x[h] + y[a]
    return np.sum(out**2)


@program(V, 0.4, order=2)
def while_in_for(x, step):
    out = np.zeros_like(x)
    for i in range(len(x)):
        r = 1.0 + abs(x[i])
        k = 0
        while r * r - 2.0 > 1e-2 and k < 6:
            r -= step * (r * r - 2.0) / r
            out[i] += r
            k += 1
        out[i] *= x[i]
    return np.sum(out)
