"""The statements `for` and `while`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.carried import Loop
from srcad.frontend.control import Fork, Status, block, test
from srcad.frontend.fixpoint import lower_loop
from srcad.frontend.frame import Frame, statement
from srcad.frontend.loop_syntax import has_exit
from srcad.frontend.refs import UNBOUND, Number
from srcad.frontend.statements import assign
from srcad.frontend.subscripts import ENTRY
from srcad.frontend.walk import COPY, Entry, Walk, walk, walk_of
from srcad.ir.builder import current
from srcad.ir.graph import Literal, Value, literal
from srcad.ops.arithmetic import not_

# ---- the statements ------------------------------------------------------------------


@statement(gast.While)
def _while(frame: Frame, node: gast.While) -> Status:
    if any(isinstance(n, gast.NamedExpr) for n in gast.walk(node.test)):
        node = _binding_test(frame, node)

    def turn(loop: Loop) -> Status:
        return block(frame, node.body)

    forever = isinstance(node.test, gast.Constant) and bool(node.test.value)

    def tested() -> Value:
        with current().at(frame.span(node.test)):
            found = test(frame, node.test)
        return literal(found) if isinstance(found, bool) else found

    exits = has_exit(node, gast.Break, gast.Return)
    status = _run(frame, node, None, turn, tested, exits)
    if forever and not has_exit(node, gast.Break):
        return Status.JUMP
    return status


def _binding_test(frame: Frame, node: gast.While) -> gast.While:
    """A loop whose test binds a name, with the test as the body's first statement."""
    if node.orelse:
        raise frame.refuse(
            "else after a while whose test binds a name is not supported",
            node.test,
            "bind the name before the loop and at the end of its body",
        )
    known: gast.While | None = frame.session.rewritten.get(id(node))
    if known is not None:
        return known
    leave = gast.copy_location(gast.Break(), node.test)
    check = gast.If(gast.UnaryOp(gast.Not(), node.test), [leave], [])
    gast.copy_location(check, node.test)
    gast.copy_location(check.test, node.test)
    forever = gast.Constant(True, None)
    gast.copy_location(forever, node.test)
    loop = gast.While(forever, [check, *node.body], [])
    gast.copy_location(loop, node)
    frame.session.rewritten[id(node)] = loop
    return loop


@statement(gast.For)
def _for(frame: Frame, node: gast.For) -> Status:
    builder = current()
    with builder.at(frame.span(node.iter)):
        iterable = frame.lower(node.iter)
        walked = walk_of(frame, iterable, node.iter)
    if walked.known is not None:
        status = _unrolled(frame, node, list(walked.known))
        _refuse_changed(frame, node, walked)
        return status
    done, names, world = len(builder.nodes), dict(frame.names), frame.world.copy()
    try:
        status = _running(frame, node, walked)
        written = walked.changed()
    except UnsupportedSyntax as error:
        if ENTRY not in error.message or not walked.lists:
            raise
        written = True
    if written:  # its entries are to be looked up at their turn
        del builder.nodes[done:]
        frame.names, frame.session.world = names, world
        with builder.at(frame.span(node.iter)), frame.place(node.iter):
            walked = walk(frame, iterable, True)
        status = _running(frame, node, walked)
        _refuse_changed(frame, node, walked)
    return status


def _refuse_changed(frame: Frame, node: gast.For, walked: Walk) -> None:
    if walked.changed():
        raise frame.refuse(
            "what this loop walks may change while it does", node.iter, COPY
        )


def _running(frame: Frame, node: gast.For, walked: Walk) -> Status:
    """A loop over like things, as a loop."""

    def turn(loop: Loop) -> Status:
        with current().at(frame.span(node.iter)):
            item = walked.item(loop.items)
            assign(frame, node.target, item)
        return block(frame, node.body)

    exits = has_exit(node, gast.Break, gast.Return)
    return _run(frame, node, walked, turn, None, exits)


