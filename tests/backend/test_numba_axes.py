"""What Numba has for vectors only, in its dialect for arrays: axes, starts, masks.

Each function agrees with the Python dialect, which the harness of the operations holds
to differences.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad

pytest.importorskip("numba")

M = np.array([[0.7, -1.2, 0.4], [1.5, 0.3, -0.8]])
CUBE = np.linspace(-1.0, 2.0, 12).reshape(2, 3, 2)
WITH_ZERO = np.array([[0.7, 0.0, 0.4], [1.5, 0.3, -0.8]])
BELOW_ZERO = np.array([1, -1, 0, 2])  # -1 and 2 are one row


def both(f: Callable[..., Any], *args: Any) -> None:
    """A function's value and gradient in both dialects."""
    found = srcad.value_and_grad(f, backend="numba")(*args)
    expected = srcad.value_and_grad(f)(*args)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12, atol=1e-14)


def along_first(m: np.ndarray) -> float:
    found = np.prod(m, axis=0) * np.var(m, axis=0, ddof=1)
    return np.sum(found + np.std(m, axis=0) ** 2)


def along_last(m: np.ndarray) -> float:
    found = np.prod(m, axis=-1, keepdims=True) * np.var(m, axis=-1, keepdims=True)
    return np.sum(m * found + np.std(m, axis=-1, keepdims=True) ** 2)


@pytest.mark.parametrize("f", [along_first, along_last])
@pytest.mark.parametrize("m", [M, CUBE], ids=["matrix", "cube"])
def test_reductions_along_an_axis(f: Callable[..., Any], m: np.ndarray) -> None:
    both(f, m)


def of_a_vector(m: np.ndarray) -> float:
    v = m.ravel()
    found = np.std(v) * np.var(v, ddof=1) + np.std(v, keepdims=True)[0]
    return found + np.sum(v * np.var(v, axis=0)) * np.std(m, ddof=1) ** 3


def added_up(m: np.ndarray) -> float:
    found = np.cumsum(m, axis=0) * np.cumsum(m.T, axis=-2).T
    return np.sum(found * np.cumsum(m, axis=-1) ** 2)


@pytest.mark.parametrize("f", [of_a_vector, added_up])
@pytest.mark.parametrize("m", [M, M[:, :1], M[:1]], ids=["matrix", "column", "row"])
def test_of_all_and_summed_along_an_axis(f: Callable[..., Any], m: np.ndarray) -> None:
    both(f, m)


def test_sums_along_an_axis_of_few_entries() -> None:
    def f(m: Any) -> Any:
        found = np.cumsum(m, axis=0) * np.cumsum(m, axis=1) * np.cumsum(m, axis=2)
        return np.sum(found * m)

    for m in (CUBE, CUBE[:, :1], CUBE[:0], CUBE[:, :0]):
        both(f, m)


def quotients(m: np.ndarray) -> Any:
    return np.sum(np.linalg.norm(m + 1, axis=1)) + np.sum(np.std(m, axis=1))


@pytest.mark.parametrize("f", [of_a_vector, quotients])
def test_of_single_precision_they_stay(f: Callable[..., Any]) -> None:
    m = M.astype(np.float32)
    expected = srcad.value_and_grad(f)(m)
    found = srcad.value_and_grad(f, backend="numba")(m)
    assert found[1].dtype == expected[1].dtype == np.float32
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-4, atol=1e-6)


def all_kept(m: np.ndarray) -> float:
    return np.sum(m * m.sum(keepdims=True)) + np.sum(m * np.prod(m, keepdims=True))


def spread_of_all(m: np.ndarray) -> float:
    kept = np.var(m, keepdims=True) + np.std(m, ddof=1)
    row = np.zeros(2)
    row[0] = np.var(m[0]) * np.std(m[1], ddof=1)
    return np.sum(m * kept) + row[0]


def rows_and_matrices(m: np.ndarray) -> float:
    return np.sum(np.vstack([m[0], m * 2.0, m[1] ** 2]) ** 2)


def started(m: np.ndarray) -> float:
    s = np.sum(m, axis=1, initial=2.0) * np.prod(m, axis=1, initial=3.0)
    t = np.max(m, initial=0.5) * np.min(m, initial=-5.0)
    return np.sum(s) * np.prod(m, initial=2.0) + t


def turned(m: np.ndarray) -> float:
    a = np.moveaxis(m, 0, -1) * np.flip(m, axis=1).T
    return np.sum(a * np.array([1.0, 2.0])) + np.flip(m)[0, 0] ** 2


