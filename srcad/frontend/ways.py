"""Texts that a branch chooses: what follows it is lowered once for each way.

A text, as in `mode = "laminar" if Re < 2040.0 else "turbulent"`, is no number that a
branch could give out; what reads it asks for it by `==`, or looks up a key by it. On
each way it is known, and so is what it decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import gast

from srcad.frontend.frame import Frame
from srcad.frontend.merge import same_static
from srcad.frontend.refs import Ref, Static

LIMIT = 3  # such branches in one another; each makes two of what follows


@contextmanager
def inside(frame: Frame) -> Iterator[None]:
    """Count one more branch around what is lowered meanwhile."""
    frame.session.ways += 1
    try:
        yield
    finally:
        frame.session.ways -= 1


def part(
    frame: Frame, then: Mapping[str, Ref], otherwise: Mapping[str, Ref], rest: Any
) -> bool:
    """Whether what follows a branch reads a name that is another text on either way.

    then, otherwise : what names stand for after the two ways.
    """
    if frame.session.ways >= LIMIT:
        return False
    names = {
        name
        for name, ref in then.items()
        if name in otherwise
        and _is_text(ref)
        and _is_text(otherwise[name])
        and not same_static(ref, otherwise[name])
    }
    return bool(names) and not names.isdisjoint(_read(rest))


def _is_text(ref: Ref | None) -> bool:
    """Whether an object is a known text, or the None that stands for one."""
    return isinstance(ref, Static) and (ref.value is None or type(ref.value) is str)


def _read(nodes: Sequence[Any]) -> set[str]:
    parts = (n for node in nodes for n in gast.walk(node))
    return {n.id for n in parts if isinstance(n, gast.Name)}


def as_branch(frame: Frame, node: Any) -> Any:
    """`name = a if test else b` of texts as the statement of a branch."""
    if not isinstance(node, gast.Assign) or not isinstance(node.value, gast.IfExp):
        return node
    chosen = node.value
    if not all(_names_text(frame, n) for n in (chosen.body, chosen.orelse)):
        return node
    ways = [
        [gast.copy_location(gast.Assign(node.targets, value, None), node)]
        for value in (chosen.body, chosen.orelse)
    ]
    return gast.copy_location(gast.If(chosen.test, *ways), node)


def _names_text(frame: Frame, node: Any) -> bool:
    if isinstance(node, gast.Name):
        return _is_text(frame.names.get(node.id))
    return isinstance(node, gast.Constant) and isinstance(node.value, (str, type(None)))
