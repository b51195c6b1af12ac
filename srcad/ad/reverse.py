"""Reverse mode: program -> program that gives the result and the cotangents.

Takes a program and the positions of the arguments to differentiate. A block is walked
backwards and each node's rule is asked; `control.py` does branches and loops,
`calls.py` calls, `residuals.py` chooses what is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from srcad.ad.accumulate import Gathered, Names
from srcad.ad.activity import Activity, keys_of
from srcad.ad.calls import Calls
from srcad.ad.control import branch_adjoint
from srcad.ad.given import MODES, RULES, ask_cotangents
from srcad.ad.leaves import (
    Paths,
    at,
    cotangent_type,
    entries,
    inexact_paths,
    key_of,
    leaf_types,
)
from srcad.ad.loops import loop_adjoint
from srcad.ad.naming import renamed
from srcad.ad.pick_adjoint import pick_adjoint
from srcad.ad.residuals import cleaned, scope_of
from srcad.ad.ruled import cotangents_of_call, rule_of
from srcad.ad.stability import Stability
from srcad.errors import MissingRule, SrcadError
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Block, Graph, Node, Program, Value, literal
from srcad.ir.structure import ARMED, LOOPS, Rule, call
from srcad.ir.types import Scalar, Type, Unknown, unwrapped
from srcad.ops.containers import item, make_dict, make_tuple
from srcad.ops.declare import Op
from srcad.ops.fit import broadcast_like
from srcad.ops.index import of_whole
from srcad.passes.simplify import rewrite_adjoint


class Reverse:
    """Writes the adjoint of one graph into the builder in use.

    makers : what made each value, of this block and those around it.
    inside : the rules of the user's that are being transposed around this.
    """

    def __init__(self, activity: Activity, calls: Calls) -> None:
        self.activity = activity
        self.calls = calls
        self.makers: dict[Value, Node] = {}
        self.names = Names("bar")
        self.stable = Stability()
        self.loops = 0
        self.inside: tuple[Rule, ...] = ()

    def block(self, nodes: Sequence[Node], scope: Gathered) -> list[Node]:
        """Write the adjoint of a block's nodes.

        Gives the primal nodes, rebuilt where they must keep something.
        """
        primal: list[Node] = []
        self.makers.update((v, node) for node in nodes for v in node.outputs)
        self.stable.note(nodes)
        for node in reversed(nodes):
            primal += reversed(self.nodes(node, scope))
        primal.reverse()
        return primal

    def beside(self, activity: Activity) -> Reverse:
        """The transform of another stretch of nodes, whose adjoint stands in this."""
        other = Reverse(activity, self.calls)
        other.names, other.stable, other.loops = self.names, self.stable, self.loops
        return other

    def nodes(self, node: Node, scope: Gathered) -> Sequence[Node]:
        """Write the adjoint of one node; gives the primal nodes in its place."""
        rule = rule_of(node)
        if node.op in LOOPS and any(map(scope.known, node.outputs)):
            with current().at(node.span):
                found = pick_adjoint(self, self.calls.analysis, node, scope)
                if found is not None:
                    return found
        if rule is None or not scope.known(node.out):
            return [self.node(node, scope)]
        if not any(map(self.activity, node.inputs)):
            return [node]
        with current().at(node.span):
            try:
                program = self.calls.program
                return cotangents_of_call(self, node, rule, program, scope)
            except SrcadError as error:
                raise error.at(node.span) from error.__cause__

    def node(self, node: Node, scope: Gathered) -> Node:
        """Write the adjoint of one node."""
        if not any(scope.known(v) for v in node.outputs):
            return node
        with current().at(node.span):
            if node.op in ARMED:
                return branch_adjoint(self, node, scope)
            if node.op in LOOPS:
                return loop_adjoint(self, node, scope)
            if node.op is call:
                return self.calls.adjoint(node, scope)
            if node.op in (make_tuple, make_dict):
                self.built(node, scope)
            elif node.op is item and not self.opaque(node.inputs[0].type):
                self.taken(node, scope)
            else:
                self.rule(node, scope)
        return node

    def opaque(self, t: Type) -> bool:
        """Whether a container's leaves are not told apart."""
        return () in leaf_types(t)

    def built(self, node: Node, scope: Gathered) -> None:
        """The leaves of a new container are those of its entries."""
        for path, g in scope.leaves(node.out):
            for key, v in zip(keys_of(node), node.inputs, strict=True):
                if key == path[0]:
                    scope.flow(v, path[1:], g)

    def taken(self, node: Node, scope: Gathered) -> None:
        """The leaves of an entry are leaves of its container."""
        (whole,), key = node.inputs, key_of(node)
        for path, g in scope.leaves(node.out):
            scope.flow(whole, (key, *path), g)

    def rule(self, node: Node, scope: Gathered) -> None:
        """Ask the operation's rule."""
        op = node.op
        assert isinstance(op, Op)
        if not any(map(self.activity, node.inputs)):
            return
        if op in RULES:
            self.of_function(node, scope)
            return
        # A cotangent of a row would be zero but for the elements that are read of it.
        node = of_whole(node, self.makers)
        if op.vjp is None:
            raise MissingRule(
                f"{op.name} has no rule for reverse mode",
                node.span,
                "declare a vjp, or use forward mode (jvp, jacfwd)",
            )
        cotangents = [scope.whole(v) for v in node.outputs]
        builder = current()
        via, builder.via = builder.via, node.params.get("via", "np")
        try:
            contributions = op.vjp(node, cotangents)
            for v, contribution in zip(node.inputs, contributions, strict=True):
                scope.add(v, contribution)
        except SrcadError as error:
            raise error.at(node.span) from None
        finally:
            builder.via = via

    def of_function(self, node: Node, scope: Gathered) -> None:
        """Ask the rule of an operation that is given a function."""
        active = [bool(self.activity(v)) for v in node.inputs]
        cotangents = dict(scope.leaves(node.out))
        try:
            found = ask_cotangents(node, cotangents, active, self.calls.functions)
        except SrcadError as error:
            raise error.at(node.span) from None
        for k, contribution in found.items():
            scope.add(node.inputs[k], contribution)


