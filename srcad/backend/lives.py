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
from srcad.ir.bits import EMPTY, Bits, Values
from srcad.ir.graph import Value


class Lives(Bits):
    """Interference between the variables of a function.

    against : for each variable, those that are needed somewhere where it is assigned.
    wanted : the moves that are read: statement and target.
    """

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.table = function.table
        self.against: dict[Value, Values] = {}
        self._kin: dict[Value, Values] = {}
        for v, array in kin(function).items():
            self._kin[v] = self._kin.get(v, EMPTY) | self.bit(array)
            self._kin[array] = self._kin.get(array, EMPTY) | self.bit(v)
        self.wanted: set[tuple[Statement, Value]] = set()
        self._heads: dict[Statement, Values] = {}
        self._reads: dict[Statement, Values] = {}
        self.walking = EMPTY  # the items of the loops around a statement
        self.handled = EMPTY  # what the handlers around a statement read
        start = self.block(function.body, EMPTY, EMPTY)
        params = [self.table.variable(v) for v in function.params]
        self.defined(params, start | self.bits(params))

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
                return (out & ~self.bits(named)) | self.reads(s)
            case Move(pairs=pairs):
                return self.move(s, pairs, out)
            case Undefine(target=target):
                self.defined([var(target)], out)
                return out & ~self.bit(var(target))
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
                self.defined(given, before | self.bits(given))
                return (before & ~self.bits(given)) | self.reads(s)
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
                self.defined([error], before | out)
                before &= ~self.bit(error)
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
        self.wanted.update((s, t) for t in targets if self.bit(t) & out)
        moved = self.bits(targets)
        for target in targets:
            self.defined([target], moved)
        return (out & ~moved) | self.reads(s)

    def loop(self, s: For | While, out: Values) -> Values:
        endless = isinstance(s, While) and is_true(s.test)
        head = self._heads.get(s, EMPTY) | (EMPTY if endless else out)
        around = self.walking
        while True:
            if isinstance(s, For):
                items = [self.table.variable(v) for v in s.values]
                self.walking = around | self.bits(items)
                start = self.block(s.body, head, out)
                self.walking = around
                # Not `for k ...: for k ...`, although nobody reads the first one there.
                self.defined(items, start | head | around)
                before = start & ~self.bits(items)
            else:
                before = self.block(s.body, head, out) | self.reads(s)
            if not before & ~head:
                break
            head |= before
        self._heads[s] = head
        return head | self.reads(s)

    def reads(self, s: Statement) -> Values:
        """What the expressions of a statement read."""
        if s not in self._reads:
            self._reads[s] = self.bits(self.table.reads(*expressions(s)))
        return self._reads[s]

    def defined(
        self, values: Iterable[Value], out: Values, copied: Iterable[Value] = ()
    ) -> None:
        """Note that values are assigned while others are needed later."""
        named = list(values)
        needed = (out | self.bits(named)) & ~self.bits(copied)
        for value in named:
            mine = self.against.get(value, EMPTY)
            apart = self.bit(value) | self._kin.get(value, EMPTY)
            self.against[value] = mine | (needed & ~apart)


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
