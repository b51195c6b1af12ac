"""in_parts: what a long loop keeps goes to short arrays, used again and again.

Takes a finished program; gives one in which a loop, and its adjoint after it, go in
parts of some rounds. The arrays for what is kept hold one part. The last one is there
when the adjoint begins; each one before is computed, then again and kept, from what the
loop carried where it began. So a loop whose one part is all does what it did, and
memory does not grow with a longer one: new memory costs more than the rounds that fill
it. The rounds that keep are a function of their own, if one does for both ways.

A loop of numbers goes in parts of a million rounds, whatever it computes. One that
keeps rows goes in parts of so many rounds as fit the cache, if to compute them again
costs little more than to read them.

Only for the Numba dialect; in Python no loop is that long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from srcad.ir.builder import Builder
from srcad.ir.graph import (
    Block,
    Graph,
    Literal,
    Node,
    Program,
    Value,
    fact,
    free_values,
    is_literal,
    nodes_of,
)
from srcad.ir.structure import Loop, for_, has_effect, if_, loop_of
from srcad.ir.types import Array, Scalar, Type, dims_of, dtype_of, kind_of, same_dims
from srcad.ir.walk import uses, with_block, with_body
from srcad.ops.choice import max_of
from srcad.ops.declare import Op, cost_of
from srcad.ops.filled import empty
from srcad.ops.index import getitem, update
from srcad.ops.lists import range_
from srcad.passes.buffers import Buffers, Summary, has_memory
from srcad.passes.dce import dce
from srcad.passes.kept_arrays import kept_arrays
from srcad.passes.liveness import reads_elements
from srcad.passes.part_function import Function
from srcad.passes.parts import Pair, Parts

Makers = Mapping[Value, Node]
# So few rounds, known beforehand, are not worth it.
FEW = 32
FLOATS = ("float64", "complex128")
# What costs as little as the "cheap" operations, for a compiler of loops.
MOVES = frozenset(
    """add_at copy copy_in_rows empty getitem item update zeros zeros_like
    """.split()  # noqa: SIM905
)


def in_parts(program: Program, summaries: Mapping[Any, Summary]) -> Program:
    """Keep what long loops keep in parts.

    summaries : what is known of the memory of callees.
    """
    graphs: dict[Any, Graph] = {}
    for key, graph in program.graphs.items():
        graphs[key], functions = _in_parts(key, graph, summaries)
        graphs.update((f.key, f.graph) for f in functions)
    if all(graphs[key] is graph for key, graph in program.graphs.items()):
        return program
    return replace(program, graphs=graphs)


def _in_parts(
    key: Any, graph: Graph, summaries: Mapping[Any, Summary]
) -> tuple[Graph, list[Function]]:
    """A graph with its loops in parts, and the functions that it calls for that."""
    lists = {p.primal for p in _pairs(graph, summaries) if loop_of(p.primal).lists}
    as_arrays = kept_arrays(graph, lists) if lists else graph
    pairs = {pair.primal: pair for pair in _pairs(as_arrays, summaries)}
    if not pairs:
        return graph, []
    builder = Builder()
    adjoints: dict[Node, Parts] = {}
    for node in as_arrays.body.nodes:
        if node in pairs:
            own = key, "part", len(adjoints)
            pair = _shared(as_arrays, pairs[node], own, summaries)
            parts = Parts(builder, as_arrays, pair, summaries)
            parts.primal()
            adjoints[pair.adjoint] = parts
        elif node in adjoints:
            adjoints[node].adjoint()
        else:
            builder.add(node)
    body = with_block(as_arrays.body, builder.nodes)
    functions = [p.function for p in adjoints.values() if p.function is not None]
    return dce(with_body(graph, body)), functions


def _pairs(graph: Graph, summaries: Mapping[Any, Summary]) -> list[Pair]:
    """The loops that go in parts, each with its adjoint."""
    nodes = graph.body.nodes
    if graph.watched or sum(node.op is for_ for node in nodes) < 2:
        return []  # where an exception is caught, what may raise is not dropped
    makers = {v: node for node in nodes for v in node.outputs}
    count = uses(graph.body)
    found = (_pair(node, nodes, makers, count) for node in nodes if node.op is for_)
    pairs = [pair for pair in found if pair is not None]
    return [pair for pair in pairs if _does_the_same(graph, pair, summaries)]


def _pair(
    node: Node, nodes: tuple[Node, ...], makers: Makers, count: Mapping[Value, int]
) -> Pair | None:
    """A loop with its adjoint, if what it keeps may be kept in parts."""
    loop = loop_of(node)
    last = None if loop.stop or loop.reverse else _only_end(loop, makers)
    kept = tuple(k for k, v in enumerate(loop.initial) if _holds_rounds(v, makers))
    results = {loop.final[k] for k in kept} | set(loop.lists)
    if last is None or not results or count[loop.count]:
        return None
    readers = [n for n in nodes if _reads(n, results)]
    if len(readers) != 1 or not _goes_back(readers[0], loop, last, makers, count):
        return None
    if any(count[v] != _reads_by_round(readers[0], v) for v in results):
        return None
    if not all(_written_by_round(loop, k) for k in kept):
        return None
    pair = _with_again(node, readers[0], kept)
    return pair if _pays(pair, last) else None


# ---- the shape of the two loops ------------------------------------------------------


def _end(walked: Value, makers: Makers) -> Value | None:
    """Where a range that counts up from 0 ends; below 0 there is no round."""
    made = makers.get(walked)
    if made is None or made.op is not range_:
        return None
    start, stop, step = made.inputs
    if not (is_literal(start, 0) and is_literal(step, 1)):
        return None
    most = makers.get(stop)
    bounded = most is not None and most.op is max_of and is_literal(most.inputs[1], 0)
    return most.inputs[0] if most is not None and bounded else stop


def _only_end(loop: Loop, makers: Makers) -> Value | None:
    """Where the only range that a loop walks ends."""
    return _end(loop.walked[0], makers) if len(loop.walked) == 1 else None


def _is_same(a: Value, b: Value | None) -> bool:
    """Whether two values are one, or one constant."""
    if isinstance(a, Literal):
        return b is not None and is_literal(b, a.value)
    return a is b


def _holds_rounds(initial: Value, makers: Makers) -> bool:
    """Whether what a loop carries first is an array for what it keeps."""
    made = makers.get(initial)
    return made is not None and made.op is empty and bool(made.params.get("kept"))


def _reads(node: Node, values: set[Value]) -> bool:
    """Whether a node reads one of these values, or its blocks do."""
    inner = (free_values(block) for block in node.blocks)
    return any(not values.isdisjoint(read) for read in (node.inputs, *inner))


def _goes_back(
    node: Node, primal: Loop, last: Value, makers: Makers, count: Mapping[Value, int]
) -> bool:
    """Whether a loop does the rounds of another the other way round."""
    if node.op is not for_:
        return False
    loop = loop_of(node)
    if not loop.reverse or loop.stop or loop.lists or count[loop.count]:
        return False
    ranges = [v for v in loop.walked if v not in primal.lists]
    return all(_is_same(last, _end(v, makers)) for v in ranges)


def _reads_by_round(node: Node, kept: Value) -> int:
    """How often a loop reads what was kept at its round."""
    loop = loop_of(node)
    places = _kept_places(loop.body).get(kept, [])
    return loop.walked.count(kept) + sum(v in loop.items for v in places)


@fact
def _kept_places(block: Block) -> Mapping[Value, Sequence[Value]]:
    """For arrays of what rounds keep, at which places a block reads them."""
    found: dict[Value, list[Value]] = {}
    for node in nodes_of(block):
        if node.op is getitem and node.params.get("kept"):
            found.setdefault(node.inputs[0], []).append(node.inputs[1])
    return found


def _written_by_round(loop: Loop, k: int) -> bool:
    """Whether all that a loop does with an array is to write to it at its round."""
    (item,), count = loop.items, uses(loop.body)
    users = {v: node for node in nodes_of(loop.body) for v in node.inputs}

    def goes(array: Value, end: Value) -> bool:
        """Whether an array becomes another by such writes, and serves nothing else."""
        while array is not end:
            node = users.get(array)
            if count[array] != 1 or node is None:
                return False
            if node.op is update and node.inputs[0] is array:
                if not node.params.get("kept") or node.inputs[2] is not item:
                    return False
                array = node.out
            elif node.op is for_ and array in loop_of(node).initial:
                inner = loop_of(node)
                place = inner.initial.index(array)
                if not goes(inner.carried[place], inner.carried_next[place]):
                    return False
                array = inner.final[place]
            else:
                return False
        return count[array] == 1

    return goes(loop.carried[k], loop.carried_next[k])


# ---- what is computed again ----------------------------------------------------------


def _with_again(primal: Node, adjoint: Node, kept: tuple[int, ...]) -> Pair:
    """The two loops, with what of the first one's body is needed for what it keeps."""
    loop = loop_of(primal)
    state: list[int] = []
    while True:
        block = _again(loop, state, kept)
        read = uses(block)
        others = (k for k in range(len(loop.carried)) if k not in (*state, *kept))
        more = [k for k in others if read[loop.carried[k]]]
        if not more:
            return Pair(primal, adjoint, kept, tuple(state), block)
        state = sorted([*state, *more])


