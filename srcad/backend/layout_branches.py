"""The lines of `if` statements."""

from __future__ import annotations

import ast
from dataclasses import replace

from srcad.backend.layout_regions import Line, Lines
from srcad.backend.loops import negated
from srcad.backend.printer import printed
from srcad.backend.statements import If, ends


def branch(layout: Lines, s: If, depth: int) -> list[Line]:
    """An if statement; a way that prints nothing is left out."""
    lines: list[Line] = []
    while True:  # once for each `elif`
        then, orelse = layout.prints(s.body), layout.prints(s.orelse)
        test = layout.tree(s.test)
        if not then and not orelse:
            return lines
        negative = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        if then and orelse and layout.adjoint and negative:
            s = If(negated(test), s.orelse, s.body, span=s.span)
            continue
        body = s.body if then else s.orelse
        test = test if then else negated(test)
        more = layout.compound(f"if {printed(test)}:", body, s, depth)
        first = not lines
        if not first:
            indent = "    " * depth
            more[0] = replace(more[0], text=f"{indent}el{more[0].text.lstrip()}")
        lines += more
        if not then or not orelse:
            return lines
        if first and ends(s.body):  # after an `elif` it would follow on all ways
            return [*lines, *layout.block(s.orelse, depth)]
        shown = [inner for inner in s.orelse if layout.prints([inner])]
        if len(shown) != 1 or not isinstance(shown[0], If):
            break
        s = shown[0]
    head = Line("    " * depth + "else:", s.span)
    return [*lines, head, *layout.block(s.orelse, depth + 1)]
