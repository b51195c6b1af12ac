"""Splines of SciPy, made outside, handed in, and made inside, by x, y and where."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcad import MissingRule, check_grads, grad, jvp, vjp
from srcad.errors import SrcadError

si = pytest.importorskip("scipy.interpolate")

X = np.array([0.0, 0.4, 1.0, 1.3, 2.1, 2.5, 3.2])
Y = np.sin(2.0 * X) + 0.1 * X
MANY = np.stack([Y, np.cos(X)], axis=1)
AT = np.array([0.1, 0.77, 1.9, 3.0])
OUTSIDE = si.CubicSpline(X, MANY)


def natural(x: Any, y: Any, t: Any) -> Any:
    return si.CubicSpline(x, y, bc_type="natural")(t)


def slopes(x: Any, y: Any, t: Any) -> Any:
    return si.CubicSpline(x, y)(t, 1)


def ends(x: Any, y: Any, t: Any) -> Any:
    return si.CubicSpline(x, y, bc_type=((1, 0.5), "not-a-knot")).derivative(2)(t)


def periodic(x: Any, y: Any, t: Any) -> Any:
    y = np.concatenate((y[:-1], y[:1]))
    return si.CubicSpline(x, y, bc_type="periodic")(t + 2.0)


def integral(x: Any, y: Any, t: Any) -> Any:
    spline = si.CubicSpline(x, y)
    return spline.integrate(t[0], t[3]) + spline.antiderivative()(t)


def pchip(x: Any, y: Any, t: Any) -> Any:
    return si.PchipInterpolator(x, y)(t)


def akima(x: Any, y: Any, t: Any) -> Any:
    return si.Akima1DInterpolator(x, y, method="makima")(t)


def hermite(x: Any, y: Any, t: Any) -> Any:
    return si.CubicHermiteSpline(x, y, y * y)(t)


def columns(x: Any, y: Any, t: Any) -> Any:
    return si.CubicSpline(x, np.stack((y, y**2)), axis=1)(t)


def pieces(x: Any, y: Any, t: Any) -> Any:
    spline = si.PPoly(np.stack((y[1:], y[:-1])), x)
    return spline(t) * spline.c[0, 1] + spline.x[2]


def chosen(x: Any, y: Any, t: Any) -> Any:
    total = np.zeros(4)
    for k in range(2):
        spline = si.CubicSpline(x, (k + 1.0) * y)
        total = total + spline(t) ** 2
    return total


INSIDE = [natural, slopes, ends, periodic, integral, pchip, akima, hermite, columns]
INSIDE += [pieces, chosen]


@pytest.mark.parametrize("f", INSIDE, ids=lambda f: f.__name__)
def test_made_inside(f: Any) -> None:
    rng = np.random.default_rng(4)
    point = (X, Y, AT)
    along = tuple(rng.normal(size=v.shape) for v in point)
    value, moved = jvp(f, point, along)
    np.testing.assert_allclose(value, f(*point), rtol=1e-12, atol=1e-12)
    step = 1e-6

    def at(k: float) -> Any:
        return f(*(v + k * step * d for v, d in zip(point, along, strict=True)))

    wanted = (at(1) - at(-1)) / (2 * step)
    np.testing.assert_allclose(moved, wanted, rtol=1e-6, atol=1e-6)
    g = rng.normal(size=value.shape)
    _, back = vjp(f, *point)
    found = sum(np.sum(b * d) for b, d in zip(back(g), along, strict=True))
    np.testing.assert_allclose(found, np.sum(g * moved), rtol=1e-10)


def test_made_outside_and_handed_in() -> None:
    def captured(t: Any) -> Any:
        return np.sum(OUTSIDE(t) ** 2) + np.sum(OUTSIDE.derivative()(t)[:, 0])

    def handed(t: Any, spline: Any) -> Any:
        return np.sum(spline(t) ** 2) + np.sum(spline.derivative()(t)[:, 0])

    twice = OUTSIDE.derivative(2)(AT)[:, 0]
    wanted = 2 * np.sum(OUTSIDE(AT) * OUTSIDE(AT, 1), axis=1) + twice
    np.testing.assert_allclose(grad(captured)(AT), wanted, rtol=1e-12)
    np.testing.assert_allclose(grad(handed)(AT, OUTSIDE), wanted, rtol=1e-12)


def test_what_is_not_known_of_splines_is_refused() -> None:
    def made(y: Any) -> Any:
        return si.CubicSpline(X, y)

    def solved(y: Any) -> Any:
        return np.sum(si.CubicSpline(X, y).roots())

    with pytest.raises(SrcadError):
        vjp(made, Y)
    with pytest.raises(SrcadError):
        grad(solved)(Y)


def test_three_points_are_a_parabola_or_refused() -> None:
    def f(y: Any) -> Any:
        return np.sum(si.CubicSpline(X[:3], y)(AT))

    with pytest.raises(ValueError, match="4 points"):
        grad(f)(Y[:3])


KNOTS = np.array([0.0, 0.0, 0.0, 0.0, 0.7, 1.1, 2.0, 2.0, 2.0, 2.0])
BS = si.BSpline(KNOTS, np.linspace(-1.0, 2.0, 6) ** 2, 3)
TCK = si.splrep(X, Y)


def by_coefficients(c: Any, t: Any) -> Any:
    return si.BSpline(KNOTS, c, 3)(t) + si.BSpline(KNOTS, c, 3).derivative()(t)


def linear_pieces(c: Any, t: Any) -> Any:
    return si.BSpline(KNOTS[2:-2], c, 1)(t, extrapolate=False)


def integrals(c: Any, t: Any) -> Any:
    spline = si.BSpline(KNOTS, c, k=3)
    return spline.antiderivative()(t) + spline.integrate(t[0], t[1])


def through(y: Any, t: Any) -> Any:
    return si.make_interp_spline(X, y)(t) + si.make_interp_spline(X, y, k=2)(t)


def natural_through(y: Any, t: Any) -> Any:
    return si.make_interp_spline(X, y, bc_type="natural")(t, 1)


def fitpack(y: Any, t: Any) -> Any:
    return si.splev(t, si.splrep(X, y)) + si.splev(t, si.splrep(X, y, k=1, s=0), der=1)


def evaluated(c: Any, t: Any) -> Any:
    return si.splev(t, (KNOTS, c, 3)) + si.splev(t, TCK, der=1) + BS(t)


C = np.array([0.3, -0.5, 0.1, 0.8, 0.9, 0.2])
BSPLINES = [by_coefficients, linear_pieces, integrals, evaluated]


@pytest.mark.parametrize(
    ("f", "values"),
    [*((f, C) for f in BSPLINES), (through, Y), (natural_through, Y), (fitpack, Y)],
    ids=lambda f: getattr(f, "__name__", ""),
)
def test_bsplines(f: Any, values: Any) -> None:
    rng = np.random.default_rng(5)
    point = (
        values[:4] if f is linear_pieces else values,
        np.array([0.1, 0.8, 1.4, 1.9]),
    )
    along = tuple(rng.normal(size=v.shape) for v in point)
    value, moved = jvp(f, point, along)
    np.testing.assert_allclose(value, f(*point), rtol=1e-10, atol=1e-12)
    step = 1e-6

    def at(k: float) -> Any:
        return f(*(v + k * step * d for v, d in zip(point, along, strict=True)))

    wanted = (at(1) - at(-1)) / (2 * step)
    np.testing.assert_allclose(moved, wanted, rtol=1e-6, atol=1e-6)
    g = rng.normal(size=value.shape)
    _, back = vjp(f, *point)
    found = sum(np.sum(b * d) for b, d in zip(back(g), along, strict=True))
    np.testing.assert_allclose(found, np.sum(g * moved), rtol=1e-10)

    if f in (by_coefficients, integrals):  # a call keeps all knots, which are refused
        return

    def total(t: Any) -> Any:
        return np.sum(f(point[0], t) ** 2)

    _, second = jvp(grad(total), (point[1],), (along[1],))
    up, down = (grad(total)(point[1] + s * step * along[1]) for s in (1, -1))
    np.testing.assert_allclose(second, (up - down) / (2 * step), rtol=1e-5, atol=1e-5)


def test_the_points_of_a_bspline_are_refused() -> None:
    def f(x: Any) -> Any:
        return np.sum(si.make_interp_spline(x, Y)(AT))

    def g(t: Any) -> Any:
        return np.sum(si.BSpline(t, C, 3)(AT[:2]))

    with pytest.raises(SrcadError, match=r"'[tx]'"):
        grad(f)(X)
    with pytest.raises(SrcadError, match="'t'"):
        grad(g)(KNOTS)


def test_the_second_derivative_where_the_spline_is_made() -> None:
    def slope(t: Any) -> Any:
        return np.sum(si.BSpline(KNOTS, C, 3).derivative()(t) ** 2)

    t = AT[:2]
    first, second, third = (BS2(t, nu) for nu in (1, 2, 3))
    _, along = jvp(grad(slope), (t,), (np.ones(2),))
    np.testing.assert_allclose(along, 2 * (second**2 + first * third), rtol=1e-9)


BS2 = si.BSpline(KNOTS, C, 3)


def test_a_spline_outside_may_change() -> None:
    spline = si.PPoly(np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([0.0, 1.0, 2.0]))

    def f(t: Any) -> Any:
        return np.sum(spline(t))

    t = np.array([0.5, 3.0])
    np.testing.assert_allclose(grad(f)(t), [1.0, 2.0])
    spline.c = np.array([[5.0, 1.0], [1.0, 2.0], [0.0, 1.0]])
    np.testing.assert_allclose(grad(f)(t), [6.0, 6.0])
    spline.extrapolate = False
    np.testing.assert_allclose(grad(f)(t), [6.0, 0.0])


def test_complex_values() -> None:
    def f(y: Any) -> Any:
        z = si.CubicSpline(X, y + 1j * y**2)(AT) + si.make_interp_spline(X, 1j * y)(AT)
        return np.sum(z.real * z.imag)

    step = 1e-6 * np.eye(len(Y))
    wanted = [(f(Y + s) - f(Y - s)) / 2e-6 for s in step]
    np.testing.assert_allclose(grad(f)(Y), wanted, rtol=1e-6, atol=1e-6)


# ---- surfaces ------------------------------------------------------------------------

XS, YS = np.linspace(0.0, 2.0, 8), np.linspace(-1.0, 1.0, 9)
SURFACE = si.RectBivariateSpline(
    XS, YS, np.sin(XS[:, None]) * np.cos(2.0 * YS), kx=3, ky=2
)
TX, TY, TC = SURFACE.tck
TCK2 = (*SURFACE.tck, *SURFACE.degrees)
GRID = np.array([0.2, 0.9, 1.7]), np.array([-0.5, -0.2, 0.3, 0.8])


def at_a_point(x: Any, y: Any) -> Any:
    return si.bisplev(x, y, TCK2) ** 2


def on_a_grid(x: Any, y: Any) -> Any:
    return np.sum(si.bisplev(x, y, TCK2) ** 2)


def slopes_on_a_grid(x: Any, y: Any) -> Any:
    return np.sum(si.bisplev(x, y, TCK2, dx=1) * si.bisplev(x, y, tck=TCK2, dy=1))


def by_its_coefficients(c: Any, x: Any) -> Any:
    return np.sum(si.bisplev(x, 0.3, (TX, TY, c, 3, 2)) ** 2)


@pytest.mark.parametrize(
    ("f", "point", "order"),
    [
        (at_a_point, (0.7, 0.3), 2),
        (on_a_grid, GRID, 2),
        (on_a_grid, (0.3, GRID[1]), 2),
        (on_a_grid, (GRID[0], 0.3), 2),
        (slopes_on_a_grid, GRID, 1),
        (by_its_coefficients, (TC, GRID[0]), 2),
    ],
)
def test_surfaces(f: Any, point: tuple[Any, ...], order: int) -> None:
    check_grads(f, point, order=order)


@pytest.mark.parametrize("x", [0.4, 2.5, GRID[0], GRID[0] + 1.0])
@pytest.mark.parametrize("y", [0.3, -1.5, GRID[1], 2.0 * GRID[1]])
def test_a_surface_ends_at_its_knots(x: Any, y: Any) -> None:
    # SciPy asks for sorted vectors, and gives the value at the edge beyond it.
    value, back = vjp(lambda x, y: si.bisplev(x, y, TCK2), x, y)
    wanted = si.bisplev(x, y, TCK2)
    assert np.shape(value) == np.shape(wanted)
    np.testing.assert_allclose(value, wanted, rtol=1e-12, atol=1e-14)
    by_x, by_y = back(np.ones_like(wanted))
    assert np.all(np.asarray(by_x)[np.asarray(x) > 2.0] == 0.0)
    assert np.all(np.asarray(by_y)[np.abs(y) > 1.0] == 0.0)


def test_surfaces_refuse_vectors_of_one_entry_and_unknown_tuples() -> None:
    for x, tck in ((np.ones(1), TCK2), (1.0, TCK2[:3]), (np.ones((2, 2)), TCK2)):
        with pytest.raises(MissingRule, match="bisplev"):
            grad(lambda x, tck: np.sum(si.bisplev(x, 0.3, tck)))(x, tck)
