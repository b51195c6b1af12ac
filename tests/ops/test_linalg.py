"""Linear algebra at its kinks, and what its results look like."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcad.ops.declare import Op
from srcad.ops.determinants import det, slogdet
from srcad.ops.domain import Sample
from srcad.ops.linalg import inv_or_nan
from srcad.ops.norms import norm, spectral_norm
from srcad.ops.spectral import eigh, eigvalsh
from srcad.ops.triangular import cholesky

from .check import node_graph, pullback, run


def gradient(op: Op, *inputs: Any, seed: Any = 1.0, **params: Any) -> Any:
    """The cotangent of the first input."""
    graph, values = node_graph(op, Sample(inputs, params))
    return run(pullback(graph), [*values, seed])[0][0]


def test_the_norm_of_zero_has_slope_zero() -> None:
    np.testing.assert_array_equal(gradient(norm, np.zeros(3)), np.zeros(3))
    rows = np.array([[3.0, 4.0], [0.0, 0.0]])
    found = gradient(norm, rows, axis=1, seed=np.ones(2))
    np.testing.assert_allclose(found, [[0.6, 0.8], [0.0, 0.0]])


def test_the_largest_entries_share_the_slope() -> None:
    found = gradient(norm, np.array([2.0, -2.0, 1.0]), ord=np.inf)
    np.testing.assert_allclose(found, [0.5, -0.5, 0.0])


@pytest.mark.parametrize("order", [2, "nuc"])
def test_norms_by_singular_values_have_slope_zero_at_zero(order: Any) -> None:
    found = gradient(spectral_norm, np.zeros((2, 2)), ord=order, axis=(0, 1))
    np.testing.assert_array_equal(found, np.zeros((2, 2)))


def test_det_of_a_singular_matrix_goes_by_the_adjugate() -> None:
    found = gradient(det, np.array([[1.0, 2.0], [2.0, 4.0]]))
    np.testing.assert_allclose(found, [[4.0, -2.0], [-2.0, 1.0]], atol=1e-12)
    np.testing.assert_allclose(gradient(det, np.zeros((3, 3))), np.zeros((3, 3)))


def test_adjoints_do_not_raise_for_singular_matrices() -> None:
    graph, values = node_graph(inv_or_nan, Sample((np.zeros((2, 2)),)))
    assert np.isnan(run(graph, values)[0][0]).all()
    seed = type(np.linalg.slogdet(np.eye(1)))(0.0, 1.0)
    assert np.isnan(gradient(slogdet, np.zeros((2, 2)), seed=seed)).all()


def test_cholesky_reads_the_lower_triangle_only() -> None:
    found = gradient(cholesky, np.array([[4.0, 9.0], [1.0, 3.0]]), seed=np.eye(2))
    assert found[0, 1] == 0.0


def test_degenerate_eigenvectors_are_refused_but_not_eigenvalues() -> None:
    x = np.eye(2)
    w, v = np.zeros(2), np.array([[0.0, 1.0], [0.0, 0.0]])
    with pytest.raises(ValueError, match="equal eigenvalues"):
        gradient(eigh, x, seed=type(np.linalg.eigh(x))(w, v))
    assert np.trace(gradient(eigvalsh, x, seed=np.ones(2))) == 2.0
