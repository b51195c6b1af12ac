"""How much room an item takes, across (left to right) and down (top to bottom).

An item is its body (a circle, a frame) with, behind it, the labels of what it gives.
Edges come in on one side and leave on the other: the left and the right, or the top and
the bottom. All offsets are from the item's left top corner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from srcad.draw.items import Item, Label

CHAR = 7.25  # of a monospaced letter of 12 pixels
SMALL = 6.65  # of one of 11
RADIUS = 17.0
LINE = 34.0  # from one label to the next
HEAD = 24.0  # of a box, with its title
PAD = 12.0
EXIT = 30.0  # behind what is in a box, where its outputs come together
DOT = 3.0

Point = tuple[float, float]
Texts = Callable[[Label], list[tuple[str, str, str]]]  # name, value, derivative


@dataclass
class Size:
    """An item's outline.

    body : left, top, width, height. ins, outs : where on their sides edges end and
    start. labels : where each label's line begins. stubs : lines from the body to outs.
    """

    width: float
    height: float
    body: tuple[float, float, float, float]
    ins: list[float]
    outs: list[float]
    labels: list[Point] = field(default_factory=list)
    stubs: list[tuple[Point, Point]] = field(default_factory=list)


def label_width(label: Label, texts: Texts) -> float:
    """The room for a label, in whatever iteration."""
    widest = 0.0
    for name, value, derivative in texts(label):
        above = f"{name} = {value}" if name and value else name or value
        widest = max(widest, len(above) * CHAR, len(derivative) * CHAR)
    return widest + 14.0


def size(item: Item, texts: Texts, down: bool) -> Size:
    """The outline of an item that is no open box."""
    widths = [label_width(label, texts) for label in item.outputs]
    if item.kind == "input":
        return _input(widths[0], down)
    if item.kind == "output":
        width = len(item.text) * SMALL + 16.0
        middle = width / 2 if down else 11.0
        return Size(width, 22.0, (0.0, 0.0, width, 22.0), [middle], [])
    width = max(2 * RADIUS, len(item.text) * CHAR + 18.0)
    if item.kind == "box":
        width += 18.0
    elif len(item.text) <= 3:
        width = 2 * RADIUS
    count = 1 if item.kind == "box" else max(item.inputs, 1)
    rows = max(len(widths), 1)
    height = LINE * rows
    middle = height / 2
    at = width / 2 if down else middle
    reach = (RADIUS * 0.62) / max(count - 1, 1)
    ins = [at + reach * (2 * k - (count - 1)) for k in range(count)]
    if item.kind == "box":
        ins = ins * max(item.inputs, 1)
    lines = [middle + LINE * (k - (rows - 1) / 2) for k in range(rows)]
    whole = width + max(widths, default=0.0)
    body = (0.0, middle - RADIUS, width, 2 * RADIUS)
    labels = [(width, y) for y in lines]
    if down:
        spread = [at + 8.0 * (k - (rows - 1) / 2) for k in range(rows)]
        stubs = [((x, middle + RADIUS), (x, height)) for x in spread]
        return Size(whole, height, body, ins, spread, labels, stubs)
    stubs = [((width, y), (whole, y)) for y in lines]
    return Size(whole, height, body, ins, lines, labels, stubs)


def _input(width: float, down: bool) -> Size:
    half = LINE / 2
    body = (0.0, half - DOT, 2 * DOT, 2 * DOT)
    start = (2 * DOT, half)
    if down:
        stub = ((DOT, half), (DOT, LINE))
        return Size(width + 4.0, LINE, body, [DOT], [DOT], [(DOT, half)], [stub])
    stub = (start, (width, half))
    return Size(width, LINE, body, [half], [half], [(DOT, half)], [stub])


def boxed(
    item: Item,
    texts: Texts,
    inner: tuple[float, float],
    lines: dict[Item, float],
    down: bool,
) -> Size:
    """The outline of an open box.

    inner : the room that its regions take, title and rim included. lines : for each
    item inside that edges come to or leave from, where along its side.
    """
    width, height = inner
    widths = [label_width(label, texts) for label in item.outputs]
    ins = [lines[h] for region in item.regions for h in region.heads]
    outs: list[float] = []
    for k, ends in enumerate(item.exits):
        wish = sum(lines[e] for e in ends) / len(ends) if ends else HEAD + RADIUS
        room = max(widths[:k], default=0.0) + PAD if down else LINE
        low = max(outs, default=-room) + room
        outs.append(max(wish, low) if outs else wish)
    if down:
        ends_at = [x + w for x, w in zip(outs, widths, strict=True)]
        tall = height + (LINE + 4.0 if outs else 0.0)
        labels = [(x - 3.0, height + RADIUS + 3.0) for x in outs]
        stubs = [((x, height), (x, tall)) for x in outs]
        whole = max([width, *ends_at])
        return Size(whole, tall, (0.0, 0.0, width, height), ins, outs, labels, stubs)
    height = max([height, *(y + 20.0 for y in outs)])
    whole = width + max(widths, default=0.0)
    labels = [(width, y) for y in outs]
    stubs = [((width, y), (whole, y)) for y in outs]
    return Size(whole, height, (0.0, 0.0, width, height), ins, outs, labels, stubs)
