"""Integrals: the integral of the derivative, and what the limits add (Leibniz).

I(a, b, c) = integral of f(x, c) over x from a to b. The tangent is the integral of the
tangent of f; the cotangent of c is the integral of the cotangent that the pullback of f
gives, as an array where c is one. The limits give f(b) db - f(a) da.

Source: Apostol, "Mathematical Analysis" (1974), theorem 7.40.
"""

from __future__ import annotations

from collections.abc import Sequence

from srcad.ad.given import RULES, Asked, Leaves, Rule
from srcad.errors import MissingRule
from srcad.ir.graph import Value, literal
from srcad.ir.types import FLOAT, Scalar, Tuple, Type, unwrapped
from srcad.ops import solvers
from srcad.ops.containers import cotangent_type, item
from srcad.ops.declare import Op
from srcad.ops.fit import sum_

VALUE = (0,)
# What `quad` does without being told; `quad_vec` has other defaults.
_TOLERANCES = {"epsabs": 1.49e-8, "epsrel": 1.49e-8}
_SHARED = ("epsabs", "epsrel", "limit", "points")


def _jvp(asked: Asked, tangents: Sequence[Value | None]) -> Leaves:
    """The integral of the tangent, and what the limits add."""
    total: Value | None = None
    dots = asked.dots(tangents)
    t = asked.out(0).type
    if dots:
        wrt = tuple(sorted(dots))
        tangent = asked.functions.push(asked.callee, wrt)
        captured = [*asked.captured, *(dots[k] for k in wrt)]
        total = _integral(asked, tangent, captured, t)
    for k, limit in enumerate(asked.given.operands):
        dot = tangents[k]
        if dot is None:
            continue
        edge = _edge(asked, limit, t) * dot
        if total is None:
            total = edge if k else -edge
        else:
            total = total + edge if k else total - edge
    return {} if total is None else {VALUE: total}


def _vjp(asked: Asked, gs: Leaves, active: Sequence[bool]) -> dict[int, Value]:
    """The integrals of the cotangents, one for each number or array captured."""
    g, t = gs[VALUE], asked.out(0).type
    found: dict[int, Value] = {}
    for k, limit in enumerate(asked.given.operands):
        if active[k]:
            edge = g * _edge(asked, limit, t)
            edge = edge if isinstance(edge.type, Scalar) else sum_(edge)
            found[k] = edge if k else -edge
    for k in asked.moving(active):
        if not asked.plain(k):
            raise MissingRule(
                "an integrand that reads a whole container from outside has no "
                "derivative rule",
                hint="read the numbers or arrays out of it before, and use those",
            )
        x = asked.captured[k - asked.count]
        if isinstance(t, Scalar):
            partial = asked.functions.gradient(asked.callee, (k,))
            whole = g * _integral(asked, partial, asked.captured, x.type)
        else:
            pulled = asked.functions.pull(asked.callee, (k,))
            whole = _integral(asked, pulled, [*asked.captured, g], x.type)
        found.update(asked.by_input([k], [whole]))
    return found


def _integral(asked: Asked, key: object, captured: Sequence[Value], t: Type) -> Value:
    """The integral of another function, of type t, between the same limits."""
    t = cotangent_type(unwrapped(t))
    scalar = isinstance(t, Scalar)
    op: Op = solvers.quad if scalar else solvers.quad_vec
    options = asked.given.options
    if asked.node.op is not op:
        options = {k: v for k, v in options.items() if k in _SHARED}
        usual = {k: literal(v) for k, v in _TOLERANCES.items()}
        options = options if scalar else {**usual, **options}
    result = Tuple((FLOAT if scalar else t, FLOAT))
    operands = asked.given.operands
    return item(asked.again(key, operands, captured, result, op, options), key=0)


def _edge(asked: Asked, limit: Value, t: Type) -> Value:
    """The integrand at a limit."""
    return asked.value([limit], t)


_RULE = Rule(
    _jvp,
    _vjp,
    frozenset([VALUE]),
    refused="the estimate of the error has none; use the first entry only",
)
RULES[solvers.quad] = _RULE
RULES[solvers.quad_vec] = _RULE
