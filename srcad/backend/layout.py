"""From named statements to lines: blocks, comments, and which user line each is from.

In the adjoint part (`sections.py` says where it begins) the user's statement stands as
a comment above the lines that come from it, unless one of them is that statement; a
blank line goes before it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from srcad.backend.comments import Comments
from srcad.backend.layout_branches import branch
from srcad.backend.layout_regions import Line, region
from srcad.backend.moves import in_order
from srcad.backend.names import clean
from srcad.backend.printer import printed
from srcad.backend.sections import Sections, place_of, targets
from srcad.backend.statements import (
    Assign,
    Break,
    Do,
    For,
    Function,
    If,
    Move,
    Parts,
    Return,
    Statement,
    Try,
    Undefine,
    While,
    With,
    call,
    expressions,
    store,
)
from srcad.backend.threads import runs_on_threads
from srcad.backend.trees import names_in, parts, substituted
from srcad.backend.wrap import wrapped
from srcad.backend.writes import Signs, adds_negative, augmented
from srcad.errors import Span
from srcad.ir.graph import Value
from srcad.ir.types import Scalar


class Layout:
    """Prints the statements of one function.

    names : the Python name of each "$k".
    outside : the names of modules, helpers and functions in the text.
    dummies : what to assign where a value is undefined and is handed on all the same.
    wanted : the moves whose target is read.
    """

    def __init__(
        self,
        function: Function,
        names: Mapping[str, str],
        outside: Mapping[str, str],
        dummies: Mapping[Value, ast.expr],
        wanted: Collection[tuple[Statement, Value]],
    ) -> None:
        self.function, self.table = function, function.table
        self.names, self.dummies, self.wanted = names, dummies, wanted
        every = {**names, **outside}
        self.trees: dict[str, ast.expr] = {
            k: ast.Name(n, ast.Load()) for k, n in every.items()
        }
        self.comments = Comments(
            {
                name: label
                for value, name in self.table.named(names)
                if (label := clean(value.name)) not in ("", name)
            }
        )
        self.around: frozenset[object] = frozenset()
        self.adjoint = False
        self._printing: dict[Statement, bool] = {}
        self.sections = Sections(function, self.name)
        self.starts = {self.sections.start()}

    def lines(self) -> list[Line]:
        """The function's text."""
        params = ", ".join(self.name(v) for v in self.function.params)
        header = f"def {self.function.name}({params}):"
        body = self.block(self.function.body, 1)
        return [*_header(header), *body]

    def name(self, value: Value) -> str:
        """The name of a value."""
        return self.names[self.table.key(value)]

    def tree(self, tree: ast.expr) -> ast.expr:
        """An expression with its names."""
        found = substituted(tree, self.trees)
        if any(map(adds_negative, parts(found))):
            found = Signs().visit(found)
        assert isinstance(found, ast.expr)
        return found

    # ---- blocks and comments ---------------------------------------------------------

    def block(self, statements: Sequence[Statement], depth: int) -> list[Line]:
        """The lines of statements, with comments."""
        lines: list[Line] = []
        inner = depth > 1 and not self.adjoint
        if inner:
            self.starts.add(self.sections.inner_start(statements))
        groups = self.grouped(statements)
        places: dict[object, list[Line]] = {}
        parts: dict[object, list[Statement]] = {}
        shown: list[tuple[Span | None, list[Line], bool, bool]] = []
        for span, group in groups:
            started = self.adjoint
            found = [line for s in group for line in self.statement(s, depth)]
            shown.append((span, found, started, self.adjoint))
            place = place_of(span), self.adjoint
            places.setdefault(place, []).extend(found)
            parts.setdefault(place, []).extend(group)
        commented: object = None
        above: object = None
        for span, found, started, adjoint in shown:
            if not found:
                continue
            if adjoint and not started and depth == 1 and lines:
                lines.append(Line(""))
            place = place_of(span), adjoint
            self.noted(parts.pop(place, ()))
            known = place == commented or place[0] in self.around
            known |= inner and adjoint and place[0] == above
            above = place[0]
            if span is not None and not known:
                same = found if adjoint else places[place]
                texts = [line.text[4 * depth :] for line in same]
                comment = self.comments.above(span, texts, adjoint)
                if comment:
                    lines.append(Line("    " * depth + comment, None, adjoint))
                    commented = place
            if adjoint:
                found = [Line(line.text, line.span, True) for line in found]
            lines += found
        if inner:
            self.adjoint = False
        return lines or [Line("    " * depth + "pass")]

    def noted(self, group: Sequence[Statement]) -> None:
        """Tell the comments which names stand for parts of expressions."""
        for s in group:
            for v in targets(s):
                self.comments.forget(self.name(v))
            if isinstance(s, Assign) and len(s.targets) == 1:
                target = s.targets[0]
                if target is not None and not target.name:
                    self.comments.part(self.name(target), self.tree(s.value))

    def grouped(
        self, statements: Sequence[Statement]
    ) -> list[tuple[Span | None, list[Statement]]]:
        """Simple statements of one user line together; others alone."""
        groups: list[tuple[Span | None, list[Statement]]] = []
        previous: object = None
        for s in statements:
            simple = isinstance(s, (Assign, Move, Do, Undefine))
            starts = s in self.starts
            key = (s.span.filename, s.span.line) if simple and s.span else None
            if key is not None and key == previous and not starts:
                groups[-1][1].append(s)
            else:
                loop = isinstance(s, (For, While))
                groups.append((s.span if simple or loop else None, [s]))
            previous = key
        return groups

    # ---- statements ------------------------------------------------------------------

    def statement(self, s: Statement, depth: int) -> list[Line]:
        """The lines of one statement."""
        if s in self.starts:
            self.adjoint = True
        match s:
            case Assign():
                return self.assign(s, depth)
            case Move():
                return self.move(s, depth)
            case Undefine(target=target):
                if target not in self.dummies:
                    return []
                dummy = self.tree(self.dummies[target])
                return self.simple(store(self.target(target), dummy), s, depth)
            case Do(tree=tree):
                return self.simple(self.whole(tree), s, depth)
            case If():
                return branch(self, s, depth)
            case For() | While():
                # A comprehension's comment stands above the loop, not in it too.
                before, self.around = self.around, self.around | {place_of(s.span)}
                found = self.compound(self.header(s), s.body, s, depth)
                self.around = before
                return found
            case With() | Try():
                return region(self, s, depth)
            case Break():
                return [Line("    " * depth + "break", s.span)]
            case Return(values=values):
                if len(values) == 1:
                    value = self.tree(values[0])
                else:
                    value = ast.Tuple([self.tree(v) for v in values], ast.Load())
                return self.simple(ast.Return(value), s, depth)
        raise AssertionError(s)

    def whole(self, tree: ast.stmt) -> ast.stmt:
        """A statement's tree with its names."""
        fields: dict[str, Any] = {}
        for name, old in ast.iter_fields(tree):
            if isinstance(old, ast.expr):
                fields[name] = self.tree(old)
            elif isinstance(old, list):
                fields[name] = [
                    self.tree(o) if isinstance(o, ast.expr) else o for o in old
                ]
            else:
                fields[name] = old
        found = type(tree)(**fields)
        assert isinstance(found, ast.stmt)
        return found

    def simple(self, tree: ast.stmt, s: Statement, depth: int) -> list[Line]:
        """The lines of a statement that holds no others."""
        return [Line(text, s.span) for text in wrapped(printed(tree), depth)]

    def compound(
        self, header: str, body: Sequence[Statement], s: Statement, depth: int
    ) -> list[Line]:
        """A header and an indented block."""
        head = [Line(text, s.span) for text in wrapped(header, depth)]
        return [*head, *self.block(body, depth + 1)]

    def target(self, value: Value | None) -> ast.expr:
        """A value as the target of an assignment."""
        return ast.Name("_" if value is None else self.name(value), ast.Store())

    def assign(self, s: Assign, depth: int) -> list[Line]:
        value = self.tree(s.value)
        if len(s.targets) == 1:
            return self.simple(self.stored(s.targets[0], value), s, depth)
        if not any(v is not None for v in s.targets):
            return self.simple(ast.Expr(value), s, depth)
        names = [self.target(v) for v in s.targets]
        return self.simple(store(ast.Tuple(names, ast.Store()), value), s, depth)

    def stored(self, target: Value | None, value: ast.expr) -> ast.stmt:
        """`x = value`; for a number `x += y` where the value is x + y."""
        name = self.target(target)
        if target is None:
            return ast.Expr(value)
        if self.adjoint and isinstance(value, ast.BinOp):
            value = turned(value, self.name(target))
        left = value.left if isinstance(value, ast.BinOp) else None
        same = isinstance(left, ast.Name) and left.id == self.name(target)
        if same and isinstance(target.type, Scalar) and _is_elementwise(value):
            assert isinstance(value, ast.BinOp)
            return augmented(name, value.op, value.right)
        return store(name, value)

    def move(self, s: Move, depth: int) -> list[Line]:
        """Assignments at once: in an order that overwrites nothing still needed."""
        pairs = self.moved(s)
        names = [(self.name(target), names_in(value)) for target, value in pairs]
        order, rest = in_order(names)
        lines: list[Line] = []
        for k in order:
            lines += self.simple(self.stored(*pairs[k]), s, depth)
        if rest:
            targets = [self.target(pairs[k][0]) for k in rest]
            values = [pairs[k][1] for k in rest]
            whole = ast.Tuple(targets, ast.Store()), ast.Tuple(values, ast.Load())
            lines += self.simple(store(*whole), s, depth)
        return lines

    def moved(self, s: Move) -> list[tuple[Value, ast.expr]]:
        """What a move has to assign: a name to itself is nothing."""
        found = []
        for target, tree in s.pairs:
            if (s, self.table.variable(target)) not in self.wanted:
                continue
            value = self.tree(tree)
            if not (isinstance(value, ast.Name) and value.id == self.name(target)):
                found.append((target, value))
        return found

    def header(self, s: For | While) -> str:
        """The header of a loop."""
        if isinstance(s, While):
            return f"while {printed(self.tree(s.test))}:"
        trees = [self.tree(t) for t in s.walked]
        if s.threads is not None and not self.on_threads(s):
            trees = [call("range", *t.args) for t in trees if isinstance(t, ast.Call)]
        if s.reverse:
            trees = [call("reversed", t) for t in trees]
        walked = trees[0] if len(trees) == 1 else call("zip", *trees)
        if "zip" in self.trees or "reversed" in self.trees:
            walked = substituted(walked, self.trees)
        groups = [
            f"({self.listed(v)})"
            if isinstance(v, tuple) and len(s.items) > 1
            else self.listed(v if isinstance(v, tuple) else (v,))
            for v in s.items
        ]
        items = ", ".join(groups)
        return f"for {items} in {printed(walked)}:"

    def on_threads(self, s: For) -> bool:
        """Whether a loop can be printed with `prange`."""
        return runs_on_threads(s, self.name, self.assigned, self.shown)

    def assigned(self, s: Statement) -> list[tuple[str, ast.expr | None]]:
        """The names that a statement assigns, each with its value where it has one."""
        if isinstance(s, Move):
            return [(self.name(v), tree) for v, tree in self.moved(s)]
        if isinstance(s, Assign) and len(s.targets) == 1 and s.targets[0] is not None:
            value = self.tree(s.value)
            name = self.name(s.targets[0])
            return [
                (name, turned(value, name) if isinstance(value, ast.BinOp) else value)
            ]
        return [(self.name(v), None) for v in targets(s) if v is not None]

    def shown(self, s: Statement) -> list[ast.AST]:
        """The expressions of a statement as they are printed."""
        if isinstance(s, Move):
            return [tree for _, tree in self.moved(s)]
        return [
            self.whole(t) if isinstance(t, ast.stmt) else self.tree(cast(ast.expr, t))
            for t in expressions(s)
        ]

    def listed(self, values: Parts) -> str:
        """Names as they stand in the target of a loop."""
        return ", ".join("_" if v is None else self.name(v) for v in values)

    def prints(self, statements: Sequence[Statement]) -> bool:
        """Whether statements print anything; each is asked once, however deep."""
        return any(self.printing(s) for s in statements)

    def printing(self, s: Statement) -> bool:
        """Whether a statement prints anything."""
        if s not in self._printing:
            match s:
                case Move():
                    found = bool(self.moved(s))
                case Undefine(target=target):
                    found = target in self.dummies
                case If():
                    found = self.prints(s.body) or self.prints(s.orelse)
                case _:
                    found = True
            self._printing[s] = found
        return self._printing[s]


def turned(tree: ast.BinOp, name: str) -> ast.BinOp:
    """`x * 0.5` for `0.5 * x`."""
    ends_in = isinstance(tree.right, ast.Name) and tree.right.id == name
    if isinstance(tree.op, ast.Mult) and ends_in:
        return ast.BinOp(tree.right, tree.op, tree.left)
    return tree


def _header(text: str) -> list[Line]:
    return [Line(line) for line in wrapped(text, 0)]


def _is_elementwise(tree: ast.expr) -> bool:
    """Whether an operator keeps the form of its left side: `a @= b` may not."""
    return isinstance(tree, ast.BinOp) and not isinstance(tree.op, ast.MatMult)
