"""made_once: an array that each round of a loop makes anew is made before the loop.

Takes a graph whose array operations are loops; gives one in which

    for t in range(steps):                  k = np.empty(n)
        k = np.empty(n)            ->       k_bar = np.empty_like(y)
        ...                                 for t in range(steps):
        k_bar = np.zeros_like(y)                ...
                                                k_bar[:] = 0.0

which saves the allocations. The array must be gone when its round ends: nothing that
the loop carries or keeps may be or hold it, nor a view of it, and no code that srcad
does not know may have seen it. Its lengths must be there before the loop and surely not
be negative: the loop may have no rounds, and then nothing was to be made. From a nest
of loops it goes as far out as its lengths are known.

What `np.empty` holds is any number, so that of the round before will do. Where the
rounds of a loop go on threads, each makes its own again (`parallel.py`), which it knows
by params["scratch"].
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from srcad.ir.builder import Builder
from srcad.ir.graph import Block, Graph, Node, Value, literal, nodes_of
from srcad.ir.structure import LOOPS
from srcad.ir.types import Array
from srcad.ir.walk import definitions, with_block, with_body, with_parts
from srcad.ops.filled import empty, zeros
from srcad.ops.fit import zeros_like
from srcad.ops.index import ALL, update
from srcad.ops.likes import empty_as, zeros_as
from srcad.passes.buffers import Buffers, Place, Summary
from srcad.passes.dce import dce
from srcad.passes.extents import Extents, is_length

LIKE = (zeros_like, zeros_as, empty_as)
MADE = (empty, zeros, *LIKE)
FILLED = (zeros, zeros_like, zeros_as)
NOTHING = {"float64": 0.0, "int64": 0, "bool": False}


def made_once(graph: Graph, summaries: Mapping[Any, Summary]) -> Graph:
    """Make arrays before the loops whose rounds make them anew.

    summaries : what is known of the memory of callees.
    """
    loops = [node for node in nodes_of(graph.body) if node.op in LOOPS]
    if not any(map(_is_made, (n for loop in loops for n in loop.blocks[-1].nodes))):
        return graph
    body = _Writer(graph, Buffers(graph, summaries=summaries)).block(
        graph.body, Builder(), ()
    )
    return graph if body is graph.body else dce(with_body(graph, body))


def _is_made(node: Node) -> bool:
    """Whether a node makes an array that can be made elsewhere and filled here."""
    if node.op not in MADE or node.params.get("scratch"):
        return False
    t = node.out.type
    return isinstance(t, Array) and t.dtype in NOTHING


@dataclass(eq=False)
class _Before:
    """The place before a loop: a builder, and the values that it may read."""

    builder: Builder
    visible: Sequence[Value]
    makers: Mapping[Value, Node]

    @functools.cached_property
    def extents(self) -> Extents:
        """Lengths as they are known there."""
        return Extents(self.builder, self.visible, self.makers)

    def array(self, node: Node) -> Value | None:
        """An array like the one that a node makes; None where none may be made here.

        What each round fills is another value: it is what the filling gives.
        """
        t = node.out.type
        assert isinstance(t, Array)
        op, inputs, params = empty_as, node.inputs, dict(node.params)
        if node.op not in LIKE:
            op, inputs = empty, self.lengths(t, node.inputs)
        elif inputs[0] not in self.extents.visible:
            if len(t.dims) > 1:
                return None  # the order in memory is that of what it is like
            op, inputs = empty, self.lengths(t)
            params = {"scalar": True}
            if t.dtype != "float64":
                params["dtype"] = bool if t.dtype == "bool" else t.dtype
        if op is empty and len(inputs) < len(t.dims):
            return None
        params["scratch"] = True
        out, span = node.out, node.span
        if node.op in FILLED:  # the line of the user's is where it is filled
            out, span = Value(node.out.name or "result", t), None
        self.builder.add(Node(op, inputs, (out,), params, (), span))
        return out

    def lengths(self, t: Array, given: Sequence[Value] = ()) -> tuple[Value, ...]:
        """The lengths of an array, in part if not all are known and not negative.

        given : the same as integers of the round.
        """
        known = [self.extents.number(v) for v in given] or [None] * len(t.dims)
        found = [
            v if v is not None and is_length(v) else self.extents.length(d)
            for v, d in zip(known, t.dims, strict=True)
        ]
        return tuple(v for v in found if v is not None)


class _Writer:
    """Writes the graph anew, from its beginning to its end.

    visible : the values in sight.
    """

    def __init__(self, graph: Graph, buffers: Buffers) -> None:
        self.buffers = buffers
        self.makers = definitions(graph.body)
        self.visible: list[Value] = []

    def block(self, block: Block, builder: Builder, around: Sequence[_Before]) -> Block:
        """A block, written anew.

        around : the places before the loops that it is the body of, the outermost
            first.
        """
        before = len(self.visible)
        self.visible += block.params
        for node in block.nodes:
            self.node(node, block, builder, around)
            self.visible += node.outputs
        del self.visible[before:]
        return with_block(block, builder.nodes)

    def node(
        self, node: Node, block: Block, builder: Builder, around: Sequence[_Before]
    ) -> None:
        """A node, or what is left of it in the round."""
        if around and _is_made(node) and self.is_gone(node.out, block):
            for place in around:
                array = place.array(node)
                if array is not None:
                    builder.nodes += _filled(node, array)
                    return
        inner: Sequence[_Before] = ()
        if node.op in LOOPS:
            here = _Before(builder, tuple(self.visible), self.makers)
            inner = (*around, here)
        last = node.blocks[-1:]
        blocks = [
            self.block(b, Builder(builder), inner if b in last else ())
            for b in node.blocks
        ]
        builder.add(with_parts(node, blocks=blocks))

    def is_gone(self, array: Value, block: Block) -> bool:
        """Whether nothing holds on to an array when its round ends."""
        place = Place(array)
        if array in self.buffers.escaped:
            return False
        return not any(place in self.buffers.reach(v) for v in block.results)


def _filled(node: Node, array: Value) -> list[Node]:
    """What is left in the round of a node that made an array."""
    if array is node.out:
        return []
    t = node.out.type
    assert isinstance(t, Array)
    params = {"layout": (ALL,) * len(t.dims), "inplace": True}
    inputs = (array, literal(NOTHING[t.dtype]))
    return [Node(update, inputs, node.outputs, params, (), node.span)]
