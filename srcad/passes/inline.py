"""inline: put small needed where they are called.

Takes a program; gives one in which needed that are not recursive, have no loops and
are small or called once stand in their callers, with fresh values and their own spans.
Other user functions stay functions, in the printed source too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from srcad.ir.graph import Graph, Node, Program, Value, nodes_of
from srcad.ir.reach import runs
from srcad.ir.structure import asks, call, callees, for_, needed, while_
from srcad.ir.walk import inlined, mapped, rebuilt, substituted, with_body

SMALL = 8
ONCE = 40


def inline(program: Program) -> Program:
    """Inline small needed, innermost first, and drop graphs nobody calls any more."""
    graphs = dict(program.graphs)
    for key in _callees_first(program):
        counts = _calls(graphs)
        graphs[key] = _inlined(graphs[key], graphs, counts, key)
    gone = set(_calls(program.graphs)) - set(_calls(graphs)) - {program.main}
    kept = {key: graph for key, graph in graphs.items() if key not in gone}
    same = all(kept.get(key) is graph for key, graph in program.graphs.items())
    return program if same else replace(program, graphs=kept)


def _inlined(
    graph: Graph, graphs: dict[Any, Graph], counts: Counter[Any], key: Any
) -> Graph:
    replaced: dict[Value, Value] = {}

    def change(node: Node) -> list[Node]:
        callee = node.params["callee"] if node.op is call else None
        if callee is None or callee == key or asks(node):
            return [node]
        if not _wanted(graphs, counts, callee):
            return [node]
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


def _wanted(graphs: dict[Any, Graph], counts: Counter[Any], callee: Any) -> bool:
    if callee not in graphs or callee in runs(graphs, callee):
        return False
    nodes = list(nodes_of(graphs[callee].body))
    if any(node.op in (for_, while_) for node in nodes):
        return False
    return len(nodes) <= SMALL or (counts[callee] == 1 and len(nodes) <= ONCE)


def _calls(graphs: Any) -> Counter[Any]:
    return Counter(
        key
        for graph in graphs.values()
        for node in nodes_of(graph.body)
        for key in callees(node)
    )


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
