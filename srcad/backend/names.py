"""From values to Python names.

The user's names are kept. Values of one name share it where their lives do not
overlap, else the later one gets a suffix; a value without a name takes the name of what
it is moved to, or one from what it is, which it shares with its kind of number only.
"""

from __future__ import annotations

import ast
import functools
import itertools
import keyword
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from srcad.backend.lives import Lives
from srcad.backend.statements import (
    Assign,
    For,
    Function,
    Move,
    Try,
    Undefine,
    With,
    walk,
)
from srcad.backend.trees import names_in, parts
from srcad.ir.bits import EMPTY, Values
from srcad.ir.graph import Value
from srcad.ir.types import kind_of


class Sharing(NamedTuple):
    """Variables that share a name.

    members : the variables.
    against : those that may not join them.
    """

    members: Values
    against: Values

    def allows(self, other: Sharing) -> bool:
        """Whether both groups may have one name."""
        return not (self.members & other.against or other.members & self.against)

    def __or__(self, other: Sharing) -> Sharing:
        return Sharing(self.members | other.members, self.against | other.against)


class Naming:
    """Names for the variables of one function.

    names : for each "$k" of the table, the name.
    split : values that could not have the name they should have.
    """

    def __init__(self, function: Function, taken: Collection[str]) -> None:
        self.function, self.table = function, function.table
        self.taken = taken
        self.lives = Lives(function)
        self.params = [self.table.variable(v) for v in function.params]
        self.order = list(dict.fromkeys([*self.params, *self.defined()]))
        self.rank = {v: k for k, v in enumerate(self.order)}
        self.parent: dict[Value, Value] = {}
        self.sharing = {v: self._alone(v) for v in self.order}
        self.label = {v: clean(v.name) for v in self.order}
        self._labels_of_aliases()
        self._join()
        self.chosen: dict[Value, str] = {}
        self.split: set[Value] = set()
        self._choose()

    @property
    def names(self) -> dict[str, str]:
        """What each "$k" is called."""
        return {self.table.key(v): self.name(v) for v in self.order}

    def name(self, value: Value) -> str:
        """The name of a value."""
        return self.chosen[self.find(self.table.variable(value))]

    def find(self, value: Value) -> Value:
        """The representative of the values that share a name with this one."""
        parent, root = self.parent, value
        while root in parent:
            root = parent[root]
        while value is not root:  # what was moved n times is asked about n times
            parent[value], value = root, parent[value]
        return root

    def defined(self) -> Iterator[Value]:
        """The variables that statements give values to, once for each."""
        var = self.table.variable
        for s in walk(self.function.body):
            if isinstance(s, Assign):
                yield from (var(v) for v in s.targets if v is not None)
            elif isinstance(s, Move):
                yield from (var(v) for v, _ in s.pairs)
            elif isinstance(s, Undefine):
                yield var(s.target)
            elif isinstance(s, For):
                yield from (var(v) for v in s.values)
            elif isinstance(s, With):
                yield from (var(v) for _, v in s.items if v is not None)
            elif isinstance(s, Try):
                errors = [h.error for h in s.handlers]
                yield from (var(v) for v in errors if v is not None)

    def _labels_of_aliases(self) -> None:
        for value in self.table.alias:
            whole = self.table.variable(value)
            if whole in self.label and not self.label[whole]:
                self.label[whole] = clean(value.name)

    # ---- sharing -------------------------------------------------------------------

    def _join(self) -> None:
        """Give one name to what is moved and where it is moved to."""
        pairs = []
        for s in walk(self.function.body):
            if isinstance(s, Move):
                sources = [(v, self.table.value(tree)) for v, tree in s.pairs]
            elif isinstance(s, Assign) and s.source is not None:
                sources = [(v, s.source) for v in s.targets if v is not None]
            else:
                continue
            for target, source in sources:
                if source is not None:
                    pairs.append((self.table.variable(target), source))
        known = [p for p in pairs if self._same_label(*p)]
        for a, b in [*known, *pairs]:
            self._unite(self.find(a), self.find(b))

    def _same_label(self, a: Value, b: Value) -> bool:
        label = self.label
        return bool(label.get(a)) and label.get(a) == label.get(b)

    def _unite(self, a: Value, b: Value) -> None:
        if a is b or a not in self.label or b not in self.label:
            return
        first, second = self.label[a], self.label[b]
        if first and second and first != second:
            return
        if not self.sharing[a].allows(self.sharing[b]):
            return
        if a in self.params and b in self.params:
            return
        if b in self.params or (a not in self.params and self.rank[b] < self.rank[a]):
            a, b = b, a
        self.parent[b] = a
        self.label[a] = first or second
        self.sharing[a] |= self.sharing.pop(b)

    def _alone(self, value: Value) -> Sharing:
        against = self.lives.against.get(value, EMPTY)
        return Sharing(self.lives.bit(value), against)

    # ---- choosing ------------------------------------------------------------------

    def _choose(self) -> None:
        roots = list(dict.fromkeys(self.find(v) for v in self.order))
        user = {self.label[r] for r in roots} - {""}
        holders: dict[str, Sharing] = {}
        hints = self._hints()
        for r in self.params:  # tangents of tangents may have one label
            free = candidates(self.label[r] or hints.get(r) or "argument")
            self.chosen[r] = next(n for n in free if n not in holders)
            holders[self.chosen[r]] = self.sharing[r]
        rows: dict[tuple[str, str, bool, str | None], _Refused] = {}
        kinds: dict[str, str | None] = {}  # of numbers that are not the user's
        loops = [s for s in walk(self.function.body) if isinstance(s, For)]
        mark = "" if any(s.threads for s in loops) else "_"
        before = {self.find(self.table.variable(v)) for v in self.function.befores}
        for r in [r for r in roots if r not in self.chosen]:
            label = self.label[r]
            base = label or hints.get(r) or "t"
            mine, kind = self.sharing[r], kind_of(r.type)
            row = rows.setdefault((base, label, r in before, kind), _Refused())
            for place in row.places(mine):
                name = candidate(base, place, before=r in before, mark=mark)
                never = name in self.taken or (name in user and name != label)
                if never or (not label and kinds.setdefault(name, kind) != kind):
                    row.add(place, None)
                elif name not in holders or holders[name].allows(mine):
                    break
                else:
                    row.add(place, holders[name].members & mine.against)
            row.add(place, mine.members)
            if name != base:
                self.split.add(r)
            self.chosen[r] = name
            holders[name] = holders[name] | mine if name in holders else mine

    def _hints(self) -> dict[Value, str]:
        found: dict[Value, str] = {}
        for value, text in self.function.hints.items():
            root = self.find(self.table.variable(value))
            if text and root not in found:
                found[root] = clean(text)
        return found


