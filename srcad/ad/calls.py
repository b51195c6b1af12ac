"""The adjoint of a call: the callee's forward half and, later, its backward half.

Takes the program; makes, for each callee and each set of active arguments, a graph
(callee, active, "fwd") that gives the results and a residual, and a graph
(callee, active, "bwd") that takes the residual and the cotangents of the results and
gives those of the active arguments. They are known by key before they are made, so a
function may call itself.

An argument of which the callee reads parts (`x[i]`) would get a cotangent that is
almost all zeros. The backward half takes what was gathered for such an argument so far,
as a last parameter, and gives back the new total.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from srcad.ad.accumulate import Gathered, Leaf
from srcad.ad.activity import Activity, Analysis
from srcad.ad.control import Work
from srcad.ad.given import Functions
from srcad.ad.leaves import at, cotangent_type, leaf_name, leaf_types
from srcad.ad.naming import renamed
from srcad.ad.parts import ReadInParts
from srcad.ad.residuals import Kept, block_of, cleaned, scope_of
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Block, Graph, Node, Program, Value
from srcad.ir.reach import reachable
from srcad.ir.types import Residual, Type
from srcad.ir.walk import fresh
from srcad.ops.containers import container_zeros, make_residual, residual_item
from srcad.passes.simplify import rewrite_adjoint

Keys = tuple[Any, Any]


class MakeWork(Protocol):
    """Starts the transform of one graph."""

    def __call__(self, activity: Activity, calls: Calls) -> Work: ...


def as_it_is(node: Node) -> Node:
    """A recomputed call as it stands in the adjoint, with values of its own."""
    params = {k: v for k, v in node.params.items() if k != "recompute"}
    *outputs, residual = node.outputs
    return replace(node, outputs=(*map(fresh, outputs), residual), params=params)


class Calls:
    """The graphs that a transform has made and still has to make."""

    def __init__(self, program: Program, work: MakeWork) -> None:
        self.program = program
        self.work = work
        self.analysis = Analysis(program)
        self.parts = ReadInParts(program)
        self.functions = Functions(program)
        self.graphs: dict[Any, Graph] = {}
        self.residuals: dict[Any, tuple[Type, ...]] = {}
        self.waiting: list[tuple[Any, tuple[int, ...]]] = []
        self.asked: set[tuple[Any, tuple[int, ...]]] = set()

    def adjoint(self, node: Node, scope: Gathered) -> Node:
        """Write the call of the backward half; gives that of the forward half."""
        callee = node.params["callee"]
        active = tuple(k for k, v in enumerate(node.inputs) if scope.activity(v))
        if not active:
            return node
        key = callee, active
        if key not in self.asked:
            self.asked.add(key)
            self.waiting.append(key)
        graph = self.program.graphs[callee]
        varied = self.analysis.varied_results(callee, active)
        cotangents = [
            scope.whole_or_zero(v)
            for v, paths in zip(node.outputs, varied, strict=True)
            if paths
        ]
        called = next((v.name for v in node.outputs if v.name), graph.name)
        residual = Value(f"{called}_residual", Residual(key))
        totals, taken = self.handed(node, active, scope)
        forward = replace(
            node,
            outputs=(*node.outputs, residual),
            params={**node.params, "callee": (callee, active, "fwd")},
        )
        again = "recompute" in node.params
        if again:
            current().add(as_it_is(forward))
        found = current().call(
            (callee, active, "bwd"),
            [residual, *cotangents, *totals],
            [cotangent_type(graph.body.params[k].type) for k in active],
        )
        given = [(k, node.inputs[k], g) for k, g in zip(active, found, strict=True)]
        for k, v, g in given:
            for path in leaf_types(v.type):
                if taken.get((v, path)) == k:
                    total = scope.totals[v, path] = at(g, path)
                    scope.names.give(total, (v, path))
        for k, v, g in given:
            if k not in taken.values():
                scope.add(v, g)
                continue
            for path in leaf_types(v.type):
                if taken.get((v, path)) != k:
                    scope.flow(v, path, at(g, path))
        return node if again else forward

    def handed(
        self, node: Node, active: tuple[int, ...], scope: Gathered
    ) -> tuple[list[Value], dict[Leaf, int]]:
        """The totals that the backward half adds to, and the arguments they are of.

        An argument given twice hands its total over once; the other starts at zero.
        """
        totals: list[Value] = []
        taken: dict[Leaf, int] = {}
        callee = node.params["callee"]
        params = self.program.graphs[callee].body.params
        for k, path in self.parts.of(callee, active):
            v = node.inputs[k]
            same = leaf_types(v.type).keys() == leaf_types(params[k].type).keys()
            if same and (v, path) not in taken and path in scope.activity(v):
                taken[v, path] = k
                totals.append(scope.total(v, path))
            else:
                totals.append(container_zeros(at(v, path)))
        return totals, taken

    def make(self, callee: Any, active: tuple[int, ...]) -> None:
        """Make both halves of a callee."""
        graph = self.program.graphs[callee]
        varied = self.analysis.varied_results(callee, active)
        activity = self.analysis.of(graph, active, varied)
        outs = [v for v, paths in zip(graph.body.results, varied, strict=True) if paths]
        seeds = [Value(f"{v.name or 'out'}_bar", cotangent_type(v.type)) for v in outs]

        def start(scope: Gathered) -> None:
            scope.totals.update(zip(leaves, totals, strict=True))
            for v, seed in zip(outs, seeds, strict=False):
                scope.add(v, seed)

        keys = (callee, active, "fwd"), (callee, active, "bwd")
        leaves = [
            (graph.body.params[k], path) for k, path in self.parts.of(callee, active)
        ]
        totals = [
            Value(leaf_name(v, path, "bar"), cotangent_type(leaf_types(v.type)[path]))
            for v, path in leaves
        ]
        seeds += totals
        self.halves(graph, activity, active, keys, (callee, active), seeds, start)

    def halves(
        self,
        graph: Graph,
        activity: Activity,
        wrt: Sequence[int],
        keys: Keys,
        residual_key: Any,
        seeds: Sequence[Value],
        start: Callable[[Gathered], None],
    ) -> None:
        """Make the forward and the backward half of a graph."""
        body, work = graph.body, self.work(activity, self)
        builder = Builder(rewrite=rewrite_adjoint)
        with builder.active():
            local = scope_of(body.params, body.nodes)
            scope = Gathered(activity, work.names, local)
            start(scope)
            nodes = work.block(body.nodes, scope)
            cotangents = scope.given_out([body.params[k] for k in wrt])
        adjoint = renamed(block_of(builder, cotangents), work.names.apart_from(body))
        residual = Value("residual", Residual(residual_key))
        items: list[Value] = []
        named: dict[Value, str] = {}
        reads = Builder()

        def keep(value: Value) -> Value:
            items.append(value)
            k = len(items) - 1
            with reads.active():
                found = residual_item(residual, k=k, type=value.type)
            if value.name:
                named[found] = value.name
            return found

        kept = Kept(body.params, nodes, work.stable, given=lambda v: None, keep=keep)
        back = kept.resolved(adjoint)
        back = Block((residual, *seeds), (*reads.nodes, *back.nodes), back.results)
        with Builder().active() as forward:
            kept_items = make_residual(*items, key=residual_key)
        whole = Block(
            body.params, (*nodes, *forward.nodes), (*body.results, kept_items)
        )
        back = renamed(back, named)
        fwd, bwd = keys
        self.graphs[fwd] = Graph(
            f"{graph.name}_fwd",
            cleaned(whole, graph.watched),
            graph.source,
            graph.bindings,
            graph.watched,
        )
        self.graphs[bwd] = Graph(f"{graph.name}_bwd", cleaned(back), graph.source)
        self.residuals[residual_key] = tuple(v.type for v in items)

    def finished(self, main: Any, graphs: Mapping[Any, Graph]) -> Program:
        """The program with all halves made, and what nothing calls left out."""
        while self.waiting:
            self.make(*self.waiting.pop())
        made = self.functions
        everything = {**self.program.graphs, **made.graphs, **self.graphs, **graphs}
        residuals = {**self.program.residuals, **made.residuals, **self.residuals}
        reached = reachable(everything, [main, *graphs])
        return Program(main, reached, residuals)
