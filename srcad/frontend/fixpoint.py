"""`for` and `while`: what a body changes becomes carried values, lowered to a fixpoint.

A loop's body is lowered with the names and objects it changes as block parameters. The
first guess of those, and of their types, comes from the syntax and from the last time
this loop was lowered; the body is lowered again until nothing new changes and the types
hold still.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from srcad.frontend.carried import Loop, enter
from srcad.frontend.frame import Home
from srcad.frontend.leaving import leave
from srcad.frontend.loop_node import write_loop
from srcad.frontend.loop_syntax import assigned_names, written_names
from srcad.frontend.refs import UNBOUND, Number, root_of, unsettled
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Block, literal


class TestWrites(Exception):
    """The test of a `while` changes objects: it belongs into the body."""


def lower_loop(loop: Loop) -> None:
    """Find what is carried, and write the loop."""
    frame = loop.frame
    names, world = dict(frame.names), frame.world.copy()
    loop.before = world
    memo = frame.session.loops.get(_memo_key(loop))
    _guess(loop, memo)
    tentative = frozenset(assigned_names(loop.node))
    for _ in range(50):
        before = loop.plan.state()
        frame.names, frame.session.world = dict(names), world.copy()
        with Builder(current()).active() as body, _tolerant(loop, tentative):
            tested = _iteration(loop, body)
            certain = not frame.tolerated
        tentative = frozenset()
        if certain and loop.plan.state() == before:
            break
    else:
        raise unsettled(
            "the types of this loop's variables do not settle", frame.span(loop.node)
        )
    frame.session.loops[_memo_key(loop)] = (
        dict.fromkeys(n for n in loop.plan.names),
        {k: t for k, t in loop.plan.types.items() if isinstance(k, str)},
    )
    ends = dict(frame.names)
    frame.names, frame.session.world = dict(names), world
    write_loop(loop, body, tested, ends)


@contextmanager
def _tolerant(loop: Loop, names: frozenset[str]) -> Iterator[None]:
    """Let names be read that an earlier iteration may have bound."""
    frame = loop.frame
    before = frame.tentative, frame.tolerated
    frame.tentative, frame.tolerated = frame.tentative | names, False
    try:
        yield
    finally:
        frame.tentative = before[0]
        frame.tolerated |= before[1]


def _memo_key(loop: Loop) -> Any:
    """What makes this the same loop when it is lowered again."""
    return (id(loop.node), loop.frame.path)


def _guess(loop: Loop, memo: Any) -> None:
    """What is carried, as far as the syntax and the last time (`memo`) tell."""
    if loop.stop:
        loop.plan.names[loop.stop] = None
    if memo is not None:
        loop.plan.names.update(memo[0])
        loop.plan.types.update(memo[1])
    for name in assigned_names(loop.node):
        if name in loop.frame.names:
            loop.plan.names.setdefault(name)
    for name in written_names(loop.node):
        if name in loop.plan.names:
            continue
        root = root_of(loop.frame.names.get(name, UNBOUND))
        if root is not None:
            loop.plan.cells.setdefault(root)
        elif name in loop.frame.names:
            loop.plan.names.setdefault(name)


def _iteration(loop: Loop, body: Builder) -> Block | None:
    """Lower one iteration from the plan, and note what it shows."""
    frame = loop.frame
    loop.slots, loop.holders, loop.entered, loop.holding = [], [], {}, {}
    enter(loop)
    if "$returned" in loop.plan.names:  # else no iteration would have begun
        frame.names["$returned"] = Number(literal(False))
    start_names = dict(frame.names)
    start_contents = dict(frame.world.contents)
    tested = _test_block(loop)
    loop.items = () if loop.walk is None else loop.walk.fresh_items(loop.node.target)
    region = frame.region
    frame.region += 1
    for flag in ("$skip", "$stop"):
        frame.names[f"{flag}{frame.region}"] = Number(literal(False))
    loops, frame.loops = frame.loops, (*frame.loops, frame.region)
    home, frame.home = frame.home, Home()
    try:
        loop.status = loop.turn(loop)
    finally:
        frame.region, frame.loops, frame.home = region, loops, home
    leave(loop, start_names, start_contents)
    return tested


def _test_block(loop: Loop) -> Block | None:
    """The test of a `while` as a block of its own."""
    if loop.test is None:
        return None
    frame = loop.frame
    views = dict(frame.world.views)
    before = dict(frame.world.contents)
    with current().inner() as builder:
        found = loop.test()
    now = frame.world.contents
    if any(now.get(cell) is not content for cell, content in before.items()):
        raise TestWrites
    frame.world.views = views
    return builder.block([], [found])
