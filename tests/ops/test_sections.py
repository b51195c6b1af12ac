"""Second-order sections by signal and state; their coefficients are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcad import grad, jvp, vjp
from srcad.errors import MissingRule

signal = pytest.importorskip("scipy.signal")

SOS = np.array([[1.0, 0.4, 0.3, 1.0, -0.5, 0.2], [0.7, 0.2, 0.5, 1.0, 0.3, 0.1]])
RNG = np.random.default_rng(3)


def plain(x: Any) -> Any:
    return signal.sosfilt(SOS, x)


def by_rows(x: Any) -> Any:
    return signal.sosfilt(SOS, x, axis=0)


def from_state(x: Any, z: Any) -> Any:
    return signal.sosfilt(SOS, x, zi=z)


def from_state_by_rows(x: Any, z: Any) -> Any:
    return signal.sosfilt(SOS, x, axis=0, zi=z)


def both_ways(x: Any) -> Any:
    return signal.sosfiltfilt(SOS, x, axis=0)


def even(x: Any) -> Any:
    return signal.sosfiltfilt(SOS, x, 0, padtype="even", padlen=4)


def fewer(x: Any) -> Any:
    return signal.decimate(x, 3, axis=0)


def later(x: Any) -> Any:
    return signal.decimate(x, 3, axis=0, zero_phase=False)


@pytest.mark.parametrize("f", [plain, by_rows, both_ways, even, fewer, later])
def test_linear_in_the_signal(f: Any) -> None:
    x, t = RNG.normal(size=(2, 40, 2))
    value, along = jvp(f, (x,), (t,))
    np.testing.assert_allclose(value, f(x), rtol=1e-12)
    np.testing.assert_allclose(along, f(t), rtol=1e-9, atol=1e-10)
    g = RNG.normal(size=value.shape)
    _, back = vjp(f, x)
    found = back(g)
    np.testing.assert_allclose(np.sum(found * t), np.sum(g * along), rtol=1e-10)


@pytest.mark.parametrize(("count", "axis"), [(9, 1), (1, 1), (2, 0)])
def test_state(count: int, axis: int) -> None:
    shape, state = [3, 3], [2, 3, 3]
    shape[axis], state[axis + 1] = count, 2
    x, t = RNG.normal(size=(2, *shape))
    z, s = RNG.normal(size=(2, *state))

    f = from_state if axis else from_state_by_rows
    (value, last), (along, along_last) = jvp(f, (x, z), (t, s))
    wanted = f(t, s)
    np.testing.assert_allclose(along, wanted[0], rtol=1e-10)
    np.testing.assert_allclose(along_last, wanted[1], rtol=1e-10, atol=1e-12)
    g, h = RNG.normal(size=value.shape), RNG.normal(size=last.shape)
    _, back = vjp(f, x, z)
    by_x, by_z = back((g, h))
    left = np.sum(by_x * t) + np.sum(by_z * s)
    np.testing.assert_allclose(
        left, np.sum(g * along) + np.sum(h * along_last), rtol=1e-10
    )


def test_the_second_derivative() -> None:
    x, t = RNG.normal(size=(2, 30))

    def f(x: Any) -> Any:
        return np.sum(signal.sosfiltfilt(SOS, x) ** 3)

    _, along = jvp(grad(f), (x,), (t,))
    step = 1e-5
    wanted = (grad(f)(x + step * t) - grad(f)(x - step * t)) / (2 * step)
    np.testing.assert_allclose(along, wanted, rtol=1e-5, atol=1e-5)


def test_the_coefficients_are_refused() -> None:
    def f(sos: Any) -> Any:
        return np.sum(signal.sosfilt(sos, np.ones(5)))

    with pytest.raises(MissingRule, match="'sos'"):
        grad(f)(SOS)


def test_the_steady_state() -> None:
    def f(sos: Any) -> Any:
        return signal.sosfilt_zi(sos)

    t = RNG.normal(size=SOS.shape)
    t[:, 3] = 0.0  # SciPy wants these to be 1
    sos = SOS

    _, along = jvp(f, (sos,), (t,))
    step = 1e-6
    wanted = (f(sos + step * t) - f(sos - step * t)) / (2 * step)
    np.testing.assert_allclose(along, wanted, rtol=1e-6)
