"""Rebuilding graphs: substitution, copies with fresh values, counts of uses.

Takes blocks and mappings of values; gives blocks. What did not change comes back as the
same object, so a pass can tell by identity whether it did anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from srcad.ir.canonical import standing_in
from srcad.ir.graph import (
    Block,
    Graph,
    Literal,
    Node,
    Program,
    Value,
    free_values,
    nodes_of,
)
from srcad.ir.types import Type

_copies = count()


def with_parts(
    node: Node,
    inputs: Sequence[Value] | None = None,
    blocks: Sequence[Block] | None = None,
    outputs: Sequence[Value] | None = None,
) -> Node:
    """The node with other inputs, blocks or outputs; itself where nothing differs."""
    # What is told apart by identity is compared by it, and most often nothing differs.
    inputs = node.inputs if inputs is None else tuple(inputs)
    blocks = node.blocks if blocks is None else tuple(blocks)
    outputs = node.outputs if outputs is None else tuple(outputs)
    if inputs == node.inputs and blocks == node.blocks and outputs == node.outputs:
        return node
    return Node(node.op, inputs, outputs, node.params, blocks, node.span)


def with_block(
    block: Block,
    nodes: Sequence[Node] | None = None,
    results: Sequence[Value] | None = None,
    params: Sequence[Value] | None = None,
) -> Block:
    """The block with other parts; itself where nothing differs."""
    nodes = block.nodes if nodes is None else tuple(nodes)
    results = block.results if results is None else tuple(results)
    params = block.params if params is None else tuple(params)
    if nodes == block.nodes and results == block.results and params == block.params:
        return block
    return Block(params, nodes, results)


def with_body(graph: Graph, body: Block) -> Graph:
    """The graph with another body; itself where it is the same."""
    return graph if body is graph.body else replace(graph, body=body)


def each_graph(program: Program, change: Callable[[Graph], Graph]) -> Program:
    """The program with every graph changed; itself where none was."""
    graphs = {key: change(graph) for key, graph in program.graphs.items()}
    if all(graphs[key] is graph for key, graph in program.graphs.items()):
        return program
    return replace(program, graphs=graphs)


def rebuilt(block: Block, change: Callable[[Node], Sequence[Node]]) -> Block:
    """The block with each node replaced by those that `change` gives for it.

    Inner blocks are rebuilt first: `change` sees the node with its new blocks.
    """
    nodes: list[Node] = []
    for node in block.nodes:
        blocks = [rebuilt(inner, change) for inner in node.blocks]
        nodes.extend(change(with_parts(node, blocks=blocks)))
    return with_block(block, nodes)


def substituted(block: Block, mapping: Mapping[Value, Value]) -> Block:
    """The block reading `mapping[v]` wherever it read v, one step (no chains)."""
    if not mapping:
        return block
    nodes = [substituted_node(node, mapping) for node in block.nodes]
    return with_block(block, nodes, mapped(block.results, mapping))


def substituted_node(node: Node, mapping: Mapping[Value, Value]) -> Node:
    """The node, its blocks included, reading `mapping[v]` wherever it read v."""
    blocks = [substituted(inner, mapping) for inner in node.blocks]
    return with_parts(node, mapped(node.inputs, mapping), blocks)


def rebound(block: Block, mapping: Mapping[Value, Value]) -> Block:
    """The block reading `mapping[v]` wherever it read v, all of these from above."""
    if free_values(block).keys().isdisjoint(mapping):
        return block
    nodes = [
        with_parts(
            node,
            mapped(node.inputs, mapping),
            [rebound(inner, mapping) for inner in node.blocks],
        )
        for node in block.nodes
    ]
    return with_block(block, nodes, mapped(block.results, mapping))


def mapped(
    values: Sequence[Value], mapping: Mapping[Value, Value]
) -> tuple[Value, ...]:
    """The values, each replaced where the mapping has it."""
    if mapping.keys().isdisjoint(values):
        return tuple(values)
    return tuple([mapping.get(v, v) for v in values])


Retyped = Callable[[Type], Type]


def fresh(value: Value, retyped: Retyped | None = None) -> Value:
    """A new value of the same name and type; a literal stays."""
    if isinstance(value, Literal):
        return value
    return Value(value.name, retyped(value.type) if retyped else value.type)


def copied(
    block: Block,
    mapping: Mapping[Value, Value] | None = None,
    retyped: Retyped | None = None,
) -> Block:
    """The block with fresh values for all it defines, params included.

    mapping : for values from above, and for parameters, what to read instead; a
        parameter found here is no longer one.
    retyped : what the types become.
    """
    known: dict[Value, Value] = dict(mapping or {})
    params = [v for v in block.params if v not in known]
    known.update((v, fresh(v, retyped)) for v in params)
    nodes = [copied_node(node, known, retyped) for node in block.nodes]
    return Block(mapped(params, known), tuple(nodes), mapped(block.results, known))


def copied_node(
    node: Node, known: dict[Value, Value], retyped: Retyped | None = None
) -> Node:
    """The node with fresh outputs, entered in `known`, and copied blocks."""
    blocks = tuple(copied(inner, known, retyped) for inner in node.blocks)
    inputs = mapped(node.inputs, known)
    known.update((v, fresh(v, retyped)) for v in node.outputs)
    outputs = mapped(node.outputs, known)
    return replace(node, inputs=inputs, outputs=outputs, blocks=blocks)


def inlined(
    block: Block, arguments: Sequence[Value], outputs: Sequence[Value] = ()
) -> tuple[list[Node], list[Value]]:
    """The nodes and results of a fresh copy of a callee's block applied to arguments.

    Its lengths are named as the arguments name them: what had one name in two callees,
    or in two copies of one, is not one length.

    outputs : what the results stand for, if they do; it has names for lengths as well.
    """
    pairs = [*zip(block.params, arguments, strict=True)]
    pairs += zip(block.results, outputs, strict=False)
    outside = standing_in(pairs, f"copy{next(_copies)}")
    body = copied(block, dict(zip(block.params, arguments, strict=True)), outside)
    return list(body.nodes), list(body.results)


def picked(values: Sequence[Any], keep: Sequence[int]) -> list[Any]:
    """The values at these positions."""
    return [values[k] for k in keep]


def repeated(values: Sequence[Value]) -> Mapping[Value, int]:
    """How often each value stands in a sequence that is there more than once."""
    if len(set(values)) == len(values):
        return {}
    return {v: times for v, times in Counter(values).items() if times > 1}


def uses(block: Block) -> Counter[Value]:
    """How often each value is read in a block and below: by nodes and as results."""
    read = list(block.results)
    for node in nodes_of(block):
        read += node.inputs
        for inner in node.blocks:
            read += inner.results
    return Counter(read)


def definitions(block: Block) -> dict[Value, Node]:
    """The node that made each value of a block and of those below."""
    return {v: node for node in nodes_of(block) for v in node.outputs}


def defined_in(block: Block) -> set[Value]:
    """The values a block and those below define, parameters included."""
    found = set(block.params)
    for node in nodes_of(block):
        found.update(node.outputs)
        for inner in node.blocks:
            found.update(inner.params)
    return found
