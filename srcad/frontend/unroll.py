"""Loops lowered one iteration after the other, and the `else` of any loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import gast

from srcad.frontend.control import block
from srcad.frontend.forks import Fork, Status
from srcad.frontend.frame import Frame, Home
from srcad.frontend.loop_syntax import has_exit
from srcad.frontend.refs import UNBOUND, Number
from srcad.ir.builder import current
from srcad.ir.graph import Block, Literal, Value, is_literal, literal
from srcad.ir.types import BOOL
from srcad.ops.arithmetic import not_


@dataclass(frozen=True)
class Turns:
    """The iterations of a loop that is unrolled.

    there : whether there is iteration k. bind : binds what it begins with.
    """

    there: Callable[[int], Value | bool]
    bind: Callable[[int], None]


def lower_else(frame: Frame, node: Any, stop: str) -> Status:
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


def unrolled(frame: Frame, node: Any, turns: Turns) -> Status:
    """Lower a loop one iteration after the other."""
    region = frame.region
    frame.region += 1
    for flag in ("$skip", "$stop"):
        frame.names[f"{flag}{frame.region}"] = Number(literal(False))
    loops, frame.loops = frame.loops, (*frame.loops, frame.region)
    home = frame.home
    try:
        _next(frame, node, turns, 0)
        stopped = frame.flag(f"$stop{frame.region}")
    finally:
        frame.region, frame.loops, frame.home = region, loops, home
    frame.names["$exit"] = Number(stopped)
    status = Status.FALL
    if node.orelse:
        known = isinstance(stopped, Literal)
        if known and not stopped.value:  # type: ignore[attr-defined]
            status = block(frame, node.orelse)
        elif not known:
            status = lower_else(frame, node, "$exit")
    frame.names.pop("$exit")
    return after_return(frame, status) if has_exit(node, gast.Return) else status


def after_return(frame: Frame, status: Status) -> Status:
    """After a loop that may have returned: so do the loop and the region around it.

    status : of the loop's `else`, which may have left them as well.
    """
    returned = frame.flag("$returned")
    for name in (f"$skip{frame.region}", *(f"$stop{k}" for k in frame.loops[-1:])):
        left = literal(False) if status is Status.FALL else frame.flag(name)
        frame.names[name] = Number(_either(left, returned))
    if isinstance(returned, Literal):
        return Status.JUMP if returned.value else status
    return Status.MAYBE if status is Status.FALL else status


def _either(a: Value, b: Value) -> Value:
    """`a or b` of two flags."""
    if isinstance(a, Literal) or isinstance(b, Literal):
        known, other = (a, b) if isinstance(a, Literal) else (b, a)
        return literal(True) if is_literal(known, True) else other
    sides = Block((), (), (literal(True),)), Block((), (), (b,))
    (found,) = current().if_(a, *sides, [BOOL], [""])
    return found


def _next(frame: Frame, node: Any, turns: Turns, k: int, sure: bool = False) -> None:
    """Iteration `k` and those behind it; `sure`: it is known that there is one."""
    while True:
        frame.names[f"$skip{frame.region}"] = Number(literal(False))
        frame.home = Home()
        there = True if sure else turns.there(k)
        sure = False
        if not isinstance(there, (bool, Literal)):
            _if_so(frame, there, partial(_next, frame, node, turns, k, True))
            return
        if not (there.value if isinstance(there, Literal) else there):
            return
        turns.bind(k)
        block(frame, node.body)
        k += 1
        stopped = frame.flag(f"$stop{frame.region}")
        if not isinstance(stopped, Literal):
            _if_so(frame, not_(stopped), partial(_next, frame, node, turns, k))
            return
        if stopped.value:
            return


def _if_so(frame: Frame, condition: Value, lower: Callable[[], None]) -> None:
    """Lower something under a condition."""
    fork = Fork(frame, condition)
    fork.left(lower)
    fork.right(lambda: None)
    fork.merge()
