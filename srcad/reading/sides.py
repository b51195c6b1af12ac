"""Side by side: the user's source and what was generated from it, lines linked."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

from srcad.errors import Span
from srcad.reading.colour import as_html
from srcad.reading.lines import SourceLine, SourceMap
from srcad.reading.page import fragment
from srcad.reading.places import Definition, Places

_TURN = 137  # degrees between the hues of one statement and the next: never alike
_Key = tuple[str, int]


def side_by_side(function: Any, title: str, lines: SourceMap) -> str:
    """HTML with the user's source on the left and the generated source on the right.

    Lines that belong together have a mark of one colour, and light up together.
    """
    places = Places(function)
    spans = [line.span for line in lines if line.span is not None]
    groups: dict[_Key, int] = {}
    for definition in (shown := places.definitions(spans)):
        for number in range(definition.first, definition.first + len(definition.lines)):
            for span in spans:
                if (span.filename, span.line) == (definition.filename, number):
                    groups.setdefault(_key(places, span), len(groups))
    left = "".join(_definition(places, d, groups) for d in shown)
    right = _generated(places, title, lines, groups)
    body = f'<div class="pane">{left}</div><div class="pane generated">{right}</div>'
    return fragment(body, groups.values())


def _key(places: Places, span: Span) -> _Key:
    statement = places.statement(span)
    return statement.filename, statement.line


def _definition(places: Places, d: Definition, groups: dict[_Key, int]) -> str:
    rows = []
    for k, text in enumerate(as_html("\n".join(d.lines))):
        number = d.first + k
        place = Span(d.filename, number, 0, number, 0, d.lines[k])
        rows.append(_row(number, text, groups.get(_key(places, place))))
    name = f"<b>{html.escape(d.name)}</b> " if d.name else ""
    return f'<div class="title">{name}{html.escape(d.place)}</div>{_code(rows)}'


def _generated(
    places: Places, title: str, lines: Sequence[SourceLine], groups: dict[_Key, int]
) -> str:
    texts = as_html("\n".join(line.text for line in lines))
    rows = []
    for k, (line, text) in enumerate(zip(lines, texts, strict=True)):
        span = line.span
        if line.text.lstrip().startswith("#") and k + 1 < len(lines):
            span = lines[k + 1].span  # a comment belongs to what it stands above
        group = groups.get(_key(places, span)) if span is not None else None
        rows.append(_row(line.number, text, group, line.adjoint))
    return f'<div class="title"><b>{html.escape(title)}</b></div>{_code(rows)}'


def _row(number: int, text: str, group: int | None, adjoint: bool = False) -> str:
    kinds = "line adjoint" if adjoint else "line"
    more = ""
    if group is not None:
        kinds += f" linked k{group}"
        more = f' style="--hue:{group * _TURN % 360}" tabindex="0"'
    return f'<div class="{kinds}"{more}><span class="at">{number}</span>{text}</div>'


def _code(rows: Iterable[str]) -> str:
    return f'<div class="code"><div class="rows">{"".join(rows)}</div></div>'
