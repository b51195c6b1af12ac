"""hoist, sink and inline: before and after."""

from dataclasses import replace

import numpy as np

from srcad.backend.evaluate import evaluate
from srcad.ir.builder import current
from srcad.ir.graph import Program, nodes_of
from srcad.ir.structure import call
from srcad.ir.types import FLOAT, UNKNOWN, Range
from srcad.ir.verify import verify_program
from srcad.ops.declare import OPS, zero
from srcad.passes.hoist import hoist
from srcad.passes.inline import COMPILED, READ, inline
from srcad.passes.sink import sink

from .graphs import (
    MATRIX,
    VECTOR,
    branch,
    graph,
    loop,
    op,
    ops,
    run,
    same_results,
    while_loop,
)

X = np.array([1.0, -2.0, 3.5])
stir = OPS.get("test_stir") or zero(
    "test_stir", infer=lambda x: FLOAT, code="0.0", effect=True
)


def top(made):
    return [n.op.name for n in made.body.nodes]


# ---- hoist ---------------------------------------------------------------------------


def test_invariant_array_work_moves_out_of_nested_loops():
    def f(r, x, s):
        def inner(j, t):
            scale = (s / 2.0) * 3.0
            fixed = (x * x) * s
            return (t + op("sum_")(fixed * t) * scale,), []

        def outer(i, t):
            return (loop([r], [t], inner)[0],), []

        return loop([r], [s], outer)[0]

    before = graph(f, Range(), VECTOR, FLOAT)
    after = hoist(before)
    assert top(after) == ["multiply", "multiply", "for_"]
    same_results(before, after, range(2), X * 0.1, 0.5)
    same_results(before, after, range(0), X, 0.5)


def test_what_may_raise_or_stir_stays():
    def f(r, x, m, u, s):
        def body(i, t):
            a = op("sum_")(x + op("getitem")(m, 0, layout=("at",)))
            b = op("sum_")(op("multiply")(u, u))
            return (t + a + b + s / t,), []

        def stirred(i, t):
            stir(x)
            return (t + op("sum_")(x * x),), []

        return loop([r], [s], body)[0], loop([r], [s], stirred)[0]

    before = graph(f, Range(), VECTOR, MATRIX, UNKNOWN, FLOAT)
    assert hoist(before) is before


def test_shapes_that_may_not_fit_stay():
    def f(r, x, y):
        return loop([r], [1.0], lambda i, t: ((t + op("sum_")(x * y),), []))[0]

    other = type(VECTOR)("float64", (type(VECTOR.dims[0])("k"),))
    before = graph(f, Range(), VECTOR, other)
    assert hoist(before) is before


def test_tests_of_while_loops_too():
    def f(x):
        return while_loop(
            [1.0],
            lambda t: t < op("sum_")(x * x),
            lambda t: ((t + t,), []),
        )[0]

    before = graph(f, VECTOR)
    after = hoist(before)
    assert top(after) == ["multiply", "sum_", "while_"]
    same_results(before, after, X)


# ---- sink ----------------------------------------------------------------------------


def test_chains_sink_into_the_way_that_reads_them():
    def f(x, y):
        a = x * 2.0
        b = a + y
        c = x * 3.0
        (found,) = branch(x > 0.0, lambda: b * b, lambda: y - c)
        return found

    before = graph(f, FLOAT, FLOAT)
    after = sink(before)
    assert top(after) == ["greater", "if_"]
    then, otherwise = after.body.nodes[-1].blocks
    assert [n.op.name for n in then.nodes] == ["multiply", "add", "multiply"]
    same_results(before, after, 2.0, 3.0)
    same_results(before, after, -2.0, 3.0)


def test_what_both_ways_the_condition_or_the_rest_read_stays():
    def f(x, y):
        a, b, c = x * 2.0, x * 3.0, x * 4.0
        (found,) = branch(c > 0.0, lambda: a + b + c, lambda: a)
        return found, b

    before = graph(f, FLOAT, FLOAT)
    assert sink(before) is before


