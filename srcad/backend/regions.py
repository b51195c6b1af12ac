"""`with` and `try` as statements.

A handler that does nothing but ask which exception it has is printed as the `except`
clauses that it was.
"""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from srcad.backend.compiled import CannotCompile
from srcad.backend.fold import Writer
from srcad.backend.statements import (
    Handler,
    Move,
    Statement,
    Try,
    Undefine,
    With,
    call,
    ends,
    expressions,
    walk,
)
from srcad.ir.graph import Block, Node, Value, is_literal, literal
from srcad.ir.structure import if_, merged_outputs

if TYPE_CHECKING:
    from srcad.backend.emit import Emitter

# What a clause catches (nothing: what is left), its block, and what it gives.
Block_ = list[Statement]
Way = tuple[tuple[type, ...], Block, Sequence[Value]]


FILTERS = (warnings.simplefilter, warnings.filterwarnings)
SHOWN = ("ignore", "default", "always", "module", "once")
# Why Numba compiles no such statement, and what to write instead.
_REFUSED = {
    "try": (
        "Numba compiles no try statement that goes by the class of an exception",
        "ask before instead of catching, as in `if x > 0.0:`",
    ),
    "with": (
        "Numba compiles no with statement that does more than quiet warnings",
        "enter the context outside of the function",
    ),
}


def refused(node: Node, word: str) -> CannotCompile:
    """The error where Numba has no such statement."""
    reason, instead = _REFUSED[word]
    hint = f'{instead}, or use backend="python" or backend="auto"'
    return CannotCompile(reason, node.span, hint)


def _only_quiets(node: Node) -> bool:
    """Whether a `with_` decides what warns, and lets nothing be raised instead."""
    raises = any(is_literal(v, "raise") for v in node.inputs)
    return bool(node.params.get("quiet")) and not raises


def _filters(node: Node) -> bool:
    """Whether a node says which warnings are shown, and raises none of them."""
    if node.params.get("function") not in FILTERS:
        return False
    plain = len(node.inputs) - len(node.params["keywords"])
    return plain > 0 and is_literal(node.inputs[0], *SHOWN)


