"""When operations raise: as conditions to ask before, and the classes that none tells.

Takes nodes; gives what Python's `except` clauses would see of them. A compiler that
cannot catch by class asks instead (`passes/asked_first.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value
from srcad.ir.types import BOOL, Scalar, Type, dims_of, dtype_of, kind_of, same_dims
from srcad.ops.arithmetic import (
    equal,
    greater,
    greater_equal,
    is_python,
    less,
    less_equal,
    not_,
)
from srcad.ops.declare import Op, zero
from srcad.ops.domain import Sample, value_at
from srcad.ops.raising import TOTAL, may_raise
from srcad.ops.rounding import isinf, isnan

Kind = type[BaseException]
Test = tuple[Kind, Callable[[], Value]]

# What a call of NumPy raises where shapes, places or types do not fit.
GENERIC: tuple[Kind, ...] = (ValueError, IndexError, TypeError)
ANY: tuple[Kind, ...] = (BaseException,)

# ---- factorisations ------------------------------------------------------------------

SWAPPED = np.array([[0.0, 1.0], [1.0, 0.0]])
NAN = np.full((2, 2), np.nan)


def _question(name: str, yes: Sequence[Any], no: Sequence[Any]) -> Op:
    def points() -> list[Sample]:
        return [
            *(value_at(a, expected=lambda a: True) for a in yes),
            *(value_at(a, expected=lambda a: False) for a in no),
        ]

    return zero(
        name,
        signature="a",
        infer=lambda a: BOOL,
        code=f"runtime.{name}(a)",
        domain=points,
    )


# Whether `np.linalg.cholesky` of a matrix raises; whether `solve` and `inv` do.
not_definite = _question("not_definite", (SWAPPED, NAN, -np.eye(2)), (np.eye(2),))
singular = _question("singular", (np.ones((2, 2)),), (np.eye(2), SWAPPED, NAN))

# ---- numbers -------------------------------------------------------------------------


def _divisor(node: Node) -> list[Test]:
    return [(ZeroDivisionError, lambda: equal(node.inputs[1], 0))]


def _by_math(outside: Callable[[Value], Value]) -> Callable[[Node], list[Test]]:
    """`math` raises where NumPy gives nan."""

    def tests(node: Node) -> list[Test]:
        return [(ValueError, lambda: outside(node.inputs[0]))]

    return tests


def _whole(node: Node) -> list[Test]:
    x = node.inputs[0]
    if kind_of(x.type) != "float":
        return []
    return [
        (ValueError, lambda: isnan(x, via="math")),
        (OverflowError, lambda: isinf(x, via="math")),
    ]


def _square_above_one(x: Value) -> Value:
    return greater(x * x, 1.0)


DIVISIONS = ("divide", "floor_divide", "remainder")
MATH: Mapping[str, Callable[[Value], Value]] = {
    "sqrt": lambda x: less(x, 0.0),
    "math_log": lambda x: less_equal(x, 0.0),
    "log2": lambda x: less_equal(x, 0.0),
    "log10": lambda x: less_equal(x, 0.0),
    "log1p": lambda x: less_equal(x, -1.0),
    "arcsin": _square_above_one,
    "arccos": _square_above_one,
    "arccosh": lambda x: less(x, 1.0),
    "arctanh": lambda x: greater_equal(x * x, 1.0),
}
FACTORED: Mapping[str, Op] = {
    "cholesky": not_definite,
    "solve": singular,
    "inv": singular,
}
# Next to these of Python's numbers, others overflow (math.exp) or divide (0.0 ** -1.0).
PLAIN = frozenset(
    ("fabs", "floor", "ceil", "trunc", "isnan", "isinf", "isfinite", "radians")
)
# Operations that no call of the user's stands for, and that factor nothing.
READS = frozenset(("getitem", "list_get"))
INTERNAL = frozenset(("add_at", "cast", "getitem", "list_get", "list_set", "update"))


def tests(node: Node) -> list[Test]:
    """The classes of exceptions of a node that a condition on its inputs foretells."""
    name, first = getattr(node.op, "name", ""), node.inputs[0] if node.inputs else None
    numbers = all(isinstance(v.type, Scalar) for v in node.inputs)
    if name == "assert_" and first is not None:
        return [(AssertionError, lambda: not_(first))]
    if name in DIVISIONS and numbers:
        return _divisor(node) if _python(node) else []
    if name in MATH and numbers and _is_math(node) and len(node.inputs) == 1:
        return _by_math(MATH[name])(node)
    if name == "to_int" and numbers:
        return _whole(node)
    if name in FACTORED and first is not None and _is_matrix(first.type):
        return [(np.linalg.LinAlgError, lambda: FACTORED[name](first))]
    return []


def untold(node: Node) -> tuple[Kind, ...]:
    """The classes of exceptions of a node that no condition foretells."""
    name = getattr(node.op, "name", "")
    if name in ("assert_", "print_"):
        return ()
    if not isinstance(node.op, Op) or node.op.effect:
        return ANY
    numbers = all(isinstance(v.type, Scalar) for v in (*node.inputs, *node.outputs))
    if not may_raise(node) or (numbers and name in TOTAL):
        return ()
    if numbers and (name in DIVISIONS or name == "to_int" or _is_math(node)):
        known = name in MATH or name in PLAIN or not _is_math(node)
        real = all(kind_of(v.type) != "complex" for v in node.inputs)
        return () if known and real else (*GENERIC, OverflowError, ZeroDivisionError)
    if numbers and name == "power" and _python(node):
        return OverflowError, ZeroDivisionError
    if name in READS or (name == "update" and _is_number(node.inputs[1])):
        return IndexError, TypeError
    if node.op.kind == "elementwise" and all(_fits(v, node.out) for v in node.inputs):
        return ()
    if name in FACTORED:
        return GENERIC if _is_matrix(node.inputs[0].type) else ANY
    return ANY if _factors(node.op) else GENERIC


def _is_number(value: Value) -> bool:
    return isinstance(value.type, Scalar)


def _fits(value: Value, out: Value) -> bool:
    """Whether an operand of an elementwise result surely has a shape that fits."""
    return _is_number(value) or same_dims(value.type, out.type)


def _factors(op: Op) -> bool:
    """Whether an operation may be one of those that raise errors of linear algebra."""
    if op.name in INTERNAL:
        return False
    homes = [c if isinstance(c, str) else f"{c.__module__}" for c in op.calls]
    return not homes or any("linalg" in home or "scipy" in home for home in homes)


def _python(node: Node) -> bool:
    """Whether all inputs are Python's numbers."""
    return all(is_python(v.type) for v in node.inputs)


def _is_math(node: Node) -> bool:
    name = getattr(node.op, "name", "")
    return node.params.get("via") == "math" or name.startswith("math_")


def _is_matrix(t: Type) -> bool:
    return len(dims_of(t) or ()) == 2 and dtype_of(t) == "float64"
