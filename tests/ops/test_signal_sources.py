"""Functions of `scipy.signal` without a rule, that are lowered from their source."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal

from srcad import check_grads, value_and_grad

X = np.linspace(0.1, 1.0, 12)


def square(x: Any) -> Any:
    return np.sum(x * scipy.signal.square(x * 7, 0.3))


def sawtooth(x: Any) -> Any:
    return np.sum(x * scipy.signal.sawtooth(x * 7))


def by_width(width: Any) -> Any:
    return np.sum(scipy.signal.sawtooth(X * 7, width) ** 2)


def istft(x: Any) -> Any:
    spectrum = scipy.signal.stft(x, nperseg=4)[2]
    return np.sum(scipy.signal.istft(spectrum * spectrum, nperseg=4)[1] ** 2)


def envelope(x: Any) -> Any:
    return np.sum(scipy.signal.envelope(x)[0] ** 2)


CASES = [(square, X), (sawtooth, X), (by_width, 0.3), (istft, X), (envelope, X)]


@pytest.mark.parametrize("f, x", CASES, ids=lambda v: getattr(v, "__name__", ""))
def test_from_source(f: Any, x: Any) -> None:
    if f is envelope and not hasattr(scipy.signal, "envelope"):
        pytest.skip("SciPy 1.16 or later")
    value, _ = value_and_grad(f)(x)
    assert value == pytest.approx(f(x))
    check_grads(f, (x,), order=1)
