"""Pieces of text on as many lines as they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from srcad.export.literals import WIDTH, literal, quoted


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def tuple_of(names: Sequence[str]) -> str:
    """A tuple of expressions."""
    return f"({', '.join(names)}{',' * (len(names) == 1)})"


def spread(hint: str, column: int, depth: int = 0) -> str:
    """A type hint on as many lines as it needs."""
    if column + len(hint) < WIDTH or not hint.endswith("]"):
        return hint
    head, _, inner = hint[:-1].partition("[")
    parts, level = [""], 0
    for c in inner:
        level += (c == "[") - (c == "]")
        parts += [""] if c == "," and not level else []
        parts[-1] += c if c != "," or level else ""
    indent = "    " * (depth + 1)
    shown = [spread(p.strip(), len(indent), depth + 1) for p in parts]
    inner = "".join(f"{indent}{p},\n" for p in shown)
    return f"{head}[\n{inner}{'    ' * depth}]"


def call(head: str, given: str) -> list[str]:
    """A statement that ends with a call, inside a function."""
    line = f"{head}({given})"
    if len(line) <= WIDTH - 4:
        return [line]
    if len(given) <= WIDTH - 8:
        return [f"{head}(", f"    {given}", ")"]
    return [f"{head}(", *(f"    {part}," for part in given.split(", ")), ")"]


def made_for(kind: Any, name: str) -> list[str]:
    """The check of an argument, inside a function."""
    text, _ = literal(kind, 0)
    lines = f"{name} = made_for({text}, {name}, {quoted(name)})".splitlines()
    if len(lines) > 1 or len(lines[0]) <= WIDTH - 4:
        return lines
    return [f"{name} = made_for(", f"    {text}, {name}, {quoted(name)}", ")"]


def inner_function(name: str, body: str) -> list[str]:
    """A function of any keywords, with one statement."""
    return ["", f"def {name}(**at: Any) -> Any:", f"    {body}", ""]


def escaped(text: str) -> str:
    """A text as it stands between triple quotes."""
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
