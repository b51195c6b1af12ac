"""filterpy: Kalman filters as functions, Gaussians, process noise.

===========================  ===========================================================
function                     what it needed
===========================  ===========================================================
kalman.predict               `np.isscalar(F)` answered by type; defaults that are None
kalman.predict_steadystate   the same
kalman.update                `try` around the inverse's spellings; `isscalar`; arrays of
                             one element
kalman.update_steadystate    the same
stats.gaussian               an error raised under a condition on an argument
stats.mul, stats.add         tuples as results
stats.multivariate_multiply  `np.atleast_2d`, `np.linalg.inv`
stats.mahalanobis            shapes compared at run time; a text built with `+`
common.runge_kutta4          a function as an argument
common.kinematic_state_...   `in` over a list of known numbers; matrices written entry
                             by entry
KalmanFilter (the class)     objects made here and given as arguments; properties;
                             `deepcopy`; `np.zeros((n, 1))` of known sizes;
                             `sys.float_info`; a function kept as an attribute
===========================  ===========================================================

Refused: Q_discrete_white_noise, whose `block_diag` needs a list comprehension;
kalman.update(return_all=True) and stats.logpdf, which make objects of SciPy's classes.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from srcad import grad, jacobian

from .cases import checked, generator, same

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its texts have escapes that Python warns of
    from filterpy import common, kalman, stats

RNG = generator()
STATE = RNG.normal(size=2)
SPREAD = np.array([[1.3, 0.2], [0.2, 0.8]])
STEP = np.array([[1.0, 0.1], [0.0, 1.0]])
NOISE = 0.1 * np.eye(2)


def test_predict() -> None:
    def f(x: Any, P: Any, F: Any, Q: Any) -> Any:
        return kalman.predict(x, P, F, Q)

    checked(f, STATE, SPREAD, STEP, NOISE)

    def mean(x: Any) -> Any:
        return kalman.predict(x, SPREAD, STEP, NOISE)[0]

    same(jacobian(mean)(STATE), STEP)


def test_predict_with_a_control() -> None:
    def f(x: Any, P: Any, F: Any, Q: Any, u: Any, B: Any) -> Any:
        return kalman.predict(x, P, F, Q, u, B, alpha=1.1)

    checked(f, STATE, SPREAD, STEP, NOISE, np.array([0.3]), np.array([[0.1], [0.4]]))


def test_update() -> None:
    H, R = np.array([[1.0, 0.2]]), np.array([[0.3]])

    def f(x: Any, P: Any, z: Any, R: Any, H: Any) -> Any:
        return kalman.update(x, P, z, R, H)

    def mean(z: Any) -> Any:
        return kalman.update(STATE, SPREAD, z, R, H)[0]

    checked(f, STATE, SPREAD, np.array([0.5]), R, H)
    same(jacobian(mean)(np.array([0.5])), SPREAD @ H.T / (H @ SPREAD @ H.T + R))


def test_steady_state() -> None:
    def predict(x: Any, F: Any, u: Any) -> Any:
        return kalman.predict_steadystate(x, F, u, np.eye(2))

    def update(x: Any, z: Any, K: Any) -> Any:
        return kalman.update_steadystate(x, z, K, np.eye(2))

    checked(predict, STATE, STEP, STATE + 1.0)
    checked(update, STATE, STATE + 1.0, NOISE)


def test_gaussians_of_one_variable() -> None:
    def density(x: Any, mean: Any, var: Any) -> Any:
        return stats.gaussian(x, mean, var)

    def product(a: Any, b: Any, c: Any, d: Any) -> Any:
        return stats.mul(a, b, c, d)

    def total(a: Any, b: Any, c: Any, d: Any) -> Any:
        return stats.add(a, b, c, d)

    checked(density, 0.3, 0.1, 1.2)
    checked(product, 0.3, 0.7, 1.2, 2.0)
    checked(total, 0.3, 0.7, 1.2, 2.0)
    slope = -(0.3 - 0.1) / 1.2 * stats.gaussian(0.3, 0.1, 1.2)
    same(grad(density)(0.3, 0.1, 1.2), slope)


def test_gaussians_of_several_variables() -> None:
    def product(a: Any, A: Any, b: Any, B: Any) -> Any:
        return stats.multivariate_multiply(a, A, b, B)

    def distance(x: Any, mean: Any, cov: Any) -> Any:
        return stats.mahalanobis(x, mean, cov)

    checked(product, STATE, SPREAD, STATE + 1.0, SPREAD + np.eye(2))
    checked(distance, STATE, STATE + 1.0, SPREAD)


def test_runge_kutta4() -> None:
    def slope(y: Any, t: Any) -> Any:
        return -y * t

    def f(y: Any, t: Any, dt: Any) -> Any:
        return common.runge_kutta4(y, t, dt, slope)

    checked(f, 0.3, 0.2, 0.1)


def test_kinematic_state_transition() -> None:
    def f(dt: Any) -> Any:
        return common.kinematic_state_transition(2, dt)

    checked(f, 0.3)


def test_a_filter_made_here() -> None:
    def step(z: Any, P: Any, x: Any) -> Any:
        kf = kalman.KalmanFilter(dim_x=2, dim_z=1)
        kf.x, kf.P = x, P
        kf.F, kf.H = STEP, np.array([[1.0, 0.2]])
        kf.R = kf.R * 0.3
        kf.predict()
        kf.update(z)
        return kf.x

    checked(step, np.array([0.5]), SPREAD, STATE)


def test_a_filter_as_an_argument() -> None:
    kf = kalman.KalmanFilter(dim_x=2, dim_z=1)
    kf.x, kf.F, kf.H = STATE, STEP, np.array([[1.0, 0.2]])

    def total(kf: Any, z: Any) -> Any:
        kf.predict()
        kf.update(z)
        return np.sum(kf.x)

    P = STEP @ np.eye(2) @ STEP.T + np.eye(2)
    gain = P @ kf.H.T / (kf.H @ P @ kf.H.T + 1.0)
    same(grad(total, argnums=1)(kf, np.array([0.5])), np.sum(gain, axis=0), rtol=1e-10)
    same(kf.x, STATE)
