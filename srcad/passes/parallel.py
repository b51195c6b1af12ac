"""parallel: loops whose rounds do not disturb one another run on several threads.

Takes a finished program whose array operations are loops; gives one where some `for_`
nodes carry `params["parallel"]`, and where loops that add to shared arrays go in chunks
(`parallel_chunks.py`). `parallel_rounds.py` has the proof; a loop without one stays as
it is.

Starting threads costs some microseconds. So the outermost loop that qualifies is taken,
and inside a loop that stays serial only nests of two loops and those that the user
wrote with `prange`; nothing in functions that are called in loops.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from srcad.ir.builder import Builder
from srcad.ir.graph import (
    Block,
    Graph,
    Node,
    Program,
    Value,
    free_values,
    is_literal,
    literal,
    nodes_of,
)
from srcad.ir.structure import LOOPS, for_, if_, loop_of, loop_params, run_by, while_
from srcad.ir.types import INT, Array, List, Range, Scalar
from srcad.ir.walk import substituted_node, uses, with_block, with_body, with_parts
from srcad.ops.arithmetic import add
from srcad.ops.lists import range_
from srcad.passes.buffers import Buffers, Summary
from srcad.passes.dce import dce
from srcad.passes.parallel_arrays import may_repeat_axes
from srcad.passes.parallel_chunks import chunked, walked_range, with_index
from srcad.passes.parallel_rounds import Rounds, rounds_of
from srcad.passes.parallel_sums import added_once

FEWEST = 16  # rounds, where their number is known


def parallel(program: Program, summaries: Mapping[Any, Summary]) -> Program:
    """Mark the loops that may run on threads.

    summaries : what is known of the memory of callees.
    """
    repeated = _called_in_loops(program)
    graphs = {
        key: graph
        if key in repeated or may_repeat_axes(graph)
        else _Threads(graph, program, summaries).graph()
        for key, graph in program.graphs.items()
    }
    return replace(program, graphs=graphs)


def _called_in_loops(program: Program) -> set[Any]:
    """The graphs that run in loops, or call themselves."""
    found: set[Any] = set()

    def enter(block: Block, looped: bool, path: tuple[Any, ...]) -> None:
        for node in block.nodes:
            for inner in node.blocks:
                enter(inner, looped or node.op in LOOPS, path)
            for key in run_by(node):
                again = key in path or "guides" in node.params
                if key in found:
                    continue
                if looped or again:
                    found.add(key)
                if key not in path:
                    enter(program.graphs[key].body, key in found, (*path, key))

    enter(program.graph.body, False, (program.main,))
    return found


class _Threads:
    """Marks the loops of one graph."""

    def __init__(
        self, graph: Graph, program: Program, summaries: Mapping[Any, Summary]
    ) -> None:
        self.whole, self.program = graph, program
        self.buffers = Buffers(graph, summaries=summaries)
        self.uses = uses(graph.body)

    def graph(self) -> Graph:
        """The graph with its loops marked."""
        return dce(with_body(self.whole, self.block(self.whole.body, False)))

    def block(self, block: Block, inside: bool) -> Block:
        """A block with its loops marked; `inside` : it runs in a loop."""
        nodes: list[Node] = []
        for node in block.nodes:
            if node.op is for_:
                nodes += self.loop(node, inside)
            elif node.op in (if_, while_):
                deeper = inside or node.op is while_
                blocks = [self.block(b, deeper) for b in node.blocks]
                nodes.append(with_parts(node, blocks=blocks))
            else:
                nodes.append(node)
        return with_block(block, nodes)

    def loop(self, node: Node, inside: bool) -> Sequence[Node]:
        """A loop on threads, or as it was with what is in it marked."""
        (body,) = node.blocks
        walked = node.inputs[: node.params["walked"]]
        short = any(map(_is_short, walked))
        wanted = not inside or self.is_marked(walked)
        if not short and (wanted or any(n.op is for_ for n in body.nodes)):
            scratch = self.scratch(body)
            rounds = rounds_of(node, self.buffers, self.program, scratch)
            if rounds is not None and (wanted or not rounds.shared):
                found = self.threaded(self.with_own(node, scratch), rounds)
                if found is not None:
                    return found
        return [with_parts(node, blocks=[self.block(body, inside or not short)])]

    def is_marked(self, walked: Sequence[Value]) -> bool:
        """Whether the user asked for threads here: a `prange`."""
        makers = [self.buffers.made.get(v) for v in walked]
        return any(n is not None and n.params.get("prange") for n in makers)

    def threaded(self, node: Node, rounds: Rounds) -> Sequence[Node] | None:
        """A loop whose rounds are independent, on threads."""
        if not rounds.shared:
            return [marked(node, rounds)]
        if self.uses[node.outputs[-1]]:
            return None
        if not rounds.apart:
            return chunked(node, rounds, self.buffers.made)
        if not any(n.op is for_ for n in node.blocks[0].nodes):
            return None  # neighbours in one line of memory: slower than one by one
        return in_turns(node, rounds, self.buffers.made)

    # ---- arrays that each round fills anew -------------------------------------------

    def scratch(self, body: Block) -> list[Value]:
        """The arrays made before a loop that only its rounds use, each for itself."""
        found = []
        inside: Counter[Value] = uses(body)
        for v in free_values(body):
            maker = self.buffers.made.get(v)
            if maker is not None and maker.params.get("scratch"):
                if inside[v] == self.uses[v]:
                    found.append(v)
        return found

    def with_own(self, node: Node, scratch: Collection[Value]) -> Node:
        """The loop with arrays that its rounds fill made in each round."""
        made, known = [], {}
        for v in scratch:
            maker = self.buffers.made[v]
            params = {k: p for k, p in maker.params.items() if k != "scratch"}
            known[v] = Value(v.name, v.type)
            made.append(replace(maker, outputs=(known[v],), params=params))
        if not made:
            return node
        (body,) = node.blocks
        nodes = [substituted_node(n, known) for n in body.nodes]
        return with_parts(node, blocks=[with_block(body, [*made, *nodes])])


def marked(node: Node, rounds: Rounds) -> Node:
    """A loop whose rounds are independent, marked."""
    loop = loop_of(node)
    totals = [(loop.carried[k], loop.carried_next[k]) for k in rounds.sums]
    params = {**node.params, "reverse": False, "parallel": True}
    if not _stay_signed(loop.body, loop.items):
        params["signed"] = True
    body = added_once(loop.body, totals)
    return replace(with_parts(node, blocks=[body]), params=params)


def in_turns(
    node: Node, rounds: Rounds, makers: Mapping[Value, Node]
) -> list[Node] | None:
    """A loop that adds near its own index: rounds far enough apart, side by side.

    A stencil's adjoint adds to the rows i - 1, i and i + 1: every third round runs on
    threads, then those after them, then the last third.
    """
    walked = walked_range(node, makers)
    if walked is None:
        return None
    loop, builder = loop_of(node), Builder()
    first, stop, _ = walked.inputs
    turn = Value("turn", INT)
    params = [Value(v.name, v.type) for v in loop.carried]
    inner = Builder(builder)
    with inner.active(), inner.at(node.span):
        start = turn
        if not is_literal(first, 0):
            (start,) = inner.emit(add, (first, turn), (INT,), names=["first"])
        some = range_(start, stop, literal(rounds.apart))
        body = with_index(node, first)
        finals = [Value(v.name, v.type) for v in loop.final]
        outputs = (*finals, Value("", INT))
        apart = Node(for_, (some, *params), outputs, loop_params(1), (body,), node.span)
        inner.add(marked(apart, rounds))
    with builder.active(), builder.at(node.span):
        turns = range_(literal(0), literal(rounds.apart), literal(1))
        block = inner.block((turn, *params), finals)
        outputs = (*loop.final, Value("", INT))
        builder.add(
            Node(
                for_,
                (turns, *loop.initial),
                outputs,
                loop_params(1),
                (block,),
                node.span,
            )
        )
    return builder.nodes


def _is_short(walked: Value) -> bool:
    t = walked.type
    length = t.length if isinstance(t, (Range, List)) else None
    return isinstance(length, int) and length < FEWEST


# ---- indices without a sign ----------------------------------------------------------

_MIXED = frozenset(
    """add subtract multiply divide less less_equal greater greater_equal equal
    not_equal floor_divide remainder""".split()  # noqa: SIM905
)
_INDEXED = {"getitem": 1, "update": 2, "add_at": 2, "list_get": 1}


def _stay_signed(body: Block, items: Sequence[Value]) -> bool:
    """Whether what is computed from a loop's items is right where they have no sign.

    Numba counts a parallel loop from 0 without sign. An index is right, and so is
    arithmetic with another number; `-i` is not.
    """
    ranged = {v for v in items if isinstance(v.type, Scalar) and v.type.kind == "int"}
    for node in nodes_of(body):
        for k, v in enumerate(node.inputs):
            if v not in ranged:
                continue
            first = _INDEXED.get(node.op.name)
            if first is not None and k >= first:
                continue
            others = [x for x in node.inputs if x not in ranged]
            mixed = node.op.name in _MIXED and len(others) == 1
            if not mixed or isinstance(others[0].type, Array):
                return False
        if any(v in ranged for b in node.blocks for v in b.results):
            return False
    return ranged.isdisjoint(body.results)
