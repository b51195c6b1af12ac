"""Which buffers a value may live in.

Takes a graph and the nodes that write in place; gives for each value the *places* of
the object itself and of what it holds (the entries of a list, the leaves of a tuple).
Two values that share no place share no memory.

A place is where memory is made: a node's output, a parameter. In the next iteration of
a loop, what an earlier one made is `old`: memory made now is never the same as that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from srcad.ir.bits import EMPTY, Bits, Values
from srcad.ir.graph import Block, Graph, Literal, Node, Value, nodes_of
from srcad.ir.structure import ARMED, LOOPS, Loop, arms, call, loop_of, while_
from srcad.ir.types import (
    Array,
    Bottom,
    Dict,
    List,
    Maybe,
    Range,
    Residual,
    Scalar,
    Static,
    Tuple,
    Type,
    Unknown,
)
from srcad.ir.walk import defined_in
from srcad.ops.declare import Op

# Views that NumPy lets us write through; others may repeat an element or be read-only.
WRITABLE_VIEWS = frozenset(
    """getitem expand_dims squeeze transpose reshape reshape_like ravel item list_get
    residual_item swapaxes moveaxis list_prefix list_suffix list_reversed list_padded
    """.split()  # noqa: SIM905
)
# Effects that keep no hold of what they are given.
HARMLESS = frozenset(["print_", "assert_", "raise_"])


class Place(NamedTuple):
    """Where memory is made. There are sets of them: a tuple is hashed fast.

    by : the value it was made for (None: somewhere outside, not to be written).
    kind : "made" here, "copied" before a loop or a call, or "given" by the caller.
    old : made in an earlier iteration of a loop.
    """

    by: Value | None
    kind: str = "made"
    old: bool = False


Places = frozenset[Place]
NOWHERE: Places = frozenset()
OUTSIDE = Place(None, "outside")
READ_ONLY = Place(None, "read-only")


@dataclass(frozen=True, slots=True)
class Shared:
    """What one result of a callee may share memory with.

    params, results : positions of the callee's parameters and of its other results.
    outside : whether it may be memory that nobody here may write.
    """

    params: frozenset[int] = frozenset()
    results: frozenset[int] = frozenset()
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """What a caller has to know of a callee's memory.

    results : for each result, what it may share memory with.
    escaped : positions of parameters that code srcad does not know may hold on to.
    """

    results: tuple[Shared, ...]
    escaped: frozenset[int] = frozenset()


class Buffers:
    """The places of every value of a graph.

    Parameters
    ----------
    graph : Graph
    in_place : function
        Whether a node writes into the buffer of its first input.
    copied : collection of Value
        Carried parameters whose initial value is copied before the loop.
    owned : collection of int
        Positions of parameters that were handed over: their memory is ours.
    summaries : mapping
        What is known of callees, by key.
    call_copies : collection of (Node, int)
        Arguments of calls that are copied before the call.
    whole : bool
        Whether all nodes are walked at once; else `node` is called for each, in order.
    bits : Bits
        What stands for each value in `reaching`.
    """

    def __init__(
        self,
        graph: Graph,
        in_place: Callable[[Node], bool] | None = None,
        copied: Collection[Value] = (),
        owned: Collection[int] = (),
        summaries: Mapping[Any, Summary] | None = None,
        call_copies: Collection[tuple[Node, int]] = (),
        whole: bool = True,
        bits: Bits | None = None,
    ) -> None:
        self.bits = Bits() if bits is None else bits
        self.reaching: dict[Place, Values] = {}  # the values that may read each place
        self.in_place = in_place or writes_in_place
        self.call_copies = call_copies
        self.copied = copied
        self.summaries = summaries or {}
        self.top: dict[Value, Places] = {}
        self.held: dict[Value, Places] = {}
        self.escaped: set[Value | None] = {None}
        self.made: dict[Value, Node] = {}
        for node in nodes_of(graph.body):
            self.made.update((v, node) for v in node.outputs)
        for k, v in enumerate(graph.body.params):
            kind = "made" if k in owned else "given"
            self.enter(v, [Place(v, kind)], [Place(v, kind)])
        self._inside: dict[Node, set[Value]] = {}
        self._outside: dict[Node, set[Place]] = {}
        if whole:
            self.block(graph.body)

    # ---- questions -------------------------------------------------------------------

    def places(self, value: Value) -> Places:
        """Where the object itself may be."""
        if isinstance(value, Literal):
            constant = isinstance(value.value, (np.ndarray, list, dict))
            return frozenset([OUTSIDE]) if constant else NOWHERE
        return self.top.get(value, NOWHERE)

    def held_by(self, value: Value) -> Places:
        """Where what it holds may be."""
        return self.held.get(value, NOWHERE)

    def reach(self, value: Value) -> Places:
        """All memory that reading the value may read."""
        return self.places(value) | self.held_by(value)

    def may_share(self, a: Value, b: Value) -> bool:
        """Whether a write to one may be seen through the other."""
        return not self.reach(a).isdisjoint(self.reach(b))

    def owned(self, places: Places) -> bool:
        """Whether memory was made here or handed over, and may be written."""
        return all(p.kind != "given" and p.by not in self.escaped for p in places)

    def written(self, node: Node, known: dict[Node, Places] | None = None) -> Places:
        """What a node, or one in its blocks, writes in place.

        known : what was found of nodes with blocks; it gets what is found now.
        """
        if known is not None and node in known:
            return known[node]
        found: set[Place] = set()
        if self.in_place(node):
            found |= self.places(node.inputs[0])
        for k in node.params.get("handed", ()):
            found |= self.reach(node.inputs[k])
        for block in node.blocks:
            for inner in block.nodes:
                found |= self.written(inner, known)
        if known is not None and node.blocks:
            known[node] = frozenset(found)
        return frozenset(found)

    # ---- the analysis ----------------------------------------------------------------

    def enter(
        self, value: Value, top: Iterable[Place], held: Iterable[Place] = ()
    ) -> bool:
        """Note where a value may be; gives whether that is news."""
        if not has_memory(value.type):
            return False
        top, held = frozenset(top), frozenset(held)
        held = held if may_hold(value.type) else NOWHERE
        known, kept = self.places(value), self.held_by(value)
        news = not (top <= known and held <= kept)
        if not news and value in self.top:
            return False
        self.top[value], self.held[value] = known | top, kept | held
        bit = self.bits.bit(value)
        for place in top | held:
            self.reaching[place] = self.reaching.get(place, EMPTY) | bit
        return news

    def forget(self, node: Node) -> None:
        """Undo the walk of a node."""
        inner = {v for block in node.blocks for v in defined_in(block)}
        for v in (*node.outputs, *inner):
            for place in self.reach(v):
                self.reaching[place] &= ~self.bits.bit(v)
            self.top.pop(v, None)
            self.held.pop(v, None)

    def block(self, block: Block) -> None:
        for node in block.nodes:
            self.node(node)

    def node(self, node: Node) -> None:
        if node.op in ARMED:
            for inner, pairs in arms(node):
                for v in inner.params:
                    self.enter(v, [OUTSIDE], [OUTSIDE])
                self.block(inner)
                for v, result in pairs:
                    self.enter(v, self.places(result), self.held_by(result))
        elif node.op in LOOPS:
            self.loop(node)
        elif node.op is call or node.blocks or not isinstance(node.op, Op):
            self.called(node)
        else:
            self.operation(node)

    def loop(self, node: Node) -> None:
        loop = loop_of(node)
        for item, walked in zip(loop.items, loop.walked, strict=True):
            held = self.held_by(walked)
            self.enter(item, held | self._unknown(walked), held)
        tests = node.blocks[0].params if node.op is while_ else ()
        for k, (v, start) in enumerate(zip(loop.carried, loop.initial, strict=True)):
            self.enter(v, *self.start(v, start))
            for test in tests[k : k + 1]:
                self.enter(test, self.places(v), self.held_by(v))
        news = True
        while news:
            for inner in node.blocks:
                self.block(inner)
            news = self.next_iteration(node, loop)
        self.loop_results(loop)

    def start(self, carried: Value, initial: Value) -> tuple[Places, Places]:
        """Where a carried value may be in the first iteration."""
        if carried in self.copied:
            return frozenset([Place(carried, "copied")]), NOWHERE
        return self.places(initial), self.held_by(initial)

    def next_iteration(self, node: Node, loop: Loop) -> bool:
        news = False
        tests = node.blocks[0].params if node.op is while_ else ()
        for k, (v, after) in enumerate(
            zip(loop.carried, loop.carried_next, strict=True)
        ):
            top = self.aged(node, self.places(after))
            held = self.aged(node, self.held_by(after))
            for param in (v, *tests[k : k + 1]):
                news |= self.enter(param, top, held)
        return news

    def aged(self, node: Node, places: Places) -> Places:
        """The same places seen from a later iteration of the loop."""
        if node not in self._inside:
            self._inside[node] = {v for b in node.blocks for v in defined_in(b)}
            # A copy of an initial value is named by the parameter, but made outside.
            own = {v for b in node.blocks for v in b.params}
            self._outside[node] = {Place(v, "copied") for v in own}
        inside, outside = self._inside[node], self._outside[node]
        return frozenset(
            p._replace(old=True) if p.by in inside and p not in outside else p
            for p in places
        )

    def loop_results(self, loop: Loop) -> None:
        for v, start, param, after in zip(
            loop.final, loop.initial, loop.carried, loop.carried_next, strict=True
        ):
            self.enter(v, *self.start(param, start))
            self.enter(v, self.places(after), self.held_by(after))
        for entries, entry in zip(loop.lists, loop.collected, strict=True):
            held = self.reach(entry)
            aged = frozenset(p._replace(old=True) if p.by else p for p in held)
            self.enter(entries, [Place(entries)], held | aged)

    def called(self, node: Node) -> None:
        """A call, by its summary; without one, everything may share."""
        for inner in node.blocks:
            for v in inner.params:
                self.enter(v, [OUTSIDE], [OUTSIDE])
            self.block(inner)
        summary = self.summaries.get(node.params.get("callee"))
        everything = frozenset(range(len(node.inputs)))
        others = frozenset(range(len(node.outputs)))
        for k in summary.escaped if summary else ():
            self.escaped |= {p.by for p in self.reach(node.inputs[k])}
        for k, v in enumerate(node.outputs):
            shared = summary.results[k] if summary else Shared(everything, others)
            found = {Place(node.outputs[j]) for j in (k, *shared.results)}
            found |= {OUTSIDE} if shared.outside else set()
            for i in shared.params:
                if (node, i) not in self.call_copies:
                    found |= self.reach(node.inputs[i])
            for inner in node.blocks:
                found |= {p for r in inner.results for p in self.reach(r)}
            self.enter(v, found, found)

    def operation(self, node: Node) -> None:
        op = node.op
        assert isinstance(op, Op)
        inputs = node.inputs
        if op.effect and op.name not in HARMLESS:
            for x in inputs:
                self.escaped |= {p.by for p in self.reach(x)}
            for v in node.outputs:
                found = {p for x in inputs for p in self.reach(x)} | {OUTSIDE}
                self.enter(v, found, found)
            return
        memory = memory_of(node).split()
        for v in filter(_is_memory, node.outputs):
            if "same" in memory or self.in_place(node):
                place = self.places(inputs[0])
                place = place if self.in_place(node) else frozenset([Place(v)])
                self.enter(v, place, self.held_by(inputs[0]))
            elif "view" in memory:
                self.view(node, v)
            else:
                own = [Place(v)]
                self.enter(v, own, () if "holds" in memory else own)
            if "holds" in memory:
                held = {p for x in inputs for p in self.held_by(x)}
                entries = inputs[1:] if "same" in memory else inputs
                joins = op.name in ("list_concat",)
                if not joins:
                    held |= {p for x in entries for p in self.places(x)}
                self.enter(v, (), held)

    def view(self, node: Node, v: Value) -> None:
        x = node.inputs[0]
        held = self.held_by(x)
        if may_hold(v.type) and not may_hold(x.type):
            self.enter(v, [Place(v)], self.places(x))
        elif may_hold(x.type):
            top = held | ({Place(v)} if may_hold(v.type) else NOWHERE)
            self.enter(v, top | self._unknown(x), held)
        else:
            self.enter(v, self.places(x), held)
        if node.op.name not in WRITABLE_VIEWS:
            self.enter(v, [READ_ONLY])

    def _unknown(self, x: Value) -> Places:
        """For a value of unknown form, its parts may be views of itself."""
        t = x.type.inner if isinstance(x.type, Maybe) else x.type
        known = isinstance(t, (List, Tuple, Dict, Residual))
        return NOWHERE if known else self.places(x)


def has_memory(t: Type) -> bool:
    """Whether a value of this type may be or hold an array or a container."""
    if isinstance(t, Maybe):
        return has_memory(t.inner)
    return not isinstance(t, (Scalar, Static, Range, Bottom))


def _is_memory(value: Value) -> bool:
    return has_memory(value.type)


def may_hold(t: Type) -> bool:
    """Whether a value of this type may hold others: it is no number and no array."""
    t = t.inner if isinstance(t, Maybe) else t
    return not isinstance(t, (Array, Scalar, Unknown, Static, Range, Bottom))


def memory_of(node: Node) -> str:
    """How a node's result relates to its inputs: new, same, view, holds."""
    memory = getattr(node.op, "memory", "view")
    return str(memory(node) if callable(memory) else memory)


def writes_in_place(node: Node) -> bool:
    """Whether a planned node writes into the buffer of its first input."""
    return node.params.get("inplace") is True
