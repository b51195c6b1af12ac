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
from srcad.ir.graph import Block, Graph, Node, Value, nodes_of
from srcad.ir.structure import Loop, for_, loop_of, while_
from srcad.ir.types import List, Maybe, Range
from srcad.ir.walk import substituted, with_block, with_body, with_parts
from srcad.ops.lists import entry_type
from srcad.ops.sure import sure
from srcad.passes.dce import dce
from srcad.passes.hoist import stirring
from srcad.passes.last_round import Last, Slot

LOOPS = (for_, while_)


def kept_once(graph: Graph) -> Graph:
    """Read what loops would keep again in each round where it is."""
    if not any(_keeps(node) for node in nodes_of(graph.body)):
        return graph
    once = _Once()
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
    rounds : for a list of the value, a range that is as long, if there is one.
    """

    value: Value
    depth: int = 1
    each: int = 0
    rounds: Value | None = None


class _Once:
    """One walk through a graph, the lists before those who walk them.

    instead : for items of loops, what they are.
    slots : what loops give out for this, by the values that come out.
    """

    def __init__(self) -> None:
        self.same: dict[Value, _Same] = {}
        self.instead: dict[Value, Value] = {}
        self.slots: dict[Value, Slot] = {}

    def block(self, block: Block) -> Block:
        """The block, its loops walking and keeping other lists besides."""
        return with_block(block, [self.node(node) for node in block.nodes])

    def node(self, node: Node) -> Node:
        """The node with its blocks gone through."""
        if node.op is for_:
            node = self.walking(node)
        node = with_parts(node, blocks=[self.block(b) for b in node.blocks])
        return self.keeping(node) if _keeps(node) else node

    def walking(self, node: Node) -> Node:
        """A loop, with what is known of its items; it may walk other lists as well."""
        loop = loop_of(node)
        more: dict[Value, Value] = {}
        builder = Builder()
        for walked, item in zip(loop.walked, loop.items, strict=True):
            found = self.same.get(self.instead.get(walked, walked))
            if found is None:
                continue
            value = found.value
            if found.each:
                more.setdefault(value, _item(value))
                self.same[item] = replace(found, value=more[value], each=found.each - 1)
            elif found.depth > 1:
                self.same[item] = _Same(value, found.depth - 1)
            else:
                self.instead[item] = _as_sure(value, item, builder)
        if loop.walked and all(v in self.instead for v in loop.items):
            rounds = self.same[loop.walked[0]].rounds
            if rounds is not None:
                more[rounds] = _item(rounds)
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
            if value not in inside and not each:
                found = _Same(value, found.depth + 1)
            elif value in inside and found.depth:
                more.setdefault(value, Value(_saved(value.name), List(value.type)))
                found = _Same(more[value], found.depth, each + 1)
            else:
                continue
            rounds = _rounds(loop) if found.depth == 1 else None
            self.same[entries] = replace(found, rounds=rounds)
        node = last.finished()
        return _with_lists(node, more) if more else node


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


def _rounds(loop: Loop) -> Value | None:
    """A range with a number for each round, if the loop walks one to its end."""
    ranges = (v for v in loop.walked if isinstance(v.type, Range))
    return None if loop.stop else next(ranges, None)


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