class _Refused:
    """Why values could not have the first candidates in a row: who has them.

    A program that keeps thousands of values of one name would else ask for each of them
    whether it could have the name of each other.

    levels : first for each place a variable that has the name: what is needed beside it
        can not have it. UNKNOWN where none is known, EMPTY where it is no name for
        values. Then for two places each, for four, ...: all of these variables.
    """

    def __init__(self) -> None:
        self.levels: list[list[Values]] = [[]]

    def places(self, mine: Sharing) -> Iterator[int]:
        """The places of the candidates that a value has to ask for, in order."""
        known = len(self.levels[0])
        if known:
            yield from self._open(mine.against, len(self.levels) - 1, 0)
        yield from itertools.count(known)

    def _open(self, against: Values, level: int, k: int) -> Iterator[int]:
        holders = self.levels[level][k]
        if holders & against == holders:
            return
        if level == 0:
            yield k
            return
        below = len(self.levels[level - 1])
        for child in range(2 * k, min(2 * k + 2, below)):
            yield from self._open(against, level - 1, child)

    def add(self, place: int, holders: Values | None) -> None:
        """Note who has a candidate; None where it is no name for values."""
        if holders == EMPTY and place < len(self.levels[0]):
            return
        found = EMPTY if holders is None else holders & -holders or UNKNOWN
        for level in self.levels:
            if place == len(level):
                level.append(found)
            level[place] = found
            beside = place ^ 1
            found |= level[beside] if beside < len(level) else EMPTY
            place //= 2
        if len(self.levels[-1]) > 1:
            self.levels.append([found])


UNKNOWN: Values = -1  # in no set of values


def candidate(base: str, place: int, *, before: bool = False, mark: str = "_") -> str:
    """The name at a place among the candidates."""
    if place == 0:
        return _marked(base, mark)
    if before and place == 1:
        return f"{_marked(base, mark)}_before"
    return f"{_marked(base, mark)}{mark}{place - before}"


def _marked(base: str, mark: str) -> str:
    return base if mark == "_" else re.sub(r"_(?=\d+$)", mark, base)


def candidates(
    base: str, *, before: bool = False, mark: str = "_", first: int = 0
) -> Iterator[str]:
    """The name, then the name with a number; for a kept value `x_before` first.

    mark : what stands before a number. Numba's parallel loops take a number after "_"
        for one of its own: it calls the second value of x "x.1", and then "x_1".
    first : the place of the first one that is asked for.
    """
    for place in itertools.count(first):
        yield candidate(base, place, before=before, mark=mark)


@functools.lru_cache(maxsize=4096)
def clean(name: str) -> str:
    """A user's name as an identifier; "" where there is none."""
    name = re.sub(r"\W", "_", name)
    if not name or set(name) == {"_"}:
        return ""
    if name[0].isdigit():
        name = f"v{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def externals(trees: Collection[ast.AST]) -> set[str]:
    """The names in expressions that are not values: modules, builtins, helpers."""
    found: set[str] = set()
    for tree in trees:
        inner: set[str] = set()
        for part in parts(tree):
            if isinstance(part, ast.Name) and not part.id.startswith("$"):
                found.add(part.id)
            elif isinstance(part, ast.comprehension):
                inner.update(names_in(part.target))
        found -= inner
    return found
