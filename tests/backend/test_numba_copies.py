"""Copies, diagonals, products over axes, norms and compositions in Numba.

All sources are run as Python, to second order; what is compiled is small, for that
takes long (`tests/ops/test_numba.py` compiles a sample of each operation).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad
from srcad.backend import runtime_along, runtime_copies, runtime_order
from srcad.backend.compiled import helper

from .test_numba_order import agree

pytest.importorskip("numba")

V = np.array([0.7, -1.2, 0.4, 1.5])
M = np.array([[0.7, -1.2, 0.4], [1.5, 0.3, 0.8]])
S = np.array([[2.0, 0.3, -0.4], [0.1, 1.5, 0.7], [0.6, -0.2, 1.1]])
CUBE = np.sin(np.arange(12.0)).reshape(2, 3, 2) + 0.3
AT = np.array([0.0, 1.0, 2.0, 3.5])


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed for Numba runs as Python."""
    monkeypatch.setenv("SRCAD_VERIFY", "1")
    monkeypatch.setattr("srcad.backend.function.njit", lambda *_, **__: None)
    monkeypatch.setattr("srcad.dispatch.compile_for", lambda *_: None)


CALLS: list[tuple[np.ndarray, Callable[[Any], Any]]] = [
    (V, lambda x: np.tile(x, 2)),
    (V, lambda x: np.tile(x, (2, 1, 3))),
    (CUBE, lambda x: np.tile(x, (2, 3))),
    (M, lambda x: np.repeat(x, 3, axis=0)),
    (M, lambda x: np.repeat(x, np.array([2, 0, 1]), axis=-1)),
    (M, lambda x: np.repeat(x, 2)),
    (V, lambda x: np.repeat(x, np.array([1, 2, 0, 3]))),
    (CUBE, lambda x: np.roll(x, -4, axis=1)),
    (M, lambda x: np.roll(x, (1, 5), axis=(0, 1))),
    (M, lambda x: np.roll(x, 1, axis=(0, 1))),
    (CUBE, lambda x: np.diff(x, n=2, axis=1)),
    (CUBE, lambda x: np.diagonal(x, 1, 1, 2)),
    (CUBE, lambda x: np.diagonal(x, -1, axis1=2, axis2=0)),
    (M, lambda x: np.diagonal(x, offset=5)),
    (S, lambda x: np.diag(x, -1)),
    (CUBE, lambda x: np.trace(x, 1, axis1=-1, axis2=1)),
    (S, lambda x: np.trace(x, offset=-1)),
    (CUBE, lambda x: np.tensordot(x, x, axes=([2, 1], [2, 1]))),
    (CUBE, lambda x: np.tensordot(x, x[0], axes=(1, 0))),
    (M, lambda x: np.tensordot(x[0], x[1], 0)),
    (S, lambda x: np.tensordot(x, x.T)),
    (M, lambda x: np.inner(x, x[0])),
    (M, lambda x: np.inner(x, x)),
    (V, lambda x: np.inner(x, x[::-1])),
    (M, lambda x: np.outer(x, x[0] ** 2)),
    (CUBE, lambda x: np.dot(x[0].T, x)),
    (S, lambda x: np.einsum("ii", x)),
    (S, lambda x: np.einsum("ii->i", x)),
    (S, lambda x: np.einsum("ii,ij", x, x)),
    (CUBE, lambda x: np.einsum("...j,Z...j->Z...", x[0], x)),
    (CUBE, lambda x: np.einsum("i...,...->...i", x, x[0])),
    (CUBE, lambda x: np.linalg.norm(x, axis=1)),
    (CUBE, lambda x: np.linalg.norm(x, axis=(0, 2), keepdims=True)),
    (CUBE, lambda x: np.linalg.norm(x, 3, axis=-1, keepdims=True)),
    (CUBE, lambda x: np.linalg.norm(x, -np.inf, axis=0)),
    (M, lambda x: np.linalg.norm(x, 1, axis=1)),
    (M, lambda x: np.linalg.norm(x, "fro")),
    (CUBE, lambda x: np.linalg.norm(x)),
    (CUBE, lambda x: np.max(x, axis=(2, 0))),
    (CUBE, lambda x: np.prod(x, axis=(0, 1), keepdims=True)),
    (M, lambda x: np.logaddexp.reduce(x, axis=1, keepdims=True)),
    (M, lambda x: np.logaddexp.reduce(x, axis=None)),
    (M, lambda x: np.frexp(x)[0] + np.modf(3.0 * x)[0]),
    (np.round(V), lambda x: np.unique(x, return_counts=True)[0]),
    (V, lambda x: np.union1d(x, x[:2] ** 2)),
    (V, lambda x: np.choose(np.array([0, 5, 1, -1]), [x, x**2], mode="wrap")),
    (M, lambda x: np.compress([True, False, True], x, axis=1)),
    (M, lambda x: np.dstack((x, x**2))),
    (M, lambda x: np.nanstd(np.where(x > 1.4, np.nan, x), axis=1, ddof=1)),
    (M, lambda x: np.nanvar(x)),
    (V, lambda x: np.polyval(x, x[:3])),
    (V, lambda x: np.polyadd(x, x[:2]) * np.polysub(x[1:], x)),
    (V, lambda x: np.polymul(np.polyder(x, 2), np.polyint(x))),
    (V, lambda x: np.polyfit(AT, x, 2)),
    (M, lambda x: np.trapezoid(x, np.cumsum(x[:, 0] ** 2), axis=0)),
    (S, lambda x: np.linalg.multi_dot([x, x.T, x[0]])),
]


