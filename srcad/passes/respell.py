"""respell: index arithmetic and transposes stand where they are read.

Takes a graph; gives one where `i - 1`, `n + 1` and `W.T`, which have no name of the
user's and are read in several places, are computed again in each: `x[i - 1]`,
`range(1, n + 1)` and `g @ W.T`, as one would write, not `x[difference]`. It costs no
more than reading a variable and a constant.

An array is divided by the number of entries of a mean as it is: only Python's numbers
raise where there are none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from srcad.ir.graph import Block, Graph, Literal, Node, Value, nodes_of
from srcad.ir.types import Array, is_python_int
from srcad.ir.walk import (
    definitions,
    fresh,
    mapped,
    rebuilt,
    uses,
    with_block,
    with_body,
    with_parts,
)

ARITHMETIC = frozenset(["add", "subtract"])


def respell(graph: Graph) -> Graph:
    """Compute index arithmetic anew for each node that reads it."""
    graph = with_body(graph, _shared(graph.body, definitions(graph.body)))
    made = definitions(graph.body)
    light = {v for v, n in made.items() if not v.name and _is_light(n)}
    light |= {v for v, n in made.items() if n.op.name == "range_" and _any(n, light)}
    if not light:
        return graph
    read, given = uses(graph.body), _given_out(graph.body)
    again: dict[Value, Node] = {}
    for v, node in reversed(made.items()):
        if v in light and v not in given:
            copied = any(v in reader.inputs for reader in again.values())
            if read[v] > 1 or copied:
                again[v] = node
    return with_body(graph, _respelled(graph.body, again)) if again else graph


def _given_out(block: Block) -> set[Value]:
    """What any block gives out as a result."""
    inner = (b for node in nodes_of(block) for b in node.blocks)
    return {v for b in (block, *inner) for v in b.results}


def _any(node: Node, light: set[Value]) -> bool:
    return not node.out.name and any(v in light for v in node.inputs)


def _shared(block: Block, made: Mapping[Value, Node]) -> Block:
    """The block with arrays divided by n where only they were by max(n, 1)."""
    left = {v: n for v, n in uses(block).items() if _is_divisor(v, made)}
    for node in nodes_of(block) if left else ():
        if _divides(node) and node.inputs[1] in left:
            left[node.inputs[1]] -= 1

    def change(node: Node) -> list[Node]:
        if not _divides(node) or left.get(node.inputs[1], 1):
            return [node]
        x, y = node.inputs
        return [with_parts(node, (x, made[y].inputs[0]))]

    return rebuilt(block, change) if not all(left.values()) else block


def _is_divisor(value: Value, made: Mapping[Value, Node]) -> bool:
    return value in made and made[value].op.name == "divisor"


def _divides(node: Node) -> bool:
    """Whether a node divides an array."""
    quotient = node.op.name in ("divide", "quotient")
    return quotient and isinstance(node.inputs[0].type, Array)


def _is_light(node: Node) -> bool:
    if node.op.name == "transpose" and not node.params:
        return isinstance(node.inputs[0].type, Array)
    return _is_index_arithmetic(node)


def _is_index_arithmetic(node: Node) -> bool:
    if node.op.name not in ARITHMETIC or len(node.inputs) != 2:
        return False
    literals = [v for v in node.inputs if isinstance(v, Literal)]
    types = [v.type for v in (*node.inputs, *node.outputs)]
    return len(literals) == 1 and all(map(is_python_int, types))


def _respelled(block: Block, again: Mapping[Value, Node]) -> Block:
    nodes: list[Node] = []
    for node in block.nodes:
        if node.outputs and node.outputs[0] in again:
            continue
        node = with_parts(node, None, [_respelled(b, again) for b in node.blocks])
        nodes += _with_copies(node, again)
    return with_block(block, nodes)


def _with_copies(node: Node, again: Mapping[Value, Node]) -> list[Node]:
    """The node, and before it what it reads, computed anew."""
    made: list[Node] = []
    mapping: dict[Value, Value] = {}
    for v in node.inputs:
        if v in again and v not in mapping:
            source = again[v]
            first = _with_copies(replace(source, span=node.span), again)
            mapping[v] = fresh(v)
            made += [*first[:-1], with_parts(first[-1], outputs=(mapping[v],))]
    return [*made, with_parts(node, mapped(node.inputs, mapping))]
