"""rows: an element of a row is an element of the matrix.

Takes a graph; gives one where `row[j]`, of `row = x[i]`, is `x[i, j]`. For a compiler,
which then needs no view; a person reads the row as it was written.
"""

from __future__ import annotations

from srcad.ir.graph import Graph, Node
from srcad.ir.walk import definitions, rebuilt, with_body
from srcad.ops.index import of_whole


def rows(graph: Graph) -> Graph:
    """Read elements of rows from the arrays that the rows are of."""
    makers = definitions(graph.body)

    def change(node: Node) -> list[Node]:
        return [of_whole(node, makers)]

    return with_body(graph, rebuilt(graph.body, change))
