"""Statements over values: what a function does, before its values have names.

`emit` gives these, `lives` says which values may share a name, `names` names them and
`layout` prints them. An expression is an `ast.expr` in which values stand as names that
no program can have ("$12"); every other name in it is a module, a helper or a builtin.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from srcad.backend.trees import names_in
from srcad.errors import Span
from srcad.ir.graph import Value

Parts = tuple["Value | None", ...]
Item = Value | Parts | None


class Table:
    """Values and the names that stand for them until they are named.

    `alias` maps values that are one variable whatever happens, such as the carried
    value of a loop and what the loop gives out for it.
    """

    def __init__(self) -> None:
        self.alias: dict[Value, Value] = {}
        self._ids: dict[Value, str] = {}
        self._values: dict[str, Value] = {}

    def variable(self, value: Value) -> Value:
        """The value that stands for all those that are one variable with this one."""
        while value in self.alias:
            value = self.alias[value]
        return value

    def ref(self, value: Value) -> ast.Name:
        """An expression that reads the value."""
        value = self.variable(value)
        if value not in self._ids:
            key = f"${len(self._ids)}"
            self._ids[value] = key
            self._values[key] = value
        return ast.Name(self._ids[value], ast.Load())

    def value(self, tree: ast.AST | None) -> Value | None:
        """The value that an expression is, if it is nothing but that."""
        return self.known(tree.id) if isinstance(tree, ast.Name) else None

    def known(self, key: str) -> Value | None:
        """The value that a name stands for."""
        return self._values.get(key)

    def named(self, chosen: Mapping[str, str]) -> Iterator[tuple[Value, str]]:
        """The values of which these are the names."""
        return ((self._values[key], name) for key, name in chosen.items())

    def reads(self, *trees: ast.AST) -> dict[Value, None]:
        """The values that expressions read, in order of appearance."""
        found: dict[Value, None] = {}
        for tree in trees:
            for name in names_in(tree):
                if name in self._values:
                    found[self._values[name]] = None
        return found

    def key(self, value: Value) -> str:
        """The name that stands for a value."""
        return self.ref(value).id


@dataclass(eq=False)
class Statement:
    """Root of the statements.

    span : the user's code it stands for.
    """

    span: Span | None = field(default=None, kw_only=True)


@dataclass(eq=False)
class Assign(Statement):
    """Names for the result of an expression, or for the parts of a tuple.

    targets : None for a part that is not used.
    source : a value that the result is equal to at first (a copy of it): until one of
        them is written to, they may share a name.
    """

    targets: tuple[Value | None, ...]
    value: ast.expr
    source: Value | None = None


@dataclass(eq=False)
class Move(Statement):
    """Assignments that happen all at once: `a, b = b, a`."""

    pairs: list[tuple[Value, ast.expr]]


@dataclass(eq=False)
class Undefine(Statement):
    """From here on the target is undefined."""

    target: Value


@dataclass(eq=False)
class Do(Statement):
    """A statement that names nothing.

    writes : the value whose memory it changes.
    ends : whether nothing runs after it (`raise`).
    """

    tree: ast.stmt
    writes: Value | None = None
    ends: bool = False


@dataclass(eq=False)
class If(Statement):
    """A branch."""

    test: ast.expr
    body: list[Statement]
    orelse: list[Statement]


@dataclass(frozen=True, eq=False)
class Threads:
    """What the rounds of a loop on threads do to names from outside.

    sums : the variables that each round adds to, in one statement.
    steady : those that name the same array throughout.
    """

    sums: Collection[Value]
    steady: Collection[Value]


@dataclass(eq=False)
class For(Statement):
    """A loop over iterables side by side.

    items : None where one is not used, several values where it is a tuple.
    threads : what must hold of a loop that is printed with `prange`.
    """

    items: list[Item]
    walked: list[ast.expr]
    reverse: bool
    body: list[Statement]
    threads: Threads | None = None

    @property
    def values(self) -> list[Value]:
        """The values that the items are."""
        groups = [v if isinstance(v, tuple) else (v,) for v in self.items]
        return [v for group in groups for v in group if v is not None]


@dataclass(eq=False)
class While(Statement):
    """A loop as long as the test holds."""

    test: ast.expr
    body: list[Statement]


@dataclass(eq=False)
class With(Statement):
    """Statements under context managers, each with what it gives (`as`) or None."""

    items: list[tuple[ast.expr, Value | None]]
    body: list[Statement]


@dataclass(eq=False)
class Handler:
    """An `except` clause: what it catches, the exception's name or None, its body."""

    catches: ast.expr
    error: Value | None
    body: list[Statement]


