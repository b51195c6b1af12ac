"""kept_once: what is the same in all rounds of a loop is kept once.

Takes a graph; gives one in which

    s = np.sqrt(w)                          s = np.sqrt(w)
    for k in range(n):                      for k in range(n):
        saved_s.append(s)                       ...
        ...                         ->      ...
    for k, s in reversed(...):              for k in reversed(range(n)):
        y_bar *= s                              y_bar *= s

A loop that walks a list of one value, or a list of such lists, reads the value. Where a
loop around the two makes that value anew, one list has it for each round of that loop,
however many rounds the inner ones have. It comes after `hoist`, which moves such values
out of loops.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from srcad.ir.builder import Builder
from srcad.ir.graph import Block, Graph, Node, Value, literal, nodes_of
from srcad.ir.structure import LOOPS, Loop, for_, loop_of
from srcad.ir.types import List, Maybe, Range
from srcad.ir.walk import (
    definitions,
    substituted,
    with_block,
    with_body,
    with_parts,
)
from srcad.ops.lists import entry_type, range_
from srcad.ops.sure import sure
from srcad.passes.dce import dce
from srcad.passes.hoist import stirring
from srcad.passes.last_round import Last, Slot


def kept_once(graph: Graph) -> Graph:
    """Read what loops would keep again in each round where it is."""
    if not any(_keeps(node) for node in nodes_of(graph.body)):
        return graph
    once = _Once(definitions(graph.body))
    body = once.block(graph.body)
    if not once.instead:
        return graph
    return dce(with_body(graph, substituted(body, once.instead)))


def _keeps(node: Node) -> bool:
    return node.op in LOOPS and bool(loop_of(node).collected)


@dataclass(frozen=True)
class _Same:
    """What a list holds: one value, or lists of it, or lists of those.

    value : which one. depth : how many lists it is in.
    each : in how many lists around these it is another one in each entry; `value` is in
        as many then.
    rounds : how long the innermost lists are: a range, maybe with its loop's count; the
        three parts of a range; a count, or a list of it where the value is one; or
        nothing, if that is not known.
    """

    value: Value
    depth: int = 1
    each: int = 0
    rounds: tuple[Value, ...] = ()


class _Once:
    """One walk through a graph, the lists before those who walk them.

    makers : the node that made each value.
    instead : for items of loops, what they are.
    slots : what loops give out for this, by the values that come out.
    """

    def __init__(self, makers: Mapping[Value, Node]) -> None:
        self.makers = makers
        self.same: dict[Value, _Same] = {}
        self.instead: dict[Value, Value] = {}
        self.slots: dict[Value, Slot] = {}

    def block(self, block: Block) -> Block:
        """The block, its loops walking and keeping other lists besides."""
        builder = Builder()
        for node in block.nodes:
            builder.add(self.node(node, builder))
        return with_block(block, builder.nodes)

    def node(self, node: Node, before: Builder) -> Node:
        """The node with its blocks gone through.

        before : where to write what it needs.
        """
        if node.op is for_:
            node = self.walking(node, before)
        node = with_parts(node, blocks=[self.block(b) for b in node.blocks])
        return self.keeping(node) if _keeps(node) else node

    def walking(self, node: Node, before: Builder) -> Node:
        """A loop, with what is known of its items; it may walk other lists as well."""
        loop = loop_of(node)
        more: dict[Value, Value] = {}
        builder = Builder()
        for walked, item in zip(loop.walked, loop.items, strict=True):
            found = self.same.get(self.instead.get(walked, walked))
            if found is None:
                continue
            value, rounds = found.value, found.rounds
            if found.each:
                more.setdefault(value, _item(value))
                if len(rounds) == 1 and isinstance(rounds[0].type, List):
                    more.setdefault(rounds[0], _item(rounds[0]))
                    rounds = (more[rounds[0]],)
                same = _Same(more[value], found.depth, found.each - 1, rounds)
                self.same[item] = same
            elif found.depth > 1:
                self.same[item] = replace(found, depth=found.depth - 1)
            else:
                self.instead[item] = _as_sure(value, item, builder)
        if loop.walked and all(v in self.instead for v in loop.items):
            first = loop.walked[0]
            found = self.same[self.instead.get(first, first)]
            if found.rounds:
                every = _as_range(found.rounds, before)
                more[every] = _item(every)
            else:  # a list is walked in any case
                builder = Builder()
                for v in loop.items:
                    del self.instead[v]
        body = with_block(loop.body, [*builder.nodes, *loop.body.nodes])
        node = with_parts(node, blocks=[body])
        return _with_walked(node, more) if more else node

    def keeping(self, node: Node) -> Node:
        """A loop, with what is known of its lists; it may keep other ones as well."""
        loop, last = loop_of(node), Last(node, self.slots)
        inside = _defined(loop.body)
        more: dict[Value, Value] = {}
        for v, entries in zip(loop.collected, loop.lists, strict=True):
            v = self.instead.get(v, v)
            found = self.same.get(v, _Same(v, 0))
            value, each = found.value, found.each
            if value in inside and not each and not stirring(node):
                value = last.final(value) or value
            rounds = found.rounds
            if value not in inside and not each:
                rounds = self.outside(rounds, inside) if found.depth else _rounds(loop)
                found = _Same(value, found.depth + 1, 0, rounds)
            elif value in inside and found.depth:
                rounds = self.outside(rounds, inside) or _number(rounds, inside)
                for x in (value, *(n for n in rounds if n in inside)):
                    more.setdefault(x, Value(_saved(x.name), List(x.type)))
                rounds = tuple(more.get(n, n) for n in rounds)
                found = _Same(more[value], found.depth, each + 1, rounds)
            else:
                continue
            self.same[entries] = found
        node = last.finished()
        return _with_lists(node, more) if more else node

    def outside(
        self, rounds: tuple[Value, ...], inside: set[Value]
    ) -> tuple[Value, ...]:
        """The same rounds outside of a block that defines `inside`, if known there."""
        if rounds and isinstance(rounds[0].type, Range):
            node = self.makers.get(rounds[0])
            rounds = rounds[:1]
            if rounds[0] in inside and node is not None and node.op is range_:
                rounds = node.inputs
        return () if inside.intersection(rounds) else rounds


def _as_sure(value: Value, item: Value, builder: Builder) -> Value:
    """A value that may be undefined, as a round reads it that walked it."""
    if not isinstance(value.type, Maybe) or isinstance(item.type, Maybe):
        return value
    (found,) = builder.emit(sure, [value], [item.type], names=[item.name])
    return found


def _defined(block: Block) -> set[Value]:
    """The values a block defines itself, those of inner blocks left out."""
    return {*block.params, *(v for node in block.nodes for v in node.outputs)}


def _saved(name: str) -> str:
    """The name of what is kept of a value."""
    return name if name.startswith("saved_") or not name else f"saved_{name}"


def _item(walked: Value) -> Value:
    """An item for a loop that walks this."""
    ranges = isinstance(walked.type, Range)
    name = "" if ranges else walked.name.removeprefix("saved_")
    return Value(name, entry_type(walked.type))


def _rounds(loop: Loop) -> tuple[Value, ...]:
    """How often a loop goes round: what it counts, and its range if it takes all."""
    ranges = [v for v in loop.walked if isinstance(v.type, Range)]
    return (*([] if loop.stop else ranges[:1]), loop.count)


def _number(rounds: tuple[Value, ...], inside: set[Value]) -> tuple[Value, ...]:
    """Of the rounds of a loop in a block its count, if that is what the block has."""
    last = rounds[-1:] if len(rounds) < 3 else ()
    return tuple(v for v in last if v in inside and not isinstance(v.type, Range))


def _as_range(rounds: tuple[Value, ...], builder: Builder) -> Value:
    """A range with a number for each round."""
    if isinstance(rounds[0].type, Range):
        return rounds[0]
    with builder.active():
        parts = rounds if len(rounds) == 3 else (literal(0), *rounds, literal(1))
        found: Value = range_(*parts)
    return found


def _with_walked(node: Node, more: Mapping[Value, Value]) -> Node:
    """The loop walking these as well, each with its item."""
    loop = loop_of(node)
    walked = (*loop.walked, *more)
    params = (*loop.items, *more.values(), *loop.carried)
    body = with_block(loop.body, params=params)
    inputs = (*walked, *loop.initial)
    made = with_parts(node, inputs, [body])
    return replace(made, params={**node.params, "walked": len(walked)})


def _with_lists(node: Node, more: Mapping[Value, Value]) -> Node:
    """The loop keeping these as well, each in its list."""
    loop = loop_of(node)
    body = with_block(loop.body, results=[*loop.body.results, *more])
    outputs = (*node.outputs[:-1], *more.values(), loop.count)
    return with_parts(node, None, [*node.blocks[:-1], body], outputs)
