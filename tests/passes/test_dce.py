"""dce: what goes, what stays."""

import numpy as np

from srcad.ir.graph import literal
from srcad.ir.structure import loop_of
from srcad.ir.types import FLOAT, List, Range
from srcad.ops.declare import zero
from srcad.passes.dce import dce

from .graphs import VECTOR, branch, graph, loop, ops, same_results, while_loop

X = np.array([1.0, -2.0, 3.5])
noise = zero("test_noise", infer=lambda x: FLOAT, code="x", effect=True)


def test_gives_back_the_same_graph_where_nothing_is_unused():
    g = graph(lambda x: x * 2.0, FLOAT)
    assert dce(g) is g


def test_drops_unused_nodes_with_what_fed_them():
    def f(x):
        y = x * 2.0
        _ = y + 1.0
        return x - 1.0

    before = graph(f, VECTOR)
    after = dce(before)
    assert ops(after) == ["subtract"]
    same_results(before, after, X)


def test_effects_stay():
    def f(x):
        noise(x * 2.0)
        return x - 1.0

    before = graph(f, FLOAT)
    assert dce(before) is before


def test_effect_in_a_branch_in_a_loop_keeps_what_it_asks_and_reads():
    def f(r, x):
        def body(i, y, z):
            def then():
                noise(y)
                return literal(1.0)

            branch(y > 3.0, then, lambda: literal(2.0))
            return (y + 1.0, z + 2.0), []

        loop([r], [x, x], body)
        return x

    before = graph(f, Range(), FLOAT)
    after = dce(before)
    assert ops(after) == ["for_", "greater", "if_", "test_noise", "add"]
    same_results(before, after, range(4), 1.0)


def test_unused_outputs_of_a_branch():
    def f(x):
        a, b = branch(x > 0.0, lambda: (x * 2.0, x * 3.0), lambda: (x, -x))
        return b

    before = graph(f, FLOAT)
    after = dce(before)
    assert ops(after) == ["greater", "if_", "multiply", "negative"]
    same_results(before, after, 2.0)
    same_results(before, after, -2.0)


def test_carried_values_that_feed_only_themselves_and_unused_lists():
    def f(r, x):
        def body(i, y, z, w):
            return (y * 2.0, z + w, w + 1.0), [y, z]

        y, z, w, ys, zs, n = loop([r], [x, x, x], body)
        return y, ys

    before = graph(f, Range(), FLOAT)
    after = dce(before)
    assert ops(after) == ["for_", "multiply"]
    same_results(before, after, range(4), 1.5)
    same_results(before, after, range(0), 1.5)


def test_a_final_value_needs_its_initial_value_even_if_the_body_does_not_read_it():
    def f(r, x):
        start = x * 2.0
        y, n = loop([r], [start], lambda i, y: ((x + 1.0,), []))
        return y

    before = graph(f, Range(), FLOAT)
    after = dce(before)
    assert after is before
    same_results(before, after, range(0), 1.5)


def test_unused_walks_go_but_one_stays():
    def f(r, xs, ys):
        total, _ = loop([r, xs, ys], [0.0], lambda i, x, y, t: ((t + x,), []))
        count = loop([ys, r], [0.0], lambda y, i, t: ((t + 1.0,), []))[0]
        return total, count

    before = graph(f, Range(), List(FLOAT), List(FLOAT))
    after = dce(before)
    first, second = (loop_of(n) for n in after.body.nodes)
    assert first.walked == (before.body.params[1],)
    assert second.walked == (before.body.params[0],)
    same_results(before, after, range(2), [1.0, 2.0], [5.0, 6.0])


def test_while_and_stop_keep_what_they_ask():
    def f(x):
        def body(stop, y, z):
            return (y > 50.0, y * 2.0, z + 1.0), [z]

        found = while_loop([False, x, x], lambda s, y, z: y < 90.0, body, stop=True)
        return found[-1]

    before = graph(f, FLOAT)
    after = dce(before)
    assert len(after.body.nodes[0].inputs) == 2
    same_results(before, after, 1.0)
    same_results(before, after, 60.0)


def test_an_unused_loop_goes():
    def f(r, x):
        loop([r], [x], lambda i, y: ((y * 2.0,), [y]))
        return x

    before = graph(f, Range(), FLOAT, names=("r", "x"))
    assert ops(dce(before)) == []


def test_only_the_count_is_used():
    def f(r, x):
        return loop([r], [x], lambda i, y: ((y * 2.0,), [y]))[-1]

    before = graph(f, Range(), FLOAT)
    after = dce(before)
    assert ops(after) == ["for_"]
    same_results(before, after, range(7), 2.0)
