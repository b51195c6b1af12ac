"""From a graph to statements over values.

Takes a graph after `dce`; gives a `Function` for `names` and `layout`. What differs
between the dialects is asked of the `Dialect`.
"""

from __future__ import annotations

import ast
import builtins
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.backend.branches import BranchEmitter
from srcad.backend.flags import Flag
from srcad.backend.fold import Uses, Writer
from srcad.backend.hints import called, hint, kept_in, primal_value
from srcad.backend.loops import LoopEmitter
from srcad.backend.python import Dialect, external_name
from srcad.backend.regions import RegionEmitter, caught
from srcad.backend.statements import Assign, Do, Function, Return, Table, call
from srcad.backend.template import callee_names, constant, input_names
from srcad.backend.trees import names_in
from srcad.backend.unpack import Unpacked, shapes_together
from srcad.ir.graph import (
    UNDEFINED,
    Block,
    Graph,
    Literal,
    Node,
    Program,
    Value,
    nodes_of,
)
from srcad.ir.structure import LOOPS, callees, if_, try_, with_
from srcad.ir.structure import call as call_op
from srcad.ir.types import BOOL
from srcad.ir.walk import repeated
from srcad.ops.declare import Op
from srcad.ops.raising import raising, watched
from srcad.passes.buffers import Buffers


