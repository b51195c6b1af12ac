"""One simple statement as text. The only file that imports astor.

astor leaves out brackets that `ast.unparse` writes: of a tuple that is returned or
assigned, of a generator that is a call's one argument. What has none of these both
print alike, and `unparse` is quicker. What astor prints is parsed back and compared
with the tree, and where it does not read back the same, `unparse` prints the statement.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Hashable

from srcad.backend.forms import (
    Pieces,
    cut,
    form,
    has_long_text,
    put_together,
    with_stand_ins,
)
from srcad.backend.trees import parts, shape

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import astor


def printed(tree: ast.stmt | ast.expr) -> str:
    """A statement or an expression on one line.

    What differs in names and numbers only is printed once, with others in their place.
    """
    found: list[str] = []
    key = form(tree, found)
    if key not in _pieces:
        if len(_pieces) > 10_000:
            _pieces.clear()
        stand_ins, count = with_stand_ins(tree)
        uncut = has_long_text(tree)
        _pieces[key] = None if uncut else cut(_print(stand_ins), count)
    pieces = _pieces[key]
    return _print(tree) if pieces is None else put_together(pieces, found)


_pieces: dict[Hashable, Pieces | None] = {}


def _print(tree: ast.stmt | ast.expr) -> str:
    whole = ast.Expr(tree) if isinstance(tree, ast.expr) else tree
    if not hasattr(whole, "lineno"):
        whole.lineno = 1  # `unparse` looks at that of an assignment
    plain = ast.unparse(whole)
    if not _prints_in_two_ways(whole):
        return _double_quoted(plain)
    module = ast.parse(plain)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            text = astor.to_source(module, pretty_source="".join).strip()
        except (AttributeError, TypeError, ValueError):
            text = ""
    for found in (_double_quoted(text), text):
        if found == plain or (found and "\n" not in found and _same(found, module)):
            return found
    quoted = _double_quoted(plain)
    return quoted if _same(quoted, module) else plain


_BRACKETED = (ast.BoolOp, ast.IfExp, ast.Lambda, ast.GeneratorExp, ast.JoinedStr)


def _prints_in_two_ways(tree: ast.stmt) -> bool:
    """Whether astor may print a statement otherwise than `unparse` does.

    Besides tuples and generators: a power of a negative number, `a and (b or c)`.
    """
    sides = [getattr(tree, "value", None), *getattr(tree, "targets", ())]
    whole = any(isinstance(side, ast.Tuple) for side in sides)
    return whole or any(
        isinstance(part, _BRACKETED)
        or (isinstance(part, ast.BinOp) and isinstance(part.right, ast.UnaryOp))
        or (isinstance(part, ast.Constant) and isinstance(part.value, complex))
        for part in parts(tree)
    )


def _double_quoted(text: str) -> str:
    """Plain strings in double quotes, as formatters write them."""
    if "'" not in text:
        return text
    found = text
    for t in tokenize.generate_tokens(io.StringIO(text).readline):
        plain = t.string[1:-1]
        if t.type == tokenize.STRING and t.string == f"'{plain}'" and '"' not in plain:
            a, b = t.start[1], t.end[1]
            found = f'{found[:a]}"{plain}"{found[b:]}'
    return found


def _same(text: str, tree: ast.Module) -> bool:
    """Whether a text reads back as a tree."""
    try:
        return shape(ast.parse(text)) == shape(tree)
    except SyntaxError:
        return False
