"""A scene as SVG: circles and edges, values above the lines, derivatives below.

Colours are CSS variables, so that one picture serves light and dark.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from srcad.draw.items import Item, Label, Region
from srcad.draw.layered import Point
from srcad.draw.scene import Route, Scene, Shape
from srcad.draw.sizes import CHAR, HEAD, RADIUS

LIGHT = {
    "ink": "#1f2933",
    "soft": "#5f6b7a",
    "line": "#8a95a3",
    "paper": "#ffffff",
    "node": "#eef2f7",
    "box": "#f7f9fb",
    "edge": "#b8c2cf",
    "value": "#0a6b2d",
    "derivative": "#b3261e",
    "lit": "#ffd54a",
}
DARK = {
    "ink": "#e6e9ee",
    "soft": "#a3adba",
    "line": "#7d8896",
    "paper": "#14181d",
    "node": "#27303a",
    "box": "#1b2128",
    "edge": "#46525f",
    "value": "#6fd38b",
    "derivative": "#ff8f85",
    "lit": "#6b4e00",
}
FONT = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
MARGIN = 16.0
OPEN, CLOSED = "\u25be", "\u25b8"

Write = Callable[[Label], tuple[str, str, str, str]]  # name, value, derivative, more


def colours(selector: str, table: dict[str, str]) -> str:
    """A CSS rule that sets the colours."""
    return f"{selector} {{ {' '.join(f'--{k}: {v};' for k, v in table.items())} }}"


def style(root: str, theme: str = "auto") -> str:
    """The CSS of a picture below an element."""
    first = DARK if theme == "dark" else LIGHT
    rules = [colours(root, first)]
    if theme == "auto":
        dark = colours(root, DARK)
        rules.append(f"@media (prefers-color-scheme: dark) {{ {dark} }}")
    return "\n".join([*rules, INK.replace("ROOT", root)])


INK = f"""ROOT text {{ font: 12px {FONT}; fill: var(--ink); }}
ROOT .paper {{ fill: var(--paper); }}
ROOT .disc {{ fill: var(--node); stroke: var(--soft); stroke-width: 1.2; }}
ROOT .frame {{ fill: var(--box); stroke: var(--edge); stroke-width: 1.2; }}
ROOT .closed {{ fill: var(--box); stroke: var(--soft); stroke-width: 1.2;
  stroke-dasharray: 4 3; }}
ROOT .label text, ROOT .title, ROOT .part {{ paint-order: stroke;
  stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }}
ROOT .box .label text, ROOT .frame ~ .fold .title, ROOT .part {{
  stroke: var(--box); }}
