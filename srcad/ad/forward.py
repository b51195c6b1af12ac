"""Forward mode: program -> program that gives the result and its tangent.

Takes a program and the positions of the arguments that get a tangent. The primal's
nodes stay; after each come those of its tangent. Branches give tangents out, loops
carry and collect them, and a call becomes one of the graph (callee, active, "jvp").
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from srcad.ad.activity import Activity, Analysis, keys_of
from srcad.ad.given import MODES, RULES, Functions, ask_tangents
from srcad.ad.leaves import (
    Path,
    at,
    entries,
    inexact_paths,
    key_of,
    leaf_name,
    leaf_types,
)
from srcad.ad.managers import is_strict, silent, without_rule
from srcad.ad.naming import renamed
from srcad.ad.residuals import cleaned
from srcad.ad.reverse import Reverse
from srcad.ad.ruled import check, rule_of, tangent_of_call
from srcad.ad.tangents import Tangents
from srcad.errors import MissingRule, SrcadError
from srcad.ir.builder import Builder, current
from srcad.ir.graph import (
    Block,
    Graph,
    Node,
    Program,
    Value,
)
from srcad.ir.joining import join
from srcad.ir.reach import reachable
from srcad.ir.structure import (
    ARMED,
    LOOPS,
    Rule,
    call,
    loop_of,
    merged_outputs,
    while_,
    with_,
    with_merged,
)
from srcad.ir.types import List, Type, Unknown
from srcad.ir.walk import fresh, with_block
from srcad.ops.containers import cotangent_type as tangent_type
from srcad.ops.containers import item, make_dict, make_tuple
from srcad.ops.declare import Op
from srcad.passes.simplify import rewrite_adjoint


class Forward(Tangents):
    """Writes one graph with its tangents into the builder in use."""

    def __init__(self, activity: Activity, calls: _Calls) -> None:
        super().__init__(activity)
        self.calls = calls
        self.strict = False  # whether a warning is an error here

    def nodes(self, nodes: Sequence[Node]) -> None:
        """Write nodes, each followed by its tangents."""
        for node in nodes:
            with current().at(node.span):
                self.node(node)

    def node(self, node: Node) -> None:
        """Write one node and its tangents."""
        if node.op in ARMED:
            self.branch(node)
        elif node.op in LOOPS:
            self.loop(node)
        elif node.op is call:
            self.call(node)
        else:
            current().add(node)
            if node.op in (make_tuple, make_dict):
                self.built(node)
            elif node.op is item and entries(node.inputs[0].type) is not None:
                (whole,), key = node.inputs, key_of(node)
                for path in leaf_types(node.out.type):
                    self.give(node.out, path, self.tangents.get((whole, (key, *path))))
            elif any(map(self.activity, node.outputs)):
                self.rule(node)

    def built(self, node: Node) -> None:
        """The leaves of a new container are those of its entries."""
        for key, v in zip(keys_of(node), node.inputs, strict=True):
            for path in leaf_types(v.type):
                self.give(node.out, (key, *path), self.tangents.get((v, path)))

    def rule(self, node: Node) -> None:
        """Ask the operation's rule."""
        op = node.op
        tangents = [self.whole(v) for v in node.inputs]
        if op in RULES and any(t is not None for t in tangents):
            self.of_function(node, tangents)
            return
        if not isinstance(op, Op) or all(t is None for t in tangents):
            return
        if op.jvp is None:
            raise MissingRule(
                f"{op.name} has no rule for forward mode",
                node.span,
                "declare a jvp, or use reverse mode (grad, vjp)",
            )
        builder = current()
        via, builder.via = builder.via, node.params.get("via", "np")
        try:
            for v, t in zip(node.outputs, self.ruled(node, tangents), strict=True):
                self.give_whole(v, t)
        except SrcadError as error:
            raise error.at(node.span) from None
        finally:
            builder.via = via

    def of_function(self, node: Node, tangents: Sequence[Value | None]) -> None:
        """Ask the rule of an operation that is given a function."""
        out, functions = node.out, self.calls.functions
        try:
            found = ask_tangents(node, tangents, self.activity(out), functions)
        except SrcadError as error:
            raise error.at(node.span) from None
        for path, tangent in found.items():
            self.give(out, path, tangent)

    def ruled(
        self, node: Node, tangents: Sequence[Value | None]
    ) -> Sequence[Value | None]:
        """The tangents that a rule gives: silently where warnings are errors."""
        op = node.op
        assert isinstance(op, Op) and op.jvp is not None
        if not self.strict:
            return op.jvp(node, tangents)
        with current().inner() as inner:
            found = op.jvp(node, tangents)
        known = [t for t in found if t is not None]
        given = dict(zip(known, silent(known, inner.nodes), strict=True))
        return [None if t is None else given[t] for t in found]

    def branch(self, node: Node) -> None:
        """A branch, `with_` or `try_` gives out tangents as well."""
        given = merged_outputs(node)
        leaves = [(k, *x) for k, v in enumerate(given) for x in self.active_leaves(v)]
        strict = self.strict
        self.strict = strict or (node.op is with_ and is_strict(node))
        blocks = []
        for block in node.blocks:
            if any(map(self.activity, block.params)):
                raise without_rule(node)
            with current().inner() as inner:
                self.nodes(block.nodes)
                found = [self.leaf(block.results[k], p, t) for k, p, t in leaves]
            blocks.append(inner.block(block.params, (*block.results, *found)))
        self.strict = strict
        columns = zip(*(b.results[len(given) :] for b in blocks), strict=True)
        types = [
            _merged(column, t)
            for column, (_, _, t) in zip(columns, leaves, strict=True)
        ]
        outputs = [
            Value(leaf_name(given[k], p, "dot"), new)
            for (k, p, _), new in zip(leaves, types, strict=True)
        ]
        whole = with_merged(node, (*given, *outputs))
        current().add(replace(node, outputs=whole, blocks=tuple(blocks)))
        for (k, p, _), tangent in zip(leaves, outputs, strict=True):
            self.give(given[k], p, tangent)

    def loop(self, node: Node) -> None:
        """A loop carries, walks and collects tangents as well."""
        loop = loop_of(node)
        walked, items = [], []
        for xs, entry in zip(loop.walked, loop.items, strict=True):
            if self.activity(xs):
                walked.append(self.whole_or_zero(xs))
                items.append(
                    Value(leaf_name(entry, (), "dot"), tangent_type(entry.type))
                )
        slots = [
            (k, p, t)
            for k, v in enumerate(loop.carried)
            for p, t in self.carried_leaves(v, loop.final[k])
        ]
        first = [self.leaf(loop.initial[k], p, t) for k, p, t in slots]
        params = [
            Value(leaf_name(loop.carried[k], p, "dot"), tangent_type(t))
            for k, p, t in slots
        ]
        lists = [k for k, v in enumerate(loop.lists) if self.activity(v)]
        with current().inner() as inner:
            moving = [
                v
                for v, xs in zip(loop.items, loop.walked, strict=True)
                if self.activity(xs)
            ]
            for entry, tangent in zip(moving, items, strict=True):
                self.give_whole(entry, tangent)
            for (k, p, _), tangent in zip(slots, params, strict=True):
                self.give(loop.carried[k], p, tangent)
            self.nodes(loop.body.nodes)
            after = [self.leaf(loop.carried_next[k], p, t) for k, p, t in slots]
            found = [self.whole_or_zero(loop.collected[k]) for k in lists]
        body = inner.block(
            (*loop.items, *items, *loop.carried, *params),
            (*loop.carried_next, *after, *loop.collected, *found),
        )
        finals = [fresh(v) for v in params]
        new = [
            Value(leaf_name(loop.lists[k], (), "dot"), List(v.type))
            for k, v in zip(lists, found, strict=True)
        ]
        blocks: tuple[Block, ...] = (body,)
        if node.op is while_:
            test = node.blocks[0]
            extra = [fresh(v) for v in params]
            blocks = (with_block(test, None, None, (*test.params, *extra)), body)
        current().add(
            replace(
                node,
                inputs=(*loop.walked, *walked, *loop.initial, *first),
                outputs=(*loop.final, *finals, *loop.lists, *new, loop.count),
                params={**node.params, "walked": len(loop.walked) + len(walked)},
                blocks=blocks,
            )
        )
        for (k, p, _), tangent in zip(slots, finals, strict=True):
            self.give(loop.final[k], p, tangent)
        for k, tangent in zip(lists, new, strict=True):
            self.give_whole(loop.lists[k], tangent)

    def call(self, node: Node) -> None:
        """A call of the callee's graph with tangents."""
        active = tuple(k for k, v in enumerate(node.inputs) if self.activity(v))
        if not active or not any(map(self.activity, node.outputs)):
            current().add(node)
            return
        rule = rule_of(node)
        if rule is not None:
            self.by_rule(node, rule)
            return
        callee = node.params["callee"]
        key = self.calls.ask(callee, active)
        varied = self.calls.analysis.varied_results(callee, active)
        moving = [v for v, p in zip(node.outputs, varied, strict=True) if p]
        given = [self.whole_or_zero(node.inputs[k]) for k in active]
        tangents = [
            Value(leaf_name(v, (), "dot"), tangent_type(v.type)) for v in moving
        ]
        current().add(
            replace(
                node,
                inputs=(*node.inputs, *given),
                outputs=(*node.outputs, *tangents),
                params={**node.params, "callee": key},
            )
        )
        for v, tangent in zip(moving, tangents, strict=True):
            self.give_whole(v, tangent)

    def by_rule(self, node: Node, rule: Rule) -> None:
        """A call with a rule of the user's."""
        check(node, self.activity, rule)
        arguments = node.inputs[: rule.count]
        given = [self.whole_or_zero(v) for v in arguments]
        active, program = list(map(self.known, arguments)), self.calls.program
        try:
            dot, made = tangent_of_call(node, rule, program, given, active, Reverse)
        except SrcadError as error:
            raise error.at(node.span) from error.__cause__
        if made is not None:
            self.calls.graphs.update(made.graphs)
            self.calls.residuals.update(made.residuals)
        self.give_whole(node.out, dot)


