"""Branches as statements or as expressions, and the ways out of a loop inside them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from srcad.backend.flags import Flag
from srcad.backend.fold import Writer
from srcad.backend.statements import Break, If, Move, Statement, Undefine, tested
from srcad.ir.graph import UNDEFINED, Block, Literal, Node, Value, is_literal
from srcad.ir.structure import merged_outputs
from srcad.ir.types import BOOL

if TYPE_CHECKING:
    from srcad.backend.emit import Emitter


class BranchEmitter:
    """Writes branches."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter

    def branch(self, writer: Writer, node: Node, flag: Flag | None) -> None:
        """Write an `if_`, as a statement or as a conditional expression."""
        condition = node.inputs[0]
        arms = []
        for block in node.blocks:
            arm = self.emitter.writer(writer)
            self.arm(arm, node, block, flag)
            arms.append(arm.statements)
        if flag is None and self.conditional(writer, node, arms):
            return
        given = any(condition in block.results for block in node.blocks)
        writer.settle(keep=[] if given else [condition])
        test = self.emitter.operand(writer, condition)
        for v in node.outputs:
            self.emitter.hints.setdefault(v, "test" if v.type == BOOL else "result")
        then, otherwise = arms
        if self.emitter.regions.joined(writer, node, then, otherwise):
            return
        writer.add(If(tested(test), then, otherwise, span=node.span))

    def arm(self, arm: Writer, node: Node, block: Block, flag: Flag | None) -> None:
        """Write one way of a branch, with what it gives."""
        if flag is None:
            self.emitter.nodes(arm, block.nodes)
            self.gives(arm, node, block)
            return
        inner = flag.inside(node, block, self.gives)
        last = inner.decided_by(block, self.emitter.uses)
        self.emitter.nodes(arm, [n for n in block.nodes if n is not last])
        if last is not None:
            arm.settle(keep=last.inputs)
            self.emitter.node(arm, last, inner)
        if is_literal(inner.value, True):
            inner.leave(arm)
            arm.add(Break(span=node.span))
        elif not arm.ended:
            if last is None and not isinstance(inner.value, Literal):
                self.asks(arm, node, inner)
            self.gives(arm, node, block, flag.value)

    def asks(self, arm: Writer, node: Node, flag: Flag) -> None:
        """Write `if flag: break`, with what has to be done before."""
        arm.settle(keep=[flag.value])
        test = tested(self.emitter.operand(arm, flag.value))
        body = self.emitter.writer(arm)
        flag.leave(body)
        body.add(Break(span=node.span))
        arm.add(If(test, body.statements, [], span=node.span))

    def gives(
        self, arm: Writer, node: Node, block: Block, flag: Value | None = None
    ) -> None:
        """Write what one way of a branch gives, without the flag of a loop."""
        if arm.ended:
            return
        given = zip(merged_outputs(node), block.results, strict=True)
        self.moves(arm, node, [pair for pair in given if pair[0] is not flag])

    def moves(
        self, arm: Writer, node: Node, given: Sequence[tuple[Value, Value]]
    ) -> None:
        """Write that outputs of a node are these values."""
        pairs: list[tuple[Value, ast.expr]] = []
        for out, result in given:
            if not self.emitter.uses.count[out]:
                continue
            if is_literal(result, UNDEFINED):
                arm.add(Undefine(out, span=node.span))
            else:
                tree = self.emitter.operand(arm, result)
                pairs.append((out, self.emitter.dialect.chosen(out, tree)))
        arm.settle()
        if pairs:
            arm.add(Move(pairs, span=node.span))

    def conditional(
        self, writer: Writer, node: Node, arms: list[list[Statement]]
    ) -> bool:
        """Write `a if test else b`, where both ways are one expression."""
        used = [v for v in node.outputs if self.emitter.uses.count[v]]
        moves = [arm[0] for arm in arms if len(arm) == 1 and isinstance(arm[0], Move)]
        if len(used) != 1 or len(moves) != 2:
            return False
        (out,) = used
        (then,), (otherwise,) = (m.pairs for m in moves)
        for _, tree in (then, otherwise):
            read = self.emitter.table.value(tree)
            if read is not None and out.name and read.name == out.name:
                return False
            if read is not None and not out.name and self._may_be_unset(read):
                return False
        condition = node.inputs[0]
        test = self.emitter.peek(writer, condition)
        known = self.emitter.table.ref(condition).id
        tree = joined(test, then[1], otherwise[1], known, condition.type == BOOL)
        if not writer.fits(tree, out):
            return False
        reads = writer.reads(node)
        writer.take(condition)
        self.emitter.hints.setdefault(out, "test" if out.type == BOOL else "chosen")
        self.emitter.value(writer, node, out, tree, reads)
        return True

    def _may_be_unset(self, value: Value) -> bool:
        """Whether a value may be one that no statement has set: a result on its way."""
        maker = self.emitter.uses.makers.get(value)
        carried = maker is None and value not in self.emitter.params
        return carried or (maker is not None and bool(maker.blocks))


def joined(
    test: ast.expr, then: ast.expr, otherwise: ast.expr, condition: str, truth: bool
) -> ast.expr:
    """`then if test else otherwise`; `a and b`, `a or b` where that is the same.

    condition : the name that stands for the test.
    truth : whether the test is a bool.
    """

    def known(tree: ast.expr, value: bool) -> bool:
        if isinstance(tree, ast.Name) and tree.id == condition:
            return True
        return truth and isinstance(tree, ast.Constant) and tree.value is value

    if truth and known(then, True) and known(otherwise, False):
        return test
    if known(otherwise, False):
        return ast.BoolOp(ast.And(), [*terms(test, ast.And), *terms(then, ast.And)])
    if known(then, True):
        return ast.BoolOp(ast.Or(), [*terms(test, ast.Or), *terms(otherwise, ast.Or)])
    return ast.IfExp(tested(test), then, otherwise)


def terms(tree: ast.expr, sign: type[ast.boolop]) -> list[ast.expr]:
    """The operands of `a and b and c`."""
    same = isinstance(tree, ast.BoolOp) and isinstance(tree.op, sign)
    return tree.values if same and isinstance(tree, ast.BoolOp) else [tree]
