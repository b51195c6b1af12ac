"""One run of a program as a straight line: what was computed, in order, with values.

Takes a program and arguments; gives a `Trace`. Loops are unrolled, of branches the one
that ran is there, calls are written out. So the trace is a block of plain operations,
which is differentiated as any other; and each of its values knows where in the graph
it stands, and in which iteration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from srcad.backend.evaluate import run_node
from srcad.backend.runtime import LetThrough
from srcad.frontend.abstract import argument_type
from srcad.ir.graph import (
    UNDEFINED,
    Block,
    Literal,
    Node,
    Program,
    Value,
    free_values,
    literal,
)
from srcad.ir.structure import LOOPS, call, for_, if_, loop_of, try_, while_, with_
from srcad.ir.types import Maybe, Type, Unknown
from srcad.ir.walk import substituted_node, with_parts
from srcad.ops.containers import list_get, list_of

# A place in the graph: the call nodes around it, outermost first. With the iterations
# of the loops around it, that is one moment of the run.
Site = tuple[Node, ...]
Iterations = tuple[int, ...]
LIMIT = 3000  # nodes of a trace; a run of more keeps its outermost loops and calls


class TooLong(Exception):
    """The trace has more than `LIMIT` nodes."""


@dataclass(frozen=True, eq=False)
class Moment:
    """One operation of the run: where it stands in the graph, and its node here."""

    site: Site
    node: Node
    iterations: Iterations
    traced: Node


@dataclass(eq=False)
class Trace:
    """A run of a program.

    moments : what was computed, in order.
    values : the number or array behind each value of the trace.
    seen : for each value of the graph, at its site, by iteration the value of the
        trace; a block's parameters and a loop's results are among them.
    times : for the same, how many moments there were before.
    taken : for each `if_` and `try_`, by iteration the block that ran, and when.
    counts : for each loop, by iteration of those around it, how often it went round.
    whole : whether nothing was left as one node that could be taken apart.
    """

    program: Program
    params: tuple[Value, ...]
    moments: list[Moment] = field(default_factory=list)
    values: dict[Value, Any] = field(default_factory=dict)
    seen: dict[tuple[Site, Value], dict[Iterations, Value]] = field(
        default_factory=dict
    )
    times: dict[tuple[Site, Value], dict[Iterations, int]] = field(default_factory=dict)
    taken: dict[tuple[Site, Node], dict[Iterations, tuple[int, int]]] = field(
        default_factory=dict
    )
    counts: dict[tuple[Site, Node | None], dict[Iterations, int]] = field(
        default_factory=dict
    )
    results: tuple[Value, ...] = ()
    whole: bool = True

    @property
    def block(self) -> Block:
        """The run as a block."""
        nodes = tuple(m.traced for m in self.moments)
        return Block(self.params, nodes, self.results)

    def of(self, value: Value) -> Any:
        """What a value of the trace was."""
        return value.value if isinstance(value, Literal) else self.values[value]


def trace(program: Program, arguments: Sequence[Any], whole: bool = True) -> Trace:
    """Run a program and write down what it does.

    whole : take loops, branches and calls apart; else they are one node each.
    """
    if whole:
        try:
            return _Tracer(program, arguments, True).run(arguments)
        except TooLong:
            pass
    return _Tracer(program, arguments, False).run(arguments)


class _Tracer:
    def __init__(self, program: Program, arguments: Sequence[Any], whole: bool) -> None:
        params = program.graph.body.params
        made = [
            Value(p.name, _known(p.type, v))
            for p, v in zip(params, arguments, strict=True)
        ]
        self.program = program
        self.trace = Trace(program, tuple(made), whole=whole)
        self.trace.values.update(zip(made, arguments, strict=True))

    def run(self, arguments: Sequence[Any]) -> Trace:
        body = self.program.graph.body
        run = _Run(self, (), (), {})
        self.trace.results = tuple(run.block(body, self.trace.params))
        return self.trace


@dataclass
class _Run:
    """The run of one graph, at one site, in one iteration."""

    tracer: _Tracer
    site: Site
    iterations: Iterations
    environment: dict[Value, Value]

    @property
    def trace(self) -> Trace:
        return self.tracer.trace

    def block(self, block: Block, given: Sequence[Value]) -> list[Value]:
        for p, v in zip(block.params, given, strict=True):
            self.bind(p, v)
        for node in block.nodes:
            outputs = self.node(node)
            for v, found in zip(node.outputs, outputs, strict=True):
                self.bind(v, found)
        return [self.read(v) for v in block.results]

    def bind(self, value: Value, found: Value) -> None:
        self.environment[value] = found
        of_value = self.trace.seen.setdefault((self.site, value), {})
        of_value[self.iterations] = found
        times = self.trace.times.setdefault((self.site, value), {})
        times[self.iterations] = len(self.trace.moments)

    def read(self, value: Value) -> Value:
        return value if isinstance(value, Literal) else self.environment[value]

    def node(self, node: Node) -> Sequence[Value]:
        if self.trace.whole:
            if node.op is if_:
                return self.branch(node)
            if node.op in LOOPS:
                return self.loop(node)
            if node.op is with_:
                return self.managed(node)
            if node.op is try_:
                return self.attempt(node)
            if node.op is call and "rule" not in node.params:
                return self.call(node)
        return self.plain(node)

    def plain(self, node: Node) -> Sequence[Value]:
        """One operation; a structure that is not taken apart is one, too."""
        free = [v for block in node.blocks for v in free_values(block)]
        mapping = {v: self.read(v) for v in free if v in self.environment}
        traced = substituted_node(node, mapping) if mapping else node
        inputs = [self.read(v) for v in node.inputs]
        values = self.trace.values
        around = {v: self.trace.of(v) for v in mapping.values()}
        found = run_node(
            self.tracer.program, traced, [self.trace.of(v) for v in inputs], around
        )
        outputs = [
            Value(v.name, _known(v.type, value))
            for v, value in zip(node.outputs, found, strict=True)
        ]
        values.update(zip(outputs, found, strict=True))
        self.add(node, with_parts(traced, inputs, outputs=outputs))
        return outputs

    def add(self, node: Node, traced: Node) -> None:
        moments = self.trace.moments
        moments.append(Moment(self.site, node, self.iterations, traced))
        if self.trace.whole and len(moments) > LIMIT:
            raise TooLong

    def branch(self, node: Node) -> Sequence[Value]:
        k = 0 if self.trace.of(self.read(node.inputs[0])) else 1
        self.took(node, k)
        return self.block(node.blocks[k], ())

    def took(self, node: Node, k: int) -> None:
        found = self.trace.taken.setdefault((self.site, node), {})
        found[self.iterations] = k, len(self.trace.moments)

    def call(self, node: Node) -> Sequence[Value]:
        graph = self.tracer.program.graphs[node.params["callee"]]
        inner = _Run(self.tracer, (*self.site, node), self.iterations, {})
        return inner.block(graph.body, [self.read(v) for v in node.inputs])

    def managed(self, node: Node) -> Sequence[Value]:
        (block,), function = node.blocks, node.params.get("function")
        inputs = [self.trace.of(self.read(v)) for v in node.inputs]
        manager = inputs[0] if function is None else None
        if function is not None:
            named = node.params.get("keywords", ())
            plain = len(inputs) - len(named)
            keywords = dict(zip(named, inputs[plain:], strict=True))
            manager = function(*inputs[:plain], **keywords)
        results: list[Value] = []
        with LetThrough(manager) as given:
            results = self.block(block, [literal(given)] if block.params else [])
        return results

    def attempt(self, node: Node) -> Sequence[Value]:
        body, handler = node.blocks
        done = len(self.trace.moments)
        self.took(node, 0)
        try:
            results = [*self.block(body, ()), literal(False)]
        except TooLong:
            raise
        except node.params["catches"] as error:
            del self.trace.moments[done:]
            given = [literal(error)] if handler.params else []
            self.took(node, 1)
            results = [*self.block(handler, given), literal(True)]
        return results

    def loop(self, node: Node) -> Sequence[Value]:
        loop, n = loop_of(node), len(node.inputs) - len(loop_of(node).walked)
        rows = self.rows(node, loop.walked)
        order = range(len(rows)) if not loop.reverse else range(len(rows))[::-1]
        carried = [self.read(v) for v in loop.initial]
        collected: list[list[Value]] = [[] for _ in loop.collected]
        count = 0
        while not (loop.stop and self.trace.of(carried[0])):
            inner = _Run(
                self.tracer, self.site, (*self.iterations, count), self.environment
            )
            if node.op is while_:
                (again,) = inner.block(node.blocks[0], carried)
                if not self.trace.of(again):
                    break
            elif count == len(order):
                break
            row = rows[order[count]] if node.op is for_ else ()
            results = inner.block(loop.body, [*row, *carried])
            carried = results[:n]
            for entries, entry in zip(collected, results[n:], strict=True):
                entries.append(entry)
            count += 1
        self.trace.counts.setdefault((self.site, node), {})[self.iterations] = count
        lists = [
            self.listed(node, entries[::-1] if loop.reverse else entries, out)
            for entries, out in zip(collected, loop.lists, strict=True)
        ]
        return [*carried, *lists, literal(count)]

    def rows(self, node: Node, walked: Sequence[Value]) -> list[tuple[Value, ...]]:
        """The entries that a loop walks, iteration by iteration."""
        columns: list[list[Value]] = []
        for v in map(self.read, walked):
            whole = self.trace.of(v)
            if isinstance(whole, range):
                columns.append([literal(k) for k in whole])
                continue
            columns.append([self.entry(node, v, k) for k in range(len(whole))])
        return list(zip(*columns, strict=True))

    def entry(self, node: Node, whole: Value, k: int) -> Value:
        """An entry of a list, as a value that derivatives pass through."""
        found = self.trace.of(whole)[k]
        kind = getattr(whole.type, "item", Unknown())
        out = Value("", _known(kind, found))
        self.trace.values[out] = found
        made = Node(list_get, (whole, literal(k)), (out,), {}, (), node.span)
        self.add(node, made)
        return out

    def listed(self, node: Node, entries: Sequence[Value], like: Value) -> Value:
        """A list that a loop collected, made from its entries."""
        out = Value("", like.type)
        self.trace.values[out] = [self.trace.of(v) for v in entries]
        made = Node(list_of, tuple(entries), (out,), {}, (), node.span)
        self.add(node, made)
        return out


def _known(t: Type, value: Any) -> Type:
    """The type of a value that is there now, where before it ran it was not known."""
    if value is UNDEFINED or not isinstance(t, (Unknown, Maybe)):
        return t
    return argument_type(value, "value")
