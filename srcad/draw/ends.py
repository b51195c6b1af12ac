"""What an edge of a drawing runs between, and what is written on it, for all languages.

A box gives each output at a point of its own, and takes an input where its inner graph
does.
"""

from __future__ import annotations

from collections.abc import Iterator

from srcad.draw.items import Edge, Item, Region
from srcad.draw.svg import Write


def start_of(item: Item, output: int) -> str:
    """The name of the place where an output leaves an item."""
    return f"{item.id}_{output}" if item.kind == "box" else item.id


def head_of(edge: Edge) -> Item:
    """The item that an edge points at: in a box, what takes this input."""
    if edge.target.kind != "box":
        return edge.target
    return [h for inner in edge.target.regions for h in inner.heads][edge.input]


def label_of(item: Item, output: int, write: Write) -> str:
    """The name and value of an output, and below them its derivative."""
    name, value, derivative, _ = write(item.outputs[output])
    above = f"{name} = {value}" if value else name
    return f"{above}\n{derivative}" if derivative else above


def unread(region: Region) -> Iterator[tuple[Item, int]]:
    """The outputs that nothing reads, which lead out of the picture."""
    if region.tails:
        return
    read = {(e.source, e.output) for e in region.edges}
    for item in region.items:
        for k in range(len(item.outputs)):
            if (item, k) not in read and item.kind != "input":
                yield item, k
