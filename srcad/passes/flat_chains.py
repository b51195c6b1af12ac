"""Which lists that loops keep in lists could be one, for all rounds.

Takes a graph; gives its `Flat`s. A loop whose list goes round by round to the list of
another loop, also out of a branch, where nobody but loops walks the lists:

    for t in range(n):
        if a[t] > 0.0:
            while ...:          keeps a list for this round

How many rounds the inner loop does, and in which rounds of the outer one, is known only
when they are done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from srcad.ir.graph import UNDEFINED, Block, Graph, Node, Value, is_literal
from srcad.ir.structure import for_, if_, loop_of, while_
from srcad.ir.types import Range
from srcad.ops.lists import range_
from srcad.passes.kept_lists import KeptLists, number_of

LOOPS = (for_, while_)


@dataclass(eq=False)
class Flat:
    """One list, for what a loop keeps in all its runs.

    writer : the loop. saved : its list. kept : the number that it keeps there.
    root : the node that gives the whole, and before which the list is made.
    around : the nodes from the writer to the root that hold one another.
    counted : whether some reader has to be told how many entries a run has.
    entries : the list as it is where the graph is being written.
    """

    writer: Node
    saved: Value
    kept: Value
    root: Node
    around: tuple[Node, ...]
    counted: bool
    entries: Value = field(init=False)

    @property
    def name(self) -> str:
        """The name of the list."""
        name = self.kept.name
        return f"saved_{name.removeprefix('saved_')}" if name else ""

    @property
    def turned(self) -> bool:
        """Whether the first entry of a run is the last that was put there."""
        return loop_of(self.writer).reverse


def flats_of(graph: Graph) -> Iterator[Flat]:
    """The lists of a graph that could be one for all rounds."""
    kept = KeptLists(graph)
    parents: dict[Node, tuple[Node, Block]] = {}
    _enter(graph.body, parents)
    for writer in parents:
        loop = loop_of(writer) if writer.op in LOOPS else None
        if loop is None or (loop.stop and loop.reverse):
            continue
        for saved, value in zip(loop.lists, loop.collected, strict=True):
            if number_of(value, kept.makers) is None:
                continue
            whole, around, depth = _whole(saved, writer, parents, kept)
            uncounted = writer.op is while_ or loop.stop
            if not depth or not (uncounted or any(n.op is if_ for n in around)):
                continue
            if kept.is_walked(whole, depth + 1):
                counted = any(
                    index_of(node, kept.makers) is None
                    for node in _readers(whole, depth, kept)
                )
                yield Flat(writer, saved, value, around[-1], tuple(around), counted)


def _enter(block: Block, parents: dict[Node, tuple[Node, Block]]) -> None:
    """Note for each node that is in another one in which it is."""
    for node in block.nodes:
        for inner in node.blocks:
            parents.update((child, (node, inner)) for child in inner.nodes)
            _enter(inner, parents)


def _whole(
    saved: Value,
    writer: Node,
    parents: Mapping[Node, tuple[Node, Block]],
    kept: KeptLists,
) -> tuple[Value, list[Node], int]:
    """Where a list ends up, the nodes on the way, and how many of them are loops."""
    around, depth = [writer], 0
    while around[-1] in parents and kept.count[saved] == 1:
        node, block = parents[around[-1]]
        if saved not in block.results:
            break
        k = block.results.index(saved)
        if node.op is if_:
            others = [b.results[k] for b in node.blocks if b is not block]
            if not all(is_literal(v, UNDEFINED) for v in others):
                break
            saved = node.outputs[k]
        elif node.op in LOOPS and block is node.blocks[-1]:
            loop = loop_of(node)
            if k < len(loop.carried):
                break
            saved = loop.lists[k - len(loop.carried)]
            depth += 1
        else:
            break
        around.append(node)
    return saved, around, depth


def _readers(whole: Value, depth: int, kept: KeptLists) -> Iterator[Node]:
    """The loops that walk the entries of the entries of a list, at this depth."""
    for node in kept.users.get(whole, []):
        if not depth:
            yield node
            continue
        loop = loop_of(node)
        for item, walked in zip(loop.items, loop.walked, strict=True):
            if walked is whole:
                yield from _readers(item, depth - 1, kept)


def index_of(node: Node, makers: Mapping[Value, Node]) -> tuple[Value, Value] | None:
    """What a loop counts in steps of 1, and from where, if it does."""
    loop = loop_of(node)
    for walked, item in zip(loop.walked, loop.items, strict=True):
        made = makers.get(walked)
        if isinstance(walked.type, Range) and made is not None and made.op is range_:
            if is_literal(made.inputs[2], 1):
                return item, made.inputs[0]
    return None
