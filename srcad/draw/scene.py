"""A region as a picture without ink: where each item, label and edge is, in pixels.

Takes a `Region`, the texts of its labels and which boxes are open; gives a `Scene`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from srcad.draw.items import Item, Label, Region
from srcad.draw.layered import Gaps, Link, Point, layered
from srcad.draw.sizes import CHAR, EXIT, HEAD, PAD, Size, Texts, boxed, size

ACROSS = Gaps()
DOWN = Gaps(nodes=18.0, passing=9.0, columns=20.0, each=1.5, most=24.0)


@dataclass
class Shape:
    """An item at its place.

    body : left, top, width, height of its circle or frame. labels : each with where
    its line begins. stubs : lines from the body to where edges leave.
    inside : of an open box, its regions at their places; entries and exits lead on from
    its rim to what is inside.
    """

    item: Item
    body: tuple[float, float, float, float]
    labels: list[tuple[Label, Point]]
    stubs: list[tuple[Point, Point]]
    inside: list[tuple[Point, Scene]] = field(default_factory=list)
    entries: list[tuple[Point, Point]] = field(default_factory=list)
    exits: list[tuple[Point, Point]] = field(default_factory=list)


@dataclass
class Route:
    """An edge: the item and output it comes from, the item it leads to, its points."""

    source: Item
    output: int
    target: Item
    points: list[Point]


@dataclass
class Scene:
    """Shapes and routes, from (0, 0) to (width, height)."""

    region: Region
    shapes: list[Shape]
    routes: list[Route]
    width: float
    height: float
    down: bool


def scene(
    region: Region,
    texts: Texts,
    opened: Collection[str],
    down: bool = False,
    inner: bool = False,
) -> Scene:
    """Lay a region out, with what is in its open boxes.

    texts : name, value and derivative that a label shows, in each iteration.
    opened : ids of the boxes that show what is in them.
    down : whether edges lead from top to bottom. inner : the region is in a box.
    """
    return _Layout(texts, opened, down).scene(region, inner)


@dataclass
class _Layout:
    texts: Texts
    opened: Collection[str]
    down: bool

    def scene(self, region: Region, inner: bool) -> Scene:
        outlines: list[Size] = []
        insides: list[list[tuple[Point, Scene]]] = []
        for item in region.items:
            found, inside = self.outline(item)
            outlines.append(found)
            insides.append(inside)
        index = {item: k for k, item in enumerate(region.items)}
        links, edges = self.links(region, index, outlines)
        extents = [self.turned(s.width, s.height) for s in outlines]
        placed = layered(
            extents,
            links,
            [index[h] for h in region.heads] if inner else [],
            [index[t] for t in region.tails],
            DOWN if self.down else ACROSS,
        )
        shapes = [
            self.shape(item, outline, inside, self.turned(*place))
            for item, outline, inside, place in zip(
                region.items, outlines, insides, placed.places, strict=True
            )
        ]
        routes = [
            Route(source, output, target, [self.turned(*p) for p in points])
            for (source, output, target), points in zip(
                edges, placed.routes, strict=True
            )
        ]
        width, height = self.turned(placed.width, placed.height)
        return Scene(region, shapes, routes, width, height, self.down)

    def turned(self, x: float, y: float) -> Point:
        """The layout's axes as those of the picture, and back."""
        return (y, x) if self.down else (x, y)

    def links(
        self, region: Region, index: dict[Item, int], outlines: list[Size]
    ) -> tuple[list[Link], list[tuple[Item, int, Item]]]:
        """The edges, each place to place once."""
        found: dict[Link, tuple[Item, int, Item]] = {}
        for edge in region.edges:
            a, b = index[edge.source], index[edge.target]
            ins = outlines[b].ins
            into = ins[min(edge.input, len(ins) - 1)]
            link = Link(a, outlines[a].outs[edge.output], b, into)
            found.setdefault(link, (edge.source, edge.output, edge.target))
        return list(found), list(found.values())

    def outline(self, item: Item) -> tuple[Size, list[tuple[Point, Scene]]]:
        if item.kind != "box" or item.id not in self.opened:
            return size(item, self.texts, self.down), []
        scenes: list[tuple[Point, Scene]] = []
        x, y, wide, tall = PAD + 8.0, HEAD, 0.0, HEAD
        for region in item.regions:
            found = self.scene(region, inner=True)
            above = 16.0 if region.title else PAD
            if self.down:
                scenes.append(((x, HEAD + 18.0), found))
                x += max(found.width, len(region.title) * CHAR) + 2 * PAD
                tall = max(tall, HEAD + 18.0 + found.height)
                wide = x - PAD
            else:
                scenes.append(((x, y + above), found))
                y += above + found.height
                wide, tall = max(wide, x + found.width + PAD + EXIT), y
        title = len(item.text) * CHAR + 50.0
        room = (max(wide, title), tall + (EXIT if self.down and item.exits else PAD))
        lines: dict[Item, float] = {}
        for (left, top), inner in scenes:
            for shape in inner.shapes:
                bx, by, bw, bh = shape.body
                centre = (left + bx + bw / 2, top + by + bh / 2)
                lines[shape.item] = centre[0] if self.down else centre[1]
        return boxed(item, self.texts, room, lines, self.down), scenes

    def shape(
        self,
        item: Item,
        outline: Size,
        inside: list[tuple[Point, Scene]],
        place: Point,
    ) -> Shape:
        x, y = place

        def moved(point: Point) -> Point:
            return x + point[0], y + point[1]

        bx, by, bw, bh = outline.body
        shape = Shape(
            item,
            (x + bx, y + by, bw, bh),
            [
                (label, moved(at))
                for label, at in zip(item.outputs, outline.labels, strict=False)
            ],
            [(moved(a), moved(b)) for a, b in outline.stubs[: len(item.outputs)]],
            [(moved(at), inner) for at, inner in inside],
        )
        if inside:
            self.rim(shape, outline)
        return shape

    def rim(self, shape: Shape, outline: Size) -> None:
        """The lines from a box's rim to what is inside, and back."""
        start: dict[Item, Point] = {}
        end: dict[Item, Point] = {}
        for (left, top), inner in shape.inside:
            for part in inner.shapes:
                bx, by, bw, bh = part.body
                bx, by = bx + left, by + top
                middle = (bx + bw / 2, by + bh / 2)
                start[part.item] = (middle[0], by) if self.down else (bx, middle[1])
                end[part.item] = (
                    (middle[0], by + bh) if self.down else (bx + bw, middle[1])
                )
        x, y, _, _ = shape.body
        for region in shape.item.regions:
            for head in region.heads:
                at = start[head]
                shape.entries.append(((at[0], y) if self.down else (x, at[1]), at))
        for (stub, _), ends in zip(shape.stubs, shape.item.exits, strict=True):
            shape.exits += [(end[item], stub) for item in ends]
