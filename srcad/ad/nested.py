"""Derivatives that the program itself asks for: `transform` nodes become calls.

Takes a lowered program; gives one in which each `transform` is a call of a graph that
was differentiated, the innermost first. What the function read from above its block
are further arguments of that graph, so an outer transform sees them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.ir.graph import Block, Graph, Node, Program, free_values, nodes_of
from srcad.ir.reach import reachable
from srcad.ir.same import same_block
from srcad.ir.structure import asks, call, has_effect, needed, pullback, transform
from srcad.ir.walk import copied, inlined, rebuilt, substituted, with_body
from srcad.passes.dce import dce

# (the function as a program, the node's params) -> the derivative, its main graph with
# one result; for a vjp the forward half, and the backward half under (key, "bwd").
Differentiate = Callable[[Program, Mapping[str, Any]], Program]


def expanded(program: Program, differentiate: Differentiate) -> Program:
    """The program with calls in place of its `transform` and `pullback` nodes.

    Raises
    ------
    UnsupportedSyntax
        A function differentiates itself.
    """
    graphs = reachable(program.graphs, [program.main])
    if not any(map(_asks, graphs.values())):
        return program
    graphs = {key: dce(graph) for key, graph in graphs.items()}
    work = _Expansion(program, dict(graphs), differentiate)
    for key in _callees_first(graphs, program.main):
        work.graphs[key] = work.graph(work.graphs[key])
        work.open.discard(key)
    graphs = reachable(work.graphs, [program.main])
    return Program(program.main, graphs, work.residuals)


def _asks(graph: Graph) -> bool:
    """Whether a graph holds a node that is to be replaced."""
    return any(n.op in (transform, pullback) for n in nodes_of(graph.body))


@dataclass
class _Expansion:
    """open : the graphs that still hold transforms.

    made : the functions differentiated so far, how, and the keys of their derivatives.
    """

    program: Program
    graphs: dict[Any, Graph]
    differentiate: Differentiate
    residuals: dict[Any, Any] = field(default_factory=dict)
    open: set[Any] = field(default_factory=set)
    made: list[tuple[Block, dict[str, Any], Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.residuals.update(self.program.residuals)
        self.open.update(key for key, graph in self.graphs.items() if _asks(graph))

    def graph(self, graph: Graph) -> Graph:
        return with_body(graph, rebuilt(graph.body, lambda node: [self.node(node)]))

    def node(self, node: Node) -> Node:
        if node.op is pullback:
            half = {"callee": (node.params["key"], "bwd"), "half": True}
            return replace(node, op=call, params=half)
        if node.op is not transform:
            return node
        (block,) = node.blocks
        wrt = len(block.params)
        captured = tuple(free_values(block))
        body = copied(Block((*block.params, *captured), block.nodes, block.results))
        self._check(body, node)
        body = self._opened(body)
        params: dict[str, Any] = {"callee": self._made(body, node.params)}
        if node.params["kind"] == "vjp":
            params["half"] = True
        if any(map(has_effect, block.nodes)):
            params["effect"] = True
        inputs = (*node.inputs[:wrt], *captured, *node.inputs[wrt:])
        return Node(call, inputs, node.outputs, params, (), node.span)

    def _opened(self, body: Block) -> Block:
        """The body of a function that is called once, in place of that call.

        Its derivative is one graph then, not a forward and a backward half.
        """
        calls = [n for n in nodes_of(body) if n.op is call]
        if len(calls) != 1 or calls[0] not in body.nodes or asks(calls[0]):
            return body
        callee = calls[0].params["callee"]
        if callee in reachable(self.graphs, needed(self.graphs[callee].body)):
            return body
        k = body.nodes.index(calls[0])
        nodes, results = inlined(self.graphs[callee].body, calls[0].inputs)
        found = dict(zip(calls[0].outputs, results, strict=True))
        rest = Block((), body.nodes[k + 1 :], body.results)
        rest = substituted(rest, found)
        return Block(body.params, (*body.nodes[:k], *nodes, *rest.nodes), rest.results)

    def _made(self, body: Block, asked: Mapping[str, Any]) -> Any:
        """The key of a derivative; one made before serves an equal function again."""
        facts = {name: v for name, v in asked.items() if name != "key"}
        if asked["kind"] != "vjp":
            for other, same_facts, found in self.made:
                if facts == same_facts and same_block(other, body):
                    return found
        alone = {**self.graphs, asked["key"]: Graph(asked["name"], body)}
        main = Program(asked["key"], reachable(alone, [asked["key"]]), self.residuals)
        derivative = self.differentiate(main, asked)
        self.graphs.update(derivative.graphs)
        self.residuals.update(derivative.residuals)
        self.made.append((body, facts, derivative.main))
        return derivative.main

    def _check(self, body: Block, node: Node) -> None:
        """Refuse a function that asks for its own derivative."""
        if not self.open.isdisjoint(reachable(self.graphs, needed(body))):
            raise UnsupportedSyntax(
                "a recursive function that differentiates itself is not supported",
                node.span,
                "write the derivative as a function of its own",
            )


def _callees_first(graphs: Mapping[Any, Graph], main: Any) -> list[Any]:
    """The graphs in an order in which callees come before their callers."""
    order: list[Any] = []
    seen: set[Any] = set()

    def visit(key: Any) -> None:
        seen.add(key)
        for callee in needed(graphs[key].body):
            if callee not in seen and callee in graphs:
                visit(callee)
        order.append(key)

    visit(main)
    return order
