"""Interpolators of SciPy on grids and along lines, made inside and outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcad import jvp, vjp
from srcad.errors import MissingRule

si = pytest.importorskip("scipy.interpolate")

A, B = np.array([0.0, 0.5, 1.2, 2.0]), np.array([-1.0, 0.3, 0.9])
VALUES = np.sin(A[:, None] * 2.0 + B)
AT = np.array([[0.1, 0.2], [0.7, 0.55], [1.9, -0.6]])
GRID = si.RegularGridInterpolator((A, B), VALUES)
LINE = si.interp1d(A, VALUES, axis=0, fill_value=0.5, bounds_error=False)
CUBIC = si.interp1d(A, VALUES[:, 0], "cubic", fill_value="extrapolate")


def outside(t: Any) -> Any:
    return GRID(t)


def inside(t: Any, values: Any, a: Any) -> Any:
    grid = si.RegularGridInterpolator(
        (a, B), values, bounds_error=False, fill_value=None
    )
    return grid(t) + si.interpn((a, B), values, t)


def one_place(t: Any) -> Any:
    return GRID((t[0, 0], t[0, 1])) + GRID(t[1])


def lines(t: Any, values: Any, a: Any) -> Any:
    first = si.interp1d(a, values[:, 0], fill_value="extrapolate")
    second = si.interp1d(a, values, axis=0, bounds_error=False, fill_value=(0.0, 1.0))
    return first(t) + second(t)[..., 0]


def splines(t: Any, values: Any) -> Any:
    found = si.interp1d(A, values[:, 1], kind="quadratic")(t * 0.3 + 0.9)
    return found + CUBIC(t) + LINE(t)[..., 2]


CASES = [(outside, ()), (inside, (VALUES, A)), (one_place, ())]
CASES += [(lines, (VALUES, A)), (splines, (VALUES,))]


@pytest.mark.parametrize(("f", "more"), CASES, ids=lambda v: getattr(v, "__name__", ""))
def test_both_modes(f: Any, more: Any) -> None:
    rng = np.random.default_rng(6)
    point = (AT, *more)
    along = tuple(rng.normal(size=v.shape) for v in point)
    value, moved = jvp(f, point, along)
    np.testing.assert_allclose(value, f(*point), rtol=1e-12, atol=1e-12)
    step = 1e-6

    def at(k: float) -> Any:
        return f(*(v + k * step * d for v, d in zip(point, along, strict=True)))

    wanted = (at(1) - at(-1)) / (2 * step)
    np.testing.assert_allclose(moved, wanted, rtol=1e-6, atol=1e-6)
    g = rng.normal(size=np.shape(value))
    _, back = vjp(f, *point)
    found = back(g)
    found = found if isinstance(found, tuple) else (found,)
    total = sum(np.sum(b * d) for b, d in zip(found, along, strict=True))
    np.testing.assert_allclose(total, np.sum(g * moved), rtol=1e-10)


def test_other_methods_are_refused() -> None:
    def smooth(t: Any) -> Any:
        return si.interpn((A, B), VALUES, t, method="nearest")

    def stepped(t: Any) -> Any:
        return si.interp1d(A, VALUES[:, 0], kind="previous")(t)

    for f in (smooth, stepped):
        with pytest.raises(MissingRule):
            vjp(f, AT)
