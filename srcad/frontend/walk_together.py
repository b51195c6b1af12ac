"""Several walks in step, up to the end of the shortest: zip, and map over several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Items, Number, Ref
from srcad.frontend.walk import (
    UNROLL_LIMIT,
    Entry,
    Walk,
    known_walk,
    unrolled,
    walk,
)
from srcad.ir.graph import Value
from srcad.ir.joining import joined
from srcad.ir.types import List, Scalar
from srcad.ops.arithmetic import bit_and, greater
from srcad.ops.choice import min_of
from srcad.ops.containers import list_of


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
