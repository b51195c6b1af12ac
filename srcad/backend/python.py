"""The Python dialect: how expressions print, and how loops walk.

A `Dialect` is asked by `emit` for the expression of a node, for the operations that are
a statement, and for the loops with their kept lists.
"""

from __future__ import annotations

import ast
import types
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from srcad.backend.fold import Writer
from srcad.backend.loops import Kept
from srcad.backend.names import Naming
from srcad.backend.statements import (
    For,
    Function,
    Move,
    Statement,
    Table,
    Undefine,
    call,
    expressions,
    walk,
)
from srcad.backend.template import input_names, template
from srcad.backend.trees import names_in, parts, substituted
from srcad.backend.writes import SPECIALS, Special
from srcad.ir.graph import Literal, Node, Value, is_literal
from srcad.ir.structure import Loop, for_
from srcad.ir.types import Array, Range
from srcad.ops.declare import Op

if TYPE_CHECKING:
    from srcad.backend.emit import Emitter

PRINTABLE = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis))


class Dialect:
    """How the Python dialect prints."""

    name = "python"
    specials: Mapping[str, Special]

    def __init__(self) -> None:
        self.specials = SPECIALS

    # ---- expressions ---------------------------------------------------------------

    def template(self, node: Node) -> tuple[ast.expr, Counter[str]]:
        """The node's expression over input names, and how often it has each."""
        tree = template(node, self.code(node))
        return tree, Counter(names_in(tree))

    def code(self, node: Node) -> str | None:
        """The dialect's own code for a node; None for the operation's."""
        return None

    def filled(self, tree: ast.expr, inputs: Mapping[str, ast.expr]) -> ast.expr:
        """A template with the inputs' expressions put in."""
        return substituted(tree, inputs)  # type: ignore[no-any-return]

    def input_map(self, node: Node, inputs: Sequence[ast.expr]) -> dict[str, ast.expr]:
        """The inputs' expressions by the template's names."""
        assert isinstance(node.op, Op)
        return dict(zip(input_names(node.op, len(inputs)), inputs, strict=True))

    def objects(self, tree: ast.expr, externals: dict[str, Any]) -> ast.expr:
        """Replace constants that are no literals by names."""
        constants = [p.value for p in parts(tree) if isinstance(p, ast.Constant)]
        if all(isinstance(value, PRINTABLE) for value in constants):
            return tree
        return _Objects(externals).visit(tree)  # type: ignore[no-any-return]

    def statement(self, op: Op) -> Special | None:
        """How an operation prints, if it is a statement."""
        return self.specials.get(op.name)

    # ---- the undefined -------------------------------------------------------------

    def dummies(self, function: Function, naming: Naming) -> dict[Value, ast.expr]:
        """What to assign where a value is undefined: None, where it is handed on."""
        table = function.table
        unsure = maybe_undefined(function)
        if not unsure:
            return {}
        handed: set[Value] = set()
        for s in walk(function.body):
            for tree in expressions(s):
                read = set(handed_on(table, tree)) & unsure
                handed.update(naming.find(v) for v in read)
            if isinstance(s, Move):
                for target, tree in s.pairs:
                    moved = table.value(tree)
                    if moved in unsure and naming.name(moved) != naming.name(target):
                        handed.add(naming.find(moved))
        return {
            s.target: self.dummy(s.target)
            for s in walk(function.body)
            if isinstance(s, Undefine)
            and naming.find(table.variable(s.target)) in handed
        }

    def dummy(self, value: Value) -> ast.expr:
        """What stands for the undefined."""
        return ast.Constant(None)

    def chosen(self, out: Value, tree: ast.expr) -> ast.expr:
        """What one way of a branch gives out."""
        return tree

    # ---- loops ---------------------------------------------------------------------

    def start(self, emitter: Emitter, carried: Value, tree: ast.expr) -> ast.expr:
        """What a carried value starts from."""
        return tree

    def must_count(self, emitter: Emitter, node: Node, loop: Loop) -> bool:
        """Whether the number of rounds cannot be read off anything."""
        kept = any(emitter.uses.count[v] for v in loop.lists)
        return not kept and (loop.stop or node.op is not for_)

    def kept(
        self,
        emitter: Emitter,
        writer: Writer,
        node: Node,
        loop: Loop,
        walked: list[ast.expr],
    ) -> Kept:
        """What walks a loop and keeps its lists."""
        return Kept(emitter, writer, node, loop, walked)

    def walk(self, kept: Kept, body: list[Statement]) -> Statement:
        """A `for` loop over what is used of the things walked."""
        loop, uses = kept.loop, kept.emitter.uses
        pairs = list(zip(loop.items, loop.walked, kept.walked, strict=True))
        same = kept.emitter.table.alias
        used = [p for p in pairs if uses.count[p[0]] and p[0] not in same]
        reverse = loop.reverse and bool(used)
        if not used:
            used = [p for p in pairs if isinstance(p[1].type, Range)] or pairs
            used = used[:1]
        parts = kept.emitter.unpacked.parts
        items = [parts.get(v, v) if uses.count[v] else None for v, _, _ in used]
        trees = [tree for _, _, tree in used]
        numbered = self.numbered(kept, [v for _, v, _ in used], reverse)
        if numbered is not None:
            items, trees = [tuple(item for item, _, _ in used)], [numbered]
        span = kept.node.span
        return For(items, trees, reverse, body, span=span)

    def numbered(
        self, kept: Kept, walked: list[Value], reverse: bool
    ) -> ast.expr | None:
        """`enumerate(zs, start)`, where numbers and an array are walked in step."""
        if reverse or [type(v.type) for v in walked] != [Range, Array]:
            return None
        numbers = kept.emitter.uses.makers.get(walked[0])
        if numbers is None or numbers.op.name != "range_":
            return None
        start, _, step = numbers.inputs
        if not isinstance(start, Literal) or not is_literal(step, 1):
            return None
        tree = kept.walked[kept.loop.walked.index(walked[1])]
        first = [] if is_literal(start, 0) else [ast.Constant(start.value)]
        return call("enumerate", tree, *first)


