"""What is kept: how an adjoint block gets at the primal values it reads.

Takes an adjoint block, written as if every primal value were in scope, and the primal
block it belongs to. Of the values it reads from there, some are had for nothing (the
entries of walked lists), some are computed again, the others are kept. Unused nodes go
first, so only what the adjoint really needs is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from srcad.ad.stability import Stability, cost_of, is_scalar
from srcad.ir.builder import Builder
from srcad.ir.graph import Block, Graph, Literal, Node, Value, free_values, nodes_of
from srcad.ir.sizes import Size
from srcad.ir.types import Array, Range, Type, dims_of, same_dims
from srcad.ir.walk import copied_node, rebound, rebuilt, substituted
from srcad.passes.cse import node_key
from srcad.passes.dce import dce

# Operations that read at most the shape and dtype of one input: which one.
SHAPE_ONLY = {
    "zeros_like": 0,
    "broadcast_like": 1,
    "sum_like": 1,
    "reshape_like": 1,
    "in_shape_of": 1,
    "count": 0,
    "len_of": 0,
    "dim": 0,
    "size_of": 0,
    "shape_of": 0,
}
# A value is computed again from at most so many operations.
RECOMPUTED = 4


def cleaned(block: Block, watched: bool = False) -> Block:
    """The block without nodes that nothing needs; `watched` as in `Graph`."""
    return dce(Graph("", block, watched=watched)).body


class Kept:
    """The choice for one primal block.

    params, nodes : what the block defines.
    given : a stand-in for a value that costs nothing, or None.
    keep : keeps a value; gives what the adjoint block reads instead.
    pool : values from above, that can lend their shape.
    """

    def __init__(
        self,
        params: Sequence[Value],
        nodes: Sequence[Node],
        stable: Stability,
        *,
        given: Callable[[Value], Value | None],
        keep: Callable[[Value], Value],
        pool: Sequence[Value] = (),
    ) -> None:
        self.makers = {v: node for node in nodes for v in node.outputs}
        defined = [*params, *self.makers]
        self.order = {v: k for k, v in enumerate(defined)}
        self.stable = stable
        self.given = given
        self.keep = keep
        self.pool = pool
        self.mapping: dict[Value, Value] = {}
        self.again: list[Node] = []

    def needed(self, adjoint: Block) -> list[Value]:
        """The values of this primal block that an adjoint block reads, in order."""
        found = [v for v in free_values(adjoint) if v in self.order]
        return sorted(found, key=self.order.__getitem__)

    def read(self, adjoint: Block) -> set[Value]:
        """The values of which an adjoint block reads more than a shape we know."""
        needed = self.needed(adjoint)
        return set(needed) - set(self.lent(adjoint, needed))

    def reused(self, adjoint: Block) -> Block:
        """The adjoint block without what it computes as the primal did, where it reads
        that result anyway: cos(x) for the slope of sin(x), where cos(x) is kept."""
        known: dict[Hashable, Value] = {}
        for v in self.read(adjoint):
            node = self.makers.get(v)
            if node is not None and cost_of(node) == "normal":
                known[node_key(node)] = v
        known.pop(None, None)
        found: dict[Value, Value] = {}

        def change(node: Node) -> list[Node]:
            v = known.get(node_key(node)) if known else None
            if v is None or v.type != node.out.type:
                return [node]
            found[node.out] = v
            return []

        return substituted(rebuilt(adjoint, change), found) if known else adjoint

    def resolved(self, adjoint: Block) -> Block:
        """The adjoint block, reading only what it can."""
        adjoint = self.reused(adjoint)
        needed = self.needed(adjoint)
        lent = self.lent(adjoint, needed)
        wanted = [v for v in needed if v not in lent]
        for v in (*self.origins(wanted), *wanted):
            self.obtain(v)
        for v, stand_in in lent.items():
            self.mapping[v] = self.mapping.get(stand_in, stand_in)
        read = rebound(adjoint, self.mapping)
        return Block(read.params, (*self.again, *read.nodes), read.results)

    def origins(self, wanted: Sequence[Value]) -> list[Value]:
        """Numbers to keep instead of two or more that are had from them: x of 1 - x and
        2 * x."""
        dear = self.dear(wanted)
        saved: dict[Value, list[Value]] = {}
        for v in dear:
            for origin in self.behind(v):
                if self.is_had(v, origin):
                    saved.setdefault(origin, []).append(v)
        left, found = set(dear), []
        origins = [v for v in saved if v not in left]
        for origin in sorted(origins, key=lambda v: len(saved[v]), reverse=True):
            if len(left.intersection(saved[origin])) > 1:
                found.append(origin)
                left.difference_update(saved[origin])
        return found

    def dear(self, wanted: Sequence[Value]) -> list[Value]:
        """The numbers that are kept, each in its turn."""
        found = []
        for v in wanted:
            if is_scalar(v) and not self.is_had(v):
                found.append(v)
                self.mapping[v] = v
        for v in found:
            del self.mapping[v]
        return found

    def is_had(self, value: Value, origin: Value | None = None) -> bool:
        """Whether a value need not be kept, where `origin` is."""
        plan: dict[Node, None] = {}
        if origin is not None:
            self.mapping[origin] = origin
        found = self.plan(value, plan, RECOMPUTED) and len(plan) <= RECOMPUTED
        if origin is not None:
            del self.mapping[origin]
        return found

    def behind(self, value: Value) -> list[Value]:
        """The numbers of this block that a value is cheaply computed from."""
        found = [value]
        for v in found:
            node = self.makers.get(v)
            if node is None or len(found) > 2**RECOMPUTED or cost_of(node) == "normal":
                continue
            inputs = [u for u in node.inputs if u in self.order and is_scalar(u)]
            found += [u for u in inputs if u not in found and not self.is_had(u)]
        return found[1:]

    def obtain(self, value: Value) -> None:
        """Make one value available: given, computed again, or kept."""
        if value in self.mapping:
            return
        stand_in = self.given(value)
        if stand_in is not None:
            self.mapping[value] = stand_in
            return
        plan: dict[Node, None] = {}
        maker = self.makers.get(value)
        if not self.plan(value, plan, RECOMPUTED) or len(plan) > RECOMPUTED:
            if maker is None or not isinstance(value.type, Range):
                self.mapping[value] = self.keep(value)
                return
            plan = {maker: None}  # of a range, its ends are kept
        for node in plan:
            for v in node.inputs:
                if v in self.order and v not in self.mapping:
                    self.obtain(v)
            self.again.append(copied_node(node, self.mapping))

    def plan(self, value: Value, plan: dict[Node, None], depth: int) -> bool:
        """Whether a value can be computed again; the nodes to do so go to `plan`."""
        if isinstance(value, Literal) or value in self.mapping:
            return True
        if value not in self.order:
            return is_scalar(value) or self.stable(value)
        if self.given(value) is not None:
            return True
        node = self.makers.get(value)
        if node is None or not depth:
            return False
        if node in plan:
            return True
        cost = cost_of(node)
        if cost != "free" and not (cost == "cheap" and is_cheap_type(value)):
            return False
        inputs = node.inputs
        if inputs and inputs[0] not in self.order and self.stable.goes_through(node):
            inputs = inputs[1:]
        if not all(self.plan(v, plan, depth - 1) for v in inputs):
            return False
        plan[node] = None
        return True

    def lent(self, adjoint: Block, needed: Sequence[Value]) -> dict[Value, Value]:
        """Of the values of which only the shape is read, which have a stand-in."""
        if not any(isinstance(v.type, Array) for v in needed):
            return {}
        total = free_values(adjoint)
        shapes: dict[Value, int] = {}
        for node in nodes_of(adjoint):
            k = SHAPE_ONLY.get(getattr(node.op, "name", ""))
            if k is not None and node.inputs.count(node.inputs[k]) == 1:
                v = node.inputs[k]
                shapes[v] = shapes.get(v, 0) + 1
        only = dict.fromkeys(v for v in needed if shapes.get(v) == total[v])
        others = [*self.pool, *(v for v in needed if v not in only)]
        found = {}
        for v in only:
            stand_in = next((o for o in others if like(v.type, o.type)), None)
            if stand_in is not None and self.given(v) is None:
                found[v] = stand_in
        return found


def is_cheap_type(value: Value) -> bool:
    """Whether cheap operations that give this are rather repeated than kept."""
    return dims_of(value.type) == () or not isinstance(value.type, Array)


def like(a: Type, b: Type) -> bool:
    """Whether two are arrays of surely one shape and dtype, in any round of a loop."""
    if not (isinstance(a, Array) and isinstance(b, Array)):
        return False
    joined = any(isinstance(d, Size) and "or(" in d.base for d in a.dims)
    return not joined and a.dtype == b.dtype and same_dims(a, b)


def scope_of(params: Sequence[Value], nodes: Sequence[Node]) -> set[Value]:
    """The values a block defines itself, those of inner blocks left out."""
    return {*params, *(v for node in nodes for v in node.outputs)}


def block_of(builder: Builder, results: Sequence[Value]) -> Block:
    """What was built, without parameters and without what nothing needs."""
    return cleaned(builder.block((), results))
