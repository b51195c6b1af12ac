"""again: arrays that an adjoint loop computes again, so that they are not all kept.

Takes a transformed graph; gives one in which a loop does not keep an array that a few
cheap elementwise operations give, of what its adjoint has at hand or of less:

    for i in range(n):                      for i in range(n):
        r = x - mu[i]                           r = x - mu[i]
        saved_r.append(r)                       ...
        ...                           ->    for i in reversed(range(n)):
    for i, r in reversed(...):                  r = x - mu[i]
        x_bar += np.tanh(r)                     x_bar += np.tanh(r)

That takes as long as to read what was kept, and nothing was written. Only for the Numba
dialect: in Python the list takes the array that is there anyway, and one call of NumPy
less counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from srcad.ir.graph import Block, Graph, Literal, Node, Value, nodes_of
from srcad.ir.structure import Loop, for_, loop_of
from srcad.ir.types import Array, List, Scalar
from srcad.ir.walk import (
    copied_node,
    fresh,
    substituted,
    uses,
    with_block,
    with_body,
    with_parts,
)
from srcad.ops.declare import Op, cost_of, memory_of
from srcad.passes.cse import cse
from srcad.passes.dce import dce

# An array is computed again by at most so many operations.
MOST = 4


def again(graph: Graph) -> Graph:
    """Compute in adjoint loops what costs no more than to keep it."""
    if not any(_keeps_arrays(node) for node in nodes_of(graph.body)):
        return graph
    clean = cse(graph)  # two ranges may be one
    body = _block(clean.body, uses(clean.body))
    return graph if body is clean.body else dce(cse(with_body(clean, body)))


def _keeps_arrays(node: Node) -> bool:
    """Whether a loop keeps arrays, an entry for each round there is."""
    if node.op is not for_ or node.params.get("stop"):
        return False
    return any(isinstance(v.type, Array) for v in loop_of(node).collected)


def _block(block: Block, read: Counter[Value]) -> Block:
    nodes = [
        with_parts(node, blocks=[_block(inner, read) for inner in node.blocks])
        for node in block.nodes
    ]
    for at in range(len(nodes)):
        if not _keeps_arrays(nodes[at]):
            continue
        primal = loop_of(nodes[at])
        for saved, kept in zip(primal.lists, primal.collected, strict=True):
            readers = [k for k in range(at + 1, len(nodes)) if _walks(nodes[k], saved)]
            plan = _plan(kept, primal)
            if plan is not None and len(readers) == 1 == read[saved]:
                (k,) = readers
                nodes[at], lists = _keeping(nodes[at], plan.less)
                known = dict(zip(primal.items, primal.walked, strict=True)) | lists
                nodes[k] = _computing(nodes[k], saved, kept, plan.nodes, known)
    return with_block(block, nodes)


def _walks(node: Node, saved: Value) -> bool:
    return node.op is for_ and saved in loop_of(node).walked


# ---- what is computed again ----------------------------------------------------------


@dataclass
class _Plan:
    """How to have an array again.

    nodes : those of the loop's body that give it, in order.
    less : what they read that must be kept; each has fewer axes.
    """

    nodes: list[Node] = field(default_factory=list)
    less: list[Value] = field(default_factory=list)


def _plan(kept: Value, loop: Loop) -> _Plan | None:
    """How to have an array of a loop's body again, if that is cheap."""
    makers = {v: node for node in loop.body.nodes for v in node.outputs}
    maker = makers.get(kept)
    if not isinstance(kept.type, Array) or maker is None or not _is_pass(maker):
        return None
    rank = len(kept.type.dims)
    found = _Plan()

    def obtain(v: Value, compute: bool) -> bool:
        """Whether a value can be had; below a view, no array is computed for it."""
        if isinstance(v, Literal) or v in found.less or v in loop.items:
            return True
        node = makers.get(v)
        if node in found.nodes or (node is None and v not in loop.carried):
            return True
        before = len(found.nodes), len(found.less)
        work = node is not None and compute and _is_pass(node)
        if node is not None and (work or _is_view(node)):
            if all(obtain(x, work) for x in node.inputs):
                found.nodes.append(node)
                if len(found.nodes) <= MOST:
                    return True
        del found.nodes[before[0] :], found.less[before[1] :]
        if not _is_less(v, node, rank):
            return False
        found.less.append(v)
        return True

    return found if obtain(kept, True) else None


def _is_pass(node: Node) -> bool:
    """Whether a node is one cheap pass over the elements of its result."""
    elementwise = isinstance(node.op, Op) and node.op.kind == "elementwise"
    return elementwise and cost_of(node) == "cheap"


def _is_view(node: Node) -> bool:
    return cost_of(node) == "free" and len(node.outputs) == 1


def _is_less(value: Value, maker: Node | None, rank: int) -> bool:
    """Whether a value has fewer axes than this, and needs no copy to be kept."""
    if isinstance(value.type, Scalar):
        return True
    new = maker is not None and memory_of(maker) == "new"
    return new and isinstance(value.type, Array) and len(value.type.dims) < rank


# ---- the two loops -------------------------------------------------------------------


def _keeping(node: Node, less: Sequence[Value]) -> tuple[Node, dict[Value, Value]]:
    """The primal loop, keeping these as well, each with the list of them."""
    loop = loop_of(node)
    lists = dict(zip(loop.collected, loop.lists, strict=True))
    more = {
        v: Value(f"saved_{v.name}" if v.name else "", List(v.type))
        for v in less
        if v not in lists
    }
    body = with_block(loop.body, results=[*loop.body.results, *more])
    outputs = (*node.outputs[:-1], *more.values(), loop.count)
    lists.update(more)
    return with_parts(node, None, [body], outputs), {v: lists[v] for v in less}


def _computing(
    node: Node,
    saved: Value,
    kept: Value,
    again: Sequence[Node],
    known: Mapping[Value, Value],
) -> Node:
    """The adjoint loop, with the entries of a list computed by these nodes.

    known : what these read of the primal's rounds, with the lists that hold it.
    """
    loop = loop_of(node)
    pairs = list(zip(loop.walked, loop.items, strict=True))
    entry = next(item for walked, item in pairs if walked is saved)
    pairs.remove((saved, entry))
    read = {v for n in again for v in n.inputs if v in known}
    made: dict[Value, Value] = {}
    for v in known:
        if v in read or not pairs:
            same = (item for walked, item in pairs if walked is known[v])
            made[v] = next(same, None) or fresh(v)
            if (known[v], made[v]) not in pairs:
                pairs.append((known[v], made[v]))
    nodes = [copied_node(n, made) for n in again]
    body = substituted(loop.body, {entry: made[kept]})
    items = (item for _, item in pairs)
    body = Block((*items, *loop.carried), (*nodes, *body.nodes), body.results)
    params = {**node.params, "walked": len(pairs)}
    inputs = (*(walked for walked, _ in pairs), *loop.initial)
    return replace(node, inputs=inputs, blocks=(body,), params=params)
