"""The statements `for` and `while`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from srcad.frontend.carried import Loop
from srcad.frontend.control import Status, block, test
from srcad.frontend.fixpoint import lower_loop
from srcad.frontend.frame import Frame, statement
from srcad.frontend.loop_syntax import has_exit
from srcad.frontend.refs import Number, Ref, Unsettled
from srcad.frontend.statements import assign
from srcad.frontend.unroll import lower_else, unrolled
from srcad.frontend.walk import UNROLL_LIMIT, Walk, walk_of
from srcad.ir.builder import current
from srcad.ir.graph import Literal, Value, literal
from srcad.ops.lists import range_

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
    except Unsettled as error:
        frame.names, frame.session.world = names, world
        return _decided(frame, node, error)
    if forever and not has_exit(node, gast.Break):
        return Status.JUMP
    return status


def _decided(frame: Frame, node: gast.While, error: Unsettled) -> Status:
    """A `while` unrolled, where each of its tests is decided while lowering."""

    def begin(k: int) -> bool:
        found = test(frame, node.test)
        if not isinstance(found, bool) or k * frame.session.unrolled > UNROLL_LIMIT:
            raise error
        return found

    return unrolled(frame, node, begin)


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
    with current().at(frame.span(node.iter)):
        iterable = frame.lower(node.iter)
        walk = walk_of(frame, iterable, node.iter)
    if walk.unrolled is not None:
        return _over(frame, node, list(walk.unrolled))

    def turn(loop: Loop) -> Status:
        with current().at(frame.span(node.iter)):
            item = walk.item(loop.items)
            assign(frame, node.target, item)
        return block(frame, node.body)

    exits = has_exit(node, gast.Break, gast.Return)
    names, world = dict(frame.names), frame.world.copy()
    try:
        return _run(frame, node, walk, turn, None, exits)
    except Unsettled:
        count = known_count(walk)
        if count is None or count * frame.session.unrolled > UNROLL_LIMIT:
            raise
    frame.names, frame.session.world = names, world
    frame.session.unrolled *= max(count, 1)
    try:
        return _over(frame, node, [walk.known_item(k) for k in range(count)])
    finally:
        frame.session.unrolled //= max(count, 1)


def _over(frame: Frame, node: gast.For, items: list[Ref]) -> Status:
    """A `for` over known things, unrolled."""

    def begin(k: int) -> bool:
        if k < len(items):
            assign(frame, node.target, items[k])
        return k < len(items)

    return unrolled(frame, node, begin)


def known_count(walk: Walk) -> int | None:
    """How many iterations a loop does, where all it walks are ranges of constants."""
    counts = []
    for value in walk.values:
        node = current().definitions.get(value)
        bounds = (
            [v.value for v in node.inputs if isinstance(v, Literal)] if node else []
        )
        if node is None or node.op is not range_ or len(bounds) != 3 or not bounds[2]:
            return None
        counts.append(len(range(*bounds)))
    return min(counts, default=None)


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
        status = lower_else(frame, node, stop)
    frame.names.pop(stop, None)
    if returns:
        returned = frame.flag("$returned")
        frame.names[f"$skip{frame.region}"] = Number(returned)
        if frame.loops:
            frame.names[f"$stop{frame.loops[-1]}"] = Number(returned)
        return Status.MAYBE if status is Status.FALL else status
    return status
