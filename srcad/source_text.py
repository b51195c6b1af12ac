"""The text a function was written in, and the place of each node in that text.

Takes a function; gives the `SourceFile` objects that may hold its source, newest last.
Whether one of them really is the code that runs is decided in `source_match`.
"""

from __future__ import annotations

import functools
import io
import linecache
import tokenize
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gast

from srcad.errors import Span

_Extent = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class SourceFile:
    """The content of one file, notebook cell or registered text at one time.

    Compared by identity: `source_file` gives one object per (filename, content).

    Parameters
    ----------
    filename : str
        As the compiler knows it.
    text : str
        The whole content, with ``\\n`` line ends.
    lines : tuple of str
        The physical lines, without line ends; line number ``n`` is ``lines[n - 1]``.
    """

    filename: str
    text: str
    lines: tuple[str, ...]

    def line(self, number: int) -> str:
        """Return physical line `number` (from 1), or "" where there is none."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def span(self, node: Any) -> Span | None:
        """Return the place of an ast or gast node.

        A node that has no place of its own (arguments, a comprehension) has that of
        what it holds; None where there is nothing.
        """
        extent = _extent(node)
        if extent is None:
            return None
        line, column, end_line, end_column = extent
        return Span(
            self.filename,
            line,
            _characters(self.line(line), column),
            end_line,
            _characters(self.line(end_line), end_column),
            self.line(line),
        )

    def between(self, start: tuple[int, int], end: tuple[int, int]) -> str:
        """Return the text from `start` up to `end`, each (line, column in characters).

        Later lines lose the indentation of the first one.
        """
        first, last = start[0], end[0]
        if first == last:
            return self.line(first)[start[1] : end[1]]
        head = self.line(first)
        indent = head[: len(head) - len(head.lstrip())]
        middle = [self.line(number) for number in range(first + 1, last)]
        rest = [*middle, self.line(last)[: end[1]]]
        return "\n".join([head[start[1] :], *(s.removeprefix(indent) for s in rest)])

    def node_text(self, node: Any) -> str:
        """Return the source of a node, dedented; "" for a node without a place."""
        if (span := self.span(node)) is None:
            return ""
        return self.between(
            (span.line, span.column), (span.end_line, span.end_column)
        ).rstrip()

    def header(self, node: Any) -> str:
        """Return the source of a statement, of a compound one only up to its colon."""
        span, body = self.span(node), _first_inside(node)
        if span is None or body is None or (inside := self.span(body)) is None:
            return self.node_text(node)
        start = (span.line, span.column)
        text = self.between(start, (inside.line, inside.column))
        return _up_to_last_colon(text)


@functools.lru_cache(maxsize=512)
def source_file(filename: str, text: str) -> SourceFile:
    """Return the `SourceFile` of this content, the same one each time."""
    return SourceFile(filename, text, tuple(text.split("\n")))


def source_files(function: types.FunctionType) -> Iterator[SourceFile]:
    """Yield the contents that may hold the source of `function`.

    linecache knows files, notebook cells, doctests, modules in zip files (through
    their loader) and whatever was registered with it. What it remembers may be older
    than the file: often it is what was imported, so that is tried first.
    """
    code = function.__code__
    seen: list[str] = []
    for refresh in (False, True):
        if refresh:
            linecache.checkcache(code.co_filename)
        text = "".join(_lines(code, function.__globals__))
        if text.strip() and text not in seen:
            seen.append(text)
            yield source_file(code.co_filename, text)


def register(filename: str, text: str) -> None:
    """Make `text` known to linecache, so that tracebacks and debuggers show it."""
    # Not splitlines: a form feed ends no line of Python.
    lines = [line + "\n" for line in text.removesuffix("\n").split("\n")]
    # Without a modification time linecache does not look for a file of that name.
    linecache.cache[filename] = (len(text), None, lines, filename)


def _lines(code: types.CodeType, namespace: dict[str, Any]) -> list[str]:
    """Return the lines linecache has for `code`."""
    # Python 3.13 keeps what was typed at its prompt by code object, not by filename.
    by_code = getattr(linecache, "_getlines_from_code", None)
    lines: list[str] = by_code(code) if by_code is not None else []
    return lines or linecache.getlines(code.co_filename, namespace)


def _characters(line: str, column: int) -> int:
    """Turn a column in utf-8 bytes into one in characters."""
    if line.isascii():
        return column
    return len(line.encode()[:column].decode(errors="ignore"))


def _extent(node: Any) -> _Extent | None:
    """Return line, column, end line, end column (bytes) of a node or its children."""
    line = getattr(node, "lineno", None)
    if line is not None:
        end_line = getattr(node, "end_lineno", None)
        end_column = getattr(node, "end_col_offset", None)
        if end_line is None or end_column is None:
            return line, node.col_offset, line, node.col_offset + 1
        return line, node.col_offset, end_line, end_column
    parts = [e for child in gast.iter_child_nodes(node) if (e := _extent(child))]
    if not parts:
        return None
    starts, ends = [e[:2] for e in parts], [e[2:] for e in parts]
    return (*min(starts), *max(ends))


def _first_inside(node: Any) -> Any:
    """Return the first thing inside a compound statement, None for other nodes."""
    body = getattr(node, "body", None)
    inside = body if isinstance(body, list) else getattr(node, "cases", None)
    if not inside:
        return None
    first = inside[0]
    decorators = getattr(first, "decorator_list", None)
    return decorators[0] if decorators else first


def _up_to_last_colon(text: str) -> str:
    """Cut the header of a compound statement after the colon that ends it.

    `text` goes on to the body, with a comment perhaps, whose colons do not count.
    """
    end = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.OP and token.string == ":":
                end = token.end
    except (tokenize.TokenError, SyntaxError):
        # The text stops in the middle of a block; its header has been read by then.
        pass
    if end is None:
        return text.rstrip()
    lines = text.split("\n")[: end[0]]
    return "\n".join([*lines[:-1], lines[-1][: end[1]]])
