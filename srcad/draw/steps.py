"""The computational graph of a call as a list, with a number at each node.

Takes a function and its arguments; gives one `GraphStep` per value, in the order in
which values are computed: forwards they tell the values, backwards the derivatives. It
is the graph that srcad differentiates, run node by node; no source is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from srcad.draw.derivatives import derivatives
from srcad.draw.labels import operation
from srcad.draw.trace import trace
from srcad.errors import ShapeError
from srcad.ir.graph import Graph, Literal, Node, Value
from srcad.ir.structure import call
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
    program = entry.programs.primal
    (out,) = program.graph.body.results
    if not isinstance(out.type, Scalar):
        raise ShapeError(f"steps needs a function that returns one number, not {out}")
    hidden = [binding.read() for binding in entry.contract.hidden]
    run = trace(program, [*values, *hidden], whole=False)
    found = derivatives(run, wrt)
    rows: list[tuple[Value, Node | None]] = [(p, None) for p in run.params]
    factors: dict[Value, dict[Value, Any]] = {}
    for moment in run.moments:  # of a loop, only what the user has a name for
        node = moment.traced
        plain = isinstance(node.op, Op) or node.op is call
        rows += [(v, node) for v in node.outputs if plain or v.name]
        factors.update((v, found.factors[moment]) for v in node.outputs)
    names = _names(program.graph, run.results[0], [v for v, _ in rows])

    def name(value: Value) -> str:
        return (
            repr(value.value) if isinstance(value, Literal) else names.get(value, "_")
        )

    return [
        GraphStep(
            names[value],
            operation(node, name, program) if node else "",
            run.of(value),
            found.whole.get(value),
            {names[v]: g for v, g in factors.get(value, {}).items()},
        )
        for value, node in rows
    ]


def _names(graph: Graph, out: Value, values: Sequence[Value]) -> dict[Value, str]:
    """A name for each value: the user's, numbered from its second version on."""
    names: dict[Value, str] = {}
    counts: dict[str, int] = {}
    for value in values:
        base = value.name or (graph.name if value is out else "v")
        counts[base] = n = counts.get(base, 0) + 1
        names[value] = base if n == 1 and base != "v" else f"{base}{n}"
    return names
