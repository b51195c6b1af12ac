"""Recursion that Numba cannot compile, refused before it is tried.

What a recursive function keeps for its other half holds what its own calls keep, to a
depth that only the run knows: Numba has no type for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from srcad.backend.compiled import CannotCompile
from srcad.ir.graph import Program, nodes_of
from srcad.ir.structure import call
from srcad.ir.types import List, Maybe, Residual, Tuple, Type


def refuse_endless(program: Program) -> None:
    """Refuse a program of which a residual holds one of its own key.

    Raises
    ------
    CannotCompile
        At the call that makes it.
    """
    graphs = [g for key, g in program.graphs.items() if key != program.main]
    for graph in (
        *graphs,
        program.graph,
    ):  # the call inside before the one from outside
        for node in nodes_of(graph.body):
            kept = {key for v in node.outputs for key in _keys(v.type)}
            if node.op is call and any(key in _held(program, key) for key in kept):
                raise CannotCompile(
                    "Numba has no type for what a recursive function keeps for its "
                    "derivative",
                    node.span,
                    'write a loop, or use backend="python" or backend="auto"',
                )


def _held(program: Program, key: Any) -> set[Any]:
    """The keys of all residuals inside a residual."""
    found: set[Any] = set()
    todo = [key]
    while todo:
        for t in program.residuals.get(todo.pop(), ()):
            new = set(_keys(t)) - found
            found |= new
            todo += new
    return found


def _keys(t: Type) -> Iterator[Any]:
    if isinstance(t, Residual):
        yield t.key
    elif isinstance(t, Maybe):
        yield from _keys(t.inner)
    elif isinstance(t, List):
        yield from _keys(t.item)
    elif isinstance(t, Tuple):
        for item in t.items:
            yield from _keys(item)
