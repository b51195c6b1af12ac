"""in_parts: what a long recurrence keeps goes to one short array, used again and again.

Takes a finished graph; gives one in which a loop of numbers, and its adjoint after it,
go in parts of a million rounds. The array for what is kept holds one part. The last one
is there when the adjoint begins; each one before is computed again, from what the loop
carried where it began. So a loop of up to a million rounds does what it did, and memory
does not grow with a longer one: new memory costs more than the rounds that fill it.

Only for the Numba dialect; in Python no loop is that long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from srcad.ir.builder import Builder, current
from srcad.ir.graph import (
    Block,
    Graph,
    Literal,
    Node,
    Value,
    free_values,
    is_literal,
    literal,
    nodes_of,
)
from srcad.ir.structure import for_, if_, loop_of
from srcad.ir.types import INT, Array, Scalar, dtype_of, kind_of_dtype
from srcad.ir.walk import copied, uses, with_block, with_body
from srcad.ops.arithmetic import add, less, multiply, subtract
from srcad.ops.choice import max_of, min_of
from srcad.ops.creation import empty
from srcad.ops.declare import Op
from srcad.ops.index import getitem, update
from srcad.ops.lists import range_, range_len
from srcad.ops.sizes import length
from srcad.passes.buffers import Buffers, Summary, has_memory
from srcad.passes.dce import dce
from srcad.passes.extents import is_length

ROUNDS = 1 << 20


def in_parts(graph: Graph, summaries: Mapping[Any, Summary]) -> Graph:
    """Keep what long recurrences keep in parts.

    summaries : what is known of the memory of callees.
    """
    makers = {v: n for n in graph.body.nodes for v in n.outputs}
    builder = Builder()
    pairs = {
        node: back
        for node, back in _pairs(graph, makers).items()
        if _reads_the_same(graph, node, summaries)
    }
    if not pairs:
        return graph
    parted = {}
    for node in graph.body.nodes:
        if node in pairs:
            parts = _Parts(builder, makers, node)
            parts.primal()
            parted[pairs[node]] = parts
        elif node in parted:
            parted[node].adjoint(node)
        else:
            builder.add(node)
    return dce(with_body(graph, with_block(graph.body, builder.nodes)))


# ---- which loops ---------------------------------------------------------------------


def _pairs(graph: Graph, makers: dict[Value, Node]) -> dict[Node, Node]:
    """The loops that go in parts, each with its adjoint."""
    count, found = uses(graph.body), {}
    for node in graph.body.nodes:
        if node.op is not for_ or not _is_recurrence(node, makers):
            continue
        kept = loop_of(node)
        readers = [
            n for n in graph.body.nodes if not set(n.inputs).isdisjoint(kept.lists)
        ]
        if len(readers) != 1 or readers[0].op is not for_:
            continue
        back = loop_of(readers[0])
        same = [
            v in kept.lists or _same_range(v, kept.walked[0], makers)
            for v in back.walked
        ]
        once = all(count[v] == back.walked.count(v) == 1 for v in kept.lists)
        asked = count[kept.count] or count[back.count]
        if all(same) and once and not asked and back.reverse and not back.stop:
            if not back.lists:
                found[node] = readers[0]
    return found


def _is_recurrence(node: Node, makers: dict[Value, Node]) -> bool:
    """Whether a loop counts from 0, and keeps numbers that depend on the one before."""
    loop = loop_of(node)
    if loop.stop or loop.reverse or not loop.lists or len(loop.walked) != 1:
        return False
    made = makers.get(loop.walked[0])
    if made is None or not _counts_up(made) or isinstance(made.inputs[1], Literal):
        return False
    numbers = (*loop.carried, *loop.initial, *loop.carried_next, *loop.collected)
    if not all(isinstance(v.type, Scalar) for v in numbers):
        return False
    waiting = set(loop.carried)
    for inner in nodes_of(loop.body):
        plain = isinstance(inner.op, Op) and not inner.op.effect
        if not (plain or inner.op is if_) or "inplace" in inner.params:
            return False
        if inner.blocks or not waiting.isdisjoint(inner.inputs):
            waiting.update(inner.outputs)
    return not waiting.isdisjoint(loop.collected)


def _reads_the_same(graph: Graph, node: Node, summaries: Mapping[Any, Summary]) -> bool:
    """Whether what a loop reads is never written to after it."""
    arrays = [v for v in free_values(node.blocks[0]) if has_memory(v.type)]
    if not arrays:
        return True
    buffers = Buffers(graph, summaries=summaries)
    read = {place for v in arrays for place in buffers.reach(v)}
    nodes = graph.body.nodes
    after = nodes[nodes.index(node) + 1 :]
    return all(read.isdisjoint(buffers.written(n)) for n in after)


def _counts_up(made: Node) -> bool:
    """Whether a node is `range(n)`."""
    if made.op is not range_:
        return False
    return is_literal(made.inputs[0], 0) and is_literal(made.inputs[2], 1)


def _same_range(walked: Value, other: Value, makers: dict[Value, Node]) -> bool:
    """Whether two ranges count to the same number from 0."""
    a, b = makers.get(walked), makers.get(other)
    if walked is other or a is None or b is None:
        return walked is other
    return _counts_up(a) and _counts_up(b) and a.inputs[1] is b.inputs[1]


# ---- the loops in parts --------------------------------------------------------------


@dataclass(eq=False)
class _Parts:
    """A loop and its adjoint in parts, written into a builder.

    count, size, parts : the rounds, those of a full part, and how many parts there are.
    """

    builder: Builder
    makers: dict[Value, Node]
    node: Node

    def __post_init__(self) -> None:
        self.loop = loop_of(self.node)
        stop = self.makers[self.loop.walked[0]].inputs[1]
        with self.builder.active(), self.builder.at(self.node.span):
            self.count = stop
            if not is_length(stop):
                self.count = _named("count", max_of, stop, literal(0))
            self.size = _named("size", min_of, self.count, literal(ROUNDS))
            steps = range_(literal(0), self.count, literal(ROUNDS))
            self.parts = _named("parts", range_len, steps)
        pairs = zip(self.loop.lists, self.loop.collected, strict=True)
        self.saved = [self.array(v, self.size, xs.name, kept=True) for xs, v in pairs]
        self.starts = [
            self.array(c, self.parts, f"{c.name or 'number'}_starts")
            for c in self.loop.carried
        ]

    def array(self, number: Value, size: Value, name: str, **more: bool) -> Value:
        """An array for numbers."""
        dtype = dtype_of(number.type)
        assert dtype is not None
        params: dict[str, object] = {"scalar": True, **more}
        if dtype != "float64":
            params["dtype"] = bool if dtype == "bool" else dtype
        t = Array(dtype, (length(size.type),))
        return self.builder.emit(empty, (size,), (t,), params, names=[name])[0]

    def primal(self) -> None:
        """The loop in parts: it notes where each begins, and keeps the last one."""
        loop, part, body = self.loop, Value("part", INT), Builder(self.builder)
        carried, starts = _fresh(loop.carried), _fresh(self.starts)
        saved = _fresh(self.saved)
        with body.active(), body.at(self.node.span):
            pairs = zip(starts, carried, strict=True)
            begun = [_written(a, c, part, False) for a, c in pairs]
            first, rounds = self.bounds(part)
            final, kept = self.run(body, carried, saved, first, rounds)
        initial = (*loop.initial, *self.starts, *self.saved)
        self.starts, self.saved = _fresh(self.starts), _fresh(self.saved)
        inner = Block(
            (part, *carried, *starts, *saved),
            tuple(body.nodes),
            (*final, *begun, *kept),
        )
        outputs = (*loop.final, *self.starts, *self.saved)
        self.over(self.parts, initial, inner, outputs, self.builder, self.node)

    def adjoint(self, node: Node) -> None:
        """The adjoint in parts, the last one first; those before are run again."""
        back, part, body = loop_of(node), Value("part", INT), Builder(self.builder)
        carried, saved = _fresh(back.carried), _fresh(self.saved)
        with body.active(), body.at(node.span):
            first, rounds = self.bounds(part)
            is_before = less(part, subtract(self.parts, literal(1)))
            ways = Block((), (), (rounds,)), Block((), (), (literal(0),))
            (again,) = body.if_(is_before, *ways, [INT], ["again"])
            begun = [_read(a, part) for a in self.starts]
            _, kept = self.run(body, begun, saved, first, again)
            final = self.back(body, node, carried, kept, first, rounds)
        initial = (*back.initial, *self.saved)
        inner = Block((part, *carried, *saved), tuple(body.nodes), (*final, *kept))
        outputs = (*back.final, *_fresh(self.saved))
        self.over(self.parts, initial, inner, outputs, self.builder, node)

    def bounds(self, part: Value) -> tuple[Value, Value]:
        """The first round of a part, and how many it has."""
        first = multiply(part, literal(ROUNDS))
        left = subtract(self.count, first)
        return first, _named("rounds", min_of, self.size, left)

    def run(
        self,
        builder: Builder,
        initial: Sequence[Value],
        saved: Sequence[Value],
        first: Value,
        rounds: Value,
    ) -> tuple[Sequence[Value], Sequence[Value]]:
        """One part of the loop; gives what it carries, and the arrays it kept in."""
        loop, place, body = self.loop, Value("", INT), Builder(builder)
        carried, arrays = _fresh(loop.carried), _fresh(saved)
        known = dict(zip(loop.carried, carried, strict=True))
        with body.active(), body.at(self.node.span):
            (item,) = loop.items
            known[item] = _plus(first, place, item.name)
            inner = copied(loop.body, known)
            values = inner.results[len(carried) :]
            kept = list(arrays)
            made = {v for node in inner.nodes for v in node.outputs}
            for k, v in enumerate(values):
                if v not in made:
                    kept[k] = _written(kept[k], v, place, True)
            for node in inner.nodes:
                body.add(node)
                for k, v in enumerate(values):
                    if v in node.outputs:
                        kept[k] = _written(kept[k], v, place, True)
        results = (*inner.results[: len(carried)], *kept)
        block = Block((place, *carried, *arrays), tuple(body.nodes), results)
        final = _fresh((*loop.final, *saved))
        self.over(rounds, (*initial, *saved), block, final, builder, self.node)
        return final[: len(carried)], final[len(carried) :]

    def back(
        self,
        builder: Builder,
        node: Node,
        initial: Sequence[Value],
        saved: Sequence[Value],
        first: Value,
        rounds: Value,
    ) -> Sequence[Value]:
        """One part of the adjoint; gives what it carries."""
        loop, place, body = loop_of(node), Value("", INT), Builder(builder)
        arrays = dict(zip(self.loop.lists, saved, strict=True))
        known: dict[Value, Value] = {}
        with body.active(), body.at(node.span):
            for walked, item in zip(loop.walked, loop.items, strict=True):
                if walked in arrays:
                    known[item] = _read(arrays[walked], place, item, kept=True)
                else:
                    known[item] = _plus(first, place, item.name)
        inner = copied(loop.body, known)
        nodes = (*body.nodes, *inner.nodes)
        block = Block((place, *inner.params), nodes, inner.results)
        final = _fresh(loop.final)
        self.over(rounds, initial, block, final, builder, node)
        return final

    def over(
        self,
        rounds: Value,
        initial: Sequence[Value],
        block: Block,
        final: Sequence[Value],
        builder: Builder,
        node: Node,
    ) -> None:
        """Write a loop of so many rounds, in the direction of another."""
        with builder.active(), builder.at(node.span):
            walked = range_(literal(0), rounds, literal(1))
        inputs, outputs = (walked, *initial), (*final, Value("", INT))
        params = {**node.params, "walked": 1}
        builder.add(Node(for_, inputs, outputs, params, (block,), node.span))


def _fresh(values: Sequence[Value]) -> list[Value]:
    return [Value(v.name, v.type) for v in values]


def _named(name: str, op: Op, *inputs: Value) -> Value:
    """A whole number, by a name of its own."""
    return current().emit(op, inputs, (INT,), names=[name])[0]


def _plus(first: Value, place: Value, name: str) -> Value:
    """The round of the whole loop, from the round of a part."""
    return _named(name, add, first, place)


def _written(array: Value, number: Value, place: Value, kept: bool) -> Value:
    """The array with a number at its place."""
    params = {"layout": ("at",), "inplace": True, "kept": kept}
    inputs = (array, number, place)
    return current().emit(update, inputs, (array.type,), params, names=[array.name])[0]


def _read(
    array: Value, place: Value, like: Value | None = None, kept: bool = False
) -> Value:
    """The number at a place of an array."""
    assert isinstance(array.type, Array)
    dtype = array.type.dtype
    t = Scalar(kind_of_dtype(dtype), dtype) if like is None else like.type
    name = "" if like is None else like.name
    params = {"layout": ("at",), "kept": kept}
    return current().emit(getitem, (array, place), (t,), params, names=[name])[0]
