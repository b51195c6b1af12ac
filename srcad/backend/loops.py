"""Loops as statements: carried values and kept lists."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from srcad.backend.flags import Flag, Flagged
from srcad.backend.fold import Writer
from srcad.backend.statements import (
    Assign,
    Break,
    Do,
    If,
    Move,
    Statement,
    Undefine,
    While,
    call,
    method,
    tested,
)
from srcad.ir.graph import UNDEFINED, Block, Node, Value, is_literal, nodes_of
from srcad.ir.structure import LOOPS, Loop, if_, loop_of, while_
from srcad.ir.types import List, Range
from srcad.ops.sure import sure

if TYPE_CHECKING:
    from srcad.backend.emit import Emitter


class LoopEmitter:
    """Writes loops.

    ranges : ranges that are printed anew where they are walked, and their nodes.
    arrays : the lists that loops keep which are arrays.
    kept_as, like : for lists of lists, and for their entries, a list that is an entry.
    known : nodes that are not printed, for they give a variable of a loop.
    """

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter
        self.ranges: dict[Value, Node] = {}
        self.arrays: set[Value] = set()
        self.like: dict[Value, Value] = {}
        self.kept_as: dict[Value, Value] = {}
        self.known: set[Node] = set()

    def alias(self, block: Block) -> None:
        """Make a loop's carried value, what it tests and its final value one."""
        own: set[Value] = set()
        for node in nodes_of(block):
            if node.op in LOOPS:
                loop = loop_of(node)
                own.update(loop.items, loop.carried, loop.final)
                self.emitter.table.alias.update(self.same_items(loop))
                groups = [loop.final]
                if node.op is while_:
                    groups.append(node.blocks[0].params)
                for group in groups:
                    self.emitter.table.alias.update(
                        zip(group, loop.carried, strict=True)
                    )
        for node in nodes_of(block):
            if node.op is sure and node.inputs[0] in own:
                self.emitter.table.alias[node.out] = node.inputs[0]
                self.known.add(node)

    def same_items(self, loop: Loop) -> dict[Value, Value]:
        """The items that walk what another one walks, and that one."""
        first: dict[Value, Value] = {}
        found: dict[Value, Value] = {}
        for named in (True, False):
            for item, walked in zip(loop.items, loop.walked, strict=True):
                if bool(item.name) is named and self.emitter.uses.count[item]:
                    if first.setdefault(walked, item) is not item:
                        found[item] = first[walked]
        return {v: w for v, w in found.items() if not v.name}

    def is_array(self, entries: Value) -> bool:
        """Whether a list that was kept is an array."""
        while entries not in self.arrays and entries in self.like:
            entries = self.like[entries]
        return entries in self.arrays

    def array_of(self, value: Value) -> Value:
        """The variable that has the name of an array that values are kept in."""
        e = self.emitter
        value = e.table.variable(value)
        maker = e.uses.makers.get(value)
        if value not in e.arrays and maker is not None and maker.op is if_:
            return self.array_of(maker.blocks[1].results[maker.outputs.index(value)])
        return e.arrays.get(value) or value

    # ---- the loop ----------------------------------------------------------------

    def loop(self, writer: Writer, node: Node) -> None:
        """Write a `for_` or `while_` node."""
        e, loop = self.emitter, loop_of(node)
        uses = e.uses
        flagged = Flagged(node, loop, uses)
        starts = [
            (c, v)
            for k, (c, v) in enumerate(zip(loop.carried, loop.initial, strict=True))
            if k or flagged.variable
        ]
        first = [
            (c, e.dialect.start(e, c, e.operand(writer, v)))
            for c, v in starts
            if not undefined(v)
        ]
        walked = [self.iterable(writer, v) for v in loop.walked]
        writer.settle()
        for c, v in starts:
            if undefined(v):
                writer.add(Undefine(c, span=node.span))
        if first:
            writer.add(Move(first, span=node.span))
        body = e.writer(writer)
        for item, v in zip(loop.items, loop.walked, strict=True):
            if v in self.kept_as or v in self.like:
                self.like[item] = self.kept_as.get(self.like.get(v, v), v)
        counted = self.counted(node, loop)
        self.names(loop)
        kept = e.dialect.kept(e, writer, node, loop, walked)
        if counted:
            zero = ast.Constant(0)
            writer.add(Assign((loop.count,), zero, span=node.span))
        self.body(body, node, loop, flagged, kept, counted)
        for v, entries in zip(loop.collected, loop.lists, strict=True):
            self.kept_as[entries] = v
            name = v.name or e.hints.get(v) or "value"
            e.hints[entries] = name if name.startswith("saved_") else f"saved_{name}"
        writer.add(kept.statement(self.test(node, body), body.statements))
        kept.after(writer)
        if uses.count[loop.count] and not counted:
            kept.count(writer)

    def names(self, loop: Loop) -> None:
        """Hints for what a loop counts, walks and asks."""
        e = self.emitter
        e.hints.setdefault(loop.count, "count")
        if loop.stop:
            e.hints.setdefault(loop.carried[0], "stopped")
        for c, start, after in zip(
            loop.carried, loop.initial, loop.carried_next, strict=True
        ):
            start = e.table.variable(start)
            if start in e.arrays:
                e.arrays[c], e.hints[c] = e.arrays[start] or c, ""
            if after.name or e.uses.count[c]:
                e.hints.setdefault(c, after.name or "result")
        for item, source in zip(loop.items, loop.walked, strict=True):
            name = source.name or e.hints.get(source, "")
            if name.startswith("saved_") and isinstance(item.type, List):
                e.hints.setdefault(item, name)
            elif name.startswith("saved_"):
                e.hints.setdefault(item, name.removeprefix("saved_"))
                if item.name and not item.name.startswith("saved_"):
                    e.befores.add(item)
            elif isinstance(source.type, Range):
                e.hints.setdefault(item, "k")
            elif len(name) > 2 and name.endswith("s"):
                e.hints.setdefault(item, name[:-1])

    def counted(self, node: Node, loop: Loop) -> bool:
        """Whether the rounds must be counted one by one."""
        if not self.emitter.uses.count[loop.count]:
            return False
        return self.emitter.dialect.must_count(self.emitter, node, loop)

    def test(self, node: Node, body: Writer) -> ast.expr:
        """The test of a `while_`, in its header if it is one expression."""
        if node.op is not while_:
            return ast.Constant(True)
        e, block = self.emitter, node.blocks[0]
        writer = e.writer(body)
        writer.depth = body.depth
        e.nodes(writer, block.nodes)
        test = e.operand(writer, block.results[0])
        statements = writer.statements
        if not statements:
            return tested(test)
        leave: list[Statement] = [Break(span=node.span)]
        statements.append(If(negated(tested(test)), leave, [], span=node.span))
        body.slots[:0] = statements
        return ast.Constant(True)

    def body(
        self,
        body: Writer,
        node: Node,
        loop: Loop,
        flagged: Flagged,
        kept: Kept,
        counted: bool,
    ) -> None:
        """Write what a loop repeats."""
        e = self.emitter
        if flagged.at_head:
            asked = e.table.ref(loop.carried[0])
            body.add(If(asked, [Break()], [], span=node.span))
        if counted:
            plus = ast.BinOp(e.table.ref(loop.count), ast.Add(), ast.Constant(1))
            body.add(Assign((loop.count,), plus, span=node.span))
        last = flagged.last
        late = set(last.outputs) if last is not None else set()
        local = {v for n in loop.body.nodes for v in n.outputs}
        kept.head(body)
        for v in dict.fromkeys(loop.collected):
            if v not in local:
                kept.keep(body, v)
        for inner in loop.body.nodes:
            if inner is last:
                continue
            e.node(body, inner)
            for v in inner.outputs:
                kept.keep(body, v)

        def leave(writer: Writer) -> None:
            end(writer)
            if flagged.variable:
                true = ast.Constant(True)
                writer.add(Move([(loop.carried[0], true)], span=node.span))

        def end(writer: Writer) -> None:
            for v in loop.collected:
                if v in late:
                    kept.keep(writer, v)
            self.carry(writer, node, loop, flagged)

        if last is not None:
            body.settle(keep=last.inputs)
            e.node(body, last, Flag(loop.carried_next[0], leave))
        if is_literal(flagged.next, True):
            leave(body)
            body.add(Break(span=node.span))
        elif not body.ended:
            end(body)
        if flagged.at_end and not body.ended:
            read = loop.carried if flagged.variable else loop.carried_next
            test = tested(e.operand(body, read[0]))
            body.add(If(test, [Break()], [], span=node.span))

    def carry(self, writer: Writer, node: Node, loop: Loop, flagged: Flagged) -> None:
        """Write what goes over to the next round."""
        e = self.emitter
        pairs: list[tuple[Value, ast.expr]] = []
        for k, (c, v) in enumerate(zip(loop.carried, loop.carried_next, strict=True)):
            if loop.stop and k == 0 and (flagged.resolved or not flagged.variable):
                continue
            if undefined(v):
                writer.add(Undefine(c, span=node.span))
            else:
                pairs.append((c, e.operand(writer, v)))
        writer.settle()
        if pairs:
            writer.add(Move(pairs, span=node.span))

    # ---- what is walked ------------------------------------------------------------

    def iterable(self, writer: Writer, value: Value) -> ast.expr:
        """The expression of something walked; a range is printed anew."""
        e, node = self.emitter, self.ranges.get(value)
        if node is None:
            return e.operand(writer, value)
        tree, _ = e.dialect.template(node)
        inputs = [self.iterable(writer, v) for v in node.inputs]
        return e.dialect.filled(tree, e.dialect.input_map(node, inputs))


