"""simplify: algebra and structure that need no run time.

Takes a graph; gives one with simpler nodes. The rules stand in `rules_*.py`; this file
has the two hooks for `Builder.rewrite` and the pass, which writes a graph again through
one of them. Exact rules keep every bit; `reassociate=True` is for adjoint code.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from srcad.ir.builder import Builder, Rewrite
from srcad.ir.graph import (
    Block,
    Graph,
    Literal,
    Node,
    Value,
    is_literal,
    literal,
)
from srcad.ir.structure import (
    LOOPS,
    for_,
    if_,
    loop_of,
    merged_outputs,
    try_,
    while_,
    with_,
    with_merged,
)
from srcad.ir.types import BOOL, List, Range
from srcad.ir.walk import (
    defined_in,
    mapped,
    picked,
    with_block,
    with_body,
    with_parts,
)
from srcad.ops.declare import Op
from srcad.passes import (
    rules_arithmetic,
    rules_axes,
    rules_containers,
    rules_masks,
    rules_parts,
    rules_precision,
    rules_products,
    rules_scale,
    rules_shapes,
    rules_sums,
    rules_totals,
)
from srcad.passes.dce import dce
from srcad.passes.rules import (
    ADJOINT,
    EXACT,
    Counting,
    applied,
    op,
    readers,
    same_value,
)

# Importing a file of rules enters them in the tables.
RULES = (
    rules_arithmetic,
    rules_axes,
    rules_containers,
    rules_masks,
    rules_parts,
    rules_precision,
    rules_products,
    rules_scale,
    rules_shapes,
    rules_sums,
    rules_totals,
)
_ROUNDS = 4


def rewrite_exact(
    operation: Any, inputs: tuple[Value, ...], params: Mapping[str, Any]
) -> Value | None:
    """A simpler value for a node about to be written, equal bit for bit."""
    return applied(EXACT, operation, inputs, params)


def rewrite_adjoint(
    operation: Any, inputs: tuple[Value, ...], params: Mapping[str, Any]
) -> Value | None:
    """A simpler value for a node about to be written, floating sums reordered."""
    found = applied(ADJOINT, operation, inputs, params)
    if found is None and operation.kind == "elementwise":
        found = rules_shapes.without_broadcast(operation, inputs, params)
    return found


def simplify(
    graph: Graph, *, reassociate: bool = False, primal: Collection[Value] = ()
) -> Graph:
    """Write the graph again by the rules, until nothing changes.

    Parameters
    ----------
    reassociate : bool
        Whether to reorder floating products and sums (adjoint rules).
    primal : collection of Value
        The user's own values: what computes them keeps every bit all the same.
    """
    rewrite = rewrite_adjoint if reassociate else rewrite_exact
    last: _Simplifier | None = None
    for _ in range(_ROUNDS):
        # What nothing reads must not count as a reader.
        counted = readers(dce(graph).body) if reassociate else {}
        last = _Simplifier(rewrite, counted, primal, last)
        body = last.block(graph.body, None)
        if body is graph.body:
            break
        graph = with_body(graph, body)
    return graph


class _Simplifier:
    """One round; it asks the rules only of what they may now answer otherwise.

    before : the round before.
    definitions : the node that made each value.
    settled : the nodes that no rule had anything to say of.
    changed : the values that are not made, or not read as often, as in that round.
    """

    def __init__(
        self,
        rewrite: Rewrite,
        counted: Mapping[Value, int],
        primal: Collection[Value],
        before: _Simplifier | None,
    ) -> None:
        self.rewrite = rewrite
        self.primal = primal
        self.counted = counted
        self.replaced: dict[Value, Value] = {}
        self.before = before
        self.definitions: dict[Value, Node] = {}
        self.settled: set[Node] = set()
        known = before.counted if before else counted
        every = counted.keys() | known.keys()
        self.changed = {v for v in every if counted.get(v, 1) != known.get(v, 1)}

    def block(self, block: Block, parent: Builder | None) -> Block:
        builder = Counting(parent, self.rewrite, self.counted)
        self.definitions = builder.definitions
        with builder.active():
            for node in block.nodes:
                self.node(builder, node)
            results = mapped(block.results, self.replaced)
        return with_block(block, builder.nodes, results)

    def node(self, builder: Builder, node: Node) -> None:
        if node.op in LOOPS:
            self.known_in_loop(node)
        node = with_parts(node, mapped(node.inputs, self.replaced))
        settled = self.settled_before(node)
        if node.blocks:
            outputs, changes = node.outputs, len(self.changed)
            node = with_parts(node, None, [self.block(b, builder) for b in node.blocks])
            self.structure(builder, node)
            if len(self.changed) > changes:
                self.changed.update(outputs)
        elif settled or not self.rewritten(builder, node):
            self.settled.add(builder.add(node))

    def settled_before(self, node: Node) -> bool:
        """Whether no rule had anything to say, and all that it is made of is the same.

        What it does not see itself (a branch, a loop) is told by `changed`.
        """
        if self.before is None:
            return False
        now = [self.definitions.get(v) for v in node.inputs]
        then = [self.before.definitions.get(v) for v in node.inputs]
        same = now == then and self.changed.isdisjoint(node.inputs)
        if not same:
            self.changed.update(node.outputs)
        return same and node in self.before.settled

    def rewritten(self, builder: Builder, node: Node) -> bool:
        operation = node.op
        plain = isinstance(operation, Op) and len(node.outputs) == 1
        if not plain or operation.effect or node.params.get("inplace"):
            return False
        before = len(builder.nodes)
        rewrite = rewrite_exact if node.out in self.primal else self.rewrite
        builder.rewrite, span = rewrite, builder.span
        builder.span = node.span or span
        found = rewrite(operation, node.inputs, node.params)
        builder.rewrite, builder.span = self.rewrite, span
        if found is None:
            return False
        made = builder.nodes[before:]
        if made and not found.name and made[-1].outputs == (found,):
            found = _renamed(builder, found, node.out)
        if found is not node.out:
            self.replaced[node.out] = found
        return True

    # ---- structure -------------------------------------------------------------------

    def structure(self, builder: Builder, node: Node) -> None:
        if node.op is if_:
            self.branch(builder, node)
        elif node.op is try_ and _goes_on(node.blocks[1]):
            self.body_alone(builder, node)
        elif node.op in (with_, try_):
            builder.add(self.region(node))
        elif node.op in LOOPS:
            self.loop(builder, node)
        else:
            builder.add(node)

    def branch(self, builder: Builder, node: Node) -> None:
        (condition,) = node.inputs
        if is_literal(condition, True, False):
            assert isinstance(condition, Literal)
            block = node.blocks[0 if condition.value else 1]
            for inner in block.nodes:
                builder.add(inner)
            self.replaced.update(zip(node.outputs, block.results, strict=True))
            return
        then, otherwise = node.blocks
        keep = []
        for k, out in enumerate(node.outputs):
            a, b = then.results[k], otherwise.results[k]
            found = a if same_value(a, b) else _answer(builder, node, a, b)
            if found is None:
                keep.append(k)
            else:
                self.replaced[out] = found
        builder.add(
            with_parts(
                node,
                None,
                [with_block(b, None, picked(b.results, keep)) for b in node.blocks],
                picked(node.outputs, keep),
            )
        )

    def body_alone(self, builder: Builder, node: Node) -> None:
        """A `try_` whose handler lets every exception go on is its body."""
        body = node.blocks[0]
        for inner in body.nodes:
            builder.add(inner)
        results = [*body.results, literal(False)]
        self.replaced.update(zip(node.outputs, results, strict=True))

    def region(self, node: Node) -> Node:
        """A `with_` or `try_` that gives out only what its blocks make."""
        outputs, keep = merged_outputs(node), []
        for k, out in enumerate(outputs):
            first, *others = (block.results[k] for block in node.blocks)
            inside = first in defined_in(node.blocks[0])
            if inside or not all(same_value(first, v) for v in others):
                keep.append(k)
            else:
                self.replaced[out] = first
        blocks = [with_block(b, None, picked(b.results, keep)) for b in node.blocks]
        return with_parts(node, None, blocks, with_merged(node, picked(outputs, keep)))

    def known_in_loop(self, node: Node) -> None:
        """Nothing has stopped a loop that runs; what it only hands on is known."""
        loop = loop_of(node)
        tested = node.blocks[0].params if node.op is while_ else ()
        for k, (start, after) in enumerate(
            zip(loop.initial, loop.carried_next, strict=True)
        ):
            known: Value | None = None
            if after is loop.carried[k] or same_value(after, start):
                known = self.replaced.get(start, start)
                self.replaced[loop.final[k]] = known
            if loop.stop and k == 0:
                known = literal(False)
            if known is not None:
                self.replaced.update(
                    (v, known) for v in (loop.carried[k], *tested[k : k + 1])
                )

    def loop(self, builder: Builder, node: Node) -> None:
        loop = loop_of(node)
        if _never_runs(node):
            self.replaced.update(zip(loop.final, loop.initial, strict=True))
            for v in loop.lists:
                self.replaced[v] = builder.emit(op("list_of"), (), [v.type])[0]
            self.replaced[loop.count] = literal(0)
            return
        node = self.without_invariants(node)
        loop = loop_of(node)
        if node.op is for_ and not loop.stop:
            self.lists_of_items(node)
        builder.add(node)

    def without_invariants(self, node: Node) -> Node:
        """The loop without carried values that never change, and without a stop that
        never comes."""
        loop = loop_of(node)
        never = loop.stop and is_literal(loop.initial[0], False)
        never = never and is_literal(loop.carried_next[0], False)
        gone = [k for k, v in enumerate(loop.final) if v in self.replaced]
        if never and 0 not in gone:
            gone.append(0)
            self.replaced[loop.final[0]] = literal(False)
        if not gone or (loop.stop and gone == [0] and not never):
            return node
        keep = [k for k in range(len(loop.initial)) if k not in gone]
        if loop.stop and not never and 0 not in keep:
            keep.insert(0, 0)
        lists = list(loop.collected)
        walked = len(loop.walked)
        body = with_block(
            loop.body,
            None,
            [*picked(loop.carried_next, keep), *lists],
            [*loop.items, *picked(loop.carried, keep)],
        )
        blocks = [body]
        if node.op is while_:
            test = node.blocks[0]
            blocks.insert(0, with_block(test, None, None, picked(test.params, keep)))
        outputs = [*picked(loop.final, keep), *loop.lists, loop.count]
        inputs = [*node.inputs[:walked], *picked(loop.initial, keep)]
        node = with_parts(node, inputs, blocks, outputs)
        if never:
            node = replace(node, params={**node.params, "stop": False})
        return node

    def lists_of_items(self, node: Node) -> None:
        """A list that collects what another list gives is that list."""
        loop = loop_of(node)
        for entries, entry in zip(loop.lists, loop.collected, strict=True):
            if entry in loop.items:
                walked = loop.walked[loop.items.index(entry)]
                if isinstance(walked.type, List):
                    self.replaced[entries] = walked


def _goes_on(handler: Block) -> bool:
    """Whether a handler does nothing but `raise`."""
    return bool(handler.nodes) and handler.nodes[0].op.name == "reraise"


def _renamed(builder: Builder, found: Value, old: Value) -> Value:
    """The value just made, under the name of the one it stands for."""
    if old.type != found.type and not old.name:
        return found
    value = old if old.type == found.type else Value(old.name, found.type)
    node = with_parts(builder.nodes.pop(), outputs=(value,))
    del builder.definitions[found]
    builder.add(node)
    return value


def _answer(builder: Builder, node: Node, a: Value, b: Value) -> Value | None:
    """The condition, for a branch that gives True or False."""
    (condition,) = node.inputs
    if is_literal(a, True) and is_literal(b, False):
        with builder.at(node.span):
            return condition if condition.type == BOOL else op("truth")(condition)
    if is_literal(a, False) and is_literal(b, True):
        with builder.at(node.span):
            return op("not_")(condition)
    return None


def _never_runs(node: Node) -> bool:
    loop = loop_of(node)
    if node.op is while_:
        return is_literal(node.blocks[0].results[0], False)
    if loop.stop and is_literal(loop.initial[0], True):
        return True
    return any(isinstance(v.type, Range) and v.type.length == 0 for v in loop.walked)
