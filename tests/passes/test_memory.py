"""plan: what is written in place, what is copied; right by running both ways."""

import random
from itertools import combinations

import numpy as np
import pytest

from srcad.backend.evaluate import evaluate
from srcad.ir.builder import current
from srcad.ir.graph import Program, Value, nodes_of
from srcad.ir.types import BOOL, List, Range
from srcad.ir.verify import verify, verify_program
from srcad.passes.buffers import Buffers
from srcad.passes.memory import plan_program
from srcad.passes.planner import plan

from .graphs import (
    VECTOR,
    assert_same,
    branch,
    copies,
    graph,
    loop,
    op,
    ops,
    run,
)
from .writing import leaves, run_program_writing, run_writing

X = np.array([1.0, -2.0, 3.5, 4.0])
AT = {"layout": ("at",)}
FROM = {"layout": (("slice", True, False, False),)}
BACK = {"layout": (("slice", False, False, True),)}
ALL = {"layout": (("slice", False, False, False),)}


def checked(before, *arguments):
    """The planned graph, which gives the same bits and keeps its arguments."""
    after = plan(before)
    verify(after)
    expected = run(before, *copies(arguments))
    compare(expected, arguments, lambda *given: run_writing(after, *given))
    return after


def checked_program(before, *arguments):
    """The same for a program."""
    after = plan_program(before)
    verify_program(after)
    expected = evaluate(before, copies(arguments))[0]
    compare(expected, arguments, lambda *given: run_program_writing(after, *given))
    return after


def compare(expected, arguments, planned):
    given = copies(arguments)
    found = planned(*given)
    for a, b in zip(expected, found, strict=True):
        assert_same(a, b)
    for a, b in zip(arguments, given, strict=True):
        assert_same(a, b)
    inputs = leaves(list(given))
    outputs = leaves(found)
    for a, b in combinations(outputs, 2):
        assert not np.shares_memory(a, b)
    for a in outputs:
        assert a.flags.writeable
        for b in inputs:
            assert not np.shares_memory(a, b)


def written(made):
    """The names of the operations that write in place."""
    found = [n for n in nodes_of(made.body) if n.params.get("inplace")]
    return [n.op.name for n in found]


def named(value, name):
    """The value under a user's name."""
    node = current().nodes.pop()
    out = Value(name, value.type)
    return current().add(type(node)(node.op, node.inputs, (out,), node.params)).out


def test_own_zeros_are_written():
    def f(x):
        b = op("zeros_like")(x)
        b = op("update")(b, 1.0, 0, **AT)
        return op("add_at")(b, 2.0, 1, **AT)

    assert written(checked(graph(f, VECTOR), X)) == ["update", "add_at"]


def test_arguments_and_views_of_them_are_copied_once():
    def f(x):
        y = op("update")(op("getitem")(x, 1, **FROM), 1.0, 0, **AT)
        return op("update")(y, 2.0, 1, **AT)

    assert written(checked(graph(f, VECTOR), X)) == ["update"]


def test_what_is_read_later_is_not_overwritten():
    def f(x):
        y = x * 2.0
        view = op("getitem")(y, 1, **FROM)
        z = op("update")(y, 1.0, 0, **AT)
        w = op("update")(z, 5.0, 1, **AT)
        return w, op("sum_")(view)

    assert written(checked(graph(f, VECTOR), X)) == ["update"]


def test_reading_a_shape_later_is_no_reading():
    def f(x):
        y = x * 2.0
        z = op("update")(y, 1.0, 0, **AT)
        return z, op("zeros_like")(y)

    assert written(checked(graph(f, VECTOR), X)) == ["update"]


def test_a_loop_on_an_argument_copies_once_before_it():
    def f(r, u):
        def body(i, u):
            left = op("getitem")(u, 1, **FROM)
            u = op("add_at")(u, op("sum_")(left), 0, **AT)
            return (op("update")(u, 3.0, i, **AT),), []

        return loop([r], [u], body)[0]

    after = checked(graph(f, Range(), VECTOR), range(3), X)
    assert written(after) == ["add_at", "update"]
    assert ops(after)[0] == "copy" and ops(after).count("copy") == 1


def test_a_loop_that_collects_what_it_writes_copies_in_each_iteration():
    def f(r, u):
        def body(i, u):
            return (op("update")(u, 3.0, i, **AT),), [u]

        return loop([r], [u * 2.0], body)[:2]

    after = checked(graph(f, Range(), VECTOR), range(3), X)
    assert written(after) == []


def test_reading_outside_values_again_in_the_next_iteration():
    def f(r, x):
        y = x * 2.0
        start = op("sum_")(y)

        def body(i, t):
            z = op("update")(y, t, i, **AT)
            return (t + op("sum_")(z),), []

        return loop([r], [start], body)[0]

    assert written(checked(graph(f, Range(), VECTOR), range(3), X)) == []