def maybe_undefined(function: Function) -> set[Value]:
    """The variables that may be undefined, or are moved from one that may be."""
    table, steps = function.table, list(walk(function.body))
    found = {table.variable(s.target) for s in steps if isinstance(s, Undefine)}
    moves = [p for s in steps if isinstance(s, Move) for p in s.pairs]
    before = -1
    while before != len(found):
        before = len(found)
        for target, tree in moves:
            if table.value(tree) in found:
                found.add(table.variable(target))
    return found


def handed_on(table: Table, tree: ast.AST) -> Iterator[Value]:
    """The values that an expression hands on as they are, whatever they are."""
    for part in parts(tree):
        given: Sequence[ast.AST | None] = ()
        if isinstance(part, ast.Call):
            f = part.func
            if not isinstance(f, ast.Attribute) or f.attr == "append":
                given = part.args
        elif isinstance(part, (ast.Tuple, ast.List)):
            given = part.elts
        elif isinstance(part, ast.Dict):
            given = part.values
        elif isinstance(part, ast.Assign) and isinstance(
            part.targets[0], ast.Subscript
        ):
            given = [part.value]
        elif isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Is):
            given = [part.left]
        for each in given:
            read = table.value(each)
            if read is not None:
                yield read


class _Objects(ast.NodeTransformer):
    def __init__(self, externals: dict[str, Any]) -> None:
        self.externals = externals

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        value: Any = node.value
        if isinstance(value, PRINTABLE):
            return node
        name = getattr(value, "__name__", type(value).__name__.lower())
        name = name.rpartition(".")[2]  # of a module in a package
        name = name if name.isidentifier() else "function"
        return ast.Name(external_name(self.externals, name, value), ast.Load())


def external_name(externals: dict[str, Any], name: str, thing: Any) -> str:
    """The name of an object from outside: its own, or one that no other has."""
    base, k = name, 1
    while name in externals and not _same_object(externals[name], thing):
        k += 1
        name = f"{base}_{k}"
    externals[name] = thing
    return name


def _same_object(a: Any, b: Any) -> bool:
    """Whether two are one; a method is a new object each time it is read."""
    methods = (types.MethodType, types.BuiltinMethodType)
    return a is b or (isinstance(a, methods) and isinstance(b, methods) and a == b)
