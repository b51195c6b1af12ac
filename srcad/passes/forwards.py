"""forwards: an adjoint loop goes forward where its rounds do not depend on one another.

Takes a program whose array operations are loops; gives one in which

    for i in range(n - 1, -1, -1):          for i in range(n):
        x_bar[i] += y_bar[i] * w[i]   ->        x_bar[i] += y_bar[i] * w[i]

A compiler cannot tell that an index that counts down is never negative, so it asks in
each round, and does one round at a time; forward it does several at once. The proof is
that of loops on threads (`parallel_rounds.py`), with nothing that rounds add up: each
round reads and writes only elements of its own, so no number changes in any bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from srcad.ir.graph import Block, Graph, Literal, Node, Program, Value, nodes_of
from srcad.ir.structure import for_, loop_of
from srcad.ir.types import Range
from srcad.ir.walk import definitions, each_graph, with_block, with_body, with_parts
from srcad.ops.lists import range_
from srcad.passes.buffers import Buffers, Summary
from srcad.passes.parallel_rounds import rounds_of


def forwards(program: Program, summaries: Mapping[Any, Summary]) -> Program:
    """Let loops go forward whose rounds are independent.

    summaries : what is known of the memory of callees.
    """

    def turned(graph: Graph) -> Graph:
        makers = definitions(graph.body)
        if not any(counts_down(node, makers) for node in nodes_of(graph.body)):
            return graph
        buffers = Buffers(graph, summaries=summaries)
        return with_body(graph, _block(graph.body, buffers, program))

    return each_graph(program, turned)


def counts_down(node: Node, makers: Mapping[Value, Node]) -> bool:
    """Whether a node is a loop that goes from the end of its ranges to the front."""
    if node.op is not for_ or not node.params.get("reverse"):
        return False
    made = [makers.get(v) for v in loop_of(node).walked if isinstance(v.type, Range)]
    steps = [n.inputs[2] if n and n.op is range_ else None for n in made]
    return all(isinstance(v, Literal) and v.value > 0 for v in steps)


def _block(block: Block, buffers: Buffers, program: Program) -> Block:
    nodes = []
    for node in block.nodes:
        found = with_parts(
            node, blocks=[_block(inner, buffers, program) for inner in node.blocks]
        )
        if counts_down(node, buffers.made) and _is_free(node, buffers, program):
            found = replace(found, params={**node.params, "reverse": False})
        nodes.append(found)
    return with_block(block, nodes)


def _is_free(node: Node, buffers: Buffers, program: Program) -> bool:
    """Whether the rounds of a loop may run in any order."""
    rounds = rounds_of(node, buffers, program, ())
    return rounds is not None and not rounds.sums and not rounds.shared
