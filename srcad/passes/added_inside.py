"""added_inside: what a loop adds up is added where it goes, as it comes.

Takes a graph; gives one where

    result = np.zeros_like(y)
    for i in range(n - 1, 0, -1):           for i in range(n - 1, 0, -1):
        result[i - 1] += e           ->         y_bar[i - 1] += e
    y_bar += result                             k_bar[i - 1] += h * e
    k_bar += h * result

so an array is neither made nor gone through again. The loop must only add to the
array, and nothing else may read it than such sums, of arrays of its shape that are
there before the loop and that nothing reads from there on. A second sum, or one that is
scaled, costs more in the round: it must be one element, and another one in each.

Only for the Numba dialect, where a round costs little. It changes the order in which
cotangents are added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from srcad.errors import Span
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Block, Graph, Node, Value, free_values, nodes_of
from srcad.ir.structure import Loop, for_, loop_of
from srcad.ir.types import Array, Scalar, Type, dtype_of, same_dims
from srcad.ir.walk import definitions, fresh, uses, with_block, with_body, with_parts
from srcad.ops.arithmetic import add, divide, multiply, negative, subtract
from srcad.ops.declare import Op
from srcad.ops.index import add_at, index_of
from srcad.ops.layout import is_integer
from srcad.passes.dce import dce
from srcad.passes.elements import Elements
from srcad.passes.filled import makes_zeros
from srcad.passes.one_sweep import gathers

MOST = 2  # sums that one array may go to


def added_inside(graph: Graph) -> Graph:
    """Let loops add to what their sums would be added to after them."""
    if not any(makes_zeros(node) for node in nodes_of(graph.body)):
        return graph
    body = _Sums(graph).block(graph.body)
    return graph if body is graph.body else dce(with_body(graph, body))


@dataclass(frozen=True)
class _Step:
    """What is done to what a loop added up, on the way to a sum.

    inputs : what the operation takes: numbers, and None for what was added up.
    """

    op: Op
    inputs: tuple[Value | None, ...]
    span: Span | None

    def of(self, value: Value) -> Value:
        """The same of another value, as a node of the builder in use."""
        with current().at(self.span):
            result: Value = self.op(*(value if v is None else v for v in self.inputs))
        return result


@dataclass(frozen=True)
class _Sum:
    """A sum that what a loop added up goes to.

    total : what it is added to. node : the addition. steps : what is done before.
    """

    total: Value
    node: Node
    steps: tuple[_Step, ...] = ()


class _Sums:
    """Sums after loops as sums in loops.

    read : how often each value is read, and by which nodes.
    """

    def __init__(self, graph: Graph) -> None:
        self.read: Counter[Value] = uses(graph.body)
        self.readers: dict[Value, list[Node]] = {}
        for node in nodes_of(graph.body):
            for v in dict.fromkeys(node.inputs):
                self.readers.setdefault(v, []).append(node)
        self.makers = definitions(graph.body)
        self.elements = Elements(graph)

    def block(self, block: Block) -> Block:
        """A block, with its loops adding where their sums go."""
        nodes = [
            with_parts(node, blocks=[self.block(b) for b in node.blocks])
            for node in block.nodes
        ]
        # The last one first: what an earlier one is added to may go to a later one.
        for at in reversed(range(len(nodes))):
            slots = len(loop_of(nodes[at]).initial) if nodes[at].op is for_ else 0
            for k in range(slots):
                self.slot(block, nodes, at, k)
        return with_block(block, nodes)

    def slot(self, block: Block, nodes: list[Node], at: int, k: int) -> None:
        """Let the loop at a place add what it carries in a slot where that goes."""
        loop = loop_of(nodes[at])
        zeros = self.makers.get(loop.initial[k])
        if zeros is None or not makes_zeros(zeros) or self.read[zeros.out] != 1:
            return
        sums = self.sums(loop.final[k])
        if sums is None or not 1 <= len(sums) <= MOST:
            return
        after = nodes[at + 1 :]
        if not all(s.node in after for s in sums):
            return
        here = {*block.params, *(v for n in nodes[:at] for v in n.outputs)}
        late = {v for n in nodes[at:] for v in n.outputs}
        if not all(
            s.total in here
            and s.total not in block.results
            and _readers(s.total, nodes[at:]) == [s.node]
            and late.isdisjoint(v for step in s.steps for v in step.inputs if v)
            for s in sums
        ):
            return
        found = self.adding(nodes[at], k, sorted(sums, key=lambda s: len(s.steps)))
        if found is not None:
            gone = {s.node for s in sums}
            nodes[at:] = [found, *(node for node in after if node not in gone)]

    # ---- where a sum goes ------------------------------------------------------------

    def sums(self, value: Value) -> list[_Sum] | None:
        """The sums that all reads of an array end in; None if there are others."""
        found: list[_Sum] = []
        readers = self.readers.get(value, [])
        for node in readers:
            more = self.sums_of(value, node)
            if more is None:
                return None
            found += more
        return found if len(readers) == self.read[value] else None

    def sums_of(self, value: Value, node: Node) -> list[_Sum] | None:
        """The sums that one read of an array ends in."""
        if not isinstance(node.op, Op) or len(node.outputs) != 1:
            return None
        if not _alike(node.out.type, value.type):
            return None
        others = [v for v in node.inputs if v is not value]
        if node.op in (add, subtract) and len(others) == 1:
            (total,) = others
            if not _alike(total.type, value.type):
                return None
            if node.op is add:
                return [_Sum(total, node)]
            less = _Step(negative, (None,), node.span)
            return [_Sum(total, node, (less,))] if node.inputs[1] is value else None
        first = node.inputs[0] is value
        if not (node.op in (multiply, negative) or (node.op is divide and first)):
            return None
        if len(others) != len(node.inputs) - 1 or not all(map(_is_number, others)):
            return None
        inputs = tuple(None if v is value else v for v in node.inputs)
        found = self.sums(node.out)
        step = _Step(node.op, inputs, node.span)
        return found and [replace(s, steps=(step, *s.steps)) for s in found]

    # ---- the loop --------------------------------------------------------------------

    def adding(self, node: Node, k: int, sums: Sequence[_Sum]) -> Node | None:
        """A loop that adds what it added up in a slot to some sums instead."""
        loop, entry = loop_of(node), self.entry(loop_of(node), k)
        if len(sums) > 1 or sums[0].steps:
            if entry is None or not self.is_own(entry, loop):
                return None
        if entry is None:
            return _going_on(node, k, sums[0])
        more = [_added(entry, s) for s in sums]
        nodes = list(loop.body.nodes)
        at = nodes.index(entry) + 1
        nodes[at:at] = [node for found in more for node in found]
        body = Block(
            (*loop.body.params, *(found[-1].inputs[0] for found in more)),
            tuple(nodes),
            (*loop.carried_next, *(found[-1].out for found in more), *loop.collected),
        )
        return replace(
            node,
            inputs=(*node.inputs, *(s.total for s in sums)),
            outputs=(*loop.final, *(s.node.out for s in sums), *loop.lists, loop.count),
            blocks=(body,),
        )

    def entry(self, loop: Loop, k: int) -> Node | None:
        """The one node that adds to an array, once in each round."""
        array, after = loop.carried[k], loop.carried_next[k]
        node = self.makers.get(after)
        if node is None or node.op is not add_at or node not in loop.body.nodes:
            return None
        alone = self.read[array] == 1 == self.read[after]
        return node if alone and node.inputs[0] is array else None

    def is_own(self, entry: Node, loop: Loop) -> bool:
        """Whether a node adds to one element, another one in each round."""
        layout, index = index_of(entry)
        t = entry.out.type
        if not isinstance(t, Array) or layout != ("at",) * len(t.dims):
            return False
        own = {v for v in loop.items if v in self.elements.walks}
        spots = self.elements.index(entry)
        return all(is_integer(v.type) for v in index) and any(
            spot is not None and spot.base in own for spot in spots
        )


def _going_on(node: Node, k: int, found: _Sum) -> Node | None:
    """A loop that goes on with a sum where it began with zeros."""
    loop = loop_of(node)
    if not gathers(loop.body, loop.carried[k], loop.carried_next[k]):
        return None
    at = len(loop.walked) + k
    return replace(
        node,
        inputs=(*node.inputs[:at], found.total, *node.inputs[at + 1 :]),
        outputs=(*node.outputs[:k], found.node.out, *node.outputs[k + 1 :]),
    )


def _added(entry: Node, found: _Sum) -> list[Node]:
    """What adds to a sum, where `entry` adds to what goes to it."""
    with Builder().active() as builder:
        value = entry.inputs[1]
        for step in found.steps:
            value = step.of(value)
    inputs = (fresh(found.total), value, *entry.inputs[2:])
    return [
        *builder.nodes,
        replace(entry, inputs=inputs, outputs=(fresh(found.node.out),)),
    ]


def _readers(value: Value, nodes: Sequence[Node]) -> list[Node]:
    """The nodes that read a value, or hold some that do."""
    return [
        node
        for node in nodes
        if value in node.inputs or any(value in free_values(b) for b in node.blocks)
    ]


def _is_number(value: Value) -> bool:
    return isinstance(value.type, Scalar)


def _alike(a: Type, b: Type) -> bool:
    """Whether two arrays have one shape and dtype, that of a kind of floats."""
    both = isinstance(a, Array) and isinstance(b, Array)
    return both and dtype_of(a) == dtype_of(b) and same_dims(a, b)
