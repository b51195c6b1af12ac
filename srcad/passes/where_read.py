"""where_read: elements of a temporary are computed where they are read.

Takes a finished graph; gives one in which

    total = y + h * k
    for i in range(1, n):          ->      for i in range(1, n):
        part = total[i - 1]                    part = y[i - 1] + h * k[i - 1]

so the array is never made. Three things are proved of each such array:

    the same element   what it is computed from has its lengths, so an index means the
                       same there (a negative one too), or has one element along an axis
    the same numbers   from the array to its reader, in all rounds of the loops between
                       the two, nothing writes to what it is computed from
    no more work       one place reads it, at another index in each round of each of
                       those loops, and the operations are as light alone; of two
                       operands, two places may read it: the array is written and read
                       no more

Only for the Numba dialect: Python computes whole arrays much faster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from srcad.ir.builder import Builder
from srcad.ir.graph import Block, Graph, Literal, Node, Value, literal, nodes_of
from srcad.ir.sizes import same_length
from srcad.ir.structure import for_, has_own_effect, if_, loop_of
from srcad.ir.types import Array, Range, Scalar, dims_of
from srcad.ir.walk import defined_in, definitions, rebuilt, with_body, with_parts
from srcad.ops.arithmetic import add, multiply, subtract
from srcad.ops.index import getitem
from srcad.ops.raising import raising, watched
from srcad.passes.buffers import HARMLESS, Buffers, Summary
from srcad.passes.dce import dce
from srcad.passes.fuse_members import MAPS, member_of
from srcad.passes.fuse_nest import element_type
from srcad.passes.liveness import reads_elements

# Of what loops over elements can do, the operations that are no faster on arrays.
LIGHT = frozenset(
    """add subtract multiply divide negative positive square maximum minimum
    abs_""".split()  # noqa: SIM905
)
READS = 2  # so often at most an element is computed, and so many arrays are read then
PASSED = ("keep", "constant")  # of the parameters, what numbers know
Index = tuple[Value, ...]


def where_read(graph: Graph, summaries: Mapping[Any, Summary]) -> Graph:
    """Compute elements of temporaries where loops read them.

    summaries : what is known of the memory of callees.
    """
    nodes = [node for node in nodes_of(graph.body) if is_temporary(node)]
    if not nodes:
        return graph
    kept = set(raising(graph.body) if graph.watched else watched(graph.body))
    found = _Temporaries(graph, summaries)
    for node in reversed(nodes):  # so that a reader comes before what it reads
        if node not in kept:
            found.take(node)
    found.settle()
    if not found.sites:
        return graph
    return dce(with_body(graph, rebuilt(graph.body, found.changed)))


def is_temporary(node: Node) -> bool:
    """Whether a node makes an array whose elements could be computed alone."""
    t = node.out.type if len(node.outputs) == 1 else None
    if not isinstance(t, Array) or node.op.name not in LIGHT or t.dtype != "float64":
        return False
    if node.params.get("inplace") or member_of(node, {}) is None:
        return False
    arrays = [v.type.dims for v in node.inputs if isinstance(v.type, Array)]
    rest = [dims[::-1] for dims in arrays]
    for k, length in enumerate(reversed(t.dims)):
        column = [dims[k] for dims in rest if k < len(dims)]
        fit = [same_length(d, length) for d in column]
        if not any(fit) or not all(
            f or d == 1 for f, d in zip(fit, column, strict=True)
        ):
            return False
    return True


@dataclass(frozen=True)
class _Site:
    """A place where one element of a temporary is read.

    node : the `getitem`. index : that of the element in the temporary.
    """

    node: Node
    index: Index


class _Temporaries:
    """Those of a graph that need not be made.

    sites : where they are read.
    read : for a `getitem`, the temporary that it reads.
    """

    def __init__(self, graph: Graph, summaries: Mapping[Any, Summary]) -> None:
        self.buffers = Buffers(graph, summaries=summaries)
        self.makers = definitions(graph.body)
        self.homes: dict[Node, Block] = {}
        self.holders: dict[Block, Node] = {}
        self.readers: dict[Value, list[Node]] = {}
        self.given: set[Value] = set()
        self.note(graph.body)
        self.sites: dict[Value, list[_Site]] = {}
        self.read: dict[Node, Value] = {}

    def note(self, block: Block) -> None:
        """Note where nodes stand, and who reads what."""
        self.given.update(block.results)
        for node in block.nodes:
            self.homes[node] = block
            for v in dict.fromkeys(node.inputs):
                if isinstance(v.type, Array):
                    self.readers.setdefault(v, []).append(node)
            for inner in node.blocks:
                self.holders[inner] = node
                self.note(inner)

    # ---- the proof -------------------------------------------------------------------

    def take(self, node: Node) -> None:
        """Note where a temporary is read, if it need not be made."""
        x = node.out
        sites = [] if x in self.given else self.sites_of(x)
        arrays = sum(isinstance(v.type, Array) for v in node.inputs)
        if not sites or len(sites) > (READS if arrays <= READS else 1):
            return
        if not all(self.is_same_at(node, site) for site in sites):
            return
        measures = [n for n in self.readers[x] if _measures(n, x)]
        if measures:
            like = _like(node)
            if like is None or any(len(n.inputs) > 1 for n in measures):
                return
            self.readers[like] += measures
        self.sites[x] = sites
        direct = [n for n in self.readers[x] if n.op is getitem]
        self.read.update(dict.fromkeys(direct, x))

    def sites_of(self, x: Value) -> list[_Site]:
        """Where elements of an array are read; none, if more than that is read."""
        found = []
        for node in self.readers.get(x, ()):
            if node.op is getitem:
                if not _is_element(node, x):
                    return []
                found.append(_Site(node, node.inputs[1:]))
            elif not _measures(node, x):
                whole = node.outputs[0] if node.outputs else None
                if whole not in self.sites:
                    return []
                for site in self.sites[whole]:
                    found.append(_Site(site.node, _index(x, whole, site.index)))
        return found

    def is_same_at(self, node: Node, site: _Site) -> bool:
        """Whether a node's elements are the same numbers, and no more, at a site."""
        path = self.path(node, site.node)
        if path is None or not self.is_untouched(node, path):
            return False
        return self.is_read_once(site, path[:-1])

    def settle(self) -> None:
        """Let go of those for which an array would be made that now is not."""
        again = True
        while again:
            again = False
            for x in list(self.sites):
                if x in self.sites and any(map(self.is_lone, self.makers[x].inputs)):
                    self.drop(x)
                    again = True

    def is_lone(self, x: Value) -> bool:
        """Whether an array is part of one expression if what reads it is an array."""
        node = self.makers.get(x)
        if node is None or x in self.sites or not isinstance(x.type, Array):
            return False
        if node.op.name not in MAPS or node.params.get("inplace"):
            return False
        readers = [n for n in self.readers[x] if not _measures(n, x)]
        if len(readers) > 1 or x in self.given:
            return False
        return self.homes[node] is self.homes[readers[0]]

    def drop(self, x: Value) -> None:
        """Let a temporary be made after all, from arrays."""
        del self.sites[x]
        self.read = {node: v for node, v in self.read.items() if v is not x}
        for v in dict.fromkeys(self.makers[x].inputs):
            if v in self.sites:
                self.drop(v)

    def path(self, node: Node, reader: Node) -> list[Node] | None:
        """The reader and the loops and branches around it in a node's block.

        None where another kind of node is among these.
        """
        found, home = [reader], self.homes[node]
        while self.homes[found[-1]] is not home:
            holder = self.holders.get(self.homes[found[-1]])
            if holder is None or holder.op not in (for_, if_):
                return None
            found.append(holder)
        return found[::-1]

    def is_untouched(self, node: Node, path: Sequence[Node]) -> bool:
        """Whether what a node reads stays as it is until the end of the path."""
        nodes = self.homes[node].nodes
        read = {p for v in node.inputs for p in self.buffers.reach(v)}
        between = nodes[nodes.index(node) + 1 : nodes.index(path[0]) + 1]
        return not any(
            _stirs(n) or not read.isdisjoint(self.buffers.written(n)) for n in between
        )

    def is_read_once(self, site: _Site, around: Sequence[Node]) -> bool:
        """Whether the index is another one in each round of the loops around."""
        loops = [node for node in around if node.op is for_]
        inside = {v for node in loops[:1] for v in defined_in(node.blocks[0])}
        moving = {self.counter(v, inside) for v in site.index}
        return all(
            any(
                item in moving and isinstance(walked.type, Range)
                for item, walked in zip(loop.items, loop.walked, strict=True)
            )
            for loop in map(loop_of, loops)
        )

    def counter(self, value: Value, inside: set[Value]) -> Value:
        """What an index follows one to one, where `inside` are the values that move."""
        node = self.makers.get(value)
        while node is not None and node.op in (add, subtract, multiply):
            moving = [v for v in node.inputs if v in inside]
            fixed = [v for v in node.inputs if v not in inside]
            if len(moving) != 1 or (node.op is multiply and not _is_factor(fixed[0])):
                break
            (value,) = moving
            node = self.makers.get(value)
        return value

    # ---- the graph anew --------------------------------------------------------------

    def changed(self, node: Node) -> list[Node]:
        """A node, or those that compute what it reads of a temporary."""
        if node in self.read:
            builder = Builder()
            with builder.at(node.span):
                self.element(self.read[node], node.inputs[1:], builder, node.outputs)
            return builder.nodes
        while node.inputs and node.inputs[0] in self.sites:
            like = _like(self.makers[node.inputs[0]])
            if like is None or not _measures(node, node.inputs[0]):
                break
            node = with_parts(node, (like,))
        return [node]

    def element(
        self, x: Value, index: Index, builder: Builder, outputs: Sequence[Value] = ()
    ) -> Value:
        """Write what computes an element; gives the number."""
        if not isinstance(x.type, Array):
            return x
        outputs = tuple(outputs) or (Value("", element_type(x)),)
        if x in self.sites:
            node = self.makers[x]
            pairs = [(v, _index(v, x, index)) for v in node.inputs]
            inputs = [self.element(v, at, builder) for v, at in pairs]
            params = {k: v for k, v in node.params.items() if k in PASSED}
            made = Node(node.op, tuple(inputs), outputs, params, (), builder.span)
        else:
            at = [self.again(v, builder) for v in index]
            params = {"layout": ("at",) * len(at)}
            made = Node(getitem, (x, *at), outputs, params, (), builder.span)
        return builder.add(made).out

    def again(self, value: Value, builder: Builder) -> Value:
        """An index like `i - 1`, for this element alone: it is printed in its place."""
        node = self.makers.get(value)
        if node is None or node.op not in (add, subtract) or value.name:
            return value
        return builder.emit(node.op, node.inputs, (value.type,), node.params)[0]


