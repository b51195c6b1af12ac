"""Log posterior of a mixture of Gaussians with a Wishart prior on the precisions.

alpha: (k,); mu, q: (k, d); low: (k, d (d - 1) / 2), the strictly lower part column by
column; x: (n, d). `constant` is what does not depend on the parameters.
"""

import math

import numpy as np

WRT = (0, 1, 2, 3)
SIZES = {"d=10 k=25 n=1000": (10, 25, 1000), "d=64 k=100 n=1000": (64, 100, 1000)}


def arguments(d, k, n):
    rng = np.random.default_rng(4)
    alpha, mu, q = rng.normal(size=k), rng.uniform(size=(k, d)), rng.normal(size=(k, d))
    low = rng.normal(size=(k, d * (d - 1) // 2))
    return prepared(alpha, mu, q, low, rng.normal(size=(n, d)), 0, 1.0)


def prepared(alpha, mu, q, low, x, m, gamma):
    """The arguments of the forms from those of the suite."""
    k, d = mu.shape
    columns, rows = np.triu_indices(d, 1)  # of the lower triangle, column by column
    return (
        alpha,
        mu,
        q,
        low,
        x,
        rows,
        columns,
        m,
        gamma,
        constant(d, k, len(x), m, gamma),
    )


def constant(d, k, n, m, gamma):
    """The logarithms of the densities' norms (the multivariate gamma function)."""
    degrees = d + m + 1
    log_gamma = 0.25 * d * (d - 1) * math.log(math.pi)
    for j in range(1, d + 1):
        log_gamma += math.lgamma(0.5 * (degrees + 1 - j))
    norm = degrees * d * math.log(gamma / math.sqrt(2.0)) - log_gamma
    return k * norm - 0.5 * n * d * math.log(2.0 * math.pi)


def plain(alpha, mu, q, low, x, rows, columns, m, gamma, constant):
    k, d = mu.shape
    Q = np.zeros((k, d, d))
    Q[:, rows, columns] = low
    Q[:, np.arange(d), np.arange(d)] = np.exp(q)
    y = (x - mu[:, None, :]) @ np.swapaxes(Q, 1, 2)
    weights = (alpha + np.sum(q, axis=1))[:, None]
    beta = weights - 0.5 * np.sum(y * y, axis=2)
    largest = np.max(beta, axis=0)
    total = np.sum(largest + np.log(np.sum(np.exp(beta - largest), axis=0)))
    top = np.max(alpha)
    total -= len(x) * (top + np.log(np.sum(np.exp(alpha - top))))
    return total + m * np.sum(q) - 0.5 * gamma**2 * np.sum(Q * Q) + constant


def log_sum_exp(v):
    largest = v[0]
    for i in range(1, len(v)):
        largest = max(largest, v[i])
    total = 0.0
    for i in range(len(v)):
        total += np.exp(v[i] - largest)
    return largest + np.log(total)


def loops(alpha, mu, q, low, x, rows, columns, m, gamma, constant):
    k, d = mu.shape
    n = len(x)
    beta = np.empty((n, k))
    squares = 0.0
    for c in range(k):
        Q = np.zeros((d, d))
        at = 0
        for j in range(d):
            Q[j, j] = np.exp(q[c, j])
            for i in range(j + 1, d):
                Q[i, j] = low[c, at]
                at += 1
        squares += np.sum(Q * Q)
        weight = alpha[c] + np.sum(q[c])
        y = (x - mu[c]) @ Q.T
        for i in range(n):
            beta[i, c] = weight - 0.5 * np.sum(y[i] * y[i])
    total = constant - n * log_sum_exp(alpha)
    for i in range(n):
        total += log_sum_exp(beta[i])
    return total + m * np.sum(q) - 0.5 * gamma**2 * squares


def by_hand(alpha, mu, q, low, x, rows, columns, m, gamma, constant):
    k, d = mu.shape
    n = len(x)
    weights = np.empty((n, k))
    Qs = np.zeros((k, d, d))
    ys = np.empty((k, n, d))
    centred = np.empty((n, d))
    squares = 0.0
    for c in range(k):
        Q = Qs[c]
        at = 0
        weight = alpha[c]
        for j in range(d):
            weight += q[c, j]
            Q[j, j] = np.exp(q[c, j])
            squares += Q[j, j] * Q[j, j]
            for i in range(j + 1, d):
                Q[i, j] = low[c, at]
                squares += low[c, at] * low[c, at]
                at += 1
        for i in range(n):
            for j in range(d):
                centred[i, j] = x[i, j] - mu[c, j]
        ys[c] = centred @ Q.T
        for i in range(n):
            norm = 0.0
            for j in range(d):
                norm += ys[c, i, j] * ys[c, i, j]
            weights[i, c] = weight - 0.5 * norm

    alpha_bar, mu_bar = np.zeros(k), np.empty((k, d))
    q_bar, l_bar = np.empty((k, d)), np.empty_like(low)
    value = constant - n * softmax(alpha, alpha_bar)
    for c in range(k):
        alpha_bar[c] *= -n
    row = np.empty(k)
    for i in range(n):
        value += softmax(weights[i], row)
        for c in range(k):
            weights[i, c] = row[c]
    for c in range(k):
        y, Q = ys[c], Qs[c]
        share = 0.0
        for i in range(n):
            share += weights[i, c]
            for j in range(d):
                centred[i, j] = x[i, j] - mu[c, j]
                y[i, j] *= -weights[i, c]
        alpha_bar[c] += share
        Q_bar = y.T @ centred
        y_sum = np.zeros(d)
        for i in range(n):
            for j in range(d):
                y_sum[j] += y[i, j]
        mu_bar[c] = -(y_sum @ Q)
        at = 0
        for j in range(d):
            own = Q_bar[j, j] - gamma**2 * Q[j, j]
            q_bar[c, j] = share + m + own * Q[j, j]
            for i in range(j + 1, d):
                l_bar[c, at] = Q_bar[i, j] - gamma**2 * Q[i, j]
                at += 1
    return (
        value + m * np.sum(q) - 0.5 * gamma**2 * squares,
        (alpha_bar, mu_bar, q_bar, l_bar),
    )


def softmax(v, out):
    """Fill `out` with softmax(v); the result is log sum exp(v)."""
    largest = v[0]
    for i in range(1, len(v)):
        largest = max(largest, v[i])
    total = 0.0
    for i in range(len(v)):
        out[i] = np.exp(v[i] - largest)
        total += out[i]
    for i in range(len(v)):
        out[i] /= total
    return largest + np.log(total)


def functional(np):
    """For a peer's namespace: without writes, a gather from a row that ends with 0."""

    def function(alpha, mu, q, low, x, rows, columns, m, gamma, constant):
        k, d = mu.shape
        padded = np.concatenate((low, np.zeros((k, 1))), 1)
        lower = padded[:, places(d, rows, columns)].reshape((k, d, d))
        Q = lower + np.eye(d) * np.exp(q)[:, None, :]
        return from_factors(np, Q, alpha, mu, q, x, m, gamma, constant)

    return function


def places(d, rows, columns):
    """For each element of a (d, d) matrix its place in a row of the lower triangle."""
    found = np.full((d, d), len(rows))
    found[np.asarray(rows), np.asarray(columns)] = np.arange(len(rows))
    return found.ravel()


def from_factors(np, Q, alpha, mu, q, x, m, gamma, constant):
    y = (x - mu[:, None, :]) @ np.swapaxes(Q, 1, 2)
    weights = (alpha + np.sum(q, axis=1))[:, None]
    beta = weights - 0.5 * np.sum(y * y, axis=2)
    largest = np.amax(beta, axis=0)
    total = np.sum(largest + np.log(np.sum(np.exp(beta - largest), axis=0)))
    top = np.max(alpha)
    total = total - x.shape[0] * (top + np.log(np.sum(np.exp(alpha - top))))
    return total + m * np.sum(q) - 0.5 * gamma**2 * np.sum(Q * Q) + constant


def jax_form(jax):
    jnp = jax.numpy

    def function(alpha, mu, q, low, x, rows, columns, m, gamma, constant):
        k, d = mu.shape
        diagonal = jnp.arange(d)
        Q = jnp.zeros((k, d, d)).at[:, rows, columns].set(low)
        Q = Q.at[:, diagonal, diagonal].set(jnp.exp(q))
        return from_factors(jnp, Q, alpha, mu, q, x, m, gamma, constant)

    return function
