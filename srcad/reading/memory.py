"""What a gradient keeps in memory at given arguments, value by value.

The generated source is run with a look at its variables before each statement that is
in no loop; the fullest place is reported. Python keeps a variable to the end, compiled
code to the last statement that reads it. In the Numba dialect the source runs
uncompiled all the same, and sizes are those of compiled code.
"""

from __future__ import annotations

import ast
import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from srcad.backend.generate import Generated
from srcad.backend.runtime_lanes import downward
from srcad.entry import Entry
from srcad.errors import Span
from srcad.reading.colour import as_html
from srcad.reading.page import fragment
from srcad.reading.rows import Rows, aligned
from srcad.reading.sizes import Sizes

_LOOK = "srcad_look"
_HEAD = ("bytes", "numbers", "kept", "of your line")


@dataclass(frozen=True)
class Kept:
    """One value that is kept.

    name : in the generated source.
    count : how many numbers it holds.
    bytes : what is its own: an object that two values hold is counted with the first.
    span : the user's line whose values these are, where it comes from one.
    """

    name: str
    count: int
    bytes: int
    span: Span | None


class MemoryReport(Rows[Kept]):
    """The values that a gradient keeps where it keeps most, the largest first.

    Attributes
    ----------
    total : int
        Bytes, beside the arguments.
    line : int
        The line of the generated source before which this is so.
    """

    def __init__(self, kept: Sequence[Kept], line: int) -> None:
        super().__init__(sorted(kept, key=lambda k: -k.bytes))
        self.total = sum(k.bytes for k in kept)
        self.line = line

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return aligned([_HEAD, *map(_cells, self), self._last()], ">><<")

    def _last(self) -> tuple[str, str, str, str]:
        where = f"before line {self.line}" if self else ""
        return f"{self.total:,}", "", "in all", where

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td class="count">{size}</td><td class="count">{count}</td>'
            f"<td>{html.escape(name)}</td><td>{as_html(place or ' ')[0]}</td></tr>"
            for size, count, name, place in map(_cells, self)
        )
        head = "".join(f"<th>{name}</th>" for name in _HEAD)
        size, _, name, where = self._last()
        total = (
            f'<tr class="total"><td class="count">{size}</td><td></td>'
            f"<td>{name}</td><td>{where and f'{where} of the source'}</td></tr>"
        )
        body = f"<table><tr>{head}</tr>{rows}{total}</table>"
        return fragment(f'<div class="pane code">{body}</div>')


def _cells(k: Kept) -> tuple[str, str, str, str]:
    place = f"{k.span.line}: {k.span.text.strip()}" if k.span is not None else ""
    return f"{k.bytes:,}", f"{k.count:,}", k.name, place


# ---- measuring -----------------------------------------------------------------------


@dataclass
class _Watch:
    """The looks of one run.

    latest : what the latest look saw, and before which line.
    rounds : the most rounds since then of a loop that keeps the numbers it counts by.
    """

    generated: Generated
    body: list[ast.stmt]
    given: Sequence[Any]
    places: list[tuple[int, frozenset[str]]]
    seen: frozenset[tuple[str, int, int]] = frozenset()
    fullest: tuple[int, int, Sequence[tuple[str, int, int]]] = (-1, 0, ())
    latest: tuple[int, dict[str, Any]] = (0, {})
    rounds: int = 0

    def look(self, place: int, variables: dict[str, Any]) -> None:
        """Measure what is alive, and keep it where it is the most so far."""
        line, alive = self.places[place]
        compiled = self.generated.dialect == "numba"
        large = {
            name: value
            for name, value in variables.items()
            if _is_large(value) and (name in alive or not compiled)
        }
        self.latest, self.rounds = (line, large), 0
        self.measure(line, large)

    def counters(self, make: Callable[..., Any]) -> Callable[..., Any]:
        """What makes the numbers that a loop counts by, and keeps while it runs."""

        def made(*ends: int) -> Any:
            found = make(*ends)
            line, large = self.latest
            if len(found) > self.rounds:
                self.rounds = len(found)
                self.measure(line, {**large, make.__name__: found})
            return found

        return made

    def measure(self, line: int, large: dict[str, Any]) -> None:
        """Measure what is there before a line."""
        now = frozenset((n, id(v), _length(v)) for n, v in large.items())
        if now <= self.seen:
            return  # it cannot be more than it was
        self.seen = now
        sizes = Sizes(self.generated.dialect == "numba")
        for value in self.given:
            sizes.of(value)
        found = [(name, *sizes.of(value)) for name, value in large.items()]
        found = [row for row in found if row[2]]
        total = sum(size for _, _, size in found)
        if total > self.fullest[0]:
            self.fullest = total, line, found


def _is_large(value: Any) -> bool:
    """Whether a value is more than one number."""
    return not isinstance(value, (int, float, complex, str, type(None)))


