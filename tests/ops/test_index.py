"""Indices: the lengths of slices, where arrays put their axes, memory and cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcad.ir.builder import Builder
from srcad.ir.graph import Node, Value
from srcad.ir.sizes import Size
from srcad.ir.types import INT, UNKNOWN, Array, Maybe, Scalar, Type
from srcad.ops.arithmetic import subtract
from srcad.ops.declare import cost_of, memory_of
from srcad.ops.domain import Sample
from srcad.ops.index import add_at, getitem, update
from srcad.ops.layout import slice_length

from .check import check_graph, node_graph, run

N, M = Size("n"), Size("m")
U = Array("float64", (N,))
X = Array("float64", (N, M))
FROM = ("slice", True, False, False)
TO = ("slice", False, True, False)
BETWEEN = ("slice", True, True, False)
ALL = ("slice", False, False, False)


@pytest.fixture(autouse=True)
def builder() -> Any:
    with Builder().active() as found:
        yield found


def part(t: Type, layout: Any, *index: Any) -> Type:
    return getitem(Value("x", t), *index, layout=layout).type


def node_of(value: Value, builder: Builder) -> Node:
    return builder.definitions[value]


def test_the_three_slices_of_a_stencil_have_one_length() -> None:
    expected = Array("float64", (Size("n", -2, may_be_one=True),))
    assert part(U, (FROM,), 2) == expected
    assert part(U, (BETWEEN,), 1, -1) == expected
    assert part(U, (TO,), -2) == expected


def test_slices_up_to_a_length_minus_two_are_those_from_the_end() -> None:
    n = Value("n", Scalar("int", "", N))
    inner = Size("n", -2, may_be_one=True)
    assert part(U, (BETWEEN,), 1, subtract(n, 1)) == Array("float64", (inner,))
    assert part(U, (TO,), n) == U
    # n - 3 may be negative, and then counts from the end: not max(n - 3, 0).
    far = part(U, (TO,), subtract(n, 3))
    assert far != Array("float64", (Size("n", -3, may_be_one=True),))


def test_equal_bounds_give_equal_lengths_and_others_do_not() -> None:
    i, j = Value("i", INT), Value("j", INT)
    assert part(U, (TO,), i) == part(U, (TO,), i)
    assert part(U, (TO,), i) != part(U, (TO,), j)
    assert part(U, (TO,), 5) == part(U, (TO,), 5)


@pytest.mark.parametrize("n", range(6))
@pytest.mark.parametrize("start", [None, 0, 1, 4, -1, -3])
@pytest.mark.parametrize("stop", [None, 0, 2, 5, -1, -2])
@pytest.mark.parametrize("step", [None, 1, 2, -1])
def test_lengths_are_right(n: int, start: Any, stop: Any, step: Any) -> None:
    bounds = [None if k is None else Scalar("int", "", k) for k in (start, stop, step)]
    actual = len(range(n)[slice(start, stop, step)])
    assert slice_length(n, bounds, ("", "", "")) == actual
    found = slice_length(Size("n"), bounds, ("a", "b", "c"))
    if isinstance(found, Size) and found.base == "n":
        assert max(n + found.offset, 0) == actual


def test_integers_drop_axes_and_a_full_index_is_a_scalar() -> None:
    i = Value("i", INT)
    assert part(X, ("at",), i) == Array("float64", (M,))
    assert part(X, ("at", "at"), i, 0) == Scalar("float", "float64")
    assert part(X, ("...", "at"), i) == Array("float64", (N,))
    assert part(U, (ALL, "new")) == Array("float64", (N, 1))
    assert part(Maybe(U), ("at",), i) == Scalar("float", "float64")


def test_arrays_put_their_axes_in_place_or_in_front() -> None:
    k = Value("k", Array("int64", (Size("k"),)))
    cube = Array("float64", (N, M, Size("p")))
    assert part(cube, (ALL, "at", "at"), k, k) == Array("float64", (N, Size("k")))
    separate = part(cube, ("at", ALL, "at"), k, 0)
    assert separate == Array("float64", (Size("k"), M))


def test_one_mask_gives_one_length() -> None:
    mask, other = (Value(n, Array("bool", (N,))) for n in ("mask", "other"))
    assert part(U, ("at",), mask) == part(U, ("at",), mask)
    assert part(U, ("at",), mask) != part(U, ("at",), other)


def test_what_is_not_known_gives_unknown() -> None:
    assert part(UNKNOWN, ("at",), 0) == UNKNOWN
    assert part(U, ("at",), Value("i", UNKNOWN)) == UNKNOWN
    assert part(U, ("at", "at"), 0, 0) == UNKNOWN


def test_memory_and_cost(builder: Builder) -> None:
    x = Value("x", X)
    rows = Value("k", Array("int64", (N,)))
    basic = node_of(getitem(x, 1, layout=(FROM,)), builder)
    picked = node_of(getitem(x, rows, layout=("at",)), builder)
    written = node_of(update(x, 0.0, 1, layout=("at",)), builder)
    assert (memory_of(basic), cost_of(basic)) == ("view", "free")
    assert (memory_of(picked), cost_of(picked)) == ("new", "normal")
    assert memory_of(written) == "same"


@pytest.mark.parametrize("op", [getitem, update, add_at])
def test_integers_that_are_not_known_beforehand(op: Any) -> None:
    x, v = np.arange(12.0).reshape(4, 3), np.array([0.5, 1.5])
    inputs = (x, 2, 1) if op is getitem else (x, v, 2, 1)
    sample = Sample(inputs, {"layout": ("at", FROM)})
    types = [X, INT, INT] if op is getitem else [X, Array("float64", (2,)), INT, INT]
    graph, values = node_graph(op, sample, types)
    check_graph(graph, values, np.random.default_rng(1))


def test_the_last_of_several_writes_wins() -> None:
    sample = Sample(
        (np.zeros(2), np.array([1.0, 2.0, 3.0]), np.array([0, 1, 0])),
        {"layout": ("at",)},
    )
    (result,), _ = run(*node_graph(update, sample))
    np.testing.assert_array_equal(result, [3.0, 2.0])
    (result,), _ = run(*node_graph(add_at, sample))
    np.testing.assert_array_equal(result, [4.0, 2.0])