def test_accumulators_of_a_loop_add_in_place():
    def f(r, x):
        start = named(op("zeros_like")(x), "x_bar")

        def body(i, x_bar, h_bar):
            pre = h_bar * x
            h_next = pre * 0.5
            return (x_bar + pre, h_next), [pre]

        return loop([r], [start, x * 0.5], body)[:3]

    after = checked(graph(f, Range(), VECTOR), range(3), X)
    assert written(after) == ["add"]
    assert "copy" not in ops(after)


def test_two_accumulators_that_start_from_one():
    def f(r, x):
        start = op("zeros_like")(x)

        def body(i, a, b):
            return (op("add_at")(a, 1.0, i, **AT), op("add_at")(b, 2.0, i, **AT)), []

        return loop([r], [start, start], body)[:2]

    after = checked(graph(f, Range(), VECTOR), range(3), X)
    assert written(after) == ["add_at", "add_at"]
    assert ops(after).count("copy") == 1


def test_nested_loops_copy_before_the_outer_one():
    def f(r, u):
        def inner(j, u):
            return (op("add_at")(u, 1.0, j, **AT),), []

        def outer(i, u):
            return (loop([r], [u], inner)[0],), []

        return loop([r], [u], outer)[0]

    after = checked(graph(f, Range(), VECTOR), range(3), X)
    assert written(after) == ["add_at"]
    assert [n.op.name for n in after.body.nodes] == ["copy", "for_"]


def test_a_branch_writes_on_one_way():
    def f(x, c):
        y = x * 2.0
        z = branch(c, lambda: op("update")(y, 1.0, 0, **AT), lambda: y)[0]
        return op("add_at")(z, 1.0, 1, **AT)

    made = graph(f, VECTOR, BOOL)
    assert written(checked(made, X, True)) == ["update", "add_at"]
    checked(made, X, False)


def test_results_share_memory_with_nothing():
    def f(x, xs):
        y = x * 2.0
        part = op("getitem")(y, 1, **FROM)
        spread = op("broadcast_like")(op("sum_")(x), x)
        pair = op("make_tuple")(y, x)
        return x, y, part, spread, pair, xs, op("list_of")(y, y)

    checked(graph(f, VECTOR, List(VECTOR)), X, [X, X + 1.0])


def test_lists_of_fresh_arrays_are_given_out_as_they_are():
    def f(r, x):
        lists = loop([r], [1.0], lambda i, t: ((t,), [x * i, (x * i) * 2.0]))
        return lists[1], lists[2]

    made = graph(f, Range(), VECTOR)
    assert plan(made) is made
    checked(made, range(3), X)


def test_same_graph_where_nothing_is_written():
    g = graph(lambda x: x * 2.0 + x, VECTOR)
    assert plan(g) is g


def test_questions_of_the_printer():
    def f(x):
        y = x * 2.0
        view = op("getitem")(y, 1, **FROM)
        total = op("sum_")(view)
        z = op("update")(y, 1.0, 0, **AT)
        return z, total

    after = plan(graph(f, VECTOR))
    y, view, total, z = (n.out for n in after.body.nodes)
    buffers = Buffers(after)
    assert buffers.may_share(y, view) and buffers.may_share(view, z)
    assert not buffers.may_share(y, after.body.params[0])
    written = buffers.written(after.body.nodes[-1])
    assert written & buffers.reach(view) and not written & buffers.reach(total)


# ---- calls ---------------------------------------------------------------------------


def put(x, v):
    return op("add_at")(x, op("sum_")(v), 0, **AT)


def scale(x, v):
    return x * v


def handed(made):
    """The arguments that each call of a graph hands over."""
    found = [n for n in nodes_of(made.body) if "callee" in n.params]
    return [n.params.get("handed", ()) for n in found]


def with_callees(main, *types, **callees):
    graphs = {k: graph(f, VECTOR, VECTOR) for k, f in callees.items()}
    return Program("main", {"main": graph(main, *types), **graphs})


def invoke(key, *inputs):
    return current().call(key, inputs, [VECTOR])[0]


def test_a_callee_writes_to_what_is_handed_over_in_a_loop():
    def f(r, x):
        def body(i, total):
            return (invoke("put", total, x * 2.0),), []

        return loop([r], [op("zeros_like")(x)], body)[0]

    made = checked_program(with_callees(f, Range(), VECTOR, put=put), range(3), X)
    assert handed(made.graph) == [(0,)]
    assert written(made.graphs["put"]) == ["add_at"]
    assert "copy" not in ops(made.graph)


def test_arguments_and_what_is_read_later_are_copied_for_the_callee():
    def f(x):
        y = x * 2.0
        a, b = invoke("put", x, x), invoke("put", y, x)
        c = invoke("put", b, b)
        return a, c, y

    made = checked_program(with_callees(f, VECTOR, put=put), X)
    assert ops(made.graph).count("copy") == 3


