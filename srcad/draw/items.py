"""What is drawn: operations, the labels of what they give, and boxes in boxes.

A region is a row of items with edges between them; a loop, a branch or a call is an
item that holds regions. Nothing here knows of numbers, places or pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from srcad.draw.trace import Site
from srcad.errors import Span
from srcad.ir.graph import Block, Node, Value


@dataclass(eq=False)
class Label:
    """What an item gives: a name and, where there are numbers, where to find them."""

    id: str
    name: str
    site: Site
    value: Value
    named: bool = True


@dataclass(eq=False)
class Item:
    """An operation, an input, an output or a box.

    kind : "operation", "input", "output" or "box".
    text : what stands in it. code : the operation over names, for where there is room.
    inputs : how many edges may lead there. outputs : what it gives.
    regions : of a box, what is in it. exits : for each of its outputs, the items in
        its regions that give it.
    """

    id: str
    kind: str
    text: str
    inputs: int = 0
    outputs: list[Label] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    exits: list[list[Item]] = field(default_factory=list)
    span: Span | None = None
    site: Site = ()
    node: Node | None = None
    code: str = ""
    structure: str = ""


@dataclass(frozen=True, eq=False)
class Edge:
    """From an item's output to an item's input.

    The inputs of a box are the heads of its regions, one after the other.
    """

    source: Item
    output: int
    target: Item
    input: int


@dataclass(eq=False)
class Region:
    """One block.

    heads : the input items, in order; tails : the output items, in order.
    """

    title: str
    items: list[Item] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    heads: list[Item] = field(default_factory=list)
    tails: list[Item] = field(default_factory=list)
    block: Block | None = None

    def every(self) -> Iterator[Item]:
        """All items, those in boxes too, each box before what is in it."""
        for item in self.items:
            yield item
            for region in item.regions:
                yield from region.every()


@dataclass(frozen=True)
class Around:
    """What an item is in: the loops, and of each branch which part; outermost first."""

    loops: tuple[Item, ...] = ()
    branches: tuple[tuple[Item, int], ...] = ()


def surroundings(region: Region) -> dict[Item, Around]:
    """For each item, the boxes that decide when it runs and whether."""
    found: dict[Item, Around] = {}

    def visit(region: Region, around: Around) -> None:
        for item in region.items:
            found[item] = around
            for k, inner in enumerate(item.regions):
                loops, branches = around.loops, around.branches
                if item.structure in ("for", "while"):
                    loops = (*loops, item)
                elif len(item.regions) > 1:
                    branches = (*branches, (item, k))
                visit(inner, Around(loops, branches))

    visit(region, Around())
    return found
