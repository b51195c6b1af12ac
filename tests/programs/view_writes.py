"""Writes through views of views, reshaped and transposed arrays, rows, aliases."""

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2, 0.8])
W = np.array([0.9, 0.4, -0.7, 0.2])
M = np.array([[0.3, -0.5, 1.2], [0.8, 0.1, -0.4]])
S = np.array([0.3, -0.5, 1.2, 0.8, 0.1, -0.4])


@program(M)
def transposed_entry(m):
    m.T[0, 1] = m[0, 0] * m[1, 2]
    m.T[2] *= 3.0
    m.T[1:][0][1] += m[0, 2]
    return np.sum(m**3)


@program(M)
def swapped_axes(m):
    t = m.swapaxes(0, 1)
    t[0] = t[1] * t[2]
    np.transpose(m)[2, 0] = m[0, 0]
    return np.sum(t**2) + m[0, 1]


@program(S.reshape(1, 2, 3))
def moved_axes(m):
    v = np.moveaxis(m, 0, 2)
    v[1, :, 0] = m[0, 0, :] ** 2
    m.transpose(2, 0, 1)[0, 0] *= 2.0
    return np.sum(m**2)


@program(V)
def chain_of_slices(x):
    x[1:][::2][0] = x[0] ** 2
    x[::-1][:2][1] *= 3.0
    return np.sum(x**2)


@program(M)
def view_kept_and_written(m):
    v = m[:, 1:]
    v[:] = v * v
    v[0] += m[1, 0]
    v[1, 0] = 2.0
    return np.sum(m**2) + np.sum(v)


@program(S)
def matrix_over_a_vector(x):
    m = x.reshape(2, 3)
    m[0] += x[3]
    m[1, 2] = m[0, 0] * 2
    return np.sum(x**2)


@program(M)
def vector_over_a_matrix(m):
    flat = m.ravel()
    for k in range(1, 6):
        flat[k] += flat[k - 1] * m[0, 0]
    m[1] *= 2.0
    return np.sum(flat**2)


@program(M)
def reshaped_to_a_line(m):
    m.reshape(-1)[4] = m[0, 2] ** 2
    np.reshape(m, 6)[1] *= 3.0
    np.ravel(m)[0] += m[1, 1]
    return np.sum(m**3)


@program(V, W)
def reshaped_new_arrays(x, y):
    z = np.zeros((2, 2))
    z.ravel()[:] = x
    z.reshape(4)[1:3] += y[1:3]
    w = (z * 2.0).reshape(4)
    w[0] = 7.0
    c = np.concatenate([x, y]).reshape(2, 4)
    c[1] = c[0] * x
    return np.sum(z**2) + np.sum(w * x) + np.sum(c)


@program(M)
def copies_of_what_lies_elsewhere(m):
    a = m.T.copy().ravel()
    a[0] = 5.0
    b = m.flatten()
    b[1] = m[0, 0]
    c = m[[0, 1]].copy().ravel()
    c[:2] *= b[:2]
    return np.sum(a * b) + np.sum(c) + np.sum(m)


@program(V)
def one_axis_more(x):
    row = x[None, :]
    row[0, 1] = x[0] ** 2
    column = np.expand_dims(x, 1)
    column[2] *= 2.0
    x[:, np.newaxis][3, 0] += x[1]
    np.atleast_2d(x)[0, 0] = x[2]
    return np.sum(row**2)


@program(M[:, :1].copy())
def one_axis_less(m):
    v = m.squeeze(axis=1)
    v[0] *= v[1]
    np.squeeze(m, 1)[1] = v[0] ** 2
    return np.sum(m**2)


@program(V)
def flipped(x):
    np.flip(x)[0] = x[0] * 2
    r = x[::-1]
    r[1:3] += x[1:3]
    return np.sum(x * r)


@program(M)
def flipped_rows(m):
    np.flipud(m)[0] = m[0] ** 2
    np.fliplr(m)[1, 0] = m[0, 1]
    np.flip(m, axis=1)[0] *= 2.0
    return np.sum(m**2)


@program(S)
def split_in_two(x):
    a, b = np.split(x, 2)
    a *= b
    b[:] = a[::-1]
    first, rest = np.split(x, [1])
    rest[0] += first[0] ** 2
    return np.sum(x**2) + a[1]


@program(M)
def trailing_axis(m):
    m[..., 0] += 1.0
    m[..., 1:] *= m[..., :1]
    m[1, ...][2] = m[0, 0]
    return np.sum(m**2)


@program(M)
def rows_by_index(m):
    for i in range(len(m)):
        row = m[i]
        row += row[0]
        row[1:] = row[:-1] * 2.0
        row[0] -= row[2]
    return np.sum(m**2)


@program(M)
def rows_walked(m):
    for row in m:
        row[:] = row * row[1]
    for i, row in enumerate(m):
        row[i] += m[0, 2]
    for row, other in zip(m, m[::-1]):
        row -= 0.5 * other
    return np.sum(m**2)