@pytest.mark.parametrize("x, call", CALLS)
@pytest.mark.usefixtures("uncompiled")
def test_sources_for_numba_as_python(x: np.ndarray, call: Callable[[Any], Any]) -> None:
    agree(lambda x: np.sum(call(x) ** 2), x)


def copied(m: np.ndarray) -> float:
    several = np.tile(m, (2, 1)) * np.roll(np.repeat(m, 2, axis=0), 1, axis=1)
    return np.sum(several**2)


def contracted(m: np.ndarray) -> float:
    return np.sum(np.tensordot(m, m, (1, 1)) * np.inner(m, m**2)) * np.einsum(
        "ii", m[:, :2]
    )


def measured(m: np.ndarray) -> float:
    norms = np.linalg.norm(m, 3, axis=1) * np.logaddexp.reduce(m, axis=1)
    return np.sum(norms * np.polyval(m[0], m[:, 1]))


@pytest.mark.parametrize("f", [copied, contracted, measured])
def test_compiled(f: Callable[..., Any]) -> None:
    found, expected = (
        srcad.value_and_grad(f, backend=b)(M) for b in ("numba", "python")
    )
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)


def vectors(x: np.ndarray, y: np.ndarray) -> float:
    return np.sum(np.vecdot(x, y) ** 2)


@pytest.mark.usefixtures("uncompiled")
def test_shapes_that_do_not_fit_are_errors() -> None:
    wrong: list[tuple[np.ndarray, Callable[[Any], Any]]] = [
        (M, lambda x: np.tensordot(x, x.T * 1.0, 2)),
        (M, lambda x: np.einsum("ii", x)),
        (M, lambda x: np.inner(x, x.T * 1.0)),
        (M, lambda x: np.repeat(x, np.array([1, 2, 3]), axis=0)),
        (V, lambda x: np.repeat(x, np.array([1, 2, -3, 1]), axis=0)),
    ]
    for x, call in wrong:
        for backend in ("numba", "python"):
            with pytest.raises(ValueError):
                srcad.grad(lambda x, f=call: np.sum(f(x)), backend=backend)(x)
    if hasattr(np, "vecdot"):
        for backend in ("numba", "python"):
            with pytest.raises(ValueError):
                srcad.grad(vectors, backend=backend)(V, V[:3])


@pytest.mark.skipif(not hasattr(np, "vecdot"), reason="this NumPy has no vecdot")
def test_a_product_whose_body_sees_less_than_numpy_is_refused() -> None:
    """The sum of a product would repeat a vector of one entry."""
    with pytest.raises(srcad.SrcadError, match=r"no np\.vecdot") as refused:
        srcad.grad(vectors, backend="numba")(V, V[:1])
    assert "np.sum(x * y, axis=-1)" in refused.value.hint


@pytest.mark.parametrize("made", [lambda f: f, helper])
def test_helpers_at_ends(made: Callable[[Any], Any]) -> None:
    """Infinite entries, nan and arrays without entries."""
    inf, nan = np.inf, np.nan
    x = np.array([[inf, 1.0], [-inf, -inf], [inf, -inf], [nan, 0.0], [-0.0, -2.5]])
    with np.errstate(invalid="ignore"):
        sums = made(runtime_along.log_sum_along)(x, 1)[:, 0]
        np.testing.assert_array_equal(sums[:4], np.logaddexp.reduce(x, axis=1)[:4])
        for a, b in zip(made(runtime_along.modf_of)(x), np.modf(x), strict=True):
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(np.signbit(a), np.signbit(b))
    ties = np.array([2.0, nan, -1.0, 2.0, nan])
    for alike in (True, False):
        _, first, counts = np.unique(
            ties, return_index=True, return_counts=True, equal_nan=alike
        )
        order = made(runtime_order.first_places)(ties, alike)
        np.testing.assert_array_equal(order, first)
        np.testing.assert_array_equal(
            made(runtime_order.entry_counts)(ties, alike), counts
        )
    none = np.ones((0, 3))
    assert made(runtime_copies.tiled)(none, (0, 6)).shape == (0, 6)
    assert made(runtime_copies.rolled)(none, 1, 0).shape == (0, 3)
    assert made(runtime_copies.diagonals)(none, 1).shape == (0,)
