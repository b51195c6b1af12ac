"""A loop and its adjoint, written in parts.

Takes a `Pair`: a loop that keeps in arrays, and the loop that alone reads them. Writes
into a builder first the one, then the other: a loop over the parts, with a loop over
the rounds of a part in it. Only the last part is kept on the way there. `in_parts`
tells why, and for which loops.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from srcad.ir.builder import Builder, current
from srcad.ir.graph import (
    Block,
    Graph,
    Literal,
    Node,
    Value,
    is_literal,
    literal,
)
from srcad.ir.structure import Loop, for_, loop_of
from srcad.ir.types import INT, Array, Scalar, dtype_of, kind_of_dtype
from srcad.ir.walk import copied, definitions, rebuilt, with_parts
from srcad.ops.arithmetic import add, floor_divide, less, multiply, subtract
from srcad.ops.choice import min_of
from srcad.ops.declare import Op
from srcad.ops.filled import empty
from srcad.ops.index import getitem, update
from srcad.ops.lists import range_, range_len
from srcad.ops.sizes import length
from srcad.passes.buffers import Summary
from srcad.passes.dce import dce
from srcad.passes.extents import is_length
from srcad.passes.part_function import Function, as_function
from srcad.passes.part_lengths import at_least, lengths, named, sum_of_products

# The first round of a part, and how many it has.
Bounds = tuple[Value, Value]

# The rounds of a part of a loop of numbers.
ROUNDS = 1 << 20
# How many numbers a part of another loop keeps, about: two megabytes.
NUMBERS = 1 << 18


@dataclass(frozen=True, eq=False)
class Pair:
    """A loop and its adjoint.

    kept : which carried values of the loop are arrays for what it keeps.
    state : which ones a round needs, to keep the same again.
    again : a round, giving the next state and the arrays; parameters as the body's.
    key : of the function that keeps a part, where one does for both ways; the state is
        then all that is carried.
    """

    primal: Node
    adjoint: Node
    kept: tuple[int, ...]
    state: tuple[int, ...]
    again: Block
    key: Any = None

    @property
    def others(self) -> tuple[int, ...]:
        """Which carried values of the loop are no arrays for what it keeps."""
        count = len(loop_of(self.primal).carried)
        return tuple(k for k in range(count) if k not in self.kept)


class Parts:
    """A loop and its adjoint in parts, written into a builder.

    count, most, size, parts, last : the rounds of the loop, of a part at most, of the
        first part, how many parts there are, and the number of the last one.
    starts : for each value of the state, an array for what it was where a part began.
    made, saved : what made the arrays for what is kept, and those for one part.
    function : what keeps a part, where that is a function, and what it is asked with.
    """

    def __init__(
        self,
        builder: Builder,
        graph: Graph,
        pair: Pair,
        summaries: Mapping[Any, Summary],
    ) -> None:
        self.builder, self.pair = builder, pair
        self.graph, self.summaries = graph, summaries
        self.function: Function | None = None
        self.asked: tuple[Value, ...] = ()
        makers = definitions(graph.body)
        self.loop, self.span = loop_of(pair.primal), pair.primal.span
        self.made = [makers[self.loop.initial[k]] for k in pair.kept]
        self.saved: list[Value] = []
        stop = makers[self.loop.walked[0]].inputs[1]
        with builder.active(), builder.at(self.span):
            self.count = stop if is_length(stop) else at_least("count", 0, stop)
            self.most = self.in_part([node.inputs[1:] for node in self.made])
            self.size = named("size", min_of, self.count, self.most)
            steps = range_(literal(0), self.count, self.most)
            self.parts = named("parts", range_len, steps)
            self.last = named("last", subtract, self.parts, literal(1))
            self.starts = [self.noted(k) for k in pair.state]

    def in_part(self, rows: Sequence[Sequence[Value]]) -> Value:
        """How many rounds a part has; `rows` are the lengths of what each one keeps.

        What is carried where parts begin is kept for all of them: it takes no more than
        a quarter of what all rounds would keep.
        """
        kept = sum_of_products(rows)
        if is_literal(kept, len(rows)):
            return literal(ROUNDS)
        initial = [self.loop.initial[k] for k in self.pair.state]
        begins = sum_of_products([lengths(x) for x in initial] * 4)
        room, row = at_least("room", NUMBERS, begins), at_least("row", 1, kept)
        if isinstance(room, Literal) and isinstance(row, Literal):
            return literal(max(room.value // row.value, 1))
        return at_least("most", 1, floor_divide(room, row))

    # ---- the arrays ------------------------------------------------------------------

    def shorter(self, made: Node) -> Value:
        """The array for what is kept, for one part."""
        inputs, (whole,) = (self.size, *made.inputs[1:]), made.outputs
        assert isinstance(whole.type, Array)
        t = Array(whole.type.dtype, (length(self.size.type), *whole.type.dims[1:]))
        return current().emit(empty, inputs, (t,), made.params, names=[whole.name])[0]

    def noted(self, k: int) -> Value:
        """The array for what is carried where each part begins."""
        initial, carried = self.loop.initial[k], self.loop.carried[k]
        dtype, inputs = dtype_of(carried.type), (self.parts, *lengths(initial))
        assert dtype is not None
        params: dict[str, object] = {"scalar": True} if len(inputs) == 1 else {}
        if dtype != "float64":
            params["dtype"] = bool if dtype == "bool" else dtype
        t = Array(dtype, tuple(length(v.type) for v in inputs))
        name = f"{carried.name or 'number'}_starts"
        return current().emit(empty, inputs, (t,), params, names=[name])[0]

    # ---- the two loops ---------------------------------------------------------------

    def primal(self) -> None:
        """The loop in parts: it notes where each begins, and keeps the last one."""
        loop, pair = self.loop, self.pair
        carried = self.before()
        with self.builder.active(), self.builder.at(self.span):
            bounds = self.bounds(self.last)
            self.saved = [self.shorter(node) for node in self.made]
        needed = (*pair.others, *pair.kept)
        body = _giving(loop, needed)
        final = [*(loop.final[k] for k in pair.others), *_fresh(self.saved)]
        self.keep(self.builder, needed, body, [*carried, *self.saved], bounds, final)
        self.saved = final[len(carried) :]

    def before(self) -> Sequence[Value]:
        """The parts before the last one, not kept; gives what they carry."""
        loop, others = self.loop, self.pair.others
        part, body = Value("part", INT), Builder(self.builder)
        carried, starts = _fresh([loop.carried[k] for k in others]), _fresh(self.starts)
        with body.active(), body.at(self.span):
            begun = [
                _written(a, carried[others.index(k)], part)
                for a, k in zip(starts, self.pair.state, strict=True)
            ]
            first = multiply(part, self.most)
        final = _fresh([loop.final[k] for k in others])
        plain = _giving(loop, others)
        self.run(body, others, plain, carried, (first, self.most), final)
        initial = [*(loop.initial[k] for k in others), *self.starts]
        self.starts = _fresh(self.starts)
        results = (*final, *begun)
        block = Block((part, *carried, *starts), tuple(body.nodes), results)
        final = _fresh(final)
        outputs = [*final, *self.starts]
        self.over(self.last, initial, block, outputs, self.builder, self.pair.primal)
        return final

    def adjoint(self) -> None:
        """The adjoint in parts, the last one first; those before are run again."""
        node = self.pair.adjoint
        back, part, body = loop_of(node), Value("part", INT), Builder(self.builder)
        carried, saved = _fresh(back.carried), _fresh(self.saved)
        with body.active(), body.at(node.span):
            first, rounds = self.bounds(part)
            is_before = less(part, self.last)
            ways = self.again(body, part, first, saved), Block((), (), tuple(saved))
            types, names = [v.type for v in saved], [v.name for v in saved]
            kept = body.if_(is_before, *ways, types, names)
        final = self.back(body, carried, kept, first, rounds)
        block = Block((part, *carried, *saved), tuple(body.nodes), (*final, *kept))
        outputs = (*back.final, *_fresh(self.saved))
        initial = (*back.initial, *self.saved)
        self.over(self.parts, initial, block, outputs, self.builder, node)

    def again(
        self, outer: Builder, part: Value, first: Value, saved: Sequence[Value]
    ) -> Block:
        """A part before the last one, kept."""
        loop, pair, body = self.loop, self.pair, Builder(outer)
        with body.active(), body.at(pair.adjoint.span):
            begun = [
                _read(a, part, loop.carried[k])
                for a, k in zip(self.starts, pair.state, strict=True)
            ]
        needed = (*pair.state, *pair.kept)
        final = [*_fresh([loop.final[k] for k in pair.state]), *_fresh(saved)]
        bounds = first, self.most
        self.keep(body, needed, pair.again, [*begun, *saved], bounds, final)
        return body.block(results=final[len(begun) :])

    def keep(
        self,
        builder: Builder,
        needed: Sequence[int],
        block: Block,
        initial: Sequence[Value],
        bounds: Bounds,
        final: Sequence[Value],
    ) -> None:
        """The rounds of one part, kept: where they are a function, a call of it."""
        if self.pair.key is None:
            self.run(builder, needed, block, initial, bounds, final)
            return
        if self.function is None:
            self.function = self.as_function(needed, block)
        given = dict(zip(self.asked, (*initial, *bounds), strict=True))
        with builder.at(self.span):
            self.function.called(builder, given, final)

    def as_function(self, needed: Sequence[int], block: Block) -> Function:
        """The rounds of one part, kept, as a function."""
        own = _fresh([self.loop.carried[k] for k in needed])
        final = _fresh([self.loop.final[k] for k in needed])
        bounds = Value("first", INT), Value("rounds", INT)
        body = Builder()
        self.run(body, needed, block, own, bounds, final)
        self.asked = (*own, *bounds)
        states = len(self.pair.state)
        order = (*own[:states], *bounds), own[states:]
        key, caller, known = self.pair.key, self.graph, self.summaries
        return as_function(key, caller, body.nodes, final, order, known)

    def bounds(self, part: Value) -> Bounds:
        """The first round of a part, and how many it has."""
        first = multiply(part, self.most)
        left = subtract(self.count, first)
        return first, named("rounds", min_of, self.size, left)

    def run(
        self,
        builder: Builder,
        needed: Sequence[int],
        block: Block,
        initial: Sequence[Value],
        bounds: Bounds,
        final: Sequence[Value],
    ) -> None:
        """The rounds of one part, which give `final`.

        needed : which carried values, those that `block` gives the next of.
        """
        loop, place, body = self.loop, Value("", INT), Builder(builder)
        own = [loop.carried[k] for k in needed]
        carried, (item,), (first, rounds) = _fresh(own), loop.items, bounds
        with body.active(), body.at(self.span):
            known = dict(zip(own, carried, strict=True))
            known[item] = named(item.name, add, first, place)
        inner = copied(_at_place(block, update, 2, {item}, place), known)
        nodes = (*body.nodes, *inner.nodes)
        block = Block((place, *carried), nodes, inner.results)
        self.over(rounds, initial, block, final, builder, self.pair.primal)

    def back(
        self,
        builder: Builder,
        initial: Sequence[Value],
        saved: Sequence[Value],
        first: Value,
        rounds: Value,
    ) -> Sequence[Value]:
        """One part of the adjoint; gives what it carries."""
        node = self.pair.adjoint
        loop, place, body = loop_of(node), Value("", INT), Builder(builder)
        finals = [self.loop.final[k] for k in self.pair.kept]
        known = dict(zip(finals, saved, strict=True))
        with body.active(), body.at(node.span):
            for item in loop.items:
                known[item] = named(item.name, add, first, place)
        inner = copied(_at_place(loop.body, getitem, 1, {*loop.items}, place), known)
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


def _giving(loop: Loop, needed: Sequence[int]) -> Block:
    """A round of a loop that gives no more than the next of some carried values."""
    results = tuple(loop.carried_next[k] for k in needed)
    return dce(Graph("", Block(loop.body.params, loop.body.nodes, results))).body


def _at_place(
    block: Block, op: Op, k: int, rounds: Collection[Value], place: Value
) -> Block:
    """The block with what is kept at a round, index `k` of its node, at its place."""

    def change(node: Node) -> list[Node]:
        if node.op is op and node.params.get("kept") and node.inputs[k] in rounds:
            inputs = (*node.inputs[:k], place, *node.inputs[k + 1 :])
            return [with_parts(node, inputs)]
        return [node]

    return rebuilt(block, change)


# ---- entries -------------------------------------------------------------------------


def _written(array: Value, value: Value, place: Value) -> Value:
    """The array with a value at its place."""
    params = {"layout": ("at",), "inplace": True}
    inputs = (array, value, place)
    return current().emit(update, inputs, (array.type,), params, names=[array.name])[0]


def _read(array: Value, place: Value, carried: Value) -> Value:
    """The entry of an array at a place, as a loop carries it."""
    t, dtype = carried.type, dtype_of(array.type)
    if isinstance(t, Scalar) and dtype is not None:
        t = Scalar(kind_of_dtype(dtype), dtype)
    params = {"layout": ("at",)}
    return current().emit(getitem, (array, place), (t,), params, names=[""])[0]