@dataclass(eq=False)
class Try(Statement):
    """A `try` with handlers; `orelse` follows where nothing was raised.

    failed : the value that says whether a handler ran.
    """

    body: list[Statement]
    handlers: list[Handler]
    failed: Value
    orelse: list[Statement] = field(default_factory=list)


@dataclass(eq=False)
class Break(Statement):
    """Leave the innermost loop."""


@dataclass(eq=False)
class Return(Statement):
    """What the function gives out."""

    values: list[ast.expr]


@dataclass(eq=False)
class Function:
    """A graph as statements.

    hints : for values without a name, the name one would get if it needs one.
    value : where a derivative is given out as well, what the primal gives.
    befores : items of kept lists, for a name where theirs is in use.
    scratch : arrays made before a loop in which each round fills them anew.
    outside : the names in it that are not values: modules, builtins, helpers.
    """

    name: str
    params: Sequence[Value]
    body: list[Statement]
    table: Table
    hints: Mapping[Value, str]
    value: Value | None = None
    befores: Collection[Value] = ()
    scratch: Collection[Value] = ()
    outside: frozenset[str] = frozenset()


def ends(statements: Sequence[Statement]) -> bool:
    """Whether nothing runs after these statements."""
    if not statements:
        return False
    last = statements[-1]
    if isinstance(last, If):
        return ends(last.body) and ends(last.orelse)
    if isinstance(last, With):
        return ends(last.body)
    if isinstance(last, Try):
        rest = ends(last.body) or ends(last.orelse)
        return rest and all(ends(h.body) for h in last.handlers)
    return isinstance(last, (Break, Return)) or (isinstance(last, Do) and last.ends)


def expressions(statement: Statement) -> Iterator[ast.AST]:
    """The trees of one statement, without those of the statements inside it."""
    match statement:
        case Assign(value=value):
            yield value
        case Move(pairs=pairs):
            yield from (tree for _, tree in pairs)
        case Do(tree=tree):
            yield tree
        case If(test=test) | While(test=test):
            yield test
        case For(walked=walked):
            yield from walked
        case Return(values=values):
            yield from values
        case With(items=items):
            yield from (tree for tree, _ in items)
        case Try(handlers=handlers):
            yield from (h.catches for h in handlers)
        case _:
            pass


def inner(statement: Statement) -> tuple[list[Statement], ...]:
    """The lists of statements inside one."""
    match statement:
        case If(body=body, orelse=orelse):
            return body, orelse
        case For(body=body) | While(body=body):
            return (body,)
        case With(body=body):
            return (body,)
        case Try(body=body, handlers=handlers, orelse=orelse):
            return body, *(h.body for h in handlers), orelse
    return ()


def walk(statements: Sequence[Statement]) -> Iterator[Statement]:
    """All statements, each before those inside it."""
    inside = [iter(statements)]  # no recursion: branches may nest thousands deep
    while inside:
        for statement in inside[-1]:
            yield statement
            if parts := inner(statement):
                inside += [iter(part) for part in reversed(parts)]
                break
        else:
            inside.pop()


def call(name: str, *args: ast.expr) -> ast.Call:
    """`name(*args)`; the name may be dotted."""
    first, *rest = name.split(".")
    function: ast.expr = ast.Name(first, ast.Load())
    for part in rest:
        function = ast.Attribute(function, part, ast.Load())
    return ast.Call(function, list(args), [])


def method(tree: ast.expr, name: str, *args: ast.expr) -> ast.Call:
    """`tree.name(*args)`."""
    return ast.Call(ast.Attribute(tree, name, ast.Load()), list(args), [])


def store(target: ast.expr, value: ast.expr) -> ast.Assign:
    """`target = value` as a tree."""
    return ast.Assign([target], value)


def tested(tree: ast.expr) -> ast.expr:
    """An expression where only its truth is asked: `bool(x)` is x there."""
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
        if tree.func.id == "bool" and len(tree.args) == 1:
            return tree.args[0]
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        return ast.UnaryOp(ast.Not(), tested(tree.operand))
    return tree
