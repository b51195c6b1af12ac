"""The computational graph of a call, with a number at each node.

Takes a function and its arguments; gives one `GraphStep` per value, in the order in
which values are computed: forwards they tell the values, backwards the derivatives. It
is the graph that srcad differentiates, run node by node; no source is printed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from srcad.ad.accumulate import Gathered
from srcad.ad.calls import Calls
from srcad.ad.leaves import inexact_paths
from srcad.ad.residuals import scope_of
from srcad.ad.reverse import Reverse
from srcad.backend.evaluate import evaluate
from srcad.backend.template import callee_names, constant, input_names, template
from srcad.backend.trees import substituted
from srcad.errors import ShapeError
from srcad.ir.builder import Builder
from srcad.ir.graph import Block, Graph, Literal, Node, Program, Value, literal
from srcad.ir.structure import call, callees
from srcad.ir.types import Scalar
from srcad.ops.declare import Op
from srcad.signature import promoted_argument
from srcad.transform import Transform


@dataclass(frozen=True)
class GraphStep:
    """One value of the graph.

    name : the user's name for it; the result of `g` that has none is `g`, parts of
        expressions are `v1`, `v2`, ...
    operation : what computes it, over names ("x + y"); "" for an argument, "for" or
        "if" for what a loop or a branch gives.
    derivative : of the function's result by it; None where it does not depend on it.
    factors : for each input, the derivative of this value by that input, where both
        are numbers: the factors of the chain rule.
    """

    name: str
    operation: str
    value: Any
    derivative: Any = None
    factors: Mapping[str, Any] = field(default_factory=dict)


def steps(
    f: Callable[..., Any], *args: Any, argnums: Sequence[int] | None = None
) -> list[GraphStep]:
    """The values of a function's graph in one call, each with its derivative.

    Parameters
    ----------
    f : callable
        A Python function that returns one number. A loop or a branch is one node.
    *args
        Its arguments.
    argnums : tuple of int, optional
        Which of them to differentiate by: all, if not given. Integers among these count
        as floats.

    Returns
    -------
    list of GraphStep
        The arguments, then each node's value, in order; the last one is the result.

    Raises
    ------
    ShapeError
        The function returns something else than one number.
    """
    primal = Transform(f, ())
    values = list(primal.arguments(args, {}))
    wrt = tuple(range(len(values))) if argnums is None else tuple(argnums)
    for k in wrt:
        values[k] = promoted_argument(
            values[k], f"argument {primal.dispatcher.names[k]}"
        )
    entry = primal.entry(values)
    primal_program = entry.programs.primal
    (out,) = primal_program.graph.body.results
    if not isinstance(out.type, Scalar):
        raise ShapeError(f"steps needs a function that returns one number, not {out}")
    hidden = [binding.read() for binding in entry.contract.hidden]
    program, names, rows = _annotated(primal_program, wrt)
    found = iter(evaluate(program, [*values, *hidden])[0])
    return [
        GraphStep(
            names[value],
            _operation(node, names, primal_program),
            next(found),
            next(found),
            {names[v]: next(found) for v in inputs},
        )
        for value, node, inputs in rows
    ]


Row = tuple[Value, Node | None, list[Value]]


def _annotated(
    program: Program, wrt: tuple[int, ...]
) -> tuple[Program, dict[Value, str], list[Row]]:
    """The program that gives, for each value shown, itself, its derivative, factors."""
    graph, body = program.graph, program.graph.body
    (out,) = body.results
    rows: list[Row] = [(p, None, []) for p in body.params]
    results: list[Value] = []
    calls = Calls(program, Reverse)
    activity = calls.analysis.of(graph, wrt, [inexact_paths(out.type)])
    work = Reverse(activity, calls)
    with Builder().active() as adjoint:
        scope = Gathered(activity, work.names, scope_of(body.params, body.nodes))
        scope.flow(out, (), literal(1.0))
        nodes = work.block(body.nodes, scope)
        for node in body.nodes:  # of a loop, only what the user has a name for
            plain = isinstance(node.op, Op) or node.op is call
            rows += [(v, node, []) for v in node.outputs if plain or v.name]
        for value, maker, inputs in rows:
            factors = _factors(maker)
            inputs += factors
            results += [value, scope.whole(value) or literal(None), *factors.values()]
    whole = Block(body.params, (*nodes, *adjoint.nodes), tuple(results))
    key = program.main, "steps"
    finished = calls.finished(key, {key: replace(graph, body=whole)})
    return finished, _names(graph, rows), rows


def _factors(node: Node | None) -> dict[Value, Value]:
    """The derivative of a node's number by each of its inputs, from its own rule."""
    if node is None or not isinstance(node.op, Op) or node.op.vjp is None:
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


def _names(graph: Graph, rows: list[Row]) -> dict[Value, str]:
    """A name for each value: the user's, numbered from its second version on."""
    (out,) = graph.body.results
    names: dict[Value, str] = {}
    counts: dict[str, int] = {}
    for value, _, _ in rows:
        base = value.name or (graph.name if value is out else "v")
        counts[base] = n = counts.get(base, 0) + 1
        names[value] = base if n == 1 and base != "v" else f"{base}{n}"
    return names


def _operation(node: Node | None, names: Mapping[Value, str], program: Program) -> str:
    """What a node computes, as Python over the names of its inputs."""
    if node is None:
        return ""
    if node.op is call:
        read = ", ".join(names.get(v, "_") for v in node.inputs)
        return f"{program.graphs[node.params['callee']].name}({read})"
    if not isinstance(node.op, Op):
        return node.op.name.rstrip("_")
    inputs = [
        constant(v.value) if isinstance(v, Literal) else ast.Name(names.get(v, "_"))
        for v in node.inputs
    ]
    named = dict(zip(input_names(node.op, len(inputs)), inputs, strict=True))
    for name, key in zip(callee_names(node), callees(node), strict=False):
        named[name] = ast.Name(getattr(key, "name", "f"))
    return ast.unparse(substituted(template(node), named))
