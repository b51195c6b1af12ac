"""How the Numba dialect raises errors with numbers in their text.

Numba formats no numbers, but carries any values in an exception's arguments. So
`raise ValueError(f"x is {x:.2f}")` becomes `raise ValueError("str.format", "x is
{:.2f}", x)`, and `with_text` makes the text of it where Python has the error.
"""

from __future__ import annotations

import ast
import types
from typing import TYPE_CHECKING

from srcad.backend.compiled import CannotCompile
from srcad.backend.fold import Writer
from srcad.backend.statements import Do, If
from srcad.ir.graph import Node

if TYPE_CHECKING:
    from srcad.backend.emit import Emitter

MARK = "str.format"


def raised(e: Emitter, writer: Writer, node: Node) -> bool:
    """Write a `raise_`."""
    tree = e.fitted(writer, node)
    writer.settle()
    assert isinstance(tree, ast.Call)
    error = tree.args[0]
    assert isinstance(error, ast.Call)
    carried = _carried(error.args, node)
    if len(carried) > len(error.args) and not takes_any(node.params["exception"]):
        raise _refused("an error of a class with its own arguments", node)
    made = ast.Call(error.func, carried, error.keywords)
    writer.add(Do(ast.Raise(made, None), ends=True, span=node.span))
    return True


def asserted(e: Emitter, writer: Writer, node: Node) -> bool:
    """Write an `assert_`; as a branch that raises where its text has values in it."""
    tree = e.fitted(writer, node)
    writer.settle()
    assert isinstance(tree, ast.Call)
    test, *message = tree.args
    carried = _carried(message, node)
    if len(carried) == len(message):
        writer.add(Do(ast.Assert(test, *message), span=node.span))
        return True
    made = ast.Call(ast.Name("AssertionError", ast.Load()), carried, [])
    inner = Do(ast.Raise(made, None), ends=True, span=node.span)
    writer.add(If(ast.UnaryOp(ast.Not(), test), [inner], [], span=node.span))
    return True


def with_text(error: BaseException) -> None:
    """Give an error of compiled code the text that its arguments describe."""
    mark, text, *values = [*error.args, None, None][: max(len(error.args), 2)]
    if mark == MARK and isinstance(text, str):
        error.args = (text.format(*values),)


def takes_any(error: type[BaseException]) -> bool:
    """Whether a class of exceptions keeps whatever arguments it is given."""
    own = [error.__init__, error.__new__]
    if any(isinstance(made, types.FunctionType) for made in own):
        return False
    try:
        return error(MARK, "", 0).args == (MARK, "", 0)
    except TypeError:
        return False


def _refused(what: str, node: Node) -> CannotCompile:
    return CannotCompile(
        f"Numba does not compile a text with values in it in {what}",
        node.span,
        'give numbers as arguments, or use backend="python" or backend="auto"',
    )


def _carried(arguments: list[ast.expr], node: Node) -> list[ast.expr]:
    """The arguments of an exception, with an f-string taken apart."""
    texts = [a for a in arguments if isinstance(a, ast.JoinedStr)]
    holes = [p for t in texts for p in t.values if isinstance(p, ast.FormattedValue)]
    if not holes:
        return arguments
    if len(arguments) > 1:
        raise _refused("an error with a text and other arguments", node)
    text = "".join(map(_piece, texts[0].values))
    return [ast.Constant(MARK), ast.Constant(text), *(hole.value for hole in holes)]


def _piece(part: ast.expr) -> str:
    """A part of an f-string, as `str.format` wants it."""
    if isinstance(part, ast.FormattedValue):
        how = f"!{chr(part.conversion)}" if part.conversion > 0 else ""
        spec = part.format_spec
        assert spec is None or isinstance(spec, ast.JoinedStr)
        words = [ast.literal_eval(word) for word in spec.values] if spec else []
        return f"{{{how}{':' if words else ''}{''.join(words)}}}"
    assert isinstance(part, ast.Constant)
    return str(part.value).replace("{", "{{").replace("}", "}}")
