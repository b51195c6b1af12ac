"""kept_flat: what inner loops keep goes to one list for all rounds of the outer ones.

Takes a finished graph; gives one in which

    for t in range(n):                      for t in range(n):
        saved_r = []                            first[t] = len(saved_r)
        while ...:                              while ...:
            saved_r.append(r)          ->           saved_r.append(r)
        all_r.append(saved_r)                   count[t] = len(saved_r) - first[t]

    saved_r = all_r[t]                      r = saved_r[first[t] + k]
    r = saved_r[k]

so no list is made for a round, and a kept number takes its eight bytes. Which lists
those are, `flat_chains.py` says; where lists of lists of lists are kept, what is left
are lists of lists of places, which go the same way. Only for the Numba dialect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from srcad.ir.builder import Builder
from srcad.ir.graph import (
    UNDEFINED,
    Block,
    Graph,
    Node,
    Value,
    is_literal,
    literal,
)
from srcad.ir.structure import if_, loop_of, while_
from srcad.ir.types import INT, List, Maybe, unwrapped
from srcad.ir.walk import definitions, with_block, with_body, with_parts
from srcad.ops.arithmetic import add, subtract
from srcad.ops.lists import list_append, list_get, list_len, list_of, range_
from srcad.passes.dce import dce
from srcad.passes.flat_chains import LOOPS, Flat, flats_of, index_of
from srcad.passes.kept_arrays import kept_arrays

Pair = tuple[Value, Value]


def kept_flat(graph: Graph) -> Graph:
    """Keep in one list what a loop keeps in each of its runs."""
    while flats := list(flats_of(graph)):
        body = _Rewriter(graph, flats).block(graph.body, Builder())
        graph = kept_arrays(dce(with_body(graph, body)))
    return graph


@dataclass(frozen=True, eq=False)
class _Runs:
    """What a list is now: places in another one.

    first : the place of its first entry; a list of these, where it held lists.
    count : likewise, how many entries there are, if somebody asks.
    """

    flat: Flat
    first: Value
    count: Value | None = None

    @property
    def places(self) -> tuple[Value, ...]:
        """The places, or lists of places."""
        return (self.first,) if self.count is None else (self.first, self.count)


class _Rewriter:
    """Writes the graph anew, from its beginning to its end.

    opens : for each node, the lists that are made before it.
    through : for each node, the lists that are written to inside.
    runs : the lists that are places now, and lists of such.
    leaves : for a value that is still to come, the lists that it goes to.
    """

    def __init__(self, graph: Graph, flats: Sequence[Flat]) -> None:
        self.makers = definitions(graph.body)
        self.opens: dict[Node, list[Flat]] = {}
        self.through: dict[Node, list[Flat]] = {}
        for flat in flats:
            self.opens.setdefault(flat.root, []).append(flat)
            for node in flat.around:
                self.through.setdefault(node, []).append(flat)
        self.runs: dict[Value, _Runs] = {}
        self.leaves: dict[Value, list[Flat]] = {}

    def block(self, block: Block, builder: Builder) -> Block:
        """A block, written anew, after what the builder has."""
        for node in block.nodes:
            with builder.at(node.span):
                self.node(node, builder)
                for v in node.outputs:
                    for flat in self.leaves.pop(v, ()):
                        self.put(flat, v, builder)
        return with_block(block, builder.nodes)

    def node(self, node: Node, builder: Builder) -> None:
        """A node, and before it the lists that it fills."""
        for flat in self.opens.get(node, ()):
            (flat.entries,) = builder.emit(
                list_of, (), [List(unwrapped(flat.kept.type))], names=[flat.name]
            )
        if node.op in LOOPS:
            self.loop(node, builder)
        elif node.op is if_:
            self.branch(node, builder)
        else:
            blocks = [self.block(b, Builder(builder)) for b in node.blocks]
            builder.add(with_parts(node, blocks=blocks))

    def put(self, flat: Flat, value: Value, builder: Builder) -> None:
        """Put what is kept at the end of its list."""
        entries = flat.entries
        params = {"inplace": True}
        (flat.entries,) = builder.emit(
            list_append, (entries, value), (entries.type,), params, names=[flat.name]
        )

    # ---- branches --------------------------------------------------------------------

    def branch(self, node: Node, builder: Builder) -> None:
        """A branch: lists that are written to on one way go through, and places out."""
        flats = self.through.get(node, [])
        before = [flat.entries for flat in flats]
        blocks, after = [], []
        for block in node.blocks:
            for flat, entries in zip(flats, before, strict=True):
                flat.entries = entries
            blocks.append(self.block(block, Builder(builder)))
            after.append([flat.entries for flat in flats])
        columns = zip(node.outputs, *(b.results for b in blocks), strict=True)
        merged: dict[Value, list[Value]] = {}
        places: dict[Value, Value] = {}
        for out, *results in columns:
            found = next((self.runs[v] for v in results if v in self.runs), None)
            if found is None:
                merged[out] = results
                continue
            for place in found.places:
                if place not in places:
                    places[place] = _merged(place)
                    others = [self.place_of(v, place, found) for v in results]
                    merged[places[place]] = others
            self.runs[out] = _moved(found, places)
        for flat, *lists in zip(flats, *after, strict=True):
            flat.entries = Value(flat.name, lists[0].type)
            merged[flat.entries] = lists
        given = zip(*merged.values(), strict=True) if merged else [()] * len(blocks)
        blocks = [
            with_block(block, None, results)
            for block, results in zip(blocks, given, strict=True)
        ]
        builder.add(with_parts(node, blocks=blocks, outputs=tuple(merged)))

    def place_of(self, result: Value, place: Value, found: _Runs) -> Value:
        """A place where one way of a branch has it; any other where it has not."""
        if self.runs.get(result) is found:
            return place
        return literal(0) if place.type == INT else literal(UNDEFINED)

    # ---- loops -----------------------------------------------------------------------

    def loop(self, node: Node, builder: Builder) -> None:
        """A loop that may write to lists, keep places in them, and read others."""
        loop, inner = loop_of(node), Builder(builder)
        flats = self.through.get(node, [])
        own = [flat for flat in flats if flat.writer is node]
        begin = self.before(own, builder)
        starts = [flat.entries for flat in flats]
        for flat in flats:
            flat.entries = Value(flat.name, flat.entries.type)
        params = [flat.entries for flat in flats]
        walks = self.walks(node, builder, inner)
        local = {v for n in loop.body.nodes for v in n.outputs}
        for flat in own:
            if flat.kept in local:
                self.leaves.setdefault(flat.kept, []).append(flat)
            else:
                self.put(flat, flat.kept, inner)
        body = self.block(loop.body, inner)
        gone = {flat.saved for flat in own}
        kept: dict[Value, Value] = {}
        places: dict[Value, Value] = {}
        for v, entries in zip(loop.collected, loop.lists, strict=True):
            if v in self.runs:
                for place in self.runs[v].places:
                    if place not in places:
                        places[place] = Value("", List(place.type))
                        kept[places[place]] = place
                self.runs[entries] = _moved(self.runs[v], places)
            elif entries not in gone:
                kept[entries] = v
        body = Block(
            (*(item for _, item in walks), *loop.carried, *params),
            body.nodes,
            (*loop.carried_next, *(flat.entries for flat in flats), *kept.values()),
        )
        blocks = [body]
        if node.op is while_:
            test = self.block(node.blocks[0], Builder(builder))
            more = [Value(v.name, v.type) for v in params]
            blocks.insert(0, with_block(test, params=(*test.params, *more)))
        for flat in flats:
            flat.entries = Value(flat.name, flat.entries.type)
        builder.add(
            replace(
                node,
                inputs=(*(v for v, _ in walks), *loop.initial, *starts),
                outputs=(
                    *loop.final,
                    *(flat.entries for flat in flats),
                    *kept,
                    loop.count,
                ),
                params={**node.params, "walked": len(walks)},
                blocks=tuple(blocks),
            )
        )
        self.after(own, begin, builder)

    def before(self, own: Sequence[Flat], builder: Builder) -> dict[Node, Value]:
        """How much is in the lists of a loop before it: for each root, where they are
        all as long."""
        found: dict[Node, Value] = {}
        with builder.active():
            for flat in own:
                if flat.root not in found:
                    found[flat.root] = list_len(flat.entries)
        return found

    def after(
        self, own: Sequence[Flat], begin: dict[Node, Value], builder: Builder
    ) -> None:
        """Note where a loop has put what it kept."""
        made: dict[Node, _Runs] = {}
        counted = {flat.root for flat in own if flat.counted}
        with builder.active():
            for flat in own:
                if flat.root not in made:
                    start, end = begin[flat.root], None
                    if flat.turned or flat.root in counted:
                        end = list_len(flat.entries)
                    count = None
                    if end is not None and flat.root in counted:
                        count = subtract(end, start)
                    if end is not None and flat.turned:
                        start = subtract(end, literal(1))
                    made[flat.root] = _Runs(flat, start, count)
                found = made[flat.root]
                self.runs[flat.saved] = replace(found, flat=flat)

    def walks(self, node: Node, builder: Builder, inner: Builder) -> list[Pair]:
        """What a loop walks now, with its items; it reads others by an index."""
        loop = loop_of(node)
        pairs: list[Pair] = []
        items: dict[Value, Value] = {}
        entries: list[tuple[_Runs, Value]] = []
        for walked, item in zip(loop.walked, loop.items, strict=True):
            found = self.runs.get(walked)
            if found is None:
                pairs.append((walked, item))
                continue
            for place in found.places:
                t = unwrapped(place.type)
                if isinstance(t, List) and place not in items:
                    items[place] = Value("", t.item)
                    pairs.append((place, items[place]))
            if found.first.type == INT:
                entries.append((found, item))
            else:
                self.runs[item] = _moved(found, items)
        if entries:
            k = self.index(node, entries[0][0], pairs, builder, inner)
            self.read(entries, k, inner)
        return pairs

    def index(
        self,
        node: Node,
        found: _Runs,
        pairs: list[Pair],
        builder: Builder,
        inner: Builder,
    ) -> Value:
        """The number of the round, from 0."""
        counted = index_of(node, self.makers)
        if counted is not None:
            item, start = counted
            with inner.active():
                return item if is_literal(start, 0) else subtract(item, start)
        assert found.count is not None
        with builder.active():
            steps = range_(literal(0), found.count, literal(1))
        k = Value("", INT)
        pairs.insert(0, (steps, k))
        return k

    def read(
        self, entries: Sequence[tuple[_Runs, Value]], k: Value, inner: Builder
    ) -> None:
        """Read entries of runs, each where it is in the list of all."""
        places: dict[tuple[Value, bool], Value] = {}
        for found, item in entries:
            key = found.first, found.flat.turned
            if key not in places:
                op = subtract if found.flat.turned else add
                (places[key],) = inner.emit(op, (found.first, k), (INT,))
            read = (found.flat.entries, places[key])
            inner.add(Node(list_get, read, (item,), span=inner.span))


def _merged(place: Value) -> Value:
    """What a branch gives that has a place, or a list of places, on one way."""
    t = place.type
    return Value("", t if t == INT or isinstance(t, Maybe) else Maybe(t))


def _moved(found: _Runs, places: Mapping[Value, Value]) -> _Runs:
    """The same runs, with their places under other names."""
    count = None if found.count is None else places[found.count]
    return _Runs(found.flat, places[found.first], count)
