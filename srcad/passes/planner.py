"""plan: which writes happen in place, and where a copy is needed.

Takes a finished graph; gives one where nodes that may write into the buffer of their
first input carry `params["inplace"] = True`, and `copy` nodes stand where a buffer that
is not ours would be written in a loop, or where a result would share memory with an
argument or another result. Runs last: no pass moves nodes afterwards.

The plan starts with every write in place and takes back what is not safe: a write is
safe where the buffer was made here or handed over, and nothing else in that buffer is
read, kept, collected or given out later.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from srcad.ir.bits import EMPTY
from srcad.ir.graph import Block, Graph, Literal, Node, Value, nodes_of
from srcad.ir.structure import ARMED, LOOPS, arms, call, carried_params, loop_of
from srcad.ir.types import Array, List, Maybe, Scalar, Type
from srcad.ir.walk import with_block, with_body, with_parts
from srcad.ops.declare import Op
from srcad.passes.buffers import Buffers, Place, Places, Summary, memory_of
from srcad.passes.liveness import Live, live
from srcad.passes.rules import op, same_type
from srcad.passes.separate import separated

# A node and the position of the input whose buffer it writes to.
Write = tuple[Node, int]
Handed = Mapping[Any, frozenset[int]]
SUFFIXES = ("_bar", "_dot")
ARITHMETIC = frozenset(["add", "subtract", "multiply", "divide", "negative"])


def plan(
    graph: Graph,
    *,
    owned: Collection[int] = (),
    summaries: Mapping[Any, Summary] | None = None,
    handed: Handed | None = None,
    separate: bool = True,
) -> Graph:
    """Mark the writes that happen in place, and insert the copies they need.

    Parameters
    ----------
    owned : collection of int
        Positions of parameters whose buffers are handed over to the graph.
    summaries : mapping
        For a callee's key, which parameters each result may share memory with.
    handed : mapping
        For a callee's key, the positions of arguments that it writes to: the caller
        hands over a buffer that nobody else reads, or a copy.
    separate : bool
        Whether results must share memory with nothing (main graphs).
    """
    planner = Planner(graph, owned, summaries, handed)
    planner.settle()
    graph = with_body(graph, planner.written(graph.body))
    if separate:
        graph = separated(graph, Buffers(graph, None, (), owned, summaries))
    return graph


def may_write(node: Node) -> bool:
    """Whether a node could write into the buffer of its first input."""
    if not isinstance(node.op, Op) or node.blocks or len(node.outputs) != 1:
        return False
    if "same" in memory_of(node).split():
        return not isinstance(node.inputs[0].type, Scalar)
    x = node.inputs[0] if node.inputs else None
    fits = x is not None and isinstance(x.type, Array)
    return (
        node.op.name in ARITHMETIC
        and fits
        and x is not None
        and same_type(node.out.type, x.type)
    )


class Planner:
    def __init__(
        self,
        graph: Graph,
        owned: Collection[int],
        known: Mapping[Any, Summary] | None,
        handed: Handed | None = None,
    ) -> None:
        self.graph, self.owned, self.summaries = graph, owned, known
        self.handed: Handed = handed or {}
        self.copied: dict[Value, Node] = {}
        self.call_copies: set[Write] = set()
        nodes = list(nodes_of(graph.body))
        self.made = {v: n for n in nodes for v in n.outputs}
        self.carried = {
            v: (node, k)
            for node in nodes
            if node.op in LOOPS
            for params in carried_params(node)
            for k, v in enumerate(params)
        }
        self.writes = functools.cache(self._writes)
        self.live: Live = live(graph.body, self.writes)
        self.chosen: set[Write] = {w for n in nodes for w in self.writes(n)}
        self.buffers = self.analysed(whole=False)

    def analysed(self, whole: bool = True) -> Buffers:
        return Buffers(
            self.graph,
            lambda node: node.op is not call and (node, 0) in self.chosen,
            self.copied,
            self.owned,
            self.summaries,
            self.call_copies,
            whole,
            self.live.bits,
        )

    def _writes(self, node: Node) -> list[Write]:
        """What a node could write to: its first input, or arguments handed over."""
        if node.op is call:
            return [(node, k) for k in sorted(self.handed.get(callee_of(node), ()))]
        return [(node, 0)] if may_write(node) and self.reads_well(node) else []

    def parts_written(self) -> set[Value | None]:
        """The values in whose own buffers single elements are written."""
        return {
            p.by
            for node, k in self.chosen
            if node.op.name not in ARITHMETIC
            for p in self.buffers.places(node.inputs[k])
            if not p.old
        }

    def reads_well(self, node: Node) -> bool:
        """`x_bar += y`, where a cotangent keeps its name; user code stays."""
        if node.op.name not in ARITHMETIC:
            return True
        x, out = node.inputs[0], node.out
        if not x.name.endswith(SUFFIXES):
            return False
        if out.name == x.name:
            return True
        loop, k = self.carried.get(x, (None, 0))
        return loop is not None and loop_of(loop).carried_next[k] is out

    # ---- taking back -----------------------------------------------------------------

    def settle(self) -> None:
        """Take back unsafe writes, or copy before the loop, until all are safe."""
        for node in self.graph.body.nodes:
            self.settle_node(node)
        self.take_back(may_copy=True)
        written = {
            p.by
            for node, k in self.chosen
            for p in self.buffers.places(node.inputs[k])
            if p.kind == "copied"
        }
        idle = [v for v in self.copied if v not in written]
        if idle:
            for v in idle:
                del self.copied[v]
            self.buffers = self.analysed()
            self.take_back(may_copy=False)

    def settle_node(self, node: Node) -> None:
        """Take back what is unsafe in one node of the body, those before it settled.

        What comes after cannot make a write unsafe, but for what escapes later; and the
        whole is not analysed again for each write of a long function.
        """
        inside = [n for block in node.blocks for n in nodes_of(block)]
        writes = [w for n in (node, *inside) for w in self.writes(n)]
        escaped = set(self.buffers.escaped) if writes else set()
        self.buffers.node(node)
        while unsafe := self.unsafe(w for w in writes if w in self.chosen):
            self.without(unsafe, may_copy=True)
            self.buffers.forget(node)
            self.buffers.escaped = set(escaped)
            self.buffers.node(node)

    def take_back(self, may_copy: bool) -> None:
        while unsafe := self.unsafe(self.in_order()):
            self.without(unsafe, may_copy)
            self.buffers = self.analysed()

    def unsafe(self, writes: Iterable[Write]) -> list[Write]:
        """Those of some writes, in program order, that are unsafe for certain."""
        found: list[Write] = []
        touched: set[Place] = set()
        for write in writes:
            if self.safe(*write):
                continue
            places = self.buffers.places(write[0].inputs[write[1]])
            # What follows from an unsafe write may be safe without it.
            if touched.isdisjoint(places):
                found.append(write)
            touched |= places
        return found

    def without(self, unsafe: Iterable[Write], may_copy: bool) -> None:
        """Take back some writes, or copy before the loop."""
        for write in unsafe:
            if not (may_copy and self.copy_before_loop(*write)):
                self.chosen.discard(write)
                if write[0].op is call:
                    self.call_copies.add(write)

    def in_order(self) -> list[Write]:
        """The writes still chosen, in program order."""
        return [w for n in self.live.order for w in self.writes(n) if w in self.chosen]

    def safe(self, node: Node, k: int) -> bool:
        target = self.buffers.places(node.inputs[k])
        if not target or not self.buffers.owned(target):
            return False
        if self.overlapping(node, k, target):
            return False
        later = self.live.after[node]
        if any(later & self.buffers.reaching.get(place, EMPTY) for place in target):
            return False
        return all(
            self.collected(loop).isdisjoint(target) for loop in self.live.loops[node]
        )

    def collected(self, loop: Node) -> Places:
        """What earlier iterations put into the loop's lists."""
        found: set[Place] = set()
        for v in loop_of(loop).collected:
            found |= self.buffers.aged(loop, self.buffers.reach(v))
        return frozenset(found)

    def overlapping(self, node: Node, k: int, target: Places) -> bool:
        """Whether a write reads its own target in a way NumPy does not sort out.

        Slices and arithmetic are sorted out; writes by index arrays are not.
        """
        if node.op.name in ARITHMETIC:
            return False
        if node.op is call:
            others = (*node.inputs[:k], *node.inputs[k + 1 :])
            return any(not self.buffers.reach(v).isdisjoint(target) for v in others)
        first = 1 if node.op.name.startswith(("list", "residual")) else 2
        index = node.inputs[first:]
        simple = all(isinstance(v.type, Scalar) for v in index)
        others = index if simple and first == 2 else node.inputs[1:]
        return any(not self.buffers.reach(v).isdisjoint(target) for v in others)

    # ---- copies before loops ---------------------------------------------------------

    def copy_before_loop(self, node: Node, k: int) -> bool:
        """Copy the initial value of the outermost carried array the write goes to.

        Arithmetic makes a new array just as well.
        """
        if node.op.name in ARITHMETIC:
            return False
        for v in self.origins(node.inputs[k], set()):
            loop, _ = self.carried[v]
            if loop in self.live.loops[node] and v not in self.copied:
                self.copied[v] = loop
                return True
        return False

    def origins(self, value: Value, seen: set[Value]) -> list[Value]:
        """The carried arrays whose buffer a value is in, outermost loops first."""
        if value in seen:
            return []
        seen.add(value)
        if value in self.carried:
            loop, k = self.carried[value]
            outer = self.origins(loop_of(loop).initial[k], seen)
            fits = _is_flat(value.type) and value in loop_of(loop).carried
            return [*outer, value] if fits else outer
        node = self.made.get(value)
        if node is None:
            return []
        if node.op in ARMED:
            given = [r for _, pairs in arms(node) for out, r in pairs if out is value]
            return [v for r in given for v in self.origins(r, seen)]
        if node.op in LOOPS:
            loop_ = loop_of(node)
            if value not in loop_.final:
                return []
            return self.origins(loop_.initial[loop_.final.index(value)], seen)
        if node.op is call:
            return [
                v
                for w in self.writes(node)
                for v in self.origins(node.inputs[w[1]], seen)
            ]
        shares = (node, 0) in self.chosen or "view" in memory_of(node).split()
        return self.origins(node.inputs[0], seen) if shares and node.inputs else []

    # ---- the result ------------------------------------------------------------------

    def written(self, block: Block) -> Block:
        """The block with its writes marked and its copies made."""
        nodes: list[Node] = []
        for node in block.nodes:
            node_ = with_parts(node, None, [self.written(b) for b in node.blocks])
            if node.op in LOOPS:
                node_ = self.with_copies(node_, nodes)
            if node.op is call:
                node_ = self.with_handed(node, node_, nodes)
            elif (node, 0) in self.chosen and not node.params.get("inplace"):
                node_ = replace(node_, params={**node.params, "inplace": True})
            nodes.append(node_)
        return with_block(block, nodes)

    def with_copies(self, node: Node, nodes: list[Node]) -> Node:
        loop = loop_of(node)
        inputs = list(node.inputs)
        for k, v in enumerate(loop.carried):
            if v in self.copied:
                start = loop.initial[k]
                copy = Value(v.name, _plain_type(start))
                nodes.append(Node(op("copy"), (start,), (copy,), span=node.span))
                inputs[len(loop.walked) + k] = copy
        return with_parts(node, inputs)

    def with_handed(self, old: Node, node: Node, nodes: list[Node]) -> Node:
        positions = tuple(k for _, k in self.writes(old))
        if not positions or node.params.get("handed"):
            return node
        inputs = list(node.inputs)
        for k in positions:
            if (old, k) in self.call_copies:
                x = inputs[k]
                copy = Value("", _plain_type(x))
                nodes.append(Node(op("copy"), (x,), (copy,), span=node.span))
                inputs[k] = copy
        node = with_parts(node, inputs)
        return replace(node, params={**node.params, "handed": positions})


def _is_flat(t: Type) -> bool:
    """Whether a copy has all memory of its own: an array, or a list of numbers."""
    return isinstance(t, Array) or (isinstance(t, List) and isinstance(t.item, Scalar))


def callee_of(node: Node) -> Any:
    """The key of the graph a node calls."""
    return node.params["callee"]


def _plain_type(value: Value) -> Any:
    assert not isinstance(value, Literal)
    return value.type.inner if isinstance(value.type, Maybe) else value.type
