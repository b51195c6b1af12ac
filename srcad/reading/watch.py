"""Looks at the variables of a function while it runs, to find where they take most.

`watched` puts a look before each statement that is in no loop; a `Watch` measures what
it sees. Compiled code keeps a variable to the last statement that reads it, Python to
the end; what Python holds within a statement, `tracemalloc` tells.
"""

from __future__ import annotations

import ast
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from srcad.reading.apart import NAME
from srcad.reading.lifetimes import LOOPS, Lifetimes
from srcad.reading.sizes import Sizes

LOOK = "srcad_look"
WITHIN = "(temporary)"
# So many bytes within a statement are Python's own, for a call.
LITTLE = 1 << 12
# A function that is called again and again is looked at so often.
OFTEN = 100

Held = Sequence[tuple[str, Any]]
Row = tuple[str, int, int]


@dataclass
class Place:
    """A place that is looked at.

    line : of the statement that follows.
    alive : what is read there or later.
    rounds : after a loop, what is alive while each statement of its rounds runs.
    called : whether it is in a function that the main one calls.
    looks : how often it was looked at.
    """

    line: int
    alive: frozenset[str]
    rounds: Sequence[frozenset[str]] = ()
    called: bool = False
    looks: int = 0


@dataclass
class Watch:
    """The looks of one run.

    given : the arguments, which are not counted.
    fullest : the most bytes, in which line, and of what.
    line, latest : of the statement of the main function that runs now, and what was
        alive before it.
    counted : the most rounds since then of a loop that keeps the numbers it counts by.
    traced : how many bytes Python had allocated at the end of the latest look.
    seen, rows, sizes : what was measured last: variables, their sizes, and by what.
    """

    compiled: bool
    given: Sequence[Any]
    places: list[Place] = field(default_factory=list)
    seen: dict[tuple[str, int, int], Any] = field(default_factory=dict)
    fullest: tuple[int, int, Sequence[Row]] = (-1, 0, ())
    line: int = 0
    latest: Held = ()
    counted: int = 0
    traced: int = 0
    rows: list[Row] = field(default_factory=list)
    sizes: Sizes = field(init=False)

    def __post_init__(self) -> None:
        self.sizes = self.fresh()

    def look(self, at: int, variables: Mapping[str, Any]) -> None:
        """Measure what is there, and keep it where it is the most so far."""
        place = self.places[at]
        place.looks += 1
        if place.called and place.looks > OFTEN:
            return
        line, within = self.line or place.line, self.within()
        large = [row for row in variables.items() if _is_large(row[1])]
        if self.compiled:
            now = [row for row in large if row[0] in place.alive]
            # What a statement reads and what it makes are there at once.
            self.measure(line, [*self.latest, *now], large, place.rounds)
        else:
            now = []  # a value held here would be there for longer
            self.measure(line, large, within=within)
        if not place.called:
            self.line, self.latest, self.counted = place.line, now, 0
        self.begin()

    def end(self) -> None:
        """The last statement has run: what it held itself comes to what was there."""
        within = self.within()
        if within > LITTLE:
            self.note(self.line, [*self.rows, (WITHIN, within // 8, within)])

    def begin(self) -> None:
        """A statement begins."""
        if not self.compiled:
            tracemalloc.reset_peak()
            self.traced = tracemalloc.get_traced_memory()[0]

    def within(self) -> int:
        """How much more the statement held meanwhile than before it and after it."""
        if self.compiled:
            return 0
        now, peak = tracemalloc.get_traced_memory()
        return peak - max(now, self.traced)

    def counters(self, make: Callable[..., Any]) -> Callable[..., Any]:
        """What makes the numbers that a loop counts by, and keeps while it runs."""

        def made(*ends: int) -> Any:
            found = make(*ends)
            if len(found) > self.counted:
                self.counted = len(found)
                held = [*self.latest, (make.__name__, found)]
                self.measure(self.line, held)
            return found

        return made

    def measure(
        self,
        line: int,
        held: Held,
        more: Held = (),
        rounds: Sequence[frozenset[str]] = (),
        within: int = 0,
    ) -> None:
        """Measure what is there in a line.

        more : further variables, of which those are there that one of `rounds` names.
        within : what the statement itself holds.
        """
        now = {(n, id(v), _length(v)): v for n, v in held}
        if self.compiled and not rounds and now.keys() <= self.seen.keys():
            return  # it cannot be more than it was
        if not self.seen.keys() <= now.keys():  # what is no more may be where it was
            self.seen, self.rows, self.sizes = {}, [], self.fresh()
        new = [(key[0], v) for key, v in now.items() if key not in self.seen]
        self.seen = now if self.compiled else dict.fromkeys(now)
        self.rows += [(name, *self.sizes.of(value)) for name, value in new]
        found = [*self.rows, (WITHIN, within // 8, within * (within > LITTLE))]
        if rounds:
            found += self.fullest_round(more, rounds)
        self.note(line, found)

    def fresh(self) -> Sizes:
        """A measuring that does not count the arguments."""
        sizes = Sizes(self.compiled)
        for value in self.given:
            sizes.of(value)
        return sizes

    def fullest_round(self, held: Held, rounds: Sequence[frozenset[str]]) -> list[Row]:
        """What the rounds of a loop hold for themselves, where it is the most.

        held : the variables as its last round left them.
        """
        sizes = replace(self.sizes, seen={*self.sizes.seen})
        mentioned = frozenset().union(*rounds)
        rows = [(n, *sizes.of(v)) for n, v in held if n in mentioned]
        each = [[row for row in rows if row[0] in alive] for alive in rounds]
        return max(each, key=lambda rows: sum(size for _, _, size in rows))

    def note(self, line: int, rows: Sequence[Row]) -> None:
        """Keep these, if they are more than all before."""
        rows = [(_shown(row[0]), *row[1:]) for row in rows if row[2]]
        total = sum(size for _, _, size in rows)
        if total > self.fullest[0]:
            self.fullest = total, line, rows


def _shown(name: str) -> str:
    return WITHIN if name.startswith(NAME) else name


def _is_large(value: Any) -> bool:
    """Whether a value is more than one number."""
    return not isinstance(value, (int, float, complex, str, type(None)))


def _length(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.size
    return len(value) if isinstance(value, (list, tuple, dict)) else 1


def watched(
    block: Sequence[ast.stmt],
    after: Sequence[ast.stmt],
    places: list[Place],
    lives: Lifetimes,
    called: bool = False,
) -> Iterator[ast.stmt]:
    """Statements with a look before each, also inside branches, but not in loops."""
    for k, s in enumerate(block):
        rest = [*block[k:], *after]
        before = block[k - 1] if k else None
        rounds = lives.inside(before, rest) if isinstance(before, LOOPS) else ()
        places.append(Place(s.lineno, lives.alive(rest), tuple(rounds), called))
        yield ast.parse(f"{LOOK}({len(places) - 1}, locals())").body[0]
        if isinstance(s, (ast.If, ast.With, ast.Try)):
            for name in ("body", "orelse"):
                inner = getattr(s, name, [])
                if inner:
                    found = watched(inner, rest[1:], places, lives, called)
                    setattr(s, name, list(found))
        yield s
