"""The body of a function: its local names, and lowering it in a frame."""

from __future__ import annotations

from typing import Any

import gast

from srcad.frontend.arguments import parameter_names
from srcad.frontend.control import Fork, Status, block
from srcad.frontend.frame import Frame
from srcad.frontend.refs import (
    Number,
    Ref,
    Static,
)
from srcad.frontend.scopes import nodes_in_scope
from srcad.ir.graph import literal
from srcad.ops.arithmetic import not_


class InPlaceOnly(Exception):
    """This call can only be lowered in place."""


def local_names(tree: Any) -> frozenset[str]:
    """The names that a function binds itself."""
    names = set(parameter_names(tree))
    body = list(tree.body) if isinstance(tree.body, list) else [tree.body]
    for item in nodes_in_scope(body):
        if isinstance(item, gast.Name) and isinstance(item.ctx, gast.Store):
            names.add(item.id)
        if isinstance(item, gast.FunctionDef):
            names.add(item.name)
    return frozenset(names)


def body_of(frame: Frame, tree: Any) -> Ref:
    """Lower a function's body in its frame; gives what it returns."""
    if not isinstance(tree.body, list):
        return frame.lower(tree.body)
    frame.names["$skip0"] = Number(literal(False))
    frame.names["$returned"] = Number(literal(False))
    status = block(frame, tree.body)
    if status is Status.FALL:
        return Static(None)
    if status is Status.MAYBE:
        fork = Fork(frame, not_(frame.flag("$skip0")))

        def fallen() -> None:
            frame.names["$value"] = Static(None)

        fork.left(fallen)
        fork.right(lambda: None)
        fork.merge()
    return frame.names.get("$value", Static(None))
