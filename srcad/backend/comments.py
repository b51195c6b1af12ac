"""The user's statements as comments above the lines that come from them.

Takes printed statements and the span they come from; gives the comment. In the adjoint
part it stands unless a line is that statement; before it only where what is printed is
no longer the user's: other than the statement with parts of it named.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path

from srcad.backend.trees import parts, shape, substituted
from srcad.errors import Span

COMPOUND = ("for ", "while ", "if ", "elif ", "else:", "def ", "with ", "try:", "@")
OWN = str(Path(__file__).parent.parent)  # where the user wrote nothing
MODULES = frozenset(["np", "numpy", "math", "scipy"])
WIDTH = 74
# Parts of parts of parts, of more nodes than this, are no statement of the user's.
LARGE = 120


class Comments:
    """What was printed so far of a function.

    labels : for a name with a number (`x_1`), the one it stands for.
    parts : the expressions of names that are not the user's.
    sizes : how many nodes they have.
    """

    def __init__(self, labels: Mapping[str, str]) -> None:
        self.labels: dict[str, ast.expr] = {
            name: ast.Name(label) for name, label in labels.items()
        }
        self.parts = dict(self.labels)
        self.sizes: dict[str, int] = {}

    def part(self, name: str, tree: ast.expr) -> None:
        """Note the name of a part of an expression, if a statement may be so long."""
        size = sum(self.sizes.get(getattr(p, "id", ""), 1) for p in parts(tree))
        if size > LARGE:
            self.forget(name)
            return
        self.parts[name] = substituted(tree, self.parts)
        self.sizes[name] = size

    def forget(self, name: str) -> None:
        """Note that a name is now something else."""
        self.parts.pop(name, None)
        self.sizes.pop(name, None)
        if name in self.labels:
            self.parts[name] = self.labels[name]

    def above(self, span: Span | None, lines: Sequence[str], adjoint: bool) -> str:
        """The comment for lines that come from one statement; "" for none."""
        text = user_text(span) if span is not None else ""
        if not text or text.startswith(COMPOUND):
            return ""
        if text in lines or (not adjoint and self.same(text, lines)):
            return ""
        return f"# {text}" if len(text) < WIDTH else f"# {text[: WIDTH - 4]} ..."

    def same(self, text: str, lines: Sequence[str]) -> bool:
        """Whether one of the statements is the user's, apart from how it is written."""
        try:
            wanted = each(ast.parse(text).body[0])
            statements = ast.parse("\n".join(lines)).body
        except (SyntaxError, IndexError):
            return True
        # No loop or branch is the simple statement that is looked for.
        statements = [s for s in statements if not hasattr(s, "body")]
        printed = {plain(s, self.parts) for s in statements}
        printed |= {plain(s, self.parts) for s in map(whole_of, statements)}
        return all(plain(s, {}) in printed for s in wanted)


def each(tree: ast.stmt) -> list[ast.stmt]:
    """`a = x` and `b = y` for `a, b = x, y`."""
    match tree:
        case ast.Assign(
            targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)
        ) if len(targets) == len(values):
            pairs = zip(targets, values, strict=True)
            return [ast.Assign([target], value) for target, value in pairs]
    return [tree]


def whole_of(tree: ast.stmt) -> ast.stmt:
    """`a = x` for `a = x[0]`: how an entry prints where the user wrote `a, _ = x`."""
    match tree:
        case ast.Assign(value=ast.Subscript(value=whole, slice=ast.Constant())):
            return ast.Assign(tree.targets, whole)
    return tree


def plain(tree: ast.stmt, parts: dict[str, ast.expr]) -> Hashable:
    """What a statement computes; also where it goes, if that is an element."""
    target: ast.expr | None = None
    match tree:
        case ast.Assign(targets=[target], value=value):
            pass
        case ast.AugAssign(target=target, op=op, value=value):
            value = ast.BinOp(target, op, value)
        case ast.Return(value=ast.expr() as value) | ast.Expr(value=value):
            pass
        case _:
            return shape(tree)
    stored = target if isinstance(target, (ast.Subscript, ast.Attribute)) else None
    trees = [value] if stored is None else [stored, value]
    return tuple([shape(_Plain().visit(substituted(t, parts))) for t in trees])


class _Plain(ast.NodeTransformer):
    """`np.sum(x, axis=0)`, `numpy.sum(x, 0)` and `x.sum(axis=0)` as one."""

    def visit_Call(self, call: ast.Call) -> ast.expr:
        self.generic_visit(call)
        args = [*call.args, *(k.value for k in call.keywords)]
        if isinstance(call.func, ast.Attribute):
            if not _of_module(call.func.value):
                args.insert(0, call.func.value)
            return ast.Call(ast.Name(call.func.attr), args, [])
        if isinstance(call.func, ast.Name):
            return ast.Call(ast.Name(call.func.id.removesuffix("_fwd")), args, [])
        return ast.Call(call.func, args, [])

    def visit_Name(self, name: ast.Name) -> ast.expr:
        return ast.Name(name.id)

    def visit_Attribute(self, tree: ast.Attribute) -> ast.expr:
        return ast.Attribute(self.visit(tree.value), tree.attr)

    def visit_Subscript(self, tree: ast.Subscript) -> ast.expr:
        self.generic_visit(tree)
        return ast.Subscript(tree.value, tree.slice)

    def visit_Tuple(self, tree: ast.Tuple) -> ast.expr:
        self.generic_visit(tree)
        return ast.Tuple(tree.elts)


def _of_module(tree: ast.expr) -> bool:
    while isinstance(tree, ast.Attribute):
        tree = tree.value
    return isinstance(tree, ast.Name) and tree.id in MODULES


def user_text(span: Span) -> str:
    """The user's statement on one line, also where it was written on several.

    Of what stands in for a library (`srcad/frontend/library_objects.py`) nothing.
    """
    if span.filename.startswith(OWN):
        return ""
    first = span.text.strip()
    if span.end_line == span.line:
        return first
    rest = linecache.getlines(span.filename)[span.line : span.end_line]
    text = " ".join([first, *(line.strip() for line in rest)])
    for mark in "([{":
        text = text.replace(f"{mark} ", mark)
    for mark in ")]}":
        text = text.replace(f", {mark}", mark).replace(f" {mark}", mark)
    return text