def _again(loop: Loop, state: Sequence[int], kept: Sequence[int]) -> Block:
    """What of a loop's body is needed for the next state, and for what it keeps."""
    carried = (loop.carried_next[k] for k in (*state, *kept))
    results = (*carried, *loop.collected)
    return dce(Graph("", Block(loop.body.params, loop.body.nodes, results))).body


def _pays(pair: Pair, last: Value) -> bool:
    """Whether to keep a part costs less than to keep all.

    Where no round needs the one before, there are better ways than this one.
    """
    loop, again = loop_of(pair.primal), list(nodes_of(pair.again))
    kept = [loop.carried[k].type for k in pair.kept]
    rows = [t for t in kept if isinstance(t, Array) and len(t.dims) > 1]
    states: list[tuple[Type, ...]] = [
        (loop.initial[k].type, loop.carried[k].type, loop.carried_next[k].type)
        for k in pair.state
    ]
    numbers = all(isinstance(v.type, Scalar) for v in loop.collected)
    if not states or not numbers or not all(_is_one_form(*types) for types in states):
        return False
    if rows:
        few = isinstance(last, Literal) and last.value < FEW
        return not few and _fit(states, rows) and all(map(_is_cheap, again))
    plain = all(isinstance(node.op, Op) or node.op is if_ for node in again)
    only_numbers = all(isinstance(types[0], Scalar) for types in states)
    return plain and only_numbers and not isinstance(last, Literal)