def _length(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.size
    return len(value) if isinstance(value, (list, tuple, dict)) else 1


def memory_report(entry: Entry, args: Sequence[Any]) -> MemoryReport:
    """What the function of an entry keeps at these arguments; it is run once."""
    generated = entry.generated[0]
    tree = ast.parse(generated.text)
    name = generated.kernel or generated.name
    functions = {s.name: s for s in tree.body if isinstance(s, ast.FunctionDef)}
    main = functions[name]
    watch = _Watch(generated, list(main.body), args, [])
    spans = {s.name: s for s in _spans(main, functions, generated)}
    main.body = list(_watched(main.body, [], watch.places))
    ast.fix_missing_locations(tree)
    names = {"__name__": "srcad_generated", **generated.names, _LOOK: watch.look}
    exec(compile(tree, "<srcad memory>", "exec", dont_inherit=True), names)
    if downward.__name__ in names:
        names[downward.__name__] = watch.counters(downward)
    replace(entry, functions=(names[generated.name],)).run(args)
    _, line, found = watch.fullest
    kept = [
        Kept(name, count, size, spans[name].span if name in spans else None)
        for name, count, size in found
    ]
    return MemoryReport(kept, line)


def _watched(
    block: Sequence[ast.stmt],
    after: Sequence[ast.stmt],
    places: list[tuple[int, frozenset[str]]],
) -> Iterator[ast.stmt]:
    """Statements with a look before each, also inside branches, but not in loops."""
    for k, statement in enumerate(block):
        rest = [*block[k:], *after]
        places.append((statement.lineno, frozenset(_alive(rest))))
        yield ast.parse(f"{_LOOK}({len(places) - 1}, locals())").body[0]
        if isinstance(statement, (ast.If, ast.With, ast.Try)):
            below = rest[1:]
            statement.body = list(_watched(statement.body, below, places))
            if not isinstance(statement, ast.With):
                orelse = _watched(statement.orelse, below, places)
                statement.orelse = list(orelse)
        yield statement


def _alive(statements: Sequence[ast.stmt]) -> set[str]:
    """The names that statements read before they set them."""
    found: set[str] = set()
    set_: set[str] = set()
    for s in statements:
        inner: set[str] = set()
        for block in ("body", "orelse", "finalbody"):
            inner |= _alive(getattr(s, block, []))
        for handler in getattr(s, "handlers", []):
            inner |= _alive(handler.body)
        if isinstance(s, ast.For):
            inner = (inner - _names(s.target, ast.Store)) | _names(s.iter, ast.Load)
        elif isinstance(s, (ast.If, ast.While)):
            inner |= _names(s.test, ast.Load)
        elif isinstance(s, ast.With):
            for item in s.items:
                inner |= _names(item.context_expr, ast.Load)
        elif not isinstance(s, ast.Try):
            inner |= _names(s, ast.Load)
            if isinstance(s, ast.AugAssign):
                inner |= _names(s.target, ast.Store)
        found |= inner - set_
        if isinstance(s, ast.Assign):
            set_ |= _names(s, ast.Store)
    return found


def _names(tree: ast.AST, context: type[ast.expr_context]) -> set[str]:
    return {
        n.id
        for n in ast.walk(tree)
        if isinstance(n, ast.Name) and isinstance(n.ctx, context)
    }


# ---- whose values these are ----------------------------------------------------------


@dataclass(frozen=True)
class _Origin:
    name: str
    span: Span | None


def _spans(
    main: ast.FunctionDef,
    functions: Mapping[str, ast.FunctionDef],
    generated: Generated,
) -> Iterator[_Origin]:
    """For each name, the user's line that its values come from.

    Of a list or table that a loop fills, here or in a function that is handed it, the
    line that made what is put into it.
    """
    for s in ast.walk(main):
        if isinstance(s, ast.Assign):
            for name in _names(s, ast.Store):
                yield _Origin(name, generated.lines.get(s.lineno))
    for loop in ast.walk(main):
        if isinstance(loop, (ast.For, ast.While)):
            yield from _filled(loop, generated)
    for s in ast.walk(main):
        match s:
            case ast.Call(ast.Name(callee), given) if callee in functions:
                yield from _filled_there(functions[callee], given, generated)


def _filled_there(
    callee: ast.FunctionDef, given: Sequence[ast.expr], generated: Generated
) -> Iterator[_Origin]:
    """The same of what a function is handed, by the caller's names."""
    pairs = zip(callee.args.args, given, strict=False)
    handed = {p.arg: v.id for p, v in pairs if isinstance(v, ast.Name)}
    for loop in ast.walk(callee):
        if isinstance(loop, (ast.For, ast.While)):
            for found in _filled(loop, generated):
                if found.name in handed:
                    yield _Origin(handed[found.name], found.span)


def _filled(loop: ast.For | ast.While, generated: Generated) -> Iterator[_Origin]:
    made: dict[str, Span | None] = {}
    for s in ast.walk(loop):
        if isinstance(s, ast.Assign):
            for name in _names(s, ast.Store):
                made.setdefault(name, generated.lines.get(s.lineno))
    for s in ast.walk(loop):
        match s:
            case ast.Expr(
                ast.Call(ast.Attribute(ast.Name(name), "append"), [put])
            ) | ast.Assign([ast.Subscript(ast.Name(name))], put):
                own = generated.lines.get(s.lineno)
                known = put.id if isinstance(put, ast.Name) else ""
                yield _Origin(name, made.get(known) or own)
