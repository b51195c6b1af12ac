"""Writes: subscripts, slices, augmented, in loops, to arguments."""

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2, 0.8])
M = np.array([[0.3, -0.5, 1.2], [0.8, 0.1, -0.4]])


@program(V)
def writes_argument(x):
    x[0] = x[1] * x[2]
    return np.sum(x**2)


@program(V)
def augments_argument(x):
    x *= x
    x += 1.0
    return np.sum(x**2)


@program(V)
def fills(x):
    y = np.zeros(4)
    for i in range(4):
        y[i] = x[i] ** 2
    return y


@program(V)
def prefix_sums(x):
    y = x.copy()
    for i in range(1, len(y)):
        y[i] += y[i - 1] ** 2
    return y


@program(V)
def slice_write(x):
    y = np.zeros(6)
    y[1:5] = x * x
    y[::2] += y[1::2]
    return y


@program(V, 0.3)
def write_number_to_slice(x, s):
    y = x * 2
    y[1:3] = s
    return np.sum(y**2)


@program(V)
def overwrite(x):
    y = x * x
    y[0] = 1.0
    y[0] = x[3]
    y[1] *= y[0]
    y[2] /= 2.0
    y[3] -= y[1]
    return np.sum(y**2)


@program(M)
def rows(m):
    out = np.empty((2, 3))
    for i in range(2):
        out[i] = m[i] * m[1 - i]
    return out


@program(M)
def row_augmented(m):
    out = m.copy()
    for i in range(2):
        out[i] *= m[i, 0]
        out[:, i] += m[:, 2]
    return out


@program(V)
def swap_entries(x):
    y = x * 1.0
    y[0], y[3] = y[3], y[0]
    return y[0] ** 2 * y[3] + y[1]


@program(V)
def bubble(x):
    y = x.copy()
    n = len(y)
    for i in range(n):
        for j in range(n - 1 - i):
            if y[j] > y[j + 1]:
                y[j], y[j + 1] = y[j + 1], y[j]
    return np.sum(y * np.arange(4.0))


@program(V)
def shift(x):
    y = x.copy()
    y[1:] = y[:-1] * y[1:]
    return y


@program(V)
def fancy_write(x):
    y = np.zeros(5)
    y[[0, 3]] = x[:2] ** 2
    y[np.array([1, 1])] += x[2:]
    return y


@program(V)
def masked_write(x):
    y = x * 2
    y[x < 0] = 0.0
    return np.sum(y**2)


@program(V)
def old_value_used(x):
    y = x * x
    z = np.sum(y * y)
    y[1] = z
    return np.sum(y**3)


@program(V)
def table(x):
    t = np.zeros((4, 4))
    for i in range(4):
        for j in range(4):
            t[i, j] = x[i] * x[j]
    return np.sum(t**2)


@program(0.3, 5)
def state_vector(x, n):
    s = np.zeros(2)
    s[0] = x
    for _ in range(n):
        s[1] = s[0] * x + s[1]
        s[0] += 0.1 * s[1] ** 2
    return s[0] * s[1]


@program(V)
def write_in_branch(x):
    y = x.copy()
    if x[0] > 0:
        y[0] = x[1] ** 2
    else:
        y[1] = x[0] ** 2
    return y * y


@program(V)
def prefix_read(x):
    y = np.zeros(4)
    for i in range(4):
        y[i] = x[i] + np.sum(y[:i] ** 2)
    return np.sum(y)


@program(np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]))
def cholesky(a):
    n = len(a)
    low = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j] - np.sum(low[i, :j] * low[j, :j])
            if i == j:
                low[i, j] = np.sqrt(s)
            else:
                low[i, j] = s / low[j, j]
    return low


@program(np.array([[4.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0]))
def gauss(a, b):
    a = a.copy()
    b = b.copy()
    n = len(b)
    for k in range(n):
        for i in range(k + 1, n):
            f = a[i, k] / a[k, k]
            a[i, k:] -= f * a[k, k:]
            b[i] -= f * b[k]
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = (b[i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    return x


@program(V, V * 2)
def writes_two_arguments(x, y):
    x[0] = y[1]
    y[:2] = x[:2] * 3
    return np.sum(x * y)


@program(np.array([0.5, 0.25]))
def rebinding_is_no_write(x):
    y = x
    y = y + 1
    y += x
    return np.sum(x * y)


@program(V)
def add_at(x):
    y = x * 2
    np.add.at(y, [0, 0, 1], x[1:])
    np.subtract.at(y, np.array([2, 2]), x[0] ** 2)
    np.add.at(y, slice(0, 2), 1.0)
    return np.sum(y**2)
