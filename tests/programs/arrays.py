"""Array expressions: methods, attributes, subscripts of every kind."""

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2, 0.8])
W = np.array([1.1, 0.4, -0.6, 0.2])
M = np.array([[0.3, -0.5, 1.2], [0.8, 0.1, -0.4]])
T = np.sin(np.arange(24.0)).reshape(2, 3, 4)


@program(V, W)
def elementwise(x, y):
    return np.sin(x) * y + x / (2 + y) - x**2


@program(M, np.array([1.0, 2.0, 0.5]), 0.3)
def broadcasting(m, v, s):
    return m * v + s - v / (1 + m**2)


@program(np.array([[0.3], [0.4]]), np.array([[1.0, 2.0, 0.5]]))
def outer_by_broadcast(a, b):
    return np.sum(a * b + a / b)


@program(M, np.array([1.0, 2.0, 0.5]))
def matmul(m, v):
    return np.sum((m @ v) ** 2) + np.dot(v, v)


@program(V)
def slices(x):
    return x[1:] * x[:-1] + x[::-1][1:] - x[-3:]


@program(V)
def strided(x):
    return np.sum(x[::2] ** 2) + np.sum(x[::-2] * x[1::2])


@program(T)
def slices_of_axes(a):
    return a[:, 1] * a[:, -1] + a[0, 1:2, ::-1] * a[..., 0, :]


@program(V)
def newaxis(x):
    y = x[:, None] * x[np.newaxis, :]
    return y + x[..., None] ** 2


@program(V)
def integer_array(x):
    i = np.array([0, 2, 2, 1])
    return x[i] ** 2 * x[[3, 3, 0, 1]]


@program(M)
def integer_arrays(m):
    rows = np.array([0, 1, 0])
    cols = np.array([2, 0, 2])
    return np.sum(m[rows, cols] ** 2) + np.sum(m[:, cols])


@program(V)
def boolean_mask(x):
    return np.sum(x[x > 0] ** 3)


@program(M)
def element(m):
    return m[0, 1] * m[1][2] + m[-1, -1] ** 2


@program(M)
def methods(m):
    a = m.T.reshape(-1)
    b = m.sum(axis=0).mean() + m.max() * m.min()
    c = a.dot(a) + m.transpose().ravel()[1]
    return b * c + m.prod() + m.copy().flatten().sum()


@program(M)
def attributes(m):
    n, k = m.shape
    return np.sum(m * m) / (n * k) + m.size * m[0, 0] + m.ndim * m.shape[1]


@program(V)
def constructors(x):
    n = len(x)
    a = np.zeros(n) + np.ones_like(x) * x
    b = np.arange(n) * x + np.full(n, 2.0) + np.linspace(0, 1, n) * x
    return a * b + np.eye(n) @ x


@program(0.3, 0.4)
def array_of_numbers(x, y):
    a = np.array([x, y, x * y])
    b = np.array([[x, 1.0], [y, x]])
    return np.sum(a**2) + np.sum(b @ b)


@program(V, W)
def joins(x, y):
    a = np.concatenate([x, y * 2])
    b = np.stack([x, y])
    return np.sum(a**2) + np.sum(b[0] * b[1] ** 2)


@program(M)
def softmax(m):
    e = np.exp(m - m.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p


@program(V, W)
def where_and_maximum(x, y):
    return np.where(x > y, x * y, y**2) + np.maximum(x, y) * np.abs(x)


@program(T)
def transpose_and_reshape(a):
    b = a.transpose(2, 0, 1).reshape(4, 6)
    return b @ b.T


@program(V.astype(np.float32), order=1)
def single_precision(x):
    return np.sum(x * x * x)


@program(V, 2)
def dynamic_index(x, k):
    return x[k] ** 2 + x[-k] * x[k - 1]


@program(V, 1, 3)
def dynamic_slice(x, a, b):
    return np.sum(x[a:b] ** 2) * np.sum(x[:a]) + x[a:].sum()


@program(M)
def rows_unpacked(m):
    a, b = m
    return a * b + a**2


@program(np.array([0.3, 0.4, 0.5]))
def vector_unpacked(v):
    x, y, z = v
    return x * y - y * z**2


@program(V)
def numbers_and_arrays(x):
    return (2 * x + 1.0 - 3 / (x + 5)) ** 2 * np.pi


@program(V)
def einsum(x):
    return np.einsum("i,j->ij", x, x**2)


@program(np.array([[0.7]]))
def one_element(x):
    return x * x


@program(np.array(0.7))
def zero_dimensions(x):
    return x * x + np.sin(x)


@program(np.zeros((0,)), 0.4)
def empty(x, s):
    return np.sum(x * s) + s**2
