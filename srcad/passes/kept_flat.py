"""kept_flat: what inner loops keep goes to one list for all rounds of the outer ones.

Takes a finished graph; gives one in which

    for t in range(n):                      for t in range(n):
        saved_r = []                            first = len(saved_r)
        while ...:                              while ...:
            saved_r.append(r)          ->           saved_r.append(r)
        saved.append(saved_r)                   saved_first[t] = first

    for t in range(n - 1, -1, -1):          for t in range(n - 1, -1, -1):
        saved_r = saved[t]                      first = saved_first[t]
        ... saved_r[k] ...                      ... saved_r[first + k] ...

so no list is made for a round, and a number that is kept takes its eight bytes. Where
all of this is in a loop again, the list is made before that, and used again:

    for i in range(m):                      saved_r = []
        saved_r = []                        for i in range(m):
        while ...:                              used = 0
            saved_r.append(r)                   while ...:
                                   ->               if used == len(saved_r):
                                                        saved_r.append(0.0)
                                                    saved_r[used] = r
                                                    used += 1

which takes a third of the time, for `append` costs several sums and products. Which
lists go so, `flat_chains.py` says. Where lists of lists of lists were kept, lists of
lists of places are left, which go the same way. Only for the Numba dialect.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from srcad.ir.builder import Builder
from srcad.ir.graph import UNDEFINED, Block, Graph, Node, Value, is_literal, literal
from srcad.ir.structure import LOOPS, Loop, if_, loop_of, while_
from srcad.ir.types import INT, List, Maybe, Type, unwrapped
from srcad.ir.walk import definitions, with_block, with_body, with_parts
from srcad.ops.arithmetic import add, equal, subtract
from srcad.ops.declare import Op
from srcad.ops.lists import (
    list_append,
    list_get,
    list_len,
    list_of,
    list_set,
    range_,
)
from srcad.passes.dce import dce
from srcad.passes.flat_chains import (
    Entries,
    Flat,
    Threaded,
    fills,
    flats_of,
    index_of,
)
from srcad.passes.kept_arrays import kept_arrays

Pair = tuple[Value, Value]


def kept_flat(graph: Graph) -> Graph:
    """Keep in one list what a loop keeps in all its runs."""
    while flats := flats_of(graph):
        body = _Rewriter(graph, flats).block(graph.body, Builder())
        graph = kept_arrays(dce(with_body(graph, body)))
    return graph


@dataclass(frozen=True, eq=False)
class _Run:
    """What a list is now: places in the list of all runs.

    first : the place of its first entry; a list of these, where it held lists; None if
        that is 0.
    count : likewise, how many entries there are, where somebody asks.
    """

    flat: Flat
    entries: Entries
    first: Value | None = None
    count: Value | None = None

    @property
    def places(self) -> tuple[Value, ...]:
        """The numbers, or lists of numbers."""
        return tuple(v for v in (self.first, self.count) if v is not None)

    @property
    def is_one(self) -> bool:
        """Whether the list held numbers."""
        return all(v.type == INT for v in self.places)

    def moved(self, places: Mapping[Value, Value]) -> _Run:
        """The same, where it is known by other values."""
        first = None if self.first is None else places[self.first]
        count = None if self.count is None else places[self.count]
        return replace(self, first=first, count=count)


class _Rewriter:
    """Writes the graph anew, from its beginning to its end.

    opens : for each node, what has its lists made before it.
    begins : for each node, what uses its lists again from there on.
    through : for each node, what is written to inside.
    runs : the lists that are places now, and lists of such.
    leaves : for a value that is still to come, the lists that it goes to.
    """

    def __init__(self, graph: Graph, flats: Sequence[Flat]) -> None:
        self.makers = definitions(graph.body)
        self.opens: dict[Node, list[Flat]] = {}
        self.begins: dict[Node, list[Flat]] = {}
        self.through: dict[Node, list[Threaded]] = {}
        self.own: dict[Node, list[Flat]] = {}
        for flat in flats:
            self.opens.setdefault(flat.whole[-1], []).append(flat)
            self.own.setdefault(flat.writer, []).append(flat)
            for node in flat.whole:
                lists = [entries.list for entries in flat.lists]
                self.through.setdefault(node, []).extend(lists)
            if flat.outside:
                counted = flat.around[:1] if flat.is_alone else flat.around
                self.begins.setdefault(counted[-1], []).append(flat)
                for node in counted:
                    self.through.setdefault(node, []).append(flat.used)
        self.runs: dict[Value, _Run] = {}
        self.leaves: dict[Value, list[tuple[Flat, Entries]]] = {}

    def block(self, block: Block, builder: Builder) -> Block:
        """A block, written anew, after what the builder has."""
        for node in block.nodes:
            with builder.at(node.span):
                self.node(node, builder)
                for v in node.outputs:
                    for flat, entries in self.leaves.pop(v, ()):
                        self.put(flat, entries, builder)
        return with_block(block, builder.nodes)

    def node(self, node: Node, builder: Builder) -> None:
        """A node, and before it the lists that it fills."""
        for flat in self.opens.get(node, ()):
            for entries in flat.lists:
                made = entries.list.renewed()
                builder.add(Node(list_of, (), (made,), span=builder.span))
        for flat in self.begins.get(node, ()):
            flat.used.now = literal(0)
        if node.op in LOOPS:
            self.loop(node, builder)
        elif node.op is if_:
            self.branch(node, builder)
        else:
            blocks = [self.block(b, Builder(builder)) for b in node.blocks]
            builder.add(with_parts(node, blocks=blocks))

    def room(self, flat: Flat, builder: Builder) -> None:
        """Make room for one more entry in lists that are used again."""
        lists = [entries.list for entries in flat.lists]
        before = tuple(threaded.now for threaded in lists)
        with builder.active():
            full = equal(flat.used.now, list_len(before[0]))
        inner = Builder(builder)
        with inner.at(builder.span):
            for entries in flat.lists:
                filling = literal(fills(entries.kept))
                self.written(list_append, (filling,), entries, inner)
        after = tuple(threaded.now for threaded in lists)
        blocks = (Block((), tuple(inner.nodes), after), Block((), (), before))
        outputs = tuple(threaded.renewed() for threaded in lists)
        builder.add(Node(if_, (full,), outputs, {}, blocks, builder.span))

    def put(self, flat: Flat, entries: Entries, builder: Builder) -> None:
        """Put what is kept at the end of its list, or of what is in use of it."""
        if not flat.outside:
            self.written(list_append, (entries.kept,), entries, builder)
            return
        self.written(list_set, (flat.used.now, entries.kept), entries, builder)
        flat.filled += 1
        if flat.filled == len(flat.lists):  # the last one of the round
            inputs = flat.used.now, literal(1)
            builder.add(Node(add, inputs, (flat.used.renewed(),), span=builder.span))

    def written(
        self, op: Op, given: tuple[Value, ...], entries: Entries, builder: Builder
    ) -> None:
        """Write to a list in its place."""
        inputs = entries.list.now, *given
        outputs, params = (entries.list.renewed(),), {"inplace": True}
        builder.add(Node(op, inputs, outputs, params, (), builder.span))

    # ---- branches --------------------------------------------------------------------

    def branch(self, node: Node, builder: Builder) -> None:
        """A branch: lists that one way writes to go through it, places come out."""
        lists = self.through.get(node, [])
        before = [threaded.now for threaded in lists]
        blocks, after = [], []
        for block in node.blocks:
            for threaded, v in zip(lists, before, strict=True):
                threaded.now = v
            blocks.append(self.block(block, Builder(builder)))
            after.append([threaded.now for threaded in lists])
        merged: dict[Value, Sequence[Value]] = {}
        places: dict[Value, Value] = {}
        columns = zip(node.outputs, *(b.results for b in blocks), strict=True)
        for out, *results in columns:
            run = next((self.runs[v] for v in results if v in self.runs), None)
            if run is None:
                merged[out] = results
                continue
            ways = [v in self.runs for v in results]
            for place in run.places:
                if place not in places:
                    places[place] = Value(place.name, _on_some_ways(place))
                    merged[places[place]] = [
                        place if way else _anything(place) for way in ways
                    ]
            self.runs[out] = run.moved(places)
        for threaded, *given in zip(lists, *after, strict=True):
            merged[threaded.renewed()] = given
        blocks = [
            with_block(block, None, [given[k] for given in merged.values()])
            for k, block in enumerate(blocks)
        ]
        builder.add(with_parts(node, blocks=blocks, outputs=tuple(merged)))

    # ---- loops -----------------------------------------------------------------------

    def loop(self, node: Node, builder: Builder) -> None:
        """A loop that may write to lists, keep places in them, and read entries."""
        loop, inner = loop_of(node), Builder(builder)
        lists, own = self.through.get(node, []), self.own.get(node, [])
        begin = [self.place(flat, builder) for flat in own]
        starts = [threaded.now for threaded in lists]
        params = [threaded.renewed() for threaded in lists]
        walks = self.walks(node, builder, inner)
        self.expect(loop, own, inner)
        body = self.block(loop.body, inner)
        kept = self.kept(loop, {e.saved for flat in own for e in flat.lists})
        last = [threaded.now for threaded in lists]
        body = Block(
            (*(item for _, item in walks), *loop.carried, *params),
            tuple(inner.nodes),
            (*loop.carried_next, *last, *kept.values()),
        )
        blocks = [body]
        if node.op is while_:
            test = self.block(node.blocks[0], Builder(builder))
            more = [Value(v.name, v.type) for v in params]
            blocks.insert(0, with_block(test, params=(*test.params, *more)))
        final = [threaded.renewed() for threaded in lists]
        written = replace(
            node,
            inputs=(*(v for v, _ in walks), *loop.initial, *starts),
            outputs=(*loop.final, *final, *kept, loop.count),
            params={**node.params, "walked": len(walks)},
            blocks=tuple(blocks),
        )
        builder.add(written)
        for flat, start in zip(own, begin, strict=True):
            self.done(flat, start, builder)

    def place(self, flat: Flat, builder: Builder) -> Value:
        """Where the next entry goes: how many there are, or are in use."""
        if flat.outside:
            return flat.used.now
        lists = (flat.lists[0].list.now,)
        return builder.emit(list_len, lists, (INT,), names=["first"])[0]

    def expect(self, loop: Loop, own: Sequence[Flat], inner: Builder) -> None:
        """Note what goes to lists in this loop; what is there already, goes now."""
        local = {v for n in loop.body.nodes for v in n.outputs}
        for flat in own:
            if flat.outside:
                self.room(flat, inner)
            for entries in flat.lists:
                if entries.kept in local:
                    self.leaves.setdefault(entries.kept, []).append((flat, entries))
                else:
                    self.put(flat, entries, inner)

    def kept(self, loop: Loop, gone: Collection[Value]) -> dict[Value, Value]:
        """The lists that a loop keeps now, and what it keeps in them.

        gone : lists that are part of others now.
        """
        found: dict[Value, Value] = {}
        places: dict[Value, Value] = {}
        for v, saved in zip(loop.collected, loop.lists, strict=True):
            if v in self.runs:
                for place in self.runs[v].places:
                    if place not in places:
                        name = f"saved_{place.name.removeprefix('saved_')}"
                        places[place] = Value(name, List(place.type))
                        found[places[place]] = place
                self.runs[saved] = self.runs[v].moved(places)
            elif saved not in gone:
                found[saved] = v
        return found

    def done(self, flat: Flat, first: Value, builder: Builder) -> None:
        """Note where a loop has put what it kept."""
        alone = flat.is_alone and bool(flat.outside)
        start = None if alone else first
        count = None
        with builder.active():
            after = self.after(flat) if flat.turned or flat.counted else None
            if after is not None and flat.counted:
                count = after
                if start is not None:
                    inputs = after, start
                    (count,) = builder.emit(subtract, inputs, (INT,), names=["count"])
            if after is not None and flat.turned:
                inputs = after, literal(1)
                (start,) = builder.emit(subtract, inputs, (INT,), names=["first"])
        for entries in flat.lists:
            self.runs[entries.saved] = _Run(flat, entries, start, count)

    def after(self, flat: Flat) -> Value:
        """How many entries there are, or are in use, after a run."""
        return flat.used.now if flat.outside else list_len(flat.lists[0].list.now)

    # ---- what is walked --------------------------------------------------------------

    def walks(self, node: Node, builder: Builder, inner: Builder) -> list[Pair]:
        """What a loop walks now, with its items; it reads entries by their places."""
        loop = loop_of(node)
        found: list[Pair] = []
        items: dict[Value, Value] = {}
        entries: list[tuple[_Run, Value]] = []
        for walked, item in zip(loop.walked, loop.items, strict=True):
            run = self.runs.get(walked)
            if run is None:
                found.append((walked, item))
            elif run.is_one:
                entries.append((run, item))
            else:
                for place in run.places:
                    t = unwrapped(place.type)
                    if place not in items:
                        assert isinstance(t, List)
                        items[place] = Value("", t.item)
                        found.append((place, items[place]))
                self.runs[item] = run.moved(items)
        if entries:
            k = self.index(node, entries[0][0], found, builder, inner)
            self.read(entries, k, inner)
        return found

    def index(
        self,
        node: Node,
        run: _Run,
        walks: list[Pair],
        builder: Builder,
        inner: Builder,
    ) -> Value:
        """The number of the round, from 0."""
        counted = index_of(node, self.makers)
        if counted is not None:
            item, start = counted
            with inner.active():
                return item if is_literal(start, 0) else subtract(item, start)
        assert run.count is not None
        with builder.active():
            steps = range_(literal(0), run.count, literal(1))
        walks.insert(0, (steps, Value("", INT)))
        return walks[0][1]

    def read(
        self, entries: Sequence[tuple[_Run, Value]], k: Value, inner: Builder
    ) -> None:
        """Read entries of a run, each at its place in the list of all runs."""
        places: dict[tuple[Value | None, bool], Value] = {(None, False): k}
        for run, item in entries:
            key = run.first, run.flat.turned
            if key not in places:
                assert run.first is not None
                op = subtract if run.flat.turned else add
                (places[key],) = inner.emit(op, (run.first, k), (INT,))
            inputs, params = (run.entries.list.now, places[key]), {"kept": True}
            inner.add(Node(list_get, inputs, (item,), params, (), inner.span))


def _on_some_ways(place: Value) -> Type:
    """The type of what a branch gives that has a place on one way."""
    t = place.type
    return t if t == INT or isinstance(t, Maybe) else Maybe(t)


def _anything(place: Value) -> Value:
    """What stands for a place, or a list of places, that is never read."""
    return literal(0) if place.type == INT else literal(UNDEFINED)
