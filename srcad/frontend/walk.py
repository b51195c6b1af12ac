"""What a `for` walks: ranges, arrays by row, lists, tuples, strings, and iterators.

Gives the values a `for_` node walks, and from their entries the object that the loop's
target is bound to. Tuples, short lists of unequal things, and dicts are unrolled. An
entry is looked up at its turn, so a body that writes to what it walks meets what Python
would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.abstract import refuse_changing
from srcad.frontend.classes import call_special
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.refs import (
    Cell,
    Entries,
    Items,
    Iteration,
    Members,
    Number,
    Ref,
    Static,
    Table,
    View,
)
from srcad.frontend.sets import in_any_order
from srcad.frontend.structures import structure
from srcad.frontend.subscripts import element, entry_object
from srcad.frontend.uses import use_up
from srcad.ir.builder import current
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.joining import joined
from srcad.ir.types import INT, Array, List, Range, Tuple, Type, Unknown, unwrapped
from srcad.ops.containers import (
    list_len,
    list_of,
    list_prefix,
    list_reversed,
    range_,
    range_len,
    range_prefix,
)
from srcad.ops.lists import list_add_at, list_set
from srcad.ops.shapes import len_of

UNROLL_LIMIT = 64
DIRECT = "direct"  # the entry itself is what the target is bound to
RESIZED = "the length of what this loop walks changes while it does"
COPY = "walk a copy of it: list(...)"
NOT_WALKED = TypeError("'NoneType' object is not iterable")


@dataclass
class Entry:
    """One entry of what is unrolled.

    get : makes its object, at its turn. present : whether it is there, where what else
        is walked may be shorter. stable : whether `get` computes nothing.
    """

    get: Callable[[], Ref]
    present: Callable[[], Value] | None = None
    stable: bool = False


@dataclass
class Walk:
    """A loop's walk: the values walked and how the target's object is made.

    known : the entries, where the loop is to be unrolled.
    length : how many there are; None for what has no end.
    prefix, reverse : the walk of the first entries, or from the end.
    at : the object of an entry, by its number; count : how many, where it is known.
    changed : whether what is walked was written to since.
    lists : whether it has lists of unknown length that could be looked up in instead.
    """

    values: tuple[Value, ...]
    types: tuple[Type, ...]
    names: tuple[str, ...]
    item: Callable[[tuple[Value, ...]], Ref]
    length: Callable[[], Value] | None
    known: tuple[Entry, ...] | None = None
    prefix: Callable[[Value], Walk] | None = None
    reverse: Callable[[], Walk] | None = None
    at: Callable[[int], Ref] | None = None
    count: int | None = None
    changed: Callable[[], bool] = lambda: False
    lists: bool = False

    def fresh_items(self, target: Any) -> tuple[Value, ...]:
        """Block parameters for the entries, with the target's names if they are it."""
        flat = list(_leaves(target))
        names = self.names
        if len(flat) == len(names):
            pairs = zip(flat, names, strict=True)
            names = tuple(t if n == DIRECT else "" for t, n in pairs)
        else:
            names = ("",) * len(names)
        return tuple(Value(n, t) for n, t in zip(names, self.types, strict=True))


def _leaves(target: Any) -> Iterator[str]:
    if isinstance(target, (gast.Tuple, gast.List)):
        for t in target.elts:
            yield from _leaves(t)
    else:
        yield target.id if isinstance(target, gast.Name) else ""


# How iterators are walked, by their kind (`walk_iterators.py` fills it).
ITERATORS: dict[str, Callable[[Frame, Iteration, bool], Walk]] = {}


def walk_of(frame: Frame, ref: Ref, node: Any = None) -> Walk:
    """How a `for` walks an object.

    Raises
    ------
    UnsupportedSyntax
        It cannot be walked, or is an iterator that may have been walked before.
    """
    if node is not None:
        with frame.place(node):
            return walk_of(frame, ref)
    use_up(ref)
    found = walk(frame, ref)
    if found.length is None:
        raise UnsupportedSyntax(
            "a loop over what has no end is not supported",
            hint="zip it with what has one, or write while True",
        )
    return found


