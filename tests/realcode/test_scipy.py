"""SciPy: a Runge-Kutta step, distances, windows, quadrature, special matrices.

=========================  =============================================================
function                   what it needed
=========================  =============================================================
integrate._ivp.rk.rk_step  a function as an argument; a table written row by row through
                           an argument (`K[s] = ...`, `K[:s].T`); `enumerate(zip(...))`
                           over a class's arrays, read from outside
integrate.cumulative_...   lists of slices built and used as an index
integrate._ivp.common      a norm divided by a length
spatial.distance           validation helpers; `x.dtype` questions answered while
                           lowering; weights that are None
signal.windows             parameters checked by `if`; `xp` namespaces returned by a
                           function and used as modules; functions that SciPy memoises
linalg.companion           shapes compared; diagonals of a matrix made here
special.softmax            declared as an operation, by its private name too
=========================  =============================================================

Refused: what ends in LAPACK through `get_lapack_funcs` (scipy.linalg.norm of one
vector), `as_strided` (hankel, circulant), and distributions whose argument parsers
SciPy makes with `exec`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.optimize
from scipy.integrate._ivp import rk
from scipy.signal import windows
from scipy.spatial import distance

from srcad import grad, jacobian

from .cases import checked, generator, same

RNG = generator()
X = RNG.normal(size=4)
Y = RNG.normal(size=4)


def pendulum(t: Any, y: Any) -> Any:
    return np.array([y[1], -np.sin(y[0]) + 0.1 * t])


@pytest.mark.parametrize("method", [rk.RK23, rk.RK45])
def test_rk_step(method: Any) -> None:
    stages = method.n_stages + 1

    def step(t: Any, y: Any, h: Any) -> Any:
        K = np.empty((stages, 2))
        f = pendulum(t, y)
        return rk.rk_step(pendulum, t, y, f, h, method.A, method.B, method.C, K)

    def end(y: Any) -> Any:
        return step(0.3, y, 0.0)[0]

    checked(step, 0.3, np.array([0.4, 0.7]), 0.1)
    same(jacobian(end)(np.array([0.4, 0.7])), np.eye(2))


def test_rk_step_of_a_linear_equation() -> None:
    """The derivative by h of one step of y' = y is the method's polynomial's."""

    def growth(t: Any, y: Any) -> Any:
        return y

    def end(h: Any) -> Any:
        y, K = np.ones(1), np.empty((4, 1))
        A, B, C = rk.RK23.A, rk.RK23.B, rk.RK23.C
        return rk.rk_step(growth, 0.0, y, growth(0.0, y), h, A, B, C, K)[0][0]

    same(grad(end)(0.2), 1 + 0.2 + 0.2**2 / 2)


@pytest.mark.parametrize(
    "name", ["cosine", "correlation", "cityblock", "braycurtis", "canberra"]
)
def test_distances(name: str) -> None:
    measure = getattr(distance, name)

    def f(u: Any, v: Any) -> Any:
        return measure(u, v)

    checked(f, X, Y)


def test_cityblock_in_closed_form() -> None:
    def f(u: Any, v: Any) -> Any:
        return distance.cityblock(u, v)

    same(grad(f, argnums=(0, 1))(X, Y), (np.sign(X - Y), np.sign(Y - X)))


def test_mahalanobis() -> None:
    inverse = np.eye(4) + 0.1 * np.outer(X, X)

    def f(u: Any, v: Any, VI: Any) -> Any:
        return distance.mahalanobis(u, v, VI)

    checked(f, X, Y, inverse)


def test_windows() -> None:
    def gaussian(std: Any) -> Any:
        return windows.gaussian(7, std)

    def exponential(tau: Any) -> Any:
        return windows.exponential(7, None, tau)

    def hamming(alpha: Any) -> Any:
        return windows.general_hamming(7, alpha)

    checked(gaussian, 1.3)
    checked(hamming, 0.6)
    checked(exponential, 0.6)


def test_cumulative_trapezoid() -> None:
    def f(y: Any) -> Any:
        return scipy.integrate.cumulative_trapezoid(y, initial=0)

    def total(y: Any) -> Any:
        return scipy.integrate.cumulative_trapezoid(y)[-1]

    checked(f, X)
    same(grad(total)(X), np.array([0.5, 1.0, 1.0, 0.5]))


def test_companion() -> None:
    def f(a: Any) -> Any:
        return scipy.linalg.companion(a)

    checked(f, X)


def test_rosenbrock() -> None:
    def f(x: Any) -> Any:
        return scipy.optimize.rosen(x)

    x = np.array([1.3, 0.7, 0.8, 1.9, 1.2])
    checked(f, x, order=1)
    np.testing.assert_allclose(grad(f)(x), scipy.optimize.rosen_der(x), atol=1e-10)
    second = jacobian(lambda y: scipy.optimize.rosen_der(y))(x)
    np.testing.assert_allclose(second, scipy.optimize.rosen_hess(x), atol=1e-10)
