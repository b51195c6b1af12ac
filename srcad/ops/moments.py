"""Integrals that the derivatives of incomplete functions by their shapes are made of.

Each is closed under differentiation: a power of v or of a logarithm more under the
integral. Their values are computed by `srcad/backend/runtime_moments.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from srcad.ir.graph import Node, Value
from srcad.ops.declare import Contribution, Op, custom
from srcad.ops.domain import at, spaced
from srcad.ops.fit import known, matched, shaped_like
from srcad.ops.ufunc import floating


def by_partials(partials: Any) -> dict[str, Any]:
    """Both modes of an elementwise function with params.

    `partials(node)` gives one function without arguments per input.
    """

    def jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
        total: Value | None = None
        for partial, t in zip(partials(node), tangents, strict=True):
            if t is not None:
                term = t * partial()
                total = term if total is None else total + term
        return [None if total is None else shaped_like(total, node.out)]

    def vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
        g = known(cts[0])
        pairs = zip(partials(node), node.inputs, strict=True)
        return [_later(g, partial, x) for partial, x in pairs]

    return {"jvp": jvp, "vjp": vjp}


def _later(g: Value, partial: Any, x: Value) -> Contribution:
    """g * partial, worked out only where it is asked for."""

    def into(total: Value | None) -> Value:
        found = matched(g * partial(), x)
        return found if total is None else total + found

    return into


def _gamma_partials(node: Node) -> list[Any]:
    a, x = node.inputs
    order, upper = node.params["order"], node.params["upper"]

    def moment(a: Value, order: int) -> Value:
        found: Value = gamma_moment(a, x, order=order, upper=upper)
        return found

    def by_a() -> Value:
        return moment(a, order + 1) if upper else -moment(a, order + 1)

    return [by_a, lambda: node.out - moment(a + 1.0, order)]


# The integral over v > 0 of v**order * exp(h), where h is x * (1 - exp(-v)) - a * v, or
# a * v - x * (exp(v) - 1) for the upper part.
gamma_moment: Op = custom(
    "gamma_moment",
    signature="a, x, *, order=None, upper=None",
    infer=lambda a, x, order, upper: floating(a, x),
    code="runtime.gamma_moment(a, x, order, upper)",
    domain=lambda: [
        at(3.1, 1.2, order=1, upper=False),
        at(spaced(2.5, 4.0, (2, 1)), spaced(0.3, 2.2, (3,)), order=0, upper=False),
        at(0.7, 1.9, order=1, upper=True),
        at(spaced(0.5, 1.0, (3,)), spaced(1.5, 2.2, (3,)), order=2, upper=True),
    ],
    **by_partials(_gamma_partials),
)


def _beta_partials(node: Node) -> list[Any]:
    a, b, odds = node.inputs
    order, logs = node.params["order"], node.params["logs"]

    def moment(a: Value, b: Value, order: int, logs: int) -> Value:
        found: Value = beta_moment(a, b, odds, order=order, logs=logs)
        return found

    def by_odds() -> Value:
        def part(logs: int) -> Value:
            less = moment(a + 1.0, b - 1.0, order, logs)
            return moment(a, b - 1.0, order, logs) - less

        total = (b - 1.0) * part(logs)
        return total + logs * part(logs - 1) if logs else total

    return [
        lambda: -moment(a, b, order + 1, logs),
        lambda: moment(a, b, order, logs + 1),
        by_odds,
    ]


# The integral over v > 0 of v**order * log(r)**logs * r**(b - 1) * exp(-a * v), where r
# is 1 + odds * (1 - exp(-v)).
beta_moment: Op = custom(
    "beta_moment",
    signature="a, b, odds, *, order=None, logs=None",
    infer=lambda a, b, odds, order, logs: floating(a, b, odds),
    code="runtime.beta_moment(a, b, odds, order, logs)",
    domain=lambda: [
        at(2.1, 1.4, 0.6, order=1, logs=0),
        at(1.3, 0.6, spaced(0.2, 2.0, (2, 2)), order=0, logs=1),
        at(spaced(2.0, 3.0, (2, 1)), spaced(1.2, 2.5, (3,)), 0.5, order=0, logs=0),
    ],
    **by_partials(_beta_partials),
)
