"""Objects that stand for a `Ref` of their own kind: tables that other modules fill.

`NAMED` has single objects (`srcad.grad`) that stand for such a `Ref`; `READ` says, by
class, how objects (`srcad.grad(f)` made outside of the function) are read as one.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from srcad.frontend.frame import Frame
from srcad.frontend.refs import Ref, Static

NAMED: dict[int, tuple[Any, Ref]] = {}  # by id; the object itself is kept beside
READ: dict[type, Callable[[Frame, Any], Ref]] = {}


def as_callable(frame: Frame, callee: Ref) -> Ref:
    """A known object that stands for a `Ref` of its own kind as that; others stay."""
    if not isinstance(callee, Static):
        return callee
    known = NAMED.get(id(callee.value))
    if known is not None:
        return known[1]
    reader = READ.get(type(callee.value))
    return callee if reader is None else reader(frame, callee.value)


def bound_reading(
    target: Any,
) -> tuple[Any, Sequence[Any], Mapping[str, Any]] | None:
    """The object that is read as a `Ref` behind a partial or method, and its arguments.

    None for callables that are to be treated as they are.
    """
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}
    while True:
        if isinstance(target, functools.partial):
            args = (*target.args, *args)
            kwargs = {**target.keywords, **kwargs}
            target = target.func
        elif isinstance(target, types.MethodType):
            args, target = (target.__self__, *args), target.__func__
        else:
            known = type(target) in READ or id(target) in NAMED
            return (target, args, kwargs) if known else None
