"""`check_syntax(f)`: all constructs of a function that srcad refuses, before any call.

It reads the source only: nothing is lowered or run.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gast

from srcad.errors import Span
from srcad.frontend.bodies import local_names
from srcad.frontend.frame import EXPRESSIONS, STATEMENTS
from srcad.frontend.syntax import CALLS, TABLE, Construct, construct
from srcad.plain import plain_function
from srcad.source import FunctionSource, read_function


@dataclass(frozen=True)
class Finding:
    """One construct that is refused.

    Attributes
    ----------
    span : Span
        Where it stands.
    construct : str
        What it is, in words.
    why, hint : str
        The reason, and what to write instead.
    """

    span: Span
    construct: str
    why: str
    hint: str

    @property
    def file(self) -> str:
        """The file it stands in."""
        return self.span.filename

    @property
    def line(self) -> int:
        """Its line, counted from 1."""
        return self.span.line

    @property
    def column(self) -> int:
        """Its column, counted from 0."""
        return self.span.column

    def __str__(self) -> str:
        place = f'  file "{self.file}", line {self.line}, column {self.column}'
        lines = [f"{self.construct} is not supported", place]
        lines += ["    " + line for line in self.span.underlined().splitlines()]
        lines += [f"why: {self.why}"] * bool(self.why)
        lines += [f"hint: {self.hint}"] * bool(self.hint)
        return "\n".join(lines)


class Findings(list[Finding]):
    """What `check_syntax` found; empty where nothing is refused."""

    def __str__(self) -> str:
        return "\n\n".join(map(str, self)) or "nothing is refused by its syntax"


def check_syntax(f: Callable[..., Any]) -> Findings:
    """All constructs of a function that are refused by syntax alone.

    Constructs count wherever they stand in the function, also on a way that no call
    takes. What depends on types and values is found by calling a transform only.

    Parameters
    ----------
    f : callable
        A function whose source can be read.

    Returns
    -------
    list of Finding
        In the order of the source; it prints readably.

    Raises
    ------
    SourceUnavailable, SourceMismatch, SignatureError
        f has no source that can be read, or is no function.
    """
    source = read_function(plain_function(f)[0])
    found = [
        Finding(source.span(node), row.words, row.why, row.hint)
        for node, row in _refused(source)
    ]
    return Findings(sorted(found, key=lambda x: (x.line, x.column)))


def _refused(source: FunctionSource) -> Iterator[tuple[Any, Construct]]:
    tree, names = source.tree, source.function.__globals__
    own = local_names(tree) | set(source.code.co_freevars)
    todo = list(tree.body) if isinstance(tree.body, list) else [tree.body]
    while todo:
        node = todo.pop()
        if isinstance(node, (gast.expr, gast.stmt)) and not _is_served(node):
            yield node, construct(node)
            if type(node).__name__ in _WHOLE:
                continue
        elif isinstance(node, gast.Call) and isinstance(node.func, gast.Name):
            name = node.func.id
            known = name in CALLS and name not in own and name not in names
            if known and hasattr(builtins, name):
                yield node, CALLS[name]
        todo += _children(node)


# What stands inside these is refused with them.
_WHOLE = ("AsyncFunctionDef", "ClassDef", "TypeAlias")

# Served where they are met, without a handler of their own.
_ELSEWHERE = (gast.If, gast.Match, gast.Starred, gast.FormattedValue)


def _is_served(node: Any) -> bool:
    if type(node).__name__ in ("Yield", "YieldFrom"):
        return False
    kinds = (*EXPRESSIONS, *STATEMENTS, *_ELSEWHERE)
    return isinstance(node, kinds) or type(node).__name__ not in TABLE


def _children(node: Any) -> list[Any]:
    """The syntax below a node that runs with it: no annotations."""
    found: list[Any] = []
    for name, value in gast.iter_fields(node):
        if name not in ("annotation", "returns", "type_params"):
            parts = value if isinstance(value, list) else [value]
            found += [part for part in parts if isinstance(part, gast.AST)]
    return found
