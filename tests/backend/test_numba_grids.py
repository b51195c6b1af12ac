"""Differences on grids, grids of points, padding and running products in Numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad
from srcad.backend.runtime_grids import padded, padded_places

from .test_numba_order import agree

pytest.importorskip("numba")

M = np.sin(np.arange(12.0)).reshape(3, 4) + 1.5
FEW = np.where(M > 2.2, np.nan, M)


def along(m: np.ndarray) -> float:
    return np.sum(np.gradient(m**2, axis=1) ** 3)


def grid(m: np.ndarray) -> float:
    xx, yy = np.meshgrid(m[0], m[1:3])
    return np.sum(xx**2 * yy)


def padded_once(m: np.ndarray) -> float:
    return np.sum(np.pad(m**2, ((1, 0), (2, 1)), constant_values=0.5) ** 3)


def padded_around(m: np.ndarray) -> float:
    return np.sum(np.pad(m**2, (0, 7), mode="reflect") ** 3)


def running(m: np.ndarray) -> float:
    return np.sum(np.cumprod(m, axis=0) ** 2)


def known(m: np.ndarray) -> float:
    return np.sum(np.nanmax(m, axis=1) ** 3 - np.nanmin(m, axis=1) ** 2)


@pytest.mark.parametrize(
    "f, m",
    [
        (along, M),
        (grid, M),
        (padded_once, M),
        (padded_around, M),
        (running, M),
        (known, FEW),
    ],
)
def test_grids_padding_and_running_products(
    f: Callable[..., Any], m: np.ndarray
) -> None:
    agree(f, m)


def test_places_of_padded_rows_are_those_of_numpy() -> None:
    pad: Any = np.pad
    for mode in ("edge", "wrap", "symmetric", "reflect"):
        for n in range(1, 5):
            for width in ((0, 0), (1, 0), (0, 2), (7, 11)):
                np.testing.assert_array_equal(
                    padded_places(n, *width, mode),
                    pad(np.arange(n), width, mode=mode),
                )


@pytest.mark.parametrize("shape", [(2, 0, 3), (0,), (2, 0), (2, 3, 2)])
def test_padding_of_what_is_empty(shape: tuple[int, ...]) -> None:
    x = np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape)
    expected = np.pad(x, ((2, 1),) * len(shape), constant_values=0.5)
    found = padded(x, (2,) * len(shape), expected.shape, 0.5)
    np.testing.assert_array_equal(found, expected)


def all_of(x: np.ndarray) -> Any:
    spread, _ = np.meshgrid(x, x)
    return (
        np.gradient(x, 0.5)
        + np.gradient(x, np.cumsum(np.abs(x)))
        + np.pad(x, (1, 0))[:-1]
        + np.cumprod(spread, axis=1)[0]
    )


def jvp(f: Callable[..., Any], x: np.ndarray, backend: str) -> Any:
    return srcad.jvp(f, (x,), (x,), backend=backend)


@pytest.mark.parametrize("dtype", [np.float32, np.complex128])
def test_other_dtypes_and_too_few_entries(dtype: Any) -> None:
    x = (M[0] * (1.0 + (0.5j if dtype is np.complex128 else 0.0))).astype(dtype)
    for found, expected in zip(
        jvp(all_of, x, "numba"), jvp(all_of, x, "python"), strict=True
    ):
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    said = []
    for backend in ("numba", "python"):
        with pytest.raises(ValueError, match="too small") as error:
            jvp(lambda x: np.gradient(x**2), x[:1], backend)
        said.append(str(error.value))
    assert said[0] == said[1]