def _fit(states: list[tuple[Type, ...]], rows: list[Array]) -> bool:
    """Whether what is carried is no more than what a round keeps.

    Where a round keeps a row of the matrix that is carried, or one byte for each entry,
    to keep all is better.
    """
    most = max(len(t.dims) for t in rows) - 1
    fits = all(len(dims_of(types[0]) or ()) <= most for types in states)
    return fits and all(t.dtype in FLOATS for t in rows)


def _is_one_form(*types: Type) -> bool:
    """Whether these are numbers, or arrays of one shape and dtype."""
    if not all(isinstance(t, Array) for t in types):
        return all(isinstance(t, Scalar) for t in types)
    same = all(same_dims(types[0], t) for t in types)
    return same and len({dtype_of(t) for t in types}) == 1


def _is_cheap(node: Node) -> bool:
    """Whether a compiled node takes little longer than to read its result."""
    if node.op in (for_, if_):
        return True
    counts = isinstance(node.op, Op) and all(
        kind_of(v.type) == "int" for v in node.outputs
    )
    return counts or cost_of(node) != "normal" or node.op.name in MOVES


def _does_the_same(graph: Graph, pair: Pair, summaries: Mapping[Any, Summary]) -> bool:
    """Whether the rounds of a loop give the same again in the adjoint.

    They have no effects, and nobody writes to what they read. Only work space, filled
    in each round before it is read, may be theirs to write to.
    """
    if any(has_effect(node) for node in pair.again.nodes):
        return False
    free = free_values(pair.again)
    arrays = {
        v
        for node in nodes_of(pair.again)
        for k, v in enumerate(node.inputs)
        if v in free and has_memory(v.type) and reads_elements(node, k)
    }
    if not arrays:
        return True
    buffers = Buffers(graph, summaries=summaries)
    read = {place for v in arrays for place in buffers.reach(v)}
    nodes = graph.body.nodes
    work = {v for node in nodes if node.op is empty for v in node.outputs}
    after = nodes[nodes.index(pair.primal) + 1 :]
    own = {p.by for p in buffers.written(pair.primal) if p in read}
    return own <= work and all(read.isdisjoint(buffers.written(n)) for n in after)


# ---- one function for both ways ------------------------------------------------------


def _shared(
    graph: Graph, pair: Pair, key: Any, summaries: Mapping[Any, Summary]
) -> Pair:
    """The pair, kept by a function where one may keep a part on both ways.

    It does all that a round does, so what the adjoint does not ask for are numbers that
    cost little. An array that it writes to is one of its arguments, and no view of
    another.
    """
    loop, others = loop_of(pair.primal), pair.others
    more = [loop.carried[k] for k in others if k not in pair.state]
    again = _again(loop, others, pair.kept)
    asked = set(nodes_of(pair.again))
    extra = [node for node in nodes_of(again) if node not in asked]
    whole = replace(pair, state=others, again=again, key=key)
    if not all(isinstance(v.type, Scalar) for v in more):
        return pair
    if not all(map(_is_cheap, extra)) or not _does_the_same(graph, whole, summaries):
        return pair
    return whole if _is_apart(graph, pair.primal, summaries) else pair


def _is_apart(graph: Graph, node: Node, summaries: Mapping[Any, Summary]) -> bool:
    """Whether what the rounds of a loop read are numbers and arrays, and none of these
    shares memory with one that they write to, if they read more than its length."""
    loop = loop_of(node)
    free = free_values(loop.body)
    if not all(isinstance(v.type, (Scalar, Array)) for v in (*free, *loop.carried)):
        return False
    inside = [(n, k, v) for n in nodes_of(loop.body) for k, v in enumerate(n.inputs)]
    blocks = [loop.body, *(b for n in nodes_of(loop.body) for b in n.blocks)]
    read = {v for n, k, v in inside if v in free and reads_elements(n, k)}
    read.update(v for block in blocks for v in block.results if v in free)
    buffers = Buffers(graph, summaries=summaries)
    reach = [buffers.reach(v) for v in (*read, *loop.carried)]
    return all(sum(place in r for r in reach) < 2 for place in buffers.written(node))
