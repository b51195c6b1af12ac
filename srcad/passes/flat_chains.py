"""Which lists that loops keep, one in each run, could be one for all runs.

Takes a graph; gives its `Flat`s. The list of a loop goes to the list of another loop
around, also out of a branch, and nobody but loops walks the lists:

    for t in range(n):
        if a[t] > 0.0:
            while ...:          keeps a list in this run

How many rounds the inner loop does, and in which rounds of the outer one it runs, is
known only when all is done. A loop in no branch that counts its rounds has an array for
each run, which suits vectors; so it goes only where no vector would.

Where the outermost of these loops is itself in a loop, each round of which begins anew,
the list is used again in each: it keeps its length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from srcad.ir.graph import UNDEFINED, Block, Graph, Node, Value, fact, is_literal
from srcad.ir.structure import LOOPS, Loop, if_, loop_of, while_
from srcad.ir.types import INT, List, Range, Scalar, Type, unwrapped
from srcad.ops.index import getitem
from srcad.ops.lists import range_
from srcad.passes.kept_lists import KeptLists, number_of
from srcad.passes.parallel_sums import is_sum

FULL = {"float": "float64", "int": "int64", "complex": "complex128", "bool": "bool"}
FILLING = {"float": 0.0, "int": 0, "complex": 0j, "bool": False}
Parents = Mapping[Node, tuple[Node, Block]]


@dataclass(eq=False)
class Threaded:
    """What is written to in loops and branches, and goes through them.

    now : the value as it is where the graph is being written.
    """

    name: str
    type: Type
    now: Value = field(init=False)

    def renewed(self) -> Value:
        """A new value for it."""
        self.now = Value(self.name, self.type)
        return self.now


@dataclass(eq=False)
class Entries:
    """One list for all runs of a loop.

    saved : the list of one run. kept : the number that the loop keeps in it.
    list : the whole.
    """

    saved: Value
    kept: Value
    list: Threaded


@dataclass(eq=False)
class Flat:
    """What one loop keeps in all its runs: in lists of one length.

    writer : the loop.
    around : the nodes that hold one another, from the writer to the root, the node that
        gives the whole.
    outside : the nodes around the root in whose rounds the lists are used again; before
        the last of them, or before the root, they are made.
    used : how many entries are in use, where the lists are used again.
    counted : whether some reader has to be told how many entries a run has.
    filled : how many lists have been written to in the graph that is being written.
    """

    writer: Node
    around: tuple[Node, ...]
    outside: tuple[Node, ...] = ()
    lists: list[Entries] = field(default_factory=list)
    used: Threaded = field(default_factory=lambda: Threaded("used", INT))
    counted: bool = False
    filled: int = 0

    @property
    def turned(self) -> bool:
        """Whether the first entry of a run is the last that was put there."""
        return loop_of(self.writer).reverse

    @property
    def is_alone(self) -> bool:
        """Whether the root runs the writer once at most."""
        return all(node.op is if_ for node in self.around[1:])

    @property
    def whole(self) -> tuple[Node, ...]:
        """All nodes that the lists go through."""
        return (*self.around, *self.outside)


def flats_of(graph: Graph) -> list[Flat]:
    """What loops of a graph could keep in one list for all their runs."""
    found = _Finder(graph)
    return [flat for writer in found.parents for flat in found.flats(writer)]


class _Finder:
    """Looks for the loops of one graph.

    parents : for each node that is in another one, that one and in which block.
    """

    def __init__(self, graph: Graph) -> None:
        self.parents: dict[Node, tuple[Node, Block]] = {}
        todo = [graph.body]
        while todo:
            for node in todo.pop().nodes:
                for inner in node.blocks:
                    self.parents.update((child, (node, inner)) for child in inner.nodes)
                todo += node.blocks
        keeps = any(n.op in LOOPS and loop_of(n).lists for n in self.parents)
        self.kept = KeptLists(graph) if keeps else None

    def flats(self, writer: Node) -> Iterator[Flat]:
        """What a loop keeps, by where it ends up."""
        loop = loop_of(writer) if writer.op in LOOPS else None
        if self.kept is None or loop is None or (loop.stop and loop.reverse):
            return
        makers = self.kept.makers
        searches = writer.op is while_ or bool(loop.stop)
        found: dict[tuple[Node, bool], Flat] = {}
        for saved, value in zip(loop.lists, loop.collected, strict=True):
            if number_of(value, makers) is None:
                continue
            whole, around = self.whole(saved, writer)
            depth = sum(node.op in LOOPS for node in around) - 1
            outside = () if fills(value) is None else self.outside(around[-1])
            if depth:
                fits = searches or _waits(loop) or any(n.op is if_ for n in around)
            else:
                fits = searches and bool(outside)
            if fits and self.kept.is_walked(whole, depth + 1):
                key = around[-1], bool(outside)
                flat = found.setdefault(key, Flat(writer, tuple(around), outside))
                name = _name(value, makers)
                entries = Threaded(name, List(unwrapped(value.type)))
                flat.lists.append(Entries(saved, value, entries))
                readers = self.readers(whole, depth)
                flat.counted |= any(index_of(n, makers) is None for n in readers)
        yield from found.values()

    def outside(self, root: Node) -> tuple[Node, ...]:
        """The nodes around a root, as far as there are loops and branches only."""
        found: list[Node] = []
        last, node = 0, root
        while node in self.parents:
            node, block = self.parents[node]
            if node.op in LOOPS and block is node.blocks[-1]:
                found.append(node)
                last = len(found)
            elif node.op is if_:
                found.append(node)
            else:
                break
        return tuple(found[:last])

    def whole(self, saved: Value, writer: Node) -> tuple[Value, list[Node]]:
        """Where a list ends up, and the nodes that hold one another till there."""
        assert self.kept is not None
        around = [writer]
        while around[-1] in self.parents and self.kept.count[saved] == 1:
            node, block = self.parents[around[-1]]
            k = _positions(block).get(saved, -1)
            if k < 0:
                break
            if node.op is if_:
                others = [b.results[k] for b in node.blocks if b is not block]
                if not all(is_literal(v, UNDEFINED) for v in others):
                    break
                saved = node.outputs[k]
            elif node.op in LOOPS and block is node.blocks[-1]:
                k -= len(loop_of(node).carried)
                if k < 0:
                    break
                saved = loop_of(node).lists[k]
            else:
                break
            around.append(node)
        return saved, around

    def readers(self, whole: Value, depth: int) -> Iterator[Node]:
        """The loops that walk what is in a list of lists at this depth."""
        assert self.kept is not None
        for node in self.kept.users.get(whole, []):
            if not depth:
                yield node
                continue
            loop = loop_of(node)
            for item, walked in zip(loop.items, loop.walked, strict=True):
                if walked is whole:
                    yield from self.readers(item, depth - 1)


def _waits(loop: Loop) -> bool:
    """Whether each round waits for a number of the one before, and is no vector's."""
    pairs = zip(loop.carried, loop.carried_next, strict=True)
    return any(
        isinstance(unwrapped(v.type), Scalar) and not is_sum(loop.body, v, after)
        for v, after in pairs
        if v is not after
    )


def fills(kept: Value) -> float | complex | None:
    """What stands for a number of this type until it is there; None for other types."""
    t = unwrapped(kept.type)
    if not isinstance(t, Scalar) or t.dtype not in ("", FULL.get(t.kind)):
        return None
    return FILLING.get(t.kind)


@fact
def _positions(block: Block) -> Mapping[Value, int]:
    """Where each result of a block stands."""
    return {v: k for k, v in enumerate(block.results)}


def index_of(node: Node, makers: Mapping[Value, Node]) -> tuple[Value, Value] | None:
    """What a loop counts in steps of 1, and from where, if it does."""
    loop = loop_of(node)
    for walked, item in zip(loop.walked, loop.items, strict=True):
        made = makers.get(walked)
        if isinstance(walked.type, Range) and made is not None and made.op is range_:
            if is_literal(made.inputs[2], 1):
                return item, made.inputs[0]
    return None


def _name(kept: Value, makers: Mapping[Value, Node]) -> str:
    """The name of a list of such numbers."""
    name, made = kept.name, makers.get(kept)
    if not name and made is not None:
        part = made.op is getitem and made.inputs[0].name
        name = part or made.op.name.rstrip("_")
    return f"saved_{name.removeprefix('saved_') or 'value'}"
