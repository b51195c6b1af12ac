"""Shapes in types: sizes that stay named, attributes, lists of unknown length."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

from srcad.backend.evaluate import operation
from srcad.backend.template import template
from srcad.ir.builder import Builder
from srcad.ir.graph import Graph, Value
from srcad.ir.sizes import Size
from srcad.ir.types import FLOAT, INT, UNKNOWN, Array, List, Scalar, Tuple, Type
from srcad.ops.axes import swapaxes, transpose
from srcad.ops.copies import repeat, tile
from srcad.ops.creation import array_of, array_of_nested
from srcad.ops.filled import zeros
from srcad.ops.grids import arange, eye
from srcad.ops.joins import concatenate
from srcad.ops.products import matmul
from srcad.ops.rearrange import pad
from srcad.ops.shapes import ATTRIBUTES, dim, len_of, ravel, reshape, size_of
from srcad.ops.stacks import stack

from .check import check_graph, pullback, random_like, run

N, M = Size("n"), Size("m")
X = Array("float64", (N, M))
V = Array("float64", (N,))


@pytest.fixture(autouse=True)
def builder() -> Any:
    with Builder().active() as found:
        yield found


def value(t: Type) -> Value:
    return Value("x", t)


def shape(v: Value) -> Any:
    assert isinstance(v.type, Array)
    return v.type.dims


def test_shapes_made_of_lengths_have_named_dimensions() -> None:
    x, v = value(X), value(Array("float64", (Size("k"),)))
    assert shape(zeros(dim(x, k=1), len_of(v))) == (M, Size("k"))
    assert shape(arange(0, len_of(v), 1)) == (Size("k"),)
    assert shape(eye(len_of(x))) == (N, N)


def test_one_integer_gives_one_length_wherever_it_is_used() -> None:
    n, m = value(INT), value(INT)
    assert shape(zeros(n)) == shape(zeros(n))
    assert shape(zeros(n)) != shape(zeros(m))


def test_sizes_of_reshaped_arrays() -> None:
    x = value(X)
    flat = ravel(x)
    assert size_of(x).type.size == shape(flat)[0]
    assert shape(reshape(flat, dim(x, k=0), dim(x, k=1))) == (N, M)
    assert shape(reshape(x, -1, dim(x, k=0))) == (M, N)
    assert shape(reshape(value(Array("float64", (2, 3))), 3, -1)) == (3, 2)


def test_sizes_of_rearranged_arrays() -> None:
    v = value(V)
    assert shape(pad(v, width=1)) == (Size("n", 2, may_be_one=True),)
    assert shape(tile(v, 1, 1)) == (1, N)
    assert shape(repeat(v, 2)) == (Size("(n*2)", 0, may_be_one=False),)
    assert shape(concatenate(v, v)) == (Size("(n+n)", 0, may_be_one=True),)


def test_products() -> None:
    x, v = value(X), value(Array("float64", (M,)))
    assert matmul(x, v).type == V
    assert matmul(v, v).type == Scalar("float", "float64")
    assert matmul(x, transpose(x)).type == Array("float64", (N, N))
    assert matmul(x, value(UNKNOWN)).type == UNKNOWN


def test_attributes() -> None:
    x = value(X)
    n, m = ATTRIBUTES["shape"](x)
    assert (n.type.size, m.type.size) == (N, M)
    assert ATTRIBUTES["T"](x).type == Array("float64", (M, N))
    assert ATTRIBUTES["ndim"](x).value == 2
    assert ATTRIBUTES["dtype"](x).value == np.dtype("float64")
    assert ATTRIBUTES["shape"](value(UNKNOWN)).type == UNKNOWN


@pytest.mark.parametrize(
    "make, text",
    [
        (lambda x: transpose(x), "x.T"),
        (lambda x: swapaxes(x, a=0, b=-1), "x.T"),
        (lambda x: dim(x, k=1), "x.shape[1]"),
        (lambda x: reshape(x, 6), "x.reshape(shape0)"),
        (lambda x: array_of(x, x, layout=("x", "x")), "np.array([xs0, xs1])"),
    ],
)
def test_code(make: Any, text: str, builder: Builder) -> None:
    node = builder.definitions[make(value(X))]
    assert ast.unparse(template(node)) == text
    assert callable(operation(node))


LISTS = {
    "array": (lambda xs: array_of(xs), List(FLOAT), [1.0, 2.0]),
    "array of rows": (lambda xs: array_of(xs), List(V), [np.ones(2), np.zeros(2)]),
    "array of lists": (lambda xs: array_of(xs), List(List(FLOAT)), [[1.0], [2.0]]),
    "concatenate": (
        lambda xs: concatenate(xs, whole=True),
        List(V),
        [np.ones(2), np.zeros(3)],
    ),
    "stack": (
        lambda xs: stack(xs, axis=1, whole=True),
        List(V),
        [np.ones(2), np.zeros(2)],
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_unknown_length(name: str) -> None:
    f, t, xs = LISTS[name]
    builder, param, rng = Builder(), value(t), np.random.default_rng(5)
    with builder.active():
        graph = Graph("f", builder.block([param], [f(param)]))
    assert isinstance(graph.body.results[0].type, Array)
    check_graph(graph, [xs], rng)
    seeds = [random_like(r, rng) for r in run(graph, [xs])[0]]
    check_graph(pullback(graph), [xs, *seeds], rng, 30)


def test_nested_values_become_one_array() -> None:
    pair = value(Tuple((FLOAT, FLOAT), list))
    assert array_of_nested([pair, [1.0, 2]]).type == Array("float64", (2, 2))
