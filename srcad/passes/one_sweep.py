"""one_sweep: a loop and the loop that is its adjoint, as one.

Takes a graph; gives one where a sum over independent rounds is differentiated as it is
summed. In

    for i in range(n):                  for i in range(n):
        r = f(x[i], w)                      r = f(x[i], w)
        saved_r.append(r)                   total += r * r
        total += r * r            ->        w_bar += 2.0 * r * slope(x[i], w)
    for i, r in reversed(...):
        w_bar += 2.0 * r * slope(x[i], w)

nothing is kept: what a round needs of the primal is at hand. The adjoint's rounds then
come in the primal's order. That is right where each only adds to what it carries, and
reads nothing that the primal loop gives but what was kept of the same round; the same
holds of the loops inside, then, and so on. Sums come out in another order, as they do
wherever cotangents are gathered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from srcad.ir.graph import Block, Graph, Node, Value, fact, free_values, nodes_of
from srcad.ir.structure import LOOPS, Loop, for_, if_, loop_of, loop_params, while_
from srcad.ir.walk import fresh, substituted, uses, with_block, with_body, with_parts
from srcad.passes.cse import cse
from srcad.passes.dce import dce
from srcad.passes.hoist import stirring
from srcad.passes.simplify import simplify

# Operations that, like `add`, add to their first input.
ADDING = frozenset(["subtract", "add_at"])


def one_sweep(graph: Graph) -> Graph:
    """Join loops with their adjoints where rounds are independent.

    It comes before sums are reordered: what the adjoint computes again, to the same
    bits, is then what the primal has at hand.
    """
    if not any(_keeps(node) for node in nodes_of(graph.body)):
        return graph
    clean = dce(cse(simplify(graph)))
    body = _block(clean.body, uses(clean.body))
    return graph if body is clean.body else dce(cse(with_body(clean, body)))


def _keeps(node: Node) -> bool:
    return node.op in LOOPS and bool(loop_of(node).collected)


def _block(block: Block, read: Counter[Value]) -> Block:
    nodes = [
        with_parts(node, blocks=[_block(inner, read) for inner in node.blocks])
        for node in block.nodes
    ]
    at = 0
    made: dict[Value, int] = {}  # by which of the nodes before `at`, where it is a loop
    while at < len(nodes):
        start = _primal(nodes[at], made, read)
        found = None if start is None else _joined(nodes[start : at + 1], read)
        if start is None or found is None:
            if nodes[at].op in LOOPS:
                made.update(dict.fromkeys(nodes[at].outputs, at))
            at += 1
        else:
            nodes[start : at + 1] = found
            at = start  # from there on `made` is told anew, before it is asked
    return with_block(block, nodes)


def _primal(node: Node, made: Mapping[Value, int], read: Counter[Value]) -> int | None:
    """Where the loop is whose kept values this one walks backwards."""
    if node.op is not for_ or node.params.get("stop") or read[node.outputs[-1]]:
        return None
    return max((made[v] for v in loop_of(node).walked if v in made), default=None)


def _joined(nodes: Sequence[Node], read: Counter[Value]) -> list[Node] | None:
    """A primal loop, its adjoint and what stands between: with the two as one."""
    first, between, last = nodes[0], nodes[1:-1], nodes[-1]
    primal, adjoint = loop_of(first), loop_of(last)
    if primal.stop or primal.reverse == adjoint.reverse:
        return None
    if any(stirring(node) or _calls_out(node) for node in (first, last)):
        return None
    if not _only_adds(adjoint):
        return None
    for order in (_postponed(adjoint, between, read), _Order(adjoint)):
        outer = [*order.adjoint.initial, *free_values(adjoint.body)]
        outer += _others(primal, adjoint)
        wanted = _needed(outer, between, set(first.outputs))
        if wanted is not None and wanted.isdisjoint(order.changed):
            break
    else:
        return None
    one = _one(first, primal, order.adjoint, read)
    if one is None:
        return None
    before = [node for node in between if node in wanted]
    after = [order.changed.get(n, n) for n in between if n not in wanted]
    return [*before, one, *after]


@dataclass(frozen=True)
class _Order:
    """An adjoint loop, and what loops become that now add after it, not before."""

    adjoint: Loop
    changed: Mapping[Node, Node] = field(default_factory=dict)


def _postponed(adjoint: Loop, between: Sequence[Node], read: Counter[Value]) -> _Order:
    """Let loops that added to the adjoint's totals before it do so after it."""
    makers = {v: node for node in between for v in node.outputs}
    initial, final = list(adjoint.initial), list(adjoint.final)
    changed: dict[Node, Node] = {}
    for k, (total, end) in enumerate(zip(initial, final, strict=True)):
        links = _links(total, makers, read)
        if not links:
            continue
        (first, _, start, at), (last, slot, _, _) = links[-1], links[0]
        types = [total.type, end.type, adjoint.carried[k].type]
        if any(t != start.type for t in types):
            continue
        initial[k], final[k] = start, fresh(end)
        node = changed.get(first, first)
        inputs = [*node.inputs[:at], final[k], *node.inputs[at + 1 :]]
        changed[first] = with_parts(node, inputs)
        node = changed.get(last, last)
        outputs = [*node.outputs[:slot], end, *node.outputs[slot + 1 :]]
        changed[last] = with_parts(node, outputs=outputs)
    order = replace(adjoint, initial=tuple(initial), final=tuple(final))
    return _Order(order, changed)


