"""settle: differentiation is over, so what the user said of it is no longer needed.

Takes a program; gives one in which a call with a rule that nothing differentiates is
what its callee does, and graphs that only rules named are gone. Calls that were to be
computed again are plain calls.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from srcad.ir.graph import Graph, Node, Program, Value, nodes_of
from srcad.ir.structure import asks, callees, needed
from srcad.ir.walk import inlined, mapped, rebuilt, substituted, with_body
from srcad.passes.inline import resolved

SAID = ("rule", "recompute")


def settle(program: Program) -> Program:
    """Put the value's graph in the place of each call with a rule."""
    every = (n for graph in program.graphs.values() for n in nodes_of(graph.body))
    if not any(map(asks, every)):
        return program
    graphs: dict[Any, Graph] = {}
    todo = [program.main]
    while todo:
        key = todo.pop()
        if key not in graphs:
            graphs[key] = _settled(program.graphs[key], program)
            todo += needed(graphs[key].body)
    kept = {key: graphs[key] for key in program.graphs if key in graphs}
    return replace(program, graphs=kept)


def _settled(graph: Graph, program: Program) -> Graph:
    while any(map(asks, nodes_of(graph.body))):
        replaced: dict[Value, Value] = {}

        def change(node: Node, replaced: dict[Value, Value] = replaced) -> list[Node]:
            if not asks(node):
                return [node]
            if "rule" not in node.params:
                return [replace(node, params=_plain(node))]
            key = node.params["callee"]
            callee = program.graphs[key]
            if any(key in callees(n) for n in nodes_of(callee.body)):  # it recurses
                return [replace(node, params=_plain(node))]
            inputs = mapped(node.inputs, replaced)
            nodes, results = inlined(callee.body, inputs, node.outputs)
            results = list(mapped(results, replaced))
            replaced.update(zip(node.outputs, results, strict=True))
            return nodes

        body = rebuilt(graph.body, change)
        graph = with_body(graph, substituted(body, resolved(replaced)))
    return graph


def _plain(node: Node) -> dict[str, Any]:
    return {name: value for name, value in node.params.items() if name not in SAID}
