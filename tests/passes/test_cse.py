"""cse: what becomes one, and what does not."""

import numpy as np

from srcad.ir.builder import current
from srcad.ir.graph import literal
from srcad.ir.types import FLOAT, List, Range
from srcad.ops.declare import zero
from srcad.passes.cse import cse
from srcad.passes.dce import dce

from .graphs import VECTOR, branch, graph, loop, op, ops, same_results

X = np.array([1.0, -2.0, 3.5])
draw = zero("test_draw", infer=lambda x: FLOAT, code="x", effect=True)


def test_equal_nodes_become_the_first():
    def f(x):
        with current().at("first"):
            a = x * 2.0
        with current().at("second"):
            b = 2.0 * x
        return a + b, a - b

    before = graph(f, VECTOR)
    after = cse(before)
    assert ops(after) == ["multiply", "add", "subtract"]
    assert after.body.nodes[0] is before.body.nodes[0]
    same_results(before, after, X)


def test_literals_count_by_value_and_type():
    def f(x):
        return x * 2.0, x * 2, x * 0.0, x * -0.0, x - x * 2.0, x * 2.0 - x

    before = graph(f, VECTOR)
    after = cse(before)
    assert ops(after).count("multiply") == 4
    assert ops(after).count("subtract") == 2
    same_results(before, after, X)


def test_same_graph_where_nothing_is_equal():
    g = graph(lambda x: x * 2.0 + x, VECTOR)
    assert cse(g) is g


def test_params_count_defaults_do_not():
    def f(x):
        total = op("sum_")
        return total(x), total(x, axis=None), total(x, keepdims=True)

    before = graph(f, VECTOR)
    after = cse(before)
    assert ops(after) == ["sum_", "sum_"]
    same_results(before, after, X)


def test_effects_and_fresh_room_stay():
    def f(x):
        zeros = op("zeros_like")
        return draw(x), draw(x), zeros(x), zeros(x)

    before = graph(f, VECTOR)
    assert cse(before) is before


def test_outer_values_serve_inner_blocks_and_not_the_other_way():
    def f(r, x):
        def body(i, y):
            (z,) = branch(y > 0.0, lambda: x * 2.0 + y, lambda: x * 3.0 + y)
            return (z + x * 3.0,), []

        outer = x * 2.0
        (final, _) = loop([r], [x], body)
        return outer + final + x * 3.0

    before = graph(f, Range(), FLOAT)
    after = cse(before)
    assert ops(after).count("multiply") == 4
    same_results(before, after, range(3), -1.0)


def test_twice_collected_is_once():
    def f(r, x):
        def body(i, a, b):
            y = a * 2.0
            return (y, b * 2.0), [y, a * 2.0]

        a, b, ys, zs, n = loop([r], [x, x], body)
        return a, b, ys, zs, n

    before = graph(f, Range(), FLOAT)
    after = dce(cse(cse(before)))
    (node,) = after.body.nodes
    assert len(node.outputs) == 4
    same_results(before, after, range(3), -1.0)


def test_carried_alike():
    def f(r, x, y):
        def body(i, a, b):
            return (x + y, x + y), []

        return loop([r], [x, x], body)[:2]

    before = graph(f, Range(), FLOAT, FLOAT)
    after = dce(cse(cse(before)))
    assert len(after.body.nodes[0].inputs) == 2
    same_results(before, after, range(3), -1.0, 2.0)
    same_results(before, after, range(0), -1.0, 2.0)


def test_branch_gives_out_once():
    def f(x):
        return branch(
            x > 0.0,
            lambda: (x * 2.0, literal(1.0), x * 2.0),
            lambda: (x, literal(2.0), x),
        )

    before = graph(f, FLOAT)
    after = cse(before)
    assert len(after.body.nodes[-1].outputs) == 2
    same_results(before, after, 1.0)
    same_results(before, after, -1.0)


def test_lists_are_values():
    def f(xs):
        get = op("list_get")
        return get(xs, 0), get(xs, 0), get(xs, 1)

    before = graph(f, List(FLOAT))
    after = cse(before)
    assert ops(after) == ["list_get", "list_get"]
    same_results(before, after, [1.0, 2.0])
