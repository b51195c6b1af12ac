"""Builtins and itertools over iterables: zip, map, reduce, accumulate, max, sorted."""

import functools
import itertools
import operator

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2])


@program(V)
def zip_of_tuple_and_array(x):
    t = 0.0
    for f, v in zip((np.sin, np.cos, np.tanh, np.exp), x):
        t += f(v) * t + v
    return t


@program(V)
def zip_of_numbers_and_array(x):
    return sum(c * v * v for c, v in zip([2.0, 3.0, 5.0], x))


@program(V)
def zip_strict(x):
    t = 0.0
    for a, b in zip(x, x * x, strict=True):
        t += a * b
    return t


@program(V)
def zip_of_iterators(x):
    t = 0.0
    for k, (a, b) in enumerate(zip(map(np.sin, x), reversed(x)), start=2):
        t += k * a * b
    return t


@program(V)
def map_of_several(x):
    return sum(map(lambda a, b: a * b, x, x[1:]))


@program(V)
def map_of_operation(x):
    return np.sum(np.array(list(map(np.tanh, x))) * x)


@program(V)
def filter_in_a_loop(x):
    t = 1.0
    for v in filter(lambda a: a > 0, x):
        t *= v
    return t


@program(V)
def reversed_pairs(x):
    t = 0.0
    for k, v in reversed(list(enumerate(x))):
        t = t * v + k
    return t


@program(V)
def columns(x):
    M = np.outer(x, x)
    return sum(sum(c) * (k + 1) for k, c in enumerate(zip(*M)))


@program(V)
def columns_of_lists(x):
    rows = [[v, v * v] for v in (x[0], x[1], x[2])]
    t = 0.0
    for k, row in enumerate(zip(*rows)):
        t += sum(row) * (k + 1)
    return t


@program(V)
def rows_walked(x):
    M = np.outer(x, x)
    t = 0.0
    for row, col in zip(M, M.T):
        for a in row:
            t += a * col[0]
    return t


@program(V)
def reduced(x):
    first = functools.reduce(lambda a, b: a * b + 1, x)
    return first * functools.reduce(operator.mul, [v + 2 for v in x], 2.0)


@program(V)
def accumulated(x):
    a = sum(itertools.accumulate(x))
    b = sum(itertools.accumulate(x, operator.mul))
    return a * b + sum(itertools.accumulate(x, lambda p, q: p * q, initial=2.0))


@program(V)
def combined(x):
    t = sum(a * b for a, b in itertools.combinations(x, 2))
    for i, j in itertools.product(range(len(x)), repeat=2):
        t += x[i] * x[j] * i
    return t + sum((b - a) ** 2 for a, b in itertools.pairwise(x))


@program((0.3, 0.5, 1.2))
def combined_known(p):
    t = 0.0
    for a, b, c in itertools.permutations(p):
        t += a * b**2 * c**3
    for a, b in itertools.combinations_with_replacement(p, 2):
        t += a * b
    for a, b in itertools.zip_longest(p, p[:2], fillvalue=1.0):
        t += a * b
    return t


@program(V)
def chained(x):
    t = sum(itertools.chain(x, [x[0] * 2, x[1]], x * x))
    return t + sum(itertools.chain.from_iterable([[v, v * v] for v in x]))


@program(V)
def counted(x):
    t = sum(i * v for i, v in zip(itertools.count(1), x))
    t += sum(v * w for v, w in zip(x, itertools.repeat(3.0)))
    return t + sum(itertools.islice(x, 2)) * x[2]


@program(V)
def starmapped(x):
    return sum(map(lambda a, b: a * b, x, x[::-1]))


@program(V)
def taken_and_dropped(x):
    a = sum(itertools.takewhile(lambda v: v < 1, x))
    b = sum(itertools.dropwhile(lambda v: v > 0, x))
    return a * b + sum(itertools.filterfalse(lambda v: v > 0, x))


@program(V)
def partial_made_inside(x):
    scaled = functools.partial(lambda k, a: k * a, x[0])
    return sum(map(scaled, x)) + scaled(a=x[1])


@program(V)
def extremes(x):
    t = max(x) * min(v * v for v in x)
    t += max(x, key=lambda a: -a) + max([], default=x[0])
    best = min(range(len(x)), key=lambda i: x[i])
    pair = max([(v, v * v) for v in x], key=lambda p: p[0])
    return t + x[best] ** 2 + pair[1] + max([v for v in x if v > 100], default=x[1])


@program(V)
def sorted_by_static_keys(x):
    items = sorted({"b": x[0], "a": x[1]}.items(), key=lambda kv: kv[0])
    order = sorted(range(3), key=lambda i: -i)
    return (
        items[0][1] ** 2 + 3 * items[1][1] + sum(x[i] * k for k, i in enumerate(order))
    )


@program(V)
def dict_of_zip(x):
    d = dict(zip("abc", x))
    return d["a"] * d["b"] + sum(w * 2 for k, w in d.items() if k != "a")


@program(V)
def dict_written_while_walked(x):
    d, t = {"a": x[0], "b": x[1]}, 0.0
    for _, w in d.items():
        d["b"] = 7.0 * x[2]
        t += w * w
    return t


@program(V)
def next_of_iterators(x):
    it = iter(x)
    a = next(it)
    b = next(v for v in x if v > 1)
    return a * b * sum(it)


@program(V)
def member_of(x):
    t = sum(v for j, v in enumerate(x) if j in [0, 2])
    return t * sum(v for v in x if v not in (x[0], x[1]))


def _three(a, b, c):
    return a * b + c


@program(V)
def starred_iterators(x):
    first = _three(*[v * v for v in (x[0], x[1], x[2])])
    return first + _three(*map(np.sin, (x[0], x[1], x[2])))
