"""Lists, of unknown length and known: methods, slices, unpacking, writes in loops."""

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2])


@program(V)
def slices(x):
    ys = [v * v for v in x]
    t = sum(ys[1:]) + 2 * sum(ys[:-1]) + ys[::-1][0] * 3
    return t * ys[-1] + sum(ys[::2]) + sum(ys[1:-1]) * 5 + sum(ys[-2:])


@program(V)
def slices_at_run_time(x):
    ys, t = [v * v for v in x], 0.0
    for i in range(len(ys)):
        t += sum(ys[i - 1 : i + 1]) * ys[i]
    return t


@program(V)
def methods(x):
    ys = [v * v for v in x]
    a = ys.pop()
    b = ys.pop(0)
    ys.insert(0, a * b)
    ys.insert(-1, b)
    ys.extend([a, b])
    ys.append(3 * a)
    ys.reverse()
    zs = ys.copy()
    ys.clear()
    ys.append(a)
    return sum(v * (i + 1) for i, v in enumerate(zs)) + sum(ys)


@program(V)
def extended_by_iterators(x):
    ys = [x[0]]
    ys += [v * v for v in x if v > 0]
    ys.extend(map(np.sin, x))
    ys += (x[1], x[2])
    return sum(v * (k + 1) for k, v in enumerate(ys))


@program(V)
def starred_displays(x):
    ys = [x[1], *[v * v for v in x], x[0], *x]
    return sum(v * (k + 1) for k, v in enumerate(ys))


@program(V)
def starred_unpacking(x):
    a, *b = x
    c, *d, e = [v * v for v in x]
    *f, g = map(np.sin, x)
    return a * sum(b) + c * sum(d) * e + sum(f) * g


@program(V)
def deleted(x):
    xs = [x[0], x[1], x[2]]
    del xs[0]
    xs[0:1] = [x[0], x[0] * 3]
    del xs[1:2]
    ys = [v for v in x]
    del ys[0]
    return sum(v * (k + 1) for k, v in enumerate(xs)) * sum(ys)


@program(V)
def written_while_walked(x):
    xs, t = list(x), 0.0
    for i, v in enumerate(xs):
        if i == 0:
            xs[1] = v * 10
        t += v * v
    return t


@program(V)
def known_list_written_while_walked(x):
    xs, t = [x[0], x[1]], 0.0
    for i, v in enumerate(xs):
        if i == 0:
            xs[1] = v * 10
        t += v * v
    return t


@program(V)
def clipped_in_place(x):
    xs = [v for v in x]
    for i, v in enumerate(xs):
        if v > 1:
            xs[i] = 1.0 + 0.1 * (v - 1) ** 2
    return sum(v * v for v in xs)


@program(V)
def arrays_in_a_list_written(x):
    rows = [x * k for k in range(3)]
    rows[1][0] = 5.0 * x[2]
    for r in rows:
        r[1] *= x[0]
    return np.sum(np.stack(rows) ** 2)


@program(V)
def branches_of_lists(x):
    ys = [v * v for v in x if v > 0]
    if x[0] > 0:
        ys.append(x[1])
    else:
        ys = [x[2]]
    zs = [v for v in x] if x[1] > 0 else [x[0], x[1]]
    return sum(ys) * sum(zs)


@program(V)
def tuples_of_unknown_length(x):
    t = tuple(v * v for v in x)
    whole = t[1:] + (x[0],)
    return sum(whole) * t[0] + np.sum(np.array(t) ** 2) * len(t) + whole[-1]


@program(V)
def lists_joined(x):
    a = [v for v in x]
    b = a + [v * v for v in x] + [x[0]]
    return sum(v * k for k, v in enumerate(b))


@program(V)
def pairs_in_a_list(x):
    points = [(v, v * v) for v in x]
    return sum(a * b for a, b in points) + points[-1][1]


@program(V)
def table_of_lists(x):
    g = [[w * v for v in x] for w in x]
    n = len(g)
    return sum(g[i][j] for i in range(n) for j in range(len(g[i])) if i != j)


@program(V)
def list_of_array(x):
    ys = list(x)
    ys[0], ys[-1] = ys[-1] * 2, ys[0]
    return ys[0] * ys[1] + ys[2] ** 2 + list(range(3))[1]


@program(V)
def several_times(x):
    a = list(x) * 2
    a[1] *= 3.0
    b = 3 * [v * v for v in x]
    return sum((k + 1) * v for k, v in enumerate(a)) + sum(b) * a[4]


@program(V)
def read_after_it_grew(x):
    ys, t = [x[0]], 0.3
    for i in range(len(x)):
        ys.append(x[i] * t)
        t = t + ys[0] * 0.1 + ys[i] * len(ys)
    return t * ys[-1]


@program(V)
def given_back_after_it_grew(x):
    ys = [x[0] * x[1]]
    for i in range(len(x)):
        ys.append(x[i])
        if i > 0:
            return ys[0] * ys[-1]
    return 0.0


@program(V)
def another_name_after_it_grew(x):
    ys, zs = [x[0]], [0.0]
    for i in range(len(x)):
        ys.append(x[i] * x[i])
        zs = ys
    return zs[-1] * zs[0] + zs[1]


@program(V)
def in_a_tuple_after_it_grew(x):
    ys, pair = [x[0]], ([0.0], 1.0)
    for i in range(len(x)):
        ys.append(x[i] * x[i])
        pair = (ys, x[i])
    return pair[0][-1] * pair[0][0] + pair[1]


@program(0.7, np.array([[1.0, 0.2], [0.1, 0.9]]), 4, order=1)
def filled_from_the_end(q, a, steps):
    """A Riccati recursion that keeps its gains, and a rollout with them."""
    gains = [None] * steps
    p = q * np.eye(2)
    for t in reversed(range(steps)):
        gains[t] = p @ a / (1.0 + np.trace(p))
        p = q * np.eye(2) + a.T @ p @ (a - gains[t])
    x, cost = np.array([1.0, -0.5]), 0.0
    for gain in gains:
        x = a @ x - 0.1 * (gain @ x)
        cost += x @ x
    return cost


@program(0.7, np.array([[1.0, 0.2], [0.1, 0.9]]), 3)
def states_by_their_numbers(q, a, steps):
    xs = [None] * (steps + 1)
    xs[0] = q * np.ones(2)
    for t in range(steps):
        xs[t + 1] = np.tanh(a @ xs[t])
    return xs[-1] @ xs[-1] + xs[1][0]