def _links(
    total: Value, makers: Mapping[Value, Node], read: Counter[Value]
) -> list[tuple[Node, int, Value, int]]:
    """The loops that add up a total, the last first.

    Each with the place of the total among its outputs, and what it starts from with the
    place of that among its inputs.
    """
    found: list[tuple[Node, int, Value, int]] = []
    while True:
        node = makers.get(total)
        if node is None or node.op is not for_ or read[total] != 1:
            return found
        loop = loop_of(node)
        if loop.stop or total not in loop.final:
            return found
        k = loop.final.index(total)
        if not gathers(loop.body, loop.carried[k], loop.carried_next[k]):
            return found
        total = loop.initial[k]
        found.append((node, k, total, len(loop.walked) + k))


def _calls_out(node: Node) -> bool:
    """Whether calls in a node have effects."""
    inner = (n for block in node.blocks for n in nodes_of(block))
    return any(n.params.get("effect") for n in inner)


def _others(primal: Loop, adjoint: Loop) -> list[Value]:
    """What an adjoint walks besides what its primal walked and kept."""
    known = {*primal.lists, *primal.walked}
    return [v for v in adjoint.walked if v not in known]


def _needed(
    values: Sequence[Value], between: Sequence[Node], given: set[Value]
) -> set[Node] | None:
    """The nodes before a loop that give these values; None if that needs `given`.

    They will stand before the primal loop.
    """
    makers = {v: node for node in between for v in node.outputs}
    found: set[Node] = set()
    todo = list(values)
    while todo:
        v = todo.pop()
        if v in given:
            return None
        node = makers.get(v)
        if node is None or node in found:
            continue
        if stirring(node) or node.op.effect or _calls_out(node):
            return None
        found.add(node)
        todo += [*node.inputs, *(v for b in node.blocks for v in free_values(b))]
    return found


def _one(node: Node, primal: Loop, adjoint: Loop, read: Counter[Value]) -> Node | None:
    """The primal's node, doing the adjoint's round after its own."""
    others = _others(primal, adjoint)
    if others and node.op is while_:
        return None
    at_hand = {
        **dict(zip(primal.walked, primal.items, strict=True)),
        **dict(zip(primal.lists, _kept(primal, read), strict=True)),
    }
    pairs = list(zip(adjoint.walked, adjoint.items, strict=True))
    mapping = {item: at_hand[v] for v, item in pairs if v in at_hand}
    items = [item for v, item in pairs if v not in at_hand]
    work = substituted(adjoint.body, mapping)
    n, m = len(primal.carried), len(adjoint.carried)
    body = Block(
        (*primal.items, *items, *primal.carried, *adjoint.carried),
        (*primal.body.nodes, *work.nodes),
        (
            *primal.carried_next,
            *work.results[:m],
            *primal.collected,
            *work.results[m:],
        ),
    )
    tests = [
        with_block(b, params=[*b.params[:n], *map(fresh, adjoint.carried)])
        for b in node.blocks[:-1]
    ]
    walked = (*primal.walked, *others)
    params = loop_params(len(walked), reverse=primal.reverse)
    return replace(
        node,
        inputs=(*walked, *primal.initial, *adjoint.initial),
        outputs=(
            *primal.final,
            *adjoint.final,
            *primal.lists,
            *adjoint.lists,
            primal.count,
        ),
        params=params if node.op is for_ else node.params,
        blocks=(*tests, _branches(cse(Graph("", _block(body, uses(body)))).body)),
    )


