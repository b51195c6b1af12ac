"""walk: substitution, copies and counts; what did not change is shared."""

import srcad.ops.arithmetic
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Graph, Program, Value, literal, nodes_of
from srcad.ir.types import FLOAT, Range
from srcad.ir.verify import verify
from srcad.ir.walk import (
    copied,
    defined_in,
    definitions,
    each_graph,
    inlined,
    rebuilt,
    substituted,
    uses,
    with_body,
)

assert srcad.ops.arithmetic


def looping():
    """y = x * 2; for i in r: y = y * x."""
    r, x = Value("r", Range()), Value("x", FLOAT)
    with Builder().active() as builder:
        y = x * 2.0
        i, t = Value("i", FLOAT), Value("y", FLOAT)
        with current().inner() as inner:
            step = t * x
        final, _ = builder.for_([r], [y], inner.block([i, t], [step]))
    return Graph("f", builder.block([r, x], [final]))


def test_substitution_shares_what_it_does_not_touch():
    g = looping()
    assert substituted(g.body, {Value("z", FLOAT): literal(1.0)}) is g.body
    first, loop = g.body.nodes
    y = first.out
    changed = substituted(g.body, {y: literal(3.0)})
    assert changed.nodes[0] is first
    assert changed.nodes[1].inputs[1].value == 3.0
    assert changed.nodes[1].blocks[0] is loop.blocks[0]
    x = g.body.params[1]
    inside = substituted(g.body, {x: literal(3.0)})
    assert inside.nodes[1].blocks[0].nodes[0].inputs[1].value == 3.0


def test_copies_define_everything_anew():
    g = looping()
    other = with_body(g, copied(g.body))
    verify(other)
    assert not defined_in(g.body) & defined_in(other.body)
    names = [v.name for v in other.body.params]
    assert names == ["r", "x"]


def test_inlining_reads_arguments():
    g = looping()
    r, x = Value("r", Range()), Value("z", FLOAT)
    nodes, (result,) = inlined(g.body, [r, x])
    assert nodes[0].inputs[0] is x
    assert result is nodes[1].outputs[0]


def test_rebuilding_with_the_same_nodes_is_nothing():
    g = looping()
    assert rebuilt(g.body, lambda node: [node]) is g.body
    assert rebuilt(g.body, lambda node: []).nodes == ()
    p = Program("f", {"f": g})
    assert each_graph(p, lambda graph: graph) is p


def test_counts_and_definitions():
    g = looping()
    x = g.body.params[1]
    assert uses(g.body)[x] == 2
    made = definitions(g.body)
    assert all(made[v] is n for n in nodes_of(g.body) for v in n.outputs)