def grown(m: np.ndarray) -> float:
    return np.sum(np.cumprod(m) ** 2) + np.sum(np.prod(m, axis=1) ** 2)


def written_twice(m: np.ndarray) -> float:
    rows = np.zeros((3, 3))
    rows[BELOW_ZERO] = np.stack((m[0], m[1], m[0] * m[1], m[0] ** 2))
    return np.sum(rows**3)


def by_masks(m: np.ndarray) -> float:
    y = m * 1.0
    y[y > 0] = y[y > 0] * y[0, 0]
    y[y < -1] = 0.5
    y[y < 0] += m[1, 1]
    return np.sum(y**2) + np.sum(m[m > 0.5] ** 3)


def averaged(m: np.ndarray) -> float:
    cube = m[:, :, None] * np.array([1.0, 2.0])
    by_two = np.mean(cube, axis=(0, -1)) * np.mean(m, axis=0)
    return np.sum(by_two) + np.sum(cube * np.mean(cube, axis=(1, 2), keepdims=True))


def taken(m: np.ndarray) -> float:
    table = np.array([[1.0, 2.0, 3.0], [5.0, -7.0, 4.0]])
    parts = np.take(table, np.array([[0, 2], [1, 0], [2, 2]]), axis=1)
    return np.sum(parts * m[:, :, None]) + np.sum(np.atleast_2d(m[0, 0]) * m)


def of_rows(m: np.ndarray) -> float:
    summed = np.cumsum(m, axis=1) * np.ptp(m, axis=0) + m.cumsum(axis=0)
    spread = np.var(m[:, :, None], axis=(0, 1)) + np.average(m, axis=1)
    return np.sum(summed**2) + np.sum(spread**2)


def looked_up(m: np.ndarray) -> float:
    at = np.array([-0.5, 0.3, 0.9, 4.0])
    points = np.array([0.0, 0.5, 1.0])
    beyond = np.interp(at, points, m[1], left=m[0, 2], right=-1.0)
    one = np.interp(m[0, 0], points, m[0], right=m[1, 1])
    return np.sum(beyond**2) + one * np.sum(np.polyfit(points, m[1], 1) ** 2)


def row_by_row_after_a_return(m: np.ndarray) -> float:
    found = np.zeros((2, 3))
    for i in range(2):
        if m[i, 0] > 9.0:
            return np.sum(found * m)
    rows = []
    for i in range(2):
        rows.append(m[i] * m[0, 2])
    found = np.array(rows)
    return np.sum(found * m)


@pytest.mark.parametrize(
    "f",
    [
        of_rows,
        looked_up,
        row_by_row_after_a_return,
        all_kept,
        spread_of_all,
        rows_and_matrices,
        started,
        averaged,
        taken,
        turned,
        grown,
        written_twice,
        by_masks,
    ],
)
def test_agrees(f: Callable[..., Any]) -> None:
    both(f, WITH_ZERO)


def test_masks_of_what_is_not_contiguous() -> None:
    both(by_masks, M.T.copy().T)


def largest_or_one(x: np.ndarray) -> float:
    return np.max(x, initial=1.0) ** 2


def test_the_largest_of_none() -> None:
    assert srcad.grad(largest_or_one, backend="numba")(np.zeros(3)).tolist() == [0] * 3
    value, _ = srcad.value_and_grad(largest_or_one, backend="numba")(np.zeros(0))
    assert value == 1.0


def too_few(m: np.ndarray) -> float:
    m = m * 1.0
    m[m > 0] = np.array([1.0, 2.0]) * m[0, 0]
    return np.sum(m)


def test_values_that_do_not_fit_a_mask_raise() -> None:
    with pytest.raises(ValueError, match="mask"):
        srcad.grad(too_few, backend="numba")(M)


def wide(x: np.ndarray) -> np.ndarray:
    return np.sum(x, axis=0, dtype=np.float64)


def wide_mean(x: np.ndarray) -> np.ndarray:
    return np.mean(x, axis=0, dtype=np.float64)


def test_a_reduction_in_another_dtype_is_in_it_or_refused() -> None:
    step = srcad.pipeline.Step("vjp", (0,), False)
    x = np.full((2, 3), 1.1, np.float32)
    entry = srcad.transform.extended(wide, step, "numba").entry((x,))
    assert entry.run((x,))[0].dtype == np.float64
    with pytest.raises(srcad.SrcadError, match=r"it has no mean\("):
        srcad.transform.extended(wide_mean, step, "numba").entry((x,))
