"""Random programs of nested control flow, to second order."""

from __future__ import annotations

import numpy as np
import pytest

from srcad.ir.builder import current
from srcad.ir.graph import UNDEFINED, Graph, Value, literal
from srcad.ir.types import BOOL, FLOAT, INT, List, Maybe
from srcad.ops.circular import sin
from srcad.ops.containers import item, list_get, list_len, make_tuple
from srcad.ops.fit import sum_
from srcad.ops.index import add_at, getitem, update

from .graphs import (
    VECTOR,
    Case,
    branch,
    check,
    count,
    graph_of,
    loop,
    program_of,
    while_loop,
)

X = np.array([0.7, -0.4, 1.3, 0.2])
AT = ("at",)


class Scope:
    """The values that a random statement may read."""

    def __init__(self, rng, scalars, arrays, lists, ints, depth):
        self.rng, self.scalars, self.arrays = rng, list(scalars), list(arrays)
        self.lists, self.ints, self.depth = list(lists), list(ints), depth

    def inner(self):
        return Scope(
            self.rng, self.scalars, self.arrays, self.lists, self.ints, self.depth - 1
        )

    def pick(self, values):
        return values[int(self.rng.integers(len(values)))]

    def number(self):
        return self.pick(self.scalars)

    def array(self):
        return self.pick(self.arrays)

    def index(self):
        return self.pick([*self.ints, literal(int(self.rng.integers(4)))])

    def condition(self):
        return self.index() < int(self.rng.integers(1, 4))

    def statements(self, count=None):
        for _ in range(count or int(self.rng.integers(2, 5))):
            kinds = [scalar, scalar, vector, written, reduced]
            if self.depth:
                kinds += [chosen, repeated, repeated, until, callee, collected, partly]
            self.pick(kinds)(self)
        return self


def scalar(s):
    a, b = s.number(), s.number()
    s.scalars.append(s.pick([lambda: sin(a * b), lambda: a - b * 0.5, lambda: a * a])())
    if s.lists:
        s.scalars.append(list_get(s.pick(s.lists), 0) * a)


def vector(s):
    u, v, a = s.array(), s.array(), s.number()
    s.arrays.append(s.pick([lambda: sin(u * a), lambda: u - v * 0.5, lambda: u * v])())


def written(s):
    u, i, a = s.array(), s.index(), s.number()
    old = getitem(u, i, layout=AT)
    how = s.pick([update, add_at])
    s.scalars.append(old)
    s.arrays.append(how(u, sin(old * a), s.index(), layout=AT))


def reduced(s):
    s.scalars.append(sin(sum_(s.array())))


def chosen(s):
    def side():
        inner = s.inner().statements()
        return inner.number(), inner.array(), last

    last = literal(UNDEFINED)
    condition = s.condition()
    a, v, _ = branch(condition, side, side)
    s.scalars.append(a)
    s.arrays.append(v)


def partly(s):
    """A value bound on one side only, and read on that side of another branch."""
    condition = s.condition()

    def bound():
        inner = s.inner().statements()
        return inner.array(), inner.number()

    undefined = literal(UNDEFINED)
    v, a = branch(condition, bound, lambda: (undefined, undefined))
    w = s.array()
    s.arrays.append(branch(condition, lambda: v * a + w, lambda: w * 0.5))


def step_of(s, counter, *carried):
    inner = s.inner()
    inner.ints.append(counter)
    inner.scalars.append(carried[0])
    inner.arrays.append(carried[1])
    inner.statements()
    return inner, [inner.number(), inner.array()]


def repeated(s):
    stop_at = int(s.rng.integers(0, 5))
    stops, back = bool(s.rng.integers(2)), bool(s.rng.integers(2))
    start = [s.number() * 1.0, s.array() * 1.0]

    def step(i, *carried):
        carried = carried[1:] if stops else carried
        _, after = step_of(s, i, *carried)
        return ([i < 1 if back else 1 < i] if stops else []) + after, ()

    types = [FLOAT, VECTOR]
    if stops:
        start, types = [False, *start], [BOOL, *types]
    out = loop([count(stop_at)], start, step, types=types, stop=stops, reverse=back)
    s.scalars.append(out[-3])
    s.arrays.append(out[-2])


def until(s):
    rounds = int(s.rng.integers(0, 3))

    def step(k, *carried):
        _, after = step_of(s, k, *carried)
        return [k + 1, *after], ()

    out = while_loop(
        [0, s.number(), s.array()],
        lambda k, a, v: k < rounds,
        step,
        types=[INT, FLOAT, VECTOR],
    )
    s.scalars.append(out[1])
    s.arrays.append(out[2])


def collected(s):
    def step(i, a, v, w):
        inner, after = step_of(s, i, a, v)
        w = branch(inner.condition(), inner.array, lambda: w)
        entry = make_tuple(inner.number(), inner.array())
        return [*after, w], [inner.number(), entry]

    types = [FLOAT, VECTOR, Maybe(VECTOR)]
    start = [s.number(), s.array(), literal(UNDEFINED)]
    a, v, w, numbers, pairs, n = loop([count(3)], start, step, types=types)
    s.lists.append(numbers)
    s.scalars.append(a)

    def back(x, p, t):
        return sin(t * x) + sum_(item(p, key=1)) * item(p, key=0), ()

    s.scalars.append(loop([numbers, pairs], [a], back, types=[FLOAT])[0])


def callee(s):
    names = ["a", "v", "i", "b"]
    types = [FLOAT, VECTOR, INT, FLOAT]
    name = f"g{len(GRAPHS)}"
    GRAPHS[name] = None

    def body(a, v, i, b):
        inner = Scope(s.rng, [a, b], [v], [], [i], s.depth - 1).statements()
        return inner.number(), inner.array()

    GRAPHS[name] = graph_of(name, body, types, names)
    args = [s.number(), s.array(), s.index(), s.number()]
    a, v = current().call(name, args, [FLOAT, VECTOR])
    s.scalars.append(a)
    s.arrays.append(v)


GRAPHS: dict[str, Graph | None] = {}


@pytest.mark.parametrize("seed", range(40))
def test_random_program(seed):
    rng = np.random.default_rng(seed)
    GRAPHS.clear()

    def f(a: Value, v: Value, xs: Value, b: Value) -> Value:
        s = Scope(rng, [a, b], [v], [xs], [], 2).statements(4)
        total = s.scalars[-1] + sum_(s.arrays[-1])
        for v in s.arrays[1:-1:3]:
            total = total + sin(sum_(v))
        return total + s.number() * list_len(xs)

    program = program_of(f, FLOAT, VECTOR, List(FLOAT), FLOAT, **GRAPHS)
    program = type(program)("f", {**program.graphs, **GRAPHS})
    args = [0.6, X, [0.4, -0.3], 0.9]
    check(Case(str(seed), program, args, [0, 1, 2], 2 if seed < 20 else 1, 1e-5))