def _run(
    frame: Frame,
    node: Any,
    walk: Walk | None,
    turn: Callable[[Loop], Status],
    tested: Callable[[], Value] | None,
    exits: bool,
) -> Status:
    stop = f"$exit{frame.region}" if exits else ""
    if exits:
        frame.names[stop] = Number(literal(False))
    returns = has_exit(node, gast.Return)
    frame.at_break.pop(frame.region + 1, None)
    lower_loop(Loop(frame, node, walk, turn, tested, stop))
    status = Status.FALL
    if node.orelse:
        status = _else(frame, node, stop)
    frame.names.pop(stop, None)
    if returns:
        returned = frame.flag("$returned")
        frame.names[f"$skip{frame.region}"] = Number(returned)
        if frame.loops:
            frame.names[f"$stop{frame.loops[-1]}"] = Number(returned)
        return Status.MAYBE if status is Status.FALL else status
    return status


def _else(frame: Frame, node: Any, stop: str) -> Status:
    """The `else` of a loop: where it was not left by break or return."""
    if not stop:
        return block(frame, node.orelse)
    fork = Fork(frame, not_(frame.flag(stop)))
    fork.left(lambda: block(frame, node.orelse))
    fork.right(lambda: _left_by_break(frame))
    statuses = fork.statuses
    fork.merge()
    return statuses[0] if statuses[0] is Status.FALL else Status.MAYBE


def _left_by_break(frame: Frame) -> Status:
    """Where a break left the loop, names that every break found bound have a value."""
    for name in frame.at_break.pop(frame.region + 1, ()):
        frame.world.doubts.pop(frame.names.get(name, UNBOUND), None)
    return Status.FALL


def _unrolled(frame: Frame, node: gast.For, items: list[Entry]) -> Status:
    """A loop over things of different kinds, one iteration after the other."""
    region = frame.region
    frame.region += 1
    for flag in ("$skip", "$stop"):
        frame.names[f"{flag}{frame.region}"] = Number(literal(False))
    loops, frame.loops = frame.loops, (*frame.loops, frame.region)
    try:
        _next(frame, node, items)
        stopped = frame.flag(f"$stop{frame.region}")
    finally:
        frame.region, frame.loops = region, loops
    frame.names["$exit"] = Number(stopped)
    status = Status.FALL
    if node.orelse:
        known = isinstance(stopped, Literal)
        if known and not stopped.value:  # type: ignore[attr-defined]
            status = block(frame, node.orelse)
        elif not known:
            status = _else(frame, node, "$exit")
    frame.names.pop("$exit")
    if has_exit(node, gast.Return):
        returned = frame.flag("$returned")
        frame.names[f"$skip{frame.region}"] = Number(returned)
        if frame.loops:
            frame.names[f"$stop{frame.loops[-1]}"] = Number(returned)
        if isinstance(returned, Literal):
            return Status.JUMP if returned.value else status
        return Status.MAYBE if status is Status.FALL else status
    return status


def _next(frame: Frame, node: gast.For, items: list[Entry]) -> None:
    for k, item in enumerate(items):
        frame.names[f"$skip{frame.region}"] = Number(literal(False))
        rest = items[k:]
        if item.present is not None:
            rest[0] = Entry(item.get)
            there = item.present()
            if not isinstance(there, Literal):
                _if_so(frame, there, lambda: _next(frame, node, rest))  # noqa: B023
                return
            if not there.value:
                return
        with frame.place(node.iter):
            entry = item.get()
        assign(frame, node.target, entry)
        block(frame, node.body)
        stopped = frame.flag(f"$stop{frame.region}")
        if isinstance(stopped, Literal):
            if stopped.value:
                return
            continue
        _if_so(frame, not_(stopped), lambda: _next(frame, node, rest[1:]))  # noqa: B023
        return


def _if_so(frame: Frame, condition: Value, lower: Callable[[], None]) -> None:
    fork = Fork(frame, condition)
    fork.left(lower)
    fork.right(lambda: None)
    fork.merge()
