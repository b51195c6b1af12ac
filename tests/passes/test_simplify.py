"""simplify: each rule, before and after."""

import numpy as np
import pytest

from srcad.ir.builder import Builder, current
from srcad.ir.graph import literal
from srcad.ir.sizes import Size
from srcad.ir.types import BOOL, FLOAT, INT, Array, List, Range, Scalar
from srcad.passes.dce import dce
from srcad.passes.simplify import rewrite_adjoint, simplify

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

X = np.array([1.0, -2.0, 0.0, -0.0, 3.5, 1e300])
Y = np.array([0.5, -0.0, 2.0, 1.0, -3.0, 1.0])
AT = {"layout": ("at",)}
ALL = {"layout": (("slice", False, False, False),)}
NP_FLOAT = Scalar("float", "float64")


def exactly(build, *types):
    before = graph(build, *types)
    return before, dce(simplify(before))


@pytest.mark.parametrize(
    "build, left",
    [
        (lambda x, y: x * 1.0, []),
        (lambda x, y: 1 * x, []),
        (lambda x, y: x / 1, []),
        (lambda x, y: x - 0.0, []),
        (lambda x, y: -(-x), []),
        (lambda x, y: x + 0.0, ["add"]),  # -0.0 + 0.0 is 0.0
        (lambda x, y: x * 0.0, ["multiply"]),
        (lambda x, y: op("positive")(x), []),
        (lambda x, y: op("cast")(x, dtype="float64"), []),
        (lambda x, y: op("sum_like")(x * y, x), ["multiply"]),
        (lambda x, y: op("reshape_like")(x, y), []),
        (lambda x, y: op("real")(x), []),
        (lambda x, y: op("zeros_like")(op("zeros_like")(x)), ["zeros_like"]),
        (lambda x, y: op("item")(op("make_tuple")(x, y), key=1), []),
        (lambda x, y: op("item")(op("make_dict")(x, y, keys=("a", "b")), key="b"), []),
        (lambda x, y: op("list_get")(op("list_of")(x, y), -1), []),
        (lambda x, y: op("list_len")(op("list_of")(x, y)), []),
        (lambda x, y: op("residual_item")(op("make_residual")(x, y), k=1), []),
        (
            lambda x, y: op("getitem")(op("update")(x, 3.0, 1, **AT), 2, **AT),
            ["getitem"],
        ),
        (
            lambda x, y: op("update")(op("update")(x, 3.0, 1, **AT), 4.0, 1, **AT),
            ["update"],
        ),
        (lambda x, y: op("update")(x, op("getitem")(x, 1, **AT), 1, **AT), []),
        (lambda x, y: op("getitem")(op("update")(x, y, **ALL), **ALL), []),
        (lambda x, y: op("squeeze")(op("expand_dims")(x, axis=1), axis=1), []),
    ],
)
def test_exact_rules(build, left):
    before, after = exactly(build, VECTOR, VECTOR)
    assert ops(after) == left
    same_results(before, after, X, Y)


def test_parts_of_containers_come_together_again():
    def f(x, y):
        t = op("make_tuple")(x, y)
        parts = [op("item")(t, key=k) for k in (0, 1)]
        return op("make_tuple")(*parts)

    before, after = exactly(f, VECTOR, FLOAT)
    assert ops(after) == ["make_tuple"]
    same_results(before, after, X, 2.0)


def test_types_decide():
    """1.0 * n is a float, and bool(x) of a number is needed."""
    before, after = exactly(lambda n: 1.0 * n, INT)
    assert after is before
    before, after = exactly(lambda n: (n + 0, op("truth")(n)), INT)
    assert ops(after) == ["truth"]
    before, after = exactly(lambda b: op("truth")(b), BOOL)
    assert ops(after) == []


def test_integers_fold_and_errors_do_not():
    before, after = exactly(lambda: op("remainder")(7, 4))
    assert after.body.results[0].value == 3
    before, after = exactly(lambda: op("remainder")(7, 0))
    assert ops(after) == ["remainder"]
    before, after = exactly(lambda: op("power")(10, 10_000_000))
    assert ops(after) == ["power"]
    before, after = exactly(lambda: op("multiply")(2.0, 3.0))
    assert ops(after) == ["multiply"]  # the user's own numbers stay


def test_same_graph_where_nothing_changes():
    g = graph(lambda x, y: x * y + 2.0, VECTOR, VECTOR)
    assert simplify(g) is g


def test_names_and_spans_are_kept():
    def f(x, y):
        with current().at("line 1"):
            return op("not_")(op("not_")(x)), x * 2.0

    before = graph(f, FLOAT, FLOAT)
    after = simplify(before)
    assert [n.span for n in dce(after).body.nodes] == ["line 1"] * 2


# ---- adjoint rules -------------------------------------------------------------------


def close(build, types, arguments, left):
    before = graph(build, *types)
    after = dce(simplify(before, reassociate=True))
    assert ops(after) == left
    expected, found = run(before, *arguments), run(after, *arguments)
    for a, b in zip(expected, found):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=1e-15)
    with Builder(rewrite=rewrite_adjoint).active() as builder:
        build(*before.body.params)
    return builder


