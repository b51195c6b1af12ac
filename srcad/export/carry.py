"""The text of functions of srcad, with all that they need, to stand in another module.

Takes functions and classes of srcad; gives the text of their definitions and of what
those use, each after what it needs, and the imports of what is not srcad's.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from srcad.errors import InternalError

FOREIGN = {"numpy", "scipy", "numba"}  # what an exported module may import


def may_import(module: str) -> bool:
    """Whether an exported module may import this one."""
    package = module.partition(".")[0]
    return package in FOREIGN or package in sys.stdlib_module_names


@dataclass
class Carried:
    """Definitions in order, and imports.

    texts : by name.
    imports : (module, name, alias); name is "" where the module itself is imported.
    """

    texts: dict[str, str] = field(default_factory=dict)
    imports: set[tuple[str, str, str]] = field(default_factory=set)
    _homes: dict[str, str] = field(default_factory=dict)

    def add(self, thing: Any) -> None:
        """Carry a function or class of srcad."""
        self._visit(thing.__module__, thing.__name__)

    def _visit(self, module: str, name: str) -> None:
        home = _Module.of(module)
        if name in home.imports:
            origin, there = home.imports[name]
            if origin.partition(".")[0] != "srcad":
                self.imports.add((origin, there, name))
                return
            if there != name:
                raise InternalError(f"{module} imports {there} as {name}: not exported")
            self._visit(origin, there)
            return
        known = self._homes.get(name)
        if known == module:
            return
        if known is not None:
            raise InternalError(f"{name} is in {known} and in {module}: not exported")
        self._homes[name] = module
        node = home.definitions[name]
        for used in names_used(node):
            if used in home.imports or used in home.definitions:
                self._visit(module, used)
        self.texts[name] = home.text(node)


@dataclass(frozen=True)
class _Module:
    """The top level of a module of srcad."""

    lines: list[str]
    definitions: dict[str, ast.stmt]
    imports: dict[str, tuple[str, str]]

    @staticmethod
    @functools.cache
    def of(name: str) -> _Module:
        source = inspect.getsource(importlib.import_module(name))
        definitions: dict[str, ast.stmt] = {}
        imports: dict[str, tuple[str, str]] = {}
        for node in ast.parse(source).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                definitions[node.name] = node
            elif isinstance(node, ast.Assign):
                named = [t.id for t in node.targets if isinstance(t, ast.Name)]
                definitions.update(dict.fromkeys(named, node))
            elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
                for a in node.names:
                    imports[a.asname or a.name] = (str(node.module), a.name)
            elif isinstance(node, ast.Import):
                for a in node.names:
                    imports[a.asname or a.name] = (a.name, "")
        return _Module(source.splitlines(), definitions, imports)

    def text(self, node: ast.stmt) -> str:
        """A definition as it stands in the file."""
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(d.lineno for d in decorators)])
        return "\n".join(self.lines[first - 1 : node.end_lineno])


def names_used(node: ast.AST) -> Iterator[str]:
    """The names that are read in a piece of code, each once."""
    found = (
        n.id
        for n in ast.walk(node)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    )
    return iter(dict.fromkeys(found))


def import_lines(imports: Iterable[tuple[str, str, str]]) -> str:
    """Import statements, in the order that formatters give them."""
    whole: dict[str, set[str]] = {}
    named: dict[str, set[str]] = {}
    for module, name, alias in imports:
        last = name or module
        shown = last if alias == last else f"{last} as {alias}"
        (named if name else whole).setdefault(module, set()).add(shown)
    sections: list[list[str]] = [[], []]
    for module in sorted(whole):
        at = sections[module.partition(".")[0] not in sys.stdlib_module_names]
        at += [f"import {shown}" for shown in sorted(whole[module])]
    for module in sorted(named):
        at = sections[module.partition(".")[0] not in sys.stdlib_module_names]
        at.append(_from(module, sorted(named[module], key=_by_kind)))
    first = ["from __future__ import annotations"]
    return "\n\n".join("\n".join(lines) for lines in [first, *sections] if lines)


def _by_kind(name: str) -> tuple[int, str]:
    """Constants, classes, functions: as isort orders names."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


def _from(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= 88:
        return line
    inner = "".join(f"    {name},\n" for name in names)
    return f"from {module} import (\n{inner})"
