"""The statements `for` and `while`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.carried import Loop
from srcad.frontend.conditions import test
from srcad.frontend.control import block
from srcad.frontend.fixpoint import TestWrites, lower_loop
from srcad.frontend.forks import Status
from srcad.frontend.frame import Frame, statement
from srcad.frontend.loop_syntax import has_exit
from srcad.frontend.refs import Number
from srcad.frontend.statements import assign
from srcad.frontend.subscripts import ENTRY
from srcad.frontend.unroll import Turns, after_return, lower_else, unrolled
from srcad.frontend.walk import COPY, UNROLL_LIMIT, Entry, Walk, walk, walk_of
from srcad.ir.builder import current
from srcad.ir.graph import Value, literal

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
    names, world = dict(frame.names), frame.world.copy()
    try:
        status = _run(frame, node, None, turn, tested, exits)
    except TestWrites:
        frame.names, frame.session.world = names, world
        again: Status = _while(frame, _binding_test(frame, node))
        return again
    except UnsupportedSyntax as error:
        if not error.needs_known:
            raise
        frame.names, frame.session.world = names, world
        return _decided(frame, node, error)
    if forever and not has_exit(node, gast.Break):
        return Status.JUMP
    return status


def _decided(frame: Frame, node: gast.While, error: UnsupportedSyntax) -> Status:
    """A `while` unrolled, where each of its tests is decided while lowering."""

    def there(k: int) -> bool:
        found = test(frame, node.test)
        if not isinstance(found, bool) or k * frame.session.unrolled > UNROLL_LIMIT:
            raise error
        return found

    return unrolled(frame, node, Turns(there, lambda k: None))


def _binding_test(frame: Frame, node: gast.While) -> gast.While:
    """A loop whose test binds a name, with the test as the body's first statement."""
    if has_exit(gast.If(node.test, node.orelse, []), gast.Break, gast.Continue):
        raise frame.refuse(
            "break or continue in the else of a while whose test binds a name or "
            "writes to an object is not supported",
            node.test,
            "bind the name before the loop and at the end of its body",
        )
    known: gast.While | None = frame.session.rewritten.get(id(node))
    if known is not None:
        return known
    leave = gast.copy_location(gast.Break(), node.test)
    check = gast.If(gast.UnaryOp(gast.Not(), node.test), [*node.orelse, leave], [])
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
        status = _over(frame, node, list(walked.known))
        _refuse_changed(frame, node, walked)
        return status
    done, names, world = len(builder.nodes), dict(frame.names), frame.world.copy()
    try:
        status = _running(frame, node, walked)
        written = walked.changed()
    except UnsupportedSyntax as error:
        if error.needs_known and _may_unroll(frame, walked):
            frame.names, frame.session.world = names, world
            return _repeated(frame, node, walked)
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


def _may_unroll(frame: Frame, walked: Walk) -> bool:
    """Whether a loop that cannot stay one is short enough to be unrolled."""
    if walked.count is None or walked.at is None:
        return False
    return walked.count * frame.session.unrolled <= UNROLL_LIMIT


def _repeated(frame: Frame, node: gast.For, walked: Walk) -> Status:
    """A loop of a known number of iterations, one after the other."""
    at, count = walked.at, walked.count
    assert at is not None and count is not None
    items = [Entry(lambda k=k: at(k)) for k in range(count)]  # type: ignore[misc]
    frame.session.unrolled *= max(count, 1)
    try:
        return _over(frame, node, items)
    finally:
        frame.session.unrolled //= max(count, 1)


def _over(frame: Frame, node: gast.For, items: list[Entry]) -> Status:
    """A `for` over known things, unrolled."""

    def there(k: int) -> Value | bool:
        present = items[k].present if k < len(items) else None
        return present() if present is not None else k < len(items)

    def bind(k: int) -> None:
        with frame.place(node.iter):
            entry = items[k].get()
        assign(frame, node.target, entry)

    return unrolled(frame, node, Turns(there, bind))


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
    frame.at_break.pop(frame.region + 1, None)
    lower_loop(Loop(frame, node, walk, turn, tested, stop))
    status = Status.FALL
    if node.orelse:
        status = lower_else(frame, node, stop)
    frame.names.pop(stop, None)
    return after_return(frame, status) if has_exit(node, gast.Return) else status
