"""Splines of `scipy.interpolate` through points: cubic, pchip, Akima, Hermite.

All are Hermite splines: values y and slopes s at the points give the coefficients. For
the cubic spline the slopes solve a tridiagonal system (C. de Boor, "A Practical Guide
to Splines", chapter IV); pchip takes harmonic means (F. N. Fritsch and J. Butland, SIAM
J. Sci. Stat. Comput. 5 (1984) 300), Akima weighted ones (H. Akima, J. ACM 17 (1970)
589). By x and by y the derivatives are those of these formulas.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.ir.graph import Value, literal
from srcad.ops.arithmetic import equal, greater, not_equal
from srcad.ops.axes import moveaxis
from srcad.ops.bodies import ahead, doubled, length, part, rank_for
from srcad.ops.borders import whole
from srcad.ops.choice import where
from srcad.ops.complexes import abs_
from srcad.ops.declare import Arguments, Op, as_array, is_none, static
from srcad.ops.derived import derived, macro
from srcad.ops.differences import diff
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.extremes import max_
from srcad.ops.index import getitem
from srcad.ops.joins import concatenate
from srcad.ops.kinds import linear
from srcad.ops.logic import logical_and, logical_or
from srcad.ops.rounding import sign
from srcad.ops.sizes import bound
from srcad.ops.splines import HOME, polynomial
from srcad.ops.tridiagonal import tridiagonal


def _steps(x: Value, y: Value) -> tuple[Value, Value]:
    """The steps of x, and the slopes between the points."""
    h = diff(x)
    wide = ahead(h, rank_for("a spline", y)[0] - 1)
    return wide, diff(y, axis=0) / wide


def entry(v: Value, k: int) -> Value:
    """The k-th entry, as an array of one."""
    return part(v, k, None if k == -1 else k + 1)


def hermite(x: Value, y: Value, s: Value) -> Value:
    """Coefficients of the cubic pieces with values y and slopes s."""
    x, y, s = doubled(x), doubled(y), doubled(s)
    h, slope = _steps(x, y)
    first, last = part(s, None, -1), part(s, 1, None)
    bend = (first + last - 2.0 * slope) / h
    rows = [bend / h, (slope - first) / h - bend, first, part(y, None, -1)]
    return concatenate(*(getitem(v, layout=("new", "...")) for v in rows))


# ---- cubic splines -------------------------------------------------------------------

# x, which must have more than 3 points: with fewer the spline is one parabola.
enough: Op = linear(
    "enough",
    signature="x",
    infer=lambda x: x,
    code="runtime.enough(x)",
    transpose=lambda g, node: g,
    memory="same",
    domain=lambda: [at(spaced(-1, 1, (4,)))],
)

Row = tuple[Value, Value, Value]  # on the diagonal, beside it, on the right


def _end(kind: Any, h: Value, m: Value, flat_h: Value, at_end: bool) -> Row:
    """The equation at an end; `near` is the step at that end."""
    near, next_ = (-1, -2) if at_end else (0, 1)
    a, b = entry(flat_h, near), entry(flat_h, next_)
    wide_a, wide_b = entry(h, near), entry(h, next_)
    slope, other = entry(m, near), entry(m, next_)
    if kind == "not-a-knot":
        both = wide_a + wide_b
        right = (wide_a + 2.0 * both) * wide_b * slope + wide_a * wide_a * other
        return b, a + b, right / both
    order, value = kind
    if order == 1:
        return a * 0.0 + 1.0, a * 0.0, slope * 0.0 + value
    bend = 0.5 * value * wide_a * wide_a
    return 2.0 * a, a, 3.0 * slope * wide_a + (bend if at_end else -bend)


def cubic_slopes(x: Value, y: Value, start: Any, end: Any) -> Value:
    """The slopes that make the second derivative continuous."""
    count = whole(length(x))
    if count == 2:
        raise MissingRule("CubicSpline of two points has no derivative rule")
    if count == 3 and (start, end) == ("not-a-knot", "not-a-knot"):
        return _parabola(x, y)
    x = x if count is not None else enough(x)
    (h, m), flat_h = _steps(x, y), diff(x)
    before, after = part(flat_h, None, -1), part(flat_h, 1, None)
    middle = 2.0 * (before + after)
    right = 3.0 * (
        part(h, 1, None) * part(m, None, -1) + part(h, None, -1) * part(m, 1, None)
    )
    first, last = _end(start, h, m, flat_h, False), _end(end, h, m, flat_h, True)
    diagonal = concatenate(first[0], middle, last[0])
    upper = concatenate(first[1], before)
    lower = concatenate(after, last[1])
    b = concatenate(first[2], right, last[2])
    return tridiagonal(lower, diagonal, upper, b)


def _parabola(x: Value, y: Value) -> Value:
    """The slopes of the parabola through three points."""
    h, m = _steps(x, y)
    a, b = entry(h, 0), entry(h, 1)
    bend = (entry(m, 1) - entry(m, 0)) / (a + b)
    first = entry(m, 0) - bend * a
    slopes = [first, first + 2.0 * bend * a, first + 2.0 * bend * (a + b)]
    return concatenate(*slopes)


def periodic_slopes(x: Value, y: Value) -> Value:
    """The same for a periodic spline: a cyclic system of one equation less.

    Its last unknown is taken apart from the others, which leaves two tridiagonal ones.
    """
    x = enough(x)
    (h, m), flat_h = _steps(x, y), diff(x)

    def right(k: int) -> Value:
        before, here = (entry(v, k - 1) for v in (h, m)), (entry(v, k) for v in (h, m))
        (h0, m0), (h1, m1) = before, here
        return 3.0 * (h1 * m0 + h0 * m1)

    inner = 3.0 * (
        part(h, 1, None) * part(m, None, -1) + part(h, None, -1) * part(m, 1, None)
    )
    b = concatenate(right(0), part(inner, None, -1))
    before, after = part(flat_h, None, -1), part(flat_h, 1, None)
    d0 = 2.0 * (entry(flat_h, -1) + entry(flat_h, 0))
    diagonal = concatenate(d0, 2.0 * part(before + after, None, -1))
    upper = concatenate(entry(flat_h, -1), part(before, None, -2))
    lower = part(after, None, -1)
    corner = concatenate(
        -entry(flat_h, 0), part(before, None, -2) * 0.0, -entry(flat_h, -3)
    )
    one = tridiagonal(lower, diagonal, upper, b)
    two = ahead(
        tridiagonal(lower, diagonal, upper, corner), rank_for("a spline", y)[0] - 1
    )
    below, beside = entry(flat_h, -2), entry(flat_h, -1)
    across = 2.0 * (below + beside)
    top = right(-1) - below * entry(one, 0) - beside * entry(one, -1)
    last = top / (across + below * entry(two, 0) + beside * entry(two, -1))
    slopes = concatenate(one + last * two, last)
    return concatenate(slopes, part(slopes, 0, 1))


def _cubic(x: Value, y: Value, bc: Any = "not-a-knot") -> Value:
    ends = _ends(bc)
    if ends == "periodic":
        return hermite(x, y, periodic_slopes(x, y))
    return hermite(x, y, cubic_slopes(x, y, *ends))


# ---- pchip and Akima -----------------------------------------------------------------


def _pchip_end(h0: Value, h1: Value, m0: Value, m1: Value) -> Value:
    d = ((2.0 * h0 + h1) * m0 - h0 * m1) / (h0 + h1)
    steep = greater(abs_(d), 3.0 * abs_(m0))
    turns = logical_and(not_equal(sign(m0), sign(m1)), steep)
    d = where(turns, 3.0 * m0, d)
    return where(not_equal(sign(d), sign(m0)), m0 * 0.0, d)


def _pchip(x: Value, y: Value) -> Value:
    x, y = doubled(x), doubled(y)
    h, m = _steps(x, y)
    if whole(length(x)) == 2:
        return hermite(x, y, concatenate(m, m))
    h0, h1, m0, m1 = (
        part(v, *ends) for v in (h, m) for ends in ((None, -1), (1, None))
    )
    zero_one = logical_or(equal(m0, literal(0.0)), equal(m1, literal(0.0)))
    turns = logical_or(not_equal(sign(m0), sign(m1)), zero_one)
    w0, w1 = 2.0 * h1 + h0, h1 + 2.0 * h0
    one = m0 * 0.0 + 1.0
    safe0, safe1 = where(turns, one, m0), where(turns, one, m1)
    middle = (w0 + w1) / (w0 / safe0 + w1 / safe1)
    middle = where(turns, m0 * 0.0, middle)
    ends = [
        _pchip_end(*(entry(v, k) for v in (h, m) for k in places))
        for places in ((0, 1), (-1, -2))
    ]
    return hermite(x, y, concatenate(ends[0], middle, ends[1]))


def _akima(x: Value, y: Value, method: str = "akima") -> Value:
    x, y = doubled(x), doubled(y)
    _, m = _steps(x, y)
    if whole(length(x)) == 2:
        return hermite(x, y, concatenate(m, m))
    first = [entry(m, k) for k in (0, 1)]
    last = [entry(m, k) for k in (-1, -2)]
    left = 2.0 * first[0] - first[1]
    right = 2.0 * last[0] - last[1]
    far = 2.0 * left - first[0], 2.0 * right - last[0]
    m = concatenate(far[0], left, m, right, far[1])
    change = abs_(diff(m, axis=0))
    f0, f1 = part(change, None, -2), part(change, 2, None)
    if method == "makima":
        mean = abs_(part(m, None, -1) + part(m, 1, None)) * 0.5
        f0, f1 = f0 + part(mean, None, -2), f1 + part(mean, 2, None)
    both = f0 + f1
    plain = 0.5 * (part(m, 3, None) + part(m, None, -3))
    clear = greater(both, 1e-9 * max_(both))
    safe = where(clear, both, both * 0.0 + 1.0)
    before, after = part(m, 1, -2), part(m, 2, -1)
    s = where(clear, (f1 * before + f0 * after) / safe, plain)
    return hermite(x, y, s)


# ---- the operations ------------------------------------------------------------------


def _sample(cls: str, y: Any, make: Mapping[str, Any], **params: Any) -> Sample:
    x = np.array([0.0, 0.4, 1.0, 1.3, 2.1, 2.5])[: len(y)]

    def expected(x: Any, y: Any) -> Any:
        return getattr(sys.modules[HOME], cls)(x, y, **make).c

    return Sample((x, y), params, expected=expected)


Y = np.array([0.3, -0.5, 0.1, 0.8, 0.9, 0.2])
MANY = np.stack([Y, Y[::-1] ** 2], axis=1)


def _cubic_points() -> list[Sample]:
    found = [_sample("CubicSpline", y, {}) for y in (Y, MANY, Y[:4])]
    for bc in ("natural", "clamped"):
        found += [_sample("CubicSpline", y, {"bc_type": bc}, bc=bc) for y in (Y, MANY)]
    ends: list[Any] = [((1, 0.4), (2, -0.3)), ("not-a-knot", (2, 0.7))]
    found += [_sample("CubicSpline", Y, {"bc_type": bc}, bc=bc) for bc in ends]
    return found


cubic_coefficients: Op = derived(
    "cubic_coefficients",
    signature="x, y, bc='not-a-knot'",
    code="scipy.interpolate.CubicSpline(x, y, bc_type=bc).c",
    body=_cubic,
    facts={"ranked": True},
    domain=_cubic_points,
)
pchip_coefficients: Op = derived(
    "pchip_coefficients",
    signature="x, y",
    code="scipy.interpolate.PchipInterpolator(x, y).c",
    body=_pchip,
    facts={"ranked": True},
    domain=lambda: [_sample("PchipInterpolator", y, {}) for y in (Y, MANY)],
)
akima_coefficients: Op = derived(
    "akima_coefficients",
    signature="x, y, method='akima'",
    code="scipy.interpolate.Akima1DInterpolator(x, y, method=method).c",
    body=_akima,
    facts={"ranked": True},
    domain=lambda: [
        *(_sample("Akima1DInterpolator", y, {}) for y in (Y, MANY)),
        _sample("Akima1DInterpolator", Y, {"method": "makima"}, method="makima"),
    ],
)
hermite_coefficients: Op = derived(
    "hermite_coefficients",
    signature="x, y, s",
    code="scipy.interpolate.CubicHermiteSpline(x, y, s).c",
    body=hermite,
    facts={"ranked": True},
    domain=lambda: [
        Sample(
            (np.array([0.0, 0.4, 1.0, 1.3]), spaced(-1, 1, (4,)), spaced(0, 1, (4,)))
        )
    ],
)


# ---- the classes ---------------------------------------------------------------------


def _ends(given: Any) -> Any:
    """The conditions at the two ends in one form; "periodic" stays."""
    if isinstance(given, str):
        given = (given, given)
    if tuple(given) == ("periodic", "periodic"):
        return "periodic"
    named = {"clamped": (1, 0.0), "natural": (2, 0.0)}
    return tuple(
        (named.get(end, end)) if isinstance(end, str) else (end[0], float(end[1]))
        for end in given
    )


def _bind(cls: str, *more: str) -> Callable[..., Arguments]:
    values = ("x", "y", "dydx") if cls == "CubicHermiteSpline" else ("x", "y")
    orders = {
        "CubicSpline": ("axis", "bc_type", "extrapolate"),
        "Akima1DInterpolator": ("axis", "method", "extrapolate"),
    }
    names = (*values, *orders.get(cls, ("axis", "extrapolate")))

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(names, args, kwargs, cls)
        params = {
            k: static(given[k], f"{cls}({k}=...)")
            for k in names[len(values) :]
            if k in given and not is_none(given[k])
        }
        if isinstance(params.get("bc_type"), list):
            params["bc_type"] = tuple(params["bc_type"])
        return [as_array(given[k]) for k in values], {"cls": cls, **params}

    return bind


def _spline(
    x: Value,
    y: Value,
    *slopes: Value,
    cls: str = "",
    axis: int = 0,
    extrapolate: Any = None,
    bc_type: Any = None,
    method: str = "akima",
) -> Value:
    (rank,) = rank_for(cls, y)
    axis = axis % rank
    if axis:
        y, *slopes = (moveaxis(v, a=axis, b=0) for v in (y, *slopes))  # type: ignore[assignment]
    if cls == "CubicSpline":
        bc = {} if bc_type in (None, "not-a-knot") else {"bc": bc_type}
        c = cubic_coefficients(x, y, **bc)
    elif cls == "PchipInterpolator":
        c = pchip_coefficients(x, y)
    elif cls == "Akima1DInterpolator":
        c = akima_coefficients(
            x, y, **({} if method == "akima" else {"method": method})
        )
    else:
        c = hermite_coefficients(x, y, *slopes)
    if extrapolate is None:
        akima = cls == "Akima1DInterpolator"
        around = bc_type is not None and _ends(bc_type) == "periodic"
        extrapolate = False if akima else "periodic" if around else True
    return polynomial(c, x, 4, extrapolate, axis, cls)


def _class(cls: str) -> Op:
    slopes = ", s" if cls == "CubicHermiteSpline" else ""
    return macro(
        f"made_{cls}",
        calls=(f"{HOME}.{cls}",),
        signature=f"x, y{slopes}, cls='', axis=0, extrapolate=None, bc_type=None, "
        "method='akima'",
        bind=_bind(cls),
        body=_spline,
    )


CLASSES = [
    _class(cls)
    for cls in (
        "CubicSpline",
        "PchipInterpolator",
        "Akima1DInterpolator",
        "CubicHermiteSpline",
    )
]
