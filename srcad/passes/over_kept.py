"""over_kept: a cotangent that a loop fills goes where the loop read what was kept.

Takes a finished graph; gives one in which

    saved_e = np.empty(n)                   x_bar = np.empty(n)
    for k in range(n):                      for k in range(n):
        ...                                     ...
        saved_e[k] = e                          x_bar[k] = e
    x_bar = np.zeros_like(x)        ->
    for k in range(n - 1, -1, -1):          for k in range(n - 1, -1, -1):
        e = saved_e[k]                          e = x_bar[k]
        x_bar[k] += e / total                   x_bar[k] = e / total

so one array is made and gone through rather than two. The loop must visit each element
of an array of zeros once, and walk a list of numbers as long that nobody else reads.
Only for the Numba dialect, where such a list is an array.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from srcad.ir.builder import Builder
from srcad.ir.graph import Block, Graph, Node, Value, is_literal, nodes_of
from srcad.ir.sizes import same_length
from srcad.ir.structure import Loop, for_, loop_of
from srcad.ir.types import Array, List, Range, Scalar, dtype_of
from srcad.ir.walk import uses, with_block, with_body, with_parts
from srcad.ops.filled import empty
from srcad.ops.fit import zeros_like
from srcad.ops.index import add_at, getitem, update
from srcad.ops.likes import empty_as
from srcad.ops.lists import range_
from srcad.passes.dce import dce

AT = ("at",)
NEW = (zeros_like, empty_as)  # without zeros where a loop assigns each element


def over_kept(graph: Graph) -> Graph:
    """Let loops write cotangents over what they read."""
    if not any(node.op in NEW for node in nodes_of(graph.body)):
        return graph
    ranges = {n.out: n for n in nodes_of(graph.body) if n.op is range_}
    body = _block(graph.body, uses(graph.body), ranges)
    return graph if body is graph.body else dce(with_body(graph, body))


def _block(block: Block, read: Counter[Value], ranges: Mapping[Value, Node]) -> Block:
    nodes = [
        with_parts(node, blocks=[_block(b, read, ranges) for b in node.blocks])
        for node in block.nodes
    ]
    taken: set[Value] = set()
    for found in _pairs(block.nodes, read, ranges):
        if taken.isdisjoint([found.zeros.out, found.saved]):
            taken.update([found.zeros.out, found.saved])
            _join(nodes, found, ranges)
    return with_block(block, nodes)


@dataclass(frozen=True)
class _Pair:
    """A list and the zeros that go to one array.

    keeper, walker : the outputs by which the loops are known: their counts.
    saved : the list. stop : how long it is.
    """

    keeper: Value
    walker: Value
    saved: Value
    zeros: Node
    stop: Value


def _pairs(
    nodes: Sequence[Node], read: Counter[Value], ranges: Mapping[Value, Node]
) -> Iterator[_Pair]:
    """The lists and zeros of a block that could share an array."""
    makers = {v: node for node in nodes for v in node.outputs}
    for walker in nodes:
        if walker.op is not for_ or (loop := loop_of(walker)).stop:
            continue
        for first in loop.initial:
            zeros = makers.get(first)
            if zeros is None or zeros.op not in NEW or read[first] != 1:
                continue
            for saved in loop.walked:
                keeper = makers.get(saved)
                if keeper is None or keeper.op is not for_ or read[saved] != 1:
                    continue
                stop = _length(loop_of(keeper), saved, first, ranges)
                if stop is not None and _fills(loop, first, ranges):
                    counts = keeper.outputs[-1], walker.outputs[-1]
                    yield _Pair(*counts, saved, zeros, stop)


def _length(
    keeper: Loop, saved: Value, zeros: Value, ranges: Mapping[Value, Node]
) -> Value | None:
    """The length of a list of numbers, where it is surely that of the zeros."""
    t = zeros.type
    numbers = isinstance(saved.type, List) and saved.type.item
    k = _index(keeper, ranges)
    if keeper.stop or k is None or not isinstance(numbers, Scalar):
        return None
    if not isinstance(t, Array) or len(t.dims) != 1:
        return None
    if not t.dtype == dtype_of(numbers) == "float64":
        return None
    stop = ranges[keeper.walked[keeper.items.index(k)]].inputs[1]
    size = stop.type.size if isinstance(stop.type, Scalar) else None
    return stop if size is not None and same_length(size, t.dims[0]) else None


def _index(loop: Loop, ranges: Mapping[Value, Node]) -> Value | None:
    """The index of a loop that walks 0, 1, 2, ..."""
    for walked, item in zip(loop.walked, loop.items, strict=True):
        if isinstance(walked.type, Range) and walked in ranges:
            start, _, step = ranges[walked].inputs
            if is_literal(start, 0) and is_literal(step, 1):
                return item
    return None


def _fills(loop: Loop, first: Value, ranges: Mapping[Value, Node]) -> bool:
    """Whether each round writes to its own element of an array, and does no more."""
    return _write(loop, loop.initial.index(first), _index(loop, ranges)) is not None


def _write(loop: Loop, slot: int, k: Value | None) -> Node | None:
    """The node that writes to a carried array, where it is the only one to touch it."""
    array, after = loop.carried[slot], loop.carried_next[slot]
    node = next((n for n in loop.body.nodes if after in n.outputs), None)
    if node is None or node.op not in (add_at, update) or k is None:
        return None
    read = uses(loop.body)
    alone = read[array] == 1 == read[after] and node.inputs[0] is array
    place = node.params.get("layout") == AT and node.inputs[2] is k
    number = isinstance(node.inputs[1].type, Scalar)
    return node if alone and place and number else None


# ---- the two loops -------------------------------------------------------------------


def _join(nodes: list[Node], pair: _Pair, ranges: Mapping[Value, Node]) -> None:
    """Let both loops of a pair use one array."""
    t, name = pair.zeros.out.type, pair.zeros.out.name
    at = next(k for k, n in enumerate(nodes) if pair.keeper in n.outputs)
    with Builder().active() as builder, builder.at(pair.zeros.span):
        (start,) = builder.emit(empty, [pair.stop], [t], {"scalar": True}, names=[name])
    filled = Value(name, t)
    nodes[at : at + 1] = [
        *builder.nodes,
        _keeping(nodes[at], pair, start, filled, ranges),
    ]
    at = next(k for k, n in enumerate(nodes) if pair.walker in n.outputs)
    nodes[at] = _walking(nodes[at], pair, filled, ranges)


def _keeping(
    node: Node, pair: _Pair, start: Value, filled: Value, ranges: Mapping[Value, Node]
) -> Node:
    """The loop that kept a list, writing to an array."""
    loop = loop_of(node)
    j = loop.lists.index(pair.saved)
    kept, k = loop.collected[j], _index(loop, ranges)
    assert k is not None
    param, after = Value(start.name, start.type), Value(start.name, start.type)
    params = {"layout": AT, "inplace": True}
    write = Node(update, (param, kept, k), (after,), params)
    nodes = list(loop.body.nodes)
    made = [i for i, n in enumerate(nodes) if kept in n.outputs]
    nodes.insert(made[0] + 1 if made else 0, write)
    body = Block(
        (*loop.body.params, param),
        tuple(nodes),
        (*loop.carried_next, after, *_without(loop.collected, j)),
    )
    return replace(
        node,
        inputs=(*node.inputs, start),
        outputs=(*loop.final, filled, *_without(loop.lists, j), loop.count),
        blocks=(body,),
    )


def _walking(
    node: Node, pair: _Pair, filled: Value, ranges: Mapping[Value, Node]
) -> Node:
    """The loop that walked the list, reading the array and writing to it."""
    loop = loop_of(node)
    j, slot = loop.walked.index(pair.saved), loop.initial.index(pair.zeros.out)
    k = _index(loop, ranges)
    write = _write(loop, slot, k)
    assert k is not None and write is not None
    entry = (loop.items[j],)
    read = Node(getitem, (loop.carried[slot], k), entry, {"layout": AT})
    nodes = [replace(n, op=update) if n is write else n for n in loop.body.nodes]
    initial = (*loop.initial[:slot], filled, *loop.initial[slot + 1 :])
    body = Block(
        (*_without(loop.items, j), *loop.carried), (read, *nodes), loop.body.results
    )
    return replace(
        node,
        inputs=(*_without(loop.walked, j), *initial),
        blocks=(body,),
        params={**node.params, "walked": len(loop.walked) - 1},
    )


def _without(values: Sequence[Value], k: int) -> tuple[Value, ...]:
    return (*values[:k], *values[k + 1 :])
