"""Piecewise polynomials of `scipy.interpolate`: evaluation, derivatives, integrals.

Between the breakpoints x[i] and x[i + 1] the value at t is the sum of
c[p, i] * (t - x[i])**(k - 1 - p), so one evaluation of c, x and t has all derivatives:
those of coefficients that are made here go on to what they were made of.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, literal
from srcad.ir.types import Array, dims_of
from srcad.ops.arithmetic import less_equal, remainder
from srcad.ops.axes import transpose
from srcad.ops.bodies import ahead, entry, part, rank_for
from srcad.ops.choice import where
from srcad.ops.declare import Arguments, Op, as_array, is_none, static, zero
from srcad.ops.derived import derived, macro
from srcad.ops.differences import diff
from srcad.ops.domain import Sample, spaced
from srcad.ops.fit import zeros_of
from srcad.ops.index import getitem
from srcad.ops.joins import concatenate
from srcad.ops.library_classes import (
    array_part,
    known_part,
    library_class,
    object_of_class,
)
from srcad.ops.logic import logical_and
from srcad.ops.rearrange import take
from srcad.ops.scans import cumsum
from srcad.ops.sizes import bound, with_dims

HOME = "scipy.interpolate"
CUBICS = ("CubicSpline", "PchipInterpolator", "Akima1DInterpolator")
BEYOND = {True: "polynomial", False: "nan", None: "polynomial", "periodic": "periodic"}
KINDS = ("PPoly", "CubicHermiteSpline", *CUBICS)

library_class(
    *(f"{HOME}.{name}" for name in KINDS),
    arrays=("c", "x"),
    order=lambda spline: spline.c.shape[0],
    axis=lambda spline: int(spline.axis),
    beyond=lambda spline: BEYOND[spline.extrapolate],
)


def extrapolating(beyond: str) -> Any:
    """SciPy's `extrapolate` for what a spline does beyond its ends."""
    return {"polynomial": True, "nan": False}.get(beyond, beyond)


def attribute(name: str, of: str) -> Op:
    """An array that is an attribute of a spline of a class."""
    array = name.partition("_")[2]
    return macro(
        name,
        calls=(f"{HOME}:{of}.{array}.fget",),
        signature="spline",
        body=lambda spline: array_part(spline, array),
    )


# ---- evaluation ----------------------------------------------------------------------


# The interval that each of t lies in; the last one for the last breakpoint.
interval: Op = zero(
    "interval",
    signature="x, t",
    infer=lambda x, t: with_dims(Array("int64", ()), dims_of(t)),
    code="runtime.interval(x, t)",
)


def _value(
    c: Value,
    x: Value,
    t: Value,
    order: int = 0,
    nu: int = 0,
    extrapolate: Any = True,
    axis: int = 0,
) -> Value:
    """By Horner's rule, the derivative's coefficients being c times factors."""
    ranks = rank_for("a spline", c, t)
    first, last = entry(x, 0), entry(x, -1)
    if extrapolate == "periodic":
        t = first + remainder(t - first, last - first)
    place = interval(x, t)
    behind = ranks[0] - 2
    step = ahead(t - take(x, place), behind)
    found: Value | None = None
    for p in range(order - nu):
        factor = float(np.prod(np.arange(order - p - nu, order - p)))
        term = take(entry(c, p), place, axis=0)
        term = term if nu == 0 else term * factor
        found = term if found is None else found * step + term
    if found is None:
        found = zeros_of(take(entry(c, 0), place, axis=0)) * step
    elif order - nu == 1:
        found = found + step * 0.0
    if not extrapolate:
        inside = logical_and(less_equal(first, t), less_equal(t, last))
        found = where(ahead(inside, behind), found, literal(float("nan")))
    if axis == 0:
        return found
    axes = list(range(ranks[1] + behind))
    middle = axes[ranks[1] : ranks[1] + axis]
    return transpose(found, axes=(*middle, *axes[: ranks[1]], *axes[ranks[1] + axis :]))


def _value_code(node: Node) -> str:
    given = node.params.get("extrapolate", True)
    nu = ", nu" if node.params.get("nu", 0) else ""
    axis = ", axis=axis" if node.params.get("axis", 0) else ""
    return f"scipy.interpolate.PPoly.construct_fast(c, x, {given!r}{axis})(t{nu})"


