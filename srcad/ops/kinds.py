"""The kinds that write most rules by themselves: elementwise, linear, bilinear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from srcad.ir.graph import Literal, Node, Value, as_value
from srcad.ops.declare import Contribution, Infer, Op, declared
from srcad.ops.fit import known, matched, shaped_like, zeros_of
from srcad.ops.mask import through_mask
from srcad.ops.refused import Refused


def elementwise(
    name: str,
    *,
    infer: Infer,
    partials: Callable[..., Sequence[Any]],
    signature: str = "x",
    **facts: Any,
) -> Op:
    """A broadcasting function of each element, with one partial derivative per input.

    `partials(out, *inputs)` gives them as values or numbers; None stands for zero, and
    a function of g for the product of g with the partial, where that reads or computes
    better (`lambda g: g / y`); `Refused` where there is no formula.
    """

    def weights(node: Node) -> Sequence[Any]:
        return partials(node.out, *node.inputs)

    def jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
        total: Value | None = None
        for weight, tangent in zip(weights(node), tangents, strict=True):
            if weight is None or tangent is None:
                continue
            term = scaled(tangent, weight)
            total = term if total is None else total + term
        return [None if total is None else shaped_like(total, node.out)]

    def vjp(node: Node, cotangents: Sequence[Value | None]) -> list[Contribution]:
        g = known(cotangents[0])
        return [
            None
            if weight is None or isinstance(x, Literal)
            else weight
            if isinstance(weight, Refused)
            else matched(weighed(g, weight), x)
            for weight, x in zip(weights(node), node.inputs, strict=True)
        ]

    facts = {"code": None, **facts}
    return declared(
        Op(name, signature, infer, kind="elementwise", jvp=jvp, vjp=vjp, **facts)
    )


def weighed(g: Value, weight: Any) -> Value:
    """`scaled` for a cotangent: where it is masked, the mask is applied last."""
    return through_mask(g, lambda inner: scaled(inner, weight))


def scaled(g: Value, weight: Any) -> Value:
    """g times a partial, without a node for the partials 1 and -1."""
    if isinstance(weight, Literal):
        weight = weight.value
    if isinstance(weight, Value):
        return g * weight
    if callable(weight):
        product: Value = weight(g)
        return product
    if weight in (1, -1):
        return g if weight == 1 else -g
    return g * as_value(weight)


def linear(
    name: str,
    *,
    infer: Infer,
    signature: str,
    transpose: Callable[..., Any],
    args: Sequence[int] | None = (0,),
    **facts: Any,
) -> Op:
    """A function linear in some of its inputs together, the others being fixed.

    args : positions of the linear inputs; None for all.
    transpose : `transpose(g, node)` gives one contribution per linear input (just that
        contribution where `args` has one entry).
    """

    def positions(node: Node) -> Sequence[int]:
        return range(len(node.inputs)) if args is None else args

    def jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
        where = positions(node)
        if all(tangents[k] is None for k in where):
            return [None]
        inputs = list(node.inputs)
        for k in where:
            inputs[k] = tangents[k] or zeros_of(node.inputs[k])
        return [op(*inputs, **node.params)]

    def vjp(node: Node, cotangents: Sequence[Value | None]) -> list[Contribution]:
        found = transpose(cotangents[0], node)
        if args is not None and len(args) == 1:
            found = [found]
        result: list[Contribution] = [None] * len(node.inputs)
        for k, contribution in zip(positions(node), found, strict=True):
            result[k] = contribution
        return result

    facts = {"code": None, **facts}
    op = declared(Op(name, signature, infer, kind="linear", jvp=jvp, vjp=vjp, **facts))
    return op


def bilinear(
    name: str,
    *,
    infer: Infer,
    signature: str,
    transposes: tuple[Callable[..., Any], Callable[..., Any]],
    **facts: Any,
) -> Op:
    """A product: linear in each of its two inputs.

    transposes : `left(g, node)` and `right(g, node)`, the contributions to each.
    """

    def jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
        (x, y), (dx, dy) = node.inputs, tangents
        left = None if dx is None else op(dx, y, **node.params)
        right = None if dy is None else op(x, dy, **node.params)
        if left is None or right is None:
            return [left or right]
        return [left + right]

    def vjp(node: Node, cotangents: Sequence[Value | None]) -> list[Contribution]:
        return [transpose(cotangents[0], node) for transpose in transposes]

    facts = {"code": None, **facts}
    op = declared(
        Op(name, signature, infer, kind="bilinear", jvp=jvp, vjp=vjp, **facts)
    )
    return op