@program(M)
def columns_walked(m):
    for column in m.T:
        column[1] += column[0] ** 2
        column *= 2.0
    return np.sum(m**2)


@program(M, V[:3])
def rows_in_a_list(m, x):
    rows = [m[0], m[1], x]
    rows[0][1] = x[0] ** 2
    rows[2] *= 2.0
    rows[1][:] = rows[2] * rows[0]
    return np.sum(m**2) + np.sum(x)


@program(V, W)
def views_of_dict_entries(x, y):
    d = {"a": x, "b": (y, x[1:])}
    d["a"][1] = y[0] ** 2
    d["b"][1][0] *= 2.0
    d["b"][0][:2] += d["a"][2:]
    return np.sum(x * y)


@program(M)
def masks_give_copies(m):
    m[m > 0][0] = 5.0
    m[[0]][0, 1] = 7.0
    part = m[:, [0, 2]]
    part *= 2.0
    m[1, m[1] > 0] += m[0, 0]
    return np.sum(m**2) + np.sum(part)


@program(V)
def buffered_repeats(x):
    x[[0, 0, 2]] += x[1:] ** 2
    x[np.array([3, 3])] *= x[:2]
    x[[1, 2]] = x[[2, 1]]
    return np.sum(x**2)


@program(V)
def swaps(x):
    x[0], x[3] = x[3], x[0]
    x[1], x[2] = x[2] * 2, x[1]
    x[:2], x[2:] = x[2:].copy(), x[:2].copy()
    return np.sum(x * np.arange(1.0, 5.0))


@program(M)
def row_swap_that_is_none(m):
    m[0], m[1] = m[1], m[0]
    m[[0, 1]] = m[[1, 0]]
    return np.sum(m**2 * np.arange(6.0).reshape(2, 3))


@program(V)
def overlapping_shifts(x):
    x[1:] = x[:-1] * 2.0
    x[:-1] += x[1:]
    x[:2] -= x[1:3] * x[2:]
    x[::-1] += x
    return np.sum(x**2)


@program(V)
def shift_within_a_loop(x):
    history = np.zeros((3, 4))
    for k in range(4):
        history[1:] = history[:-1]
        history[0] = x * k
        x[1:] -= 0.1 * history[2, :-1]
    return np.sum(history**2) + np.sum(x)


def _blend(a, b, t):
    a += t * b
    b[0] = a[1]


@program(V, 0.3)
def one_array_twice(x, t):
    _blend(x, x, t)
    _blend(x[1:], x[1:], t)
    return np.sum(x**2)


@program(V, 0.3)
def overlapping_arguments(x, t):
    _blend(x[:-1], x[1:], t)
    _blend(x[2:], x[:2], t)
    return np.sum(x**2)


def _fill_line(flat, x):
    for k in range(len(x)):
        flat[k] = x[k] ** 2


@program(V)
def callee_fills_a_raveled_array(x):
    m = np.zeros((2, 2))
    _fill_line(m.ravel(), x)
    _fill_line(m.T[0], x[:2] * 3.0)
    return np.sum(m**3)


def _ravels(m, x):
    flat = m.reshape(-1)
    flat[1:3] += x
    return m.sum()


@program(M, V[:2])
def callee_ravels_its_argument(m, x):
    s = _ravels(m, x)
    t = _ravels(np.outer(x, x), x)
    return np.sum(m**2) * s * t


@program(V)
def ping_pong(x):
    a, b = x.copy(), np.zeros_like(x)
    for k in range(4):
        b[1:-1] = a[:-2] * a[2:]
        b[0], b[-1] = a[-1], a[0]
        a, b = b, a.copy()
    return np.sum(a**2)


@program(V)
def two_names_of_a_view(x):
    v = x[1:]
    w = v
    w *= 2.0
    v[0] = w[1] ** 2
    u = x[:]
    u[0] = w[0]
    return np.sum(x * u)


@program(V)
def view_outlives_its_name(x):
    y = x * 2.0
    tail = y[2:]
    y = y + 1.0
    tail[0] = y[0]
    y[3] = tail[1]
    return np.sum(y**2) + np.sum(tail**2)


@program(M)
def mask_written_and_read(m):
    seen = np.zeros(m.shape, dtype=bool)
    for k in range(3):
        seen[:, k] = m[:, k] > 0
        m[seen] *= 1.5
        m[~seen] += m[0, 2]
    return np.sum(m**2)


@program(M, V)
def chained_targets(m, x):
    m[0] = x[:3] = m[1] * 2.0
    x[0] = y = m[0, 1] ** 2
    m[:, 0] = m[:, 1] = m[:, 2] * y
    return np.sum(m**2) + np.sum(x**2)


@program(M)
def asarray_is_the_array(m):
    a = np.asarray(m)
    a[0] *= 2.0
    b = np.array(m)
    b[1] = 3.0
    c = np.asarray(m, dtype=float)
    c[1, 1] = b[0, 0]
    return np.sum(m**2) + np.sum(b)
