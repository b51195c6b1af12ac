"""inline: put small callees where they are called.

Takes a program; gives one in which callees that are not recursive and are small, or
called once, stand in their callers, with fresh values and their own spans. How small is
a `Measure`. Other user functions stay functions, in the printed source too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from srcad.ir.graph import Graph, Node, Program, Value, nodes_of
from srcad.ir.reach import runs
from srcad.ir.structure import LOOPS, asks, call, callees, needed, run_by
from srcad.ir.walk import inlined, mapped, rebuilt, substituted, with_body


@dataclass(frozen=True)
class Measure:
    """Which callees are small, in nodes.

    each : those of at most this size go wherever they are called.
    once : those of at most this size go where that is the only call.
    whole : no caller grows past this size.
    loops : whether callees with loops go as well.
    halves : whether only the two halves go of a derivative that is asked for inside.
    """

    each: int
    once: int
    whole: int
    loops: bool
    halves: bool = False


# For a person: what is printed keeps the user's functions.
READ = Measure(each=8, once=40, whole=100_000, loops=False)
# For a compiler: the adjoint of a call keeps a tuple of all that it needs, and makes
# its cotangents anew; that of what stands in a loop adds to what is there.
COMPILED = Measure(each=60, once=400, whole=400, loops=True)
# For a compiler too, before that: where both halves stand in one function, nothing is
# kept for the second, and of several second halves what they share is computed once.
HALVES = Measure(each=400, once=400, whole=1000, loops=True, halves=True)


def inline(program: Program, measure: Measure = READ) -> Program:
    """Inline small callees, innermost first, and drop graphs nobody calls any more."""
    graphs = dict(program.graphs)
    counts = _calls(graphs.values())
    straight: set[Any] = set()  # those that cannot come round to themselves
    for key in _callees_first(program):
        before = graphs[key]
        straight.update({key} if straight.issuperset(_run(graphs, key)) else ())
        graphs[key] = after = _inlined(before, graphs, counts, straight, key, measure)
        if after is not before:
            counts.subtract(_calls([before]))
            counts.update(_calls([after]))
    gone = {key for key, count in counts.items() if not count} - {program.main}
    kept = {key: graph for key, graph in graphs.items() if key not in gone}
    same = all(kept.get(key) is graph for key, graph in program.graphs.items())
    return program if same else replace(program, graphs=kept)


def _inlined(
    graph: Graph,
    graphs: dict[Any, Graph],
    counts: Counter[Any],
    straight: set[Any],
    key: Any,
    measure: Measure,
) -> Graph:
    replaced: dict[Value, Value] = {}
    size = _size(graph)

    def change(node: Node) -> list[Node]:
        nonlocal size
        callee = node.params["callee"] if node.op is call else None
        if callee is None or callee == key or asks(node):
            return [node]
        if measure.halves and not node.params.get("half"):
            return [node]
        if not _wanted(graphs, counts, straight, callee, measure):
            return [node]
        more = _size(graphs[callee])
        if size + more > measure.whole:
            return [node]
        size += more
        arguments = mapped(node.inputs, replaced)
        nodes, results = inlined(graphs[callee].body, arguments, node.outputs)
        replaced.update(zip(node.outputs, mapped(results, replaced), strict=True))
        return nodes

    body = rebuilt(graph.body, change)
    return with_body(graph, substituted(body, resolved(replaced)))


def resolved(replaced: dict[Value, Value]) -> dict[Value, Value]:
    """What each result of an inlined call is in the end: it may be one of another."""
    found = {}
    for old, new in replaced.items():
        while new in replaced:
            new = replaced[new]
        found[old] = new
    return found


def _wanted(
    graphs: dict[Any, Graph],
    counts: Counter[Any],
    straight: set[Any],
    callee: Any,
    measure: Measure,
) -> bool:
    if callee not in graphs:
        return False
    if callee not in straight and callee in runs(graphs, callee):
        return False
    nodes = list(nodes_of(graphs[callee].body))
    if not measure.loops and any(node.op in LOOPS for node in nodes):
        return False
    once = counts[callee] == 1
    return len(nodes) <= (measure.once if once else measure.each)


def _size(graph: Graph) -> int:
    return sum(1 for _ in nodes_of(graph.body))


def _calls(graphs: Iterable[Graph]) -> Counter[Any]:
    """How often each graph is called, or named in a rule."""
    nodes = (node for graph in graphs for node in nodes_of(graph.body))
    return Counter(key for node in nodes for key in callees(node))


def _run(graphs: dict[Any, Graph], key: Any) -> set[Any]:
    """The graphs that one runs itself."""
    found = {k for node in nodes_of(graphs[key].body) for k in run_by(node)}
    return found & graphs.keys()


def _callees_first(program: Program) -> list[Any]:
    """The graphs in an order in which callees come before their callers."""
    order: list[Any] = []
    seen: set[Any] = set()

    def visit(key: Any) -> None:
        if key in seen or key not in program.graphs:
            return
        seen.add(key)
        for callee in needed(program.graphs[key].body):
            visit(callee)
        order.append(key)

    for key in program.graphs:
        visit(key)
    return order
