"""respell: before and after."""

import numpy as np

from srcad.ir.types import INT, Range
from srcad.passes.respell import respell

from .graphs import VECTOR, graph, loop, op, ops, same_results

AT = {"layout": ("at",)}
X = np.array([1.0, -2.0, 3.5, 0.25])


def test_index_arithmetic_stands_where_it_is_read():
    def f(x, i):
        before = i - 1
        return op("getitem")(x, before, **AT) * op("getitem")(x * 2.0, before, **AT)

    first = graph(f, VECTOR, INT)
    after = respell(first)
    assert ops(first).count("subtract") == 1
    assert ops(after).count("subtract") == 2
    same_results(first, after, X, 2)


def test_so_does_a_range_and_what_it_reads():
    def f(x, n):
        walked = op("range_")(1, n + 1, 1)

        def body(i, t):
            return (t * 2.0 + op("getitem")(x, i - 1, **AT),), []

        first = loop([walked], [0.0], body)[0]
        return first + loop([walked], [1.0], body)[0]

    before = graph(f, VECTOR, INT)
    after = respell(before)
    assert ops(after).count("range_") == 2
    assert [n.op.name for n in after.body.nodes].count("add") == 3
    same_results(before, after, X, 4)


def test_in_nested_blocks():
    def f(x, r, n):
        last = n - 1

        def body(i, t):
            return (t + op("getitem")(x, last, **AT),), []

        return loop([r], [op("getitem")(x, last, **AT)], body)[0]

    before = graph(f, VECTOR, Range(), INT)
    after = respell(before)
    assert "subtract" in [n.op.name for n in after.body.nodes[-1].blocks[0].nodes]
    same_results(before, after, X, range(3), 4)


def test_what_is_given_out_named_or_read_once_stays():
    def given(x, i):
        k = i - 1
        return k, op("getitem")(x, k, **AT)

    def once(x, i):
        return op("getitem")(x, i - 1, **AT)

    def floats(x, i):
        t = op("getitem")(x, i, **AT) - 1.0
        return t * t

    for build in (given, once, floats):
        before = graph(build, VECTOR, INT)
        assert respell(before) is before
