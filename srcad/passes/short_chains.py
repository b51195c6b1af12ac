"""short_chains: what an adjoint loop carries from round to round meets its factor last.

Takes a finished graph; gives one in which `x_bar * p * q - x_bar * r`, carried to the
next round, is `x_bar * (p * q - r)`. The rounds wait for one another only in what they
carry: the factor is ready before its round, and one product is left to wait for. So is
`x_bar + x_bar / y * p - x_bar / y`: it is `x_bar * (1 + (p - 1) / y)`. Only for the
Numba dialect; it changes the rounding of cotangents, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce

from srcad.ir.builder import Builder
from srcad.ir.graph import Graph, Node, Value, literal
from srcad.ir.structure import Loop, for_, loop_of
from srcad.ir.types import Scalar
from srcad.ir.walk import rebuilt, with_block, with_body, with_parts
from srcad.ops.arithmetic import add, divide, multiply, negative, subtract
from srcad.ops.declare import Op
from srcad.passes.dce import dce

MOST = 16  # operations that a factor is looked for behind, and that it has


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
        if term is not None and term.size > 1 and term.is_safe:
            found[after] = (before, term.factor)
    return [_factored(node, loop, found)] if found else [node]


def _is_float(value: Value) -> bool:
    return isinstance(value.type, Scalar) and value.type.kind == "float"


@dataclass(frozen=True)
class _Part:
    """A summand of a factor: a tree of operations, taken away if `minus`.

    tree : (operation, operands), a value, or None for 1.
    """

    tree: _Tree | None = None
    minus: bool = False

    def joined(self, other: _Part) -> _Part:
        """The sum of two."""
        if self.minus == other.minus:
            return replace(self, tree=(add, self.tree, other.tree))
        plus, less = (other, self) if self.minus else (self, other)
        return _Part((subtract, plus.tree, less.tree))


_Tree = Value | tuple[Op, *tuple["_Tree | None", ...]]


@dataclass(frozen=True, eq=False)
class _Term:
    """A value that is `carried * factor`.

    parts : the summands of the factor, each still to be divided by its key.
    size : how many operations it stands for.
    """

    parts: Mapping[Value | None, _Part]
    size: int

    @property
    def is_safe(self) -> bool:
        """Whether it has no 1 / y, which is infinite where `carried / y` is not."""
        return all(by is None or part.tree for by, part in self.parts.items())

    @property
    def factor(self) -> _Tree | None:
        """The factor as one tree."""
        parts = [
            part if by is None else replace(part, tree=(divide, part.tree, by))
            for by, part in self.parts.items()
        ]
        whole = reduce(_Part.joined, parts)
        return (negative, whole.tree) if whole.minus else whole.tree

    def joined(self, other: _Term, op: Op) -> _Term:
        """The sum of two, or the difference; what has one divisor is divided once."""
        parts = dict(self.parts)
        for by, part in other.parts.items():
            signed = replace(part, minus=part.minus != (op is subtract))
            parts[by] = parts[by].joined(signed) if by in parts else signed
        return _Term(parts, self.size + other.size + 1)

    def single(self) -> tuple[Value | None, _Part] | None:
        """The factor as one summand and what it is to be divided by."""
        if len(self.parts) == 1:
            return next(iter(self.parts.items()))
        return (None, _Part(self.factor)) if self.is_safe else None


class _Terms:
    """Values of a loop's body as multiples of one that the loop carries."""

    def __init__(self, loop: Loop) -> None:
        self.makers = {v: n for n in loop.body.nodes for v in n.outputs}
        self.known: dict[tuple[Value, Value], _Term | None] = {}
        self.waiting = set(loop.carried)  # what depends on the round before
        for node in loop.body.nodes:
            if node.blocks or not self.waiting.isdisjoint(node.inputs):
                self.waiting.update(node.outputs)

    def of(self, value: Value, carried: Value, most: int) -> _Term | None:
        """A value as a multiple of what is carried; None where it is not."""
        if value is carried:
            return _Term({None: _Part()}, 0)
        key = value, carried
        if key not in self.known:
            found = self.operation(value, carried, most)
            self.known[key] = None if found is None or found.size > MOST else found
        return self.known[key]

    def operation(self, value: Value, carried: Value, most: int) -> _Term | None:
        """The same, for what an operation gives."""
        node = self.makers.get(value)
        if node is None or not most or not _is_float(value):
            return None
        if node.op in (multiply, divide):
            return self.product(node, carried, most)
        if node.op in (add, subtract):
            left, right = (self.of(v, carried, most - 1) for v in node.inputs)
            if left is not None and right is not None:
                return left.joined(right, node.op)
        return None

    def product(self, node: Node, carried: Value, most: int) -> _Term | None:
        """A product of such a multiple and what is known before, or a quotient."""
        x, y = node.inputs
        if node.op is multiply and x not in self.waiting:
            x, y = y, x
        if y in self.waiting or not _is_number(y):
            return None
        term = self.of(x, carried, most - 1)
        if term is None or (single := term.single()) is None:
            return None
        by, part = single
        if node.op is multiply:
            tree = y if part.tree is None else (multiply, part.tree, y)
            return _Term({by: replace(part, tree=tree)}, term.size + 1)
        if by is not None:
            if part.tree is None:
                return None
            part = replace(part, tree=(divide, part.tree, by))
        return _Term({y: part}, term.size + 1)


def _is_number(value: Value) -> bool:
    return isinstance(value.type, Scalar) and value.type.kind in ("int", "float")


def _factored(
    node: Node, loop: Loop, found: Mapping[Value, tuple[Value, _Tree | None]]
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
    op, *operands = tree
    return op(*map(_written, operands))
