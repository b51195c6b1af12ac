"""Which lists that loops keep could be one array: lists of lists, and of arrays.

Takes a graph; gives for a loop its `Store`s: chains of loops, each of which keeps the
list of the next, where nobody but loops walks the lists.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from srcad.ir.graph import UNDEFINED, Graph, Node, Value, is_literal, nodes_of
from srcad.ir.structure import for_, if_, loop_of
from srcad.ir.types import Array, List, Scalar, unwrapped
from srcad.ir.walk import uses


def number_of(value: Value, makers: Mapping[Value, Node]) -> Scalar | None:
    """The type of the number that a value is, or on some ways through branches is.

    On the others it is undefined, and never read: any number may stand for it. None may
    not, so where the user's code gives that, there is no such type.
    """
    if isinstance(value.type, Scalar):
        return value.type
    node, t = makers.get(value), unwrapped(value.type)
    if node is None or node.op is not if_ or not isinstance(t, Scalar):
        return None
    k = node.outputs.index(value)
    results = [block.results[k] for block in node.blocks]
    known = (is_literal(v, UNDEFINED) or number_of(v, makers) for v in results)
    return t if all(known) else None


def is_array(value: Value, makers: Mapping[Value, Node]) -> bool:
    """Whether a value is an array on all ways: its type may not say that it is not."""
    if is_literal(value, UNDEFINED) or not isinstance(value.type, Array):
        return False
    node = makers.get(value)
    if node is None or node.op is not if_:
        return True
    k = node.outputs.index(value)
    return all(is_array(block.results[k], makers) for block in node.blocks)


@dataclass(eq=False)
class Store:
    """One array, for a list that loops keep.

    loops : those that write to it, the outermost first.
    lists : what each of them keeps: the whole, then its entries.
    leaf : what the innermost keeps.
    counts : for each loop, its rounds.
    array : the array as it is where the graph is being written.
    index : the place that is being written, an entry for each loop entered.
    """

    loops: list[Node]
    lists: list[Value]
    leaf: Value
    counts: list[Value] = field(default_factory=list)
    index: tuple[Value, ...] = ()
    array: Value = field(init=False)


class KeptLists:
    """The lists that loops of a graph keep.

    also : loops whose lists of numbers count, without a loop around.
    makers : the node that made each value.
    """

    def __init__(self, graph: Graph, also: Collection[Node] = ()) -> None:
        self.also = also
        self.makers = {v: n for n in nodes_of(graph.body) for v in n.outputs}
        self.count = uses(graph.body)
        self.users: dict[Value, list[Node]] = {}
        for node in nodes_of(graph.body):
            for v in dict.fromkeys(node.inputs):
                self.users.setdefault(v, []).append(node)

    def stores(self, node: Node) -> Iterator[Store]:
        """The lists of a loop that could be arrays, if their lengths are known."""
        for whole in loop_of(node).lists:
            store = self.chain(whole, node)
            if store is not None and self.is_walked(whole, len(store.loops)):
                yield store

    def chain(self, whole: Value, node: Node) -> Store | None:
        """The loops behind a list, if each keeps the list of the next."""
        loops: list[Node] = []
        lists = [whole]
        while True:
            loop = loop_of(node)
            if node.op is not for_ or loop.stop:
                return None
            loops.append(node)
            value = loop.collected[loop.lists.index(lists[-1])]
            if not isinstance(value.type, List):
                break
            maker = self.makers.get(value)
            if maker is None or maker not in loop.body.nodes or self.count[value] != 1:
                return None
            if maker.op is not for_ or value not in loop_of(maker).lists:
                return None
            node = maker
            lists.append(value)
        known = is_array(value, self.makers)
        if len(loops) > 1 or loops[0] in self.also:
            known = known or number_of(value, self.makers) is not None
        return Store(loops, lists, value) if known else None

    def is_walked(self, entries: Value, depth: int) -> bool:
        """Whether a list is only walked, and so are its entries down to a depth."""
        walks = 0
        for node in self.users.get(entries, []):
            if node.op is not for_:
                return False
            loop = loop_of(node)
            items = [
                item
                for item, walked in zip(loop.items, loop.walked, strict=True)
                if walked is entries
            ]
            walks += len(items)
            if depth > 1 and not all(self.is_walked(v, depth - 1) for v in items):
                return False
        return self.count[entries] == walks
