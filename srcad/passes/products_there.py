"""products_there: a matrix product that a round makes goes to memory that is there.

Takes a graph whose loops keep in arrays; gives one in which

    for t in range(steps):                  for t in range(steps):
        y = a @ b                  ->           y = np.empty((len(a), b.shape[1]))
                                                np.dot(a, b, y)

so that `kept_there` and `made_once` may find that array another place: where it is
kept, or before the loop. `products_back` takes back what found none.
"""

from __future__ import annotations

from collections.abc import Sequence

from srcad.ir.builder import Builder
from srcad.ir.graph import Graph, Node, Value, nodes_of
from srcad.ir.structure import LOOPS
from srcad.ir.types import Array
from srcad.ir.walk import definitions, rebuilt, with_block, with_body, with_parts
from srcad.ops.filled import empty
from srcad.ops.nests import product_into
from srcad.ops.products import dot, matmul
from srcad.ops.shapes import dim, len_of
from srcad.passes.dce import dce

DTYPES = ("float64", "float32", "complex128")
RANKS = ((2, 2), (2, 1), (1, 2))


def products_there(graph: Graph) -> Graph:
    """Write the products of each round into arrays made for them."""
    return with_body(graph, rebuilt(graph.body, _written))


def _written(node: Node) -> Sequence[Node]:
    if node.op not in LOOPS:
        return [node]
    *test, body = node.blocks
    if not any(map(_is_product, body.nodes)):
        return [node]
    builder = Builder()
    for inner in body.nodes:
        if _is_product(inner):
            _into(inner, builder)
        else:
            builder.add(inner)
    return [with_parts(node, None, [*test, with_block(body, builder.nodes)])]


def _is_product(node: Node) -> bool:
    """Whether a node is a product of which one factor is a matrix, of one dtype."""
    if node.op not in (matmul, dot):
        return False
    types = [v.type for v in (*node.inputs, node.out)]
    found = [t for t in types if isinstance(t, Array) and t.dtype in DTYPES]
    one = len(found) == len(types) and len({t.dtype for t in found}) == 1
    return one and tuple(len(t.dims) for t in found[:2]) in RANKS


def _into(node: Node, builder: Builder) -> None:
    """Write a product into an array made for it."""
    (x, y), t = node.inputs, node.out.type
    made = Value(node.out.name or "product", t)
    assert isinstance(t, Array)
    with builder.active(), builder.at(node.span):
        lengths = _lengths(x)[:-1] + _lengths(y)[1:]
    dtype = {} if t.dtype == "float64" else {"dtype": t.dtype}
    params = {"scalar": len(lengths) == 1, **dtype}
    builder.add(Node(empty, tuple(lengths), (made,), params, (), node.span))
    into = {"inplace": True, "dot": node.op is dot}
    builder.add(Node(product_into, (made, x, y), node.outputs, into, (), node.span))


def _lengths(x: Value) -> list[Value]:
    """The lengths of a vector or a matrix."""
    assert isinstance(x.type, Array)
    if len(x.type.dims) == 1:
        return [len_of(x)]
    return [dim(x, k=0), dim(x, k=1)]


def products_back(graph: Graph) -> Graph:
    """Write as products again those whose arrays are still made in their rounds."""
    if not any(node.op is product_into for node in nodes_of(graph.body)):
        return graph
    makers = definitions(graph.body)

    def back(node: Node) -> Sequence[Node]:
        made = makers.get(node.inputs[0]) if node.op is product_into else None
        if made is None or made.op is not empty or made.params.get("scratch"):
            return [node]
        op = dot if node.params["dot"] else matmul
        return [Node(op, node.inputs[1:], node.outputs, {}, (), node.span)]

    return dce(with_body(graph, rebuilt(graph.body, back)))
