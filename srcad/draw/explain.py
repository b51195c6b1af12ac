"""`srcad.explain(f, *args)`: a page that steps through forward and backward pass."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from srcad.draw.drawing import Drawing
from srcad.draw.html import ink, page, part, stage, themes
from srcad.draw.panes import generated_pane, span_keys, user_pane
from srcad.draw.story import Chain, Step, Story, story
from srcad.draw.values import numbered
from srcad.errors import SignatureError, SrcadError
from srcad.pipeline import Step as Wanted
from srcad.reading.lines import SourceMap
from srcad.transform import Transform

HEIGHT = 760  # of the frame in a notebook


class Explanation:
    """A page that explains one call; it shows itself in a notebook.

    Attributes
    ----------
    html : str
        The page. It loads nothing, so it opens from disk.
    drawing : Drawing
        The graph in its middle.
    story : Story
        The steps it goes through.
    note : str
        Why there is no backward pass; "" where there is.
    """

    def __init__(self, drawing: Drawing, html: str, told: Story) -> None:
        self.drawing = drawing
        self.html = html
        self.story = told
        self.note = drawing.note

    def __repr__(self) -> str:
        name = self.drawing.program.graph.name
        return f"<srcad explanation of {name}: {len(self.story.steps)} steps>"

    def save(self, path: str | Path) -> Path:
        """Write the page to a file."""
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise SignatureError(
                f"an explanation is a page, not {path.suffix or path.name!r}",
                hint="give a name that ends in .html; srcad.graph(f, ...) has pictures",
            )
        path.write_text(self.html, encoding="utf-8")
        return path

    def _repr_html_(self) -> str:
        inside = escape(self.html, quote=True)
        look = f"width:100%;height:{HEIGHT}px;border:1px solid #8888;border-radius:6px"
        return f'<iframe srcdoc="{inside}" style="{look}"></iframe>'


def explain(
    f: Callable[..., Any],
    *args: Any,
    argnums: int | Sequence[int] | None = None,
    **kwargs: Any,
) -> Explanation:
    """Step through a call, forwards and backwards, in a page of its own.

    On the left stands the function's source, in the middle its graph, on the right the
    generated source; each step lights the lines and the node that are at work, and says
    by which numbers the chain rule goes on. Loops have a slider for their iterations.

    Parameters
    ----------
    f : callable
        A Python function. Where it returns something else than one number, the page
        shows the forward pass, and says so.
    *args, **kwargs
        Its arguments.
    argnums : int or tuple of int, optional
        Which arguments to differentiate by: all that hold floats, if not given.

    Returns
    -------
    Explanation
        It has `html` and `save`.
    """
    if isinstance(f, Transform):
        raise SignatureError(
            "explain takes the function itself, not its gradient",
            hint="srcad.graph(df, *args) draws the graph of a gradient",
        )
    asked, numbers = numbered(f, args, kwargs, argnums, "primal", False)
    if numbers is None:
        raise SignatureError(
            "explain goes through one call: give the function's arguments",
            hint="srcad.graph(f) draws a graph without any",
        )
    drawing = Drawing(asked.program, numbers)
    told = story(drawing)
    lines = _generated(asked.transform, asked.values or [], asked.wrt, drawing.note)
    return Explanation(drawing, _page(drawing, told, asked.transform, lines), told)


def _generated(
    primal: Transform, values: Sequence[Any], wrt: tuple[int, ...], note: str
) -> SourceMap | None:
    """The generated source of value and gradient, where there is a gradient."""
    if note:
        return None
    step = Wanted("value_and_grad", wrt, len(wrt) == 1)
    count = len(primal.dispatcher.names)
    found = Transform(primal.dispatcher.function, (step,), "python")
    try:
        found.entry(list(values[:count]))
    except SrcadError:  # the graph can be gone through all the same
        return None
    return found.source_map


def _page(
    drawing: Drawing, told: Story, transform: Transform, lines: SourceMap | None
) -> str:
    spans = [s.span for s in told.steps if s.span is not None]
    left, _ = user_pane(transform.dispatcher.function, spans)
    name = drawing.program.graph.name
    right = '<div class="title">no generated source</div>'
    if lines is not None:
        right = generated_pane(lines, f"value and gradient of {name}")
    filled = {
        "NAME": escape(name),
        "NOTE": escape(drawing.remark),
        "USER": left,
        "STAGE": stage(drawing, "auto"),
        "GENERATED": right,
        "DATA": _embedded(_data(drawing, told)),
    }
    body = re.sub(r"@([A-Z]+)@", lambda m: filled[m[1]], part("explain.html"))
    css = [themes(), ink(), part("page.css"), part("explain.css")]
    script = part("fold.js") + part("explain.js")
    return page(f"{name}, forwards and backwards", css, body, script)


def _embedded(data: Any) -> str:
    """JSON that stands in a script element: no tag can end in it."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace(
        "<", "\\u003c"
    )


def _data(drawing: Drawing, told: Story) -> dict[str, Any]:
    inside: dict[str, str] = {}
    for box, _ in drawing.boxes():
        for region in box.regions:
            inside.update((item.id, box.id) for item in region.items)
    return {
        "steps": [_step(step) for step in told.steps],
        "labels": told.labels,
        "parts": told.parts,
        "inside": inside,
        "titles": {box.id: box.text for box, _ in drawing.boxes()},
        "note": drawing.note,
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "phase": step.phase,
        "item": step.item,
        "text": step.text,
        "keys": span_keys(step.span),
        "when": step.when,
        "loops": step.loops,
        "chain": [_chain(c) for c in step.chain],
    }


def _chain(chain: Chain) -> dict[str, Any]:
    return {
        "g": chain.result,
        "x": chain.by,
        "p": chain.through,
        "factors": chain.factors,
        "total": chain.total,
        "before": chain.before,
        "text": chain.text,
    }
