"""Which arguments a function reads only in parts.

Takes a program; gives, for a callee, the leaves of its parameters that `x[i]` and the
like are read from, there or in what it calls. Their cotangents are added to in place.
"""

from __future__ import annotations

from typing import Any

from srcad.ad.leaves import Path, inexact_paths, key_of, leaf_types
from srcad.ir.graph import Block, Program, Value, nodes_of
from srcad.ir.structure import call
from srcad.ir.types import Array, List, Unknown
from srcad.ops.containers import item, list_get
from srcad.ops.index import getitem

Parts = frozenset[tuple[int, Path]]


class ReadInParts:
    """The answers for all graphs of a program, found together as they may recurse."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.found: dict[Any, Parts] | None = None

    def of(self, callee: Any, active: tuple[int, ...]) -> list[tuple[int, Path]]:
        """The leaves of a callee's active parameters that it reads in parts."""
        if self.found is None:
            self.found = dict.fromkeys(self.program.graphs, frozenset())
            while self.round(self.found):
                pass
        found = self.found[callee]
        params = self.program.graphs[callee].body.params
        return [
            (k, path)
            for k in active
            for path in leaf_types(params[k].type)
            if (k, path) in found
        ]

    def round(self, found: dict[Any, Parts]) -> bool:
        """Look through all graphs once; whether anything was new."""
        changed = False
        for key, graph in self.program.graphs.items():
            parts = _read(graph.body, found)
            changed |= parts != found[key]
            found[key] = parts
        return changed


def _read(body: Block, found: dict[Any, Parts]) -> Parts:
    leaves: dict[Value, tuple[int, Path]] = {
        v: (k, ()) for k, v in enumerate(body.params)
    }
    parts: set[tuple[int, Path]] = set()

    def read(value: Value, below: Path) -> None:
        k, path = leaves[value]
        t = leaf_types(body.params[k].type).get((*path, *below))
        if isinstance(t, (Array, List, Unknown)):
            parts.add((k, (*path, *below)))

    for node in nodes_of(body):
        first = node.inputs[0] if node.inputs else None
        if node.op is item and first in leaves:
            k, path = leaves[first]
            leaves[node.out] = k, (*path, key_of(node))
        elif node.op in (getitem, list_get) and first in leaves:
            read(first, ())
        elif node.op is call and "rule" not in node.params:
            for k, path in found[node.params["callee"]]:
                v = node.inputs[k]
                if v in leaves:
                    read(v, path)
    active = {k: inexact_paths(v.type) for k, v in enumerate(body.params)}
    return frozenset((k, path) for k, path in parts if path in active[k])
