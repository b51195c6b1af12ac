"""Which graphs of a program need which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from srcad.ir.graph import Graph
from srcad.ir.structure import needed


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
