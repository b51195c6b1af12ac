"""Two names of one array, views, transposes, rows."""

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2, 0.8])
M = np.array([[0.3, -0.5, 1.2], [0.8, 0.1, -0.4]])


@program(V)
def alias(x):
    y = x.copy()
    z = y
    z[0] = x[1] * x[2]
    z += 1
    return np.sum(y**2)


@program(V)
def view(x):
    y = x.copy()
    v = y[1:3]
    v *= x[0]
    y[1] = y[1] * 2
    return np.sum(y**2) + v[0] * v[1]


@program(V)
def view_of_view(x):
    y = x.copy()
    v = y[1:]
    w = v[1:]
    w[0] = x[0] ** 2
    v[1] += 1.0
    return y[2] * w[0] + np.sum(v)


@program(M)
def row_view(m):
    y = m.copy()
    r = y[1]
    r[0] = m[0, 0] * m[0, 1]
    y[1, 1] = r[0]
    return np.sum(r * y[0])


@program(M)
def transpose_view(m):
    y = m.copy()
    t = y.T
    t[0] = t[1] * t[2]
    return np.sum(y**2)


@program(M)
def rows_written_in_loop(m):
    y = m.copy()
    for row in y:
        row *= row[0]
        row[1] = 0.5
    return np.sum(y**2)


@program(V)
def reversed_view(x):
    y = x * 1
    r = y[::-1]
    r[0] = y[0] * 2
    return y[3] * y[2]


@program(V)
def alias_in_tuple(x):
    y = x.copy()
    pair = (y, 2.0)
    pair[0][1] = x[0] ** 2
    return np.sum(y * pair[1])


@program(V)
def alias_in_list(x):
    y = x.copy()
    ys = [y, y]
    ys[0][1] = x[0] ** 2
    return np.sum(ys[1] ** 2)


@program(V)
def alias_in_dict(x):
    y = x.copy()
    d = {"y": y}
    d["y"][2:] *= 3
    return np.sum(y**2)


def _scale(a, s):
    a *= s


def _first_row(a):
    a[0] = a[1] * 2
    return a


@program(V, 0.5)
def written_by_callee(x, s):
    y = x.copy()
    _scale(y, s)
    _scale(y[1:], s)
    return np.sum(y**2)


@program(V)
def given_back_by_callee(x):
    y = x.copy()
    z = _first_row(y)
    z[1] = z[0] * 3
    return np.sum(y * y)


@program(V)
def buffers_swapped(x):
    a = x.copy()
    b = np.zeros_like(x)
    for _ in range(3):
        for i in range(1, len(x) - 1):
            b[i] = a[i] ** 2 + a[i - 1]
        a, b = b.copy(), a.copy()
    return np.sum(a)


@program(V)
def copy_cuts(x):
    y = x.copy()
    z = y.copy()
    z[0] = 5.0
    return np.sum(y * z)


@program(V)
def expression_is_new(x):
    y = x + 0
    y[0] = 7.0
    return np.sum(x * y)


@program(V)
def view_before_rebinding(x):
    y = x * 2
    v = y[:2]
    y = y + 1
    v[0] = x[3]
    return np.sum(y) * v[0]


@program(V)
def list_of_list(x):
    a = [x[0], [x[1], x[2]]]
    b = a[1]
    b[0] = x[3] ** 2
    return a[1][0] * a[0]


@program(V)
def views_made_in_loop(x):
    y = x * 1
    for i in range(3):
        v = y[i:]
        v[0] = v[0] * 2 + 1
        v *= 0.5
    return np.sum(y * y)
