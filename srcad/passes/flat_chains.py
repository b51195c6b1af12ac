"""Which lists that loops keep, one in each run, could be one for all runs.

Takes a graph; gives its `Flat`s. The list of a loop goes to the list of another loop
around, also out of a branch, and nobody but loops walks the lists:

    for t in range(n):
        if a[t] > 0.0:
            while ...:          keeps a list in this run

How many rounds the inner loop does, and in which rounds of the outer one it runs, is
known only when all is done. A loop in no branch that counts its rounds has an array for
each run, which suits vectors; so it goes only where no vector would.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from srcad.ir.graph import UNDEFINED, Block, Graph, Node, Value, fact, is_literal
from srcad.ir.structure import LOOPS, Loop, if_, loop_of, while_
from srcad.ir.types import List, Range, Scalar, unwrapped
from srcad.ops.index import getitem
from srcad.ops.lists import range_
from srcad.passes.kept_lists import KeptLists, number_of
from srcad.passes.parallel_sums import is_sum

Parents = Mapping[Node, tuple[Node, Block]]


@dataclass(eq=False)
class Entries:
    """One list for all runs of a loop.

    saved : the list of one run. kept : the number that the loop keeps in it.
    list : the list as it is where the graph is being written.
    """

    saved: Value
    kept: Value
    name: str
    list: Value = field(init=False)

    def renewed(self) -> Value:
        """A new value for the list."""
        self.list = Value(self.name, List(unwrapped(self.kept.type)))
        return self.list


@dataclass(eq=False)
class Flat:
    """What one loop keeps in all its runs: in lists of one length.

    writer : the loop.
    around : the nodes that hold one another, from the writer to the root, the node that
        gives the whole, and before which the lists are made.
    counted : whether some reader has to be told how many entries a run has.
    """

    writer: Node
    around: tuple[Node, ...]
    lists: list[Entries] = field(default_factory=list)
    counted: bool = False

    @property
    def turned(self) -> bool:
        """Whether the first entry of a run is the last that was put there."""
        return loop_of(self.writer).reverse


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
        alone = writer.op is while_ or loop.stop or _waits(loop)
        found: dict[Node, Flat] = {}
        for saved, value in zip(loop.lists, loop.collected, strict=True):
            if number_of(value, makers) is None:
                continue
            whole, around = self.whole(saved, writer)
            depth = sum(node.op in LOOPS for node in around) - 1
            if not depth or not (alone or any(n.op is if_ for n in around)):
                continue
            if self.kept.is_walked(whole, depth + 1):
                flat = found.setdefault(around[-1], Flat(writer, tuple(around)))
                flat.lists.append(Entries(saved, value, _name(value, makers)))
                readers = self.readers(whole, depth)
                flat.counted |= any(index_of(n, makers) is None for n in readers)
        yield from found.values()

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
