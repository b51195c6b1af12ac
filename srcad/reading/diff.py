"""Each statement of the user's beside the statements of its adjoint."""

from __future__ import annotations

import html
import os
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from srcad.api import grad
from srcad.reading.colour import as_html
from srcad.reading.lines import SourceLine, SourceMap
from srcad.reading.lines import source_map as map_of
from srcad.reading.page import fragment
from srcad.reading.places import Places, Statement
from srcad.reading.readable import Readable
from srcad.reading.rows import Rows


@dataclass(frozen=True)
class Pair:
    """A statement of the user's, and what it gave.

    forward, adjoint : generated lines, in the order in which they run.
    """

    statement: Statement
    forward: tuple[str, ...]
    adjoint: tuple[str, ...]


class Diff(Rows[Pair]):
    """Statements of a function with their adjoint statements, in the user's order."""

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        lines: list[str] = []
        filename = ""
        for pair in self:
            s = pair.statement
            if s.filename != filename:
                filename = s.filename
                lines += [""] * bool(lines) + [os.path.basename(filename)]
            lines += [""] * (len(lines) > 1 and lines[-1] != "")
            first, *rest = s.text.split("\n")
            lines.append(f"{s.line:>4}  {first}")
            lines += [f"      {text}" for text in rest]
            lines += [f"      |  {text}" for text in pair.adjoint]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td class="count">{p.statement.line}</td>'
            f"<td>{_coloured(p.statement.text)}</td>"
            f'<td class="adjoint">{_coloured(_together(p.adjoint))}</td></tr>'
            for p in self
        )
        names = dict.fromkeys(os.path.basename(p.statement.filename) for p in self)
        files = html.escape(", ".join(names))
        head = f"<tr><th></th><th>{files}</th><th>adjoint</th></tr>"
        return fragment(f'<div class="pane code"><table>{head}{rows}</table></div>')


def _together(lines: Sequence[str]) -> str:
    return "\n".join(lines)


def _coloured(text: str) -> str:
    return "\n".join(as_html(text))


def diff(
    f: Callable[..., Any] | Readable,
    *args: Any,
    argnums: int | Sequence[int] = 0,
    **kwargs: Any,
) -> Diff:
    """Each statement of a function beside the statements of its adjoint.

    Parameters
    ----------
    f : callable
        A function, of which the gradient is read; or a gradient, Jacobian, ... itself.
    *args, **kwargs
        For arguments like these; without any, as `.source`.
    argnums : int or tuple of int
        As in `grad`, where f is a function.

    Returns
    -------
    Diff
        A sequence of `Pair(statement, forward, adjoint)` that prints as text and shows
        itself in a notebook. Statements that the gradient does not need are left out.
    """
    read: Readable = f if isinstance(f, Readable) else grad(f, argnums)
    found = (
        read._generated_for(*args, **kwargs) if args or kwargs else read._generated()
    )
    return _pairs(read._read_from(), map_of(found))


def _pairs(function: Any, lines: SourceMap) -> Diff:
    places = Places(function)
    found: dict[Statement, tuple[list[SourceLine], list[SourceLine]]] = {}
    for line in lines:
        if line.span is not None:
            halves = found.setdefault(places.statement(line.span), ([], []))
            halves[line.adjoint].append(line)
    spans = [line.span for line in lines if line.span is not None]
    order = {
        (d.filename, d.first + k): at
        for at, (d, k) in enumerate(
            (d, k) for d in places.definitions(spans) for k in range(len(d.lines))
        )
    }
    last = len(order)
    ranked = sorted(found, key=lambda s: order.get((s.filename, s.line), last))
    return Diff([Pair(s, _texts(found[s][0]), _texts(found[s][1])) for s in ranked])


def _texts(lines: Sequence[SourceLine]) -> tuple[str, ...]:
    """Lines without their indentation; neighbours keep what is between them."""
    runs: list[list[SourceLine]] = []
    for line in lines:
        if runs and runs[-1][-1].number == line.number - 1:
            runs[-1].append(line)
        else:
            runs.append([line])
    return tuple(
        text
        for run in runs
        for text in textwrap.dedent("\n".join(line.text for line in run)).split("\n")
    )
