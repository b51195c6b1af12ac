"""Operations that are given a function: what their rules are made of.

A rule needs derivatives of the graph that a node names, so it cannot stand beside the
operation's declaration. Rules are entered in `RULES` by the modules beside this one;
`forward.py` and `reverse.py` enter themselves in `MODES` and ask the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from srcad.ad.leaves import Path, at, leaf_types
from srcad.errors import MissingRule
from srcad.ir.builder import Builder, current
from srcad.ir.graph import Block, Graph, Node, Program, Value
from srcad.ir.types import Array, List, Scalar, Type, is_inexact, kind_of, unwrapped
from srcad.ir.walk import defined_in, inlined
from srcad.ops.containers import cotangent_type
from srcad.ops.declare import Op
from srcad.ops.solvers import SOLVERS, Given, Solver, given_of, solver_params
from srcad.passes.dce import dce
from srcad.passes.simplify import rewrite_adjoint

Leaves = dict[Path, Value]
SMALL = 8  # so many nodes are written out where a function would be called
MODES: dict[str, Callable[..., Program]] = {}


@dataclass(frozen=True)
class Rule:
    """The derivative of an operation that is given a function.

    jvp : (node, tangent of each input or None) -> tangents of leaves of the output.
    vjp : (node, cotangents of leaves of the output, whether each input is active)
        -> one contribution per input, by its position.
    flat : leaves whose derivative is zero. Of others than those that have one, a
        derivative is refused, for the reason in `refused`.
    """

    jvp: Callable[[Asked, Sequence[Value | None]], Leaves]
    vjp: Callable[[Asked, Leaves, Sequence[bool]], dict[int, Value]]
    leaves: frozenset[Path]
    flat: frozenset[Path] = frozenset()
    refused: str = ""


RULES: dict[Op, Rule] = {}


class Functions:
    """Derivatives of a program's graphs, each made when it is first asked for."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.graphs: dict[Any, Graph] = {}
        self.residuals: dict[Any, tuple[Type, ...]] = {}

    def graph(self, key: Any) -> Graph:
        """A graph of the program, or one made here."""
        return self.graphs[key] if key in self.graphs else self.program.graphs[key]

    def push(self, callee: Any, wrt: tuple[int, ...]) -> Any:
        """A graph that takes tangents of some arguments too; gives the result's."""
        return self._derived(callee, wrt, "push", "jvp", "forward")

    def pull(self, callee: Any, wrt: tuple[int, ...]) -> Any:
        """A graph that takes a cotangent too; gives those of some arguments."""
        return self._derived(callee, wrt, "pull", "vjp", "reverse", seeded=True)

    def gradient(self, callee: Any, wrt: tuple[int, ...]) -> Any:
        """A graph that gives the gradient by some arguments; the result is a number."""
        return self._derived(callee, wrt, "gradient", "grad", "reverse")

    def _derived(
        self,
        callee: Any,
        wrt: tuple[int, ...],
        kind: str,
        suffix: str,
        mode: str,
        **how: bool,
    ) -> Any:
        key = callee, wrt, kind
        if key not in self.graphs:
            graphs = {**self.program.graphs, **self.graphs}
            residuals = {**self.program.residuals, **self.residuals}
            whole = MODES[mode](Program(callee, graphs, residuals), wrt, **how)
            self.graphs.update(whole.graphs)
            self.residuals.update(whole.residuals)
            main = whole.graph
            body = replace(main.body, results=main.body.results[1:])
            self.graphs[key] = dce(
                replace(main, name=f"{self.graph(callee).name}_{suffix}", body=body)
            )
        return key

    def made(
        self,
        key: Any,
        name: str,
        params: Sequence[Value],
        write: Callable[[], Sequence[Value]],
    ) -> Any:
        """A new graph, of what `write` writes into the builder in use."""
        if key not in self.graphs:
            builder = Builder(rewrite=rewrite_adjoint)
            builder.span = current().span
            with builder.active():
                results = tuple(write())
            body = Block(tuple(params), tuple(builder.nodes), results)
            self.graphs[key] = dce(Graph(name, body))
        return key


