"""narrow: numbers that meet arrays of single precision are of that precision, too.

Takes a graph; gives one where, for an array `h` of float32,

    g = 2.0 * h                ->       g = np.float32(2.0) * h

To NumPy a Python number has no precision of its own. To Numba it is a float64, and so
would be the result, which then meets no float32 in a matrix product or on another way
through a branch. Only for the Numba dialect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from srcad.ir.builder import Builder
from srcad.ir.graph import Graph, Node, Value, is_literal, nodes_of
from srcad.ir.types import Array, Scalar
from srcad.ir.walk import definitions, rebuilt, with_body, with_parts
from srcad.ops.declare import Op
from srcad.ops.fit import cast

# For arrays of these, numbers of this dtype.
NARROW = {"float32": "float32", "complex64": "float32"}
OWN = ("getitem", "cast")  # what gives numbers as narrow as their type says
# Operations that are printed with numbers of their own.
WIDENING = ("masked", "share", "power_slope", "power_or_zero", "log_or_zero")


def narrow(graph: Graph) -> Graph:
    """Give numbers the precision of the arrays that they meet."""
    if not any(map(_dtype, nodes_of(graph.body))):
        return graph
    makers = definitions(graph.body)

    def changed(node: Node) -> list[Node]:
        dtype = _dtype(node)
        wide = [v for v in node.inputs if dtype and _is_wide(v, makers)]
        if node.op.name == "share":  # of x and 0 the sign of x is asked, not of x - 0
            wide = [v for v in wide if not is_literal(v, 0.0)]
        builder = Builder()
        with builder.active(), builder.at(node.span):
            found = {v: cast(v, dtype=_of(v, dtype)) for v in dict.fromkeys(wide)}
        inputs = [found.get(v, v) for v in node.inputs]
        return [*builder.nodes, *_narrowed(with_parts(node, inputs), dtype)]

    return with_body(graph, rebuilt(graph.body, changed))


def _dtype(node: Node) -> str:
    """The dtype of an elementwise operation on arrays, where it is a narrow one."""
    if not isinstance(node.op, Op) or len(node.outputs) != 1:
        return ""
    if node.op.kind != "elementwise" and node.op.name not in ("where", *WIDENING):
        return ""
    t = node.out.type
    return t.dtype if isinstance(t, Array) and t.dtype in NARROW else ""


def _is_wide(value: Value, makers: Mapping[Value, Node]) -> bool:
    """Whether Numba may have a number in double precision; integers widen nothing."""
    t, node = value.type, makers.get(value)
    if not isinstance(t, Scalar) or t.kind not in ("float", "complex"):
        return False
    return t.dtype not in NARROW or node is None or node.op.name not in OWN


def _narrowed(node: Node, dtype: str) -> list[Node]:
    """An operation and, where it may have widened its result, what takes that back."""
    if not dtype or node.op.name not in WIDENING:
        return [node]
    wide = Value("", node.out.type)
    params = {"dtype": dtype}
    return [
        replace(node, outputs=(wide,)),
        Node(cast, (wide,), node.outputs, params, (), node.span),
    ]


def _of(value: Value, dtype: str) -> str:
    """The dtype that a number is given where it meets arrays of a dtype."""
    complex_number = isinstance(value.type, Scalar) and value.type.kind == "complex"
    return dtype if complex_number else NARROW[dtype]
