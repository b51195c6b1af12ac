"""Comprehensions and generator expressions of all kinds."""

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2])
K = 2.0
v = 10.0  # not the variable of a comprehension


@program(V)
def squares(x):
    ys = [v * v for v in x]
    return sum(ys) * ys[0]


@program(V)
def filtered(x):
    return sum([v * v for v in x if v > 0 if v < 1])


@program(V)
def nested_fors(x):
    return np.sum(np.array([a * b for a in x for b in x if a > b]))


@program(V)
def inner_depends_on_outer(x):
    return sum(a * b for a in x for b in [a * a, a + 1.0] if b > 0)


@program(V)
def matrix(x):
    table = [[a * b + k for b in x] for k, a in enumerate(x)]
    return np.sum(np.array(table) ** 2)


@program(V)
def table_written_in_loops(x):
    n = len(x)
    A = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            A[i][j] += x[i] * x[j] * (i + 1)
    return sum(A[i][j] * (j + 2) for i in range(n) for j in range(n))


@program(V)
def small_table(x):
    A = [[0.0] * 3 for _ in range(3)]
    for i in range(3):
        for j in range(3):
            A[i][j] += x[i] * x[j] * (i + 1)
    return A[0][1] * A[1][0] + A[2][2]


@program(V)
def running_total(x):
    return sum(v**3 for v in x)


@program(V)
def sum_of_arrays(x):
    return np.sum(sum(v * x for v in x) ** 2)


@program(V, 0.5)
def sum_from_start(x, s):
    return sum((v * s for v in x), s)


@program(V)
def tuple_targets(x):
    return sum(a * b * k for k, (a, b) in enumerate(zip(x, x[::-1]), start=1))


@program((V[0], V[1], V[2]))
def over_a_tuple(t):
    return sum(v * (k + 1) for k, v in enumerate(t) if k != 1)


@program(V)
def over_functions(x):
    return sum(f(v) for f in (np.sin, np.tanh) for v in x)


@program(V)
def dictionary(x):
    d = {k: x[i] ** 2 for i, k in enumerate("abc")}
    return d["a"] * d["c"] + sum(d.values())


@program(V)
def dictionary_of_entries(x):
    d = {k: w * w for k, w in zip(("a", "b", "c"), x)}
    return d["a"] + 2 * d["b"] * d["c"]


@program(V)
def dictionary_over_range(x):
    d = {k: x[k] * k for k in range(3) if k != 1}
    return d[0] + d[2] ** 2 + len(d)


@program(V)
def static_set(x):
    kinds = {k % 2 for k in range(5)}
    return x[0] * len(kinds)


@program(V)
def walrus_is_the_functions(x):
    n = sum(1 for a in x if (last := a * a) > 0.1)
    return last * n


@program(V)
def walrus_carried(x):
    total = 1.0
    ys = [total := total * v + 1.0 for v in x]
    return total * ys[1]


@program(V)
def variables_do_not_leak(x):
    [v for v in x]
    w = 2.0 * x[0]
    ys = [w for w in x]
    return v * w * sum(ys) + K


@program(V)
def late_binding(x):
    fs = [lambda: c * x[0] for c in (1.0, 2.0, 3.0)]
    return sum(f() for f in fs)


@program(V)
def defaults_bind_early(x):
    fs = [lambda c=c: c * x[0] * x[1] for c in (1.0, 2.0, 3.0)]
    g = fs[0] if x[0] > 0 else fs[2]
    return g() + fs[1]()


@program(V)
def lambdas_over_a_range(x):
    fs = [(lambda a, k=k: a**k) for k in range(1, 4)]
    return sum(f(a) for f in fs for a in x)


@program(V)
def in_loops_and_branches(x):
    s = 0.0
    for k in range(2):
        s += sum(a * k for a in x if a > 0) + max(a * b for a in x for b in x)
        if any(s > a for a in x):
            s *= 0.5
        else:
            s = s + sum([a * a for a in x])
    return s


@program(V)
def in_a_nested_function(x):
    def scaled(u):
        return [u * a for a in x]

    return sum(scaled(2.0)) + sum(scaled(x[0]))


@program(V)
def any_stops_early(x):
    seen = []

    def asked(a):
        seen.append(a * a)
        return a > 0

    found = any(asked(a) for a in (x[1], x[0], x[2]))
    return sum(seen) if found else 0.0


@program(V)
def all_of_a_loop(x):
    return x[0] * x[1] if all(a < 2 for a in x) else x[2]


@program(V)
def generator_under_a_name(x):
    k = 1.0
    ys = list(x)
    g = (k * a for a in ys)
    k = 3.0
    ys[0] = 5.0 * x[1]
    return sum(g)


@program(V)
def generator_walked(x):
    t = 0.0
    for a in (a * a for a in x if a > 0):
        t += a * t + a
        if t > 5:
            break
    return t


@program(V)
def generator_with_else(x):
    k, t = 1.0, 0.0
    for a in (a * k for a in x):
        k = k + 1.0
        t += a * a
    else:
        t = t * 2
    return t


def _norm(values):
    return sum(u * u for u in values)


@program(V)
def generator_as_argument(x):
    return _norm(a + 1 for a in x) + _norm([a * 2 for a in x])


@program(V)
def unpacked_generator(x):
    a, b, c = (u * u for u in (x[0], x[1], x[2]))
    return a * b + c


@program(V)
def smoothed(x):
    u = list(x)
    for _ in range(3):
        u = [0.5 * (a + b) for a, b in zip(u, u[1:] + u[:1])]
    return sum(w * w for w in u)


@program(V)
def joined_lists_of_arrays(x):
    rows = [w * x for w in x]
    whole = np.vstack(rows) @ np.column_stack(rows) + np.stack(rows, axis=1)
    return np.sum(whole * np.hstack(rows).reshape(3, 3))


@program(V)
def lists_as_arrays(x):
    ys = [2.0 * w for w in x]
    return np.sum(x * ys) + np.mean([w * x for w in x]) + np.dot(ys, x)
