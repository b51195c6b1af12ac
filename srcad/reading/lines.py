"""The source map: for each line of generated source, the user's line it comes from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from srcad.backend.generate import Generated
from srcad.errors import Span
from srcad.reading.colour import as_html
from srcad.reading.page import fragment
from srcad.reading.rows import Rows


@dataclass(frozen=True)
class SourceLine:
    """One line of generated source.

    number : from 1.
    adjoint : whether it is in the adjoint part.
    span : the user's code it comes from; None for imports, headers and the like.
    """

    number: int
    text: str
    adjoint: bool = False
    span: Span | None = None


class SourceMap(Rows[SourceLine]):
    """Lines of generated source and lines of the user's, in both directions.

    A sequence of `SourceLine`; `user(7)` is where generated line 7 comes from, and
    `generated(12)` are the numbers of the lines that the user's line 12 led to.
    """

    def user(self, number: int) -> Span | None:
        """Where in the user's code a generated line comes from.

        Parameters
        ----------
        number : int
            Of the generated line, from 1.

        Returns
        -------
        Span or None
            With `filename`, `line` and `text`; None for lines that come from no line of
            the user's, such as imports.
        """
        if not 0 < number <= len(self):
            raise IndexError(f"the source has lines 1 to {len(self)}, not {number}")
        return self[number - 1].span

    def generated(self, line: int, filename: str | None = None) -> list[int]:
        """The numbers of the generated lines that come from a line of the user's.

        Parameters
        ----------
        line : int
            In the user's file, from 1.
        filename : str, optional
            Which file, or the end of its name, where the source comes from several.
        """
        return [
            found.number
            for found in self
            if (span := found.span) is not None
            and span.line <= line <= span.end_line
            and (line == span.line or not _is_compound(span))
            and (filename is None or span.filename.endswith(filename))
        ]

    def __repr__(self) -> str:
        return f"<source map of {len(self)} lines>\n{self}"

    def __str__(self) -> str:
        width = max((len(found.text) for found in self), default=0)
        return "\n".join(
            f"{found.number:>4}  {found.text:<{width}}  {_place(found.span)}".rstrip()
            for found in self
        )

    def _repr_html_(self) -> str:
        texts = as_html("\n".join(found.text for found in self))
        rows = "".join(
            f'<tr><td class="count">{found.number}</td><td>{text}</td>'
            f'<td class="count">{found.span.line if found.span else ""}</td>'
            f"<td>{_user(found.span)}</td></tr>"
            for found, text in zip(self, texts, strict=True)
        )
        head = "<tr><th></th><th>generated</th><th></th><th>from</th></tr>"
        return fragment(f'<div class="pane code"><table>{head}{rows}</table></div>')


def _is_compound(span: Span) -> bool:
    return span.text.rstrip().endswith(":")


def _place(span: Span | None) -> str:
    if span is None:
        return ""
    return f"{os.path.basename(span.filename)}:{span.line}  {span.text.strip()}"


def _user(span: Span | None) -> str:
    return as_html(span.text.strip() or " ")[0] if span is not None else ""


def source_map(generated: Sequence[Generated]) -> SourceMap:
    """The source map of texts that are read one below the other, as `joined` does."""
    lines: list[SourceLine] = []
    for one in generated:
        for text in ("", "") if lines else ():
            lines.append(SourceLine(len(lines) + 1, text))
        start = len(lines)
        for k, text in enumerate(one.text.split("\n")[:-1], 1):
            adjoint, span = k in one.adjoint, one.lines.get(k)
            lines.append(SourceLine(start + k, text, adjoint, span))
    return SourceMap(lines)


def joined(generated: Sequence[Generated]) -> str:
    """The texts of a transform, one below the other."""
    return "\n\n".join(one.text for one in generated)