def _value_sample(shape: tuple[int, ...], t: Any, nu: int = 0, **more: Any) -> Sample:
    x = np.array([0.0, 0.4, 1.0, 1.3])
    c = spaced(-1, 1, (shape[0], 3, *shape[1:]))

    def expected(c: Any, x: Any, t: Any) -> Any:
        given = more.get("extrapolate", True)
        cls = sys.modules[HOME].PPoly
        return cls.construct_fast(c, x, given, more.get("axis", 0))(t, nu)

    params = {"order": shape[0], **({"nu": nu} if nu else {}), **more}
    return Sample((c, x, t), params, expected=expected)


pp_value: Op = derived(
    "pp_value",
    signature="c, x, t, order=0, nu=0, extrapolate=True, axis=0",
    code=_value_code,
    body=_value,
    facts={"ranked": True},
    domain=lambda: [
        _value_sample((4,), np.array([0.1, 0.5, 0.9, 1.2])),
        _value_sample((4,), np.array([[0.1, 1.5], [-0.3, 0.7]])),
        _value_sample((4, 2), np.array([0.1, 0.5, 1.2]), nu=1),
        _value_sample((4, 2, 3), np.array([0.1, 0.5]), nu=2, axis=1),
        _value_sample((3,), np.array([0.1, 0.5]), nu=2),
        _value_sample((3,), np.array([0.1, 0.5, 1.5, -1.0]), extrapolate="periodic"),
    ],
)


def call_bind(name: str) -> Any:
    """The arguments of `spline(x, nu, extrapolate)`; name : of the class."""

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("self", "x", "nu", "extrapolate"), args, kwargs, name)
        nu = static(given.get("nu", 0), f"{name}(x, nu=...)")
        wanted = given.get("extrapolate")
        wanted = None if is_none(wanted) else static(wanted, f"{name}(extrapolate=...)")
        return [given["self"], as_array(given["x"])], {"nu": nu, "extrapolate": wanted}

    return bind


def _evaluate(spline: Value, t: Value, nu: int = 0, extrapolate: Any = None) -> Value:
    order, axis, usual = (
        known_part(spline, k, "spline") for k in ("order", "axis", "beyond")
    )
    usual = extrapolating(usual if extrapolate is None else BEYOND[extrapolate])
    params: dict[str, Any] = {"order": order}
    params |= {"nu": nu} if nu else {}
    params |= {"extrapolate": usual} if usual is not True else {}
    params |= {"axis": axis} if axis else {}
    c, x = array_part(spline, "c"), array_part(spline, "x")
    return pp_value(c, x, t, **params)


pp_call: Op = macro(
    "pp_call",
    calls=(f"{HOME}:PPoly.__call__",),
    signature="spline, t, nu=0, extrapolate=None",
    bind=call_bind("spline"),
    body=_evaluate,
)


# ---- other polynomials ---------------------------------------------------------------


def polynomial(
    c: Value,
    x: Value,
    order: int,
    extrapolate: Any = True,
    axis: int = 0,
    name: str = "PPoly",
) -> Value:
    """A spline with these coefficients."""
    arrays = {"c": c, "x": x}
    known = {"order": order, "axis": axis, "beyond": BEYOND[extrapolate]}
    return object_of_class(f"{HOME}.{name}", arrays, **known)


def _powers(numbers: Sequence[Any], c: Value) -> Value:
    column = as_array([float(v) for v in numbers])
    return ahead(column, rank_for("a spline", c)[0] - 1)


def _derivative(c: Value, order: int, nu: int) -> tuple[Value, int]:
    if nu >= order:
        return zeros_of(part(c, 0, 1)), 1
    factors = [np.prod(np.arange(order - p - nu, order - p)) for p in range(order - nu)]
    return part(c, 0, order - nu) * _powers(factors, c), order - nu


