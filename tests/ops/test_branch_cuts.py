"""Complex functions on their branch cuts: the slope is that of the side x is on.

Along a cut a function is smooth; the sign of a zero, real or imaginary part tells the
side, and steps along the cut keep it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcad import grad

ALONG = {
    "real": [np.arcsin, np.arccos, np.arccosh, np.arctanh, np.sqrt, np.log, np.log10],
    "imaginary": [np.arcsinh, np.arctan],
}
CUTS = [pytest.param(f, axis, id=f.__name__) for axis, fs in ALONG.items() for f in fs]


def power(z: Any) -> Any:
    return z**0.3


@pytest.mark.parametrize("at", [2.0, -2.0, 0.4, -0.4])
@pytest.mark.parametrize("side", [0.0, -0.0])
@pytest.mark.parametrize("f, axis", [*CUTS, pytest.param(power, "real", id="power")])
def test_on_both_sides(
    f: Callable[..., Any], axis: str, side: float, at: float
) -> None:
    def moved(by: float) -> complex:
        return complex(at + by, side) if axis == "real" else complex(side, at + by)

    unit, step = 1 if axis == "real" else 1j, 1e-4
    expected = (f(moved(step)) - f(moved(-step))) / (2 * step * unit)
    assert np.allclose(grad(f, holomorphic=True)(moved(0.0)), expected, rtol=1e-6)
    array = grad(lambda z: np.sum(f(z)), holomorphic=True)(np.array([moved(0.0)]))
    assert np.allclose(array, expected, rtol=1e-6)
