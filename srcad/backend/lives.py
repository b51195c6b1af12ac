"""Which values are alive where, and so which may not share a name.

Walks the statements backwards, as a compiler does for registers. Two values interfere
where one is assigned while the other is still needed. A copy does not interfere with
what it is a copy of; a write to its memory makes them differ.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from srcad.backend.statements import (
    Assign,
    Break,
    Do,
    For,
    Function,
    If,
    Move,
    Return,
    Statement,
    Try,
    Undefine,
    While,
    With,
    expressions,
    walk,
)
from srcad.ir.graph import Value

Values = frozenset[Value]
EMPTY: Values = frozenset()


class Lives:
    """Interference between the variables of a function.

    conflicts : for each variable, those that may not have its name.
    wanted : the moves that are read: statement and target.
    """

    def __init__(self, function: Function) -> None:
        self.table = function.table
        self.kin = kin(function)
        self.conflicts: dict[Value, set[Value]] = {}
        self.wanted: set[tuple[Statement, Value]] = set()
        self._heads: dict[Statement, Values] = {}
        self._reads: dict[Statement, Values] = {}
        self.handled = EMPTY  # what the handlers around a statement read
        start = self.block(function.body, EMPTY, EMPTY)
        params = [self.table.variable(v) for v in function.params]
        self.defined(params, start | frozenset(params))

    def block(self, body: Sequence[Statement], out: Values, leave: Values) -> Values:
        """What is alive before statements; `leave` is alive after a `break`."""
        live = out | self.handled
        for statement in reversed(body):
            live = self.step(statement, live, leave) | self.handled
        return live

    def step(self, s: Statement, out: Values, leave: Values) -> Values:
        """What is alive before one statement."""
        var = self.table.variable
        match s:
            case Assign(targets=targets, source=source):
                named = [var(v) for v in targets if v is not None]
                copied = [var(source)] if source is not None else []
                self.defined(named, out, copied)
                return (out - set(named)) | self.reads(s)
            case Move(pairs=pairs):
                return self.move(s, pairs, out)
            case Undefine(target=target):
                self.defined([var(target)], out)
                return out - {var(target)}
            case Do():
                if s.writes is not None:
                    self.defined([var(s.writes)], out)
                return (EMPTY if s.ends else out) | self.reads(s)
            case If():
                then = self.block(s.body, out, leave)
                return then | self.block(s.orelse, out, leave) | self.reads(s)
            case For() | While():
                return self.loop(s, out)
            case With(items=items, body=body):
                before = self.block(body, out, leave)
                given = [var(v) for _, v in items if v is not None]
                self.defined(given, before | frozenset(given))
                return (before - set(given)) | self.reads(s)
            case Try():
                return self.attempt(s, out, leave)
            case Break():
                return leave
            case Return():
                return self.reads(s)
        raise AssertionError(s)

    def attempt(self, s: Try, out: Values, leave: Values) -> Values:
        """A handler may begin after any statement of the body."""
        handled = EMPTY
        for handler in s.handlers:
            before = self.block(handler.body, out, leave)
            if handler.error is not None:
                error = self.table.variable(handler.error)
                # Python deletes the name at the end: it is nothing else meanwhile.
                self.defined([error], before | out | {error})
                before -= {error}
            handled |= before
        after = self.block(s.orelse, out, leave)
        around, self.handled = self.handled, self.handled | handled
        before = self.block(s.body, after, leave)
        self.handled = around
        return before | handled | self.reads(s)

    def move(
        self, s: Statement, pairs: Sequence[tuple[Value, object]], out: Values
    ) -> Values:
        var = self.table.variable
        targets = [var(v) for v, _ in pairs]
        for target, tree in pairs:
            source = self.table.value(tree)  # type: ignore[arg-type]
            copied = [] if source is None else [source]
            self.defined([var(target)], out, copied)
        self.wanted.update((s, t) for t in targets if t in out)
        for target in targets:
            self.defined([target], frozenset(targets))
        return (out - set(targets)) | self.reads(s)

    def loop(self, s: For | While, out: Values) -> Values:
        endless = isinstance(s, While) and is_true(s.test)
        head = self._heads.get(s, EMPTY) | (EMPTY if endless else out)
        while True:
            if isinstance(s, For):
                items = [self.table.variable(v) for v in s.values]
                start = self.block(s.body, head, out)
                self.defined(items, start | head)
                before = start - set(items)
            else:
                before = self.block(s.body, head, out) | self.reads(s)
            if before <= head:
                break
            head |= before
        self._heads[s] = head
        return head | self.reads(s)

    def reads(self, s: Statement) -> Values:
        """What the expressions of a statement read."""
        if s not in self._reads:
            self._reads[s] = frozenset(self.table.reads(*expressions(s)))
        return self._reads[s]

    def defined(
        self, values: Iterable[Value], out: Values, copied: Iterable[Value] = ()
    ) -> None:
        """Note that values are assigned while others are needed later."""
        named = set(values)
        for value in named:
            mine = self.conflicts.setdefault(value, set())
            for other in (out | named) - {value, *copied}:
                if self.kin.get(value) is other or self.kin.get(other) is value:
                    continue
                mine.add(other)
                self.conflicts.setdefault(other, set()).add(value)


def kin(function: Function) -> dict[Value, Value]:
    """For what is moved from an array that each round fills anew: that array.

    What it held before a round is read by nobody, so they need not differ.
    """
    var, value = function.table.variable, function.table.value
    found = {var(v): var(v) for v in function.scratch}
    moves = [p for s in walk(function.body) if isinstance(s, Move) for p in s.pairs]
    before = -1 if found else 0
    while before != len(found):
        before = len(found)
        for target, tree in moves:
            source = value(tree)
            if source is not None and var(source) in found:
                found.setdefault(var(target), found[var(source)])
    return found


def is_true(test: ast.expr) -> bool:
    """Whether a test is the literal True."""
    return isinstance(test, ast.Constant) and test.value is True
