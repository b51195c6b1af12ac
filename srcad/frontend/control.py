"""Blocks of statements, branches, and the ways out of them.

A block reports how it ends: it falls through, always jumps (return, break, continue),
may have jumped (then the flag `$skip` of the region says so and what follows stands
under it), or is dead (it raised). Flags are names like any other, so branches and loops
merge them with the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from srcad.frontend import ways
from srcad.frontend.conditions import test
from srcad.frontend.forks import Fork, Status
from srcad.frontend.frame import Frame, expression, statement
from srcad.frontend.refs import UNBOUND, Conflict, Ref, Static
from srcad.ir.builder import current
from srcad.ops.arithmetic import not_

# Gives the statements that a `match` stands for; entered by matching.py.
MATCH: list[Callable[[Frame, gast.Match], list[Any]]] = []


# Statements with ways of their own, given the statements that follow: each says how it
# ends, and whether it lowered what follows.
BRANCHING: dict[type, Callable[[Frame, Any, list[Any]], tuple[Status, bool]]] = {}


def block(frame: Frame, nodes: list[Any]) -> Status:
    """Lower statements that may jump; what follows a possible jump is conditional."""
    for k, node in enumerate(nodes):
        rest = nodes[k + 1 :]
        node = ways.as_branch(frame, node)
        if isinstance(node, gast.Match):
            with current().at(frame.span(node.subject)), frame.place(node):
                spelled = MATCH[0](frame, node)
            return block(frame, [*spelled, *rest])
        if isinstance(node, gast.If):
            with current().at(frame.span(node.test)), frame.place(node.test):
                status, done = _if_statement(frame, node, rest)
            if done:
                return status
        elif type(node) in BRANCHING:
            with current().at(frame.span(node)), frame.place(node):
                status, done = BRANCHING[type(node)](frame, node, rest)
            if done:
                return status
        else:
            found = frame.statement(node)
            status = found if isinstance(found, Status) else Status.FALL
        if status in (Status.JUMP, Status.DEAD):
            return status
        if status is Status.MAYBE and rest:
            return rest_of(frame, rest)
        if status is Status.MAYBE:
            return status
    return Status.FALL


def rest_of(frame: Frame, rest: list[Any]) -> Status:
    """The statements after a possible jump."""
    skipped = frame.flag(f"$skip{frame.region}")
    fork = Fork(frame, not_(skipped))

    def fallen() -> Status:
        fall(frame)
        return block(frame, rest)

    fork.left(fallen)
    fork.right(lambda: Status.FALL)
    after = fork.statuses[0]
    fork.merge()
    return Status.JUMP if after is Status.JUMP else Status.MAYBE


def fall(frame: Frame) -> None:
    """Where no jump was taken, let what is known only there be known."""
    for name, ref in frame.names.items():
        if isinstance(ref, Conflict) and ref.home is frame.home:
            frame.names[name] = ref.fallen or UNBOUND
    for ref, home in list(frame.world.doubts.items()):
        if home is frame.home:
            del frame.world.doubts[ref]
    for cell, reason in list(frame.world.stale.items()):
        if isinstance(reason, Conflict) and reason.home is frame.home:
            del frame.world.stale[cell]


def _if_statement(frame: Frame, node: gast.If, rest: list[Any]) -> tuple[Status, bool]:
    """Lower an `if`; says how it ends and whether `rest` was lowered with it."""
    condition = test(frame, node.test)
    if isinstance(condition, bool):
        known = node.body if condition else node.orelse
        if known and isinstance(ways.as_branch(frame, known[-1]), gast.If):
            return block(frame, [*known, *rest]), True
        return block(frame, known), False
    fork = Fork(frame, condition)
    fork.left(lambda: block(frame, node.body))
    fork.right(lambda: block(frame, node.orelse))
    done = False
    jumps = [arm.status is Status.JUMP for arm in fork.arms]
    falls = [arm for arm in fork.arms if arm.status is Status.FALL]
    if rest and any(jumps) and len(falls) == 1:
        done = True
        fork.go_on(falls[0], lambda: block(frame, rest))
    elif len(falls) == 2 and ways.part(frame, falls[0].names, falls[1].names, rest):
        done = True
        with ways.inside(frame):
            for arm in falls:
                fork.go_on(arm, lambda: block(frame, rest))
    statuses = fork.statuses
    fork.merge()
    return combined(statuses), done


def combined(statuses: list[Status]) -> Status:
    """How a branch ends whose arms end like this."""
    alive = [s for s in statuses if s is not Status.DEAD]
    if not alive:
        return Status.DEAD
    if all(s is alive[0] for s in alive):
        return alive[0]
    return Status.MAYBE


@expression(gast.NamedExpr)
def _walrus(frame: Frame, node: gast.NamedExpr) -> Ref:
    ref = frame.lower(node.value)
    frame.bind(node.target.id, ref)
    return frame.names.get(node.target.id, ref)


# ---- jumps ---------------------------------------------------------------------------


def jump(frame: Frame) -> Status:
    """Skip the rest of the region."""
    frame.set_flag(f"$skip{frame.region}")
    return Status.JUMP


@statement(gast.Break)
def _break(frame: Frame, node: gast.Break) -> Status:
    frame.set_flag(f"$stop{frame.region}")
    doubts = frame.world.doubts
    bound = {n for n, r in frame.names.items() if r is not UNBOUND and r not in doubts}
    bound -= {n for n, r in frame.names.items() if isinstance(r, Conflict)}
    frame.at_break[frame.region] = frame.at_break.get(frame.region, bound) & bound
    return jump(frame)


@statement(gast.Continue)
def _continue(frame: Frame, node: gast.Continue) -> Status:
    return jump(frame)


@statement(gast.Return)
def _return(frame: Frame, node: gast.Return) -> Status:
    frame.names["$value"] = (
        Static(None) if node.value is None else frame.lower(node.value)
    )
    frame.set_flag("$returned")
    for region in frame.loops:
        frame.set_flag(f"$stop{region}")
    return jump(frame)


@statement(gast.Pass, gast.Global, gast.Nonlocal)
def _pass(frame: Frame, node: Any) -> None:
    return None
