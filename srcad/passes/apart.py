"""apart: what a write in place reads of its own array is copied first.

Takes a graph; gives one where `x[1:] += x[:-1]` adds a copy. NumPy looks whether the
two overlap, and copies by itself; a loop over elements would read what it just wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from srcad.ir.builder import Builder
from srcad.ir.graph import Graph, Node, Value
from srcad.ir.types import Array
from srcad.ir.walk import rebuilt, with_body, with_parts
from srcad.ops.creation import copy
from srcad.passes.buffers import Buffers, Summary


def apart(graph: Graph, summaries: Mapping[Any, Summary]) -> Graph:
    """Copy what a write in place reads through a view of what it writes to.

    A plain `x[...] = v` is left: compilers of NumPy copy there themselves.
    summaries : what is known of the memory of callees.
    """
    buffers = Buffers(graph, summaries=summaries)

    def change(node: Node) -> list[Node]:
        inplace = bool(node.params.get("inplace")) and node.op.name != "update"
        # What is not in place writes to a copy, which may have the name of its source.
        if not (inplace or node.op.name == "add_at"):
            return [node]
        x, *others = node.inputs
        builder = Builder()
        with builder.active(), builder.at(node.span):
            read = [copy(v) if overlaps(node, v) else v for v in others]
        return [*builder.nodes, with_parts(node, (x, *read))]

    def overlaps(node: Node, v: Value) -> bool:
        x = node.inputs[0]
        if not (isinstance(x.type, Array) and isinstance(v.type, Array)):
            return False
        whole = v is x and node.op.name != "add_at"  # `x *= x`, entry by entry
        return not whole and buffers.may_share(x, v)

    return with_body(graph, rebuilt(graph.body, change))
