"""Numbers that a loop only adds to, so that its rounds may run in any order.

Takes the body of a loop and a carried number; says whether the number goes through the
body as `total + something`, and writes the body so that each round adds once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from srcad.ir.graph import Block, Node, Value, free_values, is_literal, literal
from srcad.ir.structure import for_, if_, loop_of
from srcad.ir.types import Scalar
from srcad.ir.walk import mapped, with_block, with_parts
from srcad.ops.arithmetic import add, negative

DTYPES = ("", "float64", "int64", "complex128")


def is_sum(block: Block, total: Value, after: Value) -> bool:
    """Whether a block gives `total` plus what does not depend on it.

    after : what the block gives for the next round.
    """
    t = total.type
    if not isinstance(t, Scalar) or t.kind == "bool" or t.dtype not in DTYPES:
        return False
    sums = {total}
    return _only_added(block, sums) and after in sums and _inside(block, sums, after)


def sums_of(block: Block, total: Value) -> set[Value]:
    """The values of a block that are `total` and more, where `is_sum` holds."""
    sums = {total}
    _only_added(block, sums)
    return sums


def _inside(block: Block, sums: set[Value], after: Value) -> bool:
    """Whether nothing but the one result that goes on is a sum so far."""
    return sum(v in sums for v in block.results) == 1 and after in block.results


def _only_added(block: Block, sums: set[Value]) -> bool:
    """Note the values of a block that are sums so far; whether nothing else is read."""
    return all(_added(node, sums) for node in block.nodes)


def _added(node: Node, sums: set[Value]) -> bool:
    inside = [v for b in node.blocks for v in free_values(b)]
    if sums.isdisjoint(node.inputs) and sums.isdisjoint(inside):
        return True
    if node.op is for_:
        return _looped(node, sums)
    if node.op is if_:
        return _branched(node, sums)
    read = [v in sums for v in node.inputs]
    adds = node.op.name == "add" and sum(read) == 1
    takes = node.op.name == "subtract" and read == [True, False]
    sums.update(node.outputs)
    return (adds or takes) and isinstance(node.out.type, Scalar)


def _looped(node: Node, sums: set[Value]) -> bool:
    """A loop in the body that goes on with the sum."""
    loop = loop_of(node)
    where = [k for k, v in enumerate(loop.initial) if v in sums]
    if len(where) != 1 or not sums.isdisjoint(loop.walked):
        return False
    (k,) = where
    if not sums.isdisjoint(free_values(loop.body)):
        return False
    sums.add(loop.final[k])
    return is_sum(loop.body, loop.carried[k], loop.carried_next[k])


def _branched(node: Node, sums: set[Value]) -> bool:
    """A branch in the body that goes on with the sum, on every way."""
    if not sums.isdisjoint(node.inputs):
        return False
    for block in node.blocks:
        if not _only_added(block, sums):
            return False
    for k, out in enumerate(node.outputs):
        found = [b.results[k] in sums for b in node.blocks]
        if any(found) and not all(found):
            return False
        if all(found):
            sums.add(out)
    return True


def zero_of(total: Value) -> Value:
    """What a sum begins with."""
    t = total.type
    assert isinstance(t, Scalar)
    return literal({"int": 0, "complex": 0j}.get(t.kind, 0.0))


def added_once(block: Block, totals: Sequence[tuple[Value, Value]]) -> Block:
    """A loop's body in which each round adds once to each sum: `total += part`.

    totals : the sums and what the block gives for each. A compiler that finds the sums
    of a loop by itself asks for this form.
    """
    for total, after in totals:
        if not _is_plain(block, total, after):
            block = _in_parts(block, total, after)
    return block


def _is_plain(block: Block, total: Value, after: Value) -> bool:
    """Whether the one read of a sum is an addition whose result goes on."""
    readers = [n for n in block.nodes if total in n.inputs]
    inside = any(total in free_values(b) for n in block.nodes for b in n.blocks)
    if inside or len(readers) != 1:
        return False
    (node,) = readers
    adds = node.op.name in ("add", "subtract")
    return adds and node.inputs[0] is total and node.outputs == (after,)


def _in_parts(block: Block, total: Value, after: Value) -> Block:
    """The round's own part of a sum from zero, added at the end."""
    known: dict[Value, Value] = {total: zero_of(total)}
    body = _from_zero(block, known)
    part = body.results[block.results.index(after)]
    span = next((n.span for n in reversed(block.nodes) if after in n.outputs), None)
    node = Node(add, (total, part), (Value(total.name, total.type),), span=span)
    pairs = zip(block.results, body.results, strict=True)
    results = [node.out if old is after else v for old, v in pairs]
    return with_block(body, (*body.nodes, node), results)


def _from_zero(block: Block, known: dict[Value, Value]) -> Block:
    """The block with values replaced, and without the zeros that it would add to."""
    nodes: list[Node] = []
    for node in block.nodes:
        blocks = [_from_zero(b, known) for b in node.blocks]
        node = with_parts(node, mapped(node.inputs, known), blocks)
        zeros = [is_literal(v, 0.0, 0) for v in node.inputs]
        if node.op is add and zeros.count(True) == 1:
            other = node.inputs[zeros.index(False)]
            if other.type == node.out.type:
                known[node.out] = other
                continue
        if node.op.name == "subtract" and zeros == [True, False]:
            node = replace(node, op=negative, inputs=node.inputs[1:])
        nodes.append(node)
    return with_block(block, nodes, mapped(block.results, known))
