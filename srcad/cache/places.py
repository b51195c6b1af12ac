"""Where an object is found from a function, as a path that another process can walk.

A path is a list of steps. The first is ["function"], the function whose derivative was
asked for, or ["module", name]; the others go on from what was found: ["names"] (the
globals of a function, or a module's), ["cell", k] (of its closure), ["attribute",
name], and the kinds of a `Binding` ("global", "class", "item", "default").
"""

from __future__ import annotations

import sys
import types
from typing import Any

from srcad.cache.fingerprint import Untold
from srcad.frontend.context import Binding

Path = list[list[Any]]


class Places:
    """The paths of the objects that can be reached from one function."""

    def __init__(self, function: types.FunctionType) -> None:
        self._paths: dict[int, Path] = {}
        self._kept: list[Any] = []  # so that no identity is used again
        self.add(function, [["function"]])

    def add(self, thing: Any, path: Path) -> None:
        """Note where an object is found."""
        if id(thing) in self._paths:
            return
        self._paths[id(thing)] = path
        self._kept.append(thing)
        if isinstance(thing, types.FunctionType):
            self._paths.setdefault(id(thing.__globals__), [*path, ["names"]])
            for k, cell in enumerate(thing.__closure__ or ()):
                self._paths.setdefault(id(cell), [*path, ["cell", k]])
        if isinstance(thing, (staticmethod, classmethod, types.MethodType)):
            self.add(thing.__func__, [*path, ["attribute", "__func__"]])
        if isinstance(thing, property) and thing.fget is not None:
            self.add(thing.fget, [*path, ["attribute", "fget"]])

    def of(self, thing: Any) -> Path:
        """The path of an object.

        Raises
        ------
        Untold
            None is known.
        """
        known = self._paths.get(id(thing)) or _by_name(thing)
        if known is None:
            raise Untold(f"where {thing!r} is found")
        return known


def _by_name(thing: Any) -> Path | None:
    """The path through the modules that are imported."""
    if isinstance(thing, types.ModuleType):
        name = thing.__name__
        return [["module", name]] if sys.modules.get(name) is thing else None
    if isinstance(thing, dict):
        name = str(thing.get("__name__", ""))
        module = sys.modules.get(name)
        own = module is not None and vars(module) is thing
        return [["module", name], ["names"]] if own else None
    name = getattr(thing, "__module__", None) or "builtins"
    parts = str(getattr(thing, "__qualname__", "")).split(".")
    path: Path = [["module", name], *(["attribute", p] for p in parts)]
    try:
        return path if walked(path, None) is thing else None
    except (LookupError, AttributeError):
        return None


def walked(path: Path, function: Any) -> Any:
    """The object at the end of a path.

    Raises
    ------
    LookupError, AttributeError, TypeError, ValueError
        There is none.
    """
    found: Any = None
    for kind, *rest in path:
        if kind == "function":
            found = function
        elif kind == "module":
            found = sys.modules[rest[0]]
        elif kind == "names":
            is_function = isinstance(found, types.FunctionType)
            found = found.__globals__ if is_function else vars(found)
        elif kind == "cell":
            found = found.__closure__[rest[0]]
        else:
            found = Binding(kind, found, rest[0]).read()
    return found