def _branches(block: Block) -> Block:
    """A round with branches on one condition joined: the primal's and its adjoint."""
    nodes = list(block.nodes)
    at = 0
    while at < len(nodes):
        start = _branch(nodes, at)
        found = None if start is None else _in_one(nodes[start : at + 1])
        if start is None or found is None:
            at += 1
        else:
            nodes[start : at + 1] = found
            at = start
    return with_block(block, nodes)


def _branch(nodes: Sequence[Node], at: int) -> int | None:
    """Where the branch on the same condition before the one at `at` is."""
    if nodes[at].op is not if_:
        return None
    for k in range(at - 1, -1, -1):
        if nodes[k].op is if_ and nodes[k].inputs[0] is nodes[at].inputs[0]:
            return k
    return None


def _in_one(nodes: Sequence[Node]) -> list[Node] | None:
    """A branch, another and what stands between: with the two as one."""
    first, between, last = nodes[0], nodes[1:-1], nodes[-1]
    if stirring(last) or _calls_out(last):
        return None
    given = set(first.outputs)
    outer = [v for b in last.blocks for v in free_values(b) if v not in given]
    wanted = _needed(outer, between, given)
    if wanted is None:
        return None
    blocks = []
    for a, b in zip(first.blocks, last.blocks, strict=True):
        b = substituted(b, dict(zip(first.outputs, a.results, strict=True)))
        block = Block((), (*a.nodes, *b.nodes), (*a.results, *b.results))
        blocks.append(_branches(_block(block, uses(block))))
    before = [node for node in between if node in wanted]
    after = [node for node in between if node not in wanted]
    outputs = (*first.outputs, *last.outputs)
    return [*before, replace(first, blocks=tuple(blocks), outputs=outputs), *after]


def _kept(primal: Loop, read: Counter[Value]) -> list[Value]:
    """What a round collects; of a copy made only to be collected, the original."""
    makers = {node.outputs[0]: node for node in primal.body.nodes if node.outputs}
    found = []
    for v in primal.collected:
        node = makers.get(v)
        spare = node is not None and node.op.name == "copy" and read[v] == 1
        found.append(node.inputs[0] if node is not None and spare else v)
    return found


def _only_adds(adjoint: Loop) -> bool:
    """Whether each round of a loop only adds to what it carries."""
    pairs = zip(adjoint.carried, adjoint.carried_next, strict=True)
    return all(gathers(adjoint.body, v, result) for v, result in pairs)


def gathers(block: Block, start: Value, end: Value) -> bool:
    """Whether a block makes one value of another by additions, and reads it no more."""
    readers, value = _readers(block), start
    while value is not end:
        node, *others = readers.get(value, (None,))
        total = None if node is None or others else _with_more(node, value)
        if total is None:
            return False
        value = total
    return readers.get(end) == [None]


@fact
def _readers(block: Block) -> Mapping[Value, list[Node | None]]:
    """The nodes that read each value; None stands for each time it is given out."""
    found: dict[Value, list[Node | None]] = {}
    for node in block.nodes:
        inner = (v for b in node.blocks for v in free_values(b))
        for v in dict.fromkeys([*node.inputs, *inner]):
            found.setdefault(v, []).append(node)
    for v in block.results:
        found.setdefault(v, []).append(None)
    return found


def _with_more(node: Node, value: Value) -> Value | None:
    """What a node gives that is the value and more; None if it does anything else."""
    inputs = node.inputs
    if node.op is if_ and value not in inputs:
        for k, out in enumerate(node.outputs):
            if all(gathers(b, value, b.results[k]) for b in node.blocks):
                return out
        return None
    if inputs.count(value) != 1 or any(value in free_values(b) for b in node.blocks):
        return None
    if node.op is for_ and not node.params.get("stop"):
        loop = loop_of(node)
        for k, first in enumerate(loop.initial):
            if first is value:
                adds = gathers(loop.body, loop.carried[k], loop.carried_next[k])
                return loop.final[k] if adds else None
        return None
    adding = node.op.name == "add" or (node.op.name in ADDING and inputs[0] is value)
    return node.out if adding else None
