"""Tuples, dicts, lists, ranges, residuals: values, types and derivatives."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcad.ir.builder import Builder
from srcad.ir.graph import UNDEFINED, Graph, Value, literal
from srcad.ir.sizes import Size
from srcad.ir.types import (
    BOTTOM,
    FLOAT,
    INT,
    Array,
    Dict,
    List,
    Range,
    Residual,
    Scalar,
    Static,
    Tuple,
    Type,
)
from srcad.ops import containers as c
from srcad.ops.creation import rows
from srcad.ops.declare import OPS

from .check import check_graph, pullback, pushforward, random_like, run

A, B = np.array([1.0, -2.0]), np.array([0.5, 3.0])
VECTOR = Array("float64", (Size("n"),))
FLOATS = List(FLOAT)
ARRAYS = List(VECTOR)
Pair = namedtuple("Pair", "first second")


def graph_of(f: Callable[..., Any], *types: Type) -> Graph:
    """A function of values as a graph."""
    builder = Builder()
    params = [Value(f"x{k}", t) for k, t in enumerate(types)]
    with builder.active():
        return Graph("f", builder.block(params, [f(*params)]))


def check(f: Callable[..., Any], types: Any, values: Any, expected: Any) -> None:
    """Value, both modes and the second order."""
    graph, rng = graph_of(f, *types), np.random.default_rng(3)
    results, _ = run(graph, values)
    np.testing.assert_equal(results[0], expected)
    check_graph(graph, values, rng)
    seeds = [random_like(r, rng) for r in results]
    check_graph(pullback(graph), [*values, *seeds], rng, 30)
    inexact = [v for v in values if not isinstance(v, (int, range))]
    tangents = [random_like(v, rng) for v in inexact]
    check_graph(pushforward(graph), [*values, *tangents], rng, 30)


CASES = {
    "rows": (
        lambda g, xs: rows(g, xs),
        (Array("float64", (2, 2)), ARRAYS),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), [A, B]),
        [np.array([1.0, 2.0]), np.array([3.0, 4.0])],
    ),
    "tuple": (lambda x, y: c.make_tuple(x, y), (VECTOR, FLOAT), (A, 2.0), (A, 2.0)),
    "named tuple": (
        lambda x, y: c.make_tuple(x, y, cls=Pair),
        (VECTOR, FLOAT),
        (A, 2.0),
        Pair(A, 2.0),
    ),
    "dict": (
        lambda x, y: c.make_dict(x, y, keys=("a", 1)),
        (VECTOR, FLOAT),
        (A, 2.0),
        {"a": A, 1: 2.0},
    ),
    "item": (
        lambda t: c.item(t, key=1) * c.item(t, key=1),
        (Tuple((VECTOR, FLOAT)),),
        ((A, 3.0),),
        9.0,
    ),
    "item of dict": (
        lambda t: c.item(t, key="b") * c.item(t, key="a"),
        (Dict(("a", "b"), (VECTOR, FLOAT)),),
        ({"a": A, "b": 3.0},),
        3.0 * A,
    ),
    "item of a nested tuple": (
        lambda t: c.item(c.item(t, key=0), key=-1),
        (Tuple((Tuple((FLOAT, VECTOR)), FLOAT)),),
        (((1.0, A), 2.0),),
        A,
    ),
    "list_of": (lambda x, y: c.list_of(x, y), (FLOAT, FLOAT), (1.0, 2.0), [1.0, 2.0]),
    "list_get": (
        lambda xs, i: c.list_get(xs, i) * c.list_get(xs, 0),
        (FLOATS, INT),
        ([2.0, 3.0], 1),
        6.0,
    ),
    "list_get of a tuple": (
        lambda xs, i: c.list_get(xs, i),
        (Tuple((VECTOR, VECTOR)), INT),
        ((A, B), 1),
        B,
    ),
    "list_set": (
        lambda xs, i, v: c.list_set(xs, i, v),
        (ARRAYS, INT, VECTOR),
        ([A, B], 0, A + 1),
        [A + 1, B],
    ),
    "list_append": (
        lambda xs, v: c.list_append(xs, v),
        (ARRAYS, VECTOR),
        ([A, B], A + 1),
        [A, B, A + 1],
    ),
    "list_prefix": (
        lambda xs, k: c.list_prefix(xs, k),
        (FLOATS, INT),
        ([1.0, 2.0, 3.0], 2),
        [1.0, 2.0],
    ),
    "list_popped": (
        lambda xs: c.list_popped(xs),
        (FLOATS,),
        ([1.0, 2.0, 3.0],),
        [1.0, 2.0],
    ),
    "list_suffix": (
        lambda xs, k: c.list_suffix(xs, k),
        (ARRAYS, INT),
        ([A, B, A], 1),
        [B, A],
    ),
    "list_padded": (
        lambda xs, ys: c.list_padded(xs, ys),
        (ARRAYS, ARRAYS),
        ([A], [B, B]),
        [A, 0 * B],
    ),
    "list_padded with numbers": (
        lambda xs, ys: c.list_padded(xs, ys),
        (FLOATS, FLOATS),
        ([1.0], [2.0, 3.0]),
        [1.0, 0.0],
    ),
    "list_reversed": (
        lambda xs: c.list_reversed(xs),
        (FLOATS,),
        ([1.0, 2.0],),
        [2.0, 1.0],
    ),
    "list_concat": (
        lambda xs, ys: c.list_concat(xs, ys),
        (FLOATS, FLOATS),
        ([1.0, 2.0], [3.0]),
        [1.0, 2.0, 3.0],
    ),
    "list_add_at": (
        lambda xs, i, v: c.list_add_at(xs, i, v),
        (ARRAYS, INT, VECTOR),
        ([A, B], 1, A),
        [A, A + B],
    ),
    "list_filled": (
        lambda v, n: c.list_filled(v, n),
        (FLOAT, INT),
        (1.5, 3),
        [1.5, 1.5, 1.5],
    ),
    "list_sum": (lambda xs: c.list_sum(xs), (ARRAYS,), ([A, B],), A + B),
    "list of tuples": (
        lambda xs, i: c.item(c.list_get(xs, i), key=0) * 2.0,
        (List(Tuple((FLOAT, FLOAT))), INT),
        ([(1.0, 2.0), (3.0, 4.0)], 1),
        6.0,
    ),
    "add_any": (
        lambda x, y: c.add_any(x, y),
        (Tuple((FLOAT, VECTOR)), Tuple((FLOAT, VECTOR))),
        ((1.0, A), (2.0, B)),
        (3.0, A + B),
    ),
    "add_any of lists": (
        lambda x, y: c.add_any(x, y),
        (ARRAYS, ARRAYS),
        ([A], [B]),
        [A + B],
    ),
    "residual": (
        lambda x, y: (
            c.residual_item(c.make_residual(x, y, key="f"), k=1, type=FLOAT) * x
        ),
        (VECTOR, FLOAT),
        (A, 2.0),
        2.0 * A,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_values_and_derivatives(name: str) -> None:
    f, types, values, expected = CASES[name]
    check(f, types, values, expected)


def test_types() -> None:
    with Builder().active():
        xs = Value("xs", List(FLOAT, Size("n")))
        r = c.range_(0, Value("n", Scalar("int", "", Size("n"))), 1)
        assert r.type == Range(Size("n"))
        assert c.range_len(r).type == Scalar("int", "", Size("n"))
        assert c.range_(2, 9, 3).type == Range(3)
        assert c.list_len(xs).type == Scalar("int", "", Size("n"))
        assert c.list_append(xs, 1).type == List(FLOAT, Size("n", 1, may_be_one=True))
        assert c.list_prefix(xs, -1).type == List(FLOAT, Size("n", -1, may_be_one=True))
        assert c.list_of().type == List(BOTTOM, 0)
        assert c.list_get(r, 0).type == INT
        assert c.make_residual(xs, key="k").type == Residual("k")
        pair = c.make_tuple(xs, r)
        assert c.item(pair, key=-1).type == r.type


def test_ranges() -> None:
    graph = graph_of(lambda n: c.range_(0, n, 1), INT)
    assert run(graph, [3])[0] == [range(3)]
    graph = graph_of(lambda n: c.range_prefix(c.range_(1, n, 2), 2), INT)
    assert run(graph, [9])[0] == [range(1, 9, 2)[:2]]
    inputs, params = OPS["range_"].arguments([literal(4)], {})
    assert [v.value for v in inputs] == [0, 4, 1] and params == {}


def test_zeros_have_the_structure_of_what_they_stand_for() -> None:
    t = Tuple((FLOAT, Static("text"), ARRAYS, Dict(("k",), (VECTOR,))))
    graph = graph_of(c.container_zeros, t)
    (found,), _ = run(graph, [(1.0, "text", [A], {"k": B})])
    np.testing.assert_equal(found, (0.0, None, [0 * A], {"k": 0 * B}))
    (result,) = graph.body.results
    assert result.type == Tuple((FLOAT, Static(None), ARRAYS, t.items[3]))


def test_what_is_undefined_counts_as_nothing() -> None:
    with Builder().active() as builder:
        x = Value("x", VECTOR)
        assert c.add_any(literal(UNDEFINED), x) is x
        assert c.add_any(x, literal(None)) is x
        assert not builder.nodes