A, B = np.array([1.0, -2.0, 3.5]), np.array([0.5, 4.0, 2.0])


@pytest.mark.parametrize(
    "build, left",
    [
        (lambda x, y, s: x + (-y), ["subtract"]),
        (lambda x, y, s: x - (-y), ["add"]),
        (lambda x, y, s: (-x) * y + s, ["multiply", "subtract"]),
        (lambda x, y, s: (-x) * (-y), ["multiply"]),
        (lambda x, y, s: x + 0.0, []),
        (lambda x, y, s: x * (1.0 / y), ["divide"]),
        (lambda x, y, s: x * y + x * y, ["multiply", "multiply"]),
        (lambda x, y, s: (2.0 * x) * s, ["multiply", "multiply"]),
        (lambda x, y, s: 3.0 * ((2.0 * x) * 0.5), ["multiply"]),
        (lambda x, y, s: 0.5 * (2.0 * x), []),
        (lambda x, y, s: -(2.0 * x), ["multiply"]),
        (lambda x, y, s: -(x - y), ["subtract"]),
        (lambda x, y, s: (2.0 * x) / s, ["quotient", "multiply"]),
        (lambda x, y, s: (s * x) * (3.0 * y), ["multiply"] * 3),
        (lambda x, y, s: op("broadcast_like")(s, x) * y, ["multiply"]),
        (lambda x, y, s: -op("broadcast_like")(s, x), ["negative", "broadcast_like"]),
        (
            lambda x, y, s: 2.0 * op("broadcast_like")(s, x) * s,
            ["multiply", "multiply", "broadcast_like"],
        ),
        (lambda x, y, s: op("zeros_like")(x) + y, []),
        (
            lambda x, y, s: op("add_at")(op("zeros_like")(x), s, 1, **AT),
            ["zeros_like", "update"],
        ),
        (
            lambda x, y, s: op("add_at")(
                op("update")(x, 0.0, 1, **AT), op("getitem")(x, 1, **AT), 1, **AT
            ),
            [],
        ),
        (lambda x, y, s: op("update")(x, y, **ALL), []),
        (lambda x, y, s: op("add_at")(x, y, **ALL), ["add"]),
        (lambda x, y, s: op("add_at")(x, 0.0, 1, **AT), []),
    ],
)
def test_adjoint_rules(build, left):
    close(build, (VECTOR, VECTOR, FLOAT), (A, B, 3.0), left)


@pytest.mark.parametrize(
    "build, left",
    [
        (lambda x, y: 1.0 * x, []),
        (lambda x, y: -1.0 * x, ["negative"]),
        (lambda x, y: x * (2.0 * y), ["multiply", "multiply"]),
        (lambda x, y: (x * 2.0) * (y * 3.0), ["multiply", "multiply"]),
        (lambda x, y: 1.0 * x + 1.0 * x, ["multiply"]),
        (lambda x, y: literal(2.0) * 3.0 * x, ["multiply"]),
        (lambda x, y: op("broadcast_like")(y, x) * x, ["multiply"]),
        (lambda x, y: op("broadcast_like")(1.0, x) * x, []),
    ],
)
def test_adjoint_rules_for_numbers(build, left):
    close(build, (FLOAT, FLOAT), (1.5, -2.0), left)
    close(build, (NP_FLOAT, FLOAT), (np.float64(1.5), -2.0), left)


def turned(x):
    return op("transpose")(x)


def swapped(x):
    return op("swapaxes")(x, a=-1, b=-2)


STACK = Array("float64", (Size("k"), Size("m"), Size("n")))


@pytest.mark.parametrize(
    "build, left",
    [
        (lambda x, y: turned(turned(x) @ y), ["transpose", "matmul"]),
        (lambda x, y: turned(x @ turned(y)), ["transpose", "matmul"]),
        (lambda x, y: swapped(turned(x) @ y), ["transpose", "matmul"]),
        (lambda x, y: turned(turned(turned(x)) @ turned(y)), ["transpose", "matmul"]),
        (lambda x, y: turned(x @ y), ["matmul", "transpose"]),
    ],
)
def test_a_product_that_is_turned(build, left):
    x = np.linspace(-1.0, 1.0, 9).reshape(3, 3)
    n = Array("float64", (Size("n"), Size("n")))
    before = graph(build, n, n)
    after = dce(simplify(before, reassociate=True))
    assert ops(after) == left
    (expected,), (found,) = run(before, x, x**2), run(after, x, x**2)
    assert np.allclose(expected, found, rtol=1e-13)


