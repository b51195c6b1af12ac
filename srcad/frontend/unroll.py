"""Loops lowered one iteration after the other, and the `else` of any loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from srcad.frontend.control import Fork, Status, block
from srcad.frontend.frame import Frame, Home
from srcad.frontend.loop_syntax import has_exit
from srcad.frontend.refs import UNBOUND, Number
from srcad.ir.graph import Literal, literal
from srcad.ops.arithmetic import not_

# Binds what iteration k begins with; False where there is no such iteration.
Begin = Callable[[int], bool]


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


def unrolled(frame: Frame, node: Any, begin: Begin) -> Status:
    """Lower a loop one iteration after the other."""
    region = frame.region
    frame.region += 1
    for flag in ("$skip", "$stop"):
        frame.names[f"{flag}{frame.region}"] = Number(literal(False))
    loops, frame.loops = frame.loops, (*frame.loops, frame.region)
    home = frame.home
    try:
        _next(frame, node, begin, 0)
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
    if has_exit(node, gast.Return):
        returned = frame.flag("$returned")
        frame.names[f"$skip{frame.region}"] = Number(returned)
        if frame.loops:
            frame.names[f"$stop{frame.loops[-1]}"] = Number(returned)
        if isinstance(returned, Literal):
            return Status.JUMP if returned.value else status
        return Status.MAYBE if status is Status.FALL else status
    return status


def _next(frame: Frame, node: Any, begin: Begin, k: int) -> None:
    while True:
        frame.names[f"$skip{frame.region}"] = Number(literal(False))
        frame.home = Home()
        if not begin(k):
            return
        block(frame, node.body)
        k += 1
        stopped = frame.flag(f"$stop{frame.region}")
        if not isinstance(stopped, Literal):
            break
        if stopped.value:
            return
    fork = Fork(frame, not_(stopped))
    fork.left(lambda: _next(frame, node, begin, k))
    fork.right(lambda: None)
    fork.merge()
