"""Operations that solve an equation: the derivative is that of an implicit function.

    gdtrix = solving("gdtrix", "a, b, p", level="p", unknown="x",
                     formula=lambda a, b, x: gammainc(b, a * x), ...)

is the x at which the formula is p. Its tangent is (that of p minus that of the formula
at a fixed x) over the slope of the formula by x.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from srcad.ir.graph import Literal, Node, Value, literal
from srcad.ops.arithmetic import quotient
from srcad.ops.declare import Op
from srcad.ops.families import special_type
from srcad.ops.fit import shaped_like
from srcad.ops.formulas import by_tangent, pushed, traced

Formula = Callable[..., Any]


def solved_tangent(
    node: Node, tangents: Sequence[Value | None], level: int, formula: Formula
) -> Value | None:
    """The tangent of an output for which `formula(out, *others)` is an input.

    level : the position of that input. others : the other inputs, in their order.
    """
    out = node.out
    others = [x for k, x in enumerate(node.inputs) if k != level]
    moving = {
        x: t
        for k, (x, t) in enumerate(zip(node.inputs, tangents, strict=True))
        if k != level and t is not None and not isinstance(x, Literal)
    }
    nodes, value = traced(lambda: formula(out, *others))
    slope = pushed(nodes, {out: literal(1.0)}).get(value)
    shift = pushed(nodes, moving).get(value) if moving else None
    total = tangents[level]
    if shift is not None:
        total = -shift if total is None else total - shift
    if total is None or slope is None:
        return None
    return shaped_like(quotient(total, slope), out)


def slope_of(formula: Formula, k: int, *inputs: Value) -> Value:
    """The derivative of an elementwise formula by its k-th input."""
    nodes, value = traced(lambda: formula(*inputs))
    found = pushed(nodes, {inputs[k]: literal(1.0)}).get(value)
    return literal(0.0) if found is None else found


def solving(
    name: str,
    signature: str,
    *,
    level: str,
    unknown: str,
    formula: Formula,
    **facts: Any,
) -> Op:
    """A function of `scipy.special` that gives where a formula is `level`.

    formula : of the signature's names, with `unknown` in place of `level` or added;
        called by keyword, or an operation of these. The function gives the argument
        `unknown`.
    """
    names = [n.strip() for n in signature.split(",")]
    rest = [n for n in names if n != level]

    def equation(out: Value, *others: Value) -> Any:
        named = {unknown: out, **dict(zip(rest, others, strict=True))}
        if isinstance(formula, Op):
            return formula(*(named[n] for n in formula.parameters))
        return formula(**named)

    def tangent(node: Node, tangents: Sequence[Value | None]) -> Value | None:
        return solved_tangent(node, tangents, names.index(level), equation)

    return by_tangent(
        name,
        calls=(f"scipy.special.{name}",),
        infer=special_type(name),
        signature=signature,
        tangent=tangent,
        **facts,
    )
