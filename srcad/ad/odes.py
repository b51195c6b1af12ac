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

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from srcad.ad.given import RULES, Asked, Leaves, Rule, parts_of
from srcad.ad.leaves import Path, at, packed, zero_leaf
from srcad.errors import MissingRule
from srcad.ir.builder import current
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import FLOAT, INT, Array, List, Scalar, Type, unwrapped
from srcad.ops import solvers
from srcad.ops.axes import transpose
from srcad.ops.bodies import entry, length, part
from srcad.ops.containers import item
from srcad.ops.creation import array_of, rows, zeros
from srcad.ops.declare import as_array
from srcad.ops.fit import expand_dims, reshape_like, sum_, zeros_of
from srcad.ops.grids import eye
from srcad.ops.joins import concatenate, stack
from srcad.ops.lists import list_len, range_
from srcad.ops.shapes import ravel, reshape, size_of
from srcad.ops.sizes import own_length

_REFUSED = "compute with .y and the times you gave as t_eval"


class Problem:
    """An initial value problem as a node states it, for `solve_ivp` and `odeint` alike.

    first, wanted, state : the positions, among the node's inputs, of the first time
        (None: the first of those wanted), the times at which y is wanted, and y0.
    path : the leaf of the output that is y at those times.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked, operands = asked, asked.given.operands
        self.first: int | None = 0
        self.path: Path = ("y",)
        if asked.node.op is solvers.odeint:
            self.y0, self.times = operands
            self.first, self.wanted, self.state, self.path = None, 1, 0, ()
            self.t0 = entry(self.times, 0)
        else:
            self.t0, end, self.y0, *times = operands
            self.state, self.wanted = 2, 3
            if not times:
                self.wanted, self.path = 1, (solvers.END,)
                times = [as_array([end])]
            (self.times,) = times
        for key in ("rtol", "atol"):
            value = asked.given.options.get(key)
            if value is not None and not isinstance(unwrapped(value.type), Scalar):
                raise MissingRule(
                    f"{asked.node.op.name}: the derivative needs one number as {key}",
                    hint="give the smallest entry",
                )
        time_last = not self.path and not solvers.takes_time_first(asked.given)
        self.order = slice(None, None, -1 if time_last else 1)
        self.y_position = 0 if time_last else 1
        self.vector = solvers.vector_type(unwrapped(self.y0.type))
        self.n = length(as_vector(self.y0))

    # ---- the function --------------------------------------------------------------

    def own(self, t: Value, y: Value) -> list[Value]:
        """What the function is called with, in its order."""
        return [t, y][self.order]

    def rate(self, t: Value, y: Value) -> Value:
        """f(t, y)."""
        return self.asked.value(self.own(t, y), self.vector)

    def rates(self, y: Value) -> Value:
        """f at each time that is wanted, one column each."""
        count = length(self.times)
        i = Value("i", INT)
        with current().inner() as inner:
            here = known(entry(y, i, axis=1), self.vector)
            column = self.rate(entry(self.times, i), here)
        found, _ = current().for_(
            [range_(0, count, 1)], [], inner.block((i,), (column,))
        )
        return stacked(found, y.type, axis=1)

    # ---- the equation --------------------------------------------------------------

    def columns(self, leaf: Value) -> Value:
        """y, or what belongs to it, with one column for each time."""
        if self.path == (solvers.END,):
            return expand_dims(leaf, axis=1)
        return leaf if self.path else transpose(leaf)

    def leaf(self, columns: Value) -> Value:
        """The same as the operation gives it."""
        if self.path == (solvers.END,):
            return entry(columns, 0, axis=1)
        return columns if self.path else transpose(columns)

    def in_vector(self, g: Value) -> Value:
        """What belongs to the times, as a vector."""
        return expand_dims(g, axis=0) if self.path == (solvers.END,) else g

    def larger(self, key: Any, start: Value, captured: Sequence[Value]) -> Value:
        """The solution of another equation, one column for each time."""
        operands = [start, self.times]
        if self.path:
            operands = [*self.asked.given.operands[:2], start, self.times]
        types = [v.type for v in operands]
        t = self.asked.solver.result(types, start.type)
        found = self.asked.again(key, operands, captured, t)
        return item(found, key="y") if self.path else transpose(found)

    def equation(
        self,
        key: Any,
        name: str,
        state: Type,
        more: Sequence[Value],
        write: Callable[[Asked, Value, Value, list[Value]], Value],
    ) -> Any:
        """A graph for a larger state; `write` gives its rate by t, the state, more."""
        asked = self.asked
        t, z = Value("t", FLOAT), Value("z", state)
        captured = tuple(Value(v.name, v.type) for v in asked.captured)
        extra = [Value(v.name or "n", v.type) for v in more]
        inside = asked.within(captured)
        params = [*self.own(t, z), *captured, *extra]
        name = f"{asked.functions.graph(asked.callee).name}_{name}"
        return asked.functions.made(
            (asked.callee, key), name, params, lambda: [write(inside, t, z, extra)]
        )


def known(value: Value, t: Type, name: str = "") -> Value:
    """A value just made, under the type that it is known to have, and a name."""
    node = current().definitions.get(value)
    if node is None or (value.type == t and not name):
        return value
    found = Value(name, t)
    current().add(replace(node, outputs=(found,)))
    return found


def as_vector(v: Value) -> Value:
    """A number as a vector of one entry."""
    return as_array([v]) if isinstance(unwrapped(v.type), Scalar) else v


def stacked(entries: Value, t: Type, axis: int, name: str = "") -> Value:
    """A list of vectors as a matrix of this type."""
    params = {"axis": axis, "whole": True} if axis else {"whole": True}
    (found,) = current().emit(stack, [entries], [t], params, names=[name])
    return found


# ---- forward -------------------------------------------------------------------------


def _jvp(asked: Asked, tangents: Sequence[Value | None]) -> Leaves:
    """y and its tangent as one state of twice the length."""
    _check(asked)
    problem = Problem(asked)
    dots = asked.dots(tangents)
    y0 = as_vector(problem.y0)
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
        g0, parts = _pulled(problem, wrt, by_start, g)
        found.update(asked.by_input(wrt, parts))
        if g0 is not None and active[problem.state]:
            found[problem.state] = reshape_like(g0, problem.y0)
        if g0 is not None and shifted:
            late = -sum_(g0 * problem.rate(problem.t0, as_vector(problem.y0)))
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


def _pulled(
    problem: Problem, wrt: tuple[int, ...], by_start: bool, g: Value
) -> tuple[Value | None, list[Value]]:
    """The cotangents of y0 (if it is wanted) and of what is captured."""
    asked = problem.asked
    n = problem.n
    whole = [asked.captured[k - asked.count] for k in wrt]
    chosen = [leaf for v in whole for leaf in parts_of(v).values()]
    sizes = [_size(v) for v in chosen]
    count = _total(sizes)
    y0 = as_vector(problem.y0)
    pieces = [y0]
    if by_start:
        pieces.append(ravel(eye(n)))
    if wrt:
        pieces.append(zeros(_times(count, n), scalar=True))
    start = concatenate(*pieces)
    counted = [] if isinstance(n, Literal) else [n]

    def write(inside: Asked, t: Value, z: Value, extra: list[Value]) -> Value:
        return _sensitivities(problem, inside, wrt, by_start, t, z, (*extra, n)[0])

    name = ("sensitivities", wrt, by_start)
    key = problem.equation(name, "with_sensitivities", start.type, counted, write)
    solved = problem.larger(key, start, [*asked.captured, *counted])
    columns, g0 = ravel(g), None
    begin = n
    if by_start:
        square = _plus(n, _times(n, n))
        g0 = _product(part(solved, n, square), n, columns)
        begin = square
    parts: list[Value] = []
    if wrt:
        flat = _product(part(solved, begin, None), count, columns)
        found = iter(_split(flat, chosen, sizes))
        parts = [_packed(v, found) for v in whole]
    return g0, parts


def _packed(v: Value, found: Iterator[Value]) -> Value:
    """The cotangent of a value from those of its parts."""
    parts = parts_of(v)
    return packed(v.type, lambda p: next(found) if p in parts else zero_leaf(v, p))


def _product(rows: Value, count: Value, columns: Value) -> Value:
    """Each parameter's sensitivities, at all times, times the cotangents."""
    return reshape(rows, count, literal(-1)) @ columns


