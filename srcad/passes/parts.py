"""A loop and its adjoint, written in parts.

Takes a `Pair`: a loop that keeps in arrays, and the loop that alone reads them. Writes
into a builder first the one, then the other: a loop over the parts, with a loop over
the rounds of a part in it. `in_parts` tells why, and for which loops.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from srcad.ir.builder import Builder, current
from srcad.ir.graph import Block, Literal, Node, Value, as_value, is_literal, literal
from srcad.ir.structure import for_, loop_of
from srcad.ir.types import INT, Array, Scalar, dtype_of, kind_of_dtype
from srcad.ir.walk import copied, rebuilt, with_parts
from srcad.ops.arithmetic import add, floor_divide, less, multiply, subtract
from srcad.ops.choice import max_of, min_of
from srcad.ops.declare import Op
from srcad.ops.filled import empty
from srcad.ops.index import getitem, update
from srcad.ops.lists import range_, range_len
from srcad.ops.shapes import dim, len_of
from srcad.ops.sizes import length
from srcad.passes.extents import is_length

# The rounds of a part of a loop of numbers.
ROUNDS = 1 << 20
# How many numbers a part of another loop keeps, about: a megabyte.
NUMBERS = 1 << 17


@dataclass(frozen=True, eq=False)
class Pair:
    """A loop and its adjoint.

    kept : which carried values of the loop are arrays for what it keeps.
    state : which ones a round needs, to keep the same again.
    again : a round, giving the next state and the arrays; parameters as the body's.
    """

    primal: Node
    adjoint: Node
    kept: tuple[int, ...]
    state: tuple[int, ...]
    again: Block


class Parts:
    """A loop and its adjoint in parts, written into a builder.

    count, most, size, parts : the rounds of the loop, of a part at most, of the first
        part, and how many parts there are.
    starts : for each value of the state, an array for what it was where a part began.
    saved : the arrays for what is kept.
    """

    def __init__(
        self, builder: Builder, makers: Mapping[Value, Node], pair: Pair
    ) -> None:
        self.builder, self.pair = builder, pair
        self.loop, self.span = loop_of(pair.primal), pair.primal.span
        made = [makers[self.loop.initial[k]] for k in pair.kept]
        stop = makers[self.loop.walked[0]].inputs[1]
        with builder.active(), builder.at(self.span):
            self.count = stop if is_length(stop) else _most("count", 0, stop)
            self.most = self.in_part([node.inputs[1:] for node in made])
            self.size = _named("size", min_of, self.count, self.most)
            steps = range_(literal(0), self.count, self.most)
            self.parts = _named("parts", range_len, steps)
            self.saved = [self.shorter(node) for node in made]
            self.starts = [self.noted(k) for k in pair.state]

    def in_part(self, rows: Sequence[Sequence[Value]]) -> Value:
        """How many rounds a part has; `rows` are the lengths of what each one keeps.

        What is carried where parts begin is kept for all of them: it takes no more than
        a quarter of what all rounds would keep.
        """
        kept = _sum_of_products(rows)
        if is_literal(kept, len(rows)):
            return literal(ROUNDS)
        initial = [self.loop.initial[k] for k in self.pair.state]
        begins = _sum_of_products([_lengths(x) for x in initial] * 4)
        room, row = _most("room", NUMBERS, begins), _most("row", 1, kept)
        if isinstance(room, Literal) and isinstance(row, Literal):
            return literal(max(room.value // row.value, 1))
        return _most("most", 1, floor_divide(room, row))

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
        dtype, inputs = dtype_of(carried.type), (self.parts, *_lengths(initial))
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
        loop, part, body = self.loop, Value("part", INT), Builder(self.builder)
        every = range(len(loop.carried))
        carried, starts = _fresh(loop.carried), _fresh(self.starts)
        with body.active(), body.at(self.span):
            begun = [
                _written(a, carried[k], part)
                for a, k in zip(starts, self.pair.state, strict=True)
            ]
            first, rounds = self.bounds(part)
            after = self.run(body, every, loop.body, carried, first, rounds)
        initial, final = list(loop.initial), list(loop.final)
        for k, array in zip(self.pair.kept, self.saved, strict=True):
            initial[k], final[k] = array, Value(array.name, array.type)
        self.saved = [final[k] for k in self.pair.kept]
        initial, self.starts = [*initial, *self.starts], _fresh(self.starts)
        block = Block((part, *carried, *starts), tuple(body.nodes), (*after, *begun))
        final = [*final, *self.starts]
        self.over(self.parts, initial, block, final, self.builder, self.pair.primal)

    def adjoint(self) -> None:
        """The adjoint in parts, the last one first; those before are run again."""
        node, pair = self.pair.adjoint, self.pair
        back, part, body = loop_of(node), Value("part", INT), Builder(self.builder)
        carried, saved = _fresh(back.carried), _fresh(self.saved)
        with body.active(), body.at(node.span):
            first, rounds = self.bounds(part)
            is_before = less(part, subtract(self.parts, literal(1)))
            ways = Block((), (), (rounds,)), Block((), (), (literal(0),))
            (again,) = body.if_(is_before, *ways, [INT], ["again"])
            begun = [
                _read(a, part, self.loop.carried[k])
                for a, k in zip(self.starts, pair.state, strict=True)
            ]
            needed = (*pair.state, *pair.kept)
            initial = (*begun, *saved)
            after = self.run(body, needed, pair.again, initial, first, again)
            kept = after[len(begun) :]
            final = self.back(body, carried, kept, first, rounds)
        block = Block((part, *carried, *saved), tuple(body.nodes), (*final, *kept))
        outputs = (*back.final, *_fresh(self.saved))
        initial = (*back.initial, *self.saved)
        self.over(self.parts, initial, block, outputs, self.builder, node)

    def bounds(self, part: Value) -> tuple[Value, Value]:
        """The first round of a part, and how many it has."""
        first = multiply(part, self.most)
        left = subtract(self.count, first)
        return first, _named("rounds", min_of, self.size, left)

    def run(
        self,
        builder: Builder,
        needed: Sequence[int],
        block: Block,
        initial: Sequence[Value],
        first: Value,
        rounds: Value,
    ) -> Sequence[Value]:
        """The rounds of one part; gives what they carry.

        needed : which carried values, those that `block` gives the next of.
        """
        loop, place, body = self.loop, Value("", INT), Builder(builder)
        own = [loop.carried[k] for k in needed]
        carried, (item,) = _fresh(own), loop.items
        with body.active(), body.at(self.span):
            known = dict(zip(own, carried, strict=True))
            known[item] = _named(item.name, add, first, place)
        inner = copied(_at_place(block, update, 2, {item}, place), known)
        nodes = (*body.nodes, *inner.nodes)
        block = Block((place, *carried), nodes, inner.results)
        final = _fresh([loop.final[k] for k in needed])
        self.over(rounds, initial, block, final, builder, self.pair.primal)
        return final

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
                known[item] = _named(item.name, add, first, place)
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


# ---- whole numbers -------------------------------------------------------------------


def _named(name: str, op: Op, *inputs: Value) -> Value:
    """A whole number, by a name of its own."""
    return current().emit(op, inputs, (INT,), names=[name])[0]


def _most(name: str, least: int, number: Value) -> Value:
    """A whole number, or `least` if that is more."""
    if isinstance(number, Literal):
        return literal(max(number.value, least))
    return _named(name, max_of, number, literal(least))


def _lengths(x: Value) -> list[Value]:
    """The lengths of an array; none of a number."""
    dims = x.type.dims if isinstance(x.type, Array) else ()
    if len(dims) == 1 and not isinstance(dims[0], int):
        return [len_of(x)]
    return [
        literal(d) if isinstance(d, int) else dim(x, k=k) for k, d in enumerate(dims)
    ]


def _sum_of_products(rows: Sequence[Sequence[Value]]) -> Value:
    """The sum of the products of each row; equal rows are counted."""
    counts: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = tuple(v.value if isinstance(v, Literal) else v for v in row)
        counts[key] = counts.get(key, 0) + 1
    total: Value = literal(0)
    for key, times in counts.items():
        product: Value = literal(times)
        for v in key:
            product = _folded(multiply, product, as_value(v), 1)
        total = _folded(add, total, product, 0)
    return total


def _folded(op: Op, a: Value, b: Value, neutral: int) -> Value:
    """A sum or product of whole numbers, computed here where both are known."""
    if isinstance(a, Literal) and isinstance(b, Literal):
        return literal(a.value + b.value if op is add else a.value * b.value)
    return b if is_literal(a, neutral) else op(a, b)


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
