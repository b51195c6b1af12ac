"""What of a block is still to be written, and what may be written next.

Takes the nodes of a block as *steps*; knows for each what it waits for: the makers of
what it reads, and the steps before it that touch the same memory. A step that waits is
not looked at, so blocks of thousands of statements take time by their length.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from srcad.ir.graph import Block, Node, Value, free_values
from srcad.ir.walk import substituted_node
from srcad.passes.buffers import Buffers, Place, Places
from srcad.passes.fuse_access import VIEWS


@dataclass(eq=False, repr=False)
class Step:
    """A node of a block, in its place.

    read, written : the memory that it may read, and writes in place.
    left : whether it is still to be written, and in no group.
    waits : for how many steps that are left it waits.
    then : the steps that wait for it.
    """

    node: Node
    place: int
    read: Collection[Place]
    written: Collection[Place]
    left: bool = True
    waits: int = 0
    then: list[Step] = field(default_factory=list)


class Steps:
    """The nodes of a block; as a collection, the values of those that are left.

    known : what nodes with blocks write, as far as it was found out.
    """

    def __init__(
        self, buffers: Buffers, block: Block, known: dict[Node, Places]
    ) -> None:
        self.buffers = buffers
        self.all = [
            Step(node, k, self.read(node), buffers.written(node, known))
            for k, node in enumerate(block.nodes)
        ]
        self.maker: dict[Value, Step] = {}
        self.readers: dict[Value, list[Step]] = {}
        self.writers = Counter[Place]()  # how many that are left write to a place
        for step in self.all:
            node = step.node
            self.maker.update(dict.fromkeys(node.outputs, step))
            buffers.made.update(dict.fromkeys(node.outputs, node))
            within = (v for b in node.blocks for v in free_values(b))
            for v in dict.fromkeys((*node.inputs, *within)):
                self.readers.setdefault(v, []).append(step)
            self.writers.update(step.written)

    def __contains__(self, value: object) -> bool:
        step = self.maker.get(value)  # type: ignore[call-overload]
        return step is not None and step.left

    def reading(self, value: Value) -> Iterator[Step]:
        """The steps that are left and read a value, themselves or in their blocks."""
        return (s for s in self.readers.get(value, ()) if s.left)

    def read(self, node: Node) -> set[Place]:
        """The memory that a node may read."""
        return set().union(*map(self.buffers.reach, node.inputs))

    def is_written(self, step: Step) -> bool:
        """Whether steps that are left write to memory that a step reads."""
        return any(self.writers[p] for p in step.read)

    # ---- what waits for what ---------------------------------------------------------

    def link(self, run: Sequence[Step]) -> list[Step]:
        """Find what each step of a run waits for; gives those that wait for nothing.

        The element of a view is read off the array behind it, so what reads a view
        waits for the makers of that.
        """
        behind: dict[Value, set[Step]] = {}
        writer: dict[Place, Step] = {}
        readers: dict[Place, list[Step]] = {}
        for step in run:
            node, found = step.node, set[Step]()
            for v in node.inputs:
                if v in behind:
                    found |= behind[v]
                elif v in self:
                    found.add(self.maker[v])
            if node.op.name in VIEWS:
                behind[node.out] = set(found)
            found.update(writer[p] for p in step.read if p in writer)
            for p in step.written:
                found.update(readers.pop(p, ()))
                if p in writer:
                    found.add(writer[p])
            writer.update(dict.fromkeys(step.written, step))
            for p in step.read:
                if p not in step.written:
                    readers.setdefault(p, []).append(step)
            step.waits = len(found)
            for other in found:
                other.then.append(step)
        return [s for s in run if not s.waits]

    def take(self, step: Step) -> list[Step]:
        """A step is written, or in a group; gives those that need wait no longer."""
        step.left = False
        self.writers.subtract(step.written)
        for other in step.then:
            other.waits -= 1
        return [s for s in step.then if s.left and not s.waits]

    def put_back(self, step: Step) -> None:
        """A step is in no group after all."""
        step.left = True
        self.writers.update(step.written)
        for other in step.then:
            other.waits += 1

    def substitute(self, mapping: Mapping[Value, Value]) -> None:
        """Let steps that are left read other values.

        Those with blocks read them when they are written.
        """
        for old in mapping:
            for step in self.reading(old):
                if not step.node.blocks:
                    step.node = substituted_node(step.node, mapping)
                    made = dict.fromkeys(step.node.outputs, step.node)
                    self.buffers.made.update(made)