def _split(flat: Value, chosen: Sequence[Value], sizes: Sequence[Value]) -> list[Value]:
    """A vector of cotangents taken apart, each in the form of what it belongs to."""
    if len(chosen) == 1 and not isinstance(unwrapped(chosen[0].type), Scalar):
        return [_in_form(flat, chosen[0])]
    found: list[Value] = []
    begin: Value = literal(0)
    for v, size in zip(chosen, sizes, strict=True):
        end = _plus(begin, size)
        if isinstance(unwrapped(v.type), Scalar):
            found.append(entry(flat, begin))
        else:
            start = None if isinstance(begin, Literal) and begin.value == 0 else begin
            found.append(_in_form(part(flat, start, end), v))
        begin = end
    return found


def _in_form(flat: Value, v: Value) -> Value:
    """A vector in the form of an array or a list."""
    listed = isinstance(unwrapped(v.type), List)
    return rows(flat, v) if listed else reshape_like(flat, v)


def _sensitivities(
    problem: Problem,
    inside: Asked,
    wrt: tuple[int, ...],
    by_start: bool,
    t: Value,
    z: Value,
    n: Value,
) -> Value:
    """The rate of y, of A transposed and of B transposed, in one vector."""
    vector = problem.vector
    (dim,) = vector.dims
    y = known(part(z, None, n), vector, "y")
    own = problem.own(t, y)
    basis = eye(n)
    i = Value("i", INT)
    with current().inner() as inner:
        seed = known(entry(basis, i), vector)
        bars = inside.pull(own, (problem.y_position, *wrt), seed)
        leaves = [bars[0]]
        for k, bar in zip(wrt, bars[1:], strict=True):
            paths = parts_of(inside.captured[k - inside.count])
            leaves += [at(bar, path) for path in paths]
        row = concatenate(*map(_flat, leaves)) if wrt else bars[0]
    block = inner.block((i,), (row,))
    found, _ = current().for_([range_(literal(0), n, literal(1))], [], block)
    (width,) = _dims(row)
    jacobian = stacked(found, Array("float64", (dim, width)), axis=0, name="jacobian")
    by_state = transpose(part(jacobian, None, n, axis=1) if wrt else jacobian)
    pieces = [inside.value(own, vector)]
    begin = n
    if by_start:
        begin = _plus(n, _times(n, n))
        square = reshape(part(z, n, begin), n, n)
        pieces.append(ravel(square @ by_state))
    if wrt:
        rest = reshape(part(z, begin, None), literal(-1), n)
        pieces.append(
            ravel(rest @ by_state + transpose(part(jacobian, n, None, axis=1)))
        )
    return concatenate(*pieces)


