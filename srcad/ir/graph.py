"""Value, Node, Block, Graph, Program: the computational graph in structured SSA form.

Everything is frozen and compared by identity. No node changes a value. Branches and
loops are nodes that hold blocks (`srcad/ir/structure.py` says how each is laid out); a
block may read any value above it and gives out values only as results.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from srcad.errors import Span
from srcad.ir.types import Bottom, Static, Type, python_kind

T = TypeVar("T")


class Operation(Protocol):
    """What the graph asks of an operation; `srcad/ops/declare.py` has the rest."""

    @property
    def name(self) -> str:
        """Unique among all operations."""
        ...

    @property
    def effect(self) -> bool:
        """Whether its nodes are ordered, and never repeated, merged or dropped."""
        ...


# How Value's operators make nodes: name -> function of values. The operations live one
# floor up, so `srcad/ops/arithmetic.py` fills this table in.
OPERATORS: dict[str, Callable[..., Value]] = {}


@dataclass(frozen=True, eq=False, slots=True)
class Value:
    """One SSA value.

    name : the user's name for it, or "" for a part of an expression.
    """

    name: str
    type: Type

    def __add__(self, other: Operand) -> Value:
        return OPERATORS["+"](self, other)

    def __radd__(self, other: Operand) -> Value:
        return OPERATORS["+"](other, self)

    def __sub__(self, other: Operand) -> Value:
        return OPERATORS["-"](self, other)

    def __rsub__(self, other: Operand) -> Value:
        return OPERATORS["-"](other, self)

    def __mul__(self, other: Operand) -> Value:
        return OPERATORS["*"](self, other)

    def __rmul__(self, other: Operand) -> Value:
        return OPERATORS["*"](other, self)

    def __truediv__(self, other: Operand) -> Value:
        return OPERATORS["/"](self, other)

    def __rtruediv__(self, other: Operand) -> Value:
        return OPERATORS["/"](other, self)

    def __pow__(self, other: Operand) -> Value:
        return OPERATORS["**"](self, other)

    def __rpow__(self, other: Operand) -> Value:
        return OPERATORS["**"](other, self)

    def __matmul__(self, other: Operand) -> Value:
        return OPERATORS["@"](self, other)

    def __neg__(self) -> Value:
        return OPERATORS["neg"](self)

    def __lt__(self, other: Operand) -> Value:
        return OPERATORS["<"](self, other)

    def __le__(self, other: Operand) -> Value:
        return OPERATORS["<="](self, other)

    def __gt__(self, other: Operand) -> Value:
        return OPERATORS[">"](self, other)

    def __ge__(self, other: Operand) -> Value:
        return OPERATORS[">="](self, other)

    def __repr__(self) -> str:
        return f"<{self.name or 'value'}: {self.type}>"


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Literal(Value):
    """A constant. It needs no node; two literals of one value are interchangeable."""

    value: Any = None

    def __repr__(self) -> str:
        return f"<{self.value!r}>"


class Undefined:
    """What a name not bound yet holds: the single value `UNDEFINED`."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = Undefined()
Operand = Value | complex


def literal(value: object) -> Literal:
    """The constant `value`; `UNDEFINED` has the type `Bottom`."""
    if value is UNDEFINED:
        return Literal("", Bottom(), value)
    return Literal("", python_kind(value), value)


def as_value(operand: object) -> Value:
    """A value stays; a Python or NumPy number becomes a literal."""
    return operand if isinstance(operand, Value) else literal(operand)


def is_literal(value: Value, *constants: object) -> bool:
    """Whether a value is a literal, equal to one of the constants where some are given.

    -0.0 is not 0.0 and True is not 1 here.
    """
    if not isinstance(value, Literal):
        return False
    known = value.value
    for c in constants:
        if type(known) is type(c) and repr(known) == repr(c):
            return True
    return not constants


NO_PARAMS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """A sequence of nodes with parameters and results.

    facts : what was found out about it (`fact`).
    """

    params: tuple[Value, ...]
    nodes: tuple[Node, ...]
    results: tuple[Value, ...]
    facts: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """One operation applied to values.

    params : static facts (an axis, the layout of an index); never values or blocks.
    span : the user's code it stands for; adjoint nodes inherit their primal's.
    """

    op: Operation
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    params: Mapping[str, Any] = field(default_factory=lambda: NO_PARAMS)
    blocks: tuple[Block, ...] = ()
    span: Span | None = None

    @property
    def out(self) -> Value:
        """The single output."""
        (value,) = self.outputs
        return value


@dataclass(frozen=True, eq=False, slots=True)
class Graph:
    """A function.

    body : its parameters, nodes and results. The first `len(arguments)` parameters are
        the user's; hidden ones for `bindings` follow.
    source : the user's function it was lowered from (`srcad.source.FunctionSource`).
    bindings : for each hidden parameter, where dispatch reads it at each call.
    watched : it is called where exceptions are caught, so what may raise stays.
    """

    name: str
    body: Block
    source: Any = None
    bindings: tuple[Any, ...] = ()
    watched: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Program:
    """Graphs that call one another by key; `main` is the one the user asked about.

    residuals : for each `Residual` key, the types of what it holds.
    """

    main: Any
    graphs: Mapping[Any, Graph] = field(default_factory=dict)
    residuals: Mapping[Any, tuple[Type, ...]] = field(default_factory=dict)

    @property
    def graph(self) -> Graph:
        """The main graph."""
        return self.graphs[self.main]


def nodes_of(block: Block) -> Iterator[Node]:
    """All nodes of a block, in order, each before those of its own blocks."""
    inside = [iter(block.nodes)]  # no recursion: blocks may nest thousands deep
    while inside:
        for node in inside[-1]:
            yield node
            if node.blocks:
                inside += [iter(inner.nodes) for inner in reversed(node.blocks)]
                break
        else:
            inside.pop()


def fact(find: Callable[[Block], T]) -> Callable[[Block], T]:
    """A question about a block that is answered once, for a block never changes.

    So a question about a branch in a branch in a branch takes no longer for all of
    them than for one.
    """

    @functools.wraps(find)
    def ask(block: Block) -> T:
        if find not in block.facts:
            block.facts[find] = find(block)
        answer: T = block.facts[find]
        return answer

    return ask


@fact
def free_values(block: Block) -> Mapping[Value, int]:
    """How often a block reads each value that it does not define, by first use."""
    found: dict[Value, int] = {}
    defined = set(block.params)

    def read(values: Iterable[Value]) -> None:
        for v in values:
            if v not in defined and not isinstance(v, Literal):
                found[v] = found.get(v, 0) + 1

    for node in block.nodes:
        read(node.inputs)
        for inner in node.blocks:
            for v, count in free_values(inner).items():
                if v not in defined:
                    found[v] = found.get(v, 0) + count
        defined.update(node.outputs)
    read(block.results)
    return found


def static_value(value: Value) -> Any:
    """The constant behind a literal or a value of static type.

    Raises
    ------
    LookupError
        The value is not known before the program runs.
    """
    if isinstance(value, Literal):
        return value.value
    if isinstance(value.type, Static):
        return value.type.value
    raise LookupError(f"{value!r} is not known before the program runs")
