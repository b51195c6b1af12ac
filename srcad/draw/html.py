"""A picture as a page of its own, in which boxes fold and unfold.

Each state of the boxes is laid out here; the page shows one at a time. Where there are
too many states, boxes of one depth fold together.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from srcad.draw.svg import DARK, LIGHT, colours, style, svg

if TYPE_CHECKING:
    from srcad.draw.drawing import Drawing

MOST = 12  # states in one page


def states(drawing: Drawing) -> tuple[dict[str, list[str]], list[list[str]]]:
    """Which boxes fold together, by box, and the sets of open boxes to lay out.

    A box that is closed hides those inside it, whose state then does not matter: they
    are taken as open.
    """
    boxes = drawing.boxes()
    together = {box.id: [box.id] for box, _ in boxes}
    if 2 ** len(boxes) > MOST:
        for box, depth in boxes:
            together[box.id] = [other.id for other, d in boxes if d == depth]
    groups = list(dict.fromkeys(tuple(group) for group in together.values()))
    found: list[list[str]] = []
    for choice in product((True, False), repeat=len(groups)):
        if len(found) < MOST:
            pairs = zip(groups, choice, strict=True)
            found.append([box for group, is_open in pairs if is_open for box in group])
    return together, found


def stage(drawing: Drawing, direction: str = "auto") -> str:
    """The pictures of all states, and the data that folding needs."""
    together, opened = states(drawing)
    first = sorted(drawing.opened())
    parts = []
    for k, ids in enumerate(opened):
        hidden = "" if sorted(ids) == first else " hidden"
        picture = svg(
            drawing.scene(ids, direction),
            drawing.write,
            taken=drawing.taken,
            styled=False,
        )
        keys = escape(json.dumps(sorted(ids)), quote=True)
        parts.append(
            f'<div class="state" data-open="{keys}"{hidden}>{_own(picture, k)}</div>'
        )
    if all(sorted(ids) != first for ids in opened):
        parts[0] = parts[0].replace(" hidden>", ">", 1)
    data = escape(json.dumps(together), quote=True)
    return f'<div class="stage" data-together="{data}">{"".join(parts)}</div>'


def _own(picture: str, state: int) -> str:
    """The picture with ids as data: they are in every state."""
    return picture.replace(' id="', ' data-id="')


def themes(selector: str = ":root") -> str:
    """Colours by the reader's preference, or by `data-theme` on the page."""
    return "\n".join(
        [
            colours(selector, LIGHT),
            f"@media (prefers-color-scheme: dark) {{ {colours(selector, DARK)} }}",
            colours(f'{selector}[data-theme="light"]', LIGHT),
            colours(f'{selector}[data-theme="dark"]', DARK),
        ]
    )


def ink() -> str:
    """The rules of a picture without its colours."""
    return style(".srcad-graph").partition("}\n@media")[2].partition("\n")[2]


def part(name: str) -> str:
    """A script or style sheet that stands beside this file."""
    return (Path(__file__).parent / "page" / name).read_text(encoding="utf-8")


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
{body}
<script>
{script}
</script>
</body>
</html>
"""


def page(title: str, css: Sequence[str], body: str, script: str) -> str:
    """A page that needs nothing from anywhere."""
    return PAGE.format(
        title=escape(title), style="\n".join(css), body=body, script=script
    )


def foldable(drawing: Drawing) -> str:
    """The page of a drawing."""
    title = f"the computational graph of {drawing.program.graph.name}"
    remark = escape(drawing.remark)
    note = f'<p class="note">{remark}</p>' if remark else ""
    script = part("fold.js") + "document.querySelectorAll('.stage').forEach(foldable);"
    css = [themes(), ink(), part("page.css")]
    return page(title, css, note + stage(drawing), script)
