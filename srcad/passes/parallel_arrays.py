"""Whether a function's array operations are such that Numba compiles them with threads.

In a function with a parallel loop Numba takes the arrays of one operation for equally
long, and raises where an axis of length 1 would be repeated. So a function that may do
that has no parallel loops.
"""

from __future__ import annotations

from collections.abc import Sequence

from srcad.ir.graph import Graph, Node, nodes_of
from srcad.ir.sizes import Dim, same_length
from srcad.ir.types import Array, Maybe, Type, Unknown
from srcad.ops.declare import Op
from srcad.ops.layout import part_type
from srcad.passes.fuse_members import MAPS

# Of several arrays, but no element of one meets one of another.
APART = frozenset(
    """make_tuple make_residual own_part add_parts matmul dot list_of list_append
    list_set concatenate zeros_like empty_as broadcast_like sum_like reshape_like
    """.split()  # noqa: SIM905
)


def may_repeat_axes(graph: Graph) -> bool:
    """Whether an operation may repeat an array along an axis of length 1."""
    return any(_may_repeat(node) for node in nodes_of(graph.body))


def _may_repeat(node: Node) -> bool:
    if not isinstance(node.op, Op) or node.op.name in APART:
        return False
    types = [v.type for v in node.inputs]
    arrays = [t for t in types if isinstance(t, Array)]
    if node.op.name in ("update", "add_at"):
        return _written(node)
    if node.op.kind == "elementwise" or node.op.name in MAPS:
        return any(map(_is_unknown, types)) or not _aligned([t.dims for t in arrays])
    return len(arrays) > 1 and node.op.name not in ("getitem",)


def _is_unknown(t: Type) -> bool:
    t = t.inner if isinstance(t, Maybe) else t
    return isinstance(t, Unknown)


def _written(node: Node) -> bool:
    """Whether what is written may be repeated to fill where it goes."""
    x, v, *index = node.inputs
    if not isinstance(v.type, Array) or not v.type.dims:
        return _is_unknown(v.type)
    part = part_type(x.type, *(i.type for i in index), layout=node.params["layout"])
    return not isinstance(part, Array) or not _aligned([part.dims, v.type.dims])


def _aligned(shapes: Sequence[Sequence[Dim]]) -> bool:
    """Whether no axis may be one that is repeated to fit."""
    first, *others = shapes or [()]
    return all(
        same_length(a, b) or not (_may_be_one(a) or _may_be_one(b))
        for shape in others
        for a, b in zip(reversed(first), reversed(shape), strict=False)
    )


def _may_be_one(dim: Dim) -> bool:
    return dim == 1 if isinstance(dim, int) else dim.may_be_one
