"""What has no derivative in linear algebra and SciPy is refused, by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcad import grad, jvp
from srcad.check import check_grads
from srcad.errors import MissingRule, SrcadError

special = pytest.importorskip("scipy.special")
stats = pytest.importorskip("scipy.stats")
scipy_linalg = pytest.importorskip("scipy.linalg")

A = np.array([[2.0, 0.3, 0.1], [0.4, 3.0, 0.2], [0.5, 0.1, 5.0]])


def bessel(v: Any, x: Any) -> Any:
    return special.jv(v, x)


def test_the_order_of_a_bessel_function() -> None:
    np.testing.assert_allclose(
        grad(bessel, 1)(1.5, 2.0), special.jvp(1.5, 2.0), rtol=1e-12
    )
    with pytest.raises(MissingRule, match=r"jv has no derivative rule .* 'v'"):
        grad(bessel)(1.5, 2.0)
    with pytest.raises(MissingRule, match="'v'"):
        jvp(bessel, (1.5, 2.0), (1.0, 0.0))


def raw_qr(a: Any) -> Any:
    return np.linalg.qr(a, mode="raw")[1].sum()


def complete_qr(a: Any) -> Any:
    return np.linalg.qr(a, mode="complete")[0].sum()


def overwriting(a: Any) -> Any:
    return scipy_linalg.det(a, overwrite_a=True)


def hermitian_svd(a: Any) -> Any:
    return np.linalg.svd(a, hermitian=True)[1].sum()


@pytest.mark.parametrize(
    "function, x",
    [
        (raw_qr, A),
        (complete_qr, A[:, :2]),
        (overwriting, A),
        (hermitian_svd, A),
    ],
)
def test_keywords_without_a_rule(function: Any, x: Any) -> None:
    with pytest.raises(MissingRule):
        grad(function)(x.copy())


def filling(a: Any) -> Any:
    return np.linalg.svd(a)[0].sum()


def largest(a: Any) -> Any:
    return np.linalg.svd(a)[1][0]


def test_vectors_that_only_fill_up_a_basis() -> None:
    check_grads(largest, (A[:, :2].copy(),), order=1, modes=("rev",))
    with pytest.raises(SrcadError, match="full_matrices=False"):
        grad(filling)(A[:, :2].copy())


def singular_vectors(a: Any) -> Any:
    return np.linalg.svd(a)[0][0, 1]


def test_equal_singular_values() -> None:
    with pytest.raises(SrcadError, match="equal"):
        grad(singular_vectors)(np.eye(3))


def likelihood(theta: Any) -> Any:
    data = np.array([0.3, 1.2, -0.5])
    return stats.norm.logpdf(data, loc=theta[0], scale=np.exp(theta[1])).sum()


def test_a_likelihood_by_its_parameters() -> None:
    check_grads(likelihood, (np.array([0.1, -0.2]),))


def outside(x: Any) -> Any:
    return stats.expon.cdf(x)


def test_outside_the_support_the_slope_is_zero() -> None:
    assert grad(outside)(-1.0) == 0.0


def factored(a: Any, b: Any) -> Any:
    pair = scipy_linalg.cho_factor(a @ a.T)
    return (scipy_linalg.cho_solve(pair, b) ** 2).sum()


def decomposed(a: Any) -> Any:
    w, v = np.linalg.eigh(a + 1j * np.array([[0, 1, 2], [-1, 0, 1], [-2, -1, 0]]))
    return (v[:, 0].conj() @ np.diag(np.array([1.0, 2.0, 4.0])) @ v[:, 0]).real * w[1]


def spectrum(x: Any) -> Any:
    half = np.fft.rfft(x)
    again = np.fft.irfft(2.0 * half, n=len(x))
    return (np.abs(half) ** 2).sum() + (again**3).sum()


@pytest.mark.parametrize(
    "function, args",
    [
        (factored, (A, np.array([1.0, 2.0, 3.0]))),
        (decomposed, (A,)),
        (spectrum, (np.array([1.0, 0.5, -0.3, 2.0, 0.1]),)),
        (spectrum, (np.array([1.0, 0.5, -0.3, 2.0]),)),
    ],
)
def test_whole_functions(function: Any, args: Any) -> None:
    check_grads(function, args)
