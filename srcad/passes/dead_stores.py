"""dead_stores: zeros that an adjoint stores where nothing reads them any more.

Takes a graph; gives one without the second line of the loop in

    for i in range(n - 1, 0, -1):
        k_bar_i = k_bar[i]
        k_bar[i] = 0.0              # the adjoint of `k[i] = ...`
        ...
    x_bar[0] += k_bar[0]

The array is followed to whatever may read an element after the store: later in the
round, in a later round of each loop around, after the loop. Each such index must surely
be another: here `i` in later rounds is another i, and 0 is less than any of them. Where
the array itself is read, kept or given out, the store stays.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from srcad.ir.graph import Block, Graph, Node, Value, is_literal, nodes_of
from srcad.ir.structure import LOOPS, if_, loop_of, while_
from srcad.ir.walk import substituted, with_body
from srcad.ops.index import add_at, getitem, update
from srcad.passes.dce import dce
from srcad.passes.elements import Elements
from srcad.passes.inline import resolved
from srcad.passes.liveness import reads_elements
from srcad.passes.simplify import simplify


def dead_stores(graph: Graph) -> Graph:
    """Drop zeros that are stored where nothing reads them."""
    stores = [node for node in nodes_of(graph.body) if _stores_zero(node)]
    if not stores or graph.watched:
        return graph
    places = _Places(graph.body)
    elements = Elements(graph)
    dead = {
        node.out: node.inputs[0]
        for node in stores
        if places.repeats(node) and _is_dead(node, places, elements)
    }
    if not dead:
        return graph
    body = substituted(graph.body, resolved(dead))
    return simplify(dce(with_body(graph, body)))


def _stores_zero(node: Node) -> bool:
    return node.op is update and is_literal(node.inputs[1], 0, 0.0, 0j)


# ---- where nodes stand ---------------------------------------------------------------


@dataclass(frozen=True)
class _Step:
    """One block on the way to a node: whose it is, and how far down in it to go."""

    holder: Node | None
    block: Block
    at: int


@dataclass(eq=False)
class _Places:
    """Where the nodes of a body stand, and what reads each value.

    of : the way to each node, outermost block first; those in a `with_` or `try_`, or
        in the block of a call, are left out.
    home : the block that defines a value.
    readers : the nodes that read a value.
    given : the blocks that give a value out, with who holds them and where among their
        results.
    """

    body: Block
    of: dict[Node, tuple[_Step, ...]] = field(default_factory=dict)
    home: dict[Value, Block] = field(default_factory=dict)
    readers: dict[Value, list[Node]] = field(default_factory=dict)
    given: dict[Value, list[tuple[Node | None, Block, int]]] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        self.enter(None, self.body, (), True)

    def enter(
        self, holder: Node | None, block: Block, way: tuple[_Step, ...], plain: bool
    ) -> None:
        """Note what a block has."""
        self.home.update(dict.fromkeys(block.params, block))
        for k, v in enumerate(block.results):
            self.given.setdefault(v, []).append((holder, block, k))
        for at, node in enumerate(block.nodes):
            here = (*way, _Step(holder, block, at))
            if plain:
                self.of[node] = here
            for v in dict.fromkeys(node.inputs):
                self.readers.setdefault(v, []).append(node)
            self.home.update(dict.fromkeys(node.outputs, block))
            for inner in node.blocks:
                self.enter(node, inner, here, plain and node.op in (*LOOPS, if_))

    def repeats(self, node: Node) -> bool:
        """Whether a node stands in a loop; one that runs once costs nothing."""
        way = self.of.get(node, ())
        return any(step.holder and step.holder.op in LOOPS for step in way)

    def defined_in(self, blocks: Sequence[Block]) -> Callable[[Value], bool]:
        """Whether one of some blocks defines a value."""
        return lambda v: self.home.get(v) in blocks


# ---- what may read a store -----------------------------------------------------------


def _is_dead(store: Node, places: _Places, elements: Elements) -> bool:
    """Whether nothing reads the element that a store writes."""
    reads: list[Node] = []
    passed: set[Value] = set()
    todo = deque([store.out])
    while todo:
        v = todo.popleft()
        if v in passed:
            continue
        passed.add(v)
        for node in places.readers.get(v, ()):
            on = _onwards(node, v) if node in places.of else None
            if on is None:
                return False
            todo += on
            if node.op is getitem:
                # Asked at once: mostly the next read is of what was stored.
                if not _is_apart_in_round(store, node, places, elements):
                    return False
                reads.append(node)
        for holder, block, k in places.given.get(v, ()):
            given = _given_on(holder, block, k)
            if given is None:
                return False
            todo += given
    return all(_is_apart_later(store, r, passed, places, elements) for r in reads)


def _onwards(node: Node, v: Value) -> Sequence[Value] | None:
    """The arrays a node makes of an array by its elements; None: it reads them all."""
    where = [k for k, x in enumerate(node.inputs) if x is v and reads_elements(node, k)]
    if not where:
        return ()
    if node.op in LOOPS:
        loop = loop_of(node)
        first = len(loop.walked)
        if where[0] < first:
            return None
        return [x for k in where for x in _slot(node, k - first)]
    if where != [0]:
        return None
    if node.op in (update, add_at):
        return node.outputs
    return () if node.op is getitem else None


def _given_on(holder: Node | None, block: Block, k: int) -> Sequence[Value] | None:
    """What a result of a block is outside of it and in later rounds."""
    if holder is None:
        return None
    if holder.op is if_:
        return (holder.outputs[k],)
    if holder.op in LOOPS and block is holder.blocks[-1]:
        carried = k < len(loop_of(holder).carried)
        return list(_slot(holder, k)) if carried else None
    return None


def _slot(node: Node, k: int) -> Iterator[Value]:
    """What holds a carried value of a loop: in its rounds, its test and after it."""
    loop = loop_of(node)
    yield loop.carried[k]
    yield loop.final[k]
    if node.op is while_:
        yield node.blocks[0].params[k]


# ---- the proof -----------------------------------------------------------------------


def _is_apart_in_round(
    store: Node, read: Node, places: _Places, elements: Elements
) -> bool:
    """Whether a read is of other elements, if it comes after a store in one round.

    That is one round of each loop that holds both.
    """
    way, other = places.of[store], places.of[read]
    common = _in_common(way, other)
    here, there = way[common - 1].at, other[common - 1].at
    if there == here:
        return False  # the test of a loop, or another branch
    if there < here:
        return True
    fixed = places.defined_in([step.block for step in way[:common]])
    return elements.apart(elements.index(store), elements.index(read), fixed)


def _is_apart_later(
    store: Node, read: Node, passed: set[Value], places: _Places, elements: Elements
) -> bool:
    """Whether a read is of other elements in all later rounds of the loops around.

    passed : the arrays that the store was followed through.
    """
    way, other = places.of[store], places.of[read]
    indices = elements.index(store), elements.index(read)
    outer: list[Block] = []
    for step in way[: _in_common(way, other)]:
        node = step.holder
        if node is not None and node.op in LOOPS:
            loop = loop_of(node)
            if not passed.isdisjoint(loop.carried):
                fixed = places.defined_in(outer)
                if not elements.apart(*indices, fixed, loop.items):
                    return False
        outer = [*outer, step.block]
    return True


def _in_common(way: Sequence[_Step], other: Sequence[_Step]) -> int:
    """How many blocks hold two nodes both."""
    count = 0
    for a, b in zip(way, other, strict=False):
        if a.block is not b.block:
            break
        count += 1
    return count
