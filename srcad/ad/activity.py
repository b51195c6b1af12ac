"""Activity: which values depend on a differentiated argument and reach a result.

Takes a program, a graph and the positions of the active arguments; gives, for each
value, the leaves that are *varied* and those that are *useful*. Only leaves that are
both get cotangents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from srcad.ad.leaves import (
    NOWHERE,
    Path,
    Paths,
    inexact_paths,
    key_of,
    projected,
)
from srcad.ir.graph import (
    Block,
    Graph,
    Literal,
    Node,
    Program,
    Value,
    fact,
    free_values,
)
from srcad.ir.structure import ARMED, LOOPS, arms, call, loop_of
from srcad.ops.containers import item, make_dict, make_tuple
from srcad.ops.declare import Op
from srcad.ops.solvers import SOLVERS

Key = tuple[Any, tuple[int, ...]]
Places = Mapping[Value, Sequence[int]]
Feeds = Mapping[Value, Sequence[Value]]


def has_rule(node: Node) -> bool:
    """Whether a derivative passes through the operation of a node."""
    op = node.op
    if isinstance(op, Op):
        return op.vjp is not None or op.jvp is not None or op in SOLVERS
    return False


def _may_pass(node: Node) -> bool:
    """Whether a derivative may pass from any input to any output of a node."""
    return node.op is call or has_rule(node)


def keys_of(node: Node) -> Sequence[Any]:
    """Where each input of a `make_tuple` or `make_dict` goes."""
    if node.op is make_dict:
        keys: Sequence[Any] = node.params["keys"]
        return keys
    return range(len(node.inputs))


def under(paths: Iterable[Path], key: Any) -> Paths:
    """The paths below one entry of a container."""
    return frozenset(p[1:] for p in paths if p and p[0] == key)


class Analysis:
    """What is known of a program's graphs, by (callee, active arguments)."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.memo: dict[Key, tuple[Paths, ...]] = {}
        self.open: set[Key] = set()  # those being answered
        self.provisional: set[Key] = set()  # open ones whose answer so far was used

    def varied_results(self, callee: Any, active: tuple[int, ...]) -> tuple[Paths, ...]:
        """Which leaves of a graph's results depend on some of its arguments."""
        key = callee, active
        if key in self.memo:
            if key in self.open:
                self.provisional.add(key)
            return self.memo[key]
        graph = self.program.graphs[callee]
        self.memo[key] = (NOWHERE,) * len(graph.body.results)
        self.open.add(key)
        while True:
            before = set(self.memo)
            found = Varied(self, graph.body, active).results(graph.body)
            if key not in self.provisional or found == self.memo[key]:
                break
            # What others found meanwhile may rest on the older, smaller answer.
            for other in set(self.memo) - before:
                del self.memo[other]
            self.memo[key] = found
        self.open.remove(key)
        self.memo[key] = found
        return found

    def of(
        self, graph: Graph, active: tuple[int, ...], wanted: Sequence[Paths]
    ) -> Activity:
        """Varied and useful leaves of a graph.

        wanted : for each result, the leaves that matter.
        """
        varied = Varied(self, graph.body, active)
        useful = Useful(self, graph.body, wanted)
        return Activity(varied.paths, useful.paths)


class Activity:
    """Which leaves of the values of one graph are active."""

    def __init__(self, varied: dict[Value, Paths], useful: dict[Value, Paths]) -> None:
        self.paths = {
            v: both
            for v, paths in varied.items()
            if (both := paths & useful.get(v, NOWHERE))
        }

    def __call__(self, value: Value) -> Paths:
        return self.paths.get(value, NOWHERE)