class Kept:
    """How a loop is walked and where it keeps its lists: Python's lists."""

    def __init__(
        self,
        emitter: Emitter,
        writer: Writer,
        node: Node,
        loop: Loop,
        walked: list[ast.expr],
    ) -> None:
        self.emitter, self.node, self.loop = emitter, node, loop
        self.walked = walked
        self.lists = [
            (v, kept)
            for v, kept in zip(loop.collected, loop.lists, strict=True)
            if emitter.uses.count[kept]
        ]
        self.kept_in: dict[Value, list[Value]] = {}
        for v, kept in self.lists:
            self.kept_in.setdefault(v, []).append(kept)
        self.setup(writer)

    def setup(self, writer: Writer) -> None:
        """Write what holds each list."""
        for _, kept in self.lists:
            empty = ast.List([], ast.Load())
            writer.add(Assign((kept,), empty, span=self.node.span))

    def head(self, body: Writer) -> None:
        """Write what a round begins with."""

    def keep(self, body: Writer, value: Value) -> None:
        """Write that a value is kept, in each list that it goes to."""
        for kept in self.kept_in.get(value, ()):
            entry = self.emitter.operand(body, value)
            body.add(Do(self.keeping(kept, entry), writes=kept, span=self.node.span))

    def keeping(self, kept: Value, entry: ast.expr) -> ast.stmt:
        """The statement that keeps an entry in a list."""
        return ast.Expr(method(self.emitter.table.ref(kept), "append", entry))

    def statement(self, test: ast.expr, body: list[Statement]) -> Statement:
        """The loop itself."""
        if self.node.op is while_:
            return While(test, body, span=self.node.span)
        return self.emitter.dialect.walk(self, body)

    def after(self, writer: Writer) -> None:
        """Write what follows the loop."""
        if self.loop.reverse:
            for _, kept in self.lists:
                tree = method(self.emitter.table.ref(kept), "reverse")
                writer.add(Do(ast.Expr(tree), writes=kept, span=self.node.span))

    def count(self, writer: Writer) -> None:
        """Write the number of rounds, read off a list or a range."""
        e = self.emitter
        if self.lists:
            source: ast.expr = e.table.ref(self.lists[0][1])
        else:
            source = e.loops.iterable(writer, self.loop.walked[0])
        e.value(writer, self.node, self.loop.count, call("len", source))


def undefined(value: Value) -> bool:
    """Whether a value is the literal that is not printed."""
    return is_literal(value, UNDEFINED)


def negated(test: ast.expr) -> ast.expr:
    """`not test`."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)
