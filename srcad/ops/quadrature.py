"""Rules of `scipy.integrate` over samples: trapezoid, Simpson, Romberg.

Each takes y, and either the points x or their distance dx, which is one input too:
`by` tells which. An array of points with fewer axes than y lies along the axis.

Source for Simpson's rule on uneven points and for its last interval: K. V. Cartwright,
"Simpson's rule cumulative integration with MS Excel and irregularly-spaced data",
Journal of Mathematical Sciences and Mathematics Education 12 (2017) 1.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Node, Value, literal
from srcad.ir.types import Array, Scalar, Type
from srcad.ops.arithmetic import remainder
from srcad.ops.axes import moveaxis
from srcad.ops.bodies import at_least_float, entry, length, part, rank_for
from srcad.ops.declare import Arguments, Op, as_array, is_none, static, zero
from srcad.ops.derived import derived
from srcad.ops.differences import diff
from srcad.ops.domain import Sample, spaced
from srcad.ops.fit import sum_
from srcad.ops.index import getitem
from srcad.ops.joins import concatenate
from srcad.ops.likes import zeros_as
from srcad.ops.scans import cumsum
from srcad.ops.sizes import bound, own_length


def _bind(name: str, *more: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        names = ("y", "x", "dx", "axis", *more)
        names = ("y", "dx", "axis") if name == "romb" else names
        free = {"show": [False]} if name == "romb" else {}
        given = bound(names, args, kwargs, name, ignored=free)
        params = {
            k: static(given[k], f"{name}({k}=...)")
            for k in ("axis", *more)
            if k in given and not is_none(given[k])
        }
        if not is_none(params.get("initial")) and params["initial"] != 0:
            raise MissingRule(f"{name}: initial is None or 0")
        if params.get("axis") == -1:
            del params["axis"]
        y = as_array(given["y"])
        if not is_none(given.get("x")):
            return [y, as_array(given["x"])], {**params, "by": "x"}
        return [y, given.get("dx", literal(1.0))], params

    return bind


def _code(name: str, *more: str) -> Any:
    def code(node: Node) -> str:
        step = node.params.get("by", "dx")
        rest = "".join(f", {k}={k}" for k in ("axis", *more))
        return f"scipy.integrate.{name}(y, {step}=step{rest})"

    return code


def _in_last(y: Value, step: Value, axis: int, by: str) -> tuple[Value, Value]:
    """Both with the axis as the last, and the steps in place of the points."""
    rank, points = rank_for("an integral over samples", y, step)
    y = at_least_float(y)
    if axis not in (-1, rank - 1):
        y = moveaxis(y, a=axis, b=-1)
        if by == "x" and points == rank:
            step = moveaxis(step, a=axis, b=-1)
    return y, diff(step) if by == "x" else step


def _every_other(x: Value, start: Value | int, stop: Value | int) -> Value:
    ends = [v if isinstance(v, Value) else literal(v) for v in (start, stop)]
    where = ("...", ("slice", True, True, True))
    return getitem(x, *ends, literal(2), layout=where)


# ---- trapezoids ----------------------------------------------------------------------


def _trapezoids(y: Value, steps: Value) -> Value:
    return (part(y, 1, None, -1) + part(y, None, -1, -1)) * steps * 0.5


def _trapezoid(y: Value, step: Value, axis: int = -1, by: str = "dx") -> Value:
    return sum_(_trapezoids(*_in_last(y, step, axis, by)), axis=-1)


def _cumulated(
    y: Value, step: Value, axis: int = -1, by: str = "dx", initial: Any = None
) -> Value:
    rank = rank_for("cumulative_trapezoid", y)[0]
    found = cumsum(_trapezoids(*_in_last(y, step, axis, by)), axis=-1)
    if initial is not None:
        found = concatenate(zeros_as(part(found, None, 1, -1)), found, axis=-1)
    return found if axis in (-1, rank - 1) else moveaxis(found, a=-1, b=axis)


# ---- Simpson -------------------------------------------------------------------------


def _pairs(y: Value, steps: Value, by: str, stop: Value | int) -> Value:
    """Simpson's rule on pairs of intervals, the first points being before `stop`."""
    after = [stop + k for k in range(3)]
    ys = [_every_other(y, k, after[k]) for k in range(3)]
    if by == "dx":
        return sum_(ys[0] + 4.0 * ys[1] + ys[2], axis=-1) * (steps / 3.0)
    a, b = (_every_other(steps, k, after[k]) for k in range(2))
    both = a + b
    middle = ys[1] * (both * both / (a * b))
    ends = ys[0] * (2.0 - b / a) + ys[2] * (2.0 - a / b)
    return sum_(both / 6.0 * (ends + middle), axis=-1)


