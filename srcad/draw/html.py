"""A picture as a page of its own, in which boxes fold and unfold.

Each state of the boxes is laid out here; the page shows one at a time. Where there are
too many states, boxes of one depth fold together.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from itertools import product
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


def stage(drawing: Drawing) -> str:
    """The pictures of all states, and the data that folding needs."""
    together, opened = states(drawing)
    first = sorted(drawing.opened())
    parts = []
    for k, ids in enumerate(opened):
        hidden = "" if sorted(ids) == first else " hidden"
        picture = svg(
            drawing.scene(ids), drawing.write, taken=drawing.taken, styled=False
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


FOLDING = """
function foldable(stage) {
  const together = JSON.parse(stage.dataset.together);
  const states = [...stage.querySelectorAll('.state')];
  const key = ids => JSON.stringify([...ids].sort());
  function toggle(box) {
    const now = states.find(s => !s.hidden);
    const open = new Set(JSON.parse(now.dataset.open));
    const close = open.has(box);
    for (const id of together[box]) close ? open.delete(id) : open.add(id);
    const next = states.find(s => s.dataset.open === key(open)) ||
      states.find(s => JSON.parse(s.dataset.open).includes(box) !== close);
    if (!next) return;
    now.hidden = true;
    next.hidden = false;
    const again = next.querySelector(`.fold[data-box="${box}"]`);
    if (again) again.focus({preventScroll: true});
    stage.dispatchEvent(new Event('folded'));
  }
  const asked = e => e.target.closest && e.target.closest('.fold');
  stage.addEventListener('click', e => {
    const fold = asked(e);
    if (fold) toggle(fold.dataset.box);
  });
  stage.addEventListener('keydown', e => {
    const fold = asked(e);
    if (fold && (e.key === 'Enter' || e.key === ' ')) {
      e.preventDefault();
      e.stopPropagation();
      toggle(fold.dataset.box);
    }
  });
}
"""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}
body {{ margin: 0; background: var(--paper); color: var(--ink);
  font: 14px system-ui, sans-serif; }}
.stage {{ overflow: auto; padding: 8px; }}
.fold {{ cursor: pointer; }}
.note {{ padding: 8px 24px; color: var(--soft); }}
</style>
</head>
<body>
{body}
<script>{script}
document.querySelectorAll('.stage').forEach(foldable);
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
    note = f'<p class="note">{escape(drawing.note)}</p>' if drawing.note else ""
    return page(title, [themes(), ink()], note + stage(drawing), FOLDING)
