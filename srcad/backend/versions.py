"""Names that Numba can tell from those it makes itself.

Takes the names of a function; gives other ones to arrays that would clash. Numba calls
the second value of x "x.1". Where it computes an array expression it writes "x_1_1" for
that value, and the same for a variable x_1: it stops if it reads both.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Iterator

from srcad.backend.names import Naming, candidates
from srcad.backend.statements import expressions, walk
from srcad.ir.graph import Value
from srcad.ir.types import Array

_NUMBERED = re.compile(r"(\w+?)((?:_\d+)+)")


def keep_versions_apart(naming: Naming) -> None:
    """Write x1 for x_1 where it is read beside an x of several values.

    Parameters keep their names: where x_1 is one, x gets another name.
    """
    kept = {naming.find(v) for v in naming.params}
    fixed = {naming.chosen[v] for v in kept}
    used = {*naming.chosen.values(), *naming.taken}
    renamed = dict[str, str]()
    for base, numbered in sorted(set(_clashing(naming))):
        name, wish = (base, f"{base}_new") if numbered in fixed else (numbered,) * 2
        if name not in renamed:
            row = candidates(wish, mark="")
            renamed[name] = next(c for c in row if c not in used)
            used.add(renamed[name])
    for value, name in naming.chosen.items():
        if name in renamed and value not in kept:
            naming.chosen[value] = renamed[name]


def _clashing(naming: Naming) -> Iterator[tuple[str, str]]:
    """The names read beside the same with a number: (x, x_1)."""
    function, table = naming.function, naming.table
    several = _of_several_values(naming)
    for statement in walk(function.body) if several else ():
        for tree in expressions(statement):
            read = {naming.name(v) for v in table.reads(tree) if _is_array(v)}
            for name in read:
                found = _NUMBERED.fullmatch(name)
                for base in _shorter(*found.groups()) if found else ():
                    if base in several and base in read:
                        yield base, name


def _shorter(base: str, numbers: str) -> set[str]:
    """The names that a name with numbers begins with: x and x_1 for x_1_2."""
    ends = [m.start() for m in re.finditer("_", numbers)]
    return {base + numbers[:end] for end in ends}


def _of_several_values(naming: Naming) -> set[str]:
    """The names that are given to arrays more than once."""
    counts = collections.Counter[str]()
    given = [*naming.params, *naming.defined()]
    counts.update(naming.name(v) for v in given if _is_array(v))
    return {name for name, count in counts.items() if count > 1}


def _is_array(value: Value) -> bool:
    return isinstance(value.type, Array)
