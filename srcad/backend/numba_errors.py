"""How the Numba dialect raises errors with numbers in their text.

Numba formats no numbers, but carries any values in an exception's arguments. So
`raise ValueError(f"x is {x:.2f}")` becomes
`raise ValueError("x is {x:.2f}", "x =", x)`, and `with_text` makes the text of it where
srcad calls; where other code does, it can be read as it is.
"""

from __future__ import annotations

import ast
import re
import string
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from srcad.backend.fold import Writer
from srcad.backend.numba_texts import refused_text
from srcad.backend.statements import Do, If
from srcad.backend.trees import substituted
from srcad.ir.graph import Node

if TYPE_CHECKING:
    from srcad.backend.emit import Emitter

TRIED = "{x}", "x =", 0
_SYNTAX = re.compile("[!:{}\"'=]")  # in the name of a hole they would end it


def raised(e: Emitter, writer: Writer, node: Node) -> bool:
    """Write a `raise_`."""
    tree = e.fitted(writer, node)
    writer.settle()
    assert isinstance(tree, ast.Call)
    error = tree.args[0]
    assert isinstance(error, ast.Call)
    carried = _carried(e, error.args, node)
    if len(carried) > len(error.args) and not takes_any(node.params["exception"]):
        raise refused_text("a text of an error with its own arguments", node)
    made = ast.Call(error.func, carried, error.keywords)
    writer.add(Do(ast.Raise(made, None), ends=True, span=node.span))
    return True


def asserted(e: Emitter, writer: Writer, node: Node) -> bool:
    """Write an `assert_`; as a branch that raises where its text has values in it."""
    tree = e.fitted(writer, node)
    writer.settle()
    assert isinstance(tree, ast.Call)
    test, *message = tree.args
    carried = _carried(e, message, node)
    if len(carried) == len(message):
        writer.add(Do(ast.Assert(test, *message), span=node.span))
        return True
    made = ast.Call(ast.Name("AssertionError", ast.Load()), carried, [])
    inner = Do(ast.Raise(made, None), ends=True, span=node.span)
    writer.add(If(ast.UnaryOp(ast.Not(), test), [inner], [], span=node.span))
    return True


def with_text(error: BaseException) -> None:
    """Give an error of compiled code the text that its arguments describe."""
    text, *rest = error.args or ("",)
    if not isinstance(text, str) or not rest or len(rest) % 2:
        return
    try:
        pieces = list(string.Formatter().parse(text))
    except ValueError:  # braces that are not ours
        return
    named = [f"{name} =" for _, name, _, _ in pieces if name is not None]
    if named == rest[::2]:
        error.args = ("".join(_written(pieces, iter(rest[1::2]))),)


def _written(pieces: Any, values: Iterator[Any]) -> Iterator[str]:
    """The pieces of a text, the values in their places."""
    for literal, name, spec, conversion in pieces:
        yield literal
        if name is not None:
            value = string.Formatter().convert_field(next(values), conversion)
            yield format(value, spec)


def takes_any(error: type[BaseException]) -> bool:
    """Whether a class of exceptions keeps whatever arguments it is given."""
    own = [error.__init__, error.__new__]
    if any(isinstance(made, types.FunctionType) for made in own):
        return False
    try:
        return error(*TRIED).args == TRIED
    except TypeError:
        return False


def _carried(e: Emitter, arguments: list[ast.expr], node: Node) -> list[ast.expr]:
    """The arguments of an exception, with an f-string taken apart."""
    texts = [a for a in arguments if isinstance(a, ast.JoinedStr)]
    holes = [p for t in texts for p in t.values if isinstance(p, ast.FormattedValue)]
    if not holes:
        return arguments
    if len(arguments) > 1:
        raise refused_text("a text beside other arguments", node)
    names = [_name(e, hole, k) for k, hole in enumerate(holes)]
    row = iter(names)
    text = "".join(_piece(part, row) for part in texts[0].values)
    carried: list[ast.expr] = [ast.Constant(text)]
    for name, hole in zip(names, holes, strict=True):
        carried += [ast.Constant(f"{name} ="), hole.value]
    return carried


def _name(e: Emitter, hole: ast.FormattedValue, k: int) -> str:
    """What a hole is called: its expression, where that can stand in a text."""
    named = {e.table.key(v): v.name for v in e.table.reads(hole.value)}
    if not all(named.values()):
        return f"value{k}"
    names = {key: ast.Name(name, ast.Load()) for key, name in named.items()}
    shown = ast.unparse(substituted(hole.value, names))
    return f"value{k}" if _SYNTAX.search(shown) else shown


def _piece(part: ast.expr, names: Iterator[str]) -> str:
    """A part of an f-string, as `str.format` wants it."""
    if isinstance(part, ast.FormattedValue):
        how = f"!{chr(part.conversion)}" if part.conversion > 0 else ""
        spec = part.format_spec
        assert spec is None or isinstance(spec, ast.JoinedStr)
        words = [ast.literal_eval(word) for word in spec.values] if spec else []
        return f"{{{next(names)}{how}{':' if words else ''}{''.join(words)}}}"
    assert isinstance(part, ast.Constant)
    return str(part.value).replace("{", "{{").replace("}", "}}")