def _merged(column: Sequence[Value], t: Type) -> Type:
    found = functools.reduce(join, (v.type for v in column))
    return tangent_type(t) if isinstance(found, Unknown) else found


class _Calls:
    """The graphs with tangents that are made and still to be made."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.analysis = Analysis(program)
        self.functions = Functions(program)
        self.graphs: dict[Any, Graph] = {}
        self.residuals = dict(program.residuals)
        self.waiting: list[tuple[Any, tuple[int, ...]]] = []
        self.asked: set[Any] = set()

    def ask(self, callee: Any, active: tuple[int, ...]) -> Any:
        """The key of a callee with tangents; it will be made."""
        key = callee, active, "jvp"
        if key not in self.asked:
            self.asked.add(key)
            self.waiting.append((callee, active))
        return key

    def make(self, callee: Any, active: tuple[int, ...]) -> None:
        """Make the graph of one callee."""
        graph = self.program.graphs[callee]
        varied = self.analysis.varied_results(callee, active)
        results = [k for k, paths in enumerate(varied) if paths]
        activity = self.analysis.of(graph, active, varied)
        made = self.graph(graph, activity, active, results)
        self.graphs[callee, active, "jvp"] = replace(made, name=f"{graph.name}_jvp")

    def graph(
        self,
        graph: Graph,
        activity: Activity,
        wrt: Sequence[int],
        results: Sequence[int],
        entry: Path = (),
    ) -> Graph:
        """A graph with tangent parameters, giving the tangents of some results.

        entry : the part of the result whose tangent is given.
        """
        body, work = graph.body, Forward(activity, self)
        params = [body.params[k] for k in wrt]
        dots = [Value(f"{v.name or 'x'}_dot", tangent_type(v.type)) for v in params]
        with Builder(rewrite=rewrite_adjoint).active() as builder:
            for v, tangent in zip(params, dots, strict=True):
                work.give_whole(v, tangent)
            work.nodes(body.nodes)
            found = [at(work.whole_or_zero(body.results[k]), entry) for k in results]
        whole = builder.block((*body.params, *dots), (*body.results, *found))
        whole = cleaned(whole, graph.watched)
        return replace(graph, body=renamed(whole, work.names.chosen))


def forward(
    program: Program,
    wrt: Sequence[int],
    *,
    has_aux: bool = False,
    result: int = 0,
) -> Program:
    """A program that gives the results and the tangent of one.

    Parameters
    ----------
    program : Program
    wrt : positions of the parameters that get a tangent; those are parameters after
        the primal's
    has_aux : whether the result is a tuple of which only entry 0 has a tangent
    result : which of several results gets a tangent

    Returns
    -------
    Program
        The results of the main graph are those of the primal, then the tangent.

    Raises
    ------
    MissingRule
        A value that matters goes through a call without a derivative.
    """
    graph, calls = program.graph, _Calls(program)
    wanted = [frozenset[Path]()] * len(graph.body.results)
    wanted[result] = inexact_paths(graph.body.results[result].type)
    if has_aux:
        wanted[result] = frozenset(p for p in wanted[result] if p and p[0] == 0)
    activity = calls.analysis.of(graph, tuple(wrt), wanted)
    entry: Path = (0,) if has_aux else ()
    key = program.main, "jvp"
    graphs = {key: calls.graph(graph, activity, wrt, [result], entry)}
    while calls.waiting:
        calls.make(*calls.waiting.pop())
    functions = calls.functions
    everything = {**program.graphs, **functions.graphs, **calls.graphs, **graphs}
    residuals = {**functions.residuals, **calls.residuals}
    return Program(key, reachable(everything, [key]), residuals)


MODES["forward"] = forward
