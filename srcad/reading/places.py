"""Where in the user's code: the statement and the function around a place.

Takes spans; gives `Statement` and `Definition`. Where the text of a file cannot be had,
the line that the span holds stands alone.
"""

from __future__ import annotations

import ast
import linecache
import os
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from srcad.errors import Span, SrcadError
from srcad.source import read_function

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Statement:
    """A statement of the user's, of a compound one only its header.

    line, end : its first and last line in the file.
    text : dedented; it may have several lines.
    """

    filename: str
    line: int
    end: int
    text: str


@dataclass(frozen=True)
class Definition:
    """A function of the user's, or a statement outside of one, as lines of its file."""

    name: str
    filename: str
    first: int
    lines: tuple[str, ...]

    @property
    def place(self) -> str:
        """Its file and first line, as a title says it."""
        name = self.filename
        if not name.startswith("<"):
            name = os.path.basename(name)
        return f"{name}, line {self.first}"


@dataclass
class Places:
    """Statements and definitions by place.

    function : the differentiated function; its file is read as it was proved.
    """

    function: Any
    files: dict[str, tuple[list[str], ast.Module | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            source = read_function(self.function)
        except SrcadError:
            return
        self.files[source.file.filename] = _read(source.file.text)

    def statement(self, span: Span) -> Statement:
        """The innermost statement that a place is in."""
        lines, tree = self.file(span.filename)
        found: ast.stmt | None = None
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.stmt) and _holds(node, span.line):
                if found is None or node.lineno >= found.lineno:
                    found = node
        if found is None:
            return Statement(span.filename, span.line, span.line, span.text.strip())
        end = _header_end(found)
        text = textwrap.dedent("\n".join(lines[found.lineno - 1 : end]))
        return Statement(span.filename, found.lineno, end, text.rstrip())

    def definitions(self, spans: Iterable[Span]) -> list[Definition]:
        """The function itself, and what else of the user's the places are in."""
        found: dict[tuple[str, int], Definition] = {}
        try:
            source = read_function(self.function)
            own = source.span(source.tree)
            if source.name == "<lambda>":
                definition = self.around(own, source.name)
            else:
                lines, _ = self.file(own.filename)
                definition = _definition(source.name, own, lines)
            found[definition.filename, definition.first] = definition
        except SrcadError:
            pass
        for span in spans:
            if any(_inside(span, d) for d in found.values()):
                continue
            definition = self.around(span)
            found[definition.filename, definition.first] = definition
        return list(found.values())

    def around(self, span: Span, name: str = "") -> Definition:
        """The innermost function that a place is in, or else the statement."""
        lines, tree = self.file(span.filename)
        inner: _Function | None = None
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, _Function) and _holds(node, span.line):
                if inner is None or node.lineno >= inner.lineno:
                    inner = node
        if inner is not None and name != "<lambda>":
            text = lines[inner.lineno - 1 : inner.end_lineno]
            return _of(inner.name, span.filename, inner.lineno, text)
        s = self.statement(span)
        return _of(name, s.filename, s.line, s.text.splitlines())

    def file(self, filename: str) -> tuple[list[str], ast.Module | None]:
        """The lines of a file, and its tree where it can be read."""
        if filename not in self.files:
            self.files[filename] = _read("".join(linecache.getlines(filename)))
        return self.files[filename]


def _read(text: str) -> tuple[list[str], ast.Module | None]:
    try:
        return text.split("\n"), ast.parse(text)
    except (SyntaxError, ValueError):  # a cell with magics, say
        return text.split("\n"), None


def _holds(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _inside(span: Span, d: Definition) -> bool:
    after = span.line - d.first
    return span.filename == d.filename and 0 <= after < len(d.lines)


def _header_end(node: ast.stmt) -> int:
    """The last line of a statement, of a compound one that of its header."""
    inside = getattr(node, "body", None) or getattr(node, "cases", None)
    end = node.end_lineno or node.lineno
    if not inside:
        return end
    first = inside[0].pattern if isinstance(inside[0], ast.match_case) else inside[0]
    decorators = getattr(first, "decorator_list", None)
    below: int = (decorators[0] if decorators else first).lineno
    return max(node.lineno, below - 1)


def _definition(name: str, own: Span, lines: list[str]) -> Definition:
    return _of(name, own.filename, own.line, lines[own.line - 1 : own.end_line])


def _of(name: str, filename: str, first: int, lines: list[str]) -> Definition:
    text = textwrap.dedent("\n".join(lines)).rstrip()
    return Definition(name, filename, first, tuple(text.split("\n")))
