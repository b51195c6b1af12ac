"""The Numba dialect: the same graph, printed so that `njit` compiles it.

Loops that walk backwards count down; lists of numbers, one for each round of a known
number, are arrays; the undefined is a dummy of the right type, never read.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from srcad.backend.compiled import CannotCompile
from srcad.backend.fold import Writer
from srcad.backend.loops import Kept
from srcad.backend.numba_code import NUMBA, NUMBA_SPECIALS
from srcad.backend.numba_loops import NumbaKept
from srcad.backend.numba_texts import refuse_text
from srcad.backend.numba_types import typed_dummy
from srcad.backend.python import Dialect
from srcad.ir.graph import Node, Value
from srcad.ir.structure import Loop, for_
from srcad.ir.types import List
from srcad.ops.declare import Op

if TYPE_CHECKING:
    from srcad.backend.emit import Emitter


class NumbaDialect(Dialect):
    """How the Numba dialect prints."""

    name = "numba"

    def __init__(self) -> None:
        self.specials = NUMBA_SPECIALS

    def code(self, node: Node) -> str | None:
        """The operation's code for Numba, or that of the table below."""
        op = node.op
        assert isinstance(op, Op)
        if "callee" in node.params:
            raise CannotCompile(
                f"Numba cannot call {op.name} with a function",
                node.span,
                'use backend="python", or backend="auto" to fall back by itself',
            )
        refuse_text(node)
        own = op.numba(node) if callable(op.numba) else op.numba
        if own is None and op.name in NUMBA:
            own = NUMBA[op.name](node)
        return None if own is None else str(own)

    def dummy(self, value: Value) -> ast.expr:
        """A value of the right type that is never read."""
        return typed_dummy(value.type)

    def chosen(self, out: Value, tree: ast.expr) -> ast.expr:
        """A list of no entries with their type: Numba asks for one on each way."""
        empty = isinstance(tree, ast.List) and not tree.elts
        return typed_dummy(out.type) if empty and isinstance(out.type, List) else tree

    def start(self, emitter: Emitter, carried: Value, tree: ast.expr) -> ast.expr:
        """A list of no entries with their type, where nothing is appended to it."""
        users = emitter.uses.users.get(carried, [])
        joined = any(n.op.name == "list_concat" or n.op is for_ for n in users)
        return self.chosen(carried, tree) if joined else tree

    def kept(
        self,
        emitter: Emitter,
        writer: Writer,
        node: Node,
        loop: Loop,
        walked: list[ast.expr],
    ) -> Kept:
        """What walks a loop and keeps its lists."""
        return NumbaKept(emitter, writer, node, loop, walked)
