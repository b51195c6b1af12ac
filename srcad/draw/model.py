"""From a program to what is drawn.

Takes a program; gives the `Region` of its main graph, and what each value is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from srcad.draw.items import Edge, Item, Label, Region
from srcad.draw.labels import operation, sign
from srcad.draw.reads import ends_of, plumbing, read_beyond, says_nothing, used_in
from srcad.draw.trace import Site
from srcad.ir.graph import Block, Graph, Literal, Node, Program, Value, free_values
from srcad.ir.structure import (
    LOOPS,
    call,
    for_,
    if_,
    loop_of,
    merged_outputs,
    try_,
    while_,
    with_,
)

DEEPEST = 8  # boxes in boxes; a call deeper than that is a plain node


@dataclass(eq=False)
class _Scope:
    """Where values of one block are found: the item and which of its outputs."""

    region: Region
    site: Site
    found: dict[Value, tuple[Item, int]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


class Model:
    """Makes the regions of a program, and knows what each value is called."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.count = 0
        self.names: dict[tuple[Site, Value], str] = {}

    def main(self) -> Region:
        graph = self.program.graph
        return self.graph_region(graph, (), list(graph.body.params), graph.name)

    def new(self, kind: str, text: str, **more: Any) -> Item:
        self.count += 1
        return Item(f"n{self.count}", kind, text, **more)

    def label(
        self,
        scope: _Scope,
        value: Value,
        item: Item,
        fallback: str = "",
        tell: bool = True,
    ) -> None:
        """Let an item give a value, under the user's name or a numbered one."""
        base = value.name or fallback or "v"
        n = scope.counts.get(base, 0)
        if tell:
            scope.counts[base] = n = n + 1
        name = base if (n <= 1 and base != "v") else f"{base}{n}"
        k = len(item.outputs)
        named = bool(value.name or fallback)
        label = Label(f"{item.id}o{k}", name, scope.site, value, named)
        item.outputs.append(label)
        scope.found[value] = (item, k)
        self.names[scope.site, value] = name

    def name(self, site: Site, value: Value) -> str:
        """What a value is called at its site."""
        return self.names.get((site, value), value.name or "_")

    # -- regions

    def graph_region(
        self, graph: Graph, site: Site, heads: Sequence[Value], result: str
    ) -> Region:
        scope = _Scope(Region("", block=graph.body), site)
        self.heads(scope, heads, graph.body)
        self.fill(scope, graph.body, dict.fromkeys(graph.body.results[:1], result))
        ends = ends_of(graph.body)
        self.tails(scope, ends, ["returns"] * len(ends))
        return scope.region

    def heads(self, scope: _Scope, values: Sequence[Value], block: Block) -> None:
        for v in values:
            item = self.new("input", v.name or "v", site=scope.site)
            self.label(scope, v, item)
            item.text = item.outputs[0].name
            scope.region.items.append(item)
            scope.region.heads.append(item)

    def tails(
        self, scope: _Scope, values: Sequence[Value], names: Sequence[str]
    ) -> None:
        """Output items, where the region is inside a box."""
        region = scope.region
        for v, name in zip(values, names, strict=True):
            text = name or (
                repr(v.value) if isinstance(v, Literal) else self.name(scope.site, v)
            )
            item = self.new("output", text, inputs=1, site=scope.site)
            region.tails.append(item)
            region.items.append(item)
            self.connect(scope, [v], item)

    def connect(self, scope: _Scope, values: Sequence[Value], item: Item) -> None:
        for k, v in enumerate(values):
            if v in scope.found:
                source, output = scope.found[v]
                scope.region.edges.append(Edge(source, output, item, k))

    def fill(self, scope: _Scope, block: Block, results: dict[Value, str]) -> None:
        used = used_in(block)
        hidden = plumbing(block)
        for node in block.nodes:
            if node in hidden:
                continue
            if says_nothing(node) and node.inputs[0] in scope.found:
                scope.found[node.out] = scope.found[node.inputs[0]]
                self.names[scope.site, node.out] = self.name(scope.site, node.inputs[0])
                continue
            if node.op is call and not self.boxed(node, scope.site):
                self.operation(scope, node, results)
            elif node.op in (if_, for_, while_, with_, try_, call):
                self.box(scope, node, used, results)
            else:
                self.operation(scope, node, results)

    def boxed(self, node: Node, site: Site) -> bool:
        """Whether a call is drawn as a box: what calls itself is drawn once."""
        key = node.params["callee"]
        return (
            "rule" not in node.params
            and len(site) < DEEPEST
            and all(outer.params["callee"] != key for outer in site)
        )

    def operation(self, scope: _Scope, node: Node, results: dict[Value, str]) -> None:
        def name(v: Value) -> str:
            return repr(v.value) if isinstance(v, Literal) else self.name(scope.site, v)

        item = self.new(
            "operation",
            sign(node, name, self.program),
            inputs=len(node.inputs),
            span=node.span,
            site=scope.site,
            node=node,
            code=operation(node, name, self.program),
        )
        scope.region.items.append(item)
        self.connect(scope, node.inputs, item)
        for v in node.outputs:
            self.label(scope, v, item, results.get(v, ""))

    # -- boxes

    def box(
        self,
        scope: _Scope,
        node: Node,
        used: set[Value],
        results: dict[Value, str],
    ) -> None:
        item = self.new(
            "box",
            self.title(node),
            span=node.span,
            site=scope.site,
            node=node,
            structure=node.op.name.rstrip("_"),
        )
        scope.region.items.append(item)
        feeds: list[Value] = []  # one per input item of the regions
        if node.op is call:
            keep = [k for k, v in enumerate(node.outputs) if v in used]
            outputs = [node.outputs[k] for k in keep]
            self.called(item, node, feeds, scope, keep)
        elif node.op in LOOPS:
            outputs = self.looped(item, node, feeds, scope, used)
        else:
            outputs = self.branched(item, node, feeds, scope, used)
        item.inputs = len(feeds)
        self.connect(scope, feeds, item)
        for v in outputs:
            self.label(scope, v, item, results.get(v, ""))

    def title(self, node: Node) -> str:
        if node.op is call:
            graph = self.program.graphs[node.params["callee"]]
            names = ", ".join(p.name for p in graph.body.params if p.name)
            return f"{graph.name}({names})"
        line = node.span.text.strip() if node.span else ""
        start = node.op.name.rstrip("_")
        if start not in line:
            return start
        return (
            line[line.index(start) :].rstrip(":") if line.startswith(start) else start
        )

    def called(
        self,
        item: Item,
        node: Node,
        feeds: list[Value],
        scope: _Scope,
        keep: Sequence[int],
    ) -> None:
        graph = self.program.graphs[node.params["callee"]]
        site = (*scope.site, node)
        inner = _Scope(Region("", block=graph.body), site)
        used = used_in(graph.body)
        pairs = list(zip(graph.body.params, node.inputs, strict=True))
        shown = [(p, v) for p, v in pairs if p in used and not isinstance(v, Literal)]
        self.heads(inner, [p for p, _ in shown], graph.body)
        feeds += [v for _, v in shown]
        self.fill(inner, graph.body, {graph.body.results[0]: graph.name})
        self.tails(inner, [graph.body.results[k] for k in keep], [""] * len(keep))
        item.regions.append(inner.region)
        item.exits = [[tail] for tail in inner.region.tails]

    def looped(
        self,
        item: Item,
        node: Node,
        feeds: list[Value],
        scope: _Scope,
        used: set[Value],
    ) -> list[Value]:
        loop = loop_of(node)
        inside: set[Value] = set()
        for block in node.blocks:
            inside |= used_in(block)
        outputs: list[Value] = []
        tails: list[tuple[Value, str]] = []
        giving: list[int] = []  # for each output, which of the tails gives it
        for k, (param, after, final) in enumerate(
            zip(loop.carried, loop.carried_next, loop.final, strict=True)
        ):
            if loop.stop and k == 0:
                tails.append((after, "stop"))
            elif final in used or read_beyond(node, k):
                tails.append((after, f"next {param.name}" if param.name else "next"))
            else:
                continue
            if final in used:
                outputs.append(final)
                giving.append(len(tails) - 1)
        for entry, out in zip(loop.collected, loop.lists, strict=True):
            if out in used:
                tails.append((entry, f"all {entry.name}" if entry.name else "all"))
                outputs.append(out)
                giving.append(len(tails) - 1)
        for k, block in enumerate(node.blocks):
            body = k == len(node.blocks) - 1
            inner = _Scope(Region("" if body else "while", block=block), scope.site)
            read = used_in(block)
            walked = len(block.params) - len(loop.carried)
            sources = [*loop.walked[:walked], *loop.initial]
            heads = [
                (p, v)
                for p, v in zip(block.params, sources, strict=True)
                if p in read and not (loop.stop and p is block.params[walked])
            ]
            heads += [(v, v) for v in free_values(block)]
            self.heads(inner, [p for p, _ in heads], block)
            feeds += [v for _, v in heads]
            self.fill(inner, block, {})
            if body:
                self.tails(inner, [v for v, _ in tails], [t for _, t in tails])
            else:
                self.tails(inner, block.results, ["again?"])
            item.regions.append(inner.region)
        item.exits = [[item.regions[-1].tails[k]] for k in giving]
        if loop.count in used:
            outputs.append(loop.count)
            item.exits.append([])
        return outputs

    def branched(
        self,
        item: Item,
        node: Node,
        feeds: list[Value],
        scope: _Scope,
        used: set[Value],
    ) -> list[Value]:
        titles = {"if_": ("then", "else"), "try_": ("try", "except"), "with_": ("",)}
        merged = merged_outputs(node)
        keep = [k for k, v in enumerate(merged) if v in used]
        for title, block in zip(titles[node.op.name], node.blocks, strict=True):
            inner = _Scope(Region(title, block=block), scope.site)
            if node.op is if_ and title == "then":
                feeds += self.condition(inner, node)
            free = list(free_values(block))
            self.heads(inner, [*block.params, *free], block)
            feeds += [*block.params, *free]
            self.fill(inner, block, {})
            names = [merged[k].name for k in keep]
            self.tails(inner, [block.results[k] for k in keep], names)
            item.regions.append(inner.region)
        item.exits = [
            [region.tails[k] for region in item.regions] for k in range(len(keep))
        ]
        rest = [v for v in node.outputs[len(merged) :] if v in used]
        item.exits += [[] for _ in rest]
        return [merged[k] for k in keep] + rest

    def condition(self, scope: _Scope, node: Node) -> list[Value]:
        """What a branch is decided by, as an input that leads nowhere."""
        if isinstance(node.inputs[0], Literal):
            return []
        self.heads(scope, [node.inputs[0]], node.blocks[0])
        scope.region.heads[-1].structure = "condition"
        return [node.inputs[0]]
