"""One simple statement as text. The only file that imports astor.

astor prints; the text is parsed back and compared with the tree, and where it does not
read back the same, `ast.unparse` prints the statement.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from srcad.backend.trees import shape

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import astor


def printed(tree: ast.stmt | ast.expr) -> str:
    """A statement or an expression on one line."""
    key = shape(tree)
    if key not in _printed:
        if len(_printed) > 10_000:
            _printed.clear()
        _printed[key] = _print(tree)
    return _printed[key]


_printed: dict[Hashable, str] = {}


def _print(tree: ast.stmt | ast.expr) -> str:
    whole = ast.Expr(tree) if isinstance(tree, ast.expr) else tree
    plain = ast.unparse(ast.fix_missing_locations(whole))
    wanted = _shape(plain)
    module = ast.parse(plain)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            text = astor.to_source(module, pretty_source="".join).strip()
        except (AttributeError, TypeError, ValueError):
            text = ""
    if not text or "\n" in text or _shape(text) != wanted:
        text = plain
    quoted = _double_quoted(text)
    return quoted if _shape(quoted) == wanted else text


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


@lru_cache(maxsize=4096)
def _shape(text: str) -> Any:
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return None
