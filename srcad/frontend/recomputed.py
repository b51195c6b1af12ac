"""Calls of a function under `checkpoint`: its adjoint computes again what it needs.

The function is lowered in place, in a block; then the block becomes a graph of its own,
and what it read from above, further arguments of the call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.flatten import rebuilt
from srcad.frontend.frame import Frame, caller
from srcad.frontend.refs import Ref
from srcad.frontend.rule_arguments import Given, entered
from srcad.frontend.rules import Recomputed
from srcad.frontend.transforms import block_of_call
from srcad.ir.builder import current
from srcad.ir.graph import Block, Graph, Node, Value, free_values, nodes_of
from srcad.ir.structure import asks, call, has_effect, has_own_effect
from srcad.ir.walk import copied

# What may happen twice: it ends the run, or nothing is seen of it.
REPEATABLE = ("raise_", "reraise", "assert_")


@dataclass(frozen=True)
class RecomputedKey:
    """Names the graph of a function under `checkpoint`."""

    name: str
    number: int

    def __str__(self) -> str:
        return self.name


@caller(Recomputed)
def _call(
    frame: Frame, callee: Recomputed, args: list[Ref], kwargs: dict[str, Ref], node: Any
) -> Ref:
    target, flat = callee.target, Given(frame, known=True)
    specs = [flat.spec(ref, f"x{k}") for k, ref in enumerate(args)]
    named = {name: flat.spec(ref, name) for name, ref in kwargs.items()}
    values = [frame.read(r) for r in flat.leaves]
    params = [
        Value(v.name or n, v.type) for n, v in zip(flat.names, values, strict=True)
    ]

    def inside() -> Value:
        leaves = entered(frame, params, "an argument of a function under checkpoint")
        refs = [rebuilt(frame, s, leaves) for s in specs]
        by_name = {n: rebuilt(frame, s, leaves) for n, s in named.items()}
        return frame.read(frame.call(target, refs, by_name, node))

    block = block_of_call(frame, [target], params, inside)
    graphs, session = frame.session.graphs, frame.session
    if not repeatable(block, graphs):
        raise UnsupportedSyntax(
            "a function under checkpoint runs twice, and this one does more than "
            "compute its result",
            hint="let it only compute and return values",
        )
    captured = tuple(free_values(block))
    session.made += 1
    name = getattr(getattr(target, "value", None), "__name__", "")
    name = name if name.isidentifier() else "recomputed"
    key: Any = RecomputedKey(name, session.made)
    inputs = (*values, *captured)
    whole = Block((*params, *captured), block.nodes, block.results)
    if (only := only_call(whole)) is not None:
        given = dict(zip(whole.params, inputs, strict=True))
        key, inputs = only.params["callee"], tuple(given.get(v, v) for v in only.inputs)
    else:
        graphs[key] = Graph(key.name, copied(whole))
    facts: dict[str, Any] = {"callee": key, "recompute": True}
    if any(map(has_effect, block.nodes)):
        facts["effect"] = True
    (out,) = current().emit(call, inputs, [block.results[0].type], facts)
    return frame.object_of(out)


def only_call(block: Block) -> Node | None:
    """The call that is all there is in a block, and gives its result."""
    if len(block.nodes) != 1 or block.nodes[0].op is not call:
        return None
    (node,) = block.nodes
    return node if node.outputs == block.results and not asks(node) else None


def repeatable(block: Block, graphs: Mapping[Any, Graph]) -> bool:
    """Whether nothing is seen of it that a block runs twice."""
    todo, seen = [block], set()
    while todo:
        for node in nodes_of(todo.pop()):
            if node.op is call:
                key = node.params["callee"]
                if key in graphs and key not in seen:
                    seen.add(key)
                    todo.append(graphs[key].body)
            elif has_own_effect(node) and node.op.name not in REPEATABLE:
                return False
    return True
