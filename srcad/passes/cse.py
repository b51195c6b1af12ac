"""cse: compute equal things once.

Takes a graph; gives one where a pure node with the same operation, inputs and params as
one above it is gone, its readers reading the earlier value, which keeps its span. Equal
values that a loop walks, carries or collects twice, or a branch gives out twice, are
one too.

Nodes that only make room (zeros, empty, copies) are left: making room once more is what
a copy would cost.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from srcad.ir.graph import Block, Graph, Literal, Node, Value
from srcad.ir.structure import (
    LOOPS,
    Structural,
    for_,
    if_,
    loop_of,
    try_,
    while_,
    with_,
)
from srcad.ir.types import Array
from srcad.ir.walk import mapped, picked, with_block, with_body, with_parts
from srcad.ops.declare import Op

COMMUTATIVE = frozenset(
    [
        "add",
        "multiply",
        "equal",
        "not_equal",
        "bit_and",
        "bit_or",
        "bit_xor",
        "logical_and",
        "logical_or",
    ]
)
ROOM = frozenset(
    [
        "zeros",
        "zeros_like",
        "zeros_as",
        "ones",
        "ones_like",
        "ones_as",
        "full",
        "full_as",
        "empty",
        "empty_as",
        "copy",
        "copy_in_rows",
        "eye",
        "identity",
        "list_of",
        "list_zeros",
        "container_zeros",
        "array",
        "asarray",
    ]
)
Table = dict[Hashable, Node]  # what is there, by `node_key`


def cse(graph: Graph) -> Graph:
    """Merge equal pure nodes; the earlier one stays."""
    return with_body(graph, _Merger().block(graph.body, {}))


class _Merger:
    def __init__(self) -> None:
        self.replaced: dict[Value, Value] = {}

    def block(self, block: Block, known: Table) -> Block:
        """The block; the table is what it was again afterwards."""
        nodes: list[Node] = []
        shadowed: list[tuple[Hashable, Node | None]] = []
        for node in block.nodes:
            node = with_parts(node, mapped(node.inputs, self.replaced))
            if node.blocks:
                nodes.append(self.structure(node, known))
                continue
            key = node_key(node)
            earlier = known.get(key) if key is not None else None
            if earlier is not None and _same_types(earlier, node):
                self.replaced.update(zip(node.outputs, earlier.outputs, strict=True))
                continue
            if key is not None:
                shadowed.append((key, earlier))
                known[key] = node
            nodes.append(node)
        for key, earlier in reversed(shadowed):
            if earlier is None:
                del known[key]
            else:
                known[key] = earlier
        return with_block(block, nodes, mapped(block.results, self.replaced))

    def structure(self, node: Node, known: Table) -> Node:
        node = self.walked_twice(node)
        self.carried_twice(node)
        # Whether a node raises, or warns, may depend on which side of a border it is.
        inside: Table = {} if node.op in (with_, try_) else known
        blocks = [self.block(inner, inside) for inner in node.blocks]
        node = with_parts(node, None, blocks)
        if node.op is if_:
            return self.given_twice(node)
        return self.collected_twice(node) if node.op in LOOPS else node

    def given_twice(self, node: Node) -> Node:
        columns = [tuple(b.results[k] for b in node.blocks) for k in _places(node)]
        keep = self.first_places(columns, node.outputs)
        return with_parts(
            node,
            None,
            [with_block(b, None, picked(b.results, keep)) for b in node.blocks],
            picked(node.outputs, keep),
        )

    def collected_twice(self, node: Node) -> Node:
        loop = loop_of(node)
        keep = self.first_places([(v,) for v in loop.collected], loop.lists)
        results = [*loop.carried_next, *picked(loop.collected, keep)]
        body = with_block(loop.body, None, results)
        outputs = [*loop.final, *picked(loop.lists, keep), loop.count]
        return with_parts(node, None, [*node.blocks[:-1], body], outputs)

    def walked_twice(self, node: Node) -> Node:
        """What is walked twice side by side is walked once."""
        loop = loop_of(node) if node.op is for_ else None
        if loop is None or len(set(loop.walked)) == len(loop.walked):
            return node
        first = {v: k for k, v in reversed([*enumerate(loop.walked)])}
        keep = sorted(first.values())
        self.replaced.update(
            (item, loop.items[first[v]])
            for v, item in zip(loop.walked, loop.items, strict=True)
            if item is not loop.items[first[v]]
        )
        params = [*picked(loop.items, keep), *loop.carried]
        body = with_block(loop.body, None, None, params)
        inputs = [*picked(loop.walked, keep), *loop.initial]
        found = with_parts(node, inputs, [body])
        return replace(found, params={**node.params, "walked": len(keep)})

    def carried_twice(self, node: Node) -> None:
        """Values that start and go on alike are alike; dce drops the second."""
        if node.op not in LOOPS:
            return
        loop = loop_of(node)
        tests = node.blocks[0].params if node.op is while_ else ()
        starts = mapped(loop.initial, self.replaced)
        seen: dict[Hashable, int] = {}
        for k, after in enumerate(loop.carried_next):
            if isinstance(loop.carried[k].type, Array):
                continue  # each has its own buffer; merging would ask for a copy
            key = (value_key(starts[k]), value_key(after), loop.carried[k].type)
            first = seen.setdefault(key, k)
            if first == k:
                continue
            groups = [loop.carried, loop.final, *([tests] if tests else [])]
            self.replaced.update((g[k], g[first]) for g in groups)

    def first_places(
        self, columns: Sequence[tuple[Value, ...]], outputs: Sequence[Value]
    ) -> list[int]:
        """The places of columns not seen before; others read the first such output."""
        seen: dict[Hashable, int] = {}
        keep = []
        for k, column in enumerate(columns):
            key = (*map(value_key, column), outputs[k].type)
            first = seen.setdefault(key, k)
            if first == k:
                keep.append(k)
            else:
                self.replaced[outputs[k]] = outputs[first]
        return keep


def _places(node: Node) -> range:
    return range(len(node.outputs))


def _same_types(a: Node, b: Node) -> bool:
    return all(x.type == y.type for x, y in zip(a.outputs, b.outputs, strict=True))


# ---- keys ----------------------------------------------------------------------------


def node_key(node: Node) -> Hashable | None:
    """Equal for nodes that compute the same; None for those that must stay."""
    op = node.op
    if op.effect or isinstance(op, Structural) or not isinstance(op, Op):
        return None
    if op.name in ROOM or node.blocks or node.params.get("inplace"):
        return None
    inputs: Any = tuple(map(value_key, node.inputs))
    if op.name in COMMUTATIVE:
        inputs = frozenset(inputs)  # two of them, or twice the same
    return op.name, inputs, params_key(op, node.params)


def value_key(value: Value) -> Hashable:
    """A literal by its constant, any other value by identity."""
    return constant_key(value.value) if isinstance(value, Literal) else (id(value),)


def params_key(op: Op, params: Mapping[str, Any]) -> Hashable:
    """The static params, those left at their default aside."""
    if not params:
        return ()
    known = op.parameters
    return tuple(
        (name, constant_key(value))
        for name, value in sorted(params.items())
        if name not in known or constant_key(value) != constant_key(known[name].default)
    )


def constant_key(value: Any) -> Hashable:
    """Equal for constants that mean the same: 1 is not True, 0.0 not -0.0."""
    if isinstance(value, (tuple, list)):
        return type(value), tuple(map(constant_key, value))
    if isinstance(value, (bool, int, float, complex, str, bytes, type(None))):
        return type(value), repr(value)
    if isinstance(value, (np.generic, np.dtype)):
        return type(value), str(getattr(value, "dtype", "")), repr(value)
    return type(value), id(value)
