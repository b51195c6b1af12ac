"""Dicts and their kin: every method, views, keys of all kinds, named tuples."""

from collections import OrderedDict, defaultdict, namedtuple
from typing import NamedTuple

import numpy as np

from .registry import program

ACTIVATIONS = {"tanh": np.tanh, "sin": np.sin}
FUNCTIONS = [np.sin, np.cos]
SETTINGS = {"activation": "tanh", "scale": 2.0, "layers": [1, 2]}
Pair = namedtuple("Pair", "x y", defaults=(3.0,))


class Quad(NamedTuple):
    a: float
    b: float = 2.0

    def norm(self):
        return self.a * self.a + self.b

    @property
    def double(self):
        return 2 * self.a


@program(0.7)
def methods(x):
    d = {"a": x}
    d.setdefault("b", x * x)
    d.setdefault("a", 0.0)
    v = d.pop("zz", 2.0) + d.pop("b")
    d.update(c=x, e=x**3)
    d.update([("f", 2.0), ("g", x)])
    key, last = d.popitem()
    total = sum(d.values()) + d.get("zz", x) * v * last
    d.clear()
    return total * (1 if key == "g" else 2) + len(d)


@program(0.7)
def unions(x):
    d = {"a": x, "p": 2.0}
    e = dict.fromkeys(["p", "q"], x)
    h = d | e | {"r": x * x}
    d |= {"n": x**3}
    z = {**d, "a": 1.0}
    return h["p"] * h["q"] * h["r"] + d["n"] * z["a"] + len(z)


@program(0.7)
def views(x):
    d = {"a": x, "b": x * x}
    names = d.keys()
    values = d.values()
    d["c"] = x**3
    total = sum(values) + max(d.values()) * len(names)
    pairs = list(d.items())
    if "c" in names:
        total += pairs[2][1] * list(d.values())[1]
    return total


@program(0.7)
def written_while_walked(x):
    d = {"a": x, "b": x * x, "c": 2.0}
    total = 0.0
    for k in list(d):
        d[k] = d[k] * x
    for _, v in d.items():
        d["c"] = v * 2
        total += v
    for k in d:
        total += d[k] ** 2
    return total


@program(0.7)
def list_written_while_walked(x):
    xs = [x, x, x]
    total = 0.0
    for v in xs:
        xs[2] = v * 5
        total += v * x
    return total


@program([0.7, 0.2, 0.4])
def long_list_written_while_walked(xs):
    total = 0.0
    for v in xs:
        xs[2] = v * 5
        total += v * v
    for i, v in enumerate(xs):
        xs[i] = v * v
        total += xs[i] * v
    return total


@program(0.7)
def keys_of_all_kinds(x):
    d = {(0, 1): x, 2: x * x}
    deep = {"in": {"deep": [x, x * 2]}}
    i = 1
    d[0, i + 1] = 3.0 * x
    deep["in"]["deep"][0] *= x
    deep["in"]["n"] = d[(0, 2)]
    name = "k"
    for k in (1, 2):
        d[f"{name}{k}"] = x * k
    both = d["k1"] * d["K2".lower()]
    return d[0, 1] * d[2] + deep["in"]["deep"][0] * deep["in"]["n"] + both


@program(0.7)
def default_dicts(x):
    d = defaultdict(float)
    g = defaultdict(list)
    h = defaultdict(lambda: x)
    for i, k in enumerate(["a", "b", "a"]):
        d[k] += x * i
        g[k].append(x**i)
    return d["a"] * d["b"] + sum(g["a"]) * g["b"][0] + d["new"] + h[3] * len(d)


@program(0.7)
def ordered_dicts(x):
    d = OrderedDict(a=x, b=2.0)
    d["c"] = x * x
    total = 0.0
    for v in d.values():
        total += v
    return total * x if isinstance(d, OrderedDict) else 0.0


@program(0.7)
def named_tuples(x):
    p = Pair(x)
    q = Quad(a=x)
    r = p._replace(y=x * x)
    total = p.y * r.y + q.norm() * q.double + r._asdict()["x"]
    return total + len(Pair._fields) * Quad(x, 3.0).b


@program(0.7)
def tables_outside(x):
    total = x
    for f in FUNCTIONS:
        total = total + f(x)
    for k in ACTIVATIONS:
        total = total * ACTIVATIONS[k](x)
    for _, f in ACTIVATIONS.items():
        total = total + f(x)
    f = ACTIVATIONS.get(SETTINGS["activation"], np.exp)
    return f(total) * SETTINGS["scale"] * len(FUNCTIONS) * SETTINGS["layers"][1]


@program(0.7)
def static_equality(x):
    d = {"a": 1, "b": "c"}
    same = d == {"b": "c", "a": 1} and d != {"a": 2} and [1, 2] == [1, 2]
    return x * x if same and (1,) != (1, 2) else x


@program(0.7)
def keys_from_a_range(x):
    d, seen = {}, set()
    for i in range(4):
        d[i] = x * i
        for j in range(2):
            d[i, j] = d[i] * x**j
            seen.add(i * j)
        if 3 in seen:
            break
    total = 0.0
    for key, value in d.items():
        total += value * (1 if isinstance(key, int) else 2)
    return total * len(seen)
