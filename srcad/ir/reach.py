"""Which graphs of a program need which, and which run which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from srcad.ir.graph import Graph, nodes_of
from srcad.ir.structure import needed, run_by


def reachable(graphs: Mapping[Any, Graph], keys: Sequence[Any]) -> dict[Any, Graph]:
    """Some graphs and those that they need."""
    found: dict[Any, Graph] = {}
    work = list(keys)
    while work:
        key = work.pop()
        if key not in found:
            found[key] = graphs[key]
            work += needed(graphs[key].body)
    return found


def runs(graphs: Mapping[Any, Graph], key: Any) -> set[Any]:
    """The keys of all graphs that running one may run: what rules name does not run."""
    found: set[Any] = set()
    work = [key]
    while work:
        for node in nodes_of(graphs[work.pop()].body):
            new = [k for k in run_by(node) if k in graphs and k not in found]
            found.update(new)
            work += new
    return found
