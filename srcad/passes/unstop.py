"""unstop: what a loop carries on does not ask whether it has just stopped.

Takes a graph; gives one where a value carried by a loop that stops, and not read after
it, is in the stopping round what it would have been in any other. For Newton's

    while True:
        x_new = ...
        if abs(x_new - x) <= tol:
            break
        x = x_new

x may be x_new in the last round as well: nothing reads it any more, neither the body
nor the test of a `while`. The branch on the flag is gone, from the adjoint too. And
where two values go on alike in a loop that runs at least once, they end alike: x_new,
which no round starts with, need not be carried beside x.
"""

from __future__ import annotations

from collections.abc import Mapping

from srcad.ir.graph import Block, Graph, Node, Value, is_literal, literal
from srcad.ir.structure import LOOPS, if_, loop_of, while_
from srcad.ir.types import Range
from srcad.ir.walk import (
    defined_in,
    rebuilt,
    substituted,
    uses,
    with_block,
    with_body,
    with_parts,
)
from srcad.passes.rules import same_value


def unstop(graph: Graph) -> Graph:
    """Carry on, where a loop stops, what nothing reads any more."""
    read = uses(graph.body)
    replaced: dict[Value, Value] = {}

    def change(node: Node) -> list[Node]:
        if node.op in LOOPS:
            node = _unstopped(node, read)
            replaced.update(_ending_alike(node, read))
        return [node]

    body = rebuilt(graph.body, change)
    return with_body(graph, substituted(body, replaced))


def _unstopped(node: Node, read: Mapping[Value, int]) -> Node:
    loop = loop_of(node)
    if not loop.stop:
        return node
    made = {v: inner for inner in loop.body.nodes for v in inner.outputs}
    results = list(loop.body.results)
    for k in range(1, len(loop.carried)):
        if not read.get(loop.final[k]):
            found = _going_on(results[0], results[k], made)
            if found is not None and found.type == results[k].type:
                results[k] = found
    body = with_block(loop.body, None, results)
    return with_parts(node, None, [*node.blocks[:-1], body])


def _going_on(flag: Value, value: Value, made: Mapping[Value, Node]) -> Value | None:
    """A value from above the branch that gives `value`, equal to it while the flag is
    false; None where there is none."""
    node = made.get(value)
    if node is None or node.op is not if_:
        return value
    k = node.outputs.index(value)
    if flag in node.inputs:
        flags: tuple[Value, ...] = (literal(True), literal(False))
    elif flag in node.outputs:
        m = node.outputs.index(flag)
        flags = tuple(block.results[m] for block in node.blocks)
    else:
        return value
    found: Value | None = None
    for one, block in zip(flags, node.blocks, strict=True):
        if is_literal(one, True):
            continue
        other = _from_above(one, block.results[k], block)
        if other is None or (found is not None and not same_value(found, other)):
            return None
        found = other
    return found


def _from_above(flag: Value, value: Value, block: Block) -> Value | None:
    made = {v: node for node in block.nodes for v in node.outputs}
    found = _going_on(flag, value, made)
    return None if found is None or found in defined_in(block) else found


# ---- values that end alike -----------------------------------------------------------


def _ending_alike(node: Node, read: Mapping[Value, int]) -> dict[Value, Value]:
    """Final values to be read instead of others, which need not be carried then."""
    loop = loop_of(node)
    if not _runs(node):
        return {}
    tests = node.blocks[0].params if node.op is while_ else loop.carried
    found: dict[Value, Value] = {}
    for k, (after, final) in enumerate(zip(loop.carried_next, loop.final, strict=True)):
        if read.get(loop.carried[k]) or read.get(tests[k]) or not read.get(final):
            continue
        for j, other in enumerate(loop.final):
            alike = loop.carried_next[j] is after and other.type == final.type
            if alike and read.get(loop.carried[j]):
                found[final] = other
    return found


def _runs(node: Node) -> bool:
    """Whether a loop is known to run at least once."""
    loop = loop_of(node)
    if loop.stop and not is_literal(loop.initial[0], False):
        return False
    if node.op is while_:
        return is_literal(node.blocks[0].results[0], True)
    lengths = [v.type.length for v in loop.walked if isinstance(v.type, Range)]
    return bool(lengths) and all(isinstance(n, int) and n > 0 for n in lengths[:1])
