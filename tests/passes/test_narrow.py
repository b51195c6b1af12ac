"""Single precision in the Numba dialect: numbers do not widen arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from trees import close

import srcad
from srcad.backend import function as loading
from srcad.backend.compiled import INSTALLED
from srcad.backend.generate import generate
from srcad.pipeline import for_loops

W = np.linspace(-0.6, 0.7, 9, dtype=np.float32).reshape(3, 3)
H = np.linspace(0.2, 0.9, 3, dtype=np.float32)
needs_numba = pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")
    monkeypatch.setenv("SRCAD_CACHE", "0")


def recurrent(w: Any, h: Any, n: int) -> Any:
    """The adjoint's `2.0 * h` goes into a matrix product."""
    for _ in range(n):
        h = np.tanh(w @ h)
    return np.sum(h * h)


def branches(w: Any, h: Any, n: int) -> Any:
    """On one way the array meets a number, on the other it does not."""
    for k in range(n):
        h = 0.5 * (w @ h) if k % 2 else np.sin(h)
    return np.sum(h)


def integers(w: Any, h: Any, n: int) -> Any:
    """NumPy keeps the precision where a Python integer comes in."""
    for k in range(1, n):
        h = (w / k) @ (k * h) - 1
    return np.sum(h * h)


def chosen(w: Any, h: Any, n: int) -> Any:
    h = np.where(h > 0.5, h, 0.0)
    return np.sum(w @ np.maximum(h, 0.1)) * n


def measured(w: Any, h: Any, n: int) -> Any:
    """A number that Numba computes in double precision."""
    return np.sum((w * (np.mean(h) + 1.0 / n)) @ h)


def powers(w: Any, h: Any, n: int) -> Any:
    return np.sum(w @ (h**2 + h**0.5)) * n


def ties(w: Any, h: Any, n: int) -> Any:
    """Cotangents of `maximum` and `log`, printed with numbers of their own."""
    h = np.maximum(w @ h, h) + np.minimum(h, 0.4)
    return np.sum(w.T @ np.log(np.abs(h) + 1)) * n + np.prod(h) + np.max(w @ h)


ALL = [ties, recurrent, branches, integers, chosen, measured, powers]


@pytest.mark.parametrize("function", ALL)
def test_python(function: Callable[..., Any]) -> None:
    """What is printed for Numba gives the same numbers as Python."""
    entry = srcad.value_and_grad(function, (0, 1)).entry((W, H, 3))
    finished = entry.programs.finished[0]
    found = loading.load(generate(for_loops(finished)))(W, H, 3)
    assert close(found, entry.functions[0](W, H, 3), 1e-6)
    assert [x.dtype for x in found[1]] == [np.float32, np.float32]


@needs_numba
@pytest.mark.parametrize("function", ALL)
def test_numba(function: Callable[..., Any]) -> None:
    compiled = srcad.value_and_grad(function, (0, 1), backend="numba")
    found = compiled(W, H, 3)
    assert close(found, srcad.value_and_grad(function, (0, 1))(W, H, 3), 1e-5)
    assert [x.dtype for x in found[1]] == [np.float32, np.float32]
    wide = [x.astype(np.float64) for x in (W, H)]
    assert [x.dtype for x in compiled(*wide, 3)[1]] == [np.float64, np.float64]


@needs_numba
def test_numba_second_order() -> None:
    def of_arrays(w: Any, h: Any) -> Any:
        return recurrent(w, h, 3)

    given = (of_arrays, (W, H), (W + np.float32(0.1), H * np.float32(2.0)))
    assert close(srcad.hvp(*given, backend="numba"), srcad.hvp(*given), 1e-5)


def scaled(z: Any, h: Any) -> Any:
    for k in range(2):
        z = z * (1.5 + k) + 1j * z * h
    return np.sum(np.real(z * np.conj(z)))


@needs_numba
def test_complex() -> None:
    """Complex numbers and real ones beside arrays of complex64."""
    z = (H + 1j * H[::-1]).astype(np.complex64)
    found = srcad.value_and_grad(scaled, (0, 1), backend="numba")(z, H)
    assert close(found, srcad.value_and_grad(scaled, (0, 1))(z, H), 1e-5)
    assert [x.dtype for x in found[1]] == [np.complex64, np.float32]


def test_double_precision_is_left_alone() -> None:
    wide = [x.astype(np.float64) for x in (W, H)]
    for function in ALL:
        entry = srcad.value_and_grad(function, (0, 1)).entry((*wide, 3))
        assert "float32" not in generate(for_loops(entry.programs.finished[0])).text
