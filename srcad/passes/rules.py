"""Algebra as a table: operation -> rules that give a simpler value, or None.

A rule takes the inputs and params of a node about to be written. It may write nodes
itself, through the operations, so what it writes is simplified in turn.

`exact` rules keep every bit of the result; `adjoint` rules may also reorder floating
products and sums, and are meant for code that srcad made. The two hooks,
`rewrite_exact` and `rewrite_adjoint`, are for `Builder.rewrite`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from srcad.ir.builder import Builder, Rewrite, current
from srcad.ir.graph import Block, Literal, Node, Value, is_literal, nodes_of
from srcad.ir.types import (
    Array,
    Maybe,
    Scalar,
    Type,
    dtype_of,
    is_python_int,
    kind_of,
    same_dims,
)
from srcad.ir.walk import uses
from srcad.ops.declare import OPS, Op, same_constant

Inputs = tuple[Value, ...]
Params = Mapping[str, Any]
Rule = Callable[[Inputs, Params], Value | None]

EXACT: dict[str, list[Rule]] = {}
ADJOINT: dict[str, list[Rule]] = {}

ONES = (1, 1.0)
ZEROS = (0, 0.0)


def exact(*names: str) -> Callable[[Rule], Rule]:
    """Enter a rule that keeps every bit, for the operations of these names."""

    def enter(rule: Rule) -> Rule:
        for name in names:
            EXACT.setdefault(name, []).append(rule)
            ADJOINT.setdefault(name, []).append(rule)
        return rule

    return enter


def adjoint(*names: str) -> Callable[[Rule], Rule]:
    """Enter a rule for code that srcad made."""

    def enter(rule: Rule) -> Rule:
        for name in names:
            ADJOINT.setdefault(name, []).append(rule)
        return rule

    return enter


def applied(
    table: Mapping[str, list[Rule]], op: Any, inputs: Inputs, params: Params
) -> Value | None:
    """What the first rule that applies gives."""
    for rule in table.get(op.name, ()):
        found = rule(inputs, params)
        if found is not None:
            return found
    return None


# ---- what rules ask ------------------------------------------------------------------


def op(name: str) -> Op:
    """The operation of this name."""
    return OPS[name]


def made_by(value: Value, *names: str) -> Node | None:
    """The node that made a value, where it is one of these operations."""
    node = current().definitions.get(value)
    return node if node is not None and node.op.name in names else None


class Counting(Builder):
    """A builder that knows how often values are read in the graph being rewritten.

    firsts : for values, what `before_all` found.
    """

    def __init__(
        self, parent: Builder | None, rewrite: Rewrite, uses: Mapping[Value, int]
    ) -> None:
        super().__init__(parent, rewrite)
        self.uses = uses
        self.firsts: dict[tuple[Value, str], Node | None] = {}


def readers(body: Block) -> Mapping[Value, int]:
    """How often values are read; what is only ever scaled is read by the scales."""
    counted, plain = uses(body), set(body.results)
    for node in nodes_of(body):
        if node.op.name in ("negative", "multiply"):
            plain.update(v for v in node.inputs if not _scaled(node, v))
        else:
            plain.update(node.inputs)
        for block in node.blocks:
            plain.update(block.results)
    return {v: n if v in plain else 1 for v, n in counted.items()}


def _scaled(node: Node, value: Value) -> bool:
    """Whether a node gives this value times a literal."""
    if node.op.name == "negative":
        return True
    return node.op.name == "multiply" and any(
        number(v) is not None for v in node.inputs if v is not value
    )


def before_all(value: Value, name: str) -> Node | None:
    """The node before a row of nodes of an operation, each reading the one before.

    A row is walked once, not again for each node that comes to it. Not known while
    adjoints are written.
    """
    builder = current()
    if not isinstance(builder, Counting):
        return None
    row = []
    while (value, name) not in builder.firsts:
        row.append((value, name))
        node = made_by(value, name)
        if node is None:
            found = builder.definitions.get(value)
            break
        value = node.inputs[0]
    else:
        found = builder.firsts[value, name]
    builder.firsts.update(dict.fromkeys(row, found))
    return found


def used_once(value: Value) -> bool:
    """Whether taking a value's computation apart leaves nobody who still needs it.

    Not known while adjoints are written: only the pass takes products apart.
    """
    return isinstance(current(), Counting) and reads(value) <= 1


def reads(value: Value) -> int:
    """How often a value is read in the graph being rewritten; 1 where unknown."""
    builder = current()
    return builder.uses.get(value, 1) if isinstance(builder, Counting) else 1


def number(value: Value) -> Any:
    """The Python number behind a literal, or None (bool is no number here)."""
    if isinstance(value, Literal) and type(value.value) in (int, float, complex):
        return value.value
    return None


def fits(value: Value, expected: Type) -> bool:
    """Whether a value may stand where one of the expected type did: the same shape,
    dtype, and NumPy or Python."""
    return same_type(value.type, expected)


def same_type(a: Type, b: Type) -> bool:
    """Whether numbers or arrays of these types are interchangeable."""
    if a == b:
        return True
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return a.kind == b.kind and a.dtype == b.dtype
    if isinstance(a, Array) and isinstance(b, Array):
        return a.dtype == b.dtype and same_dims(a, b)
    return False


def is_scalar(value: Value) -> bool:
    """Whether a value is a floating or other number, and no array."""
    return isinstance(value.type, Scalar)


def is_array(value: Value) -> bool:
    """Whether a value is known to be an array."""
    return isinstance(value.type, Array)


def is_floating(t: Type) -> bool:
    """Whether a type is float or complex, of known dtype."""
    return kind_of(t) in ("float", "complex") and not isinstance(t, Maybe)


def is_coefficient(value: Value) -> bool:
    """Whether a number is floating, or a Python int."""
    return is_floating(value.type) or is_python_int(value.type)


def can_be_negated(value: Value) -> bool:
    """Whether -value is exact."""
    return is_coefficient(value)


def negated(value: Value) -> Value | None:
    """x, for a value that is -x."""
    node = made_by(value, "negative")
    if node is None or not can_be_negated(node.inputs[0]):
        return None
    return node.inputs[0]


def result_type(name: str, *inputs: Value) -> Type:
    """The type that an operation gives of these inputs."""
    found: Type = op(name).infer(*(v.type for v in inputs))
    return found


def same_value(a: Value, b: Value) -> bool:
    """Whether two values are one, or equal literals."""
    if a is b:
        return True
    return isinstance(a, Literal) and isinstance(b, Literal) and is_literal(a, b.value)


def same_values(a: Sequence[Value], b: Sequence[Value]) -> bool:
    """Whether two sequences hold the same values."""
    return len(a) == len(b) and all(map(same_value, a, b))


def same_computation(a: Value, b: Value, depth: int = 3) -> bool:
    """Whether two values are one, or made the same way from the same values."""
    if same_value(a, b):
        return True
    x, y = current().definitions.get(a), current().definitions.get(b)
    if depth == 0 or x is None or y is None or x.op is not y.op:
        return False
    if x.op.effect or x.blocks or len(x.outputs) != 1 or len(x.inputs) != len(y.inputs):
        return False
    if not same_params(x.params, y.params):
        return False
    pairs = zip(x.inputs, y.inputs, strict=True)
    return all(same_computation(p, q, depth - 1) for p, q in pairs)


def same_params(a: Params, b: Params) -> bool:
    """Whether two nodes of one operation have the same static params."""
    return a.keys() == b.keys() and all(same_constant(a[k], b[k]) for k in a)


def dtype_kept(old: Type, new: Type) -> bool:
    """Whether two types have the same dtype and are both NumPy's or both Python's."""
    typed_old, typed_new = _typed(old), _typed(new)
    return dtype_of(old) == dtype_of(new) and typed_old == typed_new


def _typed(t: Type) -> bool:
    return isinstance(t, Array) or (isinstance(t, Scalar) and bool(t.dtype))
