"""separated: results that share memory with nothing.

Takes a graph and its buffers; gives one that copies each array it gives out that may
share memory with an argument or another result, or that may be a read-only view.
Containers are rebuilt where something in them must be copied.
"""

from __future__ import annotations

from srcad.ir.builder import Builder, current
from srcad.ir.graph import Graph, Literal, Node, Value
from srcad.ir.structure import LOOPS, loop_of
from srcad.ir.types import Array, Dict, List, Maybe, Residual, Tuple, Type, Unknown
from srcad.ir.walk import defined_in, with_block, with_body
from srcad.ops.containers import like
from srcad.passes.buffers import Buffers, Place, has_memory, may_hold
from srcad.passes.rules import op


def separated(graph: Graph, buffers: Buffers) -> Graph:
    """Copy what a graph gives out, where memory may be shared."""
    body = graph.body
    with Builder().active() as builder:
        for node in body.nodes:
            builder.add(node)
        apart = _Apart(buffers)
        for v in body.results:
            if isinstance(v.type, Residual):
                apart.given |= buffers.reach(v)
        results = [apart.result(v) for v in body.results]
    return with_body(graph, with_block(body, builder.nodes, results))


class _Apart:
    def __init__(self, buffers: Buffers) -> None:
        self.buffers = buffers
        self.given: set[Place] = set()

    def result(self, value: Value) -> Value:
        """The value, or a copy of it that is the caller's alone."""
        t = value.type
        if isinstance(value, Literal) or isinstance(t, Residual) or not has_memory(t):
            return value
        if isinstance(t, (Tuple, Dict)):
            return self.rebuilt(value, t)
        places = self.buffers.reach(value)
        clean = self.buffers.owned(places) and places.isdisjoint(self.given)
        if isinstance(t, List):
            clean = clean and self.entries_apart(value)
        self.given |= places
        return value if clean else copied(value)

    def entries_apart(self, value: Value) -> bool:
        """Whether no two parts of a container share memory."""
        if not may_hold(value.type) or _holds_numbers(value.type):
            return True
        node = current().definitions.get(value) or self.buffers.made.get(value)
        if node is None:
            return False
        if node.op in LOOPS:
            return self.collected_apart(node, value)
        if node.op.name in ("list_reversed", "list_prefix", "item", "list_get"):
            return self.entries_apart(node.inputs[0])
        if node.op.name not in ("make_tuple", "make_dict", "list_of"):
            return False
        seen: set[Place] = set()
        for part in node.inputs:
            places = self.buffers.reach(part)
            if not seen.isdisjoint(places) or not self.entries_apart(part):
                return False
            seen |= places
        return True

    def collected_apart(self, node: Node, value: Value) -> bool:
        """Whether each iteration collects memory of its own."""
        loop = loop_of(node)
        if value not in loop.lists:
            return False
        entry = loop.collected[loop.lists.index(value)]
        inside = defined_in(loop.body)
        own = all(p.by in inside and not p.old for p in self.buffers.reach(entry))
        return own and self.entries_apart(entry)

    def rebuilt(self, value: Value, t: Tuple | Dict) -> Value:
        node = current().definitions.get(value)
        keys = t.keys if isinstance(t, Dict) else tuple(range(len(t.items)))
        made = node is not None and node.op.name in ("make_tuple", "make_dict")
        if node is not None and made:
            parts = list(node.inputs)
        elif not any(map(has_memory, t.items)):
            return value
        else:
            parts = [op("item")(value, key=k) for k in keys]
            for part in parts:
                self.buffers.enter(part, *self.parts_of(value))
        apart = [self.result(p) for p in parts]
        if made and all(a is b for a, b in zip(apart, parts, strict=True)):
            return value
        return like(t, apart)

    def parts_of(self, value: Value) -> tuple[frozenset[Place], frozenset[Place]]:
        held = self.buffers.held_by(value)
        return held, held


def copied(value: Value) -> Value:
    """A copy that shares nothing with the value: entry by entry for containers."""
    t = value.type
    if not has_memory(t):
        return value
    if isinstance(t, (Array, Unknown)) or _maybe_array(t) or _holds_numbers(t):
        return op("copy")(value)
    if isinstance(t, Tuple):
        parts = [copied(op("item")(value, key=k)) for k in range(len(t.items))]
        return like(t, parts)
    if isinstance(t, Dict):
        return like(t, [copied(op("item")(value, key=k)) for k in t.keys])
    if isinstance(t, List):
        return _copied_list(value, t)
    return value


def _holds_numbers(t: Type) -> bool:
    """Whether a value is a list whose entries have no memory."""
    return isinstance(t, List) and not has_memory(t.item)


def _maybe_array(t: Type) -> bool:
    return isinstance(t, Maybe) and isinstance(t.inner, (Array, Unknown))


def _copied_list(value: Value, t: List) -> Value:
    entry = Value("", t.item)
    with current().inner() as inner:
        copy = copied(entry)
    body = inner.block([entry], [copy])
    found, _ = current().for_([value], [], body)
    return found
