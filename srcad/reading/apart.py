"""Calls inside expressions, as statements of their own.

Takes statements; gives the same ones with `y = f(g(x))` as `t = g(x)` and `y = f(t)`,
so that what a statement makes in between has a name. Loops stay as they are, and so do
expressions of which Python may leave parts out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

NAME = "srcad_value"
SIMPLE = (ast.Assign, ast.AugAssign, ast.Return, ast.Expr)
MAYBE = (
    ast.BoolOp,
    ast.Compare,
    ast.DictComp,
    ast.GeneratorExp,
    ast.IfExp,
    ast.JoinedStr,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
)


def apart(block: Sequence[ast.stmt], count: Iterator[int]) -> Iterator[ast.stmt]:
    """The statements of a block, also inside branches, with calls apart.

    count : numbers for the names.
    """
    for s in block:
        if isinstance(s, SIMPLE):
            names = _Names(s, count)
            if s.value is not None and not isinstance(s.value, MAYBE):
                names.generic_visit(s.value)
            yield from names.before
        elif isinstance(s, (ast.If, ast.With, ast.Try)):
            for name in ("body", "orelse"):
                if getattr(s, name, []):
                    setattr(s, name, list(apart(getattr(s, name), count)))
        yield s


class _Names(ast.NodeTransformer):
    """Names what calls and products of matrices give, inside a statement."""

    def __init__(self, statement: ast.stmt, count: Iterator[int]) -> None:
        self.statement, self.count = statement, count
        self.before: list[ast.stmt] = []

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, MAYBE):
            return node
        node = self.generic_visit(node)
        product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
        if not isinstance(node, ast.Call) and not product:
            return node
        assert isinstance(node, ast.expr)
        name = f"{NAME}_{next(self.count)}"
        made = ast.Assign([ast.Name(name, ast.Store())], node)
        self.before.append(ast.copy_location(made, self.statement))
        return ast.Name(name, ast.Load())
