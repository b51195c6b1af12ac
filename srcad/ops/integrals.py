"""Sums and differences over sample points: trapezoid, gradient, ediff1d.

Source for `gradient` on uneven points: B. Fornberg, "Generation of finite difference
formulas on arbitrarily spaced grids", Mathematics of Computation 51 (1988) 699.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, as_value, literal
from srcad.ir.types import Array, Scalar, dims_of, unwrapped
from srcad.ops.axes import moveaxis
from srcad.ops.bodies import ahead, at_least_float, flat, in_line, names, part, rank_for
from srcad.ops.declare import Arguments, Op, as_array, is_none, static
from srcad.ops.derived import derived
from srcad.ops.differences import diff
from srcad.ops.domain import Sample, at, spaced, value_at
from srcad.ops.fit import sum_
from srcad.ops.joins import concatenate
from srcad.ops.sizes import bound

# ---- trapezoid -----------------------------------------------------------------------


def _trapezoid(
    y: Value, x: Value | None = None, dx: Any = 1.0, axis: int = -1
) -> Value:
    y = at_least_float(y)
    if x is None:
        both = part(y, 1, None, axis) + part(y, None, -1, axis)
        return sum_(both, axis=axis) * literal(dx * 0.5)
    if axis != -1 and rank_for("trapezoid", x) == [1]:
        y, axis = moveaxis(y, a=axis, b=-1), -1
    both = part(y, 1, None, axis) + part(y, None, -1, axis)
    steps = diff(x) if axis == -1 else diff(x, axis=axis)
    return sum_(steps * both, axis=axis) * 0.5


def _trapezoid_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("y", "x", "dx", "axis"), args, kwargs, "trapezoid")
    params: dict[str, Any] = {
        k: static(given[k], f"trapezoid({k}=...)") for k in ("dx", "axis") if k in given
    }
    usual = {"dx": 1.0, "axis": -1}
    params = {k: v for k, v in params.items() if v != usual[str(k)]}
    if is_none(given.get("x")):
        return [given["y"]], params
    return [given["y"], as_array(given["x"])], params


def _trapezoid_code(node: Node) -> str:
    name = "trapezoid" if hasattr(np, "trapezoid") else "trapz"
    x = ", x" if len(node.inputs) > 1 else ""
    return f"np.{name}(y{x}, dx=dx, axis=axis)"


trapezoid: Op = derived(
    "trapezoid",
    calls=tuple(getattr(np, k) for k in ("trapezoid", "trapz") if k in vars(np)),
    signature="y, x=None, dx=1.0, axis=-1",
    inputs=("x",),
    bind=_trapezoid_bind,
    code=_trapezoid_code,
    body=_trapezoid,
    facts={"ranked": True},
    domain=lambda: [
        at(spaced(-1, 1, (4,))),
        at(spaced(-1, 1, (2, 3)), dx=0.3),
        at(spaced(-1, 1, (3, 2)), axis=0),
        at(spaced(-1, 1, (2, 3)), np.array([0.1, 0.7, 2.0])),
        at(spaced(-1, 1, (3, 2)), np.array([0.1, 0.7, 2.0]), axis=0),
        at(spaced(-1, 1, (2, 3)), np.cumsum(spaced(0, 1, (2, 3)), axis=1)),
        value_at(spaced(-1, 1, (1,))),
        value_at(np.array([1, 2, 4])),
    ],
)

# ---- gradient ------------------------------------------------------------------------


def _even(f: Value, h: Value, axis: int, edge: int) -> Value:
    """Central differences with a step h, of first or second order at the ends."""
    middle = (part(f, 2, None, axis) - part(f, None, -2, axis)) / (2.0 * h)
    if edge == 1:
        first = (part(f, 1, 2, axis) - part(f, 0, 1, axis)) / h
        last = (part(f, -1, None, axis) - part(f, -2, -1, axis)) / h
    else:
        near, next_, far = (part(f, k, k + 1, axis) for k in range(3))
        first = (4.0 * next_ - 3.0 * near - far) / (2.0 * h)
        near, next_ = part(f, -1, None, axis), part(f, -2, -1, axis)
        far = part(f, -3, -2, axis)
        last = (3.0 * near - 4.0 * next_ + far) / (2.0 * h)
    return concatenate(first, middle, last, **_at(axis))


def _uneven(f: Value, x: Value, axis: int, edge: int, behind: int) -> Value:
    """Differences on points x along an axis that has so many axes behind it."""
    step = diff(x)
    before, after = (ahead(part(step, *e), behind) for e in ((None, -1), (1, None)))
    both = before + after
    middle = (
        part(f, None, -2, axis) * (-after / (before * both))
        + part(f, 1, -1, axis) * ((after - before) / (before * after))
        + part(f, 2, None, axis) * (before / (after * both))
    )
    if edge == 1:
        first_step, last_step = (
            ahead(part(step, *e), behind) for e in ((0, 1), (-1, None))
        )
        first = (part(f, 1, 2, axis) - part(f, 0, 1, axis)) / first_step
        last = (part(f, -1, None, axis) - part(f, -2, -1, axis)) / last_step
        return concatenate(first, middle, last, **_at(axis))
    ends = []
    for places in ((0, 1, 2), (-1, -2, -3)):
        near, next_, far = (
            part(f, k, None if k == -1 else k + 1, axis) for k in places
        )
        spots = [part(x, k, None if k == -1 else k + 1) for k in places]
        a, b = (ahead(spots[k] - spots[0], behind) for k in (1, 2))
        slope = next_ * (b / (a * (b - a))) - far * (a / (b * (b - a)))
        ends.append(slope - near * ((a + b) / (a * b)))
    return concatenate(ends[0], middle, ends[1], **_at(axis))


def _at(axis: int) -> dict[str, int]:
    return {"axis": axis} if axis else {}


def _gradient(f: Value, *spacing: Value, axis: Any = None, edge_order: int = 1) -> Any:
    f = at_least_float(f)
    (rank,) = rank_for("gradient", f)
    axes = range(rank) if axis is None else axis if isinstance(axis, tuple) else [axis]
    places = [k % rank for k in axes]
    steps = spacing or (literal(1.0),)
    steps = steps * len(places) if len(steps) == 1 else steps
    found = []
    for k, h in zip(places, steps, strict=True):
        if isinstance(unwrapped(h.type), Array) and dims_of(h.type):
            found.append(_uneven(f, h, k, edge_order, rank - 1 - k))
        elif isinstance(unwrapped(h.type), (Array, Scalar)):
            found.append(_even(f, h, k, edge_order))
        else:
            rank_for("gradient", h)
    single = len(found) == 1 and not isinstance(axis, tuple)
    return found[0] if single else tuple(found)


def _gradient_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("axis", "edge_order"), (), kwargs, "gradient")
    params = {k: static(v, f"gradient({k}=...)") for k, v in given.items()}
    if isinstance(params.get("axis"), list):
        params["axis"] = tuple(params["axis"])
    usual = {"axis": None, "edge_order": 1}
    if params.get("edge_order", 1) not in (1, 2):
        raise MissingRule("gradient: edge_order is 1 or 2")
    return list(args), {k: v for k, v in params.items() if v != usual[k]}


def _gradient_sample(f: Any, *spacing: Any, **params: Any) -> Sample:
    def expected(f: Any, *spacing: Any) -> Any:
        found = np.gradient(f, *spacing, **params)
        return [found] if isinstance(found, np.ndarray) else list(found)

    single = isinstance(np.gradient(f, *spacing, **params), np.ndarray)
    plain = (lambda *xs: expected(*xs)[0]) if single else expected
    return Sample((f, *spacing), params, expected=plain)


gradient: Op = derived(
    "gradient",
    calls=(np.gradient,),
    signature="f, *spacing, axis=None, edge_order=1",
    bind=_gradient_bind,
    code=lambda node: (
        f"np.gradient({', '.join(['f', *_spacings(node)])}, "
        "axis=axis, edge_order=edge_order)"
    ),
    body=_gradient,
    facts={"ranked": True},
    domain=lambda: [
        _gradient_sample(spaced(-1, 1, (5,))),
        _gradient_sample(spaced(-1, 1, (5,)), 0.3, edge_order=2),
        _gradient_sample(spaced(-1, 1, (3, 4)), axis=0),
        _gradient_sample(spaced(-1, 1, (3, 4))),
        _gradient_sample(spaced(-1, 1, (5,)), np.cumsum(spaced(0.2, 1, (5,)))),
        _gradient_sample(
            spaced(-1, 1, (5, 2)),
            np.cumsum(spaced(0.2, 1, (5,))),
            axis=0,
            edge_order=2,
        ),
        _gradient_sample(spaced(-1, 1, (3, 3)), 0.5, np.array([0.1, 0.4, 1.0])),
    ],
)


def _spacings(node: Node) -> list[str]:
    return [names("spacing", len(node.inputs) - 1)] if len(node.inputs) > 1 else []


# ---- differences with something at the ends -----------------------------------------


def _ediff_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("ary", "to_end", "to_begin"), args, kwargs, "ediff1d")
    ends = [given.get("to_begin"), given.get("to_end")]
    shown = tuple(not is_none(e) for e in ends)
    inputs = [as_array(e) for e in ends if not is_none(e)]
    return [given["ary"], *inputs], {} if shown == (False, False) else {"ends": shown}


def _ediff(x: Value, *given: Value, ends: tuple[bool, bool] = (False, False)) -> Value:
    rest = list(given)
    x, _ = in_line(x, None)
    before = [flat(as_value(rest.pop(0)))] if ends[0] else []
    after = [flat(as_value(rest.pop(0)))] if ends[1] else []
    return concatenate(*before, diff(x), *after)


ediff1d: Op = derived(
    "ediff1d",
    calls=(np.ediff1d,),
    signature="x, *given, ends=(False, False)",
    bind=_ediff_bind,
    code=lambda node: "np.ediff1d(x" + _ediff_ends(node) + ")",
    body=_ediff,
    domain=lambda: [
        at(spaced(-1, 1, (2, 3))),
        Sample(
            (spaced(-1, 1, (4,)), 0.5, np.array([2.0, 3.0])),
            {"ends": (True, True)},
            expected=lambda x, a, b: np.ediff1d(x, to_begin=a, to_end=b),
        ),
    ],
)


def _ediff_ends(node: Node) -> str:
    shown = node.params.get("ends", (False, False))
    keys = [k for k, there in zip(("to_begin", "to_end"), shown, strict=True) if there]
    return "".join(f", {k}=given{j}" for j, k in enumerate(keys))
