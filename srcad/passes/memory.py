"""plan_program: memory across calls.

Takes a finished program; gives one with every graph planned, by `planner.py`. A callee
may write to an array argument where that makes `x[i] += v` in it cost no more than the
element: each caller then hands over a buffer that nobody reads any more, or a copy.
Such a call carries the positions in `params["handed"]`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from srcad.ir.graph import Graph, Node, Program, nodes_of
from srcad.ir.structure import call, callees
from srcad.ir.types import Array
from srcad.passes.buffers import Buffers, Shared, Summary, writes_in_place
from srcad.passes.planner import Handed, Planner, may_write, plan


def plan_program(program: Program) -> Program:
    """Plan every graph; the results of those that nobody calls are kept apart."""
    called: set[Any] = set()
    given: set[Any] = set()  # to operations, which keep what they hand over
    for graph in program.graphs.values():
        for node in nodes_of(graph.body):
            (called if node.op is call else given).update(callees(node))
    handed: dict[Any, frozenset[int]] = {}
    known: dict[Any, Summary] = {}
    if called:
        called -= {program.main, *given}
        handed = _handed(program, summaries(program, None), called)
        known = summaries(program, handed)
    graphs = {
        key: plan(
            graph,
            owned=handed.get(key, ()),
            summaries=known,
            handed=handed,
            separate=key not in called,
        )
        for key, graph in program.graphs.items()
    }
    if all(graphs[key] is graph for key, graph in program.graphs.items()):
        return program
    return replace(program, graphs=graphs)


def _handed(
    program: Program, known: Mapping[Any, Summary], called: set[Any]
) -> dict[Any, frozenset[int]]:
    """Which arguments callees write to: those of arrays, as long as they really do."""
    handed = {
        key: frozenset(
            k for k, v in enumerate(graph.body.params) if isinstance(v.type, Array)
        )
        for key, graph in program.graphs.items()
        if key in called
    }
    while True:
        found = {}
        for key, positions in handed.items():
            graph = program.graphs[key]
            planner = Planner(graph, positions, known, handed)
            planner.settle()
            params = planner.parts_written()
            found[key] = frozenset(
                k for k in positions if graph.body.params[k] in params
            )
        if found == handed:
            return found
        handed = found


def summaries(program: Program, handed: Handed | None) -> dict[Any, Summary]:
    """What callers have to know of each graph's memory.

    What was not handed over is copied before it is written, so that only views share
    it; `handed` None: any could be. Starts from "nothing" and grows until it holds
    still, so recursion is fine.
    """
    written = _grown(program, may_write)
    if handed is None:
        return written
    viewed = _grown(program, lambda node: False)
    found = {}
    for key in program.graphs:
        mine = handed.get(key, frozenset())
        pairs = zip(viewed[key].results, written[key].results, strict=True)
        results = [replace(b, params=a.params | (b.params & mine)) for a, b in pairs]
        found[key] = replace(written[key], results=tuple(results))
    return found


def planned_summaries(program: Program) -> dict[Any, Summary]:
    """The summaries of a planned program: it writes in place where it says so."""
    return _grown(program, writes_in_place)


def _grown(program: Program, in_place: Callable[[Node], bool]) -> dict[Any, Summary]:
    known = {
        key: Summary(tuple(Shared() for _ in graph.body.results))
        for key, graph in program.graphs.items()
    }
    while True:
        found = {k: _summary(g, known, in_place) for k, g in program.graphs.items()}
        if found == known:
            return known
        known = found


def _summary(
    graph: Graph, known: Mapping[Any, Summary], in_place: Callable[[Node], bool]
) -> Summary:
    buffers = Buffers(graph, in_place, summaries=known)
    position = {v: k for k, v in enumerate(graph.body.params)}
    reached = [buffers.reach(v) for v in graph.body.results]
    made = [{p for p in places if p.by is not None} for places in reached]
    results = []
    for k, places in enumerate(made):
        others = [j for j, other in enumerate(made) if j != k and places & other]
        params = frozenset(position[p.by] for p in places if p.by in position)
        outside = any(p.by is None for p in reached[k])
        results.append(Shared(params, frozenset(others), outside))
    gone = frozenset(k for v, k in position.items() if v in buffers.escaped)
    return Summary(tuple(results), gone)
