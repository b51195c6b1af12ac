"""for over range, len, enumerate, zip, reversed, lists, tuples, arrays."""

import math

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2, 0.8])
W = np.array([1.1, 0.4, -0.6, 0.2])
M = np.array([[0.3, -0.5, 1.2], [0.8, 0.1, -0.4]])


@program(0.7, 5, order=3)
def power_by_loop(x, n):
    y = 1.0
    for i in range(n):
        y = y * x
    return y


@program(V, order=3)
def over_len(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i] * x[i] * i
    return total


@program(V, W)
def over_zip(x, y):
    total = 0.0
    for a, b in zip(x, y):
        total = total * 0.5 + math.sin(a * b)
    return total


@program(V)
def over_enumerate(x):
    total = 0.0
    for i, a in enumerate(x, start=1):
        total += a**2 / i
    return total


@program(V)
def over_reversed(x):
    total = 0.0
    for a in reversed(x):
        total = total * 0.7 + a * a
    return total


@program(V)
def over_reversed_range(x):
    total = 0.0
    for i in reversed(range(len(x))):
        total = total * 0.5 + x[i] ** 2
    return total


@program(V)
def over_range_with_step(x):
    total = 0.0
    for i in range(1, len(x), 2):
        total += x[i] ** 3
    for i in range(len(x) - 1, -1, -2):
        total = total * x[i]
    return total


@program(M)
def over_rows(m):
    total = 0.0
    for row in m:
        total += np.sum(row * row) * row[0]
    return total


@program([0.3, 0.5, -0.2])
def over_list(xs):
    total = 1.0
    for x in xs:
        total *= 1 + x * x
    return total


@program((0.3, 0.5, -0.2))
def over_tuple(xs):
    total = 1.0
    for x in xs:
        total *= 1 + x * x
    return total


@program([0.3, 0.5, -0.2])
def enumerate_list(xs):
    total = 0.0
    for k, x in enumerate(xs):
        total += x ** (k + 1)
    return total


@program([0.3, 0.5, -0.2], V)
def zip_of_different_lengths(xs, v):
    total = 0.0
    for x, a in zip(xs, v):
        total += x * a * a
    return total


@program(V, W)
def enumerate_of_zip(x, y):
    total = 0.0
    for i, (a, b) in enumerate(zip(x, y)):
        total += i * a * b * b
    return total


@program(0.4)
def literal_list(x):
    total = 0.0
    for w in [1.0, 2.0, 3.0]:
        total += math.sin(w * x)
    for k in (1, 2):
        total *= x**k
    return total


@program(0.7, 0)
@program(0.7, 3)
def may_not_run(x, n):
    y = x
    for _ in range(n):
        y = y * y
    return y + x


@program(0.7, 4)
def target_after_loop(x, n):
    for i in range(n):
        y = x * i
    return y * i + x


@program(V)
def with_continue(x):
    total = 0.0
    for a in x:
        if a < 0:
            continue
        total += a**3
    return total


@program(V)
def branch_in_loop(x):
    total = 0.0
    for i in range(len(x)):
        if x[i] > 0.5:
            total += x[i] ** 2
        elif x[i] < 0:
            total -= x[i] ** 3
        else:
            total *= x[i]
    return total


@program(V)
def two_carried(x):
    a, b = 0.0, 1.0
    for v in x:
        a, b = b * v, a + b * 0.5
    return a * b


@program(0.5, 6)
def fibonacci(x, n):
    a, b = x, 1.0
    for _ in range(n):
        a, b = b, a + b * x
    return b


@program(V)
def collects_list(x):
    ys = []
    for a in x:
        ys.append(a * a)
    total = 0.0
    for y in ys:
        total += y * y
    return total


@program(V)
def collects_and_indexes(x):
    ys = [x[0]]
    for i in range(1, len(x)):
        ys.append(ys[i - 1] * 0.5 + x[i] ** 2)
    return ys[-1] * ys[0]


@program(V)
def collects_then_array(x):
    ys = []
    for a in x:
        ys.append(math.sin(a))
    return np.sum(np.array(ys) ** 2)


@program(V)
def reads_neighbours(u):
    total = 0.0
    for i in range(1, len(u) - 1):
        total += (u[i + 1] - 2 * u[i] + u[i - 1]) ** 2
    return total


@program(V, 3)
def vector_recurrence(x, n):
    h = np.zeros_like(x)
    for _ in range(n):
        h = np.tanh(h + x * h.sum() + x)
    return np.sum(h)


@program(M, np.array([0.2, 0.1, -0.3]))
def rnn(w, h):
    for _ in range(3):
        out = w @ h
        h = np.tanh(h + out.sum())
    return h


@program(0.3)
def first_bound_in_loop(x):
    for i in range(3):
        if i == 0:
            y = x
        else:
            y = y * x + 1
    return y * y


@program(V)
def changes_kind(x):
    total = 0
    for a in x:
        total = total + a * a
    return total


@program(V)
def else_without_break(x):
    total = 0.0
    for a in x:
        total += a * a
    else:
        total = total * total
    return total


@program({"a": 0.3, "b": 0.6})
def over_dict_items(d):
    total = 1.0
    for key, value in d.items():
        if key == "a":
            total += value**2
        else:
            total *= value
    return total


@program(np.arange(24.0).reshape(2, 3, 4) / 10)
def over_matrices(a):
    total = 0.0
    for m in a:
        for row in m:
            total += row @ row * row[-1]
    return total


@program(V)
def return_through_unrolled(x):
    for a in x:
        for k in (1, 2):
            for j in range(3):
                if a * k * j > 1.0:
                    return a * k
    return x[0]


@program(np.arange(6.0).reshape(2, 3), (3, 2))
def shape_argument(x, shape):
    return np.sum(x.reshape(shape)[1] ** 2)
