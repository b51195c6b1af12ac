"""Loops in loops."""

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2, 0.8])
M = np.array([[0.3, -0.5, 1.2], [0.8, 0.1, -0.4]])


@program(V, order=3)
def pairs(x):
    total = 0.0
    for i in range(len(x)):
        for j in range(i + 1, len(x)):
            d = x[i] - x[j]
            total += 1.0 / (1 + d * d)
    return total


@program(M, M.T.copy())
def matrix_product(a, b):
    n, k = a.shape
    m = b.shape[1]
    c = np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            for p in range(k):
                c[i, j] += a[i, p] * b[p, j]
    return c


@program(0.7)
def carried_through_both(x):
    y = x
    for i in range(3):
        for j in range(2):
            y = y * x + i - j
        y = y * 0.5
    return y


@program(M)
def accumulates_rows(a):
    total = 0.0
    for i in range(a.shape[0]):
        s = 0.0
        for j in range(a.shape[1]):
            s += a[i, j] ** 2
        total += s * s
    return total


@program(V, V * 0.5)
def edit_distance(x, y):
    n, m = len(x), len(y)
    d = np.zeros((n + 1, m + 1))
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            c = (x[i - 1] - y[j - 1]) ** 2
            d[i, j] = c + 0.5 * d[i - 1, j] + 0.3 * d[i, j - 1] + 0.2 * d[i - 1, j - 1]
    return d[n, m]


@program(V, 3)
def time_steps(u, steps):
    u = u.copy()
    for _ in range(steps):
        new = u.copy()
        for i in range(1, len(u) - 1):
            new[i] = u[i] + 0.1 * (u[i + 1] - 2 * u[i] + u[i - 1]) ** 2
        u = new
    return np.sum(u**2)


@program(V)
def triangular_list(x):
    total = 0.0
    for i in range(len(x)):
        ys = []
        for j in range(i + 1):
            ys.append(x[j] * x[i])
        for y in ys:
            total += y * y
    return total


@program(M)
def while_in_for(a):
    total = 0.0
    for row in a:
        s = row[0]
        k = 0
        while s < 2:
            s = s + row[1] ** 2 + 0.5
            k += 1
        total += s * k
    return total


@program(V)
def for_in_while(x):
    total = 1.0
    while total < 20:
        for a in x:
            total += a * a
    return total


@program(0.6)
def branch_in_nest(x):
    y = 0.0
    for i in range(4):
        for j in range(3):
            if i == j:
                y += x ** (i + 1)
            elif i < j:
                y -= x * y
            else:
                continue
    return y


@program(0.6)
def deep(x):
    y = x
    for a in range(2):
        for b in range(2):
            for c in range(2):
                for d in range(2):
                    y = y + 0.01 * x * y * (a + b + c + d)
    return y


@program(V)
def slices_of_each_length(x):
    s = 0.0
    for i in range(3):
        v = x[i:]
        w = x[: i + 1] * 2
        s += v[0] * np.sum(w)
    return s
