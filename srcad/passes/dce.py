"""dce: drop what nobody needs.

Takes a graph; gives one without unused pure nodes, unused results of branches, carried
values of loops that feed only themselves, and unused collected lists. A node that could
raise goes too when nothing reads it, except where the exception would be caught;
effects stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from srcad.ir.graph import (
    Block,
    Graph,
    Literal,
    Node,
    Value,
    fact,
    free_values,
    nodes_of,
)
from srcad.ir.structure import (
    ARMED,
    LOOPS,
    Loop,
    arms,
    for_,
    has_effect,
    has_own_effect,
    is_guarded,
    loop_of,
    merged_outputs,
    try_,
    while_,
    with_merged,
)
from srcad.ir.types import Range
from srcad.ir.walk import picked, with_block, with_body, with_parts
from srcad.ops.raising import raising


def dce(graph: Graph) -> Graph:
    """Drop the nodes, results and carried values that nothing reads."""
    if not graph.watched and all_needed(graph.body):
        return graph
    live = _Live(graph.body, graph.watched)
    if live.all():
        return graph
    return with_body(graph, _Sweep(live).block(graph.body))


@fact
def all_needed(block: Block) -> bool:
    """Whether all in a block is surely needed where all its results are.

    Most blocks are cleaned again and again, and have nothing left to drop; a False is
    no more than a doubt.
    """
    needed = set(block.results)
    for node in reversed(block.nodes):
        if node.blocks:
            if not _whole(node, needed) or not all(map(all_needed, node.blocks)):
                return False
            needed.update(*map(free_values, node.blocks))
        elif needed.isdisjoint(node.outputs) and not has_own_effect(node):
            return False
        needed.update(node.inputs)
    return True


def _whole(node: Node, needed: set[Value]) -> bool:
    """Whether nothing of a branch or loop goes, all of its blocks being needed."""
    if node.op in LOOPS:
        loop = loop_of(node)
        given = node.outputs if not (loop.final or loop.lists) else node.outputs[:-1]
        read = free_values(Block((), loop.body.nodes, loop.body.results))
        if len(loop.items) > 1 and not all(v in read for v in loop.items):
            return False
        return needed.issuperset(given)
    if node.op not in ARMED or is_guarded(node):
        return False
    return needed.issuperset(node.outputs) and (bool(node.outputs) or has_effect(node))


class _Live:
    """The values and nodes that the results or an effect need, by a worklist."""

    def __init__(self, body: Block, watched: bool) -> None:
        self.values: set[Value] = set()
        self.nodes: set[Node] = set()
        self.work: list[Value] = []
        # For a value: the node that made it, or the loop whose parameter it is.
        self.maker: dict[Value, Node] = {}
        self.feeds: dict[Value, tuple[Value, ...]] = {}  # of loops
        self.every = list(nodes_of(body))
        for node in self.every:
            if node.op in LOOPS:
                self.feeds.update(_feeds(node))
            for v in node.outputs:
                self.maker[v] = node
            for inner in node.blocks:
                self.maker.update(dict.fromkeys(inner.params, node))
        for node in (*pinned(body), *(raising(body) if watched else ())):
            self.need_node(node)
        self.need(body.results)
        self.run()
        # What a loop walks only for the number of rounds is known when all else is.
        # Such a walk may need the list of another loop, so it is asked until it holds.
        asked: set[Node] = set()
        while loops := [n for n in self.nodes if n.op is for_ and n not in asked]:
            asked.update(loops)
            for loop in map(loop_of, loops):
                if self.values.isdisjoint(loop.items):
                    self.need(picked(loop.walked, _cheapest(loop.walked)))
            self.run()

    def all(self) -> bool:
        """Whether nothing is to be dropped: every loop keeps its count."""
        unread = self.maker.keys() - self.values
        unread.difference_update(n.outputs[-1] for n in self.every if n.op in LOOPS)
        return not unread and self.nodes.issuperset(self.every)

    def run(self) -> None:
        while self.work:
            self.follow(self.work.pop())

    def need(self, values: Sequence[Value]) -> None:
        for v in values:
            if v not in self.values and not isinstance(v, Literal):
                self.values.add(v)
                self.work.append(v)

    def need_node(self, node: Node) -> None:
        """What a node needs to run at all, whichever results are read."""
        if node in self.nodes:
            return
        self.nodes.add(node)
        if not node.blocks:
            self.need(node.inputs)
            return
        if node.op in LOOPS:
            loop = loop_of(node)
            if loop.stop:
                self.need(loop.carried[:1])
            if node.op is while_:
                self.need(node.blocks[0].results)
            return
        self.need(node.inputs)
        if node.op is try_:
            self.need(node.outputs[-1:])
        if is_guarded(node):
            for inner_node in raising(node.blocks[0]):
                self.need_node(inner_node)
        elif node.op not in ARMED:
            for inner in node.blocks:
                self.need_all(inner)

    def need_all(self, block: Block) -> None:
        """Everything in a block whose layout is not known here."""
        self.need(block.params)
        self.need(block.results)
        for node in block.nodes:
            self.need_node(node)
            self.need(node.outputs)

    def follow(self, value: Value) -> None:
        node = self.maker.get(value)
        if node is None:
            return
        self.need_node(node)
        if not node.blocks:
            return
        if node.op in ARMED:
            pairs = [pair for _, given in arms(node) for pair in given]
            self.need([result for out, result in pairs if out is value])
        elif node.op in LOOPS:
            self.need(self.feeds[value])


def _feeds(node: Node) -> dict[Value, tuple[Value, ...]]:
    """For what a loop gives its rounds and gives out, the values that it comes from."""
    loop = loop_of(node)
    found: dict[Value, tuple[Value, ...]] = {loop.count: ()}
    pairs = [*zip(loop.items, loop.walked, strict=True)]
    pairs += zip(loop.lists, loop.collected, strict=True)
    found.update((v, (source,)) for v, source in pairs)
    groups = [loop.carried, loop.final]
    if node.op is while_:
        groups.append(node.blocks[0].params)
    for group in groups:
        sources = zip(loop.initial, loop.carried_next, strict=True)
        found.update(zip(group, sources, strict=True))
    return found


def pinned(block: Block) -> list[Node]:
    """The nodes that run whatever is read: effects, and what holds them."""
    found: list[Node] = []
    for node in block.nodes:
        if has_effect(node):
            found += [node, *(n for inner in node.blocks for n in pinned(inner))]
    return found


class _Sweep:
    """Rebuild a block with what lives."""

    def __init__(self, live: _Live) -> None:
        self.live = live

    def alive(self, value: Value) -> bool:
        return value in self.live.values

    def block(self, block: Block) -> Block:
        nodes = [self.node(node) for node in block.nodes if node in self.live.nodes]
        return with_block(block, nodes)

    def node(self, node: Node) -> Node:
        if not node.blocks:
            return node
        if node.op in ARMED:
            return self.branch(node)
        if node.op in LOOPS:
            return self.loop(node)
        return with_parts(node, blocks=[self.block(b) for b in node.blocks])

    def branch(self, node: Node) -> Node:
        outputs = merged_outputs(node)
        keep = [k for k, v in enumerate(outputs) if self.alive(v)]
        blocks = []
        for inner in node.blocks:
            block = self.block(inner)
            blocks.append(with_block(block, None, picked(block.results, keep)))
        return with_parts(node, None, blocks, with_merged(node, picked(outputs, keep)))

    def loop(self, node: Node) -> Node:
        loop = loop_of(node)
        walked, n = len(loop.walked), len(loop.initial)
        slots = [k for k in range(n) if self.slot_alive(node, loop, k)]
        lists = [k for k, v in enumerate(loop.lists) if self.alive(v)]
        walks = self.walks(node)
        body = self.block(loop.body)
        body = with_block(
            body,
            None,
            [*picked(loop.carried_next, slots), *picked(loop.collected, lists)],
            [*picked(loop.items, walks), *picked(loop.carried, slots)],
        )
        blocks = [body]
        if node.op is while_:
            test = self.block(node.blocks[0])
            blocks.insert(0, with_block(test, None, None, picked(test.params, slots)))
        changed = with_parts(
            node,
            [*picked(loop.walked, walks), *picked(loop.initial, slots)],
            blocks,
            [*picked(loop.final, slots), *picked(loop.lists, lists), loop.count],
        )
        if len(walks) != walked:
            changed = replace(changed, params={**node.params, "walked": len(walks)})
        return changed

    def slot_alive(self, node: Node, loop: Loop, k: int) -> bool:
        tested = node.op is while_ and self.alive(node.blocks[0].params[k])
        return tested or self.alive(loop.final[k]) or self.alive(loop.carried[k])

    def walks(self, node: Node) -> list[int]:
        """What is still walked; one of them at least, to give the number of rounds."""
        loop = loop_of(node)
        keep = [k for k, v in enumerate(loop.items) if self.alive(v)]
        return keep or _cheapest(loop.walked)


def _cheapest(walked: Sequence[Value]) -> list[int]:
    ranges = [k for k, v in enumerate(walked) if isinstance(v.type, Range)]
    return (ranges or list(range(len(walked))))[:1]
