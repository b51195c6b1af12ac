"""`scipy.linalg` as users call it: gradients, both modes, second order, refusals."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad
from srcad.errors import MissingRule, SrcadError

from .slopes import check_slopes

linalg = pytest.importorskip("scipy.linalg")

RNG = np.random.default_rng(0)
A = RNG.normal(size=(3, 3))
P = A @ A.T + 3 * np.eye(3)
B = RNG.normal(size=(4, 2))
b, b4 = RNG.normal(size=3), RNG.normal(size=4)
BANDS = np.array([[0, 0.5, 0.3, 0.2], [4, 4.2, 5, 4], [0.3, 0.1, 0.2, 0]])
HALF = np.array([[4, 4.2, 5, 4], [0.3, 0.1, 0.2, 0.0]])
C = np.array([3, 0.4, 0.2])
SIGNED = np.array([[2.0, 0.5], [0.3, -1.0]])


def lu(a: Any) -> Any:
    _, lower, upper = linalg.lu(a)
    return np.sum(lower**2) + np.sum(upper**2)


def lu_permuted(a: Any) -> Any:
    return np.sum(linalg.lu(a, permute_l=True)[0] ** 2)


def lu_solve(a: Any) -> Any:
    return np.sum(linalg.lu_solve(linalg.lu_factor(a), b) ** 2)


def lu_solve_turned(a: Any) -> Any:
    factors = linalg.lu_factor(a)
    return np.sum(linalg.lu_solve(factors, b, trans=1) ** 2)


def qr_economic(a: Any) -> Any:
    q, r = linalg.qr(a, mode="economic")
    return np.sum(q * B) + np.sum(r**3)


def qr_wide(a: Any) -> Any:
    q, r = linalg.qr(a[:2])
    return np.sum(q**3) + np.sum(r**3) + np.sum(linalg.qr(a[:2], mode="r")[0])


def rq_wide(a: Any) -> Any:
    r, q = linalg.rq(a[:2], mode="economic")
    return np.sum(r**3) + np.sum(q**3)


def rq_square(a: Any) -> Any:
    return np.sum(linalg.rq(a @ a.T)[0] ** 3)


def svd(a: Any) -> Any:
    u, s, vh = linalg.svd(a, full_matrices=False)
    return np.sum((u @ vh) ** 3) + np.sum(s**3)


def singular_values(a: Any) -> Any:
    return np.sum(linalg.svdvals(a) ** 3) + linalg.svd(a, compute_uv=False)[0]


def eigh(a: Any) -> Any:
    w, v = linalg.eigh(a @ a.T)
    return np.sum(v[:, 0] ** 2 * b) + w[1] + linalg.eigh(a, eigvals_only=True)[0]


def eigh_of_two(a: Any) -> Any:
    _, v = linalg.eigh(a @ a.T, P)
    return np.sum(v[:, 0] ** 2 * b) + linalg.eigvalsh(P, a @ a.T)[1]


def eigh_in_part(a: Any) -> Any:
    w, v = linalg.eigh(a @ a.T, subset_by_index=[0, 1])
    return np.sum(v**2 * b[:, None]) + np.sum(w**2)


def eigvals(a: Any) -> Any:
    w = linalg.eig(a)[0]
    return np.sum(w.real**2) + np.sum(linalg.eigvals(a).imag ** 2)


def eigvals_of_two(a: Any) -> Any:
    return np.sum(np.abs(linalg.eigvals(a, P)) ** 2)


def eigh_tridiagonal(d: Any) -> Any:
    w, v = linalg.eigh_tridiagonal(d, d[1:])
    return w[0] + np.sum(v[:, 0] ** 4) + linalg.eigvalsh_tridiagonal(d, d[:-1])[1]


def eig_banded(ab: Any) -> Any:
    w, v = linalg.eig_banded(ab, lower=True)
    return w[0] + np.sum(v[:, 0] ** 4) + linalg.eigvals_banded(ab, True)[1]


def lstsq(a: Any) -> Any:
    x, left, _, s = linalg.lstsq(a, b4)
    return np.sum(x**2) + left + np.sum(s)


def pinvh(a: Any) -> Any:
    return np.sum(linalg.pinvh(a @ a.T))


def polar(a: Any) -> Any:
    u, p = linalg.polar(a)
    return np.sum(u**3) + np.sum(p**3)


def polar_left(a: Any) -> Any:
    return np.sum(linalg.polar(a, side="left")[0] ** 3)


def solve_banded(ab: Any) -> Any:
    x = linalg.solve_banded((1, 1), ab, b4)
    return np.sum(x**2) + np.sum(linalg.solve_banded((1, 1), BANDS, x) ** 2)


def solveh_banded(ab: Any) -> Any:
    return np.sum(linalg.solveh_banded(ab, b4, lower=True) ** 2)


def cho_solve_banded(ab: Any) -> Any:
    factor = linalg.cholesky_banded(ab, lower=True)
    return np.sum(linalg.cho_solve_banded((factor, True), b4) ** 2)


def solve_toeplitz(c: Any) -> Any:
    r = c * np.array([1.0, 2.0, 3.0])
    x = linalg.solve_toeplitz(c, b)
    return np.sum(x**2) + np.sum(linalg.solve_toeplitz((c, r), c) ** 2)


def matmul_toeplitz(c: Any) -> Any:
    x = linalg.matmul_toeplitz(c, b)
    return np.sum(x**2) + np.sum(linalg.matmul_toeplitz((c, c**2), c) ** 2)


def solve_circulant(c: Any) -> Any:
    return np.sum(linalg.solve_circulant(c, b) ** 2)


def expm_frechet(a: Any) -> Any:
    whole, slope = linalg.expm_frechet(0.3 * a, P)
    other = linalg.expm_frechet(P * 0.1, a, compute_expm=False)
    return np.sum(whole) + np.sum(slope) + np.sum(other**2)


def fractional_power(a: Any) -> Any:
    return np.sum(linalg.fractional_matrix_power(a @ a.T + np.eye(3), 0.3))


def power_by_exponent(t: Any) -> Any:
    return np.sum(linalg.fractional_matrix_power(P, t))


def signm(a: Any) -> Any:
    return np.sum(linalg.signm(a) ** 3)


def khatri_rao(a: Any) -> Any:
    return np.sum(linalg.khatri_rao(a, a[:2]) ** 2)


def diagsvd(s: Any) -> Any:
    return np.sum(linalg.diagsvd(s, 3, 5) ** 2)


def companion(c: Any) -> Any:
    return np.sum(linalg.companion(c) ** 2)


def convolution_matrix(c: Any) -> Any:
    return np.sum(linalg.convolution_matrix(c, 3) ** 2)


def fiedler(c: Any) -> Any:
    return np.sum(linalg.fiedler(c) ** 2)


def fiedler_companion(c: Any) -> Any:
    return np.sum(linalg.fiedler_companion(c) ** 2)


def leslie(c: Any) -> Any:
    return np.sum(linalg.leslie(c, c[1:]) ** 2)


def constants(c: Any) -> Any:
    total = np.sum(linalg.hilbert(3) @ c) + np.sum(linalg.hadamard(4)[:3, :3] @ c)
    total += np.sum(linalg.helmert(3) @ c) + np.sum(linalg.dft(3) @ c).real
    total += np.sum(linalg.pascal(3) @ c) + np.sum(linalg.invpascal(3) @ c)
    below = linalg.bandwidth(P)[0]
    return total + below * c[0] if linalg.issymmetric(P) else 0.0 * c[0]


def continuous_are(a: Any) -> Any:
    r = np.eye(2) * (1 + a[0, 0] ** 2)
    return np.sum(linalg.solve_continuous_are(a, B[:3], a @ a.T + P, r) ** 2)


def discrete_are(a: Any) -> Any:
    r = np.eye(2) * (1 + a[0, 0] ** 2)
    return np.sum(linalg.solve_discrete_are(a, a[:, :2], a @ a.T + P, r) ** 2)


def procrustes(a: Any) -> Any:
    turn, scale = linalg.orthogonal_procrustes(a, B**2)
    return np.sum(turn**3) + scale


def angles(a: Any) -> Any:
    return np.sum(linalg.subspace_angles(a, B + B**2) ** 2)


CASES: list[tuple[Callable[[Any], Any], Any]] = [
    *((f, A) for f in (lu, lu_permuted, lu_solve, lu_solve_turned, qr_wide, rq_wide)),
    *((f, A) for f in (rq_square, eigh, eigh_of_two, eigh_in_part, eigvals)),
    *((f, A) for f in (eigvals_of_two, pinvh, polar_left, expm_frechet)),
    *((f, A) for f in (fractional_power, continuous_are, discrete_are)),
    *((f, B) for f in (qr_economic, svd, singular_values, lstsq, polar, khatri_rao)),
    *((f, B) for f in (procrustes,)),
    *((f, C) for f in (eigh_tridiagonal, solve_toeplitz, matmul_toeplitz)),
    *((f, C) for f in (solve_circulant, diagsvd, companion, convolution_matrix)),
    *((f, C) for f in (fiedler, fiedler_companion, leslie, constants)),
    *((f, HALF) for f in (eig_banded, solveh_banded, cho_solve_banded)),
    (angles, B * np.array([[1.0], [2.0], [3.0], [-1.0]])),
    (solve_banded, BANDS),
    (signm, SIGNED),
    (power_by_exponent, 0.3),
]


@pytest.mark.parametrize("f, x", CASES, ids=lambda v: getattr(v, "__name__", ""))
def test_derivatives(f: Callable[[Any], Any], x: Any) -> None:
    check_slopes(f, x)


# What SciPy is given for a function's arrays.
ARRAYS = {
    "cholesky_banded": (HALF[::-1],),
    "eig": (P,),
    "eig_banded": (HALF,),
    "eigh_tridiagonal": (b4, b),
    "eigvals": (A,),
    "eigvals_banded": (HALF,),
    "eigvalsh_tridiagonal": (b4, b),
    "lstsq": (B, b4),
    "matmul_toeplitz": (C, b),
    "qr": (A,),
    "solve": (A, b),
    "solve_continuous_are": (A, B[:3], P, np.eye(2)),
    "solve_discrete_are": (A, B[:3], P, np.eye(2)),
    "solveh_banded": (HALF[::-1], b4),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_all_arguments_by_position(name: str) -> None:
    function, (first, *rest) = getattr(linalg, name), ARRAYS[name]
    parameters = list(inspect.signature(function).parameters.values())
    usual = [p.default for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    # Newer versions of SciPy have marks of their own for what is not given.
    plain_ones = itertools.takewhile(lambda d: type(d) is not object, usual)
    rest, usual = tuple(rest), tuple(plain_ones)[len(rest) + 1 :]

    def plain(x: Any) -> Any:
        found = function(x, *rest)
        return np.sum(np.real(found[0] if isinstance(found, tuple) else found) ** 2)

    def by_position(x: Any) -> Any:
        found = function(x, *rest, *usual)
        return np.sum(np.real(found[0] if isinstance(found, tuple) else found) ** 2)

    assert usual
    np.testing.assert_array_equal(
        srcad.grad(by_position)(first), srcad.grad(plain)(first)
    )


# ---- what is refused -----------------------------------------------------------------


def transposed_by_position(a: Any) -> Any:
    return np.sum(linalg.solve(a, b, False, False, False, True, None, True))


def some_by_position(a: Any) -> Any:
    return np.sum(linalg.eig_banded(a, True, True, False, "i", (0, 1)) ** 2)


def pivoted(a: Any) -> Any:
    return np.sum(linalg.qr(a, pivoting=True)[1])


def overwriting(a: Any) -> Any:
    return np.sum(linalg.eigvalsh(a, overwrite_a=True))


def by_value(a: Any) -> Any:
    return np.sum(linalg.eigvalsh(a, subset_by_value=[0.0, 1.0]))


def vectors_of_two(a: Any) -> Any:
    return np.sum(linalg.eig(a, P)[1].real)


def left_vectors(a: Any) -> Any:
    return np.sum(linalg.eig(a, left=True)[1].real)


def schur(a: Any) -> Any:
    return np.sum(linalg.schur(a)[0])


def ldl(a: Any) -> Any:
    return np.sum(linalg.ldl(a)[1])


def with_indices(a: Any) -> Any:
    return np.sum(linalg.lu(a, p_indices=True)[1])


def other_kind(a: Any) -> Any:
    return np.sum(linalg.eigvalsh(a, P, type=2))


@pytest.mark.parametrize(
    "f",
    [
        pivoted,
        overwriting,
        by_value,
        vectors_of_two,
        left_vectors,
        schur,
        ldl,
        with_indices,
        other_kind,
        transposed_by_position,
        some_by_position,
    ],
)
def test_what_has_no_rule_names_the_line(f: Callable[[Any], Any]) -> None:
    with pytest.raises(MissingRule) as error:
        srcad.grad(f)(P)
    assert "linalg." in str(error.value)
    assert f"line {f.__code__.co_firstlineno + 1}," in str(error.value)


def full_qr(a: Any) -> Any:
    return np.sum(linalg.qr(a)[1])


def wide_polar(a: Any) -> Any:
    return np.sum(linalg.polar(a)[0])


@pytest.mark.parametrize("f, x", [(full_qr, B), (wide_polar, B.T)])
def test_shapes_without_a_derivative_are_refused_in_the_run(f: Any, x: Any) -> None:
    with pytest.raises(SrcadError, match="has no derivative") as error:
        srcad.grad(f)(x)
    assert f"line {f.__code__.co_firstlineno + 1}," in str(error.value)


def test_check_finite_changes_nothing() -> None:
    def free(a: Any) -> Any:
        return np.sum(linalg.svdvals(a, check_finite=False))

    def plain(a: Any) -> Any:
        return np.sum(linalg.svdvals(a))

    np.testing.assert_array_equal(srcad.grad(free)(A), srcad.grad(plain)(A))