class _Spread:
    """Paths per value, growing until nothing changes."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.paths: dict[Value, Paths] = {}
        self.news: list[Value] = []  # the values that got paths, in order

    def get(self, value: Value) -> Paths:
        return self.paths.get(value, NOWHERE)

    def put(self, value: Value, paths: Paths) -> None:
        if isinstance(value, Literal) or not paths:
            return
        old = self.get(value)
        if not paths <= old:
            self.paths[value] = old | paths
            self.news.append(value)

    def put_all(self, value: Value) -> None:
        self.put(value, inexact_paths(value.type))

    def flow(self, source: Value, target: Value) -> None:
        """What holds for one value holds for the other."""
        self.put(target, projected(self.get(source), source.type, target.type))

    def node(self, node: Node) -> None:
        """Spread through one node."""
        raise NotImplementedError

    def settle(
        self, start: int, nodes: Sequence[Node], which: Places, feeds: Feeds
    ) -> None:
        """Follow what is new until nothing changes, nodes that it concerns only.

        start : from where on `news` was not followed.
        nodes : those of a loop's body, in the order to take them.
        which : for a value, the places among the nodes of those that it concerns.
        feeds : for a value, what the next round knows it as, or the one before.
        """
        while start < len(self.news):
            fresh, start = self.news[start:], len(self.news)
            for v in fresh:
                for target in feeds.get(v, ()):
                    self.flow(v, target)
            for k in sorted({k for v in fresh for k in which.get(v, ())}):
                self.node(nodes[k])


@fact
def _readers(block: Block) -> Places:
    """For each value the places of the nodes that read it, also in their blocks."""
    found: dict[Value, list[int]] = {}
    for k, node in enumerate(block.nodes):
        inside = (v for b in node.blocks for v in free_values(b))
        for v in dict.fromkeys((*node.inputs, *inside)):
            found.setdefault(v, []).append(k)
    return found


@fact
def _makers(block: Block) -> Places:
    """For each value the place of the node that makes it, counted from the end."""
    nodes = enumerate(reversed(block.nodes))
    return {v: [k] for k, node in nodes for v in node.outputs}


class Varied(_Spread):
    """Forward: from the active arguments on."""

    def __init__(
        self, analysis: Analysis, body: Block, active: tuple[int, ...]
    ) -> None:
        super().__init__(analysis)
        for k in active:
            self.put_all(body.params[k])
        self.block(body)

    def results(self, block: Block) -> tuple[Paths, ...]:
        return tuple(map(self.get, block.results))

    def block(self, block: Block) -> None:
        for node in block.nodes:
            self.node(node)

    def node(self, node: Node) -> None:
        if node.op in ARMED:
            for block, pairs in arms(node):
                if any(self.get(v) for v in node.inputs):
                    for given in block.params:  # what a context manager gives
                        self.put_all(given)
                self.block(block)
                for target, source in pairs:
                    self.flow(source, target)
        elif node.op in LOOPS:
            self.loop(node)
        elif node.op is call and "rule" not in node.params:
            active = tuple(k for k, v in enumerate(node.inputs) if self.get(v))
            found = self.analysis.varied_results(node.params["callee"], active)
            for paths, out in zip(found, node.outputs, strict=True):
                self.put(out, paths & inexact_paths(out.type))
        elif node.op in (make_tuple, make_dict):
            for key, v in zip(keys_of(node), node.inputs, strict=True):
                self.put(node.out, frozenset((key, *p) for p in self.get(v)))
        elif node.op is item:
            self.item(node)
        elif _may_pass(node) and any(self.get(v) for v in node.inputs):
            for out in node.outputs:
                self.put_all(out)

    def item(self, node: Node) -> None:
        paths = self.get(node.inputs[0])
        if () in paths:
            self.put_all(node.out)
        self.put(node.out, under(paths, key_of(node)))

    def loop(self, node: Node) -> None:
        loop = loop_of(node)
        for walked, entry in zip(loop.walked, loop.items, strict=True):
            if self.get(walked):
                self.put_all(entry)
        for first, carried in zip(loop.initial, loop.carried, strict=True):
            self.flow(first, carried)
        self.block(loop.body)
        start = len(self.news)
        feeds: dict[Value, list[Value]] = {}
        for after, carried in zip(loop.carried_next, loop.carried, strict=True):
            feeds.setdefault(after, []).append(carried)
            self.flow(after, carried)
        if len(self.news) > start:
            self.settle(start, loop.body.nodes, _readers(loop.body), feeds)
        for carried, final in zip(loop.carried, loop.final, strict=True):
            self.flow(carried, final)
        for v, collected in zip(loop.collected, loop.lists, strict=True):
            if self.get(v):
                self.put_all(collected)


class Useful(_Spread):
    """Backward: from the results that matter."""

    def __init__(
        self, analysis: Analysis, body: Block, wanted: Sequence[Paths]
    ) -> None:
        super().__init__(analysis)
        for v, paths in zip(body.results, wanted, strict=True):
            self.put(v, paths & inexact_paths(v.type))
        self.block(body)

    def block(self, block: Block) -> None:
        for node in reversed(block.nodes):
            self.node(node)

    def node(self, node: Node) -> None:
        if not any(self.get(v) for v in node.outputs):
            return
        if node.op in ARMED:
            for block, pairs in arms(node):
                for out, v in pairs:
                    self.flow(out, v)
                self.block(block)
                if any(self.get(v) for v in block.params):
                    for v in node.inputs:
                        self.put_all(v)
        elif node.op in LOOPS:
            self.loop(node)
        elif node.op is call and "rule" not in node.params:
            self.call(node)
        elif node.op in (make_tuple, make_dict):
            for key, v in zip(keys_of(node), node.inputs, strict=True):
                self.put(v, under(self.get(node.out), key))
        elif node.op is item:
            self.item(node)
        elif _may_pass(node):
            for v in node.inputs:
                self.put_all(v)

    def item(self, node: Node) -> None:
        (whole,) = node.inputs
        inexact, key = inexact_paths(whole.type), key_of(node)
        if () in inexact:
            self.put_all(whole)
        paths = frozenset((key, *p) for p in self.get(node.out))
        self.put(whole, paths & inexact)

    def call(self, node: Node) -> None:
        wanted = [self.get(v) for v in node.outputs]
        for k, v in enumerate(node.inputs):
            reached = self.analysis.varied_results(node.params["callee"], (k,))
            if any(a & b for a, b in zip(reached, wanted, strict=True)):
                self.put_all(v)

    def loop(self, node: Node) -> None:
        loop = loop_of(node)
        for collected, v in zip(loop.lists, loop.collected, strict=True):
            if self.get(collected):
                self.put_all(v)
        pairs = [*zip(loop.carried, loop.carried_next, strict=True)]
        for final, (carried, after) in zip(loop.final, pairs, strict=True):
            self.flow(final, carried)
            self.flow(carried, after)
        self.block(loop.body)
        start = len(self.news)
        for carried, after in pairs:
            self.flow(carried, after)
        if len(self.news) > start:
            feeds = {carried: [after] for carried, after in pairs}
            backwards = loop.body.nodes[::-1]
            self.settle(start, backwards, _makers(loop.body), feeds)
        for carried, first in zip(loop.carried, loop.initial, strict=True):
            self.flow(carried, first)
        for entry, walked in zip(loop.items, loop.walked, strict=True):
            if self.get(entry):
                self.put_all(walked)
