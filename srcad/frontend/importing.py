"""`import` inside a function: the modules are known while lowering, and guarded."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

import gast

from srcad.errors import UnsupportedSyntax
from srcad.frontend.boxes import function_around
from srcad.frontend.context import Binding, Guard
from srcad.frontend.expressions import static_attribute
from srcad.frontend.frame import Frame, statement
from srcad.frontend.refs import Static


@statement(gast.Import)
def _import(frame: Frame, node: gast.Import) -> None:
    for alias in node.names:
        module = _module(frame, alias.name)
        if alias.asname is None:
            top = alias.name.partition(".")[0]
            frame.bind(top, Static(sys.modules[top]))
        else:
            frame.bind(alias.asname, Static(module))


@statement(gast.ImportFrom)
def _import_from(frame: Frame, node: gast.ImportFrom) -> None:
    module = _module(frame, _absolute(frame, node))
    for alias in node.names:
        try:
            getattr(module, alias.name)
        except AttributeError:
            _module(frame, f"{module.__name__}.{alias.name}")
        ref = static_attribute(frame, Static(module), alias.name)
        frame.bind(alias.asname or alias.name, ref)


def _absolute(frame: Frame, node: gast.ImportFrom) -> str:
    """The name of the module that `from ... import` names."""
    if not node.level:
        return str(node.module)
    function = function_around(frame)
    package = None if function is None else function.__globals__.get("__package__")
    try:
        return importlib.util.resolve_name(
            "." * node.level + (node.module or ""), package
        )
    except ImportError as error:
        raise UnsupportedSyntax(f"this import fails: {error}") from None


def _module(frame: Frame, name: str) -> Any:
    """A module by its name; the source relies on it being the same one later."""
    try:
        module = importlib.import_module(name)
    except Exception as error:  # whatever the module raises
        raise UnsupportedSyntax(f"this import fails: {error}") from None
    parts = name.split(".")
    for k in range(1, len(parts) + 1):
        binding = Binding("global", sys.modules, ".".join(parts[:k]))
        guard = Guard(binding, sys.modules[binding.name])
        frame.session.guards.setdefault(binding.key, guard)
    return module
