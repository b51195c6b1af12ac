"""Which graphs of a program call which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from srcad.ir.graph import Graph, nodes_of
from srcad.ir.structure import callees


def called(graph: Graph) -> list[Any]:
    """The keys of the graphs that a graph calls, or that its derivative may."""
    return [key for n in nodes_of(graph.body) for key in callees(n)]


def reachable(graphs: Mapping[Any, Graph], keys: Sequence[Any]) -> dict[Any, Graph]:
    """Some graphs and those that they call."""
    found: dict[Any, Graph] = {}
    work = list(keys)
    while work:
        key = work.pop()
        if key not in found:
            found[key] = graphs[key]
            work += called(graphs[key])
    return found
