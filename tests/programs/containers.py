"""Lists, tuples, dicts and named tuples as arguments, values and results."""

from collections import namedtuple

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2])
Point = namedtuple("Point", "x y")


@program((0.3, 0.5))
def tuple_argument(p):
    x, y = p
    return x * y + p[0] ** 2


@program({"w": V, "b": 0.3})
def dict_argument(params):
    return np.sum(np.tanh(params["w"] + params["b"]))


@program([V, V * 2])
def list_of_arrays(ws):
    total = 0.0
    for w in ws:
        total += np.sum(w * w) ** 2
    return total


@program([{"w": np.eye(3), "b": V}, {"w": np.eye(3) * 2, "b": V * 0}], V)
def layers(params, x):
    for p in params:
        x = np.tanh(p["w"] @ x + p["b"])
    return np.sum(x)


@program([(np.eye(3), V), (np.ones((2, 3)), np.array([0.1, 0.2]))], V)
def layers_of_tuples(params, x):
    for w, b in params:
        x = np.tanh(w @ x + b)
    return x


@program(0.3)
def tuple_result(x):
    return x * x, (x**3, [x, 2 * x])


@program(0.3, V)
def dict_result(x, v):
    return {"a": x * v, "b": x**2}


@program(0.3)
def list_methods(x):
    ys = [x, x * x]
    ys.append(x**3)
    ys.extend([1.0, x])
    ys.insert(0, 2 * x)
    last = ys.pop()
    ys.reverse()
    return ys[0] * ys[1] + ys[-1] * last + len(ys)


@program(0.3)
def dict_methods(x):
    d = {"a": x, "b": 2.0}
    d["c"] = d["a"] * d["b"]
    d.update({"a": x**2})
    total = d.get("z", x)
    for value in d.values():
        total *= value
    for k in d:
        total += d[k]
    if "c" in d and "q" not in d:
        total += d["c"] ** 2
    return total


@program(Point(0.3, 0.6))
def named_tuple(p):
    return p.x * p.y + p[0] ** 2


@program(0.3)
def named_tuple_result(x):
    q = Point(x * x, y=x)
    return Point(q.y, q.x * q.y)


@program(0.3)
def list_concatenation(x):
    a = [x, 1.0] + [x * x]
    b = (x,) + (2.0, x)
    c = [0.5] * 3
    a += [x**3]
    return a[3] * b[2] + c[1] * a[0] + sum(a) + sum(b)


@program(0.3)
def slices_of_list(x):
    a = [x, x**2, x**3, x**4]
    b = a[1:]
    first, *rest = b
    return b[0] * rest[-1] + len(rest) * first + a[::-1][0]


@program([0.3, 0.4, 0.5])
def list_of_numbers(xs):
    return xs[0] * xs[1] + xs[-1] ** 2 + len(xs) * xs[1]


@program([0.3, 0.4, 0.5], 1)
def list_dynamic_index(xs, k):
    return xs[k] ** 2 * xs[k - 1]


@program([0.3, 0.4, 0.5])
def list_written(xs):
    xs[0] = xs[1] * xs[2]
    xs[1] += xs[0]
    return xs[0] * xs[1]


@program([0.3, 0.4])
def list_appended(xs):
    xs.append(xs[0] * xs[1])
    total = 0.0
    for x in xs:
        total += x**2
    return total


@program({"a": {"b": 0.3, "c": (V, 0.2)}})
def nested_containers(t):
    v, s = t["a"]["c"]
    return np.sum(v * s) * t["a"]["b"]


@program({"a": 0.3, "n": 3})
def dict_with_int(d):
    return d["a"] ** 2 * 2


@program(V)
def list_of_rows(x):
    rows = [x, x * 2, x**2]
    total = 0.0
    for a, b in zip(rows, reversed(rows)):
        total += a @ b
    return total


@program(V)
def grows_arrays(x):
    hs = [x]
    for _ in range(3):
        hs.append(np.tanh(hs[-1] * x))
    return np.sum(hs[-1]) + np.sum(hs[1] * hs[0])


@program(V)
def tuple_carried(x):
    state = (0.0, 1.0)
    for a in x:
        state = (state[0] + a * state[1], state[1] * a)
    return state[0] + state[1]


@program(V)
def dict_carried(x):
    d = {"s": 0.0, "p": 1.0}
    for a in x:
        d["s"] += a * d["p"]
        d["p"] = d["p"] * a
    return d["s"] * d["p"]


@program(V)
def list_carried(x):
    s = [0.0, 1.0]
    for a in x:
        s[0] += a * s[1]
        s[1] *= a
    return s[0] * s[1]
