"""A helper of a package that fills one of its arguments is no constant function."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcad.errors import SrcadError
from srcad.frontend.foreign_calls import writes_nothing

special = pytest.importorskip("scipy.special")
ndimage = pytest.importorskip("scipy.ndimage")
signal = pytest.importorskip("scipy.signal")


def test_an_argument_for_the_result_may_be_written() -> None:
    assert writes_nothing(ndimage.gaussian_filter1d, 2)
    assert not writes_nothing(ndimage.gaussian_filter1d, 5)  # output is the fifth
    assert writes_nothing(np.add, 3)


def test_a_helper_behind_the_public_functions_may_write() -> None:
    helpers = pytest.importorskip("scipy.signal._arraytools")
    assert not writes_nothing(helpers.axis_slice, 1)
    assert writes_nothing(special.erf, 1)


def test_a_filter_that_fills_its_output_is_right_or_refused() -> None:
    from srcad import grad

    x = np.linspace(0.0, 1.0, 9) ** 2

    def f(x: Any) -> Any:
        return np.sum(ndimage.percentile_filter(x, 40, 3, None, None) ** 2)

    def g(x: Any) -> Any:
        return np.sum(ndimage.generic_laplace(x, ndimage.sobel, None) ** 2)

    for function in (f, g):
        try:
            found = grad(function)(x)
        except SrcadError:
            continue
        step = 1e-6 * np.eye(9)
        wanted = [(function(x + s) - function(x - s)) / 2e-6 for s in step]
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
