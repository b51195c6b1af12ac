"""Builtins and iterators written in Python, lowered in place as if the user had.

Each takes what the builtin takes, and gives a list where that gives an iterator. What
they call is a builtin or an argument; none of it is ever run as it stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def listed(xs: Iterable[Any]) -> list[Any]:
    """`list(xs)`."""
    out = []
    for x in xs:
        out.append(x)
    return out


def total(xs: Iterable[Any], start: Any) -> Any:
    """`sum(xs, start)`."""
    for x in xs:
        start = start + x
    return start


def any_of(xs: Iterable[Any]) -> bool:
    """`any(xs)`."""
    for x in xs:  # noqa: SIM110
        if x:
            return True
    return False


def all_of(xs: Iterable[Any]) -> bool:
    """`all(xs)`."""
    for x in xs:  # noqa: SIM110
        if not x:
            return False
    return True


def filtered(keep: Callable[[Any], Any], xs: Iterable[Any]) -> list[Any]:
    """`filter(keep, xs)`."""
    out = []
    for x in xs:
        if keep(x):
            out.append(x)
    return out


def filtered_true(xs: Iterable[Any]) -> list[Any]:
    """`filter(None, xs)`."""
    out = []
    for x in xs:
        if x:
            out.append(x)
    return out


def filtered_false(keep: Callable[[Any], Any], xs: Iterable[Any]) -> list[Any]:
    """`itertools.filterfalse(keep, xs)`."""
    out = []
    for x in xs:
        if not keep(x):
            out.append(x)
    return out


def largest(xs: Any, empty: str) -> Any:
    """`max(xs)`."""
    if len(xs) == 0:
        raise ValueError(empty)
    best = xs[0]
    for k in range(1, len(xs)):
        if xs[k] > best:
            best = xs[k]
    return best


def smallest(xs: Any, empty: str) -> Any:
    """`min(xs)`."""
    if len(xs) == 0:
        raise ValueError(empty)
    best = xs[0]
    for k in range(1, len(xs)):
        if xs[k] < best:
            best = xs[k]
    return best


def largest_or(xs: Any, default: Any) -> Any:
    """`max(xs, default=default)`."""
    if len(xs) == 0:
        return default
    best = xs[0]
    for k in range(1, len(xs)):
        if xs[k] > best:
            best = xs[k]
    return best


def smallest_or(xs: Any, default: Any) -> Any:
    """`min(xs, default=default)`."""
    if len(xs) == 0:
        return default
    best = xs[0]
    for k in range(1, len(xs)):
        if xs[k] < best:
            best = xs[k]
    return best


def largest_by(xs: Any, key: Callable[[Any], Any], empty: str) -> Any:
    """`max(xs, key=key)`."""
    if len(xs) == 0:
        raise ValueError(empty)
    best = xs[0]
    most = key(best)
    for k in range(1, len(xs)):
        size = key(xs[k])
        if size > most:
            best = xs[k]
            most = size
    return best


def smallest_by(xs: Any, key: Callable[[Any], Any], empty: str) -> Any:
    """`min(xs, key=key)`."""
    if len(xs) == 0:
        raise ValueError(empty)
    best = xs[0]
    least = key(best)
    for k in range(1, len(xs)):
        size = key(xs[k])
        if size < least:
            best = xs[k]
            least = size
    return best


def reduced(function: Callable[[Any, Any], Any], xs: Iterable[Any], value: Any) -> Any:
    """`functools.reduce(function, xs, value)`."""
    for x in xs:
        value = function(value, x)
    return value


def reduced_from_first(function: Callable[[Any, Any], Any], xs: Any) -> Any:
    """`functools.reduce(function, xs)`."""
    if len(xs) == 0:
        raise TypeError("reduce() of empty iterable with no initial value")
    value = xs[0]
    for k in range(1, len(xs)):
        value = function(value, xs[k])
    return value


def accumulated(xs: Iterable[Any], function: Callable[[Any, Any], Any]) -> list[Any]:
    """`itertools.accumulate(xs, function)`."""
    out: list[Any] = []
    for x in xs:
        out.append(function(out[-1], x) if len(out) > 0 else x)
    return out


def accumulated_from(
    xs: Iterable[Any], function: Callable[[Any, Any], Any], value: Any
) -> list[Any]:
    """`itertools.accumulate(xs, function, initial=value)`."""
    out = [value]
    for x in xs:
        value = function(value, x)
        out.append(value)
    return out


def joined(parts: Iterable[Any]) -> list[Any]:
    """`itertools.chain.from_iterable(parts)`."""
    out = []
    for part in parts:
        for x in part:
            out.append(x)
    return out


def pairs(xs: Iterable[Any], ys: list[Any]) -> list[Any]:
    """`itertools.product(xs, ys)`."""
    out = []
    for x in xs:
        for y in ys:
            out.append((x, y))
    return out


def triples(xs: Iterable[Any], ys: list[Any], zs: list[Any]) -> list[Any]:
    """`itertools.product(xs, ys, zs)`."""
    out = []
    for x in xs:
        for y in ys:
            for z in zs:
                out.append((x, y, z))
    return out


def neighbours(xs: Any) -> list[Any]:
    """`itertools.pairwise(xs)`."""
    out = []
    for k in range(1, len(xs)):
        out.append((xs[k - 1], xs[k]))
    return out


def pairs_of(xs: Any) -> list[Any]:
    """`itertools.combinations(xs, 2)`."""
    out = []
    for i in range(len(xs)):
        for j in range(i + 1, len(xs)):
            out.append((xs[i], xs[j]))
    return out


def every(xs: Any, start: int, step: int) -> list[Any]:
    """`xs[start::step]`, for a step that is positive."""
    out = []
    for k in range(start, len(xs), step):
        out.append(xs[k])
    return out


def same_lengths(xs: Any, ys: Any, text: str) -> None:
    """What `zip(xs, ys, strict=True)` asks."""
    if len(xs) != len(ys):
        raise ValueError(text)


def contained(x: Any, xs: Iterable[Any]) -> bool:
    """`x in xs`, of numbers."""
    return any(y == x for y in xs)


def drop_while(keep: Callable[[Any], Any], xs: Iterable[Any]) -> list[Any]:
    """`itertools.dropwhile(keep, xs)`."""
    out = []
    dropping = True
    for x in xs:
        if dropping and not keep(x):
            dropping = False
        if not dropping:
            out.append(x)
    return out


def take_while(keep: Callable[[Any], Any], xs: Iterable[Any]) -> list[Any]:
    """`itertools.takewhile(keep, xs)`."""
    out = []
    for x in xs:
        if not keep(x):
            break
        out.append(x)
    return out


def first(xs: Any) -> Any:
    """`next(iter(xs))`."""
    if len(xs) == 0:
        raise StopIteration
    return xs[0]


def first_or(xs: Any, default: Any) -> Any:
    """`next(iter(xs), default)`."""
    if len(xs) == 0:
        return default
    return xs[0]


def at_least(xs: Any, count: int, text: str) -> None:
    """What unpacking to names around a star asks."""
    if len(xs) < count:
        raise ValueError(text)


def unpackable(xs: Any, count: int, text: str) -> None:
    """What unpacking to names asks."""
    if len(xs) != count:
        raise ValueError(text)


def exactly(xs: Any, count: int, text: str) -> None:
    """What a call with `*xs` asks of a function that takes this many."""
    if len(xs) != count:
        raise TypeError(text)


def enough(there: bool, text: str) -> None:
    """What a dict made from keys and as many values asks."""
    if not there:
        raise ValueError(text)


def entry(xs: Any, k: int) -> Any:
    """`next` of an iterator over a sequence, after k others."""
    if len(xs) <= k:
        raise StopIteration
    return xs[k]


def columns(rows: Any) -> list[Any]:
    """`zip(*rows)`."""
    out: list[Any] = []
    if len(rows) > 0:
        least = len(rows[0])
        for row in rows:
            if len(row) < least:
                least = len(row)
        for j in range(least):
            column = []
            for row in rows:
                column.append(row[j])
            out.append(column)
    return out