class Emitter:
    """Writes the statements of one graph.

    externals : name -> object, for what templates use beyond modules and builtins.
    arrays : for an array that values are kept in, the variable of the outermost loop.
    """

    def __init__(
        self,
        dialect: Dialect,
        functions: Mapping[Any, str],
        copies: bool,
        externals: dict[str, Any],
        program: Program,
        kept: Mapping[Any, Sequence[str]],
    ) -> None:
        self.dialect, self.functions, self.copies = dialect, functions, copies
        self.externals = externals
        self.program, self.kept = program, kept
        self.table = Table()
        self.hints: dict[Value, str] = {}
        self.befores: set[Value] = set()
        self.arrays: dict[Value, Value | None] = {}
        self.anew: dict[Value, ast.expr] = {}
        self.forced: frozenset[Value] = frozenset()
        self.loops = LoopEmitter(self)
        self.branches = BranchEmitter(self)
        self.regions = RegionEmitter(self)
        self.watched: set[Node] = set()

    def function(self, graph: Graph, forced: frozenset[Value]) -> Function:
        """The graph as statements; `forced` values fold although they have a name."""
        self.forced = forced
        self.uses = Uses(graph.body)
        self.params = frozenset(graph.body.params)
        self.watched = set(watched(graph.body))
        if graph.watched:
            self.watched.update(raising(graph.body))
        self.loops.alias(graph.body)
        residuals = self.program.residuals
        self.hints.update(self.entries(graph.body))
        self.arrays.update((v, v) for v in kept_in(graph.body))
        self.unpacked = Unpacked(graph.body, self.uses, self.table, residuals)
        self.buffers = functools.cache(lambda: Buffers(graph))
        writer = Writer(self.table, self.uses, self.buffers, 0)
        self.primal = primal_value(graph, self.uses)
        if self.primal is not None:
            self.hints[self.primal] = "value"
        for v in graph.body.params:
            if v in self.unpacked.parts:
                parts, whole = self.unpacked.parts[v], self.table.ref(v)
                writer.add(Assign(parts, whole, span=None))
        self.nodes(writer, graph.body.nodes)
        results = graph.body.results
        values = [self.operand(writer, v) for v in results]
        span = graph.body.nodes[-1].span if graph.body.nodes else None
        writer.settle()
        writer.add(Return(values, span=span))
        value = None if self.primal is None else self.table.variable(self.primal)
        statements = writer.statements
        shapes_together(self.table, statements)
        return Function(
            graph.name,
            graph.body.params,
            statements,
            self.table,
            self.hints,
            value,
            self.befores,
            [n.out for n in nodes_of(graph.body) if n.params.get("scratch")],
        )

    def entries(self, body: Block) -> dict[Value, str]:
        """For what is read from a residual, or its tangent, its name when kept."""
        found = {}
        for node in nodes_of(body):
            if node.op.name == "residual_item":
                whole, k = node.inputs[0], node.params["k"]
                names = self.kept.get(getattr(whole.type, "key", None), ())
                if 0 <= k < len(names) and names[k]:
                    is_dot = whole.name.endswith("_dot")
                    found[node.out] = f"{names[k]}_dot" if is_dot else names[k]
        return found

    def writer(self, outer: Writer) -> Writer:
        """A writer for a block inside another."""
        return Writer(self.table, self.uses, self.buffers, outer.depth + 1)

    def nodes(self, writer: Writer, nodes: Sequence[Node]) -> None:
        """Write the statements of nodes, in order."""
        for node in nodes:
            self.node(writer, node)

    def node(self, writer: Writer, node: Node, flag: Flag | None = None) -> None:
        """Write one node; `flag` is for the branch that decides to leave a loop."""
        if node.op is if_:
            self.branches.branch(writer, node, flag)
        elif node.op is with_:
            self.regions.managed(writer, node)
        elif node.op is try_:
            self.regions.attempt(writer, node)
        elif node.op in LOOPS:
            self.loops.loop(writer, node)
        elif node.op is call_op:
            self.name_call(writer, node)
            inputs = self.operands(writer, node)
            writer.settle()
            function = self.functions[node.params["callee"]]
            self.several(writer, node, call(function, *inputs))
        else:
            self.operation(writer, node)

    # ---- operands --------------------------------------------------------------

    def operand(self, writer: Writer, value: Value) -> ast.expr:
        """The expression that reads a value here: its only use, where it waits."""
        if isinstance(value, Literal):
            if value.value is UNDEFINED:
                return ast.Constant(None)
            return self.named_objects(_literal(value.value), {})
        if value in self.anew:
            return self.anew[value]
        return writer.take(value) or self.table.ref(value)

    def operands(self, writer: Writer, node: Node) -> list[ast.expr]:
        """The expressions of a node's inputs."""
        return [self.operand(writer, v) for v in node.inputs]

    def named_objects(self, tree: ast.expr, known: Mapping[str, Any]) -> ast.expr:
        """Note the objects that an expression names, and name those it holds."""
        renamed: dict[str, ast.expr] = {}
        for name in names_in(tree) if known else ():
            if name in known and getattr(builtins, name, None) is not known[name]:
                own = external_name(self.externals, name, known[name])
                if own != name:
                    renamed[name] = ast.Name(own, ast.Load())
        tree = self.dialect.filled(tree, renamed) if renamed else tree
        return self.dialect.objects(tree, self.externals)

    # ---- operations ------------------------------------------------------------

    def operation(self, writer: Writer, node: Node) -> None:
        """Write a node that holds no blocks."""
        op = node.op
        assert isinstance(op, Op)
        if node in self.unpacked.reads or node in self.loops.known:
            return
        if node.outputs and self.uses.ranges.issuperset(node.outputs):
            for v in () if self.printed_once(node.out) else node.inputs:
                if not self.next_to_a_name(writer, v):
                    writer.settle_one(v)
            self.loops.ranges[node.out] = node
            return
        if op.name == "not_" and self.again(writer, node):
            return
        if op.name == "caught":
            caught(self, writer, node)
            return
        special = self.dialect.statement(op)
        if node.params.get("inplace"):
            self.in_order(writer, node.inputs)
        if special is not None and special(self, writer, node):
            if node.params.get("kept"):
                self.name_kept(node)
            return
        if node.params.get("kept"):
            self.name_kept(node)
        reads = writer.reads(node)
        tree = self.fitted(writer, node)
        if op.effect:
            writer.settle()
            used = [v for v in node.outputs if self.uses.count[v]]
            if used:
                self.several(writer, node, tree)
            else:
                writer.add(Do(ast.Expr(tree), span=node.span))
        elif len(node.outputs) != 1:
            self.several(writer, node, tree)
        else:
            self.value(writer, node, node.out, tree, reads)

    def name_kept(self, node: Node) -> None:
        """Name an array that values are kept in, or what is read from it, by them."""
        out, name = node.outputs[0], node.op.name
        if name == "empty":
            self.arrays[out] = None  # it folds into the loop's variable
            return
        if name == "list_get":
            self.name_entry(out, node.inputs[0].name)
            return
        array = self.loops.array_of(node.inputs[0])
        if name == "update":
            self.arrays[out], value = array, node.inputs[1]
            kept = value.name or self.hints.get(value) or "value"
            self.hints[array] = f"saved_{kept.removeprefix('saved_')}"
            return
        self.name_entry(out, array.name or self.hints.get(array) or "value")

    def name_entry(self, out: Value, kept: str) -> None:
        """Name what is read from where it was kept."""
        self.hints[out] = kept.removeprefix("saved_")
        if out.name and not out.name.startswith("saved_"):
            self.befores.add(out)

    def name_call(self, writer: Writer, node: Node) -> None:
        """Name what a call gives, and arrays that the callee keeps values in."""
        callee = node.params["callee"]
        self.hints.update(called(node, self.program.graphs[callee]))
        names = self.kept.get((callee, "arrays"), ())
        for v, name in zip((*node.inputs, *node.outputs), names, strict=False):
            if name:
                self.hints[v], self.arrays[v] = name, v
                writer.settle_one(v)

    def again(self, writer: Writer, node: Node) -> bool:
        """Let `not x` be printed wherever it is read, for a variable x."""
        (x,), out = node.inputs, node.out
        known = x not in writer.pending and not isinstance(x, Literal)
        if out.name or not known or x.type != BOOL or out in self.uses.next:
            return False
        self.anew[out] = ast.UnaryOp(ast.Not(), self.operand(writer, x))
        return True

    def next_to_a_name(self, writer: Writer, value: Value) -> bool:
        """Print `n - 1`, an end of a range, wherever the range is printed."""
        waiting = writer.pending.get(value)
        if waiting is None or not _is_name_and_number(waiting.tree):
            return False
        self.anew[value] = waiting.tree
        writer.take(value)
        return True

    def printed_once(self, walked: Value) -> bool:
        """Whether a range is printed at one loop only, and once there."""
        if self.dialect.name != "python" or not self.uses.single(walked):
            return False
        return not self.uses.count[self.uses.users[walked][0].outputs[-1]]

    def fitted(self, writer: Writer, node: Node) -> ast.expr:
        """The node's expression; inputs that make it too long get statements."""
        tree, mentions = self.dialect.template(node)
        op = node.op
        assert isinstance(op, Op)
        params = {p.__name__: p for p in node.params.values() if hasattr(p, "__name__")}
        if "callee" in node.params:
            pairs = zip(callee_names(node), callees(node), strict=True)
            given = {n: ast.Name(self.functions[k], ast.Load()) for n, k in pairs}
            tree = self.dialect.filled(tree, given)
        tree = self.named_objects(tree, {**params, **op.facts})
        where = dict(zip(input_names(op, len(node.inputs)), node.inputs, strict=True))
        often = repeated(node.inputs)
        for name, v in where.items():
            if mentions.get(name, 0) > 1 or v in often:
                writer.settle_one(v)
        target = node.outputs[0] if len(node.outputs) == 1 else None
        while True:
            filled = {n: self.peek(writer, v) for n, v in where.items()}
            whole = self.dialect.filled(tree, filled)
            waiting = [v for v in node.inputs if v in writer.pending]
            room = writer.room(target)
            excess = writer.width(whole, room) - room if waiting else 0
            if excess <= 0:
                break
            writer.shorten(waiting, excess)
        for v in node.inputs:
            writer.take(v)
        return whole

    def peek(self, writer: Writer, value: Value) -> ast.expr:
        """The expression of an operand, left waiting."""
        if value in writer.pending:
            return writer.pending[value].tree
        return self.operand(writer, value)

    def value(
        self,
        writer: Writer,
        node: Node,
        value: Value,
        tree: ast.expr,
        reads: frozenset[Value] = frozenset(),
    ) -> None:
        """Write the single result of a node, or let it wait for its use."""
        if not self.uses.count[value]:
            if node in self.watched:
                writer.settle()
                writer.add(Do(ast.Expr(tree), span=node.span))
            return
        self.hints.setdefault(value, hint(node, tree, self.table, self.hints))
        if value in self.unpacked.parts:
            self.apart(writer, node, value, tree)
            return
        single = self.uses.single(value)
        folds = single and not value.name and value not in self.uses.next
        folds = folds and value is not self.primal
        if folds or (single and value in self.forced):
            if node in self.watched:
                self.in_order(writer, self.beside(value))
            writer.wait(node, value, tree, reads)
        else:
            self.in_order(writer)
            writer.assign(node, value, tree)

    def in_order(self, writer: Writer, keep: Sequence[Value] = ()) -> None:
        """Let nothing raise before what would have raised first, in a `try`."""
        for v in list(writer.pending) if self.watched else ():
            if self.uses.makers.get(v) in self.watched and v not in keep:
                writer.settle_one(v)

    def beside(self, value: Value) -> Sequence[Value]:
        """The values that the one reader of a value computes before it."""
        inputs = self.uses.users.get(value, [Node(if_, (), ())])[0].inputs
        return inputs[: inputs.index(value)] if value in inputs else ()

    def apart(self, writer: Writer, node: Node, value: Value, tree: ast.expr) -> None:
        """Write a tuple as names for its entries."""
        parts = self.unpacked.parts[value]
        for v in parts:
            if v is not None:
                writer.define(v)
        writer.add(Assign(parts, tree, span=node.span))

    def several(self, writer: Writer, node: Node, tree: ast.expr) -> None:
        """Write a node whose results are not an expression of one value."""
        self.in_order(writer)
        if len(node.outputs) == 1 and node.out in self.unpacked.parts:
            self.apart(writer, node, node.out, tree)
            return
        for v in node.outputs:
            writer.define(v)
            self.hints.setdefault(v, hint(node, tree, self.table, self.hints))
        targets = tuple(v if self.uses.count[v] else None for v in node.outputs)
        writer.add(Assign(targets, tree, span=node.span))


def _literal(value: Any) -> ast.expr:
    """A constant; an object without a literal stands for itself until it is named."""
    name = str(getattr(value, "__name__", ""))
    named = callable(value) and getattr(builtins, name, None) is not value
    if named and not (isinstance(value, type) and issubclass(value, np.generic)):
        return ast.Constant(value)
    return constant(value)


def _is_name_and_number(tree: ast.expr) -> bool:
    """Whether an expression is `n + 1` or `n - 1`."""
    return (
        isinstance(tree, ast.BinOp)
        and isinstance(tree.op, (ast.Add, ast.Sub))
        and isinstance(tree.left, ast.Name)
        and isinstance(tree.right, ast.Constant)
    )
