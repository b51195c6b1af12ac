"""NumPy's own ways to write: out=, where=, copyto, put, fill, at, flat, real, imag."""

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2, 0.8])
W = np.array([0.9, 0.4, -0.7, 0.2])
M = np.array([[0.3, -0.5, 1.2], [0.8, 0.1, -0.4]])
MASK = np.array([True, False, True, True])


@program(V, W)
def out_by_keyword(x, y):
    z = np.empty_like(x)
    np.multiply(x, y, out=z)
    np.sin(z, out=z)
    return np.sum(z * x)


@program(V, W)
def out_by_position(x, y):
    z = np.zeros(len(x))
    np.add(x, y, z)
    np.exp(z, z)
    return np.sum(z)


@program(V, W)
def out_in_a_tuple(x, y):
    z = x.copy()
    w = np.subtract(z, y, out=(z,))
    w[0] = x[1] ** 2
    return np.sum(z * z)


@program(V)
def out_is_a_view(x):
    y = x.copy()
    np.multiply(y[1:], y[:-1], out=y[1:])
    np.cos(y[::2], out=y[1::2])
    return np.sum(y**2)


@program(M, V[:3])
def out_of_products(m, x):
    y, g = np.empty(2), np.empty((2, 2))
    np.matmul(m, x, out=y)
    np.dot(m, m.T, out=g)
    np.einsum("ij,j->i", m, x, out=g[0])
    return np.sum(y**2) + np.sum(g**3)


@program(M)
def out_of_reductions(m):
    table = np.zeros((3, 3))
    np.sum(m, axis=0, out=table[0])
    np.mean(m, axis=0, out=table[1])
    m.max(axis=0, out=table[2])
    np.cumsum(table[0], out=table[0])
    return np.sum(table**2)


@program(V, W)
def out_of_joins(x, y):
    z = np.empty(8)
    np.concatenate([x * y, y], out=z)
    np.clip(z, -0.3, 0.6, out=z)
    np.take(z, [0, 2, 7, 5], out=x)
    return np.sum(x**2) + np.sum(z)


@program(V)
def out_larger_than_the_operands(x):
    z = np.zeros((2, 4))
    np.multiply(x, 2.0, out=z)
    z[1] *= x
    np.add(x[0], x[1], out=z[0])
    return np.sum(z**2)


@program(V)
def out_of_single_precision(x):
    z = np.zeros(4, dtype=np.float32)
    np.multiply(x, 0.0, out=z)
    return np.sum(x * x) + float(z[0])


@program(V, W)
def out_used_as_a_buffer_in_a_loop(x, y):
    work = np.empty_like(x)
    total = np.zeros_like(x)
    for k in range(3):
        np.multiply(x, y, out=work)
        work += k
        np.add(total, work, out=total)
        np.multiply(x, 0.5, out=x)
    return np.sum(total**2)


@program(np.array([0.5, 0.0, 2.0, -1.0]), order=1)
def divide_where_it_can_be(x):
    y = np.ones_like(x)
    np.divide(1.0, x, out=y, where=np.array([True, False, True, True]))
    return np.sum(y**2) + x[1]


@program(V)
def log_where_positive(x):
    y = x * 2
    np.log(x, out=y, where=x > 0)
    return np.sum(y**2)


@program(V, W)
def where_that_computes_less(x, y):
    z = y.copy()
    np.add(x, y, out=z, where=MASK)
    np.multiply(z, x, out=z, where=~MASK)
    np.sqrt(z, where=z > 0.6, out=z)
    return np.sum(z**2)


@program(M)
def sums_of_what_a_mask_selects(m):
    mask = m > 0
    s = np.sum(m, where=mask, axis=0) + np.prod(m, where=mask, axis=0, initial=2.0)
    return np.sum(s**2) + m.sum(where=mask) * np.mean(m, where=mask)


@program(M)
def extremes_of_what_a_mask_selects(m):
    mask = np.array([[True, False, True], [True, True, False]])
    high = np.max(m, axis=1, where=mask, initial=-10.0)
    low = m.min(where=mask, initial=5.0)
    return np.sum(high**2) * low


@program(M)
def spread_of_what_a_mask_selects(m):
    mask = m < 1.0
    s = np.std(m, axis=1, where=mask) + m.var(axis=1, where=mask, ddof=1)
    return np.sum(s) + np.var(m, where=mask)


@program(V)
def reductions_with_a_start(x):
    s = np.sum(x, initial=x[0]) * np.prod(x, initial=3.0)
    return s + np.max(x, initial=1.0) + np.min(x, initial=0.0)


@program(V)
def questions_under_a_mask(x):
    some = np.any(x > 1.0, where=MASK)
    each = np.all(x > -0.1, where=MASK)
    return np.sum(x**2) * (2.0 if some else 1.0) * (3.0 if each else 1.0)


@program(V)
def computed_in_another_dtype(x):
    n = np.arange(4)
    y = np.multiply(n, n, dtype=float)
    y *= x
    return np.sum(np.add(y, x, dtype=np.float64, casting="same_kind") ** 2)


@program(V)
def filled(x):
    y = x * x
    y[2:].fill(x[0])
    z = np.empty((2, 2))
    z.fill(x[1] * x[3])
    return np.sum(y**2) + np.sum(z)


