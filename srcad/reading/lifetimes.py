"""From where to where the variables of a Python source are needed.

Takes statements; gives the names that they read before they set them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

BLOCKS = ("body", "orelse", "finalbody")
LOOPS = (ast.For, ast.While)


class Lifetimes:
    """What is alive, in statements that are asked for again and again.

    known : for each statement, what it reads before it sets it, and what it sets.
    """

    def __init__(self) -> None:
        self.known: dict[ast.stmt, tuple[frozenset[str], frozenset[str]]] = {}

    def alive(self, statements: Sequence[ast.stmt]) -> frozenset[str]:
        """The names that statements read before they set them."""
        found: set[str] = set()
        for s in reversed(statements):
            read, given = self.of(s)
            found = (found - given) | read
        return frozenset(found)

    def of(self, s: ast.stmt) -> tuple[frozenset[str], frozenset[str]]:
        """What a statement reads before it sets it, and what it surely sets."""
        if s not in self.known:
            given = names(s, ast.Store) if isinstance(s, ast.Assign) else set()
            self.known[s] = self._read(s), frozenset(given)
        return self.known[s]

    def _read(self, s: ast.stmt) -> frozenset[str]:
        inner: set[str] = set()
        for block in BLOCKS:
            inner |= self.alive(getattr(s, block, []))
        for handler in getattr(s, "handlers", []):
            inner |= self.alive(handler.body)
        if isinstance(s, ast.For):
            inner = (inner - names(s.target, ast.Store)) | names(s.iter, ast.Load)
        elif isinstance(s, (ast.If, ast.While)):
            inner |= names(s.test, ast.Load)
        elif isinstance(s, ast.With):
            for item in s.items:
                inner |= names(item.context_expr, ast.Load)
        elif not isinstance(s, ast.Try):
            inner |= names(s, ast.Load)
            if isinstance(s, ast.AugAssign):
                inner |= names(s.target, ast.Store)
        return frozenset(inner)

    def inside(
        self, loop: ast.stmt, after: Sequence[ast.stmt]
    ) -> Iterator[frozenset[str]]:
        """What is alive while each statement of a loop runs.

        after : what follows the loop.
        """
        for s, follows in self._all(getattr(loop, "body", []), [loop, *after]):
            # What it reads is there, and what it makes.
            yield self.alive([s, *follows]) | self.alive(follows)

    def _all(
        self, block: Sequence[ast.stmt], after: Sequence[ast.stmt]
    ) -> Iterator[tuple[ast.stmt, Sequence[ast.stmt]]]:
        """Each statement of a block, and of those in it, with all that may follow."""
        for k, s in enumerate(block):
            rest = [*block[k + 1 :], *after]
            yield s, rest
            again = [s, *rest] if isinstance(s, LOOPS) else rest
            for name in BLOCKS:
                yield from self._all(getattr(s, name, []), again)


def names(tree: ast.AST, context: type[ast.expr_context]) -> set[str]:
    """The names that a tree reads, or sets."""
    return {
        n.id
        for n in ast.walk(tree)
        if isinstance(n, ast.Name) and isinstance(n.ctx, context)
    }
