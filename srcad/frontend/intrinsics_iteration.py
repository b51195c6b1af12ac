"""Builtins over iterables: zip, map, list, sum, max, any, sorted, iter, ..."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend import prelude
from srcad.frontend.comprehensions import decided, known_set, listed, required, total
from srcad.frontend.conditions import truth_of
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.inline import inline
from srcad.frontend.intrinsics import intrinsic
from srcad.frontend.operators import binary
from srcad.frontend.refs import (
    Cell,
    Entries,
    Items,
    Iteration,
    Number,
    Ref,
    Static,
    Table,
    Use,
    View,
)
from srcad.frontend.structures import note_joined, static_key, structure
from srcad.frontend.uses import use_up, uses_of, walk_after
from srcad.frontend.walk import (
    ITERATORS,
    Walk,
    known_walk,
    walk,
)
from srcad.frontend.walk_iterators import found_walk
from srcad.ir.builder import current
from srcad.ir.graph import Literal
from srcad.ir.types import Array, List, Scalar, Unknown, unwrapped
from srcad.ops.arithmetic import add
from srcad.ops.lists import list_sum

Make = Callable[[], Ref]


def iterator(kind: str, *args: Ref, make: Any = None) -> Iteration:
    """An iterator made here: it can be walked once."""
    return Iteration(kind, args, make, Use(current()))


def lazy(frame: Frame, args: list[Ref], make: Make) -> Iteration:
    """An iterator whose entries are made as a list when it is walked."""
    node = frame.here

    def made() -> Ref:
        frame.here = node
        return make()

    return iterator("lazy", *args, make=made)


def function_of(frame: Frame, function: Ref) -> Callable[[tuple[Ref, ...]], Ref]:
    """A function as one from arguments to what it returns for them."""
    node = frame.here

    def make(args: tuple[Ref, ...]) -> Ref:
        return frame.call(function, list(args), {}, node)

    return make


# ---- iterators -----------------------------------------------------------------------


@intrinsic(builtins.enumerate)
def _enumerate(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    start = kwargs.get("start") or (args[1] if len(args) > 1 else constant_ref(0))
    return iterator("enumerate", args[0], start)


@intrinsic(builtins.zip)
def _zip(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    strict = kwargs.get("strict")
    if strict is None or not len(args) > 1:
        return iterator("zip", *args)
    wanted = truth_of(frame, strict)
    if not isinstance(wanted, bool):
        raise UnsupportedSyntax("zip's strict must be known before the program runs")
    if wanted:
        args = [_sized(frame, a) for a in args]
        for k, other in enumerate(args[1:], 2):
            _same_lengths(frame, args[0], other, k)
    return iterator("zip", *args)


def _same_lengths(frame: Frame, first: Ref, other: Ref, k: int) -> None:
    text = f"zip() argument {k} is of another length than argument 1"
    inline(frame, prelude.same_lengths, first, other, Static(text))


def _sized(frame: Frame, ref: Ref) -> Ref:
    """Something with a length and the same entries."""
    if isinstance(ref, Iteration):
        return as_list(frame, ref)
    return ref


@intrinsic(builtins.reversed)
def _reversed(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    return iterator("reversed", *args)


@intrinsic(builtins.map)
def _map(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    return iterator("map", *args[1:], make=function_of(frame, args[0]))


@intrinsic(builtins.filter)
def _filter(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    keep, xs = args
    if isinstance(keep, Static) and keep.value is None:
        return lazy(frame, [xs], lambda: inline(frame, prelude.filtered_true, xs))
    return lazy(frame, args, lambda: inline(frame, prelude.filtered, keep, xs))


@intrinsic(builtins.iter)
def _iter(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    if len(args) != 1:
        raise UnsupportedSyntax("iter() with a sentinel is not supported")
    if isinstance(args[0], Iteration) and args[0].use is not None:
        return args[0]
    return iterator("rest", *args)


@intrinsic(builtins.next)
def _next(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    if not isinstance(args[0], Iteration) or args[0].use is None:
        raise UnsupportedSyntax(
            "next() of this object is not supported", hint="next(iter(...))"
        )
    if args[0].kind == "rest" and len(args) == 1:
        return _taken(frame, args[0])
    entries = as_list(frame, args[0])
    if len(args) > 1:
        return inline(frame, prelude.first_or, entries, args[1])
    return inline(frame, prelude.first, entries)


def _taken(frame: Frame, ref: Iteration) -> Ref:
    """The next entry of an iterator over a sequence, which goes on behind it."""
    taken, use = walk_after(ref), ref.use
    assert use is not None
    use.taken += 1
    xs = as_sequence(frame, ref.args[0])
    known = structure(frame, xs)
    if known is not None and not isinstance(known, Table):
        if taken >= len(known.items):
            raise UnsupportedSyntax("this iterator has come to its end")
        return known.items[taken]
    return inline(frame, prelude.entry, xs, constant_ref(taken))


def _rest(frame: Frame, ref: Iteration, live: bool) -> Walk:
    """What is left of an iterator over a sequence."""
    assert ref.use is not None
    taken = ref.use.taken
    if not taken:
        return walk(frame, ref.args[0], live)
    xs = as_sequence(frame, ref.args[0])
    known = structure(frame, xs)
    if known is not None and not isinstance(known, Table):
        return known_walk(known.items[taken:])
    one = constant_ref(1)
    rest = lazy(
        frame, [xs], lambda: inline(frame, prelude.every, xs, constant_ref(taken), one)
    )
    return walk(frame, rest, live)


ITERATORS["rest"] = _rest


# ---- lists and tuples ----------------------------------------------------------------


def as_list(frame: Frame, ref: Ref) -> Ref:
    """What can be walked as a new list."""
    if isinstance(ref, Iteration) and ref.kind == "generator":
        use_up(ref)
        return listed(ref)
    if isinstance(ref, (Cell, View)) and structure(frame, ref) is None:
        value = frame.read(ref)
        if isinstance(unwrapped(value.type), List):
            copy = frame.new(value)
            note_joined(frame, copy, ref)
            return copy
    found = found_walk(frame, ref)
    if isinstance(found, list):
        return frame.new(Entries(tuple(found)))
    return inline(frame, prelude.listed, Iteration("walked", (), found))


def as_sequence(frame: Frame, ref: Ref) -> Ref:
    """Something with a length and entries by number: itself, or a list of it."""
    if isinstance(ref, (Items, Cell, View)) and not _is_table(frame, ref):
        return ref
    return as_list(frame, ref)


def _is_table(frame: Frame, ref: Ref) -> bool:
    return isinstance(structure(frame, ref), Table)


@intrinsic(builtins.list)
def _list(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    return as_list(frame, args[0]) if args else frame.new(Entries(()))


@intrinsic(builtins.tuple)
def _tuple(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    if not args:
        return Items(())
    found = as_list(frame, args[0])
    known = structure(frame, found)
    if isinstance(known, Entries):
        return Items(known.items)
    return Iteration("tuple", (found,))


@intrinsic(builtins.set, builtins.frozenset)
def _set(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    if not args or isinstance(args[0], Static):
        return None
    found = as_list(frame, args[0])
    assert isinstance(found, Cell)
    return known_set(frame, found)


@intrinsic(builtins.dict)
def _dict(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    table: dict[Any, Ref] = {}
    if args:
        known = structure(frame, args[0])
        if isinstance(known, Table):
            table.update(known.items)
        else:
            table.update(_key_value_pairs(frame, args[0]))
    return frame.new(Table({**table, **kwargs}))


def _key_value_pairs(frame: Frame, ref: Ref) -> dict[Any, Ref]:
    known = structure(frame, as_list(frame, required(frame, ref)))
    if not isinstance(known, Entries):
        raise UnsupportedSyntax(
            "the keys of this dict must be known before the program runs"
        )
    table: dict[Any, Ref] = {}
    for pair in known.items:
        parts = structure(frame, pair)
        if parts is None or isinstance(parts, Table) or len(parts.items) != 2:
            raise UnsupportedSyntax("dict() takes pairs of a key and a value")
        table[static_key(frame, parts.items[0])] = parts.items[1]
    return table


# ---- sums ----------------------------------------------------------------------------


@intrinsic(builtins.sum)
def _sum(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    start = args[1] if len(args) > 1 else kwargs.get("start", constant_ref(0))
    ref = args[0]
    if isinstance(ref, Iteration) and ref.kind in ("generator", "map"):
        return _running_total(frame, ref, start)
    if not isinstance(ref, Iteration) and structure(frame, ref) is None:
        value = frame.read(ref)
        t = unwrapped(value.type)
        if isinstance(t, List) and isinstance(unwrapped(t.item), (Scalar, Array)):
            whole = list_sum(value)
            return frame.result(
                whole if _is_zero(start) else add(whole, frame.read(start))
            )
        if isinstance(t, (Array, Unknown)):
            return None
    return _total_of(frame, ref, start)


def _total_of(frame: Frame, ref: Ref, start: Ref) -> Ref:
    found = found_walk(frame, ref)
    if not isinstance(found, list):
        return inline(frame, prelude.total, Iteration("walked", (), found), start)
    return _added(frame, found, start)


def _added(frame: Frame, items: list[Ref], start: Ref) -> Ref:
    if items and _is_zero(start):
        start = items.pop(0)
    for item in items:
        start = binary(frame, gast.Add, start, item)
    return start


def _running_total(frame: Frame, ref: Iteration, start: Ref) -> Ref:
    """A sum without a list of what is summed; of arrays by way of a list.

    For 0 and an array have no common type to carry through a loop.
    """
    builder = current()
    done, names, world = len(builder.nodes), dict(frame.names), frame.world.copy()
    uses = uses_of(ref)
    if ref.kind == "generator":
        use_up(ref)
        found = total(ref, start)
    else:
        found = _total_of(frame, ref, start)
    unknown = isinstance(unwrapped(frame.known_type(found)), Unknown)
    if not unknown or not _is_zero(start):
        return found
    del builder.nodes[done:]
    frame.names, frame.session.world = names, world
    for use in uses:
        use.done = False
    whole = as_list(frame, ref)
    known = structure(frame, whole)
    if isinstance(known, Entries):
        return _added(frame, list(known.items), start)
    return frame.result(list_sum(frame.read(whole)))


def _is_zero(ref: Ref) -> bool:
    first = ref.value if isinstance(ref, Number) else None
    return isinstance(first, Literal) and type(first.value) is int and first.value == 0


# ---- any and all ---------------------------------------------------------------------


@intrinsic(builtins.any)
def _any(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    return _decided(frame, args[0], True)


@intrinsic(builtins.all)
def _all(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    return _decided(frame, args[0], False)


def _decided(frame: Frame, ref: Ref, on: bool) -> Ref:
    if isinstance(ref, Iteration) and ref.kind == "generator":
        use_up(ref)
        return decided(ref, on)
    return inline(frame, prelude.any_of if on else prelude.all_of, ref)
