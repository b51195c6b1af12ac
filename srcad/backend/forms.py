"""The form of a tree: all of it but its names and numbers, which print as they are.

Two statements of one form print alike but for those. So a form is printed once, with
stand-ins for the names and the numbers, and its text is cut where they are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Hashable, Sequence
from typing import Any

from srcad.backend.trees import parts

Pieces = Sequence[tuple[str, int]]  # text, and which name or number comes after it

LONG = 16  # a text of more letters may print otherwise, by what stands before it
_NAME, _WHOLE = "stand_in_{}_", 713_000_000_000
_DECIMAL = re.compile(r"\d+\.\d+")
_STAND_IN = re.compile(r"(?<!\w)(?:stand_in_(\d+)_|7130(\d{8})(?:\.5)?)(?!\w)")


def form(tree: Any, found: list[str]) -> Hashable:
    """What a tree shares with those that print alike; `found` gets what differs."""
    kind: type[Any] = type(tree)
    if kind is ast.Name:
        found.append(tree.id)
        return (kind,)
    if kind is ast.Constant:
        value = tree.value
        if is_plain(value):
            found.append(repr(value))
            return (type(value),)
        return (type(value), repr(value))
    if kind is list:
        return tuple([form(part, found) for part in tree])
    if isinstance(tree, ast.AST):
        if not tree._fields:
            return (kind,)
        fields = [form(getattr(tree, f, None), found) for f in tree._fields]
        return (kind, *fields)
    return (kind, repr(tree))


def is_plain(value: object) -> bool:
    """Whether a constant is a number that prints as digits and no more."""
    if type(value) is int:
        return 0 <= value < _WHOLE
    return type(value) is float and _DECIMAL.fullmatch(repr(value)) is not None


def with_stand_ins(tree: Any, count: int = 0) -> tuple[Any, int]:
    """A copy of a tree with names and numbers replaced, in the order of `form`.

    count : how many there were before; the second result is how many there are then.
    """
    kind: Any = type(tree)
    if kind is ast.Name:
        return ast.Name(_NAME.format(count), ast.Load()), count + 1
    if kind is ast.Constant:
        if not is_plain(tree.value):
            return tree, count
        half = 0.5 if type(tree.value) is float else 0
        return ast.Constant(_WHOLE + count + half), count + 1
    if kind is list:
        each = []
        for part in tree:
            found, count = with_stand_ins(part, count)
            each.append(found)
        return each, count
    if not isinstance(tree, ast.AST) or not tree._fields:
        return tree, count
    fields = []
    for f in tree._fields:
        found, count = with_stand_ins(getattr(tree, f, None), count)
        fields.append(found)
    return kind(*fields), count


def has_long_text(tree: ast.AST) -> bool:
    """Whether a tree holds texts that may print otherwise by what stands before."""
    return any(
        isinstance(part, ast.JoinedStr)
        or (
            isinstance(part, ast.Constant)
            and isinstance(part.value, (str, bytes))
            and len(repr(part.value)) > LONG
        )
        for part in parts(tree)
    )


def cut(text: str, count: int) -> Pieces | None:
    """A text cut at its stand-ins; None if not each of them is in it once."""
    pieces, start = [], 0
    for match in _STAND_IN.finditer(text):
        pieces.append((text[start : match.start()], int(match[1] or match[2])))
        start = match.end()
    if sorted(k for _, k in pieces) != list(range(count)):
        return None
    return [*pieces, (text[start:], count)]


def put_together(pieces: Pieces, found: Sequence[str]) -> str:
    """The text of a tree of a form: its pieces with its own names and numbers."""
    own = [*found, ""]
    return "".join([text + own[k] for text, k in pieces])
