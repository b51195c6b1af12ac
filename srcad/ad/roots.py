"""Roots and minima: the implicit function theorem, never the solver's iterations.

Where F(x, c) = 0 with x the solution and c what the function captured, J dx = -F_c dc
with J = F_x; in reverse lam = -J^-T g, and the cotangent of c is the pullback of lam by
F. At a minimum F is the gradient of the function; the least value itself has the
derivative of the function at fixed x (the envelope theorem). The initial guess has no
influence on the solution: its derivative is zero.

Source: Krantz and Parks, "The Implicit Function Theorem" (2002), chapter 3; for
programs: Griewank and Walther, "Evaluating Derivatives" (2008), section 15.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from srcad.ad.given import RULES, Asked, Leaves, Rule
from srcad.ad.leaves import Path
from srcad.ir.builder import current
from srcad.ir.graph import Value, literal
from srcad.ir.types import FLOAT, INT, Array, Scalar, unwrapped
from srcad.ops import solvers
from srcad.ops.axes import transpose
from srcad.ops.bodies import entry, length
from srcad.ops.fit import sum_
from srcad.ops.grids import eye
from srcad.ops.linalg import solve
from srcad.ops.lists import range_
from srcad.ops.stacks import stack

Equation = Callable[[Asked], Any]


def columns(asked: Asked, x: Value, of: Any) -> Value:
    """The jacobian of the function `of` by x: one tangent for each column."""
    n = length(x)
    basis = eye(n)
    i = Value("i", INT)
    with current().inner() as inner:
        column = asked.push([x], {0: entry(basis, i)}, x.type, of)
    body = inner.block((i,), (column,))
    found, _ = current().for_([range_(0, n, 1)], [], body)
    assert isinstance(x.type, Array)
    (dim,) = x.type.dims
    (matrix,) = current().emit(
        stack,
        [found],
        [Array("float64", (dim, dim))],
        {"axis": 1, "whole": True},
        names=["jacobian"],
    )
    return matrix


class Slope:
    """The derivative of an equation by its solution: a number or a matrix.

    fixed : the equation is f(x) = x.
    """

    def __init__(self, asked: Asked, x: Value, of: Any, fixed: bool) -> None:
        self.number = isinstance(unwrapped(x.type), Scalar)
        if self.number:
            self.value = asked.push([x], {0: literal(1.0)}, FLOAT, of)
        else:
            self.value = columns(asked, x, of)
        if fixed:
            self.value = self.value - (1.0 if self.number else eye(length(x)))

    def solved(self, b: Value) -> Value:
        """What multiplied with the derivative gives -b."""
        return -b / self.value if self.number else -solve(self.value, b)

    def solved_back(self, g: Value) -> Value:
        """The same for the transposed matrix."""
        if self.number:
            return -g / self.value
        return -solve(transpose(self.value), g)


def root_rule(
    path: Path, equation: Equation, *, fixed: bool = False, **facts: Any
) -> Rule:
    """The rule of an operation whose output has the solution at `path`.

    equation : gives the key of the function that is zero there.
    """

    def jvp(asked: Asked, tangents: Sequence[Value | None]) -> Leaves:
        dots = asked.dots(tangents)
        if not dots:
            return {}
        x, of = asked.out(*path), equation(asked)
        moved = asked.push([x], dots, x.type, of)
        return {path: Slope(asked, x, of, fixed).solved(moved)}

    def vjp(asked: Asked, gs: Leaves, active: Sequence[bool]) -> dict[int, Value]:
        wrt = asked.moving(active)
        if path not in gs or not wrt:
            return {}
        x, of = asked.out(*path), equation(asked)
        seed = Slope(asked, x, of, fixed).solved_back(gs[path])
        return dict(asked.by_input(wrt, asked.pull([x], wrt, seed, of)))

    return Rule(jvp, vjp, frozenset([path]), **facts)


def itself(asked: Asked) -> Any:
    """The function that was given."""
    return asked.callee


def gradient(asked: Asked) -> Any:
    """The gradient of the function that was given."""
    return asked.functions.gradient(asked.callee, (0,))


# ---- minima --------------------------------------------------------------------------


def minimum_rule(objective: Equation, value: Path, **facts: Any) -> Rule:
    """The rule of a minimizer: where the minimum is, and how much.

    objective : gives the key of the function that is least there.
    """

    def least(asked: Asked) -> Any:
        return asked.functions.gradient(objective(asked), (0,))

    place = root_rule(("x",), least)

    def jvp(asked: Asked, tangents: Sequence[Value | None]) -> Leaves:
        dots = asked.dots(tangents)
        if not dots:
            return {}
        x = asked.out("x")
        found = place.jvp(asked, tangents)
        found[value] = asked.push([x], dots, FLOAT, objective(asked))
        return found

    def vjp(asked: Asked, gs: Leaves, active: Sequence[bool]) -> dict[int, Value]:
        found = place.vjp(asked, gs, active)
        wrt = asked.moving(active)
        if value not in gs or not wrt:
            return found
        x = asked.out("x")
        more = asked.pull([x], wrt, gs[value], objective(asked))
        for k, g in asked.by_input(wrt, more).items():
            found[k] = found[k] + g if k in found else g
        return found

    return Rule(jvp, vjp, frozenset([("x",), value]), **facts)


def half_squares(asked: Asked) -> Any:
    """Half the sum of the squares of what the function gives."""
    key = asked.callee, "half_squares"
    graph = asked.functions.graph(asked.callee)
    params = [Value(v.name, v.type) for v in graph.body.params]

    def write() -> list[Value]:
        (r,) = current().call(asked.callee, params, [graph.body.results[0].type])
        return [sum_(r * r) * 0.5]

    return asked.functions.made(key, f"{graph.name}_cost", params, write)


# ---- the operations ------------------------------------------------------------------

for _op in (*solvers.BRACKETED, solvers.newton, solvers.fsolve):
    RULES[_op] = root_rule((), itself)
RULES[solvers.root_scalar] = root_rule(("root",), itself)
RULES[solvers.root] = root_rule(("x",), itself, flat=frozenset([("fun",)]))
RULES[solvers.fixed_point] = root_rule((), itself, fixed=True)
RULES[solvers.minimize] = minimum_rule(itself, ("fun",))
RULES[solvers.minimize_scalar] = RULES[solvers.minimize]
RULES[solvers.least_squares] = minimum_rule(
    half_squares,
    ("cost",),
    refused="call the function at .x to get the residuals",
)
