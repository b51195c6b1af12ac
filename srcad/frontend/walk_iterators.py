"""How iterators are walked: enumerate, zip, reversed, map, and what is made a list.

An iterator over things that a loop can walk is walked in step with them; over things
of a known number it is unrolled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.frame import Frame
from srcad.frontend.operators import binary, operand
from srcad.frontend.reads import snapshot
from srcad.frontend.refs import Items, Iteration, Number, Ref, Table
from srcad.frontend.subscripts import parts_of_known, view_entries
from srcad.frontend.walk import (
    COPY,
    DIRECT,
    ITERATORS,
    RESIZED,
    UNROLL_LIMIT,
    Entry,
    Walk,
    known_walk,
    range_walk,
    unrolled,
    walk,
    walk_of,
)
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.joining import joined
from srcad.ir.types import INT, List, Scalar
from srcad.ops.arithmetic import bit_and, greater
from srcad.ops.choice import min_of
from srcad.ops.containers import list_of, range_


def _iterator(kind: str) -> Callable[[Any], Any]:
    def enter(maker: Any) -> Any:
        ITERATORS[kind] = maker
        return maker

    return enter


@_iterator("items")
def _known(frame: Frame, ref: Iteration, live: bool) -> Walk:
    return known_walk(ref.args)


@_iterator("view")
def _view(frame: Frame, ref: Iteration, live: bool) -> Walk:
    """The entries of a dict, as they are at their turn."""
    keys = _keys_of(frame, ref) or []

    def get(k: int) -> Ref:
        if _keys_of(frame, ref) != keys:
            raise UnsupportedSyntax(
                "the keys of this dict change while it is walked", hint=COPY
            )
        return view_entries(frame, ref)[k]

    entries = (Entry(lambda k=k: get(k), None, True) for k in range(len(keys)))  # type: ignore[misc]
    found = unrolled(tuple(entries))
    found.changed = lambda: _keys_of(frame, ref) != keys
    return found


def _keys_of(frame: Frame, view: Iteration) -> list[Any] | None:
    known = parts_of_known(frame, view.args[0])
    return list(known.items) if isinstance(known, Table) else None


@_iterator("lazy")
def _made(frame: Frame, ref: Iteration, live: bool) -> Walk:
    """What is computed before the loop begins: its body must not change that."""
    before = snapshot(frame, ref)
    found = walk(frame, ref.make())
    found.changed = lambda: snapshot(frame, ref) != before
    return found


@_iterator("tuple")
def _of_list(frame: Frame, ref: Iteration, live: bool) -> Walk:
    return walk(frame, ref.args[0], live)


@_iterator("walked")
def _begun(frame: Frame, ref: Iteration, live: bool) -> Walk:
    """A walk that is known already."""
    found: Walk = ref.make
    return found


@_iterator("reversed")
def _reversed(frame: Frame, ref: Iteration, live: bool) -> Walk:
    inner = walk(frame, ref.args[0], live)
    if inner.reverse is None or isinstance(ref.args[0], Iteration):
        raise UnsupportedSyntax(
            "reversed() takes a sequence", hint="make a list of it: list(...)"
        )
    found = inner.reverse()
    found.changed, found.lists = inner.changed, inner.lists
    return found


@_iterator("count")
def _count(frame: Frame, ref: Iteration, live: bool) -> Walk:
    """Numbers without end."""
    start, step = (operand(frame, r) for r in ref.args)

    def at(k: int) -> Ref:
        if k == 0:
            return ref.args[0]
        far = binary(frame, gast.Mult, ref.args[1], Number(literal(k)))
        return binary(frame, gast.Add, ref.args[0], far)

    def prefix(count: Value) -> Walk:
        if not all(isinstance(v.type, Scalar) for v in (start, step)):
            raise UnsupportedSyntax("count() takes numbers")
        if all(v.type.kind == "int" for v in (start, step)):  # type: ignore[attr-defined]
            return range_walk(range_(start, start + step * count, step))
        return Walk(
            (range_(0, count, 1),),
            (INT,),
            ("",),
            lambda items: Number(start + step * items[0]),
            lambda: count,
        )

    return Walk((), (), (), lambda items: Items(()), None, prefix=prefix, at=at)


@_iterator("repeat")
def _repeat(frame: Frame, ref: Iteration, live: bool) -> Walk:
    """One object without end."""
    return _constant(ref.args[0])


def _constant(ref: Ref) -> Walk:
    def prefix(count: Value) -> Walk:
        indices = range_(0, count, 1)
        return Walk((indices,), (INT,), ("",), lambda items: ref, lambda: count)

    return Walk(
        (), (), (), lambda items: Items(()), None, prefix=prefix, at=lambda k: ref
    )


@_iterator("enumerate")
def _enumerate(frame: Frame, ref: Iteration, live: bool) -> Walk:
    inner = walk(frame, ref.args[0], live)
    start = frame.read(ref.args[1])
    if inner.length is None:
        raise UnsupportedSyntax("enumerate of what has no end is not supported")
    if inner.known is not None:
        found = unrolled(
            tuple(
                Entry(_pair(_from(start, k), e.get), e.present)
                for k, e in enumerate(inner.known)
            )
        )
    else:
        found = _numbered(inner, start)
    found.changed, found.lists = inner.changed, inner.lists
    return found


def _from(start: Value, k: int) -> Value:
    if isinstance(start, Literal):
        return literal(start.value + k)
    return start + k if k else start


def _pair(number: Value, get: Callable[[], Ref]) -> Callable[[], Ref]:
    return lambda: Items((Number(number), get()))


def _numbered(inner: Walk, start: Value) -> Walk:
    assert inner.length is not None
    prefix, at = inner.prefix, inner.at
    length = inner.length()
    counter = range_(start, start + length, 1)
    return Walk(
        (counter, *inner.values),
        (INT, *inner.types),
        (DIRECT, *inner.names),
        lambda items: Items((Number(items[0]), inner.item(items[1:]))),
        lambda: length,
        prefix=None if prefix is None else (lambda n: _numbered(prefix(n), start)),
        at=None if at is None else (lambda k: Items((Number(_from(start, k)), at(k)))),
        count=inner.count,
    )


@_iterator("zip")
def _zip(frame: Frame, ref: Iteration, live: bool) -> Walk:
    return together(frame, [walk(frame, r, live) for r in ref.args], Items)


@_iterator("map")
def _map(frame: Frame, ref: Iteration, live: bool) -> Walk:
    return together(frame, [walk(frame, r, live) for r in ref.args], ref.make)


def together(
    frame: Frame, walks: list[Walk], make: Callable[[tuple[Ref, ...]], Ref]
) -> Walk:
    """Several walks in step, up to the end of the shortest.

    make : entries -> the object.
    """
    found = _in_step(frame, walks, make)
    found.changed = lambda: any(w.changed() for w in walks)
    found.lists = any(w.lists for w in walks)
    return found


def _in_step(
    frame: Frame, walks: list[Walk], make: Callable[[tuple[Ref, ...]], Ref]
) -> Walk:
    if not walks:
        return known_walk(())
    walks = _as_lists(frame, walks)
    if any(w.known is not None for w in walks):
        return _unrolled_together(walks, make)
    ended = [w for w in walks if w.length is not None]
    if not ended:
        return _endless(walks, make)
    lengths = [w.length() for w in ended if w.length is not None]
    count = lengths[0] if all_same(lengths) else min_of(*lengths)
    cut = not all_same(lengths)
    walks = [_first(w, count) if cut or w.length is None else w for w in walks]
    spans: list[slice] = []
    for w in walks:
        begin = spans[-1].stop if spans else 0
        spans.append(slice(begin, begin + len(w.values)))
    return Walk(
        tuple(v for w in walks for v in w.values),
        tuple(t for w in walks for t in w.types),
        tuple(n for w in walks for n in w.names),
        lambda items: make(
            tuple(w.item(items[s]) for w, s in zip(walks, spans, strict=True))
        ),
        lambda: count,
        prefix=lambda n: _in_step(frame, [_first(w, n) for w in walks], make),
        at=_all_at(walks, make),
        count=_least([w.count for w in walks]),
    )


def _least(counts: list[int | None]) -> int | None:
    known = [c for c in counts if c is not None]
    return min(known) if len(known) == len(counts) else None


def _first(w: Walk, count: Value) -> Walk:
    if w.prefix is None:
        raise UnsupportedSyntax(
            "zip of this with something of another length is not supported",
            hint="make a list of it: list(...)",
        )
    return w.prefix(count)


def _all_at(walks: list[Walk], make: Any) -> Callable[[int], Ref] | None:
    if any(w.at is None for w in walks):
        return None
    return lambda k: make(tuple(w.at(k) for w in walks))  # type: ignore[misc]


def _endless(walks: list[Walk], make: Any) -> Walk:
    def prefix(count: Value) -> Walk:
        return _in_step_cut(walks, count, make)

    return Walk(
        (),
        (),
        (),
        lambda items: Items(()),
        None,
        prefix=prefix,
        at=_all_at(walks, make),
    )


def _in_step_cut(walks: list[Walk], count: Value, make: Any) -> Walk:
    cut = [_first(w, count) for w in walks]
    return Walk(
        tuple(w.values[0] for w in cut),
        tuple(w.types[0] for w in cut),
        tuple(w.names[0] for w in cut),
        lambda items: make(
            tuple(w.item((x,)) for w, x in zip(cut, items, strict=True))
        ),
        lambda: count,
        prefix=lambda n: _in_step_cut(walks, n, make),
    )


def _as_lists(frame: Frame, walks: list[Walk]) -> list[Walk]:
    """Known floats beside something of unknown length are walked as a list."""
    if all(w.known is not None or w.count is not None for w in walks):
        return walks
    return [_as_list(frame, w) for w in walks]


def _as_list(frame: Frame, w: Walk) -> Walk:
    if w.known is None or not all(e.stable for e in w.known):
        return w
    refs = [e.get() for e in w.known]
    values = [r.value for r in refs if isinstance(r, Number)]
    kinds = {(v.type.kind, v.type.dtype) for v in values if isinstance(v.type, Scalar)}
    if len(values) != len(refs) or len(kinds) != 1 or next(iter(kinds))[0] == "int":
        return w
    whole = list_of(*values)
    assert isinstance(whole.type, List) and joined(tuple(v.type for v in values))
    found = walk(frame, frame.new(whole))
    changed = w.changed
    found.changed = lambda: (
        changed()
        or any(e.get() is not r for e, r in zip(w.known or (), refs, strict=True))
    )
    return found


def _unrolled_together(walks: list[Walk], make: Any) -> Walk:
    """Things of a known number with others: unrolled, as far as the others go."""
    counts = [w.count for w in walks if w.count is not None]
    number = min(counts)
    if number > UNROLL_LIMIT and not all(w.known is not None for w in walks):
        raise UnsupportedSyntax(
            "zip of a long list of unequal things with an array is not supported",
            hint="index the entries one by one",
        )
    entries = []
    for k in range(number):
        gets = [_getter(w, k) for w in walks]
        entries.append(
            Entry(
                lambda gets=gets: make(tuple(g() for g in gets)),  # type: ignore[misc]
                _presence(walks, k),
            )
        )
    return unrolled(tuple(entries))


def _getter(w: Walk, k: int) -> Callable[[], Ref]:
    if w.known is not None:
        return w.known[k].get
    if w.at is None:
        raise UnsupportedSyntax(
            "zip of this with a tuple, or a list of unequal things, is not supported",
            hint="make a list of it: list(...)",
        )
    at = w.at
    return lambda: at(k)


def _presence(walks: list[Walk], k: int) -> Callable[[], Value] | None:
    """Whether all have an entry number k, where that is not known beforehand."""
    tests: list[Callable[[], Value]] = []
    for w in walks:
        if w.known is not None:
            present = w.known[k].present
            if present is not None:
                tests.append(present)
        elif w.count is None and w.length is not None:
            length = w.length
            tests.append(lambda length=length: greater(length(), k))  # type: ignore[misc]
    if not tests:
        return None
    if len(tests) == 1:
        return tests[0]

    def both() -> Value:
        found = tests[0]()
        for t in tests[1:]:
            found = bit_and(found, t())
        return found

    return both


def all_same(lengths: list[Value]) -> bool:
    """Whether several lengths are known to be one."""
    sizes = [v.type.size if isinstance(v.type, Scalar) else None for v in lengths]
    if all(v is lengths[0] for v in lengths):
        return True
    return sizes[0] is not None and all(s == sizes[0] for s in sizes)


def entries_of(frame: Frame, ref: Ref, node: Any = None) -> list[Ref] | None:
    """The entries of what can be walked, where their number is known; else None."""
    found = found_walk(frame, ref, node)
    return found if isinstance(found, list) else None


def found_walk(frame: Frame, ref: Ref, node: Any = None) -> list[Ref] | Walk:
    """The entries of what can be walked where their number is known, or its walk."""
    from_walk = walk_of(frame, ref, node)
    entries = from_walk.known
    if entries is not None and all(e.present is None for e in entries):
        refs = [e.get() for e in entries]
        if from_walk.changed():
            raise UnsupportedSyntax(RESIZED)
        return refs
    if from_walk.count is not None and from_walk.count <= UNROLL_LIMIT:
        if from_walk.at is not None:
            return [from_walk.at(k) for k in range(from_walk.count)]
    return from_walk
