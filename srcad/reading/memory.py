"""What a gradient keeps in memory at given arguments, value by value.

The generated source is run with a look at its variables before each statement that is
in no loop (`watch.py`); the fullest statement is reported. In the Numba dialect the
source runs uncompiled all the same, and sizes are those of compiled code.
"""

from __future__ import annotations

import ast
import contextlib
import html
import itertools
import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from srcad.backend.runtime_lanes import downward
from srcad.entry import Entry
from srcad.errors import Span
from srcad.reading.apart import apart
from srcad.reading.colour import as_html
from srcad.reading.lifetimes import Lifetimes
from srcad.reading.origins import origins
from srcad.reading.page import fragment
from srcad.reading.rows import Rows, aligned
from srcad.reading.watch import LOOK, Watch, watched

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
        The line of the generated source with the statement that needs it.
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
        where = f"in line {self.line}" if self else ""
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


def memory_report(entry: Entry, args: Sequence[Any]) -> MemoryReport:
    """What the function of an entry keeps at these arguments; it is run once."""
    generated = entry.generated[0]
    tree = ast.parse(generated.text)
    name = generated.kernel or generated.name
    functions = {s.name: s for s in tree.body if isinstance(s, ast.FunctionDef)}
    spans = {s.name: s.span for s in origins(functions[name], functions, generated)}
    watch = Watch(generated.dialect == "numba", args)
    _watch(functions, name, watch)
    ast.fix_missing_locations(tree)
    names = {"__name__": "srcad_generated", **generated.names, LOOK: watch.look}
    exec(compile(tree, "<srcad memory>", "exec", dont_inherit=True), names)
    if downward.__name__ in names:
        names[downward.__name__] = watch.counters(downward)
    with _tracing(not watch.compiled):
        watch.begin()
        replace(entry, functions=(names[generated.name],)).run(args)
        watch.end()
    _, line, found = watch.fullest
    kept = [Kept(n, count, size, spans.get(n)) for n, count, size in found]
    return MemoryReport(kept, line)


def _watch(functions: Mapping[str, ast.FunctionDef], main: str, watch: Watch) -> None:
    """Put looks into the main function; compiled, into those that it calls as well."""
    lives, count = Lifetimes(), itertools.count()
    wanted = {main}
    if watch.compiled:
        calls = [s.func for s in ast.walk(functions[main]) if isinstance(s, ast.Call)]
        wanted |= {f.id for f in calls if isinstance(f, ast.Name)} & {*functions}
    for name in sorted(wanted):
        f = functions[name]
        body = list(apart(f.body, count)) if watch.compiled else f.body
        f.body = list(watched(body, [], watch.places, lives, name != main))


@contextlib.contextmanager
def _tracing(wanted: bool) -> Iterator[None]:
    """Python's allocations are traced; where they were before, they stay so."""
    starts = wanted and not tracemalloc.is_tracing()
    if starts:
        tracemalloc.start()
    try:
        yield
    finally:
        if starts:
            tracemalloc.stop()
