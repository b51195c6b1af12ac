"""`scipy.special` in whole programs: several results, constants, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcad import grad, jvp
from srcad.check import check_grads
from srcad.errors import MissingRule

special = pytest.importorskip("scipy.special")


def airy_pair(x: Any) -> Any:
    ai, slope, _, _ = special.airy(x)
    return (ai * slope).sum() + special.airy(2.0 * x)[2].sum()


def fresnel_spiral(t: Any) -> Any:
    s, c = special.fresnel(t)
    total = 0.0
    for k in range(3):
        total = total + np.sin(k + s) * c
    return np.sum(total)


def pendulum(theta: Any) -> Any:
    """The angle of a pendulum, by its time and half its amplitude."""
    m = np.sin(0.5 * theta[1]) ** 2
    sn, cn, dn, _ = special.ellipj(theta[0], m)
    return 2.0 * np.arcsin(np.sqrt(m) * sn) + cn * dn


def quadrature(a: Any) -> Any:
    nodes, weights = special.roots_legendre(6)
    return np.sum(weights * np.exp(-a * nodes * nodes)) * special.comb(6, 2, exact=True)


def harmonic(angles: Any) -> Any:
    value = special.sph_harm_y(3, 1, angles[0], angles[1])
    return np.abs(value) ** 2 + value.real * value.imag


def zeros_of_bessel(x: Any) -> Any:
    return np.sum(special.jv(0, x * special.jn_zeros(0, 4)))


@pytest.mark.parametrize(
    "function, args",
    [
        (airy_pair, (np.array([0.3, -1.2]),)),
        (fresnel_spiral, (np.array([0.4, 1.1]),)),
        (pendulum, (np.array([1.3, 0.8]),)),
        (quadrature, (0.7,)),
        (harmonic, (np.array([0.9, 0.4]),)),
        (zeros_of_bessel, (0.6,)),
    ],
)
def test_whole_functions(function: Any, args: Any) -> None:
    check_grads(function, args)


def first_kind(phi: Any, m: Any) -> Any:
    return special.ellipkinc(phi, m)


def test_elliptic_integrals_by_their_parameter() -> None:
    """At m = 0 the derivative is (2 * phi - sin(2 * phi)) / 8 (DLMF 19.5)."""
    for phi in (0.4, 1.2, 2.9, -7.1):
        found = grad(first_kind, 1)(phi, 0.0)
        np.testing.assert_allclose(found, (2 * phi - np.sin(2 * phi)) / 8, rtol=1e-13)


def riemann(x: Any) -> Any:
    return special.zeta(x)


def test_the_zeta_function_by_its_exponent() -> None:
    """Source: OEIS A073002, and A075700 for -log(2 * pi) / 2 at 0."""
    np.testing.assert_allclose(grad(riemann)(2.0), -0.937548254315843753702, rtol=1e-14)
    if np.isfinite(special.zeta(0.0)):
        np.testing.assert_allclose(
            grad(riemann)(0.0), -0.5 * np.log(2 * np.pi), rtol=1e-13
        )
    assert np.isnan(grad(riemann)(-12.5))


def noncentral(nc: Any) -> Any:
    return special.ncfdtr(3.0, 5.0, nc, 1.3)


def noncentrality(p: Any) -> Any:
    return special.ncfdtrinc(3.0, 5.0, p, 1.3)


def test_an_inverse_that_scipy_gives_few_digits_of() -> None:
    nc = special.ncfdtrinc(3.0, 5.0, 0.4, 1.3)
    np.testing.assert_allclose(
        grad(noncentrality)(0.4) * grad(noncentral)(nc), 1.0, rtol=1e-6
    )


def order(v: Any) -> Any:
    return special.jvp(v, 2.0)


def node_of_laguerre(alpha: Any) -> Any:
    return np.sum(special.roots_genlaguerre(3, alpha)[0])


def node_of_jacobi(beta: Any) -> Any:
    return np.sum(special.roots_jacobi(3, 0.5, beta)[0])


def node_of_shifted_jacobi(p1: Any) -> Any:
    return np.sum(special.roots_sh_jacobi(3, p1, 1.2)[0])


def weight_of_gegenbauer(alpha: Any) -> Any:
    return special.roots_gegenbauer(3, alpha)[1][0]


def eigenvalue(q: Any) -> Any:
    return special.mathieu_a(2, q)


def degrees(df: Any) -> Any:
    return special.chndtr(1.0, df, 0.5)


@pytest.mark.parametrize(
    "function, argument",
    [
        (order, "v"),
        (node_of_laguerre, "alpha"),
        (node_of_jacobi, "beta"),
        (node_of_shifted_jacobi, "p1"),
        (weight_of_gegenbauer, "alpha"),
        (eigenvalue, "q"),
        (degrees, "df"),
    ],
)
def test_refused_arguments(function: Any, argument: str) -> None:
    with pytest.raises(MissingRule, match=f"'{argument}'"):
        grad(function)(1.5)
    with pytest.raises(MissingRule, match=f"'{argument}'"):
        jvp(function, (1.5,), (1.0,))


def all_orders(x: Any) -> Any:
    return np.sum(special.riccati_jn(3, x)[0])


def second_kind(x: Any) -> Any:
    return special.obl_rad2(1, 2, 1.2, x)[0]


@pytest.mark.parametrize(
    "function, reason",
    [(all_orders, "call the function of one order"), (second_kind, "do not solve")],
)
def test_refused_functions(function: Any, reason: str) -> None:
    with pytest.raises(MissingRule, match=reason):
        grad(function)(1.5)


def printed(phi: Any, elevation_of_the_pendulum: Any) -> Any:
    elevation = special.ellipkinc(phi, elevation_of_the_pendulum) * np.sin(
        elevation_of_the_pendulum
    )
    return elevation * elevation_of_the_pendulum


def test_long_lines_of_names_that_begin_like_else() -> None:
    check_grads(printed, (0.4, 0.3))
