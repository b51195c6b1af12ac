"""Differential equations: the sensitivities are solutions of a larger equation.

y' = f(t, y, c), y(t0) = y0. The tangent solves y_dot' = f_y y_dot + f_c c_dot beside y.
In reverse, the matrices A = dy/dy0 and B = dy/dc solve A' = f_y A, A(t0) = 1, and
B' = f_y B + f_c, B(t0) = 0 beside y; the cotangents are their products with those of y.
An adjoint equation would be smaller where there are many parameters, but it has to
solve y backwards, which is unstable where y decays: its error is not bounded by the
tolerances. Both are the same operation again, with the user's method and tolerances,
so any order follows.

Source: Hairer, Norsett, Wanner, "Solving Ordinary Differential Equations I" (1993),
section I.14.
"""

from __future__ import annotations

from collections.abc import Sequence

from srcad.ad.given import RULES, Asked, Leaves, Rule
from srcad.ad.problems import Problem, as_vector, known
from srcad.ad.sensitivities import pulled
from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Value
from srcad.ops import solvers
from srcad.ops.bodies import entry, part
from srcad.ops.fit import sum_, zeros_of
from srcad.ops.joins import concatenate
from srcad.ops.ranks import expand_dims, reshape_like

_REFUSED = "compute with .y and the times you gave as t_eval"


# ---- forward -------------------------------------------------------------------------


def _jvp(asked: Asked, tangents: Sequence[Value | None]) -> Leaves:
    """y and its tangent as one state of twice the length."""
    _check(asked)
    problem = Problem(asked)
    dots = asked.dots(tangents)
    y0 = problem.start
    start, moved = tangents[problem.state], None
    if start is not None:
        moved = as_vector(start)
    times = tangents[problem.wanted]
    if times is not None:
        times = problem.in_vector(times)
    shift = None if problem.first is None else tangents[problem.first]
    if problem.first is None and times is not None:
        shift = entry(times, 0)
    if shift is not None:
        late = problem.rate(problem.t0, y0) * shift
        moved = -late if moved is None else moved - late
    y = problem.columns(asked.out(*problem.path))
    found = None
    if dots or moved is not None:
        found = _tangents(problem, dots, y0, moved, y)
    if times is not None:
        late = problem.rates(y) * expand_dims(times, axis=0)
        found = late if found is None else found + late
    leaves: Leaves = {}
    if found is not None:
        leaves[problem.path] = problem.leaf(found)
    if times is not None and problem.path == ("y",):
        leaves[("t",)] = times
    return leaves


def _check(asked: Asked) -> None:
    """Refuse y at times that the solver chooses itself."""
    own = asked.node.op is solvers.solve_ivp and len(asked.given.operands) < 4
    if own and not asked.wanted <= {(solvers.END,)}:
        raise MissingRule(
            "solve_ivp without t_eval gives y at times that its own steps choose: of "
            "these only the last, y[:, -1], has a derivative rule",
            hint="say where you need y: t_eval=[...]",
        )


def _tangents(
    problem: Problem, dots: dict[int, Value], y0: Value, moved: Value | None, y: Value
) -> Value:
    asked, vector = problem.asked, problem.vector
    wrt = tuple(sorted(dots))
    moved = zeros_of(y0) if moved is None else moved
    start = concatenate(y0, moved)
    more = [dots[k] for k in wrt]
    counted = [] if isinstance(problem.n, Literal) else [problem.n]

    def write(inside: Asked, t: Value, z: Value, extra: list[Value]) -> Value:
        n = extra[-1] if counted else problem.n
        here = known(part(z, None, n), vector, "y")
        dot = known(part(z, n, None), vector, "y_dot")
        pairs = dict(zip(wrt, extra, strict=False))
        own = problem.own(t, here)
        pairs[problem.y_position] = dot
        rate = inside.value(own, vector)
        return concatenate(rate, inside.push(own, pairs, vector))

    key = problem.equation(
        ("tangent", wrt), "with_tangent", start.type, [*more, *counted], write
    )
    both = problem.larger(key, start, [*asked.captured, *more, *counted])
    return known(part(both, problem.n, None), y.type)


# ---- reverse -------------------------------------------------------------------------


def _vjp(asked: Asked, gs: Leaves, active: Sequence[bool]) -> dict[int, Value]:
    """Products of the cotangent of y with the matrices of sensitivities."""
    _check(asked)
    problem = Problem(asked)
    found: dict[int, Value] = {}
    if ("t",) in gs and active[problem.wanted]:
        found[problem.wanted] = gs[("t",)]
    if problem.path not in gs:
        return found
    y = problem.columns(asked.out(*problem.path))
    g = problem.columns(gs[problem.path])
    wrt = asked.moving(active)
    shifted = active[problem.wanted if problem.first is None else problem.first]
    by_start = active[problem.state] or shifted
    late: Value | None = None
    if by_start or wrt:
        g0, parts = pulled(problem, wrt, by_start, g)
        found.update(asked.by_input(wrt, parts))
        if g0 is not None and active[problem.state]:
            found[problem.state] = reshape_like(g0, problem.y0)
        if g0 is not None and shifted:
            late = -sum_(g0 * problem.rate(problem.t0, problem.start))
    if active[problem.wanted]:
        moved = sum_(problem.rates(y) * g, axis=0)
        if problem.path == (solvers.END,):
            moved = entry(moved, 0)
        before = found.get(problem.wanted)
        found[problem.wanted] = moved if before is None else before + moved
    if late is not None and problem.first is not None:
        found[problem.first] = late
    elif late is not None:
        found[problem.wanted] = _added_first(found[problem.wanted], late)
    return found


def _added_first(g: Value, late: Value) -> Value:
    """g with something added to its first entry."""
    return concatenate(expand_dims(entry(g, 0) + late, axis=0), part(g, 1, None))


RULES[solvers.solve_ivp] = Rule(
    _jvp, _vjp, frozenset([("y",), ("t",), (solvers.END,)]), refused=_REFUSED
)
RULES[solvers.odeint] = Rule(_jvp, _vjp, frozenset([()]))
