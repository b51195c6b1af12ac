"""Which values become part of an expression, and which get a statement of their own.

A value folds where it has no name of the user's and is used once, in the block that
makes it. Between the place where it is made and the place where it is used there is
no effect, no loop or branch, no write to memory that it may read, no new version of a
name that it reads; and the line stays within 88 columns. A value that cannot wait any
longer gets its statement at the place where it was made.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from srcad.backend.statements import Assign, Statement, Table, ends
from srcad.backend.trees import longest, names_in
from srcad.errors import Span
from srcad.ir.graph import Block, Node, Value, free_values, is_literal
from srcad.ir.structure import LOOPS, Loop, for_, if_, loop_of
from srcad.ir.types import Range
from srcad.passes.buffers import Buffers, Place, has_memory

COLUMNS = 88
UNNAMED = 6  # how long a name that is not made yet will be, about


class Uses:
    """How often each value of a body is used, and where.

    once : the block that holds the single use of a value used once.
    users : the nodes that have the value among their inputs.
    collects : the lists that a value is kept in.
    flags : values that leave a loop and are not read elsewhere.
    ranges : unnamed ranges that are only walked: printed anew at each loop.
    """

    def __init__(self, body: Block) -> None:
        self.count: Counter[Value] = Counter()
        self.walked: Counter[Value] = Counter()
        self.once: dict[Value, Block] = {}
        self.made: dict[Value, Block] = {}
        self.makers: dict[Value, Node] = {}
        self.users: dict[Value, list[Node]] = {}
        self.next: set[Value] = set()
        self.flags: set[Value] = set()
        self.collects: dict[Value, list[Value]] = {}
        self._block(body)
        self.ranges = {
            v
            for v, n in self.count.items()
            if isinstance(v.type, Range)
            and not v.name
            and v in self.makers
            and self.makers[v].op.name in ("range_", "range_prefix")
            and self.walked[v] == n
        }

    def _block(self, block: Block, asked: Value | None = None) -> None:
        """`asked` is the condition of the branch: `c and x` reads it once."""
        for v in block.params:
            self.made[v] = block
        for node in block.nodes:
            self._use(node.inputs, block)
            for v in node.inputs:
                self.users.setdefault(v, []).append(node)
            if node.op is for_:
                self.walked.update(loop_of(node).walked)
            if node.op in LOOPS:
                loop = loop_of(node)
                flag = condition_flag(loop)
                self.next.update(loop.carried_next)
                for v, entries in zip(loop.collected, loop.lists, strict=True):
                    self.collects.setdefault(v, []).append(entries)
                if flag is not None:
                    self.flags.add(flag)
                    self.next.discard(flag)
            for v in node.outputs:
                self.made[v] = block
                self.makers[v] = node
            for inner in node.blocks:
                self._block(inner, node.inputs[0] if node.op is if_ else None)
        given = [v for v in block.results if v not in self.flags and v is not asked]
        self._use(given, block)

    def _use(self, values: Sequence[Value], block: Block) -> None:
        for v in values:
            self.count[v] += 1
            self.once[v] = block

    def single(self, value: Value) -> bool:
        """Whether the value is used exactly once, in the block that makes it."""
        return self.count[value] == 1 and self.once[value] is self.made.get(value)


def condition_flag(loop: Loop) -> Value | None:
    """The value that leaves a loop, where it is also what its last branch asks."""
    if not loop.stop or not is_literal(loop.initial[0], False):
        return None
    value, nodes = loop.carried_next[0], loop.body.nodes
    if not nodes or nodes[-1].op is not if_ or nodes[-1].inputs[0] is not value:
        return None
    if value in loop.carried_next[1:] or value in loop.collected:
        return None
    return value if any(value in n.outputs for n in nodes) else None


def added_negatives(body: Block) -> frozenset[Value]:
    """The cotangents that are minus another one, and are only added to a part.

    They need no name: `x_bar[i] -= product` says it.
    """
    uses = Uses(body)
    return frozenset(
        v
        for v, node in uses.makers.items()
        if node.op.name == "negative" and v.name.endswith("_bar") and uses.single(v)
        if any(
            r.op.name == "add_at" and r.inputs[1] is v for r in uses.users.get(v, ())
        )
    )


def memory_read(node: Node) -> frozenset[Value]:
    """The values whose memory a node reads, or one in its blocks."""
    values = set(node.inputs)
    for block in node.blocks:
        values.update(free_values(block))
    return frozenset(v for v in values if has_memory(v.type))


@dataclass(eq=False)
class Pending:
    """An expression that waits for its use.

    slot : where its statement goes if it needs one.
    reads : the values whose memory it reads.
    """

    value: Value
    tree: ast.expr
    slot: int
    reads: frozenset[Value]
    span: Span | None


class Writer:
    """Collects the statements of one block and holds back what may fold."""

    def __init__(
        self, table: Table, uses: Uses, buffers: Callable[[], Buffers], depth: int
    ) -> None:
        self.table, self.uses, self.depth = table, uses, depth
        self.buffers = buffers
        self.slots: list[Statement | None] = []
        self.pending: dict[Value, Pending] = {}
        # What waits, by the names and the memory that it reads; by memory only from the
        # first write on.
        self.readers: dict[str, dict[Value, None]] = {}
        self.placed: dict[Place, dict[Value, None]] = {}
        self.unplaced: list[Value] = []

    @property
    def statements(self) -> list[Statement]:
        """What was written, with nothing waiting any longer; up to what ends it."""
        self.settle()
        written: list[Statement] = []
        for s in self.slots:
            if s is not None and not ends(written[-1:]):
                written.append(s)
        return written

    @property
    def ended(self) -> bool:
        """Whether nothing runs after what was written so far."""
        return ends([s for s in self.slots if s is not None])

    def wait(
        self, node: Node, value: Value, tree: ast.expr, reads: frozenset[Value]
    ) -> None:
        """Hold an expression back until its use."""
        self.slots.append(None)
        slot = len(self.slots) - 1
        self.pending[value] = Pending(value, tree, slot, reads, node.span)
        self.unplaced.append(value)
        for v in self.table.reads(tree):
            if v.name:
                self.readers.setdefault(v.name, {})[value] = None

    def add(self, statement: Statement) -> None:
        """Write a statement. What must not cross it is settled by the caller."""
        self.slots.append(statement)

    def assign(self, node: Node, value: Value, tree: ast.expr) -> None:
        """Write `value = tree`."""
        self.define(value)
        self.add(Assign((value,), tree, span=node.span))

    # ---- taking ----------------------------------------------------------------

    def take(self, value: Value) -> ast.expr | None:
        """What waits for this use, if anything does."""
        found = self.pending.pop(value, None)
        return found.tree if found is not None else None

    def reads(self, node: Node) -> frozenset[Value]:
        """The values whose memory a node reads, itself or through what waits for it."""
        found = memory_read(node)
        waiting = [self.pending[v] for v in node.inputs if v in self.pending]
        return found.union(*(p.reads for p in waiting))

    # ---- settling --------------------------------------------------------------

    def settle(self, *, keep: Sequence[Value] = ()) -> None:
        """Give what waits its statement."""
        for value in list(self.pending):
            if value not in keep:
                self.settle_one(value)

    def write(self, node: Node, keep: Sequence[Value] = ()) -> None:
        """Settle what reads memory that a node writes in place."""
        for place in self.buffers().written(node):
            for value in list(self._at(place)):
                if value not in keep:
                    self.settle_one(value)

    def _at(self, place: Place) -> dict[Value, None]:
        """What waits and reads memory at a place."""
        for value in self.unplaced:
            if value in self.pending:
                for v in self.pending[value].reads:
                    for where in self.buffers().reach(v):
                        self.placed.setdefault(where, {})[value] = None
        self.unplaced.clear()
        found = {v: None for v in self.placed.get(place, ()) if v in self.pending}
        self.placed[place] = found
        return found

    def settle_one(self, value: Value) -> None:
        """Give one waiting value its statement, at the place where it was made."""
        p = self.pending.pop(value, None)
        if p is not None:
            self.slots[p.slot] = Assign((p.value,), p.tree, span=p.span)

    def define(self, value: Value) -> None:
        """Settle what reads an older version of a name that is written now."""
        name = self.table.variable(value).name
        if not name:
            return
        for waiting in self.readers.pop(name, ()):
            p = self.pending.get(waiting)
            read = self.table.reads(p.tree) if p is not None else ()
            if any(v.name == name and v is not value for v in read):
                self.settle_one(waiting)
            elif read:
                self.readers.setdefault(name, {})[waiting] = None

    # ---- width -----------------------------------------------------------------

    def width(self, tree: ast.AST, enough: int = 0) -> int:
        """How long an expression will be, about; `enough` where it surely fits."""
        named = 0
        for name in names_in(tree):
            value = self.table.known(name)
            if value is not None:
                named += (len(value.name) or UNNAMED) - len(name)
        most = longest(tree)
        if most is not None and most + named <= enough:
            return enough
        return len(ast.unparse(tree)) + named

    def room(self, value: Value | None = None) -> int:
        """How long an expression may be: alone, or as the value of a name."""
        indent = 4 * (self.depth + 1)
        if value is None or not value.name:
            return COLUMNS - indent - 4
        return COLUMNS - indent - len(value.name) - 3

    def fits(self, tree: ast.AST, value: Value | None = None) -> bool:
        """Whether an expression fits on a line."""
        room = self.room(value)
        return self.width(tree, room) <= room

    def shorten(self, waiting: Sequence[Value], excess: int) -> None:
        """Settle the longest of an expression's parts: as many as surely must go.

        A part's statement frees its length and two parentheses, less one letter at
        least for the name; so a long display is not measured again for each entry.
        """
        widths = {v: self.width(self.pending[v].tree) for v in waiting}
        for value in sorted(widths, key=lambda v: widths[v], reverse=True):
            self.settle_one(value)
            excess -= widths[value] + 1
            if excess <= 0:
                return
