"""The body of a `try`: how far it is when it changes something.

An exception in a later node finds the change made, one in an earlier node does not:
after `total += f(x)` failed, total is what it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from srcad.frontend.control import block
from srcad.frontend.forks import Status
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Cell
from srcad.ir.builder import current
from srcad.ir.graph import Block, Node
from srcad.ops.raising import raising

Lower = Callable[[], Status]


class Body:
    """A body to be lowered.

    statements : its syntax. inside : lowers it, where it is more than those.
    bound, touched : for each name bound and object written, how many nodes of the body
        have surely run before it is.
    """

    def __init__(
        self, frame: Frame, statements: list[Any], inside: Lower | None = None
    ) -> None:
        self.frame, self.statements, self.inside = frame, statements, inside
        self.bound: dict[str, int] = {}
        self.touched: dict[Cell, int] = {}

    def lower(self) -> Status:
        """Lower it, a plain statement at a time."""
        if self.inside is not None:
            return self.watched(self.statements, self.inside)
        for k, node in enumerate(self.statements):
            if not _changes_last(node):
                return self.block(self.statements[k:])
            self.block([node], late=True)
        return Status.FALL

    def block(self, nodes: list[Any], late: bool = False) -> Status:
        """Lower some of the statements."""
        return self.watched(nodes, lambda: block(self.frame, nodes), late)

    def watched(self, nodes: list[Any], lower: Lower, late: bool = False) -> Status:
        """Lower statements; `late`: what they change they change in the end."""
        session, builder = self.frame.session, current()
        before = len(builder.nodes)
        written, session.written = session.written, set()
        handed, session.handed = session.handed, set()
        try:
            status = lower()
        finally:
            touched, given = session.written, session.handed
            session.written, session.handed = written | touched, handed | given
        at = len(builder.nodes) if late else before
        for name in bound_in(nodes):
            self.bound.setdefault(name, at)
        # `x += y` with arrays may raise after it has written.
        augmented = late and isinstance(nodes[0], gast.AugAssign)
        for cell in touched:
            self.touched.setdefault(cell, before if augmented else at)
        self.touched.update(dict.fromkeys(given, 0))
        return status


def raises(node: Node) -> bool:
    """Whether a node, or one in its blocks, may raise."""
    return bool(raising(Block((), (node,), ())))


def _changes_last(node: Any) -> bool:
    """Whether a statement computes first, and then changes one thing, or names."""
    if any(isinstance(n, gast.NamedExpr) for n in gast.walk(node)):
        return False
    if isinstance(node, gast.Assign):
        names = all(isinstance(t, gast.Name) for t in node.targets)
        return names or (len(node.targets) == 1 and _is_entry(node.targets[0]))
    if isinstance(node, (gast.AugAssign, gast.AnnAssign)):
        return isinstance(node.target, gast.Name)
    call = node.value if isinstance(node, gast.Expr) else None
    method = call.func if isinstance(call, gast.Call) else None
    return isinstance(method, gast.Attribute) and method.attr == "append"


def _is_entry(target: Any) -> bool:
    return isinstance(target, gast.Subscript) and isinstance(target.value, gast.Name)


def bound_in(statements: list[Any]) -> set[str]:
    """The names that statements bind, those of functions defined there aside."""
    found: set[str] = set()
    todo = list(statements)
    while todo:
        item = todo.pop()
        if isinstance(item, gast.Name) and not isinstance(item.ctx, gast.Load):
            found.add(item.id)
        if isinstance(item, (gast.FunctionDef, gast.ClassDef)):
            found.add(item.name)
        elif not isinstance(item, gast.Lambda):
            todo.extend(gast.iter_child_nodes(item))
    return found
