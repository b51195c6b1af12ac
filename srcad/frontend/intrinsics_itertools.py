"""itertools, functools and operator: of known things unrolled, of others as loops."""

from __future__ import annotations

import functools
import itertools
import operator
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend import prelude
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.inline import inline
from srcad.frontend.intrinsics import CALLABLES, intrinsic
from srcad.frontend.intrinsics_iteration import (
    as_list,
    as_sequence,
    function_of,
    iterator,
    lazy,
)
from srcad.frontend.lists import list_slice
from srcad.frontend.refs import (
    Entries,
    Items,
    Iteration,
    Number,
    Partial,
    Ref,
    Static,
    Table,
)
from srcad.frontend.structures import structure
from srcad.frontend.subscripts import subscript_of
from srcad.frontend.walk_iterators import entries_of
from srcad.ir.graph import Literal, literal

FROM_ITERABLE = itertools.chain.from_iterable  # a new object each time it is asked for
COMBINED = "its arguments' lengths must be known before the program runs"


def _known(frame: Frame, refs: list[Ref], what: str) -> list[list[Ref]]:
    """The entries of things of known length."""
    found = [entries_of(frame, r) for r in refs]
    lists = [entries for entries in found if entries is not None]
    if len(lists) != len(found):
        raise UnsupportedSyntax(
            f"{what} is not supported here: {COMBINED}", hint="write the loops"
        )
    return lists


def integer(frame: Frame, ref: Ref, what: str) -> int:
    """An integer that must be known while lowering."""
    value = frame.read(ref)
    if not isinstance(value, Literal) or type(value.value) is not int:
        raise UnsupportedSyntax(f"{what} must be known before the program runs")
    return value.value


def _tuples(frame: Frame, rows: Any) -> Ref:
    found = tuple(Items(tuple(row)) for row in rows)
    return frame.new(Entries(found))


# ---- combinations --------------------------------------------------------------------