def walk(frame: Frame, ref: Ref, live: bool = False) -> Walk:
    """The walk of an object, iterators among it.

    live : lists are read anew at each entry, for the loop's body writes to them.
    """
    if isinstance(ref, Iteration):
        maker = ITERATORS.get(ref.kind)
        if maker is None:
            raise UnsupportedSyntax("this cannot be walked by a for loop")
        return maker(frame, ref, live)
    if isinstance(ref, Items):
        return known_walk(ref.items)
    walked = call_special(frame, ref, "__iter__")
    if walked is not None:
        return walk(frame, walked, live)
    if isinstance(ref, Cell):
        content = frame.content(ref)
        if isinstance(content, Entries):
            return _entries(frame, ref, content)
        if isinstance(content, Table):
            return _keys(frame, ref, content)
        if isinstance(content, Members):
            return known_walk(in_any_order(frame, ref))
        if isinstance(content, Value):
            return _of_value(frame, ref, content, live)
    if isinstance(ref, (Number, View)):
        return _of_value(frame, ref, frame.read(ref), live)
    known = ref.value if isinstance(ref, Static) else 0
    if isinstance(known, (str, bytes, tuple, list, range, dict)):
        return known_walk(tuple(map(constant_ref, known)))
    if isinstance(known, (set, frozenset)):
        return known_walk(in_any_order(frame, ref))
    refuse_changing(known)
    error = UnsupportedSyntax("this cannot be walked by a for loop")
    raise error.for_certain(NOT_WALKED) if known is None else error


# ---- known entries -------------------------------------------------------------------


def known_walk(items: tuple[Ref, ...]) -> Walk:
    """The walk of known objects."""
    return unrolled(tuple(Entry(lambda r=r: r, None, True) for r in items))  # type: ignore[misc]


def unrolled(entries: tuple[Entry, ...]) -> Walk:
    """The walk of entries that are looked up at their turn."""
    return Walk(
        (),
        (),
        (),
        lambda items: Static(None),
        lambda: literal(len(entries)),
        entries,
        reverse=lambda: unrolled(tuple(reversed(entries))),
        count=len(entries),
    )


def _entries(frame: Frame, cell: Cell, content: Entries) -> Walk:
    """A list of known length: unrolled if short or unequal, else walked."""
    items = content.items
    numbers = all(isinstance(r, Number) for r in items)
    if len(items) > UNROLL_LIMIT and numbers:
        values = [frame.read(r) for r in items]
        if not isinstance(joined(tuple(v.type for v in values)), Unknown):
            found = _list(frame, cell, list_of(*values), False)
            found.changed = lambda: frame.content(cell) is not content
            return found

    def get(k: int) -> Ref:
        now = frame.content(cell)
        if isinstance(now, Entries) and len(now.items) == len(items):
            return now.items[k]
        if isinstance(now, Value) and _list_length(now) == len(items):
            return element(frame, cell, literal(k))
        raise UnsupportedSyntax(RESIZED, hint=COPY)

    def resized() -> bool:
        now = structure(frame, cell)
        size = _list_length(frame.read(cell)) if now is None else len(now.items)
        return size != len(items)

    found = unrolled(
        tuple(Entry(lambda k=k: get(k), None, True) for k in range(len(items)))  # type: ignore[misc]
    )
    found.changed = resized
    return found


def _list_length(value: Value) -> Any:
    t = unwrapped(value.type)
    return t.length if isinstance(t, List) else None


def _keys(frame: Frame, cell: Cell, content: Table) -> Walk:
    found = known_walk(tuple(constant_ref(k) for k in content.items))

    def resized() -> bool:
        now = structure(frame, cell)
        return not isinstance(now, Table) or list(now.items) != list(content.items)

    found.changed = resized
    return found


# ---- values --------------------------------------------------------------------------


def _of_value(frame: Frame, ref: Ref, value: Value, live: bool) -> Walk:
    t = unwrapped(value.type)
    if isinstance(t, Range):
        return range_walk(value)
    if isinstance(t, List):
        return _list(frame, ref, value, live)
    if isinstance(t, Tuple):
        return known_walk(
            tuple(element(frame, ref, literal(k)) for k in range(len(t.items)))
        )
    if isinstance(t, Array) and t.dims:
        return _rows(frame, ref, value)
    if isinstance(t, Unknown):
        raise UnsupportedSyntax(
            "the type of what this loop walks is not known before the first call",
            hint="call it once, or ask for source_for(*args)",
        )
    raise UnsupportedSyntax("a number cannot be walked by a for loop")