@pytest.mark.parametrize(
    "build, left",
    [
        (lambda x, y: op("swapaxes")(op("swapaxes")(x, a=1, b=2), a=-1, b=-2), []),
        (lambda x, y: op("swapaxes")(op("swapaxes")(x, a=0, b=2), a=1, b=2), None),
        (lambda x, y: swapped(swapped(x) @ y), ["swapaxes", "matmul"]),
        (lambda x, y: op("swapaxes")(swapped(x) @ y, a=0, b=1), None),
        (lambda x, y: op("transpose")(swapped(x) @ y), None),
    ],
)
def test_stacks_of_matrices_that_are_turned(build, left):
    x = np.linspace(-1.0, 1.0, 24).reshape(2, 4, 3)
    before = graph(build, STACK, STACK)
    after = dce(simplify(before, reassociate=True))
    assert ops(after) == (ops(before) if left is None else left)
    (expected,), (found,) = run(before, x, x**2), run(after, x, x**2)
    assert np.shape(expected) == np.shape(found)
    assert np.allclose(expected, found, rtol=1e-13)


def test_broadcast_is_kept_where_the_shape_needs_it():
    row = Array("float64", (1, Size("n")))

    def f(g, x):
        return op("broadcast_like")(g, x) * op("getitem")(g, 0, **AT)

    before = graph(f, row, MATRIX)
    after = dce(simplify(before, reassociate=True))
    assert ops(after) == ["getitem", "multiply", "broadcast_like"]
    same_results(before, after, np.array([[1.0, 2.0]]), np.ones((3, 2)))


def test_the_hook_serves_rules():
    with Builder(rewrite=rewrite_adjoint).active() as builder:
        x = graph(lambda x: x, VECTOR).body.params[0]
        assert literal(1.0) * x is x
        assert -(-x) is x
        y = (2.0 * x) * 3.0
    assert len([n for n in builder.nodes if y in n.outputs]) == 1
    assert builder.nodes[-1].out is y


def test_the_users_own_values_keep_every_bit():
    def f(x):
        mine = 0.1 * (0.2 * x)
        return mine, 0.3 * (0.4 * mine)

    before = graph(f, VECTOR)
    own = {n.out for n in before.body.nodes[:2]}
    after = dce(simplify(before, reassociate=True, primal=own))
    assert after.body.nodes[:2] == before.body.nodes[:2]
    assert ops(after) == ["multiply"] * 3


# ---- structure -----------------------------------------------------------------------


def test_branch_of_a_known_condition():
    def f(x):
        return branch(literal(True), lambda: (x * 2.0, x), lambda: (x, x))

    before, after = exactly(f, FLOAT)
    assert ops(after) == ["multiply"]
    same_results(before, after, 3.0)


def test_branch_with_one_outcome():
    def f(x):
        found = branch(
            x > 0.0,
            lambda: (x, literal(True), literal(False), literal(2.0), x * 2.0),
            lambda: (x, literal(False), literal(True), literal(2.0), -x),
            types=[FLOAT, BOOL, BOOL, FLOAT, FLOAT],
        )
        return found

    before, after = exactly(f, FLOAT)
    assert ops(after) == ["greater", "not_", "if_", "multiply", "negative"]
    assert len(after.body.nodes[-1].outputs) == 1
    same_results(before, after, 3.0)
    same_results(before, after, -3.0)


def test_carried_values_that_never_change():
    def f(r, x):
        def body(i, y, z, w):
            return (y, z * y, x), []

        return loop([r], [x * 2.0, 1.0, x], body)[:3]

    before, after = exactly(f, Range(), FLOAT)
    assert len(after.body.nodes[-1].inputs) == 2
    same_results(before, after, range(3), 2.0)
    same_results(before, after, range(0), 2.0)


def test_a_stop_that_never_comes():
    def f(r, x):
        return loop([r], [False, x], lambda i, s, y: ((s, y * 2.0), [y]), stop=True)

    before, after = exactly(f, Range(), FLOAT)
    (node,) = [n for n in after.body.nodes if n.op.name == "for_"]
    assert not node.params["stop"] and len(node.inputs) == 2
    same_results(before, after, range(3), 2.0)


def test_a_stop_is_false_inside():
    def f(x):
        def body(stop, y):
            nxt = branch(stop, lambda: y, lambda: y * 2.0)[0]
            return (nxt > 20.0, nxt), []

        return while_loop([False, x], lambda s, y: y < 90.0, body, stop=True)

    before, after = exactly(f, FLOAT)
    assert "if_" not in ops(after)
    same_results(before, after, 2.0)
    same_results(before, after, 200.0)


def test_loops_that_never_run():
    def f(x):
        r = op("range_")(0, 0, 1)
        a = loop([r], [x], lambda i, y: ((y * 2.0,), [y]))
        b = while_loop([x], lambda y: False, lambda y: ((y * 2.0,), [y]))
        return (*a, *b)

    before, after = exactly(f, FLOAT)
    assert ops(after) == ["list_of", "list_of"]
    same_results(before, after, 2.0)


def test_a_list_collected_from_a_list():
    def f(xs):
        return loop([xs], [0.0], lambda x, t: ((t + x,), [x]), reverse=True)

    before, after = exactly(f, List(FLOAT))
    assert after.body.results[1] is after.body.params[0]
    same_results(before, after, [1.0, 2.0, 4.0])
