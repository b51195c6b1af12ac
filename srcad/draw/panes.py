"""The user's source and the generated source, each line with the line it came from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from srcad.errors import Span
from srcad.reading.colour import as_html
from srcad.reading.lines import SourceMap
from srcad.reading.places import Definition, Places


def user_pane(function: Any, spans: Iterable[Span]) -> tuple[str, list[Definition]]:
    """The functions that the spans are in; their lines are marked `file:line`."""
    definitions = Places(function).definitions(spans)
    parts = []
    for d in definitions:
        parts.append(
            f'<div class="title"><b>{escape(d.name)}</b> {escape(d.place)}</div>'
        )
        rows = [
            _row(d.first + k, text, [line_key(d.filename, d.first + k)])
            for k, text in enumerate(as_html("\n".join(d.lines)))
        ]
        parts.append(f'<div class="code">{"".join(rows)}</div>')
    return "".join(parts), definitions


def generated_pane(lines: SourceMap, title: str) -> str:
    """The generated source; each line knows which of the user's it came from."""
    texts = as_html("\n".join(line.text for line in lines))
    rows = []
    for line, text in zip(lines, texts, strict=True):
        keys = span_keys(line.span)
        rows.append(_row(line.number, text, keys, line.adjoint))
    return (
        f'<div class="title"><b>{escape(title)}</b></div>'
        f'<div class="code">{"".join(rows)}</div>'
    )


def line_key(filename: str, line: int) -> str:
    """A line of the user's as it is known in the page."""
    return f"{filename}:{line}"


def span_keys(span: Span | None) -> list[str]:
    """The user's lines that a place is on: of a compound statement the first."""
    if span is None:
        return []
    end = span.line if span.text.rstrip().endswith(":") else span.end_line
    return [line_key(span.filename, k) for k in range(span.line, end + 1)]


def _row(number: int, text: str, keys: Sequence[str], adjoint: bool = False) -> str:
    kind = "line adjoint" if adjoint else "line"
    data = escape(json.dumps(keys), quote=True)
    return (
        f'<div class="{kind}" data-keys="{data}"><span class="at">{number}</span>'
        f"<span>{text or ' '}</span></div>"
    )
