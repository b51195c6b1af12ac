"""Functions of `scipy.signal` without a rule, that are lowered from their source."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
import scipy.signal

from srcad import MissingRule, check_grads, value_and_grad

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
    if f in (sawtooth, by_width) and hasattr(scipy.signal, "whittaker_henderson"):
        with pytest.raises(MissingRule, match="entries of a set must be known"):
            value_and_grad(f)(x)  # since SciPy 1.18: it makes a set of shapes
        return
    value, _ = value_and_grad(f)(x)
    assert value == pytest.approx(f(x))
    check_grads(f, (x,), order=1)


# ---- `at`, by which SciPy writes to arrays of any library ----------------------------

HOMES = ("scipy._external.array_api_extra", "scipy._lib.array_api_extra")


def extra() -> Any:
    for home in HOMES:
        try:
            return importlib.import_module(home)
        except ImportError:
            continue
    pytest.skip("this SciPy has none")


def test_what_scipy_writes_by_at() -> None:
    at = extra().at

    def f(x: Any) -> Any:
        y = at(x * 2.0, x > 0.5).set(x[x > 0.5] ** 2)
        y = at(y)[1:3].add(x[:2] * x[2:4])
        kept = at(y)[0].multiply(x[5], copy=True)
        y = at(y, 4).divide(x[3])
        return np.sum(np.sin(y)) + kept[0] * at(y)[2:].subtract(x[0])[3]

    value, _ = value_and_grad(f)(X)
    assert value == pytest.approx(f(X))
    check_grads(f, (X,))