def _wanted(graph: Graph, result: int, has_aux: bool) -> list[Paths]:
    """The leaves of the results that are differentiated."""
    wanted: list[Paths] = [frozenset()] * len(graph.body.results)
    paths = inexact_paths(graph.body.results[result].type)
    if has_aux:
        paths = frozenset(p for p in paths if p and p[0] == 0)
    wanted[result] = paths
    return wanted


def _seeded(
    scope: Gathered, out: Value, seed: Value | None, seed_path: tuple[Any, ...]
) -> None:
    """Start from the seed: 1 by default, spread over a result that is an array."""
    for path, t in leaf_types(out.type).items():
        if path not in scope.activity(out) or path[: len(seed_path)] != seed_path:
            continue
        if seed is not None:
            g = at(seed, path[len(seed_path) :])
        elif isinstance(unwrapped(t), (Scalar, Unknown)):
            g = literal(1.0)
        else:
            g = broadcast_like(1.0, at(out, path))
        scope.flow(out, path, g)


def _seed_type(out: Value, has_aux: bool) -> Type:
    if not has_aux:
        return cotangent_type(out.type)
    inside = entries(out.type)
    assert inside is not None
    return cotangent_type(inside[0])


def reverse(
    program: Program,
    wrt: Sequence[int],
    *,
    seeded: bool = False,
    has_aux: bool = False,
    result: int = 0,
) -> Program:
    """A program that gives the results and the cotangents of some arguments.

    Parameters
    ----------
    program : Program
    wrt : positions of the parameters to differentiate
    seeded : whether the seed is a last parameter; else it is 1
    has_aux : whether the result is a tuple of which only entry 0 is differentiated
    result : which of several results is differentiated

    Returns
    -------
    Program
        The results of the main graph are those of the primal, then one cotangent for
        each position in `wrt`.

    Raises
    ------
    MissingRule
        A value that matters goes through a call without a derivative.
    """
    graph = program.graph
    body, out = graph.body, graph.body.results[result]
    calls = Calls(program, Reverse)
    activity = calls.analysis.of(graph, tuple(wrt), _wanted(graph, result, has_aux))
    work = Reverse(activity, calls)
    seed = Value("seed", _seed_type(out, has_aux)) if seeded else None
    builder = Builder(rewrite=rewrite_adjoint)
    with builder.active():
        scope = Gathered(activity, work.names, scope_of(body.params, body.nodes))
        _seeded(scope, out, seed, (0,) if has_aux else ())
        nodes = work.block(body.nodes, scope)
        cotangents = scope.given_out([body.params[k] for k in wrt])
    params = body.params if seed is None else (*body.params, seed)
    whole = Block(params, (*nodes, *builder.nodes), (*body.results, *cotangents))
    whole = renamed(cleaned(whole, graph.watched), work.names.apart_from(body))
    main = replace(graph, body=whole)
    key = program.main, "adjoint"
    return calls.finished(key, {key: main})


def reverse_pair(
    program: Program, wrt: Sequence[int], has_aux: bool = False, result: int = 0
) -> Program:
    """The forward and the backward half of a program as two graphs.

    Returns
    -------
    Program
        Graph (main, "fwd") gives the results and a residual, graph (main, "bwd") takes
        the residual and a seed and gives the cotangents. The main graph is the first.
    """
    graph = program.graph
    out = graph.body.results[result]
    calls = Calls(program, Reverse)
    activity = calls.analysis.of(graph, tuple(wrt), _wanted(graph, result, has_aux))
    seed = Value("seed", _seed_type(out, has_aux))
    keys = (program.main, "fwd"), (program.main, "bwd")
    calls.halves(
        graph,
        activity,
        wrt,
        keys,
        program.main,
        [seed],
        lambda scope: _seeded(scope, out, seed, (0,) if has_aux else ()),
    )
    return calls.finished(keys[0], {k: calls.graphs[k] for k in keys})


MODES["reverse"] = reverse
