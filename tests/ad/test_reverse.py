"""Reverse and forward mode over hand-built graphs, to second and third order."""

from __future__ import annotations

import numpy as np
import pytest

from srcad.ir.builder import current
from srcad.ir.graph import UNDEFINED, literal
from srcad.ir.types import FLOAT, INT, Dict, List, Maybe, Tuple
from srcad.ops.arithmetic import less, not_
from srcad.ops.containers import (
    item,
    list_append,
    list_get,
    list_of,
    list_set,
    make_dict,
    make_tuple,
)
from srcad.ops.fit import sum_
from srcad.ops.index import add_at, getitem, update

from .graphs import (
    MATRIX,
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
Y = np.array([0.5, 1.1, -0.8, 0.9])
AT = ("at",)


def at(x, i):
    return getitem(x, i, layout=AT)


CASES = []


def case(*types, args, wrt=None, **facts):
    def enter(function):
        others = facts.pop("others", {})
        program = program_of(function, *types, **others)
        positions = wrt if wrt is not None else range(len(types))
        CASES.append(Case(function.__name__, program, args, list(positions), **facts))
        return function

    return enter


# ---- straight lines ------------------------------------------------------------------


@case(FLOAT, FLOAT, FLOAT, args=(0.3, 0.5, -1.2), order=3)
def product(x, y, z):
    return (x + y) * z


@case(FLOAT, FLOAT, args=(0.3, 0.5), order=3)
def shared(x, y):
    s = x * y
    t = s * s + x
    return t * s / y


@case(FLOAT, args=(0.3,))
def identity(x):
    return x


@case(FLOAT, args=(0.3,))
def constant(x):
    return literal(2.0)


@case(FLOAT, VECTOR, FLOAT, args=(0.3, X, 2.0))
def unused(x, y, z):
    return x * x


@case(VECTOR, FLOAT, args=(X, 1.5), order=3)
def broadcast(x, c):
    return sum_(x * c * x + c)


@case(VECTOR, VECTOR, args=(X, Y))
def vector_result(x, y):
    return x * y * y


@case(VECTOR, INT, args=(X, 2), wrt=[0])
def one_entry(x, i):
    return at(x, i) * at(x, 0)


@case(VECTOR, FLOAT, args=(X, 0.4))
def written(x, c):
    y = update(x * c, c * c, 1, layout=AT)
    y = add_at(y, at(x, 2) * c, 0, layout=AT)
    return sum_(y * y)


# ---- containers ----------------------------------------------------------------------

PAIR = Tuple((FLOAT, VECTOR))


@case(PAIR, args=((0.6, X),))
def pair(p):
    a, v = item(p, key=0), item(p, key=1)
    return a * sum_(v * v) * a


@case(Dict(("a", "k", "v"), (FLOAT, INT, VECTOR)), args=({"a": 0.5, "k": 3, "v": X},))
def from_dict(d):
    return item(d, key="a") * sum_(item(d, key="v") * item(d, key="a"))


@case(FLOAT, VECTOR, args=(0.6, X))
def nested_containers(a, v):
    t = make_tuple(a * a, make_dict(v * a, literal(3), keys=("v", "k")))
    return sum_(item(item(t, key=1), key="v") * item(t, key=0))


@case(FLOAT, VECTOR, args=(0.6, X))
def tuple_result(a, v):
    return make_tuple(a * a, v * a)


@case(List(FLOAT), args=([0.5, -0.2, 1.5],))
def list_entries(xs):
    return list_get(xs, 0) * list_get(xs, 2) * list_get(xs, 0)


@case(FLOAT, FLOAT, args=(0.5, 0.7))
def list_built(x, y):
    xs = list_append(list_of(x, x * y), y)
    xs = list_set(xs, 0, y * y)
    return list_get(xs, 0) * list_get(xs, 1) * list_get(xs, 2)


# ---- branches ------------------------------------------------------------------------


def one_branch(x, y):
    a = x * y
    return branch(x < 0.5, lambda: a * x * x, lambda: y / x)


case(FLOAT, FLOAT, args=(0.3, 0.7))(one_branch)
case(FLOAT, FLOAT, args=(0.9, 0.7))(one_branch)


def branch_on_arrays(x, v):
    def then():
        w = v / x
        return sum_(w * w * v), w

    a, w = branch(x < 0.5, then, lambda: (x * x, v))
    return sum_(w) * a


case(FLOAT, VECTOR, args=(0.3, X))(branch_on_arrays)
case(FLOAT, VECTOR, args=(0.9, X))(branch_on_arrays)


def nested_branch(x, y):
    def then():
        b = x / y
        return branch(y < 0.0, lambda: b * b * x, lambda: b * y * y)

    return branch(x < 0.5, then, lambda: x * y) * x


for a, b in [(0.3, 0.7), (0.3, -0.7), (0.8, 0.7)]:
    case(FLOAT, FLOAT, args=(a, b), order=3)(nested_branch)


def undefined_side(x, v):
    w = branch(x < 0.5, lambda: v * x, lambda: literal(UNDEFINED))
    return branch(x < 0.5, lambda: sum_(w * w), lambda: x * x)


case(FLOAT, VECTOR, args=(0.3, X))(undefined_side)
case(FLOAT, VECTOR, args=(0.9, X))(undefined_side)


def entry_in_branch(x, i):
    return branch(at(x, i) < 0.5, lambda: at(x, i) * at(x, 1), lambda: at(x, 2))


case(VECTOR, INT, args=(X, 3), wrt=[0])(entry_in_branch)
case(VECTOR, INT, args=(X, 0), wrt=[0])(entry_in_branch)


# ---- for -----------------------------------------------------------------------------


def powers(x, n):
    s, p, _ = loop([count(n)], [0.0, 1.0], lambda i, s, p: ((s + p * x, p * x), ()))
    return s * p


for n in (0, 1, 4):
    case(FLOAT, INT, args=(0.8, n), wrt=[0], order=3)(powers)


@case(FLOAT, INT, args=(0.8, 3), wrt=[0])
def branch_in_loop(x, n):
    def step(i, s):
        t = s * x
        return branch(less(i, 1), lambda: t * t, lambda: t / (s + x)), ()

    s, _ = loop([count(n)], [x], step)
    return s


@case(VECTOR, FLOAT, args=(X, 0.4))
def envelope(x, rate):
    def step(i, env, energy):
        level = at(x, i) * at(x, i)
        env = branch(
            env < level, lambda: rate * env + (1.0 - rate) * level, lambda: rate * env
        )
        return (env, energy + env * env), ()

    env, energy, _ = loop([count(4)], [0.0, 0.0], step, names=["env", "energy"])
    return energy / 4.0


@case(VECTOR, FLOAT, args=(X, 0.4))
def table_filled(x, c):
    def step(i, t):
        before = at(t, i - 1)
        return update(t, before * at(x, i) + c * before * before, i, layout=AT), ()

    t, _ = loop([count(4)], [x * 1.0], step, types=[VECTOR])
    return sum_(t * t)


@case(VECTOR, args=(X,))
def table_added(x):
    def step(i, t):
        return add_at(t, at(t, i) * at(x, 3 - i), i - 1, layout=AT), ()

    t, _ = loop([count(4)], [x * 2.0], step, types=[VECTOR])
    return sum_(t * t)


@case(VECTOR, FLOAT, args=(X, 0.4))
def whole_array_carried(x, c):
    u, _ = loop([count(3)], [x], lambda i, u: (u * u * c + x, ()))
    return sum_(u)


@case(FLOAT, args=(0.4,))
def linear_loop(c):
    s, _ = loop([count(3)], [c], lambda i, s: (s * 2.0 + c, ()))
    return s


@case(FLOAT, args=(0.4,), order=3)
def swapped(c):
    a, b, _ = loop([count(3)], [c, c * c], lambda i, a, b: ((b * a, a), ()))
    return a / b


@case(FLOAT, args=(0.4,))
def counter_in_loop(c):
    s, k, _ = loop([count(4)], [c, 1], lambda i, s, k: ((s * c * k, k + 2), ()))
    return s


# ---- stop, while ---------------------------------------------------------------------


def stopped(x, limit):
    def step(i, stop, s):
        t = s * x * 1.5
        stop = limit < t
        return (stop, branch(stop, lambda: s * t, lambda: t + s)), ()

    _, s, n = loop([count(6)], [False, x], step, stop=True)
    return s * s


for limit in (0.1, 3.0, 1e9):
    case(FLOAT, FLOAT, args=(0.9, limit), wrt=[0], order=3)(stopped)


@case(FLOAT, FLOAT, args=(2.0, 1e-9), wrt=[0], tolerance=1e-5)
def newton(a, tol):
    def step(stop, x, x_new):
        x_new = 0.5 * (x + a / x)
        gap = (x_new - x) * (x_new - x)
        stop = gap < tol
        return (stop, branch(stop, lambda: x, lambda: x_new), x_new), ()

    _, _, x_new, n = while_loop(
        [False, a, literal(UNDEFINED)],
        lambda stop, x, x_new: literal(True),
        step,
        types=[not_(literal(False)).type, FLOAT, Maybe(FLOAT)],
        names=["stop", "x", "x_new"],
        stop=True,
    )
    return x_new


@case(VECTOR, FLOAT, args=(X, 0.8))
def first_bound_in_loop(v, c):
    def step(i, u, w):
        w = u * c
        return (w * w + v, w), ()

    u, w, _ = loop(
        [count(3)], [v, literal(UNDEFINED)], step, types=[VECTOR, Maybe(VECTOR)]
    )
    return sum_(w * w)


@case(VECTOR, FLOAT, args=(X, 0.8))
def sometimes_bound(v, c):
    def step(i, u, w):
        w = branch(less(i, 1), lambda: u * c, lambda: w)
        return (u * c, w), ()

    u, w, _ = loop(
        [count(3)], [v, literal(UNDEFINED)], step, types=[VECTOR, Maybe(VECTOR)]
    )
    return sum_(w * u)


@case(FLOAT, args=(0.3,), order=3)
def doubling(x):
    s, n = while_loop([x], lambda s: s < 5.0, lambda s: (s * s + 1.2 * s + x, ()))
    return s * x


@case(FLOAT, args=(7.0,))
def while_never(x):
    s, n = while_loop([x], lambda s: s < 5.0, lambda s: (s * s, ()))
    return s * x


@case(FLOAT, args=(0.3,))
def while_linear(x):
    s, k, n = while_loop(
        [x, 0], lambda s, k: less(k, 3), lambda s, k: ((s + x, k + 1), ())
    )
    return s


# ---- lists ---------------------------------------------------------------------------


@case(VECTOR, args=(X,))
def comprehension(x):
    squares, _ = loop([count(4)], [], lambda i: ((), at(x, i) * at(x, i)))
    s, _ = loop([squares], [1.0], lambda q, s: (s * q + q, ()))
    return s * list_get(squares, 2)


@case(List(FLOAT), FLOAT, args=([0.5, -0.2, 1.5], 0.7))
def walked_list(xs, c):
    s, _ = loop([xs], [c], lambda x, s: (s * x * x + c, ()))
    return s


@case(
    List(Tuple((MATRIX, VECTOR))),
    VECTOR,
    args=([(np.outer(X, Y), Y), (np.outer(Y, Y), X)], X),
)
def layers(params, x):
    def step(p, h):
        return (sum_(item(p, key=0) * h, axis=1) + item(p, key=1)) * h, ()

    h, _ = loop([params], [x], step, types=[VECTOR])
    return sum_(h * h)


def stopped_list(xs, limit):
    def step(x, stop, s):
        s = s * x + x
        return (limit < s, s), s * x

    _, s, parts, n = loop([xs], [False, literal(1.0)], step, stop=True)
    t, _ = loop([parts], [0.0], lambda p, t: (t + p * p, ()))
    return s * t


for limit in (0.2, 2.0, 50.0):
    case(List(FLOAT), FLOAT, args=([0.5, 0.8, 1.5], limit), wrt=[0])(stopped_list)


def stopped_backwards(xs, limit):
    def step(x, stop, s):
        s = s * x + x
        return (limit < s, s), ()

    _, s, n = loop([xs], [False, literal(1.0)], step, stop=True, reverse=True)
    return s * s


for limit in (0.2, 4.0, 50.0):
    case(List(FLOAT), FLOAT, args=([0.5, 0.8, 1.5], limit), wrt=[0])(stopped_backwards)


@case(FLOAT, args=(0.7,))
def backwards(x):
    s, parts, _ = loop([count(4)], [x], lambda i, s: (s * x + i, s * s), reverse=True)
    t, _ = loop([parts], [x], lambda p, t: (t * p + x, ()))
    return s * t


# ---- nests ---------------------------------------------------------------------------


@case(VECTOR, FLOAT, args=(X, 0.9))
def three_deep(x, c):
    def outer(i, s):
        def middle(j, s):
            def inner(k, s):
                t = s * at(x, k)
                return branch(t < 0.0, lambda: s + c, lambda: t * c + at(x, i)), ()

            s, _ = loop([count(j)], [s], inner)
            return s * at(x, j), ()

        s, _ = loop([count(3)], [s], middle)
        return s + c * s, ()

    s, _ = loop([count(2)], [c], outer)
    return s * s


@case(VECTOR, FLOAT, args=(X, 0.9))
def array_in_nest(x, c):
    def outer(i, t):
        def inner(j, t):
            old = at(t, j)
            return update(t, old * at(t, j - 1) * c, j, layout=AT), ()

        t, _ = loop([count(4)], [t], inner, types=[VECTOR])
        return t, ()

    t, _ = loop([count(2)], [x], outer, types=[VECTOR])
    return sum_(t * x)


@case(FLOAT, args=(0.9,))
def while_in_for(c):
    def outer(i, s):
        t, _ = while_loop([s], lambda t: t < 3.0, lambda t: (t * t + c, ()))
        return s * c + t / 4.0, ()

    s, _ = loop([count(3)], [c], outer)
    return s


@case(VECTOR, FLOAT, args=(X, 0.9))
def lists_of_lists(x, c):
    def outer(i, s):
        row, _ = loop([count(3)], [], lambda j: ((), at(x, j) * s))
        return s * list_get(row, 1) + c, row

    s, rows, _ = loop([count(3)], [c], outer)

    def back(row, t):
        t, _ = loop([row], [t], lambda r, t: (t * r + s, ()))
        return t, ()

    t, _ = loop([rows], [c], back)
    return t


# ---- calls ---------------------------------------------------------------------------


def called(callee, *args, types=(FLOAT,)):
    return current().call(callee, args, types)[0]


SQUARE = graph_of("square", lambda x, y: x * x * y, [FLOAT, FLOAT])
TWICE = graph_of(
    "twice", lambda x, y: called("square", called("square", x, y), x) / y, [FLOAT] * 2
)


@case(FLOAT, FLOAT, args=(0.7, 0.4), others={"square": SQUARE}, order=3)
def simple_call(x, y):
    return called("square", x * y, y) * x


@case(FLOAT, args=(0.7,), others={"square": SQUARE})
def call_with_constant(x):
    return called("square", literal(1.5), x) + called("square", x, literal(0.5))


@case(FLOAT, FLOAT, args=(0.7, 0.4), others={"square": SQUARE, "twice": TWICE})
def nested_call(x, y):
    return called("twice", x, y) * called("square", y, x)


@case(VECTOR, FLOAT, args=(X, 0.4), others={"square": SQUARE})
def call_in_loop(x, c):
    def step(i, s):
        return called("square", at(x, i), s) + c, ()

    s, _ = loop([count(4)], [c], step)
    return s * s


def power_body(x, n):
    def more():
        half = called("power", x, n - 1)
        return half * x

    return branch(less(n, 1), lambda: literal(1.0), more)


POWER = graph_of("power", power_body, [FLOAT, INT], ["x", "n"])


@case(FLOAT, INT, args=(0.7, 4), wrt=[0], others={"power": POWER}, order=3)
def recursion(x, n):
    return called("power", x * x, n) * x


def test_names():
    assert CASES


@pytest.mark.parametrize("known", CASES, ids=lambda c: c.name)
def test_derivatives(known):
    check(known)
