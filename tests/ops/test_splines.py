"""Splines of SciPy, made outside, handed in, and made inside, by x, y and where."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcad import grad, jvp, vjp
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
