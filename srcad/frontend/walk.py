"""What a `for` walks: ranges, arrays by row, lists, and enumerate, zip, reversed.

Gives the values a `for_` node walks, and from their entries the object that the loop's
target is bound to. Tuples, short lists of unequal things, and dicts are unrolled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.classes import call_special
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.refs import (
    Cell,
    Entries,
    Items,
    Iteration,
    Number,
    Ref,
    Static,
    Table,
    View,
)
from srcad.frontend.subscripts import element, entry_object
from srcad.ir.builder import current
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import (
    INT,
    Array,
    List,
    Range,
    Scalar,
    Tuple,
    Type,
    Unknown,
    joined,
    unwrapped,
)
from srcad.ops.choice import min_of
from srcad.ops.containers import (
    list_len,
    list_of,
    list_prefix,
    list_reversed,
    range_,
    range_len,
    range_prefix,
)
from srcad.ops.shapes import len_of

UNROLL_LIMIT = 64


@dataclass
class Source:
    """One thing walked.

    value : what the `for_` walks (a range or a list), or None where all entries are
        known and `entries` has them.
    length : how many there are.
    item : an entry of `value` -> the object.
    direct : whether the entry is that object itself.
    """

    value: Value | None
    length: Callable[[], Value]
    item: Callable[[Value], Ref]
    prefix: Callable[[Value], Value] | None = None
    entries: tuple[Ref, ...] | None = None
    reverse: Callable[[], Source] | None = None
    direct: bool = False


@dataclass
class Walk:
    """A loop's walk: the values walked and how the target's object is made."""

    values: tuple[Value, ...]
    types: tuple[Type, ...]
    names: tuple[str, ...]
    item: Callable[[tuple[Value, ...]], Ref]
    unrolled: tuple[Ref, ...] | None = None

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

    def known_item(self, k: int) -> Ref:
        """The object of iteration `k`, where all that is walked are constant ranges."""
        items = []
        for value in self.values:
            start, _, step = current().definitions[value].inputs
            assert isinstance(start, Literal) and isinstance(step, Literal)
            items.append(literal(start.value + k * step.value))
        return self.item(tuple(items))


DIRECT = "direct"  # the entry itself is what the target is bound to


def _leaves(target: Any) -> Iterator[str]:
    if isinstance(target, (gast.Tuple, gast.List)):
        for t in target.elts:
            yield from _leaves(t)
    else:
        yield target.id if isinstance(target, gast.Name) else ""


def walk_of(frame: Frame, ref: Ref, node: Any) -> Walk:
    """How a `for` walks an object.

    Raises
    ------
    UnsupportedSyntax
        It cannot be walked.
    """
    with frame.place(node):
        return _walk(frame, ref)


def _walk(frame: Frame, ref: Ref) -> Walk:
    if isinstance(ref, Iteration) and ref.kind == "enumerate":
        inner = _walk(frame, ref.args[0])
        start = frame.read(ref.args[1])
        return _enumerated(frame, inner, start, ref.args[0])
    if isinstance(ref, Iteration) and ref.kind == "zip":
        return _zipped(frame, [_source(frame, r) for r in ref.args])
    return _single(frame, _source(frame, ref))


def _single(frame: Frame, source: Source) -> Walk:
    if source.entries is not None:
        return Walk((), (), (), lambda items: Static(None), source.entries)
    assert source.value is not None
    t = entry_type(source.value.type)
    name = DIRECT if source.direct else ""
    return Walk((source.value,), (t,), (name,), lambda items: source.item(items[0]))


def entry_type(t: Type) -> Type:
    """The type of an entry of a walked range or list."""
    return t.item if isinstance(t, List) else INT


def _enumerated(frame: Frame, inner: Walk, start: Value, ref: Ref) -> Walk:
    if inner.unrolled is not None:
        pairs = [
            Items((Number(start + k if k else start), r))
            for k, r in enumerate(inner.unrolled)
        ]
        return Walk((), (), (), inner.item, tuple(pairs))
    source = _source(frame, ref) if not isinstance(ref, Iteration) else None
    length = source.length() if source else _length_of(inner.values[0])
    counter = range_(start, start + length, 1)
    return Walk(
        (counter, *inner.values),
        (INT, *inner.types),
        (DIRECT, *inner.names),
        lambda items: Items((Number(items[0]), inner.item(items[1:]))),
    )


def _length_of(value: Value) -> Value:
    return list_len(value) if isinstance(value.type, List) else range_len(value)


def _zipped(frame: Frame, sources: list[Source]) -> Walk:
    if all(s.entries is not None for s in sources):
        rows = zip(*(s.entries or () for s in sources), strict=False)
        return Walk((), (), (), lambda items: Static(None), tuple(map(Items, rows)))
    if any(s.entries is not None for s in sources):
        return _zipped_unrolled(sources)
    lengths = [s.length() for s in sources]
    if not _all_same(lengths):
        count = min_of(*lengths)
        sources = [_cut(s, count) for s in sources]
    walks = [_single(frame, s) for s in sources]
    return Walk(
        tuple(w.values[0] for w in walks),
        tuple(w.types[0] for w in walks),
        tuple(w.names[0] for w in walks),
        lambda items: Items(
            tuple(w.item((x,)) for w, x in zip(walks, items, strict=True))
        ),
    )


def _zipped_unrolled(sources: list[Source]) -> Walk:
    raise UnsupportedSyntax(
        "zip of a tuple (or a list of unequal things) with an array or list of unknown "
        "length is not supported",
        hint="index the tuple's entries one by one",
    )


def _cut(source: Source, count: Value) -> Source:
    assert source.prefix is not None
    return Source(
        source.prefix(count), lambda: count, source.item, direct=source.direct
    )


def _all_same(lengths: list[Value]) -> bool:
    sizes = [v.type.size if isinstance(v.type, Scalar) else None for v in lengths]
    return sizes[0] is not None and all(s == sizes[0] for s in sizes)


def _source(frame: Frame, ref: Ref) -> Source:
    if isinstance(ref, Iteration) and ref.kind == "reversed":
        inner = _source(frame, ref.args[0])
        if inner.entries is not None:
            return _known(tuple(reversed(inner.entries)))
        assert inner.reverse is not None
        return inner.reverse()
    if isinstance(ref, Iteration) and ref.kind == "items":
        return _known(ref.args)
    if isinstance(ref, Iteration):
        walk = _walk(frame, ref)
        if walk.unrolled is not None:
            return _known(walk.unrolled)
        raise UnsupportedSyntax(f"{ref.kind} inside another iterator is not supported")
    if isinstance(ref, Items):
        return _known(ref.items)
    walked = call_special(frame, ref, "__iter__")
    if walked is not None:
        return _source(frame, walked)
    if isinstance(ref, Cell):
        content = frame.content(ref)
        if isinstance(content, Entries):
            return _entries(frame, content)
        if isinstance(content, Table):
            return _known(tuple(constant_ref(k) for k in content.items))
        if isinstance(content, Value):
            return _cell(frame, ref, content)
    if isinstance(ref, (Number, View)):
        return _cell(frame, ref, frame.read(ref))
    if isinstance(ref, Static) and isinstance(ref.value, (str, tuple, list, range)):
        return _known(tuple(constant_ref(v) for v in ref.value))
    raise UnsupportedSyntax("this cannot be walked by a for loop")


def _known(entries: tuple[Ref, ...]) -> Source:
    return Source(
        None, lambda: literal(len(entries)), lambda v: Number(v), entries=entries
    )


def _entries(frame: Frame, content: Entries) -> Source:
    """A list of known length: unrolled if short or unequal, else walked."""
    numbers = all(isinstance(r, Number) for r in content.items)
    if len(content.items) <= UNROLL_LIMIT or not numbers:
        return _known(content.items)
    values = [frame.read(r) for r in content.items]
    if isinstance(joined(tuple(v.type for v in values)), Unknown):
        return _known(content.items)
    return _list(frame, list_of(*values))


def _cell(frame: Frame, ref: Ref, value: Value) -> Source:
    t = unwrapped(value.type)
    if isinstance(t, Range):
        return _range(value)
    if isinstance(t, List):
        return _list(frame, value)
    if isinstance(t, Tuple):
        return _known(
            tuple(element(frame, ref, literal(k)) for k in range(len(t.items)))
        )
    if isinstance(t, Array):
        return _rows(frame, ref, value)
    if isinstance(t, Unknown):
        raise UnsupportedSyntax(
            "the type of what this loop walks is not known before the first call",
            hint="call it once, or ask for source_for(*args)",
        )
    raise UnsupportedSyntax("a number cannot be walked by a for loop")


def _range(value: Value) -> Source:
    return Source(
        value,
        lambda: range_len(value),
        lambda v: Number(v),
        lambda count: range_prefix(value, count),
        reverse=lambda: _range(reversed_range(value)),
        direct=True,
    )


def reversed_range(value: Value) -> Value:
    """The range walked from its end, as a range."""
    from_definition = _range_parts(value)
    start, stop, step = from_definition
    last = start + (range_len(value) - 1) * step
    del stop
    return range_(last, start - step, -step)


def _range_parts(value: Value) -> tuple[Value, Value, Value]:
    from_node = _definition(value)
    if from_node is None:
        raise UnsupportedSyntax("reversed of a range that was passed as an argument")
    start, stop, step = from_node.inputs
    return start, stop, step


def _definition(value: Value) -> Any:
    return current().definitions.get(value)


def _list(frame: Frame, value: Value) -> Source:
    return Source(
        value,
        lambda: list_len(value),
        lambda entry: entry_object(frame, entry),
        lambda count: list_prefix(value, count),
        reverse=lambda: _list(frame, list_reversed(value)),
        direct=True,
    )


def _rows(frame: Frame, ref: Ref, value: Value) -> Source:
    length = len_of(value)

    def at(index: Value) -> Ref:
        return element(frame, ref, index)

    def rows(indices: Value) -> Source:
        return Source(
            indices,
            lambda: length,
            at,
            lambda count: range_(0, count, 1),
            reverse=lambda: rows(range_(length - 1, -1, -1)),
        )

    return rows(range_(0, length, 1))
