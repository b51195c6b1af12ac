"""Raise, assert, print and calls that srcad does not know."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
import scipy.special

from srcad.errors import MissingRule
from srcad.ir.builder import Builder
from srcad.ir.graph import Graph, Value
from srcad.ir.types import BOTTOM, FLOAT, UNKNOWN
from srcad.ops.effects import assert_, foreign, format_, print_, raise_, shown

from .check import pullback, run


class OwnError(Exception):
    """An exception of the user's."""


def graph_of(op: Any, count: int, **params: Any) -> Graph:
    builder = Builder()
    values = [Value(f"x{k}", FLOAT) for k in range(count)]
    with builder.active():
        return Graph("f", builder.block(values, [op(*values, **params)]))


def test_raise_builds_the_message() -> None:
    layout = ((("x is "), ("", ".1f"), " {not} 'good'\n"),)
    graph = graph_of(raise_, 1, exception=OwnError, layout=layout)
    assert graph.body.results[0].type == BOTTOM
    with pytest.raises(OwnError) as caught:
        run(graph, [2.0])
    assert caught.value.args == ("x is 2.0 {not} 'good'\n",)


def test_raise_with_plain_arguments() -> None:
    graph = graph_of(raise_, 2, exception=ValueError)
    with pytest.raises(ValueError) as caught:
        run(graph, [1.0, 2.0])
    assert caught.value.args == (1.0, 2.0)


def test_assert() -> None:
    graph = graph_of(assert_, 2, layout=("value",))
    run(graph, [1.0, 5.0])
    with pytest.raises(AssertionError, match="5"):
        run(graph, [0.0, 5.0])


def test_print(capsys: pytest.CaptureFixture[str]) -> None:
    layout = ("value", ('say "', ("r", ">6"), '"'))
    run(graph_of(print_, 2, layout=layout, sep="-", end="!"), [1.0, 2.0])
    assert capsys.readouterr().out == '1.0-say "   2.0"!'


def test_format() -> None:
    pieces = ("{\\", ("", ""), "}\t'\"")
    assert run(graph_of(format_, 1, layout=pieces), [1.5])[0] == ["{\\1.5}\t'\""]


def test_foreign_calls_the_function_and_has_no_derivative() -> None:
    def scaled(x: float, *, by: float) -> float:
        return x * by

    graph = graph_of(foreign, 2, function=scaled, keywords=("by",))
    assert graph.body.results[0].type == UNKNOWN
    assert run(graph, [2.0, 3.0])[0] == [6.0]
    with pytest.raises(MissingRule, match="scaled"):
        pullback(graph)


@pytest.mark.parametrize("op", [raise_, assert_, print_, foreign])
def test_they_are_ordered(op: Any) -> None:
    assert op.effect


def test_functions_are_named_by_the_module_that_has_them() -> None:
    named = {
        scipy.linalg.svd: "scipy.linalg.svd",
        scipy.special.erf: "scipy.special.erf",
        scipy.optimize.minimize: "scipy.optimize.minimize",
        np.linalg.svd: "numpy.linalg.svd",
        np.sin: "numpy.sin",
        math.sin: "math.sin",
        print: "print",
    }
    assert {shown(f) for f in named} == set(named.values())
