"""Quantiles, and what skips nan, along axes in the Numba dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad

pytest.importorskip("numba")

M = np.array([[0.7, -1.2, 0.4, 2.0], [1.5, 0.3, -0.8, 0.9], [0.2, 1.1, 0.6, -0.5]])
WITH_NAN = np.where(M == 0.3, np.nan, M)
CUBE = np.sin(np.arange(24.0)).reshape(2, 3, 4)


def along_rows(x: np.ndarray) -> float:
    found = np.percentile(x, 30, axis=1) * np.quantile(x, 0.7, axis=-1)
    return np.sum(found**2)


def of_several_axes(x: np.ndarray) -> float:
    found = np.quantile(x, 0.35, axis=(0, 2)) + np.nanmedian(x, axis=(0, 2))
    return np.sum(found**2) + np.sum(x * np.percentile(x, 40, axis=1, keepdims=True))


def several_places(x: np.ndarray) -> float:
    found = np.quantile(x, np.array([0.1, 0.9]), axis=0)
    return np.sum(found**2 * np.array([[1.0], [3.0]]))


def skipping(x: np.ndarray) -> float:
    middle = np.nanmedian(x, axis=1) * np.nanpercentile(x, 80.0, axis=1)
    total = np.nansum(x, axis=1) * np.nanmean(x, axis=1)
    grown = np.nanprod(x, axis=0, keepdims=True) + np.nancumsum(x, axis=0)
    return np.sum(middle * total) + np.nansum(grown**2)


def both(f: Callable[..., Any], x: np.ndarray) -> None:
    """The length of the gradient, and its gradient, in both dialects."""

    def slope(x: np.ndarray) -> float:
        return np.sum(srcad.grad(f)(x) ** 2)

    found = srcad.value_and_grad(slope, backend="numba")(x)
    expected = srcad.value_and_grad(slope)(x)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "f, x",
    [
        (along_rows, M),
        (of_several_axes, CUBE),
        (several_places, M),
        (skipping, WITH_NAN),
    ],
)
def test_to_second_order(f: Callable[..., Any], x: np.ndarray) -> None:
    both(f, x)


@pytest.mark.filterwarnings("ignore:All-NaN")
@pytest.mark.parametrize("quantile", [np.percentile, np.nanpercentile])
def test_nan_among_the_entries(quantile: Callable[..., Any]) -> None:
    def f(x: np.ndarray) -> np.ndarray:
        return quantile(x, 25, axis=1)

    x = np.vstack((WITH_NAN, np.full(4, np.nan)))
    found, _ = srcad.vjp(f, x, backend="numba")
    np.testing.assert_allclose(found, f(x), rtol=1e-14)
    assert np.isnan(found).sum() == (2 if quantile is np.percentile else 1)


def test_a_place_outside_is_an_error() -> None:
    def f(x: np.ndarray, q: float) -> float:
        return np.sum(np.quantile(x, q, axis=0))

    found = srcad.value_and_grad(f, backend="numba")
    assert np.isfinite(found(M, 0.5)[0])
    with pytest.raises(ValueError, match="range"):
        found(M, 1.5)