@dataclass
class Asked:
    """A node whose rule is asked, and what the rule can do with its function.

    The function is called with `own`, what the operation calls it with, and with what
    it captured; a position counts all of these. `wanted` are the leaves of the output
    whose derivative is asked for.
    """

    node: Node
    functions: Functions
    wanted: frozenset[Path] = frozenset()
    given: Given = field(init=False)

    def __post_init__(self) -> None:
        self.given = given_of(self.node)

    @property
    def callee(self) -> Any:
        """The key of the function."""
        return self.node.params["callee"]

    @property
    def captured(self) -> tuple[Value, ...]:
        """What the function captured."""
        return self.given.captured

    @property
    def count(self) -> int:
        """How many arguments the operation calls the function with."""
        return len(self.solver.takes)

    @property
    def solver(self) -> Solver:
        """The operation's declaration."""
        return SOLVERS[self._op]

    @property
    def _op(self) -> Op:
        assert isinstance(self.node.op, Op)
        return self.node.op

    def within(self, captured: Sequence[Value]) -> Asked:
        """The same where other values stand for what is captured: in a new graph."""
        inside = Asked(self.node, self.functions)
        inside.given = replace(self.given, captured=tuple(captured))
        return inside

    def out(self, *path: Any) -> Value:
        """A leaf of the node's output."""
        return at(self.node.out, path)

    # ---- the function --------------------------------------------------------------

    def dots(self, tangents: Sequence[Value | None]) -> dict[int, Value]:
        """The tangents of what is captured, by position."""
        found = tangents[self.given.before :]
        return {self.count + k: t for k, t in enumerate(found) if t is not None}

    def moving(self, active: Sequence[bool]) -> tuple[int, ...]:
        """The positions of what is captured and active."""
        found = active[self.given.before :]
        return tuple(self.count + k for k, on in enumerate(found) if on)

    def by_input(self, positions: Sequence[int], values: Sequence[Value]) -> Any:
        """Contributions by the node's inputs, for positions of what is captured."""
        shift = self.given.before - self.count
        return {k + shift: g for k, g in zip(positions, values, strict=True)}

    def value(self, own: Sequence[Value], t: Type) -> Value:
        """What the function gives, of this type."""
        (found,) = self._call(self.callee, [*own, *self.captured], [t])
        return found

    def push(
        self, own: Sequence[Value], dots: Mapping[int, Value], t: Type, of: Any = None
    ) -> Value:
        """The tangent of what the function gives, of this type."""
        callee = self.callee if of is None else of
        wrt = tuple(sorted(dots))
        key = self.functions.push(callee, wrt)
        inputs = [*own, *self.captured, *(dots[k] for k in wrt)]
        (found,) = self._call(key, inputs, [cotangent_type(t)])
        return found

    def pull(
        self,
        own: Sequence[Value],
        wrt: Sequence[int],
        seed: Value | None = None,
        of: Any = None,
    ) -> tuple[Value, ...]:
        """The cotangents of arguments; `seed` None: the function gives a number."""
        callee = self.callee if of is None else of
        inputs = [*own, *self.captured]
        types = [cotangent_type(inputs[k].type) for k in wrt]
        if seed is None:
            key = self.functions.gradient(callee, tuple(wrt))
            return self._call(key, inputs, types)
        key = self.functions.pull(callee, tuple(wrt))
        return self._call(key, [*inputs, seed], types)

    def _call(
        self, key: Any, inputs: Sequence[Value], types: Sequence[Type]
    ) -> tuple[Value, ...]:
        """Call a graph; what a formula says stands in place of its call."""
        body = self.functions.graph(key).body
        if len(body.nodes) > SMALL or not all(map(_is_number, defined_in(body))):
            return current().call(key, inputs, types)
        nodes, results = inlined(body, [*inputs])
        for node in nodes:
            current().add(node)
        return tuple(results)

    # ---- the operation -------------------------------------------------------------

    def again(
        self,
        callee: Any,
        operands: Sequence[Value],
        captured: Sequence[Value],
        t: Type,
        op: Op | None = None,
        options: Mapping[str, Value] | None = None,
    ) -> Value:
        """The same operation for another function."""
        options = self.given.options if options is None else options
        params = solver_params(callee, len(operands), tuple(options))
        inputs = [*operands, *options.values(), *captured]
        (found,) = current().emit(op or self._op, inputs, [t], params)
        return found


def parts_of(value: Value) -> Leaves:
    """The numbers, arrays and lists of numbers in a value that is captured.

    Raises
    ------
    MissingRule
        It holds something else.
    """
    found: Leaves = {}
    for path, t in leaf_types(value.type).items():
        inner = unwrapped(t)
        listed = isinstance(inner, List) and isinstance(inner.item, Scalar)
        plain = listed or isinstance(inner, (Scalar, Array))
        if not plain or kind_of(t) == "complex":
            shown = "".join(f"[{k!r}]" for k in path)
            raise MissingRule(
                f"the function that is given here reads {value.name or 'a container'}"
                f"{shown} from outside, which is no real number or array",
                hint="read the numbers and arrays out of it before, or the real and "
                "imaginary parts, and use those",
            )
        if is_inexact(t):
            found[path] = at(value, path)
    return found


def _is_number(value: Value) -> bool:
    return isinstance(unwrapped(value.type), Scalar)


def ask_tangents(
    node: Node,
    tangents: Sequence[Value | None],
    active: frozenset[Path],
    functions: Functions,
) -> Leaves:
    """The tangents of the leaves of a node's output."""
    rule = _rule(node, active)
    return rule.jvp(Asked(node, functions, active), tangents)


def ask_cotangents(
    node: Node, cotangents: Leaves, active: Sequence[bool], functions: Functions
) -> dict[int, Value]:
    """The contributions to a node's inputs, by position."""
    rule = _rule(node, cotangents)
    wanted = {p: g for p, g in cotangents.items() if p in rule.leaves}
    if not wanted:
        return {}
    return rule.vjp(Asked(node, functions, frozenset(wanted)), wanted, active)


def _rule(node: Node, wanted: Any) -> Rule:
    assert isinstance(node.op, Op)
    rule = RULES[node.op]
    for path in wanted:
        if path not in rule.leaves and path not in rule.flat:
            shown = "".join(f"[{k!r}]" for k in path)
            raise MissingRule(
                f"{shown} of what {node.op.name} gives has no derivative rule",
                hint=rule.refused or "keep it out of what is differentiated",
            )
    return rule