def _antiderivative(c: Value, x: Value, order: int) -> Value:
    """Coefficients of an integral that starts at 0 and is continuous."""
    raised = c * _powers([1.0 / (order - p) for p in range(order)], c)
    step = ahead(diff(x), rank_for("a spline", c)[0] - 2)
    over = zeros_of(entry(c, 0)) * step
    for p in range(order):
        over = (over + entry(raised, p)) * step
    start = zeros_of(part(over, 0, 1))
    before = concatenate(start, part(cumsum(over, axis=0), None, -1))
    shape = ("new", "...")
    return concatenate(raised, getitem(before, layout=shape))


def _facts(spline: Value) -> tuple[Value, Value, int, Any, int]:
    order, beyond, axis = (
        known_part(spline, k, "spline") for k in ("order", "beyond", "axis")
    )
    c, x = array_part(spline, "c"), array_part(spline, "x")
    return c, x, order, extrapolating(beyond), axis


def _derived_spline(spline: Value, nu: int = 1, back: bool = False) -> Value:
    c, x, order, extrapolate, axis = _facts(spline)
    nu = -nu if back else nu
    if nu >= 0:
        c, order = _derivative(c, order, nu)
    for _ in range(-nu):
        c, order = _antiderivative(c, x, order), order + 1
    if nu < 0 and extrapolate == "periodic":
        extrapolate = False
    return polynomial(c, x, order, extrapolate, axis)


def _nu_bind(name: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("self", "nu"), args, kwargs, name)
        nu = static(given.get("nu", 1), f"{name}(nu=...)")
        return [given["self"]], {"nu": nu, "back": name == "antiderivative"}

    return bind


pp_derivative: Op = macro(
    "pp_derivative",
    calls=(f"{HOME}:PPoly.derivative",),
    signature="spline, nu=1, back=False",
    bind=_nu_bind("derivative"),
    body=_derived_spline,
)
pp_antiderivative: Op = macro(
    "pp_antiderivative",
    calls=(f"{HOME}:PPoly.antiderivative",),
    signature="spline, nu=1, back=False",
    bind=_nu_bind("antiderivative"),
    body=_derived_spline,
)


def _integral(spline: Value, a: Value, b: Value, extrapolate: Any = None) -> Value:
    c, x, order, usual, axis = _facts(spline)
    usual = usual if extrapolate is None else extrapolate
    if usual == "periodic":
        raise MissingRule("the integral of a periodic spline has no derivative rule")
    if axis:
        raise MissingRule("the integral of a spline with axis=0 only has a rule")
    whole = polynomial(_antiderivative(c, x, order), x, order + 1, bool(usual))
    return _evaluate(whole, b) - _evaluate(whole, a)


def _integral_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("self", "a", "b", "extrapolate"), args, kwargs, "integrate")
    wanted = given.get("extrapolate")
    wanted = None if is_none(wanted) else static(wanted, "integrate(extrapolate=...)")
    return [given[k] for k in ("self", "a", "b")], {"extrapolate": wanted}


pp_integral: Op = macro(
    "pp_integral",
    calls=(f"{HOME}:PPoly.integrate",),
    signature="spline, a, b, extrapolate=None",
    bind=_integral_bind,
    body=_integral,
)


pp_c: Op = attribute("pp_c", "PPoly")
pp_x: Op = attribute("pp_x", "PPoly")


# ---- PPoly itself --------------------------------------------------------------------


def _made(c: Value, x: Value, extrapolate: Any = None, axis: int = 0) -> Value:
    dims = dims_of(c.type)
    if dims is None or not isinstance(dims[axis], int):
        raise MissingRule("PPoly: the number of coefficients must be known")
    if axis:
        raise MissingRule("PPoly: only axis=0 has a rule")
    usual = True if extrapolate is None else extrapolate
    return polynomial(c, x, dims[0], usual)  # type: ignore[arg-type]


def _made_bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
    given = bound(("c", "x", "extrapolate", "axis"), args, kwargs, "PPoly")
    params: dict[str, Any] = {
        k: static(given[k], f"PPoly({k}=...)")
        for k in ("extrapolate", "axis")
        if k in given
    }
    return [as_array(given["c"]), as_array(given["x"])], params


pp_made: Op = macro(
    "pp_made",
    calls=(f"{HOME}.PPoly",),
    signature="c, x, extrapolate=None, axis=0",
    bind=_made_bind,
    body=_made,
)
