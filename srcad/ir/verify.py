"""What a legal graph is: asked after each pass in tests, and with `SRCAD_VERIFY=1`.

Takes a graph, and its program where calls should be looked at too; gives nothing or
raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from srcad.errors import InternalError
from srcad.ir.graph import UNDEFINED, Block, Graph, Literal, Node, Program, Value
from srcad.ir.structure import (
    LOOPS,
    call,
    callees,
    for_,
    if_,
    loop_of,
    try_,
    while_,
    with_,
)
from srcad.ir.types import (
    Bottom,
    List,
    Maybe,
    Range,
    Scalar,
    Static,
    Tuple,
    Type,
    Unknown,
    python_kind,
)


def verify_program(program: Program) -> None:
    """Verify every graph of a program.

    Raises
    ------
    InternalError
        A graph is not legal.
    """
    if program.main not in program.graphs:
        raise InternalError(f"the program has no graph {program.main!r}")
    for graph in program.graphs.values():
        verify(graph, program)


def verify(graph: Graph, program: Program | None = None) -> None:
    """Check that every value is defined once and before use, and every layout is right.

    Raises
    ------
    InternalError
        The graph is not legal; the message names the node.
    """
    checker = _Checker(graph, program)
    checker.block(graph.body, set(), "the graph's body")


class _Checker:
    def __init__(self, graph: Graph, program: Program | None) -> None:
        self.graph = graph
        self.program = program
        self.defined: set[Value] = set()

    def fail(self, message: str, node: Node | None = None) -> InternalError:
        where = f"graph {self.graph.name!r}"
        if node is not None:
            outputs = ", ".join(map(repr, node.outputs))
            where += f", node {node.op.name} giving ({outputs})"
        return InternalError(f"{where}: {message}", node.span if node else None)

    def block(self, block: Block, visible: set[Value], what: str) -> None:
        """Check a block; `visible` are the values above it."""
        visible = set(visible)
        self.define(block.params, visible, None, what)
        for node in block.nodes:
            self.read(node.inputs, visible, node, "reads")
            self.params(node)
            for k, inner in enumerate(node.blocks):
                self.block(inner, visible, f"block {k} of {node.op.name}")
            self.layout(node)
            self.define(node.outputs, visible, node, what)
        self.read(block.results, visible, None, f"{what} gives out")

    def define(
        self, values: Iterable[Value], visible: set[Value], node: Node | None, what: str
    ) -> None:
        for v in values:
            if isinstance(v, Literal):
                raise self.fail(f"{what} defines the literal {v!r}", node)
            if v in self.defined:
                raise self.fail(f"{v!r} is defined twice", node)
            self.defined.add(v)
            visible.add(v)

    def read(
        self, values: Iterable[Value], visible: set[Value], node: Node | None, what: str
    ) -> None:
        for v in values:
            if isinstance(v, Literal):
                self.literal(v, node)
            elif v not in visible:
                known = v in self.defined
                why = "defined in another block" if known else "not defined before"
                raise self.fail(f"{what} {v!r}, which is {why}", node)

    def literal(self, value: Literal, node: Node | None) -> None:
        t = value.type
        if value.value is UNDEFINED:
            right = isinstance(t, Bottom)
        else:
            expected = python_kind(value.value)
            inner = t.inner if isinstance(t, Maybe) else t
            right = _admits(inner, expected)
        if not right:
            raise self.fail(f"the literal {value!r} has type {t}", node)

    def params(self, node: Node) -> None:
        for name, value in node.params.items():
            if not _static(value):
                raise self.fail(f"param {name!r} holds a value or block", node)

    def layout(self, node: Node) -> None:
        if node.op is if_:
            self.branch(node)
        elif node.op is with_:
            self.managed(node)
        elif node.op is try_:
            self.attempt(node)
        elif node.op in LOOPS:
            self.loop(node)
        elif node.op is call:
            self.call(node)
        elif "callee" in node.params and self.program is not None:
            self.callee(node, self.program)

    def branch(self, node: Node) -> None:
        if len(node.inputs) != 1 or len(node.blocks) != 2:
            raise self.fail("a branch has one condition and two blocks", node)
        for block in node.blocks:
            if block.params:
                raise self.fail("a block of a branch has parameters", node)
        self.results(node, len(node.outputs))

    def results(self, node: Node, count: int) -> None:
        if any(len(block.results) != count for block in node.blocks):
            raise self.fail("the blocks give another number of results", node)

    def managed(self, node: Node) -> None:
        if len(node.blocks) != 1 or len(node.blocks[0].params) > 1:
            raise self.fail("a with has one block, of at most one parameter", node)
        keywords = len(node.params.get("keywords", ()))
        if node.params.get("function") is None:
            if len(node.inputs) != 1 or keywords:
                raise self.fail("a with has one manager, or what makes it", node)
        elif keywords > len(node.inputs):
            raise self.fail("a with has fewer inputs than keywords", node)
        self.results(node, len(node.outputs))

    def attempt(self, node: Node) -> None:
        if node.inputs or len(node.blocks) != 2:
            raise self.fail("a try has no inputs and two blocks", node)
        body, handler = node.blocks
        if body.params or len(handler.params) > 1:
            raise self.fail("a block of a try has a wrong number of params", node)
        if not node.outputs or not isinstance(node.outputs[-1].type, Scalar):
            raise self.fail("a try does not say whether it failed", node)
        if not all(isinstance(c, type) for c in node.params.get("catches", (None,))):
            raise self.fail("a try catches something that is no class", node)
        self.results(node, len(node.outputs) - 1)

    def loop(self, node: Node) -> None:
        walked = node.params.get("walked", 0)
        if len(node.blocks) != (1 if node.op is for_ else 2):
            raise self.fail("the loop has a wrong number of blocks", node)
        if not 0 <= walked <= len(node.inputs) or (node.op is while_ and walked):
            raise self.fail(f"the loop walks {walked} inputs", node)
        if node.op is for_ and not walked:
            raise self.fail("the loop walks nothing", node)
        if not node.outputs:
            raise self.fail("the loop gives no count", node)
        loop = loop_of(node)
        n = len(loop.initial)
        if len(loop.body.params) != walked + n or len(loop.body.results) < n:
            raise self.fail("the body has a wrong number of params or results", node)
        if len(node.outputs) != len(loop.body.results) + 1:
            raise self.fail("the loop has a wrong number of outputs", node)
        for v in loop.walked:
            if not _walkable(v.type):
                raise self.fail(f"the loop walks {v!r}", node)
        if loop.stop and not n:
            raise self.fail("the loop stops, but carries nothing", node)
        if node.op is while_:
            test = node.blocks[0]
            if len(test.params) != n or len(test.results) != 1:
                raise self.fail("the test has a wrong number of params", node)

    def call(self, node: Node) -> None:
        if node.blocks or "callee" not in node.params:
            raise self.fail("a call has a callee and no blocks", node)
        if self.program is None:
            return
        callee = self.callee(node, self.program)
        if len(callee.body.params) != len(node.inputs):
            count = len(callee.body.params)
            raise self.fail(f"{callee.name!r} takes {count} arguments", node)
        if len(callee.body.results) != len(node.outputs):
            count = len(callee.body.results)
            raise self.fail(f"{callee.name!r} gives {count} results", node)

    def callee(self, node: Node, program: Program) -> Graph:
        for key in callees(node):
            if key not in program.graphs:
                raise self.fail(f"no graph {key!r}", node)
        return program.graphs[node.params["callee"]]


def _admits(t: Type, literal: Type) -> bool:
    """Whether a literal of the second type may carry the first."""
    if isinstance(t, Unknown):
        return True
    if isinstance(t, Scalar) and isinstance(literal, Scalar):
        return (t.kind, t.dtype) == (literal.kind, literal.dtype)
    if isinstance(t, Static) and isinstance(literal, Static):
        return t.value is literal.value or bool(t.value == literal.value)
    return not isinstance(literal, (Scalar, Static)) or isinstance(literal, Static)


def _walkable(t: Type) -> bool:
    inner = t.inner if isinstance(t, Maybe) else t
    return isinstance(inner, (Range, List, Unknown, Bottom, Tuple))


def _static(value: object) -> bool:
    if isinstance(value, (Value, Block, Node)):
        return isinstance(value, Literal)
    if isinstance(value, Mapping):
        return all(map(_static, value.values()))
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return isinstance(value, range) or all(map(_static, value))
    return True
