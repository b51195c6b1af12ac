"""Whose values the variables of a generated source hold.

Takes its functions; gives, for each name, the user's line that its values come from.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from srcad.backend.generate import Generated
from srcad.errors import Span
from srcad.reading.lifetimes import names


@dataclass(frozen=True)
class Origin:
    """A name, and the line."""

    name: str
    span: Span | None


def origins(
    main: ast.FunctionDef,
    functions: Mapping[str, ast.FunctionDef],
    generated: Generated,
) -> Iterator[Origin]:
    """For each name, the user's line that its values come from.

    Of a list or table that a loop fills, here or in a function that is handed it, the
    line that made what is put into it.
    """
    for s in ast.walk(main):
        if isinstance(s, ast.Assign):
            for name in names(s, ast.Store):
                yield Origin(name, generated.lines.get(s.lineno))
    for loop in ast.walk(main):
        if isinstance(loop, (ast.For, ast.While)):
            yield from _filled(loop, generated)
    for s in ast.walk(main):
        match s:
            case ast.Call(ast.Name(callee), given) if callee in functions:
                yield from _filled_there(functions[callee], given, generated)


def _filled_there(
    callee: ast.FunctionDef, given: Sequence[ast.expr], generated: Generated
) -> Iterator[Origin]:
    """The same of what a function is handed, by the caller's names."""
    pairs = zip(callee.args.args, given, strict=False)
    handed = {p.arg: v.id for p, v in pairs if isinstance(v, ast.Name)}
    for loop in ast.walk(callee):
        if isinstance(loop, (ast.For, ast.While)):
            for found in _filled(loop, generated):
                if found.name in handed:
                    yield Origin(handed[found.name], found.span)


def _filled(loop: ast.For | ast.While, generated: Generated) -> Iterator[Origin]:
    made: dict[str, Span | None] = {}
    for s in ast.walk(loop):
        if isinstance(s, ast.Assign):
            for name in names(s, ast.Store):
                made.setdefault(name, generated.lines.get(s.lineno))
    for s in ast.walk(loop):
        match s:
            case ast.Expr(
                ast.Call(ast.Attribute(ast.Name(name), "append"), [put])
            ) | ast.Assign([ast.Subscript(ast.Name(name))], put):
                own = generated.lines.get(s.lineno)
                known = put.id if isinstance(put, ast.Name) else ""
                yield Origin(name, made.get(known) or own)
