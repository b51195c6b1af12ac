"""The lines of `if` statements."""

from __future__ import annotations

import ast

from srcad.backend.layout_regions import Line, Lines
from srcad.backend.printer import printed
from srcad.backend.statements import If, ends


def branch(layout: Lines, s: If, depth: int) -> list[Line]:
    """An if statement; a way that prints nothing is left out."""
    then, orelse = layout.prints(s.body), layout.prints(s.orelse)
    test = layout.tree(s.test)
    if not then and not orelse:
        return []
    negative = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    if then and orelse and layout.adjoint and negative:
        turned_round = If(_not(test), s.orelse, s.body, span=s.span)
        return branch(layout, turned_round, depth)
    if not then:
        test = _not(test)
        return layout.compound(f"if {printed(test)}:", s.orelse, s, depth)
    lines = layout.compound(f"if {printed(test)}:", s.body, s, depth)
    if not orelse:
        return lines
    if ends(s.body):
        return [*lines, *layout.block(s.orelse, depth)]
    shown = [inner for inner in s.orelse if layout.prints([inner])]
    if len(shown) == 1 and isinstance(shown[0], If):
        inner = branch(layout, shown[0], depth)
        first = inner[0].text.lstrip()
        if first.startswith("if "):
            head = Line("    " * depth + "el" + first, inner[0].span)
            return [*lines, head, *inner[1:]]
    head = Line("    " * depth + "else:", s.span)
    return [*lines, head, *layout.block(s.orelse, depth + 1)]


def _not(test: ast.expr) -> ast.expr:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)
