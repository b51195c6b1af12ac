"""Decorators on functions defined inside a function: those that are transforms."""

from __future__ import annotations

import gast

from srcad.frontend.callables import as_callable
from srcad.frontend.expressions import closure
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Closure, Ref, Static


def decorated(frame: Frame, node: gast.FunctionDef) -> Ref | None:
    """The object that `@grad def f(...)` binds; None if a decorator is no transform."""
    decorators = [frame.lower(d) for d in node.decorator_list]
    found: Ref = closure(frame, node, node.name)
    for decorator, place in reversed(
        list(zip(decorators, node.decorator_list, strict=True))
    ):
        known = as_callable(frame, decorator)
        if isinstance(known, Static) or type(known) is Closure:
            return None
        found = frame.call(known, [found], {}, place)
    return found
