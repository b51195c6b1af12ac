"""What a call writes: its arguments, those behind stars one by one.

Where the length of `p` in `f(x, *p)` is not known while lowering, as that of an array,
it has as many entries as `f` takes there; when it runs, that is asked.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gast
import numpy as np

from srcad.errors import UnsupportedSyntax
from srcad.frontend import prelude
from srcad.frontend.frame import Frame
from srcad.frontend.inline import inline
from srcad.frontend.refs import Bound, Closure, Number, Partial, Ref, Static, Table
from srcad.frontend.structures import parts_of_known
from srcad.frontend.unpacking import first_entries
from srcad.frontend.walk_iterators import entries_of
from srcad.ir.graph import literal


@dataclass(frozen=True)
class Takes:
    """The names of the arguments that a function takes by position, in order.

    most : whether these are all; else it takes any number, or some have defaults.
    """

    name: str
    needed: tuple[str, ...]
    most: bool

    def without(self, count: int, names: frozenset[str]) -> Takes:
        """What is left to give after `count` arguments, and those with these names."""
        left = tuple(n for n in self.needed[count:] if n not in names)
        return Takes(self.name, left, self.most)


def takes(callee: Ref) -> Takes | None:
    """What a function takes by position; None where that cannot be known."""
    if isinstance(callee, Closure):
        args = callee.node.args
        named = tuple(p.id for p in (*args.posonlyargs, *args.args))
        needed = tuple(n for n in named if n not in callee.defaults)
        most = args.vararg is None and needed == named
        return Takes(callee.name, needed, most)
    if isinstance(callee, Bound):
        found = takes(Static(callee.function))
        return None if found is None else found.without(1, frozenset())
    if isinstance(callee, Partial):
        found = takes(callee.function)
        names = frozenset(callee.kwargs)
        return None if found is None else found.without(len(callee.args), names)
    if not isinstance(callee, Static):
        return None
    if isinstance(callee.value, np.ufunc):
        inputs = tuple(f"x{k}" for k in range(1, callee.value.nin + 1))
        return Takes(callee.value.__name__, inputs, True)
    try:
        parameters = inspect.signature(callee.value).parameters.values()
    except (TypeError, ValueError):
        return None
    by_position = [p for p in parameters if p.kind in _BY_POSITION]
    needed = tuple(p.name for p in by_position if p.default is p.empty)
    spread = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    name = getattr(callee.value, "__name__", "this function")
    return Takes(name, needed, len(needed) == len(by_position) and not spread)


_BY_POSITION = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)


@dataclass(frozen=True)
class Entries:
    """What stands behind a star in a call; `known` where its length is."""

    node: Any
    ref: Ref
    known: list[Ref] | None


def behind_star(frame: Frame, node: Any) -> Entries:
    """The object that `*node` spreads."""
    ref = frame.lower(node)
    return Entries(node, ref, entries_of(frame, ref, node))


def call_arguments(
    frame: Frame, node: gast.Call, callee: Ref
) -> tuple[list[Ref], dict[str, Ref]]:
    """The positional and keyword arguments that a call of `callee` writes."""
    given: list[Ref | Entries] = []
    for a in node.args:
        starred = isinstance(a, gast.Starred)
        given.append(behind_star(frame, a.value) if starred else frame.lower(a))
    kwargs: dict[str, Ref] = {}
    for k in node.keywords:
        if k.arg is not None:
            kwargs[k.arg] = frame.lower(k.value)
            continue
        known = parts_of_known(frame, frame.lower(k.value))
        if not isinstance(known, Table):
            raise frame.refuse("the keys of this ** object are not known", k.value)
        kwargs.update(known.items)
    return spread_out(frame, callee, given, frozenset(kwargs)), kwargs


def spread_out(
    frame: Frame, callee: Ref, given: list[Ref | Entries], names: frozenset[str]
) -> list[Ref]:
    """The arguments of a call by position, those behind stars one by one.

    names : the arguments that the call gives by keyword.

    Raises
    ------
    UnsupportedSyntax
        How many there are is not known, nor how many the function takes.
    """
    found: list[Ref] = []
    for k, part in enumerate(given):
        if not isinstance(part, Entries):
            found.append(part)
        elif part.known is not None:
            found += part.known
        else:
            after = _length(given[k + 1 :])
            frame.here = part.node
            with frame.place(part.node):
                found += as_taken(frame, callee, part.ref, len(found), after, names)
    return found


def as_taken(
    frame: Frame,
    callee: Ref,
    ref: Ref,
    before: int,
    after: int | None = 0,
    names: frozenset[str] = frozenset(),
) -> list[Ref]:
    """The entries of an argument `*ref`: as many as the function takes there.

    before, after : how many other arguments there are; None where that is not known.
    """
    asked = takes(callee)
    if asked is None or not asked.most or after is None:
        why = ""
        if asked is not None and not asked.most:
            why = f", and {asked.name}() does not always take the same number"
        raise UnsupportedSyntax(
            f"how many entries this starred object has is not known{why}",
            hint="write the entries (p[0], p[1]), or pass a tuple",
        )
    wanted = max(len(asked.without(before, names).needed) - after, 0)
    if not frame.session.solving:  # a function given to a solver raises nothing
        text = f"{asked.name}() does not take this many arguments"
        inline(frame, prelude.exactly, ref, Number(literal(wanted)), Static(text))
    return first_entries(frame, ref, wanted)


def _length(parts: Sequence[Ref | Entries]) -> int | None:
    """How many arguments these are; None where that is not known."""
    total = 0
    for part in parts:
        if isinstance(part, Entries) and part.known is None:
            return None
        total += len(part.known or ()) if isinstance(part, Entries) else 1
    return total