def _dims(v: Value) -> tuple[Any, ...]:
    return v.type.dims if isinstance(v.type, Array) else (own_length(),)


def _flat(v: Value) -> Value:
    """A number or an array as a vector."""
    if isinstance(unwrapped(v.type), Scalar):
        return as_vector(v)
    if isinstance(unwrapped(v.type), List):
        return array_of(v)
    return v if len(_dims(v)) == 1 else ravel(v)


def _size(v: Value) -> Value:
    """How many numbers a value holds."""
    t = unwrapped(v.type)
    if isinstance(t, Scalar):
        return literal(1)
    if isinstance(t, List):
        return list_len(v)
    assert isinstance(t, Array)
    known = [d for d in t.dims if isinstance(d, int)]
    if len(known) == len(t.dims):
        total = 1
        for d in known:
            total *= d
        return literal(total)
    return size_of(v)


def _total(sizes: Sequence[Value]) -> Value:
    total: Value = literal(0)
    for size in sizes:
        total = _plus(total, size)
    return total


def _plus(a: Value, b: Value) -> Value:
    if isinstance(a, Literal) and isinstance(b, Literal):
        return literal(a.value + b.value)
    return b if isinstance(a, Literal) and a.value == 0 else a + b


def _times(a: Value, b: Value) -> Value:
    if isinstance(a, Literal) and isinstance(b, Literal):
        return literal(a.value * b.value)
    return a * b


RULES[solvers.solve_ivp] = Rule(
    _jvp, _vjp, frozenset([("y",), ("t",), (solvers.END,)]), refused=_REFUSED
)
RULES[solvers.odeint] = Rule(_jvp, _vjp, frozenset([()]))
