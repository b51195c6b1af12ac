"""Python text in colour: for a terminal, and as HTML.

Takes source text; gives it with marks. What cannot be cut into tokens stays plain.
"""

from __future__ import annotations

import builtins
import html
import io
import keyword
import os
import sys
import tokenize
from collections.abc import Iterator
from typing import TextIO

Piece = tuple[str, str]  # what it is, and its text; "" is nothing special

# Colours that read well on a light and on a dark background alike.
_TERMINAL = {
    "keyword": "\x1b[35m",
    "comment": "\x1b[32m",
    "string": "\x1b[33m",
    "number": "\x1b[36m",
    "builtin": "\x1b[34m",
    "name": "\x1b[1m",
}
_END = "\x1b[0m"


def pieces(text: str) -> list[list[Piece]]:
    """The lines of a text, each as pieces that make it up."""
    lines = text.splitlines()
    cuts: dict[int, list[tuple[int, int, str]]] = {}
    for kind, token in _kinds(text):
        (first, start), (last, stop) = token.start, token.end
        for k in range(first, min(last, len(lines)) + 1):
            begin = start if k == first else 0
            end = stop if k == last else len(lines[k - 1])
            cuts.setdefault(k, []).append((begin, end, kind))
    return [list(_cut(line, cuts.get(k, []))) for k, line in enumerate(lines, 1)]


def _kinds(text: str) -> Iterator[tuple[str, tokenize.TokenInfo]]:
    """The tokens that have a colour."""
    before = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if kind := _kind(token, before):
                yield kind, token
            before = token.string
    except (tokenize.TokenError, SyntaxError):
        return


def _kind(token: tokenize.TokenInfo, before: str) -> str:
    name = tokenize.tok_name[token.type]
    if name == "NAME":
        if keyword.iskeyword(token.string):
            return "keyword"
        if before in ("def", "class"):
            return "name"
        known = hasattr(builtins, token.string) and before != "."
        return "builtin" if known else ""
    if name == "STRING" or name.startswith("FSTRING"):
        return "string"
    return {"COMMENT": "comment", "NUMBER": "number"}.get(name, "")


def _cut(line: str, cuts: list[tuple[int, int, str]]) -> Iterator[Piece]:
    done = 0
    for start, stop, kind in cuts:
        if start < done or stop <= start:
            continue
        if start > done:
            yield "", line[done:start]
        yield kind, line[start:stop]
        done = stop
    if done < len(line):
        yield "", line[done:]


def for_terminal(text: str) -> str:
    """A text with the marks that give colours in a terminal."""
    lines = [
        "".join(f"{_TERMINAL[kind]}{t}{_END}" if kind else t for kind, t in line)
        for line in pieces(text)
    ]
    return "\n".join(lines) + "\n" * text.endswith("\n")


def as_html(text: str) -> list[str]:
    """The lines of a text as HTML, each piece in a span with its kind as class."""
    return [
        "".join(
            f'<span class="{kind}">{html.escape(t)}</span>' if kind else html.escape(t)
            for kind, t in line
        )
        for line in pieces(text)
    ]


def wanted(stream: TextIO | None = None) -> bool:
    """Whether what is written to a stream is read in colour.

    `NO_COLOR` (see https://no-color.org) says no, and so does a stream that is no
    terminal.
    """
    stream = sys.stdout if stream is None else stream
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except (AttributeError, ValueError):  # replaced by something else, or closed
        return False
