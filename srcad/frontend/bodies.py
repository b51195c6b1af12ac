"""The body of a function: its local names, and lowering it in a frame."""

from __future__ import annotations

from typing import Any

import gast

from srcad.frontend.arguments import parameter_names
from srcad.frontend.bindings import bound_names, declared, shared_with_inner
from srcad.frontend.boxes import enter_boxes
from srcad.frontend.control import block
from srcad.frontend.forks import Fork, Status
from srcad.frontend.frame import Frame
from srcad.frontend.refs import (
    Number,
    Ref,
    Static,
)
from srcad.ir.graph import literal
from srcad.ops.arithmetic import not_


def local_names(tree: Any) -> frozenset[str]:
    """The names that a function binds itself."""
    return frozenset({*parameter_names(tree), *bound_names(tree)})


def body_of(frame: Frame, tree: Any) -> Ref:
    """Lower a function's body in its frame; gives what it returns."""
    frame.declared_global = declared(tree, gast.Global)
    enter_boxes(frame, shared_with_inner(tree))
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
