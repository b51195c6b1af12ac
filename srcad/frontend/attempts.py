"""`try`: a body, handlers by class, `else` and `finally`.

Whatever the body binds or writes may or may not have happened when a handler begins, so
it is not read there, nor after a handler that falls through, unless it is bound anew.
Where the handler returns, raises or jumps, what follows knows the body went well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import gast

from srcad.frontend.attempt_body import Body, Lower, raises
from srcad.frontend.control import BRANCHING, Arm, Fork, Status, block, rest_of
from srcad.frontend.control import combined as combined_status
from srcad.frontend.frame import Frame
from srcad.frontend.refs import (
    UNBOUND,
    Caught,
    Cell,
    Conflict,
    Items,
    Ref,
    Static,
    World,
)
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Block, Node, Value, is_literal
from srcad.ir.structure import try_
from srcad.ir.types import BOOL, UNKNOWN
from srcad.ops.effects import caught, reraise
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
    if not raising(fork.arms[0].builder.block()):
        fork.take_body()
        if orelse and status in (Status.FALL, Status.MAYBE):
            status = _otherwise(frame, status, orelse)
        return status, False
    fork.handle()
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

    def take_body(self) -> None:
        """Let the body stand alone: nothing in it can raise."""
        arm = self.arms[0]
        for node in arm.builder.nodes:
            current().add(node)
        self.frame.names, self.frame.session.world = arm.names, arm.world

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
        if k == len(self.clauses) - 1:
            return self.handler(clause)
        fork = Fork(frame, caught(self.error, kinds=clause.kinds))
        fork.left(lambda: self.handler(clause))
        fork.right(lambda: self.clause(k + 1))
        statuses = fork.statuses
        fork.merge()
        return combined_status(statuses)

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
        """What the handler has left as it was: not known."""
        names, world = self.arms[1].names, self.arms[1].world
        lost: set[str | Cell] = {n for n, c in self.unsure.items() if names.get(n) is c}
        return lost | {
            c for c, why in self.changed.items() if world.stale.get(c) is why
        }

    def merge(self) -> None:
        """Write the `try_`; what the body alone knows is known where it went well."""
        lost, frame = self.lost(), self.frame
        super().merge()
        for key in lost:
            if isinstance(key, Cell):
                why = self.changed[key]
                frame.world.stale[key] = Conflict(why.reason, None, None, self.home)
            else:
                ref, why = frame.names[key], self.unsure[key]
                frame.names[key] = Conflict(why.reason, None, ref, self.home)

    def otherwise(self, status: Status, handled: Status, orelse: list[Any]) -> Status:
        """Lower the `else` part, where the body went well."""
        frame = self.frame

        def lower() -> Status:
            self.found(frame.names, frame.world, self.home, None)
            return _otherwise(frame, status, orelse)

        if handled is Status.DEAD:
            return lower()
        fork = Fork(frame, self.condition)
        fork.left(lambda: handled if handled is Status.JUMP else Status.FALL)
        fork.right(lower)
        after = fork.statuses[1]
        fork.merge()
        return after

    def settle(self, status: Status, handled: Status) -> None:
        """Say where what the body alone knows is known: where no handler ended."""
        frame, home = self.frame, None
        if handled is Status.JUMP:
            home = frame.home
        elif status is Status.JUMP:
            home = frame.home.left
        dead = handled is Status.DEAD
        self.found(frame.names, frame.world, self.home, None if dead else (home,))

    def found(
        self, names: dict[str, Ref], world: World, home: object, after: Any
    ) -> None:
        """Give what is known at one home another, or (None) let it be known."""
        for name, ref in names.items():
            if isinstance(ref, Conflict) and ref.home is home:
                known = ref.fallen or UNBOUND
                names[name] = (
                    known
                    if after is None
                    else Conflict(ref.reason, None, known if after[0] else None, *after)
                )
        for cell, why in list(world.stale.items()):
            if isinstance(why, Conflict) and why.home is home:
                del world.stale[cell]
                if after is not None:
                    world.stale[cell] = Conflict(why.reason, None, None, *after)


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
