"""Initial value problems as the nodes of `solve_ivp` and `odeint` state them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from srcad.ad.given import Asked
from srcad.ad.leaves import Path
from srcad.errors import MissingRule
from srcad.ir.builder import current
from srcad.ir.graph import Literal, Value, literal
from srcad.ir.types import FLOAT, INT, Array, Scalar, Type, kind_of, unwrapped
from srcad.ops import solvers
from srcad.ops.axes import transpose
from srcad.ops.bodies import entry, length
from srcad.ops.containers import item
from srcad.ops.convert import to_float
from srcad.ops.declare import as_array
from srcad.ops.fit import cast
from srcad.ops.lists import range_
from srcad.ops.ranks import expand_dims
from srcad.ops.stacks import stack


class Problem:
    """An initial value problem as a node states it, for `solve_ivp` and `odeint` alike.

    t0, start, times : the first time, y there, and the times at which y is wanted.
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
        self.t0 = as_float(self.t0)
        self.start = as_float(as_vector(self.y0))

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
        assert isinstance(state, Array)
        t, z = Value("t", FLOAT), Value("z", Array("float64", state.dims))
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


def as_float(v: Value) -> Value:
    """A number or vector of integers as one of floats: what SciPy makes of it."""
    if kind_of(v.type) not in ("int", "bool"):
        return v
    if isinstance(v, Literal):
        return literal(float(v.value))
    scalar = isinstance(unwrapped(v.type), Scalar)
    return to_float(v) if scalar else cast(v, dtype="float64")


def as_vector(v: Value) -> Value:
    """A number as a vector of one entry."""
    return as_array([v]) if isinstance(unwrapped(v.type), Scalar) else v


def stacked(entries: Value, t: Type, axis: int, name: str = "") -> Value:
    """A list of vectors as a matrix of this type."""
    params = {"axis": axis, "whole": True} if axis else {"whole": True}
    (found,) = current().emit(stack, [entries], [t], params, names=[name])
    return found
