"""B-splines of `scipy.interpolate`: the class `BSpline`.

The value is linear in the coefficients, and its derivative in x is the spline's own
next derivative (C. de Boor, "A Practical Guide to Splines", chapter X):

    c'[i] = k (c[i + 1] - c[i]) / (t[i + k + 1] - t[i + 1])

The knots are constants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, literal
from srcad.ir.types import UNKNOWN, Array, Type, dims_of
from srcad.ops.arithmetic import equal
from srcad.ops.bodies import ahead, length, part, rank_for
from srcad.ops.borders import plus
from srcad.ops.choice import where
from srcad.ops.declare import (
    Arguments,
    Contribution,
    Op,
    as_array,
    custom,
    declared,
    static,
)
from srcad.ops.derived import macro
from srcad.ops.fit import known, matched, sum_
from srcad.ops.joins import concatenate
from srcad.ops.library_classes import (
    array_part,
    known_part,
    library_class,
    object_of_class,
)
from srcad.ops.likes import zeros_as
from srcad.ops.refused import no_partial
from srcad.ops.scans import cumsum
from srcad.ops.sizes import Sized, bound
from srcad.ops.sizes import length as length_of
from srcad.ops.splines import BEYOND, HOME, attribute, call_bind, extrapolating
from srcad.ops.tridiagonal import doubled_dtype

library_class(
    f"{HOME}.BSpline",
    arrays=("t", "c"),
    k=lambda spline: int(spline.k),
    axis=lambda spline: int(spline.axis),
    beyond=lambda spline: BEYOND[
        spline.extrapolate
        if isinstance(spline.extrapolate, str)
        else bool(spline.extrapolate)
    ],
)


# ---- evaluation ----------------------------------------------------------------------


def _value_type(t: Type, c: Type, k: Type, x: Type, **_: Any) -> Type:
    dc, dx = dims_of(c), dims_of(x)
    if dc is None or dx is None:
        return UNKNOWN
    return Array(doubled_dtype(c), (*dx, *dc[1:]))


def _next(node: Node) -> dict[str, Any]:
    return {**node.params, "nu": node.params.get("nu", 0) + 1}


def _behind(node: Node) -> int:
    return rank_for("a spline", node.inputs[1])[0] - 1


def _value_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (t, c, k, x), (dt, dc, _, dx) = node.inputs, ts
    if dt is not None:
        no_partial("BSpline", "t")(None)
    total = None if dc is None else bs_value(t, dc, k, x, **node.params)
    if dx is not None:
        slope = bs_value(t, c, k, x, **_next(node)) * ahead(dx, _behind(node))
        total = slope if total is None else total + slope
    return [total]


def _value_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (t, c, k, x), g = node.inputs, known(cts[0])

    def by_c(total: Value | None) -> Value:
        found = bs_spread(t, g, k, x, length(c), **node.params)
        return found if total is None else total + found

    def by_x(total: Value | None) -> Value:
        product = g * bs_value(t, c, k, x, **_next(node))
        axes = tuple(range(-_behind(node), 0))
        found = matched(sum_(product, axis=axes) if axes else product, x)
        return found if total is None else total + found

    return [no_partial("BSpline", "t"), by_c, None, by_x]


def _value_code(node: Node) -> str:
    usual = node.params.get("extrapolate", True)
    nu = ", nu" if node.params.get("nu", 0) else ""
    return f"scipy.interpolate.BSpline.construct_fast(t, c, k, {usual!r})(x{nu})"


bs_value: Op = custom(
    "bs_value",
    signature="t, c, k, x, nu=0, extrapolate=True",
    infer=_value_type,
    code=_value_code,
    jvp=_value_jvp,
    vjp=_value_vjp,
    facts={"ranked": True},
)


def _spread_type(t: Type, g: Type, k: Type, x: Type, n: Type, **_: Any) -> Type:
    dg, dx = dims_of(g), dims_of(x)
    if dg is None or dx is None:
        return UNKNOWN
    return Array(doubled_dtype(g), (length_of(n), *dg[len(dx) :]))


def _spread_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (t, g, k, x, n), (dt, dg, _, dx, _) = node.inputs, ts
    if dt is not None:
        no_partial("BSpline", "t")(None)
    total = None if dg is None else bs_spread(t, dg, k, x, n, **node.params)
    if dx is not None:
        ranks = rank_for("a spline", g, x)
        moved = g * ahead(dx, ranks[0] - ranks[1])
        change = bs_spread(t, moved, k, x, n, **_next(node))
        total = change if total is None else total + change
    return [total]


def _spread_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    (t, g, k, x, _), c = node.inputs, known(cts[0])
    by_g = bs_value(t, c, k, x, **node.params)
    ranks = rank_for("a spline", g, x)
    axes = tuple(range(ranks[1] - ranks[0], 0))
    product = g * bs_value(t, c, k, x, **_next(node))
    by_x = sum_(product, axis=axes) if axes else product
    return [no_partial("BSpline", "t"), matched(by_g, g), None, matched(by_x, x), None]


# The transpose of `bs_value` in n coefficients.
bs_spread: Op = declared(
    Sized(
        "bs_spread",
        "t, g, k, x, n, nu=0, extrapolate=True",
        _spread_type,
        "runtime.bspline_spread(scipy.interpolate.BSpline, t, g, k, x, n, nu=nu, "
        "extrapolate=extrapolate)",
        jvp=_spread_jvp,
        vjp=_spread_vjp,
    )
)


# ---- the class -----------------------------------------------------------------------


def spline_of(
    t: Value, c: Value, k: int, extrapolate: Any = True, axis: int = 0
) -> Value:
    """A BSpline with these knots and coefficients, which lie along the first axis."""
    arrays, beyond = {"t": t, "c": c}, BEYOND[extrapolate]
    return object_of_class(f"{HOME}.BSpline", arrays, k=k, axis=axis, beyond=beyond)


def spline_facts(spline: Value) -> tuple[Value, Value, int, Any, int]:
    k, beyond, axis = (
        known_part(spline, n, "BSpline") for n in ("k", "beyond", "axis")
    )
    extrapolate = extrapolating(beyond)
    t = array_part(spline, "t")
    c = part(array_part(spline, "c"), None, plus(length(t), -k - 1))
    return t, c, k, extrapolate, axis


def _params(nu: int, extrapolate: Any) -> dict[str, Any]:
    usual = {} if extrapolate is True else {"extrapolate": extrapolate}
    return {**({"nu": nu} if nu else {}), **usual}


def _evaluate(spline: Value, x: Value, nu: int = 0, extrapolate: Any = None) -> Value:
    t, c, k, usual, axis = spline_facts(spline)
    usual = usual if extrapolate is None else extrapolate
    found = bs_value(t, c, literal(k), x, **_params(nu, usual))
    if axis:
        raise MissingRule("BSpline: only axis=0 has a rule")
    return found


bs_call: Op = macro(
    "bs_call",
    calls=(f"{HOME}:BSpline.__call__",),
    signature="spline, x, nu=0, extrapolate=None",
    bind=call_bind("BSpline"),
    body=_evaluate,
)


def _made(
    t: Value, c: Value, k: int = 3, extrapolate: Any = True, axis: int = 0
) -> Value:
    if axis:
        raise MissingRule("BSpline: only axis=0 has a rule")
    return spline_of(t, c, k, extrapolate)


def _made_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("t", "c", "k", "extrapolate", "axis"), args, kwargs, "BSpline")
    params: dict[str, Any] = {
        n: static(given[n], f"BSpline({n}=...)")
        for n in ("k", "extrapolate", "axis")
        if n in given
    }
    return [as_array(given["t"]), as_array(given["c"])], params


bs_made: Op = macro(
    "bs_made",
    calls=(f"{HOME}.BSpline", f"{HOME}:BSpline.construct_fast"),
    signature="t, c, k=3, extrapolate=True, axis=0",
    bind=_made_bind,
    body=_made,
)


def _derivative(spline: Value, nu: int = 1) -> Value:
    t, c, k, extrapolate, axis = spline_facts(spline)
    if nu > k:
        raise MissingRule("BSpline.derivative: nu is at most the degree")
    for _ in range(nu):
        n = length(c)
        widths = part(t, k + 1, plus(n, k)) - part(t, 1, n)
        empty = equal(widths, literal(0.0))
        widths = where(empty, literal(1.0), widths)
        change = (part(c, 1, None) - part(c, None, -1)) * float(k)
        behind = rank_for("BSpline", c)[0] - 1
        c = where(ahead(empty, behind), literal(0.0), change / ahead(widths, behind))
        t, k = part(t, 1, -1), k - 1
    return spline_of(t, c, k, extrapolate, axis)


def _antiderivative(spline: Value, nu: int = 1) -> Value:
    t, c, k, extrapolate, axis = spline_facts(spline)
    for _ in range(nu):
        n = length(c)
        widths = part(t, k + 1, plus(n, k + 1)) - part(t, None, n)
        terms = c * ahead(widths, rank_for("BSpline", c)[0] - 1) / float(k + 1)
        c = concatenate(zeros_as(part(c, None, 1)), cumsum(terms, axis=0))
        t, k = concatenate(part(t, None, 1), t, part(t, -1, None)), k + 1
    extrapolate = False if extrapolate == "periodic" else extrapolate
    return spline_of(t, c, k, extrapolate, axis)


def _integral(spline: Value, a: Value, b: Value) -> Value:
    if spline_facts(spline)[3] is not True:
        raise MissingRule("BSpline.integrate without extrapolate=True has no rule")
    whole = _antiderivative(spline)
    return _evaluate(whole, b) - _evaluate(whole, a)


def _nu_bind(name: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("self", "nu"), args, kwargs, f"BSpline.{name}")
        nu = static(given.get("nu", 1), f"BSpline.{name}(nu=...)")
        if nu < 0:
            raise MissingRule(f"BSpline.{name}: nu is not negative")
        return [given["self"]], {"nu": nu}

    return bind


def _ends_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    free = {"extrapolate": [None, True]}
    given = bound(("self", "a", "b"), args, kwargs, "BSpline.integrate", ignored=free)
    return [given[k] for k in ("self", "a", "b")], {}


bs_derivative: Op = macro(
    "bs_derivative",
    calls=(f"{HOME}:BSpline.derivative",),
    signature="spline, nu=1",
    bind=_nu_bind("derivative"),
    body=_derivative,
)
bs_antiderivative: Op = macro(
    "bs_antiderivative",
    calls=(f"{HOME}:BSpline.antiderivative",),
    signature="spline, nu=1",
    bind=_nu_bind("antiderivative"),
    body=_antiderivative,
)
bs_integral: Op = macro(
    "bs_integral",
    calls=(f"{HOME}:BSpline.integrate",),
    signature="spline, a, b",
    bind=_ends_bind,
    body=_integral,
)
bs_t: Op = attribute("bs_t", "BSpline")
bs_c: Op = attribute("bs_c", "BSpline")
