"""scikit-learn: losses, kernels of its estimators, likelihoods, pairwise helpers.

==============================  ========================================================
function                        what it needed
==============================  ========================================================
neural_network: squared_loss,   `np.average(..., weights=None)`; `xlogy`
poisson_loss, log_loss,         `np.finfo(y.dtype).eps` known while lowering; clip; a
binary_log_loss                 shape compared with 1
extmath: row_norms,             `get_namespace`: the configuration is a dict kept in a
safe_sparse_dot                 thread-local, read, copied and guarded; `issparse`
extmath: make_nonnegative       a minimum compared with 0
decomposition: _cube, _exp      `**` and reductions; a tuple of results
mixture: log det of Cholesky    names of array namespaces; `[:, :: n + 1]`
==============================  ========================================================

Refused: the public metrics check their arguments with `inspect.Signature.bind` and
`check_array`, which need comprehensions and more; the error says so, down to the line.
The Huber loss slices with `safe_mask`, which asks for what only sparse arrays have.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics
from sklearn.decomposition import _fastica
from sklearn.mixture import _gaussian_mixture
from sklearn.neural_network import _base
from sklearn.utils import extmath

from srcad import MissingRule, grad

from .cases import checked, generator, same

RNG = generator()
Y = RNG.normal(size=6)
P = Y + 0.3 * RNG.normal(size=6)
A = RNG.normal(size=(3, 4))
CLASSES = np.eye(3)[[0, 1, 2, 0, 1, 2]]
SHARES = RNG.uniform(0.1, 0.9, size=(6, 3))


def test_squared_loss() -> None:
    def f(y: Any, p: Any) -> Any:
        return _base.squared_loss(y, p)

    checked(f, Y, P)
    same(grad(f, argnums=1)(Y, P), (P - Y) / Y.size)


def test_poisson_loss() -> None:
    y, p = np.exp(Y), np.exp(P)

    def f(p: Any) -> Any:
        return _base.poisson_loss(y, p)

    checked(f, p)
    same(grad(f)(p), (1 - y / p) / y.size)


def test_log_losses() -> None:
    def several(p: Any) -> Any:
        return _base.log_loss(CLASSES, p)

    def two(p: Any) -> Any:
        return _base.binary_log_loss(CLASSES[:, :1], p)

    checked(several, SHARES)
    checked(two, SHARES[:, :1].copy())
    same(grad(several)(SHARES), -CLASSES / SHARES / 6)


def test_pairwise_helpers() -> None:
    def norms(X: Any) -> Any:
        return extmath.row_norms(X)

    def product(X: Any, Y: Any) -> Any:
        return extmath.safe_sparse_dot(X, Y)

    def shifted(X: Any) -> Any:
        return extmath.make_nonnegative(X)

    checked(norms, A)
    checked(product, A[:2, :3] + 1.0, A)
    checked(shifted, A)


def test_contrast_functions() -> None:
    def cube(X: Any) -> Any:
        return _fastica._cube(X, None)

    def exp(X: Any) -> Any:
        return _fastica._exp(X, None)

    checked(cube, A)
    checked(exp, A)


def test_log_determinants() -> None:
    square = np.array([np.eye(3) + 0.1, 2 * np.eye(3) + 0.2])

    def f(L: Any) -> Any:
        return _gaussian_mixture._compute_log_det_cholesky(L, "full", 3)

    checked(f, square)


def test_a_refusal_names_the_users_line_the_function_and_the_reason() -> None:
    def loss(p: Any) -> Any:
        return 2 * metrics.mean_squared_error(Y, p)

    with pytest.raises(MissingRule) as caught:
        grad(loss)(P)
    error = caught.value
    assert "sklearn.metrics.mean_squared_error has no derivative rule" in error.message
    assert "could not be lowered" in error.message and ", line " in error.message
    assert error.span is not None and error.span.filename == __file__
    assert "metrics.mean_squared_error(Y, p)" in error.span.text
