"""Nothing crosses the border of a `try_` or `with_`, and what may raise stays."""

from srcad.backend.evaluate import evaluate
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Graph, Program, Value, literal, nodes_of
from srcad.ir.structure import try_
from srcad.ir.types import BOOL, FLOAT
from srcad.passes.cse import cse
from srcad.passes.dce import dce
from srcad.passes.sink import sink


def attempted():
    """`try: 1.0 / x; y = x * x / x; except ZeroDivisionError: y = x / 2.0`."""
    x, error = Value("x", FLOAT), Value("e", FLOAT)
    with Builder().active() as builder:
        before = x * x
        with builder.inner() as body:
            _ = literal(1.0) / x
            _ = x + x
            y = (x * x) / x
        with builder.inner() as handler:
            z = x / 2.0
        blocks = (body.block((), [y]), handler.block([error], [z]))
        params = {"catches": (ZeroDivisionError,)}
        out, _ = current().emit(try_, (), [FLOAT, BOOL], params, blocks=blocks)
        result = out + before
    return Graph("f", builder.block([x], [result]))


def names(graph):
    return [node.op.name for node in nodes_of(graph.body)]


def run(graph, x):
    return evaluate(Program("f", {"f": graph}), [x])[0][0]


def test_what_may_raise_stays_in_the_body():
    before = attempted()
    after = dce(before)
    assert names(after).count("divide") == 3
    assert names(after).count("add") == names(before).count("add") - 1
    assert run(after, 0.0) == 0.0 and run(after, 2.0) == 6.0


def test_equal_things_on_two_sides_stay_two():
    after = cse(attempted())
    assert names(after).count("multiply") == 2


def test_nothing_sinks_over_it():
    graph = attempted()
    assert names(sink(graph)) == names(graph)
