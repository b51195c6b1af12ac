"""What is drawn: operations, the labels of what they give, and boxes in boxes.

Takes a program; gives the `Region` of its main graph. A region is a row of items with
edges between them; a loop, a branch or a call is an item that holds regions. Nothing
here knows of numbers, places or pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from srcad.draw.labels import operation, sign
from srcad.draw.trace import Site
from srcad.errors import Span
from srcad.ir.graph import Block, Graph, Literal, Node, Program, Value, free_values
from srcad.ir.structure import (
    call,
    for_,
    if_,
    loop_of,
    merged_outputs,
    try_,
    while_,
    with_,
)
from srcad.ir.types import Range

DEEPEST = 8  # boxes in boxes; a call deeper than that is a plain node

# What counts and walks is told by a loop's own line.
PLUMBING = ("range_", "range_len", "len_of", "range_prefix")


@dataclass(eq=False)
class Label:
    """What an item gives: a name and, where there are numbers, where to find them."""

    id: str
    name: str
    site: Site
    value: Value
    named: bool = True


@dataclass(eq=False)
class Item:
    """An operation, an input, an output or a box.

    kind : "operation", "input", "output" or "box".
    text : what stands in it. code : the operation over names, for where there is room.
    inputs : how many edges may lead there. outputs : what it gives.
    regions : of a box, what is in it. exits : for each of its outputs, the items in
        its regions that give it.
    """

    id: str
    kind: str
    text: str
    inputs: int = 0
    outputs: list[Label] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    exits: list[list[Item]] = field(default_factory=list)
    span: Span | None = None
    site: Site = ()
    node: Node | None = None
    code: str = ""
    structure: str = ""


@dataclass(frozen=True, eq=False)
class Edge:
    """From an item's output to an item's input.

    The inputs of a box are the heads of its regions, one after the other.
    """

    source: Item
    output: int
    target: Item
    input: int


@dataclass(eq=False)
class Region:
    """One block.

    heads : the input items, in order; tails : the output items, in order.
    """

    title: str
    items: list[Item] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    heads: list[Item] = field(default_factory=list)
    tails: list[Item] = field(default_factory=list)
    block: Block | None = None

    def every(self) -> Iterator[Item]:
        """All items, those in boxes too, each box before what is in it."""
        for item in self.items:
            yield item
            for region in item.regions:
                yield from region.every()


@dataclass(frozen=True)
class Around:
    """What an item is in: the loops, and of each branch which part; outermost first."""

    loops: tuple[Item, ...] = ()
    branches: tuple[tuple[Item, int], ...] = ()


def surroundings(region: Region) -> dict[Item, Around]:
    """For each item, the boxes that decide when it runs and whether."""
    found: dict[Item, Around] = {}

    def visit(region: Region, around: Around) -> None:
        for item in region.items:
            found[item] = around
            for k, inner in enumerate(item.regions):
                loops, branches = around.loops, around.branches
                if item.structure in ("for", "while"):
                    loops = (*loops, item)
                elif len(item.regions) > 1:
                    branches = (*branches, (item, k))
                visit(inner, Around(loops, branches))

    visit(region, Around())
    return found


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
        ends = _ends(graph.body)
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
        used = _used(block)
        hidden = _plumbing(block)
        for node in block.nodes:
            if node in hidden:
                continue
            if _says_nothing(node) and node.inputs[0] in scope.found:
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
        elif node.op in (for_, while_):
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
        used = _used(graph.body)
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
            inside |= _used(block)
        outputs: list[Value] = []
        tails: list[tuple[Value, str]] = []
        giving: list[int] = []  # for each output, which of the tails gives it
        for k, (param, after, final) in enumerate(
            zip(loop.carried, loop.carried_next, loop.final, strict=True)
        ):
            stop = loop.stop and k == 0
            again = param in _beyond(node, param)
            if stop:
                tails.append((after, "stop"))
            elif again or final in used:
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
            read = _used(block)
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


def _used(block: Block) -> set[Value]:
    """All that is read in a block or in those inside it."""
    found = set(block.results)
    for node in block.nodes:
        found.update(node.inputs)
        for inner in node.blocks:
            found |= _used(inner)
    return found


def _says_nothing(node: Node) -> bool:
    """Whether a node asks for the truth of what is true or false already."""
    kinds = [getattr(v.type, "kind", "") for v in (*node.inputs, *node.outputs)]
    return node.op.name == "truth" and kinds == ["bool", "bool"]


def _ends(block: Block) -> list[Value]:
    """The results that are no node's last word: what else would show they are?"""
    used: set[Value] = set(block.params)
    for node in block.nodes:
        used.update(node.inputs)
        for inner in node.blocks:
            used |= _used(inner)
    return [v for v in block.results if v in used or isinstance(v, Literal)]


def _beyond(node: Node, param: Value) -> set[Value]:
    """The parameter, where the loop reads it otherwise than to pass it on."""
    k = list(node.blocks[-1].params).index(param)
    for block in node.blocks:
        p = block.params[k - len(node.blocks[-1].params) + len(block.params)]
        reads: set[Value] = set()
        for inner in block.nodes:
            reads.update(inner.inputs)
            for deeper in inner.blocks:
                reads |= _used(deeper)
        if p in reads or (block is not node.blocks[-1] and p in block.results):
            return {param}
    body = node.blocks[-1]
    carried = len(loop_of(node).carried)
    others = [r for j, r in enumerate(body.results) if r is param]
    return (
        {param}
        if others and body.results[:carried].count(param) != len(others)
        else set()
    )


def _plumbing(block: Block) -> set[Node]:
    """Nodes that only say how often a loop goes round."""
    uses: dict[Value, list[Any]] = {}
    for v in block.results:
        uses.setdefault(v, []).append(None)
    for node in block.nodes:
        for v in node.inputs:
            uses.setdefault(v, []).append(node)
        for inner in node.blocks:
            for v in free_values(inner):
                uses.setdefault(v, []).append(None)
    hidden: set[Node] = set()
    for node in reversed(block.nodes):
        if node.op.name not in PLUMBING:
            continue
        readers = [u for v in node.outputs for u in uses.get(v, ())]
        walks = [
            u is not None
            and (
                u in hidden
                or (u.op is for_ and isinstance(node.outputs[0].type, Range))
            )
            for u in readers
        ]
        if readers and all(walks):
            hidden.add(node)
    return hidden
