"""Decorators of functions defined inside a function.

A decorator is an expression that is called with the function. Those that only keep
results (`cache`), copy a name (`wraps`) or compile (`njit`) leave the function alone.
"""

from __future__ import annotations

import functools
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Bound, Choice, Closure, Partial, Ref, Static
from srcad.frontend.rules import Recomputed

FUNCTIONS = (Bound, Choice, Closure, Partial, Recomputed, Static)


def decorated(frame: Frame, node: gast.FunctionDef, function: Ref) -> Ref:
    """A function with its decorators applied, the innermost first."""
    decorators = [_Decorator(frame, d) for d in node.decorator_list]
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


class _Decorator:
    """A decorator whose expression has been computed."""

    def __init__(self, frame: Frame, node: Any) -> None:
        self.frame, self.node = frame, node
        self.transparent = _is_transparent(frame, node)
        self.ref = Static(None) if self.transparent else frame.lower(node)

    def __call__(self, function: Ref) -> Ref:
        if self.transparent:
            self._refuse_kept_effects(function)
            return function
        with self.frame.place(self.node):
            found = self.frame.call(self.ref, [function], {}, self.node)
            if not isinstance(found, FUNCTIONS):
                raise UnsupportedSyntax(
                    "what this decorator gives is no function that is known",
                    hint="call the function directly",
                )
            return found

    def _refuse_kept_effects(self, function: Ref) -> None:
        """Refuse to keep the results of a function that does more than compute."""
        if not isinstance(function, Closure):
            return
        inside = gast.walk(function.node)
        if any(isinstance(n, (gast.Nonlocal, gast.Global)) for n in inside):
            raise self.frame.refuse(
                "a decorator on a function that binds names outside is not supported",
                self.node,
                "write it without the decorator",
            )


def _is_transparent(frame: Frame, node: Any) -> bool:
    """Whether a decorator leaves what the function computes as it is."""
    if isinstance(node, gast.Call):
        return _is_transparent(frame, node.func)
    target = frame.lower(node)
    if not isinstance(target, Static):
        return False
    if any(target.value is f for f in _TRANSPARENT):
        return True
    home = getattr(target.value, "__module__", None) or ""
    return home.split(".")[0] == "numba"


_TRANSPARENT = (functools.wraps, functools.lru_cache, functools.cache)
