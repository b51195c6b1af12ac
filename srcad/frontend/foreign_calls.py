"""Calls of what is not known: kept in order, and what they may write to."""

from __future__ import annotations

import inspect
import itertools
import sys
import types
from typing import Any

import numpy as np

from srcad.errors import UnsupportedSyntax
from srcad.frontend.frame import Frame
from srcad.frontend.installed import shown_place
from srcad.frontend.refs import Cell, Ref, root_of
from srcad.ir.builder import current
from srcad.ops.effects import foreign, shown

_WRITERS = ("shuffle", "pack_into", "setattr")
_PURE_MODULES = ("builtins", "math", "cmath", "numpy", "scipy", "struct", "_struct")


def call_foreign(
    frame: Frame,
    target: Any,
    args: list[Ref],
    kwargs: dict[str, Ref],
    reason: str = "",
) -> Ref:
    """A call that srcad does not know: kept in order, without a derivative.

    It may change every object it is handed, so those get new contents; as that cannot
    be expressed, objects that it could write to are read no more.

    reason : why its own source could not be lowered.
    """
    if not callable(target):
        error = UnsupportedSyntax(f"{target!r} cannot be called")
        text = f"{type(target).__name__!r} object is not callable"
        raise error.for_certain(TypeError(text))
    values = [frame.read(r) for r in (*args, *kwargs.values())]
    why: dict[str, Any] = {"reason": reason} if reason else {}
    if frame.session.entered is not None:
        why["outer"] = frame.session.entered
        why["inside"] = shown_place(current().span)
    found = foreign(*values, function=target, keywords=tuple(kwargs), **why)
    if reason:
        words = f"{shown(target)}, whose source could not be lowered ({reason}),"
        frame.session.unknown[current().span] = words
    result = frame.result(found)
    for ref in (*args, *kwargs.values()):
        root = root_of(ref)
        if root is None:
            continue
        if any(_writing(k) for k in kwargs) or not writes_nothing(target, len(args)):
            frame.session.handed.add(root)
            frame.world.stale[root] = current().span
        elif isinstance(result, Cell):  # it may be a view of the argument
            result.linked.add(root)
            root.linked.add(result)
    return result


def _writing(keyword: str) -> bool:
    """Whether a keyword of a library's function lets it write to an argument."""
    named = keyword in ("out", "output", "copy", "buffer")
    return named or keyword.startswith("overwrite")


def writes_nothing(target: Any, positional: int = 0) -> bool:
    """Whether a callable surely leaves its arguments as they are.

    positional : how many arguments it is given by position.
    """
    if getattr(target, "__name__", "") in _WRITERS:
        return False
    if isinstance(target, np.ufunc):
        return True
    package = (getattr(target, "__module__", None) or "").split(".")[0]
    if package not in _PURE_MODULES or _fills(target, positional):
        return False
    return package != "scipy" or _is_public(target)


def _fills(target: Any, positional: int) -> bool:
    """Whether one of the arguments by position is for the result to be put into."""
    try:
        names = list(inspect.signature(target).parameters)
    except (TypeError, ValueError):  # a compiled function
        return False
    return any(map(_writing, names[:positional]))


def _is_public(target: Any) -> bool:
    """Whether SciPy shows a function to users: helpers behind those fill arguments.

    An object that is called, and a method, are what users hold in their hands.
    """
    name = getattr(target, "__name__", None)
    if name is None or isinstance(target, types.MethodType):
        return True
    if target.__module__.startswith("scipy._lib."):  # what all its packages share
        return True
    parts = target.__module__.split(".")
    shown = list(itertools.takewhile(lambda p: not p.startswith("_"), parts))
    module = sys.modules.get(".".join(shown))
    return not name.startswith("_") and hasattr(module, name)
