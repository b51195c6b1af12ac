"""plain_slices: `x[..., 0]` as `x[:, 0]`, for a compiler that knows no Ellipsis.

Takes a graph; gives one where the indices of arrays of known rank have no "...".
"""

from __future__ import annotations

from dataclasses import replace

from srcad.ir.graph import Graph, Node
from srcad.ir.types import dims_of
from srcad.ir.walk import rebuilt, with_body
from srcad.ops.layout import THEN, Layout

WHOLE = ("slice", False, False, False)


def plain_slices(graph: Graph) -> Graph:
    """Write each "..." as the slices that it stands for."""
    return with_body(graph, rebuilt(graph.body, _node))


def _node(node: Node) -> list[Node]:
    layout = node.params.get("layout")
    dims = dims_of(node.inputs[0].type) if node.inputs else None
    if node.op.name not in ("getitem", "update", "add_at") or dims is None:
        return [node]
    if not isinstance(layout, tuple) or "..." not in layout or THEN in layout:
        return [node]
    return [replace(node, params={**node.params, "layout": plain(layout, len(dims))})]


def plain(layout: Layout, rank: int) -> Layout:
    """A layout of a rank without "..."."""
    used = sum(1 for entry in layout if entry not in ("new", "..."))
    k = layout.index("...")
    return (*layout[:k], *[WHOLE] * (rank - used), *layout[k + 1 :])
