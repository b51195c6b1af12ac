"""The derivative of a run's result by every value of the run.

Takes a `Trace`; the adjoint of its block is written by the same rules as any other and
run on the values that the trace has, so nothing that the user's code does (printing,
drawing random numbers) is done twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from srcad.ad.accumulate import Gathered
from srcad.ad.calls import Calls
from srcad.ad.leaves import inexact_paths
from srcad.ad.residuals import scope_of
from srcad.ad.reverse import Reverse
from srcad.backend.evaluate import run_block
from srcad.draw.trace import Moment, Trace
from srcad.ir.builder import Builder
from srcad.ir.graph import Block, Literal, Node, Program, Value, literal
from srcad.ir.structure import call
from srcad.ir.types import Array, Scalar, kind_of
from srcad.ops.declare import Op
from srcad.ops.fit import broadcast_like


@dataclass(eq=False)
class Derivatives:
    """What flows back through a run.

    whole : for each value of the trace, the derivative of the result by it. What the
        result does not depend on is not here.
    factors : for each moment, the derivative of its number by each input, where both
        are numbers: the factors of the chain rule.
    so_far : for each moment, what was gathered for each of its inputs when its own
        contribution was added, going backwards.
    """

    whole: dict[Value, Any] = field(default_factory=dict)
    factors: dict[Moment, dict[Value, Any]] = field(default_factory=dict)
    so_far: dict[Moment, dict[Value, Any]] = field(default_factory=dict)


def why_not(trace: Trace) -> str:
    """Why the result of a run has no derivative; "" where it has."""
    if len(trace.results) != 1:
        return "the graph has several results"
    (out,) = trace.results
    value = trace.of(out)
    if not isinstance(value, (int, float, complex, np.generic, np.ndarray)):
        return f"the function returns a {type(value).__name__}, not one number"
    if np.size(value) != 1:
        shape = " x ".join(map(str, np.shape(value)))
        return f"the function returns an array of {shape}, not one number"
    if kind_of(out.type) == "complex":
        return "the function returns a complex number"
    if isinstance(out, Literal) or kind_of(out.type) != "float":
        return "the function returns what has no derivative"
    return ""


def derivatives(trace: Trace, wrt: Sequence[int]) -> Derivatives:
    """What flows back from the result, which is one number, to all values.

    wrt : positions of the arguments that are differentiated by.
    """
    program, body = trace.program, trace.block
    (out,) = body.results
    graph = replace(program.graph, body=body)
    calls = Calls(program, Reverse)
    activity = calls.analysis.of(graph, tuple(wrt), [inexact_paths(out.type)])
    work = Reverse(activity, calls)
    asked: list[tuple[dict[Value, Any], Value, Value]] = []
    found = Derivatives()
    primal: list[Node] = []
    with Builder().active() as adjoint:
        scope = Gathered(activity, work.names, scope_of(body.params, body.nodes))
        seed = broadcast_like(1.0, out) if isinstance(out.type, Array) else literal(1.0)
        scope.flow(out, (), seed)
        for moment in reversed(trace.moments):
            primal += reversed(work.nodes(moment.traced, scope))
            into = found.so_far[moment] = {}
            asked += _gathered(scope, moment.traced.inputs, into)
        every = [*body.params, *(v for n in body.nodes for v in n.outputs)]
        asked += _gathered(scope, every, found.whole)
        for moment in trace.moments:
            into = found.factors[moment] = {}
            asked += [(into, v, g) for v, g in _factors(moment.traced).items()]
    primal.reverse()
    known = set(body.nodes)
    again = [node for node in primal if node not in known]
    key = program.main, "drawn"
    whole = Block(body.params, (*primal, *adjoint.nodes), body.results)
    finished = calls.finished(key, {key: replace(graph, body=whole)})
    values = _run(finished, [*again, *adjoint.nodes], trace.values)
    for mapping, v, g in asked:
        mapping[v] = g.value if isinstance(g, Literal) else values[g]
    return found


def _gathered(
    scope: Gathered, values: Sequence[Value], into: dict[Value, Any]
) -> list[tuple[dict[Value, Any], Value, Value]]:
    """What there is for each of the values so far, to be read when it was run."""
    totals = {v: scope.whole(v) for v in values if not isinstance(v, Literal)}
    return [(into, v, g) for v, g in totals.items() if g is not None]


def _run(
    program: Program, nodes: Sequence[Node], values: Mapping[Value, Any]
) -> Mapping[Value, Any]:
    environment = dict(values)
    run_block(program, Block((), tuple(nodes), ()), (), environment)
    return environment


def _factors(node: Node) -> dict[Value, Value]:
    """The derivative of a node's number by each of its inputs, from its own rule."""
    if node.op is call or not isinstance(node.op, Op) or node.op.vjp is None:
        return {}
    values = (*node.inputs, *node.outputs)
    if not all(isinstance(v.type, Scalar) for v in values):
        return {}
    found: dict[Value, Value] = {}
    for v, given in zip(node.inputs, node.op.vjp(node, [literal(1.0)]), strict=True):
        if given is not None and not isinstance(v, Literal):
            factor = given if isinstance(given, Value) else given(None)
            found[v] = found[v] + factor if v in found else factor  # as in x * x
    return found