class RegionEmitter:
    """Writes `with_` and `try_` nodes."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter

    # ---- with --------------------------------------------------------------------

    def managed(self, writer: Writer, node: Node) -> None:
        """Write a `with_`."""
        e, (block,) = self.emitter, node.blocks
        if e.dialect.name == "numba" and not _only_quiets(node):
            raise refused(node, "with")
        inputs = e.operands(writer, node)
        writer.settle()
        body, nodes = e.writer(writer), block.nodes
        if e.dialect.name == "numba":
            caught = node.params.get("function") is warnings.catch_warnings
            nodes = tuple(n for n in nodes if not (caught and _filters(n)))
        e.nodes(body, nodes)
        e.branches.gives(body, node, block)
        for v in node.outputs:
            e.hints.setdefault(v, "result")
        if e.dialect.name == "numba":  # compiled code does not warn
            for s in body.statements:
                writer.add(s)
            return
        tree = self.manager(node, inputs)
        read = [v for v in block.params if e.uses.count[v]]
        given = read[0] if read else None
        writer.add(With([(tree, given)], body.statements, span=node.span))

    def manager(self, node: Node, inputs: list[ast.expr]) -> ast.expr:
        """The expression that makes the context manager."""
        function = node.params.get("function")
        if function is None:
            tree = inputs[0]
        else:
            names = node.params.get("keywords", ())
            plain = len(inputs) - len(names)
            pairs = zip(names, inputs[plain:], strict=True)
            keywords = [ast.keyword(name, value) for name, value in pairs]
            tree = ast.Call(self.thing(function), inputs[:plain], keywords)
        if not node.params.get("checked"):
            return tree
        return ast.Call(ast.Name("runtime.LetThrough", ast.Load()), [tree], [])

    def thing(self, value: Any) -> ast.expr:
        """The name of a class or function."""
        name = getattr(value, "__name__", "")
        if getattr(builtins, name, None) is value:
            return ast.Name(name, ast.Load())
        if value is np.errstate:
            return ast.Attribute(ast.Name("np", ast.Load()), "errstate", ast.Load())
        return self.emitter.dialect.objects(ast.Constant(value), self.emitter.externals)

    # ---- try ---------------------------------------------------------------------

    def attempt(self, writer: Writer, node: Node) -> None:
        """Write a `try_`."""
        e, (body, handler) = self.emitter, node.blocks
        if e.dialect.name == "numba":
            raise refused(node, "try")
        writer.settle()
        failed = node.outputs[-1]
        e.hints.setdefault(failed, "failed")
        for v in handler.params:
            e.hints.setdefault(v, "error")
        for v in merged_outputs(node):
            e.hints.setdefault(v, "result")
        inside = e.writer(writer)
        e.nodes(inside, body.nodes)
        self.gives(inside, node, body.results, False)
        handlers = self.handlers(writer, node, handler)
        writer.add(Try(inside.statements, handlers, failed, span=node.span))

    def joined(self, writer: Writer, node: Node, then: Block_, other: Block_) -> bool:
        """Let a branch right after a `try`, on whether it failed, be part of it."""
        last = writer.slots[-1] if writer.slots else None
        if not isinstance(last, Try) or last.orelse:
            return False
        if any(v.name.endswith(("_bar", "_dot")) for v in node.outputs):
            return False
        ask = self.emitter.uses.makers.get(node.inputs[0])
        if node.inputs[0] is not last.failed:
            turned = ask is not None and ask.op.name == "not_"
            if ask is None or not turned or ask.inputs[0] is not last.failed:
                return False
            then, other = other, then
        going = [h for h in last.handlers if not ends(h.body)]
        moves = [s for s in then if isinstance(s, (Move, Undefine))]
        if len(going) > 1 and len(moves) < len(then):
            return False
        for handler in going:
            handler.body += [replace(s) for s in moves] if len(going) > 1 else then
        last.orelse = other
        return True

    def gives(
        self, writer: Writer, node: Node, results: Sequence[Value], failed: bool
    ) -> None:
        """Write what one way gives, and which it was."""
        if not writer.ended:
            given = zip(node.outputs, [*results, literal(failed)], strict=True)
            self.emitter.branches.moves(writer, node, list(given))

    def handlers(self, writer: Writer, node: Node, block: Block) -> list[Handler]:
        """The `except` clauses."""
        catches = node.params["catches"]
        results = block.results
        ways = list(_ways(block, results))
        if len(ways) == 1:
            return [self.clause(writer, node, catches, block, results)]
        found = []
        for kinds, inner, given in ways:
            known = kinds or [c for c in catches if not _listed(c, ways)] or catches
            found.append(self.clause(writer, node, known, inner, given))
        return found

    def clause(
        self,
        writer: Writer,
        node: Node,
        kinds: Sequence[type],
        block: Block,
        results: Sequence[Value],
    ) -> Handler:
        """One `except` clause."""
        e, inside = self.emitter, self.emitter.writer(writer)
        e.nodes(inside, block.nodes)
        self.gives(inside, node, results, True)
        statements = inside.statements
        catches = self.classes(kinds)
        error = next(iter(node.blocks[1].params), None)
        trees = [t for s in walk(statements) for t in expressions(s)]
        read = error is not None and error in e.table.reads(*trees)
        return Handler(catches, error if read else None, statements)

    def classes(self, kinds: Sequence[type]) -> ast.expr:
        """One class, or a tuple of them."""
        trees = [self.thing(kind) for kind in kinds]
        return trees[0] if len(trees) == 1 else ast.Tuple(trees, ast.Load())


def _listed(kind: type, ways: Sequence[Way]) -> bool:
    return any(kind in kinds for kinds, _, _ in ways)


def _ways(block: Block, results: Sequence[Value]) -> Iterator[Way]:
    """The ways through a handler that first asks which exception it has."""
    ask, branch = block.nodes if len(block.nodes) == 2 else (None, None)
    asks = ask is not None and ask.op.name == "caught"
    if (
        ask is None
        or branch is None
        or not asks
        or branch.op is not if_
        or branch.inputs[0] is not ask.out
        or any(results.count(v) > 1 for v in branch.outputs)
    ):
        yield (), block, results
        return
    for k, inner in enumerate(branch.blocks):
        places = dict(zip(branch.outputs, inner.results, strict=True))
        given = [places.get(v, v) for v in results]
        given = [literal(k == 0) if v is ask.out else v for v in given]
        if k == 0:
            yield tuple(ask.params["kinds"]), inner, given
        else:
            yield from _ways(inner, given)


def caught(e: Emitter, writer: Writer, node: Node) -> None:
    """Write `isinstance(error, kinds)`."""
    reads = writer.reads(node)
    error = e.operand(writer, node.inputs[0])
    tree = call("isinstance", error, e.regions.classes(node.params["kinds"]))
    e.value(writer, node, node.out, tree, reads)
