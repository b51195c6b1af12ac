"""Syntax around an object at hand, to treat it as if the user had written it there."""

from __future__ import annotations

from typing import Any

import gast

from srcad.frontend.frame import Frame, expression
from srcad.frontend.refs import Ref


class Held(gast.AST):  # type: ignore[misc]
    """An expression that is an object at hand."""

    def __init__(self, ref: Ref) -> None:
        super().__init__()
        self.ref = ref


@expression(Held)
def _held(frame: Frame, node: Held) -> Ref:
    return node.ref


def attribute_node(ref: Ref, name: str, context: Any) -> gast.Attribute:
    """`ref.name` as syntax."""
    return gast.Attribute(Held(ref), name, context)


def held_attribute(frame: Frame, ref: Ref, name: str) -> Ref:
    """`ref.name`, whatever kind of object it is."""
    node = attribute_node(ref, name, gast.Load())
    return frame.lower(node)