def test_nothing_sinks_over_a_stirring_effect_or_out_of_a_named_statement():
    def f(x, y):
        a = x * 2.0
        stir(x)
        node = current().nodes.pop()
        current().nodes.append(node)
        return branch(y > 0.0, lambda: a + a, lambda: y)[0]

    before = graph(f, FLOAT, FLOAT)
    assert sink(before) is before


# ---- inline --------------------------------------------------------------------------


def invoke(key, *inputs, types=(FLOAT,)):
    return current().call(key, inputs, types)


def program(**functions):
    graphs = {}
    for name, function in functions.items():
        count = function.__code__.co_argcount
        graphs[name] = graph(function, *[FLOAT] * count)
    made = Program("main", graphs)
    verify_program(made)
    return made


def calls(made):
    return [
        node.params["callee"]
        for g in made.graphs.values()
        for node in nodes_of(g.body)
        if node.op is call
    ]


def check(before, *arguments, measure=READ):
    after = inline(before, measure)
    verify_program(after)
    assert evaluate(before, arguments)[0] == evaluate(after, arguments)[0]
    return after


def test_small_callees_are_inlined_through_chains():
    def same(x):
        return x

    def double(x):
        return invoke("same", x)[0] * 2.0

    def main(x):
        (a,) = invoke("double", x)
        (b,) = invoke("same", a)
        return branch(b > 0.0, lambda: invoke("double", b)[0], lambda: b)[0]

    after = check(program(main=main, double=double, same=same), 1.5)
    assert set(after.graphs) == {"main"} and calls(after) == []


def test_recursive_and_large_callees_stay():
    def down(x):
        return branch(x > 0.0, lambda: invoke("down", x - 1.0)[0], lambda: x)[0]

    def large(x):
        for _ in range(20):
            x = x * 2.0 + 1.0
        return x

    def main(x):
        return invoke("down", x)[0] + invoke("large", x)[0] + invoke("large", x)[0]

    before = program(main=main, down=down, large=large)
    assert inline(before) is before


def test_called_once_is_inlined_without_loops_only():
    def medium(x):
        for _ in range(10):
            x = x * 2.0
        return x

    def main(x):
        return invoke("medium", x)[0]

    after = check(program(main=main, medium=medium), 1.5)
    assert calls(after) == []


def test_for_a_compiler_loops_and_larger_callees_go_too():
    def large(x):
        for _ in range(20):
            x = x * 2.0 + 1.0
        return x

    def looped(r, x):
        return loop([r], [x], lambda i, t: ((t * x,), []))[0]

    def down(x):
        return branch(x > 0.0, lambda: invoke("down", x - 1.0)[0], lambda: x)[0]

    def main(r, x):
        once = invoke("looped", r, x)[0] + invoke("down", x)[0]
        return once + invoke("large", x)[0] + invoke("large", once)[0]

    graphs = {
        "main": graph(main, Range(), FLOAT),
        "looped": graph(looped, Range(), FLOAT),
        **{k: graph(f, FLOAT) for k, f in {"large": large, "down": down}.items()},
    }
    before = Program("main", graphs)
    verify_program(before)
    after = check(before, range(3), 1.5, measure=COMPILED)
    assert set(after.graphs) == {"main", "down"}
    assert set(calls(after)) == {"down"}
    assert calls(inline(before)) == calls(before)


def test_no_caller_outgrows_the_measure():
    def large(x):
        for _ in range(20):
            x = x * 2.0 + 1.0
        return x

    def main(x):
        return invoke("large", invoke("large", invoke("large", x)[0])[0])[0]

    measure = replace(COMPILED, whole=90)
    after = check(program(main=main, large=large), 1.5, measure=measure)
    assert calls(after) == ["large"]
    assert len(list(nodes_of(after.graph.body))) <= 90


assert run and ops