def _last_interval(y: Value, steps: Value, by: str) -> Value:
    """The integral over the last interval of the parabola through three points."""
    a, b = (entry(steps, k, -1) for k in (-2, -1)) if by == "x" else (steps, steps)
    alpha = (2.0 * b * b + 3.0 * a * b) / (6.0 * (a + b))
    beta = (b * b + 3.0 * a * b) / (6.0 * a)
    eta = b * b * b / (6.0 * a * (a + b))
    last, middle, first = (entry(y, k, -1) for k in (-1, -2, -3))
    return alpha * last + beta * middle - eta * first


def _simpson(y: Value, step: Value, axis: int = -1, by: str = "dx") -> Value:
    y, steps = _in_last(y, step, axis, by)
    count = length(y, -1)
    if isinstance(count, Literal):
        n = count.value
        if n == 2:
            return sum_(_trapezoids(y, steps), axis=-1)
        if n % 2 == 1:
            return _pairs(y, steps, by, n - 2)
        return _pairs(y, steps, by, n - 3) + _last_interval(y, steps, by)
    rest = remainder(count + 1, 2)  # 1 where the number of intervals is odd
    whole = _pairs(y, steps, by, count - 2 - rest)
    return whole + _last_interval(y, steps, by) * rest


# ---- Romberg -------------------------------------------------------------------------


def _weights_type(n: Type) -> Type:
    size = n.size if isinstance(n, Scalar) else None
    return Array("float64", (own_length() if size is None else size,))


# What each of n samples counts in `romb`.
romb_weights: Op = zero(
    "romb_weights",
    signature="n",
    infer=_weights_type,
    code="scipy.integrate.romb(np.eye(n))",
)


def _romb(y: Value, step: Value, axis: int = -1, by: str = "dx") -> Value:
    y, step = _in_last(y, step, axis, by)
    return sum_(y * romb_weights(length(y, -1)), axis=-1) * step


# ---- the operations ------------------------------------------------------------------


def _sample(name: str, y: Any, step: Any = 1.0, **params: Any) -> Sample:
    more = {k: v for k, v in params.items() if k != "by"}

    def expected(y: Any, step: Any) -> Any:
        function = getattr(sys.modules["scipy.integrate"], name)
        return function(y, **{params.get("by", "dx"): step}, **more)

    return Sample((y, step), params, expected=expected)


def _points(name: str) -> Any:
    def points() -> list[Sample]:
        x = np.array([0.1, 0.7, 2.0, 2.3, 3.1])
        found = [
            _sample(name, spaced(-1, 1, (5,))),
            _sample(name, spaced(-1, 1, (2, 5)), 0.3),
            _sample(name, spaced(-1, 1, (5, 2)), 0.3, axis=0),
        ]
        if name != "romb":
            many = np.cumsum(spaced(0.3, 1, (2, 5)), axis=1)
            found += [
                _sample(name, spaced(-1, 1, (4,)), 0.5),
                _sample(name, spaced(-1, 1, (5,)), x, by="x"),
                _sample(name, spaced(-1, 1, (4,)), x[:4], by="x"),
                _sample(name, spaced(-1, 1, (5, 2)), x, axis=0, by="x"),
                _sample(name, spaced(-1, 1, (2, 5)), many, by="x"),
            ]
        if name == "cumulative_trapezoid":
            found.append(_sample(name, spaced(-1, 1, (3, 5)), x, by="x", initial=0))
        return found

    return points


def _rule(name: str, body: Any, *more: str) -> Op:
    extra = "".join(f", {k}=None" for k in more)
    own = name if name != "trapezoid" else "scipy_trapezoid"
    return derived(
        own,
        calls=(f"scipy.integrate.{name}",),
        signature=f"y, step, axis=-1, by='dx'{extra}",
        bind=_bind(name, *more),
        code=_code(name, *more),
        body=body,
        facts={"ranked": True},
        domain=_points(name),
    )


scipy_trapezoid: Op = _rule("trapezoid", _trapezoid)
cumulative_trapezoid: Op = _rule("cumulative_trapezoid", _cumulated, "initial")
simpson: Op = _rule("simpson", _simpson)
romb: Op = _rule("romb", _romb)