@intrinsic(itertools.product)
def _product(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    times = kwargs.pop("repeat", None)
    args = args * (1 if times is None else integer(frame, times, "product's repeat"))
    # A range stays what it is; of all else the entries are taken now, as Python does.
    lists = [a if isinstance(a, Number) else as_list(frame, a) for a in args]

    def make() -> Ref:
        known = [_entries_or_none(frame, r) for r in lists]
        if all(k is not None for k in known):
            return _tuples(
                frame, itertools.product(*(k for k in known if k is not None))
            )
        if len(lists) == 2:
            return inline(frame, prelude.pairs, *lists)
        if len(lists) == 3:
            return inline(frame, prelude.triples, *lists)
        raise UnsupportedSyntax(
            f"product of {len(lists)} iterables is not supported here: {COMBINED}",
            hint="write the loops",
        )

    return lazy(frame, lists, make)


def _entries_or_none(frame: Frame, ref: Ref) -> list[Ref] | None:
    known = structure(frame, ref)
    if known is None and isinstance(ref, Number):
        return entries_of(frame, ref)
    return list(known.items) if isinstance(known, Entries) else None


@intrinsic(itertools.combinations)
def _combinations(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    xs, r = args[0], integer(frame, args[1], "the length of combinations")
    whole = as_list(frame, xs)

    def make() -> Ref:
        known = structure(frame, whole)
        if isinstance(known, Entries):
            return _tuples(frame, itertools.combinations(known.items, r))
        if r == 2:
            return inline(frame, prelude.pairs_of, whole)
        raise UnsupportedSyntax(
            f"combinations is not supported here: {COMBINED}", hint="write the loops"
        )

    return lazy(frame, [whole], make)


def _arranged(target: Any) -> None:
    @intrinsic(target)
    def _handler(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
        (entries,) = _known(frame, args[:1], target.__name__)
        rest = [integer(frame, a, f"{target.__name__}'s length") for a in args[1:]]
        return lazy(frame, [], lambda: _tuples(frame, target(entries, *rest)))


_arranged(itertools.permutations)
_arranged(itertools.combinations_with_replacement)


# ---- one after the other -------------------------------------------------------------


@intrinsic(itertools.chain)
def _chain(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    return lazy(frame, args, lambda: _joined(frame, args))


@intrinsic(FROM_ITERABLE)
def _chain_from(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    def make() -> Ref:
        parts = as_list(frame, args[0])
        known = structure(frame, parts)
        if isinstance(known, Entries):
            return _joined(frame, list(known.items))
        return inline(frame, prelude.joined, parts)

    return lazy(frame, args, make)


def _joined(frame: Frame, parts: list[Ref]) -> Ref:
    lists = [as_list(frame, p) for p in parts]
    known = [structure(frame, r) for r in lists]
    if all(isinstance(k, Entries) for k in known):
        items = tuple(r for k in known if isinstance(k, Entries) for r in k.items)
        return frame.new(Entries(items))
    return inline(frame, prelude.joined, frame.new(Entries(tuple(lists))))


@intrinsic(itertools.accumulate)
def _accumulate(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    function = kwargs.get("func", args[1] if len(args) > 1 else Static(operator.add))
    if isinstance(function, Static) and function.value is None:
        function = Static(operator.add)
    initial = kwargs.get("initial", Static(None))

    def make() -> Ref:
        if isinstance(initial, Static) and initial.value is None:
            return inline(
                frame, prelude.accumulated, as_sequence(frame, args[0]), function
            )
        return inline(frame, prelude.accumulated_from, args[0], function, initial)

    return lazy(frame, [*args, function, initial], make)


@intrinsic(itertools.pairwise)
def _pairwise(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    def make() -> Ref:
        xs = as_sequence(frame, args[0])
        known = structure(frame, xs)
        if known is not None and not isinstance(known, Table):
            return _tuples(frame, itertools.pairwise(known.items))
        return inline(frame, prelude.neighbours, xs)

    return lazy(frame, args, make)


@intrinsic(itertools.islice)
def _islice(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    bounds = [
        None
        if isinstance(a, Static) and a.value is None
        else integer(frame, a, "islice's bound")
        for a in args[1:]
    ]

    def make() -> Ref:
        whole = as_list(frame, args[0])
        known = structure(frame, whole)
        if isinstance(known, Entries):
            return frame.new(Entries(tuple(itertools.islice(known.items, *bounds))))
        given = [None, *bounds, None] if len(bounds) == 1 else [*bounds, None][:3]
        parts = tuple(Number(literal(b)) for b in given)
        value = frame.read(whole)
        return list_slice(frame, whole, value, Iteration("slice", parts))

    return lazy(frame, args[:1], make)


@intrinsic(itertools.zip_longest)
def _zip_longest(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    fill = kwargs.get("fillvalue", Static(None))

    def make() -> Ref:
        lists = _known(frame, args, "zip_longest")
        return _tuples(frame, itertools.zip_longest(*lists, fillvalue=fill))

    return lazy(frame, args, make)


@intrinsic(itertools.takewhile)
def _takewhile(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    return lazy(frame, args, lambda: inline(frame, prelude.take_while, *args))


@intrinsic(itertools.dropwhile)
def _dropwhile(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    return lazy(frame, args, lambda: inline(frame, prelude.drop_while, *args))


@intrinsic(itertools.filterfalse)
def _filterfalse(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    return lazy(frame, args, lambda: inline(frame, prelude.filtered_false, *args))


@intrinsic(itertools.starmap)
def _starmap(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    make = function_of(frame, args[0])

    def spread(entry: tuple[Ref, ...]) -> Ref:
        parts = entries_of(frame, entry[0])
        if parts is None:
            raise UnsupportedSyntax("starmap takes entries of known length")
        return make(tuple(parts))

    return iterator("map", args[1], make=spread)


@intrinsic(itertools.count)
def _count(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    start = args[0] if args else kwargs.get("start", constant_ref(0))
    step = args[1] if len(args) > 1 else kwargs.get("step", constant_ref(1))
    return iterator("count", start, step)


@intrinsic(itertools.repeat)
def _repeat(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    times = args[1] if len(args) > 1 else kwargs.get("times")
    if times is None:
        return iterator("repeat", args[0])
    count = frame.read(times)
    if isinstance(count, Literal):
        return lazy(frame, [], lambda: Items((args[0],) * count.value))
    endless = iterator("repeat", args[0])
    numbers = frame.call(Static(range), [times])
    return iterator("map", endless, numbers, make=lambda entry: entry[0])


# ---- functools and operator ----------------------------------------------------------


@intrinsic(functools.reduce)
def _reduce(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    if len(args) > 2:
        return inline(frame, prelude.reduced, *args)
    xs = as_sequence(frame, args[1])
    known = structure(frame, xs)
    if isinstance(known, (Entries, Items)) and known.items:
        make, found = function_of(frame, args[0]), known.items[0]
        for item in known.items[1:]:
            found = make((found, item))
        return found
    return inline(frame, prelude.reduced_from_first, args[0], xs)


@intrinsic(functools.partial)
def _partial(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
    return Partial(args[0], tuple(args[1:]), dict(kwargs))


def _getter(target: Any) -> None:
    @intrinsic(target)
    def _handler(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref:
        values = []
        for r in (*args, *kwargs.values()):
            if isinstance(r, Number) and isinstance(r.value, Literal):
                values.append(r.value.value)
            elif isinstance(r, Static):
                values.append(r.value)
            else:
                raise UnsupportedSyntax(
                    f"{target.__name__}'s arguments must be known before the program "
                    "runs",
                    hint="use a lambda",
                )
        count = len(args)
        return Static(
            target(*values[:count], **dict(zip(kwargs, values[count:], strict=True)))
        )


_getter(operator.itemgetter)


def _call_getter(frame: Frame, target: Any, args: list[Ref]) -> Ref:
    """An `itemgetter` called."""
    keys = target.__reduce__()[1]
    found = [subscript_of(frame, args[0], constant_ref(k)) for k in keys]
    return found[0] if len(found) == 1 else Items(tuple(found))


CALLABLES[operator.itemgetter] = _call_getter
