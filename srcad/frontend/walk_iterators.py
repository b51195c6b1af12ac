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
from srcad.frontend.structures import parts_of_known, view_entries
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
from srcad.frontend.walk_together import together
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import INT, Scalar
from srcad.ops.containers import range_


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
