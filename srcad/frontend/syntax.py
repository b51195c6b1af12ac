"""Syntax in words: what errors call a construct, and what to write instead."""

from __future__ import annotations

from typing import Any

import gast

_NAMES = {
    "AsyncFor": "async for",
    "AsyncFunctionDef": "async def",
    "AsyncWith": "async with",
    "Await": "await",
    "ClassDef": "a class defined inside a function",
    "Delete": "del",
    "DictComp": "a dict comprehension",
    "GeneratorExp": "a generator expression",
    "Global": "global",
    "Import": "an import inside a function",
    "ImportFrom": "an import inside a function",
    "JoinedStr": "an f-string here",
    "ListComp": "a list comprehension",
    "Match": "match",
    "Nonlocal": "nonlocal",
    "Set": "a set",
    "SetComp": "a set comprehension",
    "Starred": "a starred expression here",
    "TryStar": "try with except*",
    "Yield": "yield",
    "YieldFrom": "yield from",
}

_INSTEAD: dict[type, str] = {
    gast.Yield: "append the values to a list and return it",
    gast.YieldFrom: "append the values to a list and return it",
    gast.ListComp: "write a for loop that appends to a list",
    gast.DictComp: "write a for loop that stores into a dict",
    gast.GeneratorExp: "write a for loop",
    gast.Global: "return the value instead of assigning to a global",
    gast.Nonlocal: "return the value instead of assigning to an outer name",
    gast.Import: "import at the top of the module",
    gast.ImportFrom: "import at the top of the module",
    gast.ClassDef: "define the class at the top of the module",
    gast.Match: "write if/elif",
    gast.Delete: "let the name go out of use",
}


def words(node: Any) -> str:
    """A node of syntax in words, for errors."""
    name = type(node).__name__
    return _NAMES.get(name, name.lower())


def instead(node: Any) -> str:
    """What to write instead of a node of syntax, or ""."""
    return _INSTEAD.get(type(node), "")