def range_walk(value: Value) -> Walk:
    """The walk of a range."""
    t = unwrapped(value.type)
    assert isinstance(t, Range)
    parts = _range_parts(value)

    def at(k: int) -> Ref:
        assert parts is not None
        start, _, step = parts
        return Number(_plus(start, k, step))

    return Walk(
        (value,),
        (INT,),
        (DIRECT,),
        lambda items: Number(items[0]),
        lambda: range_len(value),
        prefix=lambda count: range_walk(range_prefix(value, count)),
        reverse=lambda: range_walk(reversed_range(value)),
        at=at if parts is not None else None,
        count=t.length if isinstance(t.length, int) else None,
    )


def _plus(start: Value, k: int, step: Value) -> Value:
    """`start + k * step`, computed where it is known."""
    if isinstance(start, Literal) and isinstance(step, Literal):
        return literal(start.value + k * step.value)
    return start + step * k if k else start


def reversed_range(value: Value) -> Value:
    """The range walked from its end, as a range."""
    parts = _range_parts(value)
    if parts is None:
        raise UnsupportedSyntax("reversed of a range that was passed as an argument")
    if all(isinstance(p, Literal) for p in parts):
        numbers = range(*(p.value for p in parts if isinstance(p, Literal)))[::-1]
        return range_(numbers.start, numbers.stop, numbers.step)
    start, _, step = parts
    last = start + (range_len(value) - 1) * step
    return range_(last, start - step, -step)


def _range_parts(value: Value) -> tuple[Value, Value, Value] | None:
    node = current().definitions.get(value)
    if node is None or node.op is not range_:
        return None
    start, stop, step = node.inputs
    return start, stop, step


def _list(frame: Frame, ref: Ref, value: Value, live: bool) -> Walk:
    if live:
        found = _indexed(frame, ref, lambda: list_len(value))
        found.changed = lambda: not _same_length(frame.read(ref), value)
        return found
    found = _listed(frame, value)
    found.lists = True
    found.at = lambda k: element(frame, ref, literal(k))
    found.changed = lambda: frame.read(ref) is not value
    return found


def _listed(frame: Frame, value: Value) -> Walk:
    """The walk of a list as it is now."""
    t = unwrapped(value.type)
    assert isinstance(t, List)
    return Walk(
        (value,),
        (t.item,),
        (DIRECT,),
        lambda items: entry_object(frame, items[0]),
        lambda: list_len(value),
        prefix=lambda count: _listed(frame, list_prefix(value, count)),
        reverse=lambda: _listed(frame, list_reversed(value)),
        count=t.length if isinstance(t.length, int) else None,
    )


def _same_length(now: Value, before: Value) -> bool:
    """Whether a list has only had entries replaced since it was another."""
    if now is before:
        return True
    node = current().definitions.get(now)
    if node is None:
        return False
    if node.op is list_set or node.op is list_add_at:
        return _same_length(node.inputs[0], before)
    number = node.outputs.index(now)
    if node.blocks and node.op.name == "if_":
        return all(_same_length(b.results[number], before) for b in node.blocks)
    if node.blocks and node.op.name in ("for_", "while_"):
        walked = node.params["walked"]
        body = node.blocks[-1]
        if number >= len(node.inputs) - walked:
            return False
        initial, start = node.inputs[walked + number], body.params[walked + number]
        kept = _same_length(body.results[number], start)
        return kept and _same_length(initial, before)
    return False


def _rows(frame: Frame, ref: Ref, value: Value) -> Walk:
    found = _indexed(frame, ref, lambda: len_of(value))
    t = unwrapped(value.type)
    assert isinstance(t, Array)
    found.count = t.dims[0] if isinstance(t.dims[0], int) else None
    return found


def _indexed(frame: Frame, ref: Ref, length: Callable[[], Value]) -> Walk:
    """Entries looked up by their numbers, at their turn."""
    count = length()

    def along(indices: Value) -> Walk:
        return Walk(
            (indices,),
            (INT,),
            ("",),
            lambda items: element(frame, ref, items[0]),
            lambda: count,
            prefix=lambda some: along(range_(0, some, 1)),
            reverse=lambda: along(range_(count - 1, -1, -1)),
            at=lambda k: element(frame, ref, literal(k)),
        )

    return along(range_(0, count, 1))
