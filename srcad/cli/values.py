"""The values of `--at`: literals and files; nothing of the user's is evaluated.

`x=1.5`, `mode=full` (a text), `w=[[1.0, 2.0]]` (lists stay lists),
`x=array([1.0, 2.0])`, `x=data.npy`, `p=weights.npz` (a dict of arrays),
`w=weights.npz:w`.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from srcad.cli.command import Refused

# What may be called, with literals only: it makes an array and does nothing else.
MAKERS: Mapping[str, Any] = {
    "array": np.array,
    "linspace": np.linspace,
    "arange": np.arange,
    "zeros": np.zeros,
    "ones": np.ones,
    "full": np.full,
    "eye": np.eye,
}
NUMBERS = {"inf": np.inf, "nan": np.nan, "pi": np.pi}


def arguments(
    f: Any, at: Sequence[str] | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A function's arguments by name, from `name=value` words and defaults.

    Those that are given by keyword only come second.

    Raises
    ------
    Refused
        A word is no `name=value`, names no parameter, or has a value that is neither a
        literal nor a file; or a parameter is left without a value.
    """
    signature = inspect.signature(f)
    given: dict[str, Any] = {}
    for word in at or ():
        name, equals, text = word.partition("=")
        if not equals:
            raise Refused(f"--at takes name=value, not {word!r}")
        if name not in signature.parameters:
            listed = ", ".join(signature.parameters) or "none"
            raise Refused(f"there is no parameter {name!r}; there are: {listed}")
        given[name] = value(text, name)
    found: dict[str, Any] = {}
    named: dict[str, Any] = {}
    for name, p in signature.parameters.items():
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            raise Refused(
                f"the function takes any number of arguments ({p}): wrap it in one of "
                "named arguments"
            )
        if name not in given and p.default is p.empty:
            raise Refused(f"{name} has no value: give --at {name}=...")
        kept = named if p.kind is p.KEYWORD_ONLY else found
        kept[name] = given.get(name, p.default)
    return found, named


def value(text: str, name: str) -> Any:
    """One value of `--at`."""
    path, _, key = text.partition(":")
    if path.endswith((".npy", ".npz")):
        return _loaded(path, key, name)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return text
    return text if isinstance(tree, ast.Name) and _is_text(tree) else _read(tree, name)


def _is_text(tree: ast.Name) -> bool:
    return tree.id not in NUMBERS


def _loaded(path: str, key: str, name: str) -> Any:
    try:
        found = np.load(Path(path), allow_pickle=False)
        if isinstance(found, np.ndarray):
            return found
        with found:
            return found[key] if key else {k: found[k] for k in found.files}
    except (OSError, ValueError, KeyError) as error:
        raise Refused(f"{name}={path} cannot be read: {error}") from error


def _read(tree: ast.expr, name: str) -> Any:
    """The value of a literal, or of a call of a maker of arrays."""
    match tree:
        case ast.Constant():
            return tree.value
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_read(inner, name)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            a, b = _read(left, name), _read(right, name)
            return a + b if isinstance(op, ast.Add) else a - b
        case ast.List(elts=items):
            return [_read(item, name) for item in items]
        case ast.Tuple(elts=items):
            return tuple(_read(item, name) for item in items)
        case ast.Dict(keys=keys, values=items) if None not in keys:
            pairs = zip(keys, items, strict=True)
            return {_read(k, name): _read(v, name) for k, v in pairs if k is not None}
        case ast.Name(id=known) | ast.Attribute(value=ast.Name(id="np"), attr=known):
            if known in NUMBERS:
                return NUMBERS[known]
        case (
            ast.Call(func=ast.Name(id=maker), args=args, keywords=[])
            | ast.Call(
                func=ast.Attribute(value=ast.Name(id="np"), attr=maker),
                args=args,
                keywords=[],
            )
        ) if maker in MAKERS:
            return MAKERS[maker](*(_read(a, name) for a in args))
    raise Refused(
        f"{name}={ast.unparse(tree)} is no literal: numbers, texts, lists, tuples, "
        f"dicts, .npy and .npz files, and {', '.join(MAKERS)} of literals are read"
    )
