"""What is read after a node: in its block, further out, and in the next iteration.

Takes a graph's body; gives, for each node that may write to memory, the values in sight
of it that are read later: those that have memory, for a write disturbs no others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from srcad.ir.bits import EMPTY, Bits, Values
from srcad.ir.graph import Block, Literal, Node, Value
from srcad.ir.structure import ARMED, LOOPS, loop_of, try_
from srcad.ir.types import Array
from srcad.ir.walk import defined_in
from srcad.passes.buffers import has_memory

# Reads of the shape alone: (operation, position). A write does not disturb them.
SHAPE_ONLY = frozenset(
    [
        ("broadcast_like", 1),
        ("sum_like", 1),
        ("reshape_like", 1),
        ("zeros_like", 0),
        ("ones_like", 0),
        ("zeros_as", 0),
        ("ones_as", 0),
        ("empty_as", 0),
    ]
)
MEASURES = frozenset(["len_of", "dim", "shape_of", "size_of", "ndim_of", "count"])


def reads_elements(node: Node, k: int) -> bool:
    """Whether a node reads more of an input than the shape of an array."""
    name, t = node.op.name, node.inputs[k].type
    return (name, k) not in SHAPE_ONLY and not (
        name in MEASURES and isinstance(t, Array)
    )


@dataclass(frozen=True)
class Live:
    """What is read after each node, and where the node stands.

    after : the values with memory in sight of a write that are read after it.
    writes : whether a node may write.
    bits : what stands for each value in these sets.
    loops : the loops around the node, outermost first.
    order : the nodes in program order.
    """

    writes: Callable[[Node], object]
    bits: Bits = field(default_factory=Bits)
    after: dict[Node, Values] = field(default_factory=dict)
    loops: dict[Node, tuple[Node, ...]] = field(default_factory=dict)
    order: list[Node] = field(default_factory=list)


def live(body: Block, writes: Callable[[Node], object]) -> Live:
    """Scan a graph's body from its end; `writes` tells which nodes may write."""
    found = Live(writes)
    _scan(body, EMPTY, (), found)
    found.order.reverse()
    return found


def _scan(block: Block, later: Values, loops: tuple[Node, ...], found: Live) -> Values:
    """Note what lives after each node; gives what lives before the first.

    later : what is read after the block has run.
    """
    bits = found.bits.bits
    alive = later | bits(_plain(block.results))
    for node in reversed(block.nodes):
        alive &= ~bits(_plain(node.outputs))
        if found.writes(node):
            found.after[node] = alive
        found.loops[node] = loops
        before = bits(_reads(node))
        if node.op in LOOPS:
            before |= _scan_loop(node, alive, loops, found)
        else:
            # The handler of a `try_` runs after any part of its body.
            handler = bits(_reads_of(node.blocks[1])) if node.op is try_ else EMPTY
            for inner in node.blocks:
                rest = handler if inner is node.blocks[0] else EMPTY
                if node.op not in ARMED:
                    rest = bits(_captured(node))
                before |= _scan(inner, alive | rest, loops, found)
        found.order.append(node)
        alive |= before
    return alive & ~bits(block.params)


def _scan_loop(
    node: Node, after: Values, loops: tuple[Node, ...], found: Live
) -> Values:
    """In a loop, what it reads from outside is read again."""
    captured = found.bits.bits(_captured(node))
    again = after | captured | found.bits.bits(_plain(loop_of(node).walked))
    for inner in reversed(node.blocks):
        _scan(inner, again, (*loops, node), found)
    return captured


def _captured(node: Node) -> set[Value]:
    """What the blocks of a node read from above it."""
    found: set[Value] = set()
    for block in node.blocks:
        found |= _reads_of(block)
    return found


def _reads_of(block: Block) -> set[Value]:
    """What a block reads from above it."""
    return _all_reads(block) - defined_in(block)


def _all_reads(block: Block) -> set[Value]:
    found = _plain(block.results)
    for node in block.nodes:
        found |= _reads(node)
        for inner in node.blocks:
            found |= _all_reads(inner)
    return found


def _reads(node: Node) -> set[Value]:
    """What a node itself reads, shapes aside."""
    return {
        v
        for k, v in enumerate(node.inputs)
        if has_memory(v.type) and reads_elements(node, k) and _is_plain(v)
    }


def _plain(values: tuple[Value, ...]) -> set[Value]:
    return {v for v in values if has_memory(v.type) and _is_plain(v)}


def _is_plain(value: Value) -> bool:
    return not isinstance(value, Literal)