def _index(x: Value, whole: Value, index: Index) -> Index:
    """The index of the element of x that goes into the one of the whole."""
    dims, lengths = dims_of(x.type) or (), dims_of(whole.type) or ()
    skipped = len(lengths) - len(dims)
    return tuple(
        i if same_length(d, length) else literal(0)
        for d, length, i in zip(dims, lengths[skipped:], index[skipped:], strict=True)
    )


def _is_element(node: Node, x: Value) -> bool:
    """Whether a node reads one element of an array."""
    array, *index = node.inputs
    layout = node.params["layout"]
    rank = len(dims_of(x.type) or ())
    return (
        array is x
        and layout == ("at",) * rank
        and all(isinstance(v.type, Scalar) and v.type.kind == "int" for v in index)
    )


def _is_factor(value: Value) -> bool:
    return isinstance(value, Literal) and type(value.value) is int and value.value != 0


def _measures(node: Node, x: Value) -> bool:
    """Whether a node reads no more than the lengths of an array."""
    return not any(
        v is x and reads_elements(node, k) for k, v in enumerate(node.inputs)
    )


def _like(node: Node) -> Value | None:
    """Of the arrays that a node reads, one of the lengths and the dtype of its result.

    In two dimensions the order in memory may be another one.
    """
    t = node.out.type
    assert isinstance(t, Array)
    found = (v for v in node.inputs if len(t.dims) == 1 and v.type == t)
    return next(found, None)


def _stirs(node: Node) -> bool:
    """Whether a node holds an effect that may change what others read."""
    if has_own_effect(node) and node.op.name not in HARMLESS:
        return True
    return any(_stirs(n) for block in node.blocks for n in block.nodes)
