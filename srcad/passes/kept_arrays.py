"""kept_arrays: what nested loops keep goes to one array, made before the outermost.

Takes a finished graph; gives one in which a list of lists of numbers that loops keep,
and only loops walk, is an array with an axis for each loop: `saved_x[i, j] = x`. So is
a list of arrays of one shape. How often each loop goes round must be known before the
first begins; a list whose entries differ in length stays. Only for the Numba dialect,
where an array costs less than a list.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from srcad.ir.builder import Builder
from srcad.ir.graph import (
    Block,
    Graph,
    Literal,
    Node,
    Value,
    is_literal,
    literal,
    nodes_of,
)
from srcad.ir.structure import Loop, for_, loop_of
from srcad.ir.types import INT, Array, List, Range, dtype_of
from srcad.ir.walk import with_block, with_body, with_parts
from srcad.ops.arithmetic import add, multiply, subtract
from srcad.ops.creation import copy, copy_in_rows
from srcad.ops.filled import empty
from srcad.ops.index import getitem, update
from srcad.ops.lists import range_
from srcad.ops.sizes import length
from srcad.passes.dce import dce
from srcad.passes.extents import Extents
from srcad.passes.kept_lists import KeptLists, Store

COPIES = (copy, copy_in_rows)
Pair = tuple[Value, Value]


def kept_arrays(graph: Graph, also: Collection[Node] = ()) -> Graph:
    """Keep in arrays what nested loops keep in lists.

    also : loops whose lists of numbers, outside of any other, become arrays, too.
    """
    if not also and not any(_keeps_more(node) for node in nodes_of(graph.body)):
        return graph
    body = _Rewriter(graph, also).block(graph.body, Builder())
    return graph if body is graph.body else dce(with_body(graph, body))


def _keeps_more(node: Node) -> bool:
    """Whether a loop keeps more than numbers."""
    kept = loop_of(node).collected if node.op is for_ else ()
    return any(isinstance(v.type, (List, Array)) for v in kept)


def _range_entry(node: Node, place: Value, item: Value, builder: Builder) -> None:
    """Write an item of a range: `start + place * step`."""
    start, _, step = node.inputs
    op, moved = add, place
    if isinstance(step, Literal) and step.value < 0:
        op, step = subtract, literal(-step.value)
    if is_literal(start, 0) and op is add:
        builder.add(Node(multiply, (place, step), (item,), span=builder.span))
        return
    if not is_literal(step, 1):
        (moved,) = builder.emit(multiply, (place, step), (INT,))
    builder.add(Node(op, (start, moved), (item,), span=builder.span))


@dataclass(frozen=True, eq=False)
class _Part:
    """What a list is now: the part of an array at an index."""

    store: Store
    index: tuple[Value, ...] = ()

    @property
    def rounds(self) -> Value:
        """How many entries it has."""
        return self.store.counts[len(self.index)]


class _Rewriter:
    """Writes the graph anew, from its beginning to its end.

    visible : the values in sight.
    parts : the lists that are parts of arrays now.
    writing : for a loop that is still to come, the arrays that it writes to.
    leaves : for a value that is still to come, the arrays that it goes to.
    """

    def __init__(self, graph: Graph, also: Collection[Node]) -> None:
        self.kept = KeptLists(graph, also)
        self.makers = self.kept.makers
        self.visible: list[Value] = []
        self.parts: dict[Value, _Part] = {}
        self.writing: dict[Node, list[Store]] = {}
        self.leaves: dict[Value, list[Store]] = {}

    def block(self, block: Block, builder: Builder) -> Block:
        """A block, written anew, after what the builder has."""
        before = len(self.visible)
        self.visible += block.params
        for node in block.nodes:
            self.node(node, builder)
        del self.visible[before:]
        return with_block(block, builder.nodes)

    def node(self, node: Node, builder: Builder) -> None:
        """A node, and what is kept of what it gives."""
        if node.op is for_:
            with builder.at(node.span):
                self.open(node, builder)
            node = self.loop(node, builder)
        elif node.blocks:
            blocks = [self.block(b, Builder(builder)) for b in node.blocks]
            node = with_parts(node, blocks=blocks)
        builder.add(node)
        self.visible += node.outputs
        for v in node.outputs:
            for store in self.leaves.pop(v, ()):
                copied = node.op in COPIES  # into its place, in that case
                self.put(store, node.inputs[0] if copied else v, builder)

    # ---- the arrays ------------------------------------------------------------------

    def open(self, node: Node, builder: Builder) -> None:
        """Make arrays for what a loop keeps, where their lengths are known."""
        extents = Extents(builder, self.visible, self.makers)
        for store in self.kept.stores(node):
            if self.allocated(store, extents):
                self.parts[store.lists[0]] = _Part(store)
                for loop in store.loops:
                    self.writing.setdefault(loop, []).append(store)

    def allocated(self, store: Store, extents: Extents) -> bool:
        """Whether the array of a store could be made."""
        t = store.leaf.type
        counts = [self.rounds(loop_of(node), extents) for node in store.loops]
        dims = t.dims if isinstance(t, Array) else ()
        lengths = [*counts, *map(extents.length, dims)]
        known = [v for v in lengths if v is not None]
        dtype = dtype_of(t)
        if len(known) < len(lengths) or dtype is None:
            return False
        params: dict[str, object] = {"kept": True}
        if len(known) == 1:
            params["scalar"] = True
        if dtype != "float64":
            params["dtype"] = bool if dtype == "bool" else dtype
        whole = Array(dtype, tuple(length(v.type) for v in known))
        name = store.lists[0].name
        made = extents.builder.emit(empty, known, (whole,), params, names=[name])
        (store.array,) = made
        store.counts = known[: len(store.loops)]
        return True

    def rounds(self, loop: Loop, extents: Extents) -> Value | None:
        """How many rounds a loop does, which may walk a part of an array now."""
        parts = [self.parts[v] for v in loop.walked if v in self.parts]
        return parts[0].rounds if parts else extents.rounds(loop)

    def put(self, store: Store, value: Value, builder: Builder) -> None:
        """Write what is kept to its place."""
        params = {"layout": ("at",) * len(store.index), "inplace": True, "kept": True}
        inputs, array = (store.array, value, *store.index), store.array
        (store.array,) = builder.emit(
            update, inputs, (array.type,), params, names=[array.name]
        )

    # ---- loops -----------------------------------------------------------------------

    def loop(self, node: Node, builder: Builder) -> Node:
        """A loop that may write to arrays, and walk others by their index."""
        loop, inner = loop_of(node), Builder(builder)
        writes = self.writing.pop(node, [])
        reads = [v in self.parts for v in loop.walked]
        if not writes and not any(reads):
            return with_parts(node, blocks=[self.block(loop.body, inner)])
        pairs = list(zip(loop.walked, loop.items, strict=True))
        walks = [pair for pair, read in zip(pairs, reads, strict=True) if not read]
        rounds = [store.counts[store.loops.index(node)] for store in writes]
        rounds += [self.parts[v].rounds for v in loop.walked if v in self.parts]
        with builder.at(node.span), inner.at(node.span):
            place = self.place(walks, rounds[0], builder, inner)
            starts = [store.array for store in writes]
            for store in writes:
                store.array = Value(store.array.name, store.array.type)
                store.index = (*store.index, place)
            params = [store.array for store in writes]
            self.items(node, pairs, place, inner)
            self.expect(node, writes, inner)
        body = self.block(loop.body, inner)
        gone = {v for store in writes for v in store.lists}
        left = [k for k, v in enumerate(loop.lists) if v not in gone]
        last = [store.array for store in writes]
        body = Block(
            (*(item for _, item in walks), *loop.carried, *params),
            body.nodes,
            (*loop.carried_next, *last, *(loop.collected[k] for k in left)),
        )
        for store in writes:
            store.array = Value(store.array.name, store.array.type)
            store.index = store.index[:-1]
        final = (*loop.final, *(store.array for store in writes))
        return replace(
            node,
            inputs=(*(v for v, _ in walks), *loop.initial, *starts),
            outputs=(*final, *(loop.lists[k] for k in left), loop.count),
            params={**node.params, "walked": len(walks)},
            blocks=(body,),
        )

    def place(
        self, walks: list[Pair], rounds: Value, builder: Builder, inner: Builder
    ) -> Value:
        """The number of the round, from 0; what a range gives is computed from it."""
        made = [self.makers.get(v) for v, _ in walks if isinstance(v.type, Range)]
        ranges = [node for node in made if node is not None and node.op is range_]
        if len(ranges) < len(made):
            ranges = []
        for node in ranges:
            start, _, step = node.inputs
            item = next(item for v, item in walks if v is node.out)
            if is_literal(step, 1):
                if is_literal(start, 0):
                    return item
                with inner.active():
                    return subtract(item, start)
        with builder.active():
            walked = range_(literal(0), rounds, literal(1))
        place = Value("", INT)
        for node in ranges:
            ((k, item),) = [(k, i) for k, (v, i) in enumerate(walks) if v is node.out]
            del walks[k]
            _range_entry(node, place, item, inner)
        walks.insert(0, (walked, place))
        return place

    def items(
        self, node: Node, pairs: Sequence[Pair], place: Value, inner: Builder
    ) -> None:
        """What a loop walks of arrays, read by its index."""
        for walked, item in pairs:
            if walked not in self.parts:
                continue
            part = self.parts[walked]
            store, index = part.store, (*part.index, place)
            if len(index) < len(store.loops):
                self.parts[item] = _Part(store, index)
                continue
            params = {"layout": ("at",) * len(index), "kept": True}
            inputs = (store.array, *index)
            inner.add(Node(getitem, inputs, (item,), params, (), node.span))

    def expect(self, node: Node, writes: Sequence[Store], inner: Builder) -> None:
        """Note what goes to arrays in this loop; what is there already, goes now."""
        local = {v for n in node.blocks[0].nodes for v in n.outputs}
        for store in writes:
            if store.loops[-1] is not node:
                continue
            if store.leaf in local:
                self.leaves.setdefault(store.leaf, []).append(store)
            else:
                self.put(store, store.leaf, inner)
