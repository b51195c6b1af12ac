"""Integrals: the integral of the derivative, and what the limits add (Leibniz).

I(a, b, c) = integral of f(x, c) over x from a to b. The tangent is the integral of the
tangent of f; the cotangent of c is the integral of the cotangent that the pullback of f
gives, as an array where c is one. The limits give f(b) db - f(a) da.

Source: Apostol, "Mathematical Analysis" (1974), theorem 7.40.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from srcad.ad.given import RULES, Asked, Functions, Leaves, Rule, parts_of
from srcad.ad.leaves import Path, at, packed, zero_leaf
from srcad.ad.problems import as_float
from srcad.errors import MissingRule
from srcad.ir.builder import current
from srcad.ir.graph import Value, literal
from srcad.ir.types import FLOAT, List, Scalar, Tuple, Type, unwrapped
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
    scalar = isinstance(t, Scalar)
    for k in asked.moving(active):
        x = asked.captured[k - asked.count]
        parts = parts_of(x)
        integrals = {
            path: _by_part(asked, k, path, part, None if scalar else g)
            for path, part in parts.items()
        }
        if scalar:
            integrals = {path: g * v for path, v in integrals.items()}
        whole = _packed(x, integrals)
        found.update(asked.by_input([k], [whole]))
    return found


def _packed(x: Value, found: Leaves) -> Value:
    """The cotangent of a value from those of its parts."""
    return packed(x.type, lambda p: found[p] if p in found else zero_leaf(x, p))


def _by_part(asked: Asked, k: int, path: Path, part: Value, g: Value | None) -> Value:
    """The integral of the cotangent of a part of what is captured at a position."""
    functions, callee = asked.functions, asked.callee
    if isinstance(unwrapped(part.type), List):
        raise MissingRule(
            "an integrand that walks a list from outside has no derivative rule",
            hint="make it an array before: np.array(...)",
        )
    key = (
        functions.gradient(callee, (k,)) if g is None else functions.pull(callee, (k,))
    )
    if path:
        key = _leaf(functions, key, path)
    captured = asked.captured if g is None else (*asked.captured, g)
    return _integral(asked, key, captured, part.type)


def _leaf(functions: Functions, key: Any, path: Path) -> Any:
    """A graph that gives one leaf of what another gives."""
    graph = functions.graph(key)
    params = [Value(v.name, v.type) for v in graph.body.params]

    def write() -> list[Value]:
        (whole,) = current().call(key, params, [graph.body.results[0].type])
        return [at(whole, path)]

    return functions.made((key, path), graph.name, params, write)


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
    return asked.value([as_float(limit)], t)


_RULE = Rule(
    _jvp,
    _vjp,
    frozenset([VALUE]),
    refused="the estimate of the error has none; use the first entry only",
)
RULES[solvers.quad] = _RULE
RULES[solvers.quad_vec] = _RULE
