"""Whether names have values, as flags, for a compiler whose values are never None.

Takes a graph; gives one in which no value is asked whether it is `unbound`. What a
branch or loop did not bind is `UNDEFINED`, which Python's sources print as None. Here
each branch and loop that gives such a value gives a flag beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from srcad.ir.graph import (
    UNDEFINED,
    Block,
    Graph,
    Node,
    Value,
    is_literal,
    literal,
    nodes_of,
)
from srcad.ir.structure import LOOPS, carried_params, if_, loop_of, try_, with_
from srcad.ir.types import BOOL
from srcad.ir.walk import substituted, with_block, with_body
from srcad.ops.arithmetic import unbound

Flags = dict[Value, Value]
BRANCHES = (if_, try_, with_)


def flagged(graph: Graph) -> Graph:
    """The graph with a flag for each name that is asked whether it has a value."""
    asked = [n.inputs[0] for n in nodes_of(graph.body) if n.op is unbound]
    if not asked:
        return graph
    ways, flags = _ways(graph.body), Flags()
    while asked:
        value = asked.pop()
        if value in ways and value not in flags:
            flags[value] = Value(f"no_{value.name}" if value.name else "", BOOL)
            asked += ways[value]
    known: dict[Value, Value] = {}
    body = _with_flags(graph.body, flags, known)
    return with_body(graph, substituted(body, known))


def _ways(block: Block) -> Mapping[Value, Sequence[Value]]:
    """What each value that a branch or loop gives or carries may be."""
    found: dict[Value, list[Value]] = {}
    for node in nodes_of(block):
        if node.op in BRANCHES:
            results = [inner.results for inner in node.blocks]
            pairs = zip(node.outputs, zip(*results, strict=True), strict=False)
            found.update((out, list(given)) for out, given in pairs)
        elif node.op in LOOPS:
            loop = loop_of(node)
            for held in (loop.final, *carried_params(node)):
                given = zip(loop.initial, loop.carried_next, strict=True)
                pairs = zip(held, given, strict=True)
                found.update((v, list(both)) for v, both in pairs)
    return found


def _flag(value: Value, flags: Flags) -> Value:
    """Whether a value is there, as a value; what no branch or loop gives is."""
    if is_literal(value, UNDEFINED):
        return literal(True)
    return flags.get(value, literal(False))


def _with_flags(block: Block, flags: Flags, known: dict[Value, Value]) -> Block:
    """The block whose branches and loops give flags; what was asked goes to `known`."""
    nodes = []
    for node in block.nodes:
        if node.op is unbound:
            known[node.out] = _flag(node.inputs[0], flags)
            continue
        blocks = tuple(_with_flags(inner, flags, known) for inner in node.blocks)
        node = replace(node, blocks=blocks) if blocks else node
        if node.op in BRANCHES:
            node = _branch(node, flags)
        elif node.op in LOOPS:
            node = _loop(node, flags)
        nodes.append(node)
    return with_block(block, nodes)


def _branch(node: Node, flags: Flags) -> Node:
    count = len(node.blocks[0].results)
    places = [k for k, out in enumerate(node.outputs[:count]) if out in flags]
    blocks = tuple(
        with_block(b, None, [*b.results, *(_flag(b.results[k], flags) for k in places)])
        for b in node.blocks
    )
    merged, more = node.outputs[:count], node.outputs[count:]
    given = [flags[node.outputs[k]] for k in places]
    return replace(node, blocks=blocks, outputs=(*merged, *given, *more))


def _loop(node: Node, flags: Flags) -> Node:
    loop, params = loop_of(node), carried_params(node)
    held = [loop.final, *params]
    places = [
        k for k in range(len(loop.final)) if any(values[k] in flags for values in held)
    ]

    def of(values: Sequence[Value]) -> list[Value]:
        return [flags.get(values[k]) or Value("", BOOL) for k in places]

    following = [_flag(loop.carried_next[k], flags) for k in places]
    tests = [
        with_block(b, params=[*b.params, *of(p)])
        for b, p in zip(node.blocks[:-1], params[:-1], strict=True)
    ]
    body = with_block(
        loop.body,
        None,
        [*loop.carried_next, *following, *loop.collected],
        [*loop.body.params, *of(loop.carried)],
    )
    initial = [_flag(loop.initial[k], flags) for k in places]
    outputs = (*loop.final, *of(loop.final), *loop.lists, loop.count)
    return replace(
        node,
        inputs=(*node.inputs, *initial),
        outputs=outputs,
        blocks=(*tests, body),
    )