@program(V, W)
def copied_to(x, y):
    np.copyto(x[1:], y[:-1])
    np.copyto(y, x * 2, where=x > 0)
    z = np.empty((2, 4))
    np.copyto(z, x)
    z[1] *= y
    return np.sum(z**2) + np.sum(x * y)


@program(V)
def copied_from_then_changed(x):
    old = np.empty_like(x)
    for _ in range(3):
        np.copyto(old, x)
        x[1:] = old[:-1] * old[1:]
    return np.sum(x**2)


@program(V, W)
def put_by_position(x, y):
    np.put(x, [0, 2], y[:2] * 2)
    m = np.outer(x, y)
    np.put(m, 5, x[1])
    m.put([3, 7], y[2:])
    return np.sum(m**2)


@program(V, W[:2])
def placed(x, y):
    np.place(x, MASK, y)
    np.putmask(x, x < 0.5, x**2 + 1.0)
    return np.sum(x**3)


@program(V, W)
def put_where_a_mask_says(x, y):
    m = np.outer(x, y)
    np.putmask(m, m > 0, y)
    np.putmask(x, MASK, 2.0)
    return np.sum(m**2) + np.sum(x)


@program(M, V)
def diagonals_filled(m, x):
    np.fill_diagonal(m, x[0] ** 2)
    s = np.outer(x, x)
    np.fill_diagonal(s, x)
    np.fill_diagonal(s[1:, 1:], 1.0)
    return np.sum(m**2) + np.sum(s**2)


@program(M, V[:2])
def put_along_an_axis(m, x):
    best = np.argmax(m, axis=1)[:, None]
    np.put_along_axis(m, best, x[:, None] * 2, axis=1)
    return np.sum(m**2)


@program(V, W)
def at_of_ufuncs(x, y):
    total = np.ones(3)
    where = np.array([0, 2, 0, 1])
    np.add.at(total, where, x)
    np.subtract.at(total, where, y * y)
    np.multiply.at(total, where, x + 2.0)
    np.divide.at(total, [0, 0], 2.0)
    return np.sum(total**2)


@program(V, W)
def extremes_at(x, y):
    best = np.zeros(2)
    np.maximum.at(best, np.array([0, 0, 1, 1]), x)
    np.minimum.at(best, np.array([1]), y[1:2])
    return np.sum(best**2 + best)


@program(V, W)
def at_of_rows_and_views(x, y):
    t = np.zeros((3, 4))
    np.add.at(t, np.array([0, 2, 0]), y)
    np.add.at(t.T[1:], ([0, 0], [1, 1]), x[:2])
    np.add.at(t, (np.array([0, 0]), slice(1, 3)), x[2:])
    return np.sum(t**3)


@program(V, W)
def outer_of_ufuncs(x, y):
    a = np.add.outer(x, y) * np.multiply.outer(x, x)
    return np.sum(np.subtract.outer(a[0], x[1]) ** 2)


@program(M)
def flat_reads_and_writes(m):
    m.flat[4] = m.flat[0] ** 2
    m.flat[:2] = m.flat[3:5] * 2
    part = m.flat[1:3]
    part[0] = 9.0
    m.flat[[0, 5]] = m[0, 2]
    total = 0.0
    for v in m.flat:
        total += v * v
    return total


@program(V)
def flat_of_a_line(x):
    x.flat[1] += x.flat[0]
    x.flat = x * x
    return np.sum(x * x.flat[2])


@program(M)
def flat_in_a_loop(m):
    for k in range(1, m.size):
        m.flat[k] += m.flat[k - 1] * 0.5
    return np.sum(m**2)


@program(V, W)
def parts_of_complex_numbers(x, y):
    z = x * (1.0 + 0.5j)
    z.real[0] = y[1]
    z.imag[1:] = y[1:] * x[1:]
    z.real *= 2.0
    z.imag = z.imag + x
    w = z.imag
    w[0] += y[0]
    return np.sum(z.real**3) + np.sum(z.imag * z.real)


@program(V, W)
def complex_array_from_its_parts(x, y):
    z = np.empty(4, dtype=complex)
    z.real = np.cos(x)
    z.imag = np.sin(y)
    z[1] = z[0] * z[2]
    return np.sum(np.abs(z) ** 2) + np.sum(z * z).real


@program(V)
def nan_to_num_in_place(x):
    y = x * x
    z = np.nan_to_num(y, copy=False)
    z[0] = x[1]
    return np.sum(y**2)


@program(V)
def results_of_out_are_the_array(x):
    y = np.zeros_like(x)
    z = np.add(x, 1.0, out=y)
    z *= x
    w = np.sum(np.outer(x, x), axis=0, out=y[:])
    w[0] = x[3]
    return np.sum(y * z)


@program(V, M)
def through_masks(x, m):
    """A mask names no entry twice; beside integers one of a single entry may."""
    y = x * x
    y[x > 0.0] = y[x > 0.0] ** 1.5
    rows, columns = np.array([False, True]), np.array([True, False, True])
    m = m * 1.0
    m[rows, 1] *= m[rows, 0]
    m[:, columns] += m[:, columns] ** 2
    m[rows, [0, 2]] = 2.0 * m[rows, [2, 0]] * m[rows, [1, 1]]
    return np.sum(y) + np.sum(m * m[rows, :])
