"""The lines of `with` and `try` statements."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from srcad.backend.printer import printed
from srcad.backend.statements import Handler, Statement, Try, With
from srcad.backend.wrap import wrapped
from srcad.errors import Span
from srcad.ir.graph import Value


@dataclass(frozen=True)
class Line:
    """A line of text, the user's code it comes from, whether it is in the adjoint."""

    text: str
    span: Span | None = None
    adjoint: bool = False


class Lines(Protocol):
    """What is asked of the layout of a function."""

    adjoint: bool

    def name(self, value: Value) -> str:
        """The name of a value."""
        ...

    def tree(self, tree: ast.expr) -> ast.expr:
        """An expression with its names."""
        ...

    def block(self, statements: Sequence[Statement], depth: int) -> list[Line]:
        """The lines of statements, with comments."""
        ...

    def compound(
        self, header: str, body: Sequence[Statement], s: Statement, depth: int
    ) -> list[Line]:
        """A header and an indented block."""
        ...

    def prints(self, statements: Sequence[Statement]) -> bool:
        """Whether statements print anything."""
        ...


def region(layout: Lines, s: With | Try, depth: int) -> list[Line]:
    """The lines of a `with` or `try`."""
    return _with(layout, s, depth) if isinstance(s, With) else _try(layout, s, depth)


def _with(layout: Lines, s: With, depth: int) -> list[Line]:
    items, body = list(s.items), s.body
    while True:  # `with a, b:` for one right inside the other
        shown = [inner for inner in body if layout.prints([inner])]
        if len(shown) != 1 or not isinstance(shown[0], With):
            break
        items += shown[0].items
        body = shown[0].body
    texts = []
    for tree, given in items:
        text = printed(layout.tree(tree))
        texts.append(text if given is None else f"{text} as {layout.name(given)}")
    return _compound(layout, f"with {', '.join(texts)}:", body, s.span, depth)


def _try(layout: Lines, s: Try, depth: int) -> list[Line]:
    if not layout.prints(s.body):  # what prints nothing raises nothing
        return layout.block(s.orelse, depth) if s.orelse else []
    lines = _compound(layout, "try:", s.body, s.span, depth)
    for handler in s.handlers:
        lines += _compound(layout, _except(layout, handler), handler.body, None, depth)
    if s.orelse:
        lines += _compound(layout, "else:", s.orelse, None, depth)
    return lines


def _except(layout: Lines, handler: Handler) -> str:
    caught = printed(layout.tree(handler.catches))
    if isinstance(handler.catches, ast.Tuple) and not caught.startswith("("):
        caught = f"({caught})"
    text = f"except {caught}"
    return (
        f"{text}:"
        if handler.error is None
        else (f"{text} as {layout.name(handler.error)}:")
    )


def _compound(
    layout: Lines,
    header: str,
    body: Sequence[Statement],
    span: Span | None,
    depth: int,
) -> list[Line]:
    head = [Line(text, span) for text in wrapped(header, depth)]
    return [*head, *layout.block(body, depth + 1)]
