"""`try`: a body, handlers by class, `else` and `finally`.

Whatever the body binds or writes may or may not have happened when a handler begins, so
it is not read there, nor after a handler that falls through, unless it is bound anew.
Where the handler returns, raises or jumps, what follows knows the body went well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import gast

from srcad.frontend.attempt_body import Body, Lower, raises
from srcad.frontend.control import BRANCHING, block, rest_of
from srcad.frontend.control import combined as combined_status
from srcad.frontend.forks import Arm, Fork, Status
from srcad.frontend.frame import Frame
from srcad.frontend.refs import (
    UNBOUND,
    Caught,
    Cell,
    Conflict,
    Items,
    Ref,
    Static,
)
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Block, Node, Value, is_literal, nodes_of
from srcad.ir.structure import try_
from srcad.ir.types import BOOL, UNKNOWN
from srcad.ops.effects import caught, raise_, reraise
from srcad.ops.raising import raising


@dataclass(frozen=True)
class Clause:
    """An `except` clause: classes, the name of the exception, and its body."""

    kinds: tuple[type, ...]
    name: str
    lower: Lower


def try_statement(frame: Frame, node: Any, rest: list[Any]) -> tuple[Status, bool]:
    """Lower a `try`; says how it ends and whether `rest` was lowered with it."""
    clauses = [_clause(frame, handler) for handler in node.handlers]
    body = Body(frame, node.body)
    if not node.finalbody:
        return attempt(frame, body, clauses, node.orelse, rest)

    def handled() -> Status:
        return attempt(frame, Body(frame, node.body), clauses, node.orelse, [])[0]

    if clauses:
        everything = [*node.body, *node.handlers, *node.orelse]
        body = Body(frame, everything, handled)

    def last() -> None:
        if block(frame, node.finalbody) not in (Status.FALL, Status.DEAD):
            raise frame.refuse(
                "a jump out of finally is not supported",
                node.finalbody[0],
                "jump after the try statement",
            )

    return finally_(frame, body, last), False


def finally_(frame: Frame, body: Body, last: Callable[[], None]) -> Status:
    """Lower a body and what is done after it, whether or not it raises."""

    def failing() -> Status:
        last()
        reraise()
        return Status.DEAD

    clause = Clause((BaseException,), "", failing)
    status, _ = attempt(frame, body, [clause], [], [])
    if status is not Status.DEAD:
        last()
    return status


def attempt(
    frame: Frame,
    body: Body,
    clauses: Sequence[Clause],
    orelse: list[Any],
    rest: list[Any],
) -> tuple[Status, bool]:
    """Lower a body with handlers.

    rest : what follows, lowered in the handler where only that falls through.
    """
    fork = Attempt(frame, clauses)
    status = fork.try_body(body)
    fails = bool(raising(fork.arms[0].builder.block()))
    if fails:
        fork.handle()
        if fork.only_raises():
            return fork.take(1), False
        first = [node.op for node in fork.arms[1].builder.nodes][:1]
        fails = first != [reraise]  # else every exception goes on at once
    if not fails:
        fork.take(0)
        if orelse and status in (Status.FALL, Status.MAYBE):
            status = _otherwise(frame, status, orelse)
        return status, False
    handled = fork.statuses[1]
    done = bool(rest) and status is Status.JUMP and handled is Status.FALL
    if done:
        fork.go_on(fork.arms[1], lambda: block(frame, rest))
        handled = fork.statuses[1]
    fork.merge()
    if orelse and status in (Status.FALL, Status.MAYBE):
        status = fork.otherwise(status, handled, orelse)
    fork.settle(status, handled)
    return combined_status([status, handled]), done


def _otherwise(frame: Frame, status: Status, orelse: list[Any]) -> Status:
    """Lower the `else` part, after a body that ended like this."""
    if status is Status.MAYBE:
        return rest_of(frame, orelse)
    return block(frame, orelse)


class Attempt(Fork):
    """A body and its handlers, merged on whether the body failed.

    unsure, changed : why names and objects that the body binds or writes are not read
        where it may have failed.
    home : where what the body alone knows is known.
    """

    def __init__(self, frame: Frame, clauses: Sequence[Clause]) -> None:
        super().__init__(frame, Value("", BOOL))
        self.clauses = clauses
        self.unsure: dict[str, Conflict] = {}
        self.changed: dict[Cell, Conflict] = {}
        names = [clause.name for clause in clauses if clause.name]
        self.error = Value(names[0] if names else "", UNKNOWN)
        self.home = object()

    def try_body(self, body: Body) -> Status:
        """Lower the body, and note what it may have changed."""
        names, contents = dict(self.frame.names), self.frame.world.contents
        stale = dict(self.frame.world.stale)
        self.left(body.lower)
        arm = self.arms[0]
        nodes = arm.builder.nodes
        last = max((k for k, node in enumerate(nodes) if raises(node)), default=-1)
        others = (n for n, r in arm.names.items() if names.get(n) is not r)
        for name in sorted({*body.bound, *others}):
            if not name.startswith("$") and body.bound.get(name, 0) <= last:
                self.unsure[name] = self.doubtful(f"{name!r} is bound")
        touched = {cell for cell, at in body.touched.items() if at <= last}
        linked = {other for cell in touched for other in cell.linked}
        known = {other for cell in body.touched for other in cell.linked}
        now = arm.world.stale
        gone = {c for c, why in now.items() if stale.get(c, self) is not why} - known
        for cell in contents:
            if cell in touched or cell in linked or cell in gone:
                self.changed[cell] = self.doubtful("this object is changed")
        return arm.status

    def doubtful(self, what: str) -> Conflict:
        """Why something is not read where the body may have failed."""
        return Conflict(
            f"{what} in the body of a try, and where its handler ran it is not known "
            "whether that was before the exception: bind it in the handler too, or "
            "before the try"
        )

    def take(self, which: int) -> Status:
        """Let the body stand alone, or the handlers: what else there is never runs."""
        arm = self.arms[which]
        for node in arm.builder.nodes:
            current().add(node)
        self.frame.names, self.frame.session.world = arm.names, arm.world
        return arm.status

    def raised(self) -> type | None:
        """The class of what the body raises, where that is all it does."""
        nodes = self.arms[0].builder.nodes
        if [node.op for node in nodes] != [raise_]:
            return None
        return cast(type, nodes[0].params["exception"])

    def only_raises(self) -> bool:
        """Whether all that runs is a handler, which does not ask for the exception."""
        handlers = self.arms[1].builder.block()
        named = any(clause.name for clause in self.clauses)
        ops = {node.op for node in nodes_of(handlers)}
        return self.raised() is not None and not named and reraise not in ops

    # ---- the handlers ----------------------------------------------------------------

    def handle(self) -> None:
        """Lower the handlers, which know nothing of what the body changed."""
        frame = self.frame
        world = frame.world.copy()
        world.stale.update(self.changed)
        names = {**frame.names, **self.unsure}
        arm = Arm(Builder(current()), world, names)
        self.arms.append(arm)
        self.go_on(arm, lambda: self.clause(0))

    def clause(self, k: int) -> Status:
        """Lower the k-th clause, or one of those after it."""
        frame, clause = self.frame, self.clauses[k]
        raised, last = self.raised(), k == len(self.clauses) - 1
        if raised is not None and not issubclass(raised, clause.kinds):
            return self.passed_on() if last else self.clause(k + 1)
        if raised is not None or last:
            return self.handler(clause)
        fork = Fork(frame, caught(self.error, kinds=clause.kinds))
        fork.left(lambda: self.handler(clause))
        fork.right(lambda: self.clause(k + 1))
        statuses = fork.statuses
        fork.merge()
        return combined_status(statuses)

    def passed_on(self) -> Status:
        """No clause is for it."""
        reraise()
        return Status.DEAD

    def handler(self, clause: Clause) -> Status:
        """Lower one handler; its name for the exception ends with it."""
        frame = self.frame
        if clause.name:
            frame.names[clause.name] = Caught(self.error)
        around, frame.error = frame.error, self.error
        try:
            status = clause.lower()
        finally:
            frame.error = around
        if clause.name:
            frame.names[clause.name] = UNBOUND
        return status

    # ---- together --------------------------------------------------------------------

    def node(self, blocks: tuple[Block, ...], outputs: tuple[Value, ...]) -> Node:
        """The `try_`."""
        body, handler = blocks
        handler = Block((self.error,), handler.nodes, handler.results)
        kinds = dict.fromkeys(c for clause in self.clauses for c in clause.kinds)
        params = {"catches": tuple(kinds)}
        whole = (*outputs, self.condition)
        return Node(try_, (), whole, params, (body, handler), current().span)

    def known(self, x: Value, y: Value) -> Value | None:
        """What says whether the body failed."""
        failed = is_literal(x, False) and is_literal(y, True)
        return self.condition if failed else None

    def lost(self) -> Collection[str | Cell]:
        """What is not known where the handler ran: it has left it as it was."""
        before, after = (arm.names for arm in self.arms)
        stale = self.arms[1].world.stale
        lost: set[str | Cell] = {
            name
            for name, ref in after.items()
            if isinstance(ref, Conflict) and before.get(name) is not ref
        }
        return lost | {c for c, why in self.changed.items() if stale.get(c) is why}

    def merge(self) -> None:
        """Write the `try_`; what the body alone knows is known where it went well."""
        lost, frame = self.lost(), self.frame
        super().merge()
        for key in lost:
            if isinstance(key, Cell):
                why = self.changed[key]
                frame.world.stale[key] = Conflict(why.reason, None, None, self.home)
                continue
            unknown, ref = self.arms[1].names[key], frame.names[key]
            assert isinstance(unknown, Conflict)
            frame.names[key] = Conflict(unknown.reason, unknown.span, ref, self.home)

    def bound_by(self, arm: Arm) -> list[Ref]:
        """The merged objects of names that have a value after an arm."""
        names = self.frame.names
        return [
            names[name]
            for name, ref in arm.names.items()
            if ref is not UNBOUND and ref not in arm.world.doubts and name in names
        ]

    def otherwise(self, status: Status, handled: Status, orelse: list[Any]) -> Status:
        """Lower the `else` part, where the body went well."""
        frame = self.frame

        def lower() -> Status:
            self.know()
            return _otherwise(frame, status, orelse)

        if handled is Status.DEAD:
            return lower()
        caught = self.bound_by(self.arms[1])

        def failed() -> Status:
            for ref in caught:
                frame.world.doubts.pop(ref, None)
            return handled if handled is Status.JUMP else Status.FALL

        fork = Fork(frame, self.condition)
        fork.left(failed)
        fork.right(lower)
        after = fork.statuses[1]
        fork.merge()
        return after

    def settle(self, status: Status, handled: Status) -> None:
        """Say where what the body alone knows is known: where no handler ended."""
        frame = self.frame
        home: object = None
        if handled is Status.JUMP:
            home = frame.home
        elif status is Status.JUMP:
            home = frame.home.left
        names, stale = frame.names, frame.world.stale
        for name, ref in self.kept(names).items():
            known = ref.fallen or UNBOUND
            if handled is Status.DEAD:
                names[name] = known
            else:
                fallen = None if home is None else known
                names[name] = Conflict(ref.reason, None, fallen, home)
        for cell, why in self.kept(stale).items():
            del stale[cell]
            if handled is not Status.DEAD:
                stale[cell] = Conflict(why.reason, None, None, home)

    def know(self) -> None:
        """Let what the body alone knows be known here."""
        names, stale = self.frame.names, self.frame.world.stale
        for ref in self.bound_by(self.arms[0]):
            self.frame.world.doubts.pop(ref, None)
        for name, why in self.kept(names).items():
            names[name] = why.fallen or UNBOUND
        for cell in self.kept(stale):
            del stale[cell]

    def kept(self, things: Mapping[Any, Any]) -> dict[Any, Conflict]:
        """The names or objects that are known where the body went well."""
        found = {k: c for k, c in things.items() if isinstance(c, Conflict)}
        return {k: c for k, c in found.items() if c.home is self.home}


# ---- syntax --------------------------------------------------------------------------


def _clause(frame: Frame, node: Any) -> Clause:
    kinds = (BaseException,) if node.type is None else classes(frame, node.type)
    name = getattr(node.name, "id", node.name) or ""
    return Clause(kinds, name, lambda: block(frame, node.body))


def classes(frame: Frame, node: Any) -> tuple[type, ...]:
    """The exception classes that an expression gives."""
    return class_tuple(frame, frame.lower(node), node)


def class_tuple(frame: Frame, ref: Ref, node: Any) -> tuple[type, ...]:
    """The exception classes that an object is."""
    if isinstance(ref, Items):
        return tuple(c for r in ref.items for c in class_tuple(frame, r, node))
    known = ref.value if isinstance(ref, Static) else None
    found = known if isinstance(known, tuple) else (known,)
    if all(isinstance(c, type) and issubclass(c, BaseException) for c in found):
        return found
    raise frame.refuse(
        "what is caught is not a class of exceptions known before the program runs",
        node,
        "name the classes",
    )


BRANCHING[gast.Try] = try_statement
