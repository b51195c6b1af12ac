"""Every sample printed: what the printer writes runs, and gives what `evaluate` gives.

A sample is a graph of one node; its value, its tangents and its cotangents are printed
in the Python dialect and executed. Results agree bit for bit, in type too.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from srcad.backend.function import load
from srcad.backend.generate import generate
from srcad.ir.graph import Graph, Program
from srcad.ir.types import is_inexact
from srcad.ops.declare import Op
from srcad.ops.domain import Sample
from srcad.passes.memory import plan_program

from .check import node_graph, pullback, pushforward, run, type_of
from .numbers import random_like
from .test_declarations import SAMPLES


def cases(op: Op, sample: Sample) -> list[tuple[Graph, list[Any]]]:
    """The node's graph, that of its tangents and that of its cotangents; arguments."""
    graph, values = node_graph(op, sample)
    found = [(graph, values)]
    if op.vjp is None or not sample.derivative:
        return found
    rng = np.random.default_rng(5)
    pairs = zip(graph.body.params, values, strict=True)
    tangents = [random_like(v, rng) for p, v in pairs if is_inexact(p.type)]
    if not tangents:
        return found
    seeds = [random_like(r, rng) for r in run(graph, values)[0]]
    found.append((pushforward(graph), [*values, *tangents]))
    found.append((pullback(graph), [*values, *seeds]))
    return found


def printed(graph: Graph, dialect: str = "python") -> Callable[..., Any]:
    """A graph as source that was executed."""
    program = plan_program(Program("f", {"f": graph}))
    return load(generate(program, dialect=dialect))


def check_printed(graph: Graph, values: Sequence[Any]) -> None:
    """Print, execute, compare with `evaluate`."""
    expected, _ = run(graph, copy.deepcopy(values))
    given = copy.deepcopy(values)
    found = printed(graph)(*given)
    found = [found] if len(expected) == 1 else list(found)
    assert list(map(type_of, found)) == list(map(type_of, expected))
    np.testing.assert_equal(found, expected)
    np.testing.assert_equal(given, list(values))


@pytest.mark.parametrize("op, sample", SAMPLES)
def test_python(op: Op, sample: Sample) -> None:
    with np.errstate(all="ignore"):
        for graph, values in cases(op, sample):
            check_printed(graph, values)
