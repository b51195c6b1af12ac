"""Tuples that are taken apart where they are made: `for W, b in params`.

Takes the body of a graph; gives, for each tuple of which only entries are read, what
holds its entries. A tuple that has a name of the user's stays one.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from srcad.backend.fold import Uses
from srcad.backend.statements import Assign, Parts, Statement, Table, inner
from srcad.ir.graph import Block, Node, Value, nodes_of
from srcad.ir.structure import for_, loop_of
from srcad.ir.types import Array, Residual, Tuple

MOST = 24  # entries; of more, those that are used are read one by one


class Unpacked:
    """The tuples that are taken apart.

    parts : for each, the values of its entries; None where one is not used.
    """

    def __init__(
        self,
        body: Block,
        uses: Uses,
        table: Table,
        residuals: Mapping[Any, Sequence[Any]],
    ) -> None:
        self.uses, self.table, self.residuals = uses, table, residuals
        self.parts: dict[Value, Parts] = {}
        self.reads: set[Node] = set()
        self.taken_out: set[Value | None] = set()  # the entries of all tuples so far
        walked: set[Value] = set()
        values = list(body.params)
        for node in nodes_of(body):
            # One of several results keeps its name: its entries are read from it.
            values += node.outputs if len(node.outputs) == 1 else ()
            if node.op is for_:
                walked.update(loop_of(node).items)
        for v in [*values, *walked]:
            if v not in self.taken_out:
                self.consider(v, v in walked)

    def consider(self, value: Value, walked: bool) -> None:
        """Take a value apart, if it is a tuple of which only entries are read."""
        t, users = value.type, self.uses.users.get(value, [])
        if isinstance(t, Residual):
            count = len(self.residuals.get(t.key, ()))
            op, key = "residual_item", "k"
        elif isinstance(t, Tuple):
            count, op, key = len(t.items), "item", "key"
        else:
            return
        if not 2 <= count <= MOST or self.uses.count[value] != len(users):
            return
        parts: list[Value | None] = [None] * count
        same: list[tuple[Value, Value]] = []
        for node in users:
            if node.op.name != op or not 0 <= node.params[key] < count:
                return
            k = node.params[key]
            if not self.uses.count[node.out]:
                continue
            first = parts[k] = parts[k] or node.out
            if first is not node.out:
                same.append((node.out, first))
        if not self.worth(value, parts, walked):
            return
        self.table.alias.update(same)
        self.parts[value] = tuple(parts)
        self.taken_out.update(parts)
        self.reads.update(users)

    def worth(self, value: Value, parts: Sequence[Value | None], walked: bool) -> bool:
        """Whether names for the entries read better than the tuple."""
        used = [v for v in parts if v is not None]
        if isinstance(value.type, Residual):
            return 2 * len(used) >= len(parts)
        own = all(v.name for v in used) and not value.name
        return own and len(used) >= (1 if walked else 2)


def shapes_together(table: Table, statements: list[Statement]) -> None:
    """Write `n = x.shape[0]` and `d = x.shape[1]` of one line as `n, d = x.shape`."""
    for s in statements:
        for part in inner(s):
            shapes_together(table, part)
    k = 0
    while k < len(statements):
        shape, rank = _length(table, statements[k], 0)
        group = statements[k : k + rank]
        found = [_length(table, s, j)[0] for j, s in enumerate(group)]
        lines = {s.span.line if s.span else 0 for s in group}
        if rank > 1 and len(found) == rank and None not in found and len(lines) == 1:
            values = {table.value(f.value) for f in found if f is not None}
            if len(values) == 1 and shape is not None:
                targets = [s.targets[0] for s in group if isinstance(s, Assign)]
                whole = Assign(tuple(targets), shape, span=group[0].span)
                statements[k : k + rank] = [whole]
        k += 1


def _length(table: Table, s: Statement, axis: int) -> tuple[ast.Attribute | None, int]:
    """`x.shape` and its length, of a statement `n = x.shape[axis]`."""
    if not isinstance(s, Assign) or len(s.targets) != 1:
        return None, 0
    match s.value:
        case ast.Subscript(
            value=ast.Attribute(attr="shape", value=x) as shape,
            slice=ast.Constant(value=k),
        ):
            value = table.value(x)
            if k == axis and value is not None and isinstance(value.type, Array):
                return shape, len(value.type.dims)
    return None, 0
