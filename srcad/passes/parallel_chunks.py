"""A loop that adds to shared arrays, in chunks: each adds to a copy of its own.

Takes a loop and what its rounds do; gives nodes in which a loop over chunks runs on
threads. Each chunk does its rounds in order, adding to its own part of what is shared;
the parts are then added in order, so that the sum depends on the number of chunks only.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from srcad.ir.builder import Builder, current
from srcad.ir.graph import Block, Node, Value, is_literal, literal
from srcad.ir.structure import Loop, for_, loop_of, loop_params
from srcad.ir.types import INT, Array, List, Range
from srcad.ir.walk import substituted
from srcad.ops.arithmetic import add, greater, multiply, subtract
from srcad.ops.filled import empty
from srcad.ops.index import update
from srcad.ops.lists import list_get, range_
from srcad.ops.nests import add_parts, chunk_count, chunk_start, own_part
from srcad.ops.shapes import dim, len_of
from srcad.ops.sizes import length as length_of
from srcad.passes.parallel_rounds import Rounds
from srcad.passes.parallel_sums import zero_of


def chunked(
    node: Node, rounds: Rounds, makers: Mapping[Value, Node]
) -> list[Node] | None:
    """The loop in chunks; None where its rounds cannot be counted from any place."""
    loop, walked = loop_of(node), walked_range(node, makers)
    if walked is None:
        return None
    shared = [loop.initial[k].type for k in rounds.shared]
    if not all(isinstance(t, Array) and t.dims for t in shared):
        return None
    return _Chunks(node, loop, rounds, walked).nodes()


class _Chunks:
    """Writes one loop in chunks."""

    def __init__(self, node: Node, loop: Loop, rounds: Rounds, walked: Node) -> None:
        self.node, self.loop, self.rounds = node, loop, rounds
        self.first, self.stop, _ = walked.inputs

    def nodes(self) -> list[Node]:
        """The nodes that stand for the loop."""
        loop, builder = self.loop, Builder()
        with builder.active(), builder.at(self.node.span):
            self.count = self.stop
            if not is_literal(self.first, 0):
                self.count = subtract(self.stop, self.first)
            shared = self.rounds.shared.items()
            sizes = [self.size(k, axes) for k, axes in shared if axes]
            elements = functools.reduce(add, sizes or [literal(1)])
            count = (self.count, elements)
            (self.chunks,) = builder.emit(chunk_count, count, (INT,), names=["chunks"])
            starts = [
                self.parts(k) if k in self.rounds.shared else v
                for k, v in enumerate(loop.initial)
            ]
            walked = range_(literal(0), self.chunks, literal(1))
        params = [Value(v.name, v.type) for v in starts]
        finals = [
            Value(v.name, v.type) if k in self.rounds.shared else loop.final[k]
            for k, v in enumerate(starts)
        ]
        body = self.body(Value("c", INT), params)
        outer = Node(
            for_,
            (walked, *starts),
            (*finals, Value("", INT)),
            {**loop_params(1), "parallel": True},
            (body,),
            self.node.span,
        )
        builder.add(outer)
        for k in self.rounds.shared:
            inputs, out = (loop.initial[k], finals[k]), loop.final[k]
            span = self.node.span
            builder.add(Node(add_parts, inputs, (out,), {"inplace": True}, (), span))
        return builder.nodes

    def size(self, k: int, axes: Sequence[int]) -> Value:
        """How much of a shared array is not what a single round goes through."""
        lengths = [length(self.loop.initial[k], axis) for axis in axes]
        return functools.reduce(multiply, lengths)

    def parts(self, k: int) -> Value:
        """The array for all parts of a shared one."""
        x = self.loop.initial[k]
        t = x.type
        assert isinstance(t, Array)
        dims = [length(x, axis) for axis in range(len(t.dims))]
        params = {} if t.dtype == "float64" else {"dtype": t.dtype}
        shape = [self.chunks, *dims]
        made = Array(t.dtype, tuple(map(length_of, (v.type for v in shape))))
        names = [f"{self.loop.carried[k].name or 'total'}_parts"]
        return current().emit(empty, shape, (made,), params, names=names)[0]

    def body(self, c: Value, params: Sequence[Value]) -> Block:
        """What one chunk does."""
        loop, builder = self.loop, Builder()
        with builder.active(), builder.at(self.node.span):
            ends = [self.place(c, "first"), self.place(add(c, literal(1)), "last")]
            walked = range_(*ends, literal(1))
            starts = []
            for k, (v, param) in enumerate(zip(loop.carried, params, strict=True)):
                if k in self.rounds.shared:
                    x = loop.initial[k]
                    (start,) = builder.emit(
                        own_part, (x, self.chunks), (x.type,), names=[v.name]
                    )
                else:
                    start = zero_of(v) if k in self.rounds.sums else param
                starts.append(start)
            found = builder.for_([walked], starts, with_index(self.node, self.first))
            results = []
            kept = self.kept(params, found, c)
            for k, (param, out) in enumerate(zip(params, found, strict=False)):
                if k in self.rounds.sums:
                    names = [param.name]
                    (out,) = builder.emit(add, (param, out), (param.type,), names=names)
                results.append(kept.get(k, out))
        return Block((c, *params), tuple(builder.nodes), tuple(results))

    def kept(
        self, params: Sequence[Value], found: Sequence[Value], c: Value
    ) -> dict[int, Value]:
        """All parts with those of a chunk, where there are several chunks."""
        builder, how = current(), {"layout": ("at",), "inplace": True}
        before = [params[k] for k in self.rounds.shared]
        types, names = [v.type for v in before], [v.name for v in before]
        with builder.inner() as inner:
            after = [
                inner.emit(update, (params[k], found[k], c), (t,), how, names=[name])[0]
                for k, t, name in zip(self.rounds.shared, types, names, strict=True)
            ]
        several = greater(self.chunks, literal(1))
        ways = inner.block((), after), Block((), (), tuple(before))
        kept = builder.if_(several, *ways, types, names)
        return dict(zip(self.rounds.shared, kept, strict=True))

    def place(self, c: Value, name: str) -> Value:
        """Where a chunk begins among what is walked."""
        inputs, plain = (self.count, c, self.chunks), is_literal(self.first, 0)
        names = [name if plain else ""]
        (found,) = current().emit(chunk_start, inputs, (INT,), names=names)
        if plain:
            return found
        return current().emit(add, (self.first, found), (INT,), names=[name])[0]


def with_index(node: Node, first: Value) -> Block:
    """A loop's body for a walk of one range, with its lists read by index.

    first : the least item of the range.
    """
    loop, builder = loop_of(node), Builder()
    pairs = list(zip(loop.items, loop.walked, strict=True))
    item, *same = [v for v, walked in pairs if isinstance(walked.type, Range)]
    lists = [(v, walked) for v, walked in pairs if isinstance(walked.type, List)]
    with builder.active(), builder.at(node.span):
        k = item
        if lists and not is_literal(first, 0):
            k = subtract(item, first)
        for v, walked in lists:
            builder.add(Node(list_get, (walked, k), (v,), span=node.span))
    body = substituted(loop.body, dict.fromkeys(same, item))
    return Block((item, *loop.carried), (*builder.nodes, *body.nodes), body.results)


def walked_range(node: Node, makers: Mapping[Value, Node]) -> Node | None:
    """The one range that a loop walks from its first to its last number, one by one.

    None where that is not all: the loop keeps lists, or walks otherwise.
    """
    loop = loop_of(node)
    ranges = {v for v in loop.walked if isinstance(v.type, Range)}
    walked = makers.get(next(iter(ranges))) if len(ranges) == 1 else None
    if loop.collected or walked is None or walked.op is not range_:
        return None
    return walked if is_literal(walked.inputs[2], 1) else None


def length(x: Value, axis: int) -> Value:
    """The length of an axis."""
    t = x.type
    assert isinstance(t, Array)
    return len_of(x) if len(t.dims) == 1 else dim(x, k=axis)
