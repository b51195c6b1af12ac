"""A loop with `prange`: what the compiler must find in its text.

Numba takes a name that a parallel loop assigns for one that each round has for itself,
and one that it adds to for a sum. So what comes from outside may be added to by one
statement, or never assigned; where the names turned out otherwise, the loop is serial.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from srcad.backend.statements import For, Statement, Table, Threads, walk
from srcad.backend.trees import names_in
from srcad.ir.graph import Value
from srcad.ir.structure import Loop
from srcad.ir.types import Scalar

PRANGE = "numba.prange"
# What a statement assigns: names, and the value where it is for one name.
Assigned = Iterable[tuple[str, ast.expr | None]]


def threads_of(loop: Loop, table: Table) -> Threads:
    """What a loop on threads carries."""
    numbers = [v for v in loop.carried if isinstance(v.type, Scalar)]
    others = [v for v in loop.carried if v not in numbers]
    return Threads([*map(table.variable, numbers)], [*map(table.variable, others)])


def runs_on_threads(
    s: For,
    name: Callable[[Value], str],
    assigned: Callable[[Statement], Assigned],
    read: Callable[[Statement], Iterable[ast.AST]],
) -> bool:
    """Whether the names in a loop on threads came out as they must.

    name : of a value. assigned : what a statement assigns. read : its expressions.
    """
    if s.threads is None:
        return False
    sums = {name(v) for v in s.threads.sums}
    steady = {name(v) for v in s.threads.steady}
    added: list[str] = []
    seen: list[str] = []
    for inner in walk(s.body):
        pairs = list(assigned(inner))
        names = {target for target, _ in pairs}
        if names & steady or (isinstance(inner, For) and names & sums):
            return False
        for target, value in pairs:
            if target in sums:
                if value is None or not _adds(target, value):
                    return False
                added.append(target)
        seen += [n for tree in read(inner) for n in names_in(tree) if n in sums]
    return len(set(added)) == len(added) and sorted(seen) == sorted(added)


def _adds(name: str, value: ast.expr) -> bool:
    """Whether a value is that of a name plus or minus something."""
    if not isinstance(value, ast.BinOp) or not isinstance(value.left, ast.Name):
        return False
    return value.left.id == name and isinstance(value.op, (ast.Add, ast.Sub))
