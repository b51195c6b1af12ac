"""The rounds of one part of a loop, as a function of the program.

Takes the nodes that do the rounds; gives a graph that its caller calls as often as the
part is needed, so that their code stands once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from srcad.ir.builder import Builder
from srcad.ir.graph import Block, Graph, Node, Value, free_values
from srcad.ir.structure import call
from srcad.ir.types import INT
from srcad.ir.walk import copied, mapped
from srcad.passes.buffers import Buffers, Summary
from srcad.passes.dce import dce


@dataclass(frozen=True, eq=False)
class Function:
    """A graph, and how it is called.

    inputs : what a call hands over, where nothing else is said.
    handed : the positions of what is written to in place.
    """

    key: Any
    graph: Graph
    inputs: tuple[Value, ...]
    handed: tuple[int, ...]

    def called(
        self, builder: Builder, given: Mapping[Value, Value], outputs: Sequence[Value]
    ) -> None:
        """Write a call; `given` are the arguments for some of the inputs."""
        params = {"callee": self.key, "handed": self.handed}
        inputs = mapped(self.inputs, given)
        builder.add(Node(call, inputs, tuple(outputs), params, (), builder.span))


def as_function(
    key: Any,
    caller: Graph,
    nodes: Sequence[Node],
    results: Sequence[Value],
    order: tuple[Sequence[Value], Sequence[Value]],
    summaries: Mapping[Any, Summary],
) -> Function:
    """These nodes as a function that gives the results.

    caller : the graph whose values the nodes read.
    order : the inputs that come first, and those that come last.
    summaries : what is known of the memory of callees.
    """
    body = dce(Graph("", Block((), tuple(nodes), tuple(results)))).body
    before, after = order
    read = free_values(body)
    free = [v for v in read if v not in (*before, *after)]
    inputs = tuple(v for v in (*before, *free, *after) if v in read)
    known = {v: _param(v) for v in inputs}
    inner = copied(body, known)
    params = tuple(known.values())
    body = Block(params, inner.nodes, inner.results)
    graph = Graph(f"{caller.name}_part", body, caller.source)
    buffers = Buffers(graph, summaries=summaries)
    written = {p.by for node in inner.nodes for p in buffers.written(node)}
    handed = tuple(k for k, v in enumerate(params) if v in written)
    return Function(key, graph, inputs, handed)


def _param(value: Value) -> Value:
    """A parameter for a value; a whole number without a name is some length."""
    return Value(value.name or "n" if value.type == INT else value.name, value.type)
