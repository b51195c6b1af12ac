"""A region drawn with characters, or as a list where it is too wide for that."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator

from srcad.draw.items import Item, Region
from srcad.draw.layered import Gaps, Link, layered
from srcad.draw.svg import Write

LEFT, RIGHT, UP, DOWN = 1, 2, 4, 8
LINES = {
    LEFT | RIGHT: "─",
    LEFT: "─",
    RIGHT: "─",
    UP | DOWN: "│",
    UP: "│",
    DOWN: "│",
    RIGHT | DOWN: "┌",
    LEFT | DOWN: "┐",
    RIGHT | UP: "└",
    LEFT | UP: "┘",
    LEFT | RIGHT | DOWN: "┬",
    LEFT | RIGHT | UP: "┴",
    UP | DOWN | RIGHT: "├",
    UP | DOWN | LEFT: "┤",
    LEFT | RIGHT | UP | DOWN: "┼",
}
GAPS = Gaps(nodes=1, passing=1, columns=3, each=1, most=9, whole=True)


def text(region: Region, write: Write, opened: Collection[str], width: int) -> str:
    """A drawing, if it is no wider than `width`; else a list of the items."""
    plain = not any(item.kind == "box" and item.id in opened for item in region.items)
    if plain and region.items:
        drawing = _drawing(region, write)
        if max(map(len, drawing)) <= width:
            return "\n".join(drawing)
    rows = list(_rows(region, write, opened, ""))
    first = max((len(a) for a, b in rows if b), default=0)
    return "\n".join(f"{a:{first}}  {b}".rstrip() if b else a for a, b in rows)


def _shown(item: Item, write: Write) -> list[str]:
    """The item's outputs, each with its value and derivative."""
    found = []
    for label in item.outputs:
        name, value, derivative, _ = write(label)
        shown = f"{name} = {value}" if value else name
        found.append(f"{shown} ({derivative})" if derivative else shown)
    return found


# ---- the list ------------------------------------------------------------------------


def _rows(
    region: Region, write: Write, opened: Collection[str], indent: str
) -> Iterator[tuple[str, str]]:
    for item in region.items:
        for shown in _shown(item, write):
            how = item.code if item.kind == "operation" else ""
            how = item.text if item.kind == "box" else how
            name = shown.partition(" = ")[0]
            yield (
                f"{indent}{name}{' = ' if how else ''}{how}",
                shown.partition(" = ")[2],
            )
        if not item.outputs and item.kind == "operation":
            yield f"{indent}{item.code}", ""
        if item.kind == "box" and not item.outputs:
            yield f"{indent}{item.text}", ""
        if item.id in opened:
            for inner in item.regions:
                if inner.title:
                    yield f"{indent}  {inner.title}:", ""
                yield from _rows(inner, write, opened, indent + "    ")


# ---- the drawing ---------------------------------------------------------------------


class _Canvas:
    def __init__(self) -> None:
        self.lines: dict[tuple[int, int], int] = {}
        self.letters: dict[tuple[int, int], str] = {}

    def level(self, y: int, x0: int, x1: int) -> None:
        """A line from x0 to x1, both ends of which stay open to what joins there."""
        for x in range(x0, x1 + 1):
            mask = (LEFT if x > x0 else 0) | (RIGHT if x < x1 else 0)
            self.lines[x, y] = self.lines.get((x, y), 0) | mask

    def upright(self, x: int, y0: int, y1: int) -> None:
        y0, y1 = min(y0, y1), max(y0, y1)
        for y in range(y0, y1 + 1):
            mask = (UP if y > y0 else 0) | (DOWN if y < y1 else 0)
            self.lines[x, y] = self.lines.get((x, y), 0) | mask

    def write(self, x: int, y: int, text: str) -> None:
        for k, letter in enumerate(text):
            self.letters[x + k, y] = letter

    def rows(self) -> list[str]:
        cells = {
            **{at: LINES.get(mask, " ") for at, mask in self.lines.items()},
            **self.letters,
        }
        height = max((y for _, y in cells), default=0) + 1
        found = []
        for y in range(height):
            row = {x: c for (x, yy), c in cells.items() if yy == y}
            found.append(
                "".join(
                    row.get(x, " ") for x in range(max(row, default=-1) + 1)
                ).rstrip()
            )
        return found


def _drawing(region: Region, write: Write) -> list[str]:
    texts = {item: _text(item, write) for item in region.items}
    index = {item: k for k, item in enumerate(region.items)}
    wanted = dict.fromkeys((e.source, e.output, e.target) for e in region.edges)
    links = [Link(index[a], k, index[b], 0) for a, k, b in wanted]
    sizes = [(max(map(len, t)), len(t)) for t in texts.values()]
    placed = layered(sizes, links, [], [index[t] for t in region.tails], GAPS)
    canvas = _Canvas()
    for lines, (x, y) in zip(texts.values(), placed.places, strict=True):
        for k, line in enumerate(lines):
            canvas.write(int(x), int(y) + k, line)
    _edges(canvas, links, placed.routes, texts, region)
    return canvas.rows()


def _text(item: Item, write: Write) -> list[str]:
    shown = _shown(item, write) or [""]
    if item.kind == "input":
        return shown
    mark = f"[{item.text}]" if item.kind == "box" else f"({item.text})"
    lines = [f"{mark}─ {s}" if s else mark for s in shown]
    rest = [" " * len(mark) + line[len(mark) :] for line in lines[1:]]
    return [lines[0], *rest]


def _edges(
    canvas: _Canvas,
    links: list[Link],
    routes: list[list[tuple[float, float]]],
    texts: dict[Item, list[str]],
    region: Region,
) -> None:
    """Lines along the routes; each target has a channel of its own between columns."""
    channels: dict[tuple[float, float], dict[object, int]] = {}
    for link, route in zip(links, routes, strict=True):
        line = texts[region.items[link.source]][int(link.out)]
        x, y = int(route[0][0]), int(route[0][1])
        start = x - max(map(len, texts[region.items[link.source]])) + len(line)
        canvas.level(y, start + 1, int(route[1][0]))
        points = [(int(a), int(b)) for a, b in route[1:]]
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            if y0 == y1:
                canvas.level(y0, x0, x1 - 1)
                continue
            used = channels.setdefault((x0, x1), {})
            lane = used.setdefault(link.target, len(used))
            turn = min(x0 + 1 + lane, x1 - 1)
            canvas.level(y0, x0, turn)
            canvas.upright(turn, y0, y1)
            canvas.level(y1, turn, x1 - 1)