ROOT .sign {{ text-anchor: middle; }}
ROOT .big {{ font-size: 16px; }}
ROOT .title {{ font-weight: bold; fill: var(--soft); }}
ROOT .part, ROOT .port {{ font-size: 11px; fill: var(--soft); }}
ROOT .port {{ text-anchor: middle; }}
ROOT .out {{ fill: none; stroke: var(--edge); }}
ROOT .split {{ stroke: var(--edge); stroke-dasharray: 2 3; }}
ROOT path.edge {{ fill: none; stroke: var(--line); stroke-width: 1.2; }}
ROOT path.into {{ stroke-dasharray: 3 3; }}
ROOT .name {{ fill: var(--ink); }}
ROOT .unnamed {{ fill: var(--soft); }}
ROOT .value {{ fill: var(--value); }}
ROOT .derivative {{ fill: var(--derivative); }}
ROOT .idle {{ opacity: 0.4; }}
ROOT .plate {{ fill: var(--box); }}
ROOT .dot {{ fill: var(--line); }}"""


def svg(
    whole: Scene,
    write: Write,
    *,
    theme: str = "auto",
    taken: Callable[[Item], int | None] = lambda item: None,
    title: str = "",
    styled: bool = True,
    mark: str = "",
) -> str:
    """A whole picture.

    write : name, value, derivative and tooltip of a label. taken : of a branch, which
    of its regions ran: the other is pale. mark : the CSS class of the picture.
    """
    ink = _Ink(write, taken)
    body = ink.scene(whole)
    width, height = whole.width + 2 * MARGIN, whole.height + 2 * MARGIN
    name = mark or "srcad-graph"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{name}" role="img" '
        f'width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}">'
    )
    parts = [head]
    if title:
        parts.append(f"<title>{escape(title)}</title>")
    if styled:
        parts.append(f"<style>{style('.' + name, theme)}</style>")
    parts.append('<rect class="paper" width="100%" height="100%"/>')
    parts += [
        f'<g transform="translate({MARGIN:.0f} {MARGIN:.0f})">',
        *body,
        "</g></svg>",
    ]
    return "\n".join(parts)


class _Ink:
    def __init__(self, write: Write, taken: Callable[[Item], int | None]) -> None:
        self.write = write
        self.taken = taken

    def scene(self, scene: Scene) -> list[str]:
        places = {shape.item: shape for shape in scene.shapes}
        found = [self.route(r, places, scene.down) for r in scene.routes]
        for shape in scene.shapes:
            found += self.shape(shape, scene.down)
        return found

    def route(self, route: Route, places: dict[Item, Shape], down: bool) -> str:
        points = list(route.points)
        shape = places[route.target]
        left, top, width, height = shape.body
        if shape.item.kind == "operation" and width == height:
            x, y = points[-1]  # an edge ends on the circle
            middle = left if down else top
            away = (x if down else y) - middle - RADIUS
            short = RADIUS - (RADIUS**2 - away**2) ** 0.5
            points[-1] = (x, y + short) if down else (x + short, y)
        ends = f'data-from="{route.source.id}" data-to="{route.target.id}"'
        return f'<path class="edge" {ends} d="{path(points, down)}"/>'

    def shape(self, shape: Shape, down: bool) -> list[str]:
        item = shape.item
        line = item.span.line if item.span else ""
        parts = [f'<g class="item {item.kind}" id="{item.id}" data-line="{line}">']
        for (x0, y0), (x1, y1) in shape.stubs:
            parts.append(
                f'<path class="edge" d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}"/>'
            )
        if item.kind == "box":
            parts += self.box(shape, down)
        elif item.kind == "operation":
            parts += self.circle(shape)
        elif item.kind == "output":
            parts += self.port(shape)
        else:
            x, y, width, _ = shape.body
            r = width / 2
            parts.append(
                f'<circle class="dot" cx="{x + r:.1f}" cy="{y + r:.1f}" r="{r}"/>'
            )
        for label, at in shape.labels:
            parts += self.label(label, at)
        return [*parts, "</g>"]

    def circle(self, shape: Shape) -> list[str]:
        item = shape.item
        x, y, width, height = shape.body
        size = " big" if len(item.text) == 1 else ""
        lower = 5.5 if size else 4.2
        return [
            f'<g class="node"><title>{escape(item.code)}</title>',
            _rounded("disc", *shape.body, RADIUS),
            _text(f"sign{size}", x + width / 2, y + height / 2 + lower, item.text),
            "</g>",
        ]

    def port(self, shape: Shape) -> list[str]:
        x, y, width, _ = shape.body
        return [
            _rounded("out", *shape.body, 11),
            _text("port", x + width / 2, y + 15, shape.item.text),
        ]

    def box(self, shape: Shape, down: bool) -> list[str]:
        item = shape.item
        x, y, width, height = shape.body
        verb = "fold" if shape.inside else "unfold"
        fold = (
            f'<g class="fold" data-box="{item.id}" tabindex="0" role="button" '
            f'aria-label="{verb} {escape(item.text, quote=True)}">'
        )
        if not shape.inside:
            title = _text(
                "title", x + 10, y + height / 2 + 4.2, f"{CLOSED} {item.text}"
            )
            return [fold, _rounded("closed", *shape.body, 6), title, "</g>"]
        parts = [_rounded("frame", *shape.body, 8)]
        for start, end in [*shape.entries, *shape.exits]:
            line = path([start, end], down)
            parts.append(f'<path class="edge into" d="{line}"/>')
        text = f"{OPEN} {item.text}"
        plate = _rounded("plate", x + 7, y + 4, len(text) * CHAR + 6, 16, 2)
        parts += [fold, plate, _text("title", x + 10, y + 16, text), "</g>"]
        ran = self.taken(item)
        for k, ((left, top), inner) in enumerate(shape.inside):
            region: Region = inner.region
            idle = " idle" if ran not in (None, k) else ""
            parts.append(
                f'<g class="region{idle}" data-of="{item.id}" data-part="{k}">'
            )
            if k and down:
                parts.append(_line("split", left - 20, y + HEAD, left - 20, y + height))
            elif k:
                parts.append(_line("split", x, top - 16, x + width, top - 16))
            if region.title:
                parts.append(_text("part", left + 12, top - 4, region.title))
            parts.append(f'<g transform="translate({left:.1f} {top:.1f})">')
            parts += [*self.scene(inner), "</g></g>"]
        return parts

    def label(self, label: Label, at: Point) -> list[str]:
        x, y = at[0] + 7, at[1]
        name, value, derivative, more = self.write(label)
        kind = "name" if label.named else "name unnamed"
        above = f'<tspan class="{kind}">{escape(name)}</tspan>'
        above += f'<tspan class="{kind}">{" = " if value else ""}</tspan>'
        above += f'<tspan class="value">{escape(value)}</tspan>'
        return [
            f'<g class="label" id="{label.id}"><title>{escape(more)}</title>',
            f'<text x="{x:.1f}" y="{y - 5:.1f}">{above}</text>',
            f'<text class="derivative" x="{x:.1f}" y="{y + 14:.1f}">'
            f"{escape(derivative)}</text></g>",
        ]


def path(points: Sequence[Point], down: bool = False) -> str:
    """A line through points: straight in a column, curved from one to the next."""
    x, y = points[0]
    found = [f"M{x:.1f} {y:.1f}"]
    for x1, y1 in points[1:]:
        aside, ahead = (x1 - x, y1 - y) if down else (y1 - y, x1 - x)
        if abs(aside) < 0.5 or ahead <= 0:
            found.append(f"L{x1:.1f} {y1:.1f}")
        elif down:
            half = (y + y1) / 2
            found.append(f"C{x:.1f} {half:.1f} {x1:.1f} {half:.1f} {x1:.1f} {y1:.1f}")
        else:
            half = (x + x1) / 2
            found.append(f"C{half:.1f} {y:.1f} {half:.1f} {y1:.1f} {x1:.1f} {y1:.1f}")
        x, y = x1, y1
    return "".join(found)


def _rounded(
    kind: str, x: float, y: float, width: float, height: float, r: float
) -> str:
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" rx="{r:.1f}"/>'
    )


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _line(kind: str, x: float, y: float, right: float, low: float) -> str:
    return f'<path class="{kind}" d="M{x:.1f} {y:.1f}L{right:.1f} {low:.1f}"/>'
