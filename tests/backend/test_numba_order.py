"""Entries in order along axes, `x.flat` and ranks above three, in both dialects."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad

pytest.importorskip("numba")

M = np.array([[0.7, -1.2, 0.4], [1.5, 0.3, 0.3]])
CUBE = np.sin(np.arange(12.0)).reshape(2, 3, 2)
PLACES = np.array([[2, 0], [1, 1]])


def agree(f: Callable[..., Any], *points: Any) -> None:
    """The gradients, and their lengths' gradients, are the same in both dialects."""

    def length(x: Any) -> Any:
        return np.sum(srcad.grad(f)(x) ** 2)

    for function in (f, length):
        made = [srcad.value_and_grad(function, backend=b) for b in ("numba", "python")]
        for x in points:
            found, expected = (g(x) for g in made)
            np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
            np.testing.assert_allclose(found[1], expected[1], rtol=1e-12, atol=1e-14)


def ordered(m: np.ndarray) -> float:
    weights = np.arange(1.0, 4.0)
    lines = np.sort(m, axis=-1) ** 3 @ weights + np.median(m, axis=1) ** 2
    columns = np.sort(m, axis=0) ** 2 @ weights
    line = np.sort(m.ravel(), kind="stable")
    means = np.average(m, axis=0, weights=m[:, 0] ** 2) * np.average(
        m.T, axis=1, weights=m[:, 1] ** 2, keepdims=True
    )
    return np.sum(lines * columns) + line[1] * line[-1] + np.sum(means)


def test_sorting_along_axes_and_ties() -> None:
    agree(ordered, M, np.round(M))


def middles(m: np.ndarray) -> np.ndarray:
    return np.concatenate(
        (np.median(m, axis=1), np.median(m, axis=0, keepdims=True)[0])
    )


def middle(m: np.ndarray) -> float:
    return np.median(m) + np.median(m[1]) * m[0, 0]


@pytest.mark.parametrize("place", [(0, 0), (1, 1), (0, 2)])
def test_a_median_with_nan_is_nan(place: tuple[int, int]) -> None:
    m = M.copy()
    m[place] = np.nan
    values = [
        srcad.value_and_grad(middle, backend=b)(m)[0] for b in ("numba", "python")
    ]
    np.testing.assert_array_equal(*values)
    step = srcad.pipeline.Step("vjp", (0,), False)
    found = srcad.transform.extended(middles, step, "numba").entry((m,)).run((m,))[0]
    np.testing.assert_allclose(found, middles(m))


def picked(m: np.ndarray) -> float:
    parts = np.take_along_axis(m, PLACES, axis=1) ** 3
    smallest = np.partition(m, 1, axis=1)[:, 0]
    kept = np.compress(m[0] > 0.0, m[1])
    both = np.any(m > 1.0, axis=1) & ~np.all(m > 0.0, axis=-1)
    wide = np.any(m[0] > 5.0, axis=0, keepdims=True)
    return np.sum(parts) * np.sum(kept**2) + np.sum(smallest**2 * (2.0 - both) * ~wide)


def test_picking_along_axes() -> None:
    agree(picked, M, np.round(M))


def flat(m: np.ndarray) -> float:
    z = m * 1.0
    z.flat[1:4] = z.flat[2:5] * z.flat[0]
    z.flat[np.array([0, 5, 0])] = np.array([1.0, 2.0, 3.0]) * m[0, 1]
    z.T.flat[::2] += m.flat[:3]
    z[1:].flat[1:] = m[0, 0] ** 2
    rows, columns = np.array([0, 1, 0]), np.array([1, 2, 1])
    z[rows, columns] = m[1] ** 2
    z[rows[:2, None], columns[:2, None]] *= m[:, :1]
    return np.sum(z**3)


def test_entries_row_by_row() -> None:
    agree(flat, M, M.T.copy().T)


def broadcast(x: np.ndarray) -> float:
    y = x[:, :, :, None] * np.linspace(1.0, 2.0, 24).reshape(1, 3, 2, 4)
    return np.sum(y**2 * x[:, :1, :, None])


def test_sums_of_what_was_broadcast_over_four_axes() -> None:
    agree(broadcast, CUBE, CUBE[:1])


def caught(m: np.ndarray) -> float:
    try:
        return m[5, 5]
    except IndexError:
        return m[0, 0]


def locked(m: np.ndarray) -> float:
    with LOCK:
        return m[0, 0]


def quiet(m: np.ndarray) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("ignore", category=RuntimeWarning)
        found = np.sqrt(m * m)
    return np.sum(found * m)


def strict(m: np.ndarray) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = np.sqrt(m * m)
    return np.sum(found * m)


def test_warnings_are_filtered_where_none_are_given() -> None:
    agree(quiet, M)
    with pytest.raises(srcad.SrcadError, match="it calls simplefilter"):
        srcad.grad(strict, backend="numba")(M)


def averaged(m: np.ndarray) -> float:
    return np.sum(np.pad(m, 1, "mean") ** 2)


def chosen(m: np.ndarray) -> float:
    return np.sum(np.choose(np.array([0, 1, 0]), [m[0], m[1] ** 2]) ** 2)


LOCK = threading.Lock()
REFUSED = [
    (caught, "goes by the class of an exception", "ask before"),
    (locked, "does more than quiet warnings", "outside"),
    (averaged, "it has no np.pad", "np.zeros"),
    (chosen, "it has no np.choose", "np.where"),
]


@pytest.mark.parametrize("f, reason, instead", REFUSED)
def test_a_refusal_says_what_is_lacking_and_what_to_write(
    f: Callable[..., Any], reason: str, instead: str
) -> None:
    with pytest.raises(srcad.SrcadError, match=reason) as refused:
        srcad.grad(f, backend="numba")(M)
    assert instead in refused.value.hint and 'backend="python"' in refused.value.hint
    assert refused.value.span.filename == __file__
    assert refused.value.span.line - f.__code__.co_firstlineno in (0, 1)


def layers(params: list[dict[str, Any]]) -> float:
    return sum([np.sum(p["w"] ** 2) for p in params])


def pieces(x: np.ndarray) -> float:
    return np.sum(np.piecewise(x, [x < 0, x > 1], [lambda v: v**2, 1.0, 0.5]))


def test_a_refusal_in_code_of_a_library_shows_the_users_function() -> None:
    with pytest.raises(srcad.SrcadError, match="which this function calls") as refused:
        srcad.grad(pieces, backend="numba")(M[0])
    assert refused.value.span.text == "def pieces(x: np.ndarray) -> float:"


def test_a_refusal_of_arguments_is_in_plain_words() -> None:
    with pytest.raises(srcad.SrcadError, match="a list of dicts or objects"):
        srcad.grad(layers, backend="numba")([{"w": M}, {"w": M}])
