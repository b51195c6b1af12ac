"""short_chains: what an adjoint loop carries from round to round meets its factor last.

Takes a finished graph; gives one in which `x_bar * p * q - x_bar * r`, carried to the
next round, is `x_bar * (p * q - r)`. The rounds wait for one another only in what they
carry: the factor is ready before its round, and one product is left to wait for. Only
for the Numba dialect; it changes the rounding of cotangents, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from srcad.ir.builder import Builder
from srcad.ir.graph import Graph, Node, Value, literal
from srcad.ir.structure import Loop, for_, loop_of
from srcad.ir.types import Scalar
from srcad.ir.walk import rebuilt, with_block, with_body, with_parts
from srcad.ops.arithmetic import add, divide, multiply, subtract
from srcad.ops.declare import Op
from srcad.passes.dce import dce

MOST = 6  # operations that a factor is looked for behind


def short_chains(graph: Graph) -> Graph:
    """Factor what adjoint loops carry."""
    body = rebuilt(graph.body, _changed)
    return graph if body is graph.body else dce(with_body(graph, body))


def _changed(node: Node) -> list[Node]:
    if node.op is not for_ or not node.params.get("reverse"):
        return [node]
    loop = loop_of(node)
    pairs = [
        (before, after)
        for before, after in zip(loop.carried, loop.carried_next, strict=True)
        if before.name.endswith("_bar") and _is_float(before) and _is_float(after)
    ]
    if not pairs:
        return [node]
    terms, found = _Terms(loop), {}
    for before, after in pairs:
        term = terms.of(after, before, MOST)
        if term is not None and term.factor is not None and term.depth > 1:
            found[after] = (before, term.factor)
    return [_factored(node, loop, found)] if found else [node]


def _is_float(value: Value) -> bool:
    return isinstance(value.type, Scalar) and value.type.kind == "float"


@dataclass(frozen=True, eq=False)
class _Term:
    """A value that is `carried * factor`, the factor as a tree of operations.

    factor : (operation, left, right), a value, or None for 1.
    depth : how many operations stand between the two.
    """

    factor: _Tree | None
    depth: int


_Tree = Value | tuple[Op, "_Tree | None", "_Tree | None"]


class _Terms:
    """Values of a loop's body as multiples of one that the loop carries."""

    def __init__(self, loop: Loop) -> None:
        self.makers = {v: n for n in loop.body.nodes for v in n.outputs}
        self.waiting = set(loop.carried)  # what depends on the round before
        for node in loop.body.nodes:
            if node.blocks or not self.waiting.isdisjoint(node.inputs):
                self.waiting.update(node.outputs)

    def of(self, value: Value, carried: Value, most: int) -> _Term | None:
        """A value as a multiple of what is carried; None where it is not."""
        if value is carried:
            return _Term(None, 0)
        node = self.makers.get(value)
        if node is None or not most or not _is_float(value):
            return None
        if node.op in (multiply, divide):
            return self.product(node, carried, most)
        if node.op in (add, subtract):
            left, right = (self.of(v, carried, most - 1) for v in node.inputs)
            if left is not None and right is not None:
                depth = max(left.depth, right.depth) + 1
                op = add if node.op is add else subtract
                return _Term((op, left.factor, right.factor), depth)
        return None

    def product(self, node: Node, carried: Value, most: int) -> _Term | None:
        """A product of such a multiple and what is known before, or a quotient."""
        x, y = node.inputs
        if node.op is multiply and x not in self.waiting:
            x, y = y, x
        if y in self.waiting or not _is_number(y):
            return None
        term = self.of(x, carried, most - 1)
        if term is None or (term.factor is None and node.op is divide):
            return None  # 1 / y would be infinite where x / y is not
        if term.factor is None:
            return _Term(y, 1)
        op = multiply if node.op is multiply else divide
        return _Term((op, term.factor, y), term.depth + 1)


def _is_number(value: Value) -> bool:
    return isinstance(value.type, Scalar) and value.type.kind in ("int", "float")


def _factored(
    node: Node, loop: Loop, found: Mapping[Value, tuple[Value, _Tree]]
) -> Node:
    """The loop with some of what it carries written as one product."""
    builder = Builder()
    for inner in loop.body.nodes:
        changed = found.get(inner.outputs[0]) if len(inner.outputs) == 1 else None
        if changed is not None:
            before, tree = changed
            with builder.active(), builder.at(inner.span):
                inputs = (before, _written(tree))
            inner = replace(inner, op=multiply, inputs=inputs, params={})
        builder.add(inner)
    return with_parts(node, None, [with_block(loop.body, builder.nodes)])


def _written(tree: _Tree | None) -> Value:
    """A factor, as nodes of the builder in use."""
    if tree is None:
        return literal(1.0)
    if isinstance(tree, Value):
        return tree
    op, left, right = tree
    return op(_written(left), _written(right))