def test_callees_that_write_nothing_are_handed_nothing():
    def f(x):
        return invoke("scale", x, x)

    before = with_callees(f, VECTOR, scale=scale)
    assert plan_program(before) is before


def test_a_callee_hands_on_what_it_was_handed():
    def twice(x, v):
        return invoke("put", invoke("put", x, v), v)

    def f(x):
        return invoke("twice", op("zeros_like")(x), x)

    made = checked_program(with_callees(f, VECTOR, put=put, twice=twice), X)
    assert handed(made.graph) == [(0,)]
    assert handed(made.graphs["twice"]) == [(0,), (0,)]
    assert "copy" not in ops(made.graphs["twice"])


# ---- random programs -----------------------------------------------------------------


class Maker:
    """Writes a random program of arrays, lists, branches and loops."""

    def __init__(self, seed, *callees):
        self.random = random.Random(seed)
        self.callees = callees

    def program(self, r, x, y, c):
        self.range, self.condition = r, c
        values = self.steps([x, y], [], 8, 2)
        out = [self.random.choice(values) for _ in range(2)]
        return (*out, *[xs for xs in self.lists[-2:]])

    def callee(self, r, x, y, c):
        return self.program(r, x, y, c)[:2]

    def steps(self, arrays, lists, count, depth):
        arrays, lists = list(arrays), list(lists)
        for _ in range(count):
            self.step(arrays, lists, depth)
        self.lists = lists
        return arrays

    def step(self, arrays, lists, depth):
        pick = self.random.choice
        x, y = pick(arrays), pick(arrays)
        index = self.random.randrange(4)
        total = op("sum_")(y)
        kinds = "new new add name name view write write put put at list".split()
        kinds += ["call"] * 3 * bool(self.callees)
        kind = pick(kinds + ["append", "get", "set"] * bool(lists) + ["if", "for"])
        if kind == "new":
            arrays.append(x * 0.5)
        elif kind == "add":
            arrays.append(x - y)
        elif kind == "name":
            x = named(x * 0.25, "a_bar")
            arrays.append(named(x + y, "a_bar"))
        elif kind == "view":
            arrays.append(op("getitem")(x, -1, **BACK))
        elif kind == "write":
            arrays.append(op("update")(x, total, index, **AT))
        elif kind == "put":
            arrays.append(op("update")(x, y, **ALL))
        elif kind == "at":
            arrays.append(op("add_at")(x, total, index, **AT))
        elif kind == "call":
            args = self.range, x, y, self.condition
            arrays += current().call(pick(self.callees), args, [VECTOR, VECTOR])
        elif kind == "list":
            lists.append(op("list_of")(x, y))
        elif kind == "append":
            lists.append(op("list_append")(pick(lists), x))
        elif kind == "set":
            lists.append(op("list_set")(pick(lists), 0, x))
        elif kind == "get":
            arrays.append(op("list_get")(pick(lists), 0))
        elif depth and kind == "if":
            arrays += self.branch(arrays, lists, depth)
        elif depth:
            self.loop(arrays, lists, depth)

    def branch(self, arrays, lists, depth):
        def way():
            made = self.steps(arrays, lists, 3, depth - 1)
            return made[-1], self.random.choice(made)

        found = branch(self.condition, way, way)
        return list(found)

    def loop(self, arrays, lists, depth):
        starts = [self.random.choice(arrays) for _ in range(2)]

        def body(i, a, b):
            made = self.steps([*arrays, a, b], lists, 5, depth - 1)
            carried = made[-1], self.random.choice(made)
            return carried, [self.random.choice(made)]

        a, b, xs, n = loop([self.range], starts, body)
        arrays += [a, b]
        lists.append(op("list_concat")(op("list_of")(a), xs))


@pytest.mark.parametrize("seed", range(100))
def test_random_programs(seed):
    made = graph(Maker(seed).program, Range(), VECTOR, VECTOR, BOOL, names="rxyc")
    for count, condition in ((0, True), (3, True), (2, False)):
        checked(made, range(count), X, X[::-1] * 0.5, condition)


def random_program(seed):
    """A main graph that calls two others, one of which calls the other."""
    types = Range(), VECTOR, VECTOR, BOOL
    makers = {
        "main": Maker(seed, "g", "h").program,
        "g": Maker(seed + 10**6, "h").callee,
        "h": Maker(seed + 2 * 10**6).callee,
    }
    graphs = {k: graph(make, *types, names="rxyc") for k, make in makers.items()}
    return Program("main", graphs)


@pytest.mark.parametrize("seed", range(60))
def test_random_programs_with_calls(seed):
    made = random_program(seed)
    for count, condition in ((0, True), (3, True), (2, False)):
        checked_program(made, range(count), X, X[::-1] * 0.5, condition)
