"""lanes: innermost loops so that a compiler runs several rounds at a time, in vectors.

Takes a program whose array operations are loops; gives one where nothing stands in the
way of that in loops whose rounds are proved independent (`parallel_rounds.py`):

    for k in range(n - 1, -1, -1):          for k in range(n):
        e = np.exp(x[k])                        e = exp(x[k])
        y[k] = e                    ->          y[k] = e
        total += e                              total = plus(total, e)

The terms of a sum may be taken in any order where `plus` says so, and then the rounds
may as well go forward (`forwards.py` says what that is for). An exponential is a call,
but not where the helper `exp` stands; nor is a hyperbolic tangent with `tanh`. Where
another call is left in a loop, nothing would be gained by `exp`; but `tanh` is no
slower than the library's even there. What prints so carries `params["lanes"]`. Only
for the Numba dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from srcad.ir.graph import Graph, Node, Program, Value, nodes_of
from srcad.ir.structure import LOOPS, Loop, call, for_, if_, loop_of, while_
from srcad.ir.types import Array, Scalar, dtype_of
from srcad.ir.walk import rebuilt, with_body, with_parts
from srcad.ops.circular import tanh
from srcad.ops.declare import Op, cost_of
from srcad.ops.elementary import exp
from srcad.passes.buffers import Buffers, Summary
from srcad.passes.forwards import counts_down
from srcad.passes.parallel_rounds import rounds_of
from srcad.passes.parallel_sums import sums_of

# Besides what is cheap: what a processor does without a call.
PLAIN = frozenset(
    """sqrt abs_ fabs maximum minimum max_of min_of where getitem update add_at cast
    """.split()  # noqa: SIM905
)
HELPED = (exp, tanh)  # calls, for which there is a helper that is none


def lanes(program: Program, summaries: Mapping[Any, Summary]) -> Program:
    """Let innermost loops run in lanes.

    summaries : what is known of the memory of callees.
    """
    graphs = {
        key: _Lanes(graph, program, summaries).graph()
        for key, graph in program.graphs.items()
    }
    return replace(program, graphs=graphs)


class _Lanes:
    """Writes the loops of one graph."""

    def __init__(
        self, graph: Graph, program: Program, summaries: Mapping[Any, Summary]
    ) -> None:
        self.whole, self.program, self.summaries = graph, program, summaries
        self.buffers: Buffers | None = None

    def graph(self) -> Graph:
        """The graph with its innermost loops written so."""
        return with_body(self.whole, rebuilt(self.whole.body, self.changed))

    def changed(self, node: Node) -> Sequence[Node]:
        """A node, or the same loop for lanes."""
        if node.op not in LOOPS:
            return [node]
        node = _marked(node, lambda n: n.op is tanh and _has_helper(n))
        if node.op is not for_ or not _may_gain(node):
            return [node]
        if node.params.get("parallel"):  # proved before; Numba looks for its sums
            return [_with_helpers(node) if not _sums(loop_of(node)) else node]
        if self.buffers is None:
            self.buffers = Buffers(self.whole, summaries=self.summaries)
        rounds = rounds_of(node, self.buffers, self.program, ())
        if rounds is None or rounds.shared:
            return [node]
        return [_with_helpers(_with_plus(node, rounds.sums, self.buffers.made))]


def _may_gain(node: Node) -> bool:
    """Whether a loop is an innermost one, and has what could be written otherwise."""
    loop = loop_of(node)
    inner = list(nodes_of(loop.body))
    if loop.stop or any(n.op in (for_, while_, call) for n in inner):
        return False
    return bool(_sums(loop)) or any(map(_has_helper, inner))


def _sums(loop: Loop) -> list[Value]:
    """The carried numbers that might be sums of floating-point numbers."""
    pairs = zip(loop.carried, loop.carried_next, strict=True)
    return [v for v, after in pairs if v is not after and _is_double(v)]


def _with_plus(node: Node, sums: Sequence[int], makers: Mapping[Value, Node]) -> Node:
    """The loop with its sums in any order, and so forward.

    sums : which of the carried values its rounds only add to.
    """
    loop = loop_of(node)
    if not all(is_plain(n) or _has_helper(n) for n in nodes_of(loop.body)):
        return node
    totals = {
        total
        for k in sums
        if _is_double(loop.carried[k])
        for total in sums_of(loop.body, loop.carried[k])
    }
    if totals and counts_down(node, makers):
        node = replace(node, params={**node.params, "reverse": False})
    adds = ("add", "subtract")
    return _marked(
        node, lambda n: n.op.name in adds and not totals.isdisjoint(n.inputs)
    )


def _with_helpers(node: Node) -> Node:
    """The loop with helpers in place of its calls, if it has no others."""
    nodes = node.blocks[0].nodes
    plain = all(n.op is not if_ and (is_plain(n) or _has_helper(n)) for n in nodes)
    return _marked(node, _has_helper) if plain else node


def _marked(node: Node, wanted: Callable[[Node], bool]) -> Node:
    def changed(inner: Node) -> Sequence[Node]:
        if not wanted(inner):
            return [inner]
        return [replace(inner, params={**inner.params, "lanes": True})]

    return with_parts(node, blocks=[rebuilt(b, changed) for b in node.blocks])


def is_plain(node: Node) -> bool:
    """Whether a node is a branch, or an operation that is no call."""
    if not isinstance(node.op, Op):
        return node.op is if_
    return node.op.name in PLAIN or cost_of(node) in ("free", "cheap")


def is_helped(node: Node) -> bool:
    """Whether there is a helper for a node's number, or its array's elements."""
    if node.op not in HELPED:
        return False
    types = [node.inputs[0].type, node.out.type]
    return all(
        isinstance(t, (Array, Scalar)) and dtype_of(t) == "float64" for t in types
    )


def _has_helper(node: Node) -> bool:
    return is_helped(node) and isinstance(node.out.type, Scalar)


def _is_double(v: Value) -> bool:
    t = v.type
    return isinstance(t, Scalar) and t.kind == "float" and t.dtype in ("", "float64")
