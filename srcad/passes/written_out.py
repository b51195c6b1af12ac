"""written_out: calls that a compiler lacks, as what their operations are made of.

Takes a graph; gives one in which

    slope = np.polyder(p)      ->      slope = p[:-1] * np.arange(1, len(p))[::-1]

Each of these operations is a composition of others (`ops/derived.py`) and stands for
one call of NumPy, which a reader likes better and Numba does not know. Only for the
Numba dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from srcad.ir.builder import Builder
from srcad.ir.graph import Graph, Node, Value, nodes_of
from srcad.ir.sizes import Dim, same_length
from srcad.ir.types import dims_of
from srcad.ir.walk import rebuilt, substituted, with_body
from srcad.ops.derived import Composition, written
from srcad.passes.cse import cse
from srcad.passes.dce import dce
from srcad.passes.simplify import simplify

# Of compositions, those that Numba lacks.
LACKED = frozenset(
    """dstack matvec nanstd nanvar polyadd polyder polyfit polyint polymul polysub
    polyval vecmat""".split()  # noqa: SIM905
)


def _of_several_axes(node: Node) -> bool:
    return len(dims_of(node.inputs[0].type) or ()) > 1


def _along_axes(node: Node) -> bool:
    """Whether a reduction or a scan is of arrays along axes, or keeps them."""
    several = _of_several_axes(node) and node.params.get("axis") is not None
    return several or bool(node.params.get("keepdims"))


def _by_a_vector(node: Node) -> bool:
    """Whether `np.compress` takes some places of an axis; else NumPy refuses."""
    method = node.op.name == "compress_method"
    condition = dims_of(node.inputs[1 if method else 0].type)
    return condition is not None and len(condition) == 1


def _of_one_length(node: Node) -> bool:
    """Whether nothing is repeated along the axis; for `np.vecdot` that is an error."""
    x, y = (dims_of(v.type) for v in node.inputs)
    if not x or not y or node.params.get("axis", -1) != -1:
        return False
    return same_length(x[-1], y[-1]) or not (_may_be_one(x[-1]) or _may_be_one(y[-1]))


def _may_be_one(dim: Dim) -> bool:
    return dim == 1 if isinstance(dim, int) else dim.may_be_one


# Those that it lacks at times, or whose body does not see an error that NumPy sees.
LACKED_AT_TIMES: Mapping[str, Callable[[Node], bool]] = {
    "choose": lambda node: "mode" in node.params,  # places are in range then
    "compress": _by_a_vector,
    "compress_method": _by_a_vector,
    "nancumprod": _along_axes,
    "nancumsum": _along_axes,
    "nanmean": _along_axes,
    "nanprod": _along_axes,
    "nansum": _along_axes,
    "trapezoid": _of_several_axes,
    "vecdot": _of_one_length,
}


def written_out(graph: Graph) -> Graph:
    """Write the bodies of the operations that Numba lacks."""
    found = graph
    while any(_lacked(node) for node in nodes_of(found.body)):
        found = _once(found)
    return graph if found is graph else dce(cse(simplify(found)))


def _lacked(node: Node) -> bool:
    if not isinstance(node.op, Composition):
        return False
    asked = LACKED_AT_TIMES.get(node.op.name)
    return node.op.name in LACKED if asked is None else asked(node)


def _once(graph: Graph) -> Graph:
    same: dict[Value, Value] = {}

    def change(node: Node) -> Sequence[Node]:
        if not _lacked(node):
            return [node]
        builder = Builder()
        builder.span = node.span
        with builder.active():
            nodes, results = written(node)
        same.update(
            (out, v)
            for out, v in zip(node.outputs, results, strict=True)
            if out is not v
        )
        return nodes

    body = rebuilt(graph.body, change)
    return with_body(graph, substituted(body, same))
