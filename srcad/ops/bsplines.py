"""B-splines of `scipy.interpolate`: `BSpline`, `make_interp_spline`, `splev`.

The value is linear in the coefficients, and its derivative in x is the spline's own
next derivative (C. de Boor, "A Practical Guide to Splines", chapter X):

    c'[i] = k (c[i + 1] - c[i]) / (t[i + k + 1] - t[i + 1])

The knots are constants, and so are the points that a spline is made to go through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, literal
from srcad.ir.types import UNKNOWN, Array, Dict, Tuple, Type, dims_of
from srcad.ops.arithmetic import equal
from srcad.ops.bodies import ahead, length, part, rank_for
from srcad.ops.borders import plus
from srcad.ops.choice import where
from srcad.ops.declare import Contribution, Op, as_array, custom, declared, static
from srcad.ops.derived import macro
from srcad.ops.fit import known, matched, sum_
from srcad.ops.integrals import absent
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
from srcad.ops.splines import BEYOND, HOME
from srcad.ops.tuples import item

Arguments = tuple[list[Any], dict[str, Any]]

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
    return Array("float64", (*dx, *dc[1:]))


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
    return Array("float64", (length_of(n), *dg[len(dx) :]))


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


def _facts(spline: Value) -> tuple[Value, Value, int, Any, int]:
    k, beyond, axis = (
        known_part(spline, n, "BSpline") for n in ("k", "beyond", "axis")
    )
    extrapolate = {"polynomial": True, "nan": False}.get(beyond, beyond)
    t = array_part(spline, "t")
    c = part(array_part(spline, "c"), None, plus(length(t), -k - 1))
    return t, c, k, extrapolate, axis


def _params(nu: int, extrapolate: Any) -> dict[str, Any]:
    usual = {} if extrapolate is True else {"extrapolate": extrapolate}
    return {**({"nu": nu} if nu else {}), **usual}


def _evaluate(spline: Value, x: Value, nu: int = 0, extrapolate: Any = None) -> Value:
    t, c, k, usual, axis = _facts(spline)
    usual = usual if extrapolate is None else extrapolate
    found = bs_value(t, c, literal(k), x, **_params(nu, usual))
    if axis:
        raise MissingRule("BSpline: only axis=0 has a rule")
    return found


def _call_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("self", "x", "nu", "extrapolate"), args, kwargs, "BSpline")
    wanted = given.get("extrapolate")
    wanted = None if absent(wanted) else static(wanted, "BSpline(extrapolate=...)")
    params = {
        "nu": static(given.get("nu", 0), "BSpline(nu=...)"),
        "extrapolate": wanted,
    }
    return [given["self"], as_array(given["x"])], params


bs_call: Op = macro(
    "bs_call",
    calls=(f"{HOME}:BSpline.__call__",),
    signature="spline, x, nu=0, extrapolate=None",
    bind=_call_bind,
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
    t, c, k, extrapolate, axis = _facts(spline)
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
    t, c, k, extrapolate, axis = _facts(spline)
    for _ in range(nu):
        n = length(c)
        widths = part(t, k + 1, plus(n, k + 1)) - part(t, None, n)
        terms = c * ahead(widths, rank_for("BSpline", c)[0] - 1) / float(k + 1)
        c = concatenate(zeros_as(part(c, None, 1)), cumsum(terms, axis=0))
        t, k = concatenate(part(t, None, 1), t, part(t, -1, None)), k + 1
    extrapolate = False if extrapolate == "periodic" else extrapolate
    return spline_of(t, c, k, extrapolate, axis)


def _integral(spline: Value, a: Value, b: Value) -> Value:
    if _facts(spline)[3] is not True:
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
bs_t: Op = macro(
    "bs_t",
    calls=(f"{HOME}:BSpline.t.fget",),
    signature="spline",
    body=lambda spline: array_part(spline, "t"),
)
bs_c: Op = macro(
    "bs_c",
    calls=(f"{HOME}:BSpline.c.fget",),
    signature="spline",
    body=lambda spline: array_part(spline, "c"),
)


# ---- through points ------------------------------------------------------------------


def _refusing(op_name: str) -> Any:
    return no_partial(op_name, "x")


def _through_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    x, op = node.inputs[0], node.op
    if ts[0] is not None:
        _refusing("make_interp_spline")(None)
    assert isinstance(op, Op)
    return [None if ts[1] is None else op(x, ts[1], *node.inputs[2:], **node.params)]


def _through_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    x, y = node.inputs
    back = through_back(x, known(cts[0]), **node.params)
    return [_refusing("make_interp_spline"), matched(back, y)]


def _back_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    x, g = node.inputs
    found = through(x, known(cts[0]), **node.params)
    return [_refusing("make_interp_spline"), matched(found, g)]


# The coefficients of the spline through points, linear in y; and the transpose.
through: Op = custom(
    "through",
    signature="x, y, k=3, bc=None",
    infer=lambda x, y, k=3, bc=None: _points_type(x, y, bc),
    code="scipy.interpolate.make_interp_spline(x, y, k=k, bc_type=bc).c",
    jvp=_through_jvp,
    vjp=_through_vjp,
)
through_back: Op = custom(
    "through_back",
    signature="x, g, k=3, bc=None",
    infer=lambda x, g, k=3, bc=None: _back_type(x, g),
    code="runtime.through_back(scipy.interpolate.make_interp_spline, x, g, k=k, bc=bc)",
    jvp=_through_jvp,
    vjp=_back_vjp,
)


def _points_type(x: Type, y: Type, bc: Any) -> Type:
    dx, dy = dims_of(x), dims_of(y)
    if dx is None or dy is None:
        return UNKNOWN
    return Array("float64", (dx[0] if bc is None else length_of(UNKNOWN), *dy[1:]))


def _back_type(x: Type, g: Type) -> Type:
    dx, dg = dims_of(x), dims_of(g)
    return UNKNOWN if dx is None or dg is None else Array("float64", (dx[0], *dg[1:]))


def _knots_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    return [_refusing("make_interp_spline")]


def _knots_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if ts[0] is not None:
        _refusing("make_interp_spline")(None)
    return [None]


# The knots of the spline through points.
through_knots: Op = custom(
    "through_knots",
    signature="x, k=3, bc=None",
    infer=lambda x, k=3, bc=None: Array("float64", (length_of(UNKNOWN),)),
    code="scipy.interpolate.make_interp_spline(x, 0.0 * x, k=k, bc_type=bc).t",
    jvp=_knots_jvp,
    vjp=_knots_vjp,
)


def _interpolated(
    x: Value, y: Value, k: int = 3, bc_type: Any = None, axis: int = 0
) -> Value:
    (rank,) = rank_for("make_interp_spline", y)
    if axis % rank:
        raise MissingRule("make_interp_spline: only axis=0 has a rule")
    params: dict[str, Any] = {} if k == 3 else {"k": k}
    params |= {} if bc_type is None else {"bc": bc_type}
    return spline_of(through_knots(x, **params), through(x, y, **params), k)


def _interpolated_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    name = "make_interp_spline"
    free: dict[str, list[Any]] = {"t": [None], "check_finite": [True, False]}
    kwargs = {**dict(zip(("x", "y", "k", "t"), args, strict=False)), **kwargs}
    names = ("x", "y", "k", "bc_type", "axis")
    given = bound(names, (), kwargs, name, ignored=free)
    params: dict[str, Any] = {
        n: static(given[n], f"{name}({n}=...)") for n in names[2:] if n in given
    }
    if params.get("bc_type") == "not-a-knot":
        del params["bc_type"]
    if params.get("bc_type") not in (None, "natural", "clamped"):
        raise MissingRule(f"{name}: bc_type is None, 'natural' or 'clamped'")
    return [as_array(given["x"]), as_array(given["y"])], params


make_interp_spline: Op = macro(
    "make_interp_spline",
    calls=(f"{HOME}.make_interp_spline",),
    signature="x, y, k=3, bc_type=None, axis=0",
    bind=_interpolated_bind,
    body=_interpolated,
)


# ---- FITPACK's tuples ----------------------------------------------------------------


def _splev_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("x", "tck", "der", "ext"), args, kwargs, "splev")
    if static(given.get("ext", 0), "splev(ext=...)") not in (0, 2):
        raise MissingRule("splev: ext is 0 or 2")
    der, tck = static(given.get("der", 0), "splev(der=...)"), given["tck"]
    params = {"nu": der} if der else {}
    if isinstance(tck, Value) and isinstance(tck.type, Dict):
        t, c, k, *_ = _facts(tck)
        return [t, c, literal(k), as_array(given["x"])], params
    if isinstance(tck, Value) and isinstance(tck.type, Tuple):
        tck = [item(tck, key=n) for n in range(len(tck.type.items))]
    if not isinstance(tck, (tuple, list)) or len(tck) != 3:
        raise MissingRule("splev: tck is a tuple (t, c, k) or a BSpline")
    return [as_array(tck[0]), as_array(tck[1]), tck[2], as_array(given["x"])], params


# FITPACK keeps more coefficients than the knots tell; the last ones do not count.
splev: Op = macro(
    "splev",
    calls=(f"{HOME}.splev",),
    signature="t, c, k, x, nu=0",
    bind=_splev_bind,
    body=lambda t, c, k, x, nu=0: bs_value(t, c, k, x, **({"nu": nu} if nu else {})),
)
