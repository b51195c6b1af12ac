"""Flags: the booleans that leave loops, turned back to `break`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from srcad.backend.fold import Uses, Writer
from srcad.ir.graph import Block, Literal, Node, Value, is_literal, literal
from srcad.ir.structure import Loop, if_, while_

Gives = Callable[[Writer, Node, Block, Value | None], None]


@dataclass(frozen=True, eq=False)
class Flag:
    """The boolean that a block decides, true to leave the loop.

    value : what the block gives for it.
    leave : writes what has to be done before `break`.
    """

    value: Value
    leave: Callable[[Writer], None]

    def inside(self, node: Node, block: Block, gives: Gives) -> Flag:
        """The same flag in one way of the branch that decides it."""

        def leave(writer: Writer) -> None:
            gives(writer, node, block, self.value)
            self.leave(writer)

        if self.value is node.inputs[0]:
            return Flag(literal(block is node.blocks[0]), leave)
        return Flag(block.results[node.outputs.index(self.value)], leave)

    def decided_by(self, block: Block, uses: Uses) -> Node | None:
        """The last node of the block, if it is the branch that decides the flag."""
        last = block.nodes[-1] if block.nodes else None
        if last is None or last.op is not if_ or isinstance(self.value, Literal):
            return None
        if self.value is last.inputs[0]:
            return last
        return last if resolvable(self.value, block, uses) else None


def resolvable(value: Value, block: Block, uses: Uses) -> bool:
    """Whether the ways through the block know what they give for a flag.

    One of them may ask: it leaves with what it does if the flag turns out true.
    """
    if isinstance(value, Literal):
        return True
    return len(_ways(value, block, uses)) > 1


def _ways(value: Value, block: Block, uses: Uses) -> list[Value]:
    """What each way through the block gives for a flag."""
    last = block.nodes[-1] if block.nodes else None
    literal_ = isinstance(value, Literal)
    if literal_ or last is None or last.op is not if_ or value not in last.outputs:
        return [value]
    if uses.count[value] != 1:
        return [value]
    k = last.outputs.index(value)
    found = [w for b in last.blocks for w in _ways(b.results[k], b, uses)]
    return found if sum(not isinstance(v, Literal) for v in found) <= 1 else [value]


class Flagged:
    """How a loop's stop flag is printed.

    resolved : every way through the body knows whether it leaves the loop.
    last : the branch that decides it, if there is one.
    variable : whether the flag is a variable of the program.
    """

    def __init__(self, node: Node, loop: Loop, uses: Uses) -> None:
        self.next = loop.carried_next[0] if loop.stop else literal(False)
        fresh = not loop.stop or is_literal(loop.initial[0], False)
        known = self.next in uses.flags or resolvable(self.next, loop.body, uses)
        self.resolved = fresh and known
        literal_next = isinstance(self.next, Literal)
        branch = loop.stop and self.resolved and not literal_next
        self.last = loop.body.nodes[-1] if branch else None
        read = False
        if loop.stop:
            read = bool(uses.count[loop.final[0]] or uses.count[loop.carried[0]])
        if loop.stop and node.op is while_:
            read = read or bool(uses.count[node.blocks[0].params[0]])
        self.variable = not loop.stop or read or not fresh
        self.at_head = loop.stop and not fresh
        self.at_end = loop.stop and fresh and not self.resolved
        if is_literal(self.next, True) and not self.resolved:
            self.next = literal(False)
