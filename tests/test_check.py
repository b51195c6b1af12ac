"""`check_grads`: right derivatives pass to the order asked for, wrong ones do not."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import srcad.check.point
from srcad import SignatureError, SrcadError, check_grads, grad, value_and_grad

Pair = namedtuple("Pair", "a b")
V = np.array([0.3, -0.5, 1.2])


def cubic(x):
    return x**3 + 2.0 * x


def squares(v):
    return np.sum(v**2 * v[0])


def layered(params, x):
    h = np.tanh(x * params["w"] + params["b"][0])
    return {"h": h, "loss": [np.sum(h * h), 3]}


def test_passes_to_high_order() -> None:
    check_grads(cubic, (0.7,), order=5)
    check_grads(squares, (V,), order=4)
    check_grads(layered, ({"w": V, "b": (0.3, "name")}, V * 2), order=3)


def test_one_mode() -> None:
    check_grads(squares, (V,), order=3, modes=("rev",))
    check_grads(squares, (V,), order=3, modes=("fwd",))


def test_of_a_transform() -> None:
    check_grads(grad(squares), (V,), order=2)
    check_grads(value_and_grad(cubic), (0.7,), order=2)


def test_precision_and_kinds() -> None:
    check_grads(squares, (V.astype(np.float32),), order=1)
    check_grads(lambda z: np.sum(np.real(z * z * np.conj(z))), (V + 1j,), order=1)
    check_grads(lambda z: z * z, (V + 0.5j,), order=1)
    check_grads(lambda p: p.a * p.b, (Pair(0.3, 0.5),), order=2)


def test_arguments_are_left_alone() -> None:
    def f(x, n):
        x[0] = x[1] ** n
        return np.sum(x * x)

    x = V.copy()
    check_grads(f, (x, 2))
    assert np.array_equal(x, V)


def test_argnums() -> None:
    def f(x, y):
        return x * y

    check_grads(f, (2.0, 3.0), argnums=1)
    check_grads(f, (2.0, 3.0), argnums=(0, 1))


def test_wrong_derivatives_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    step = srcad.check.point.Point._slope

    def off(self: Any, *args: Any) -> Any:
        return [1.001 * s for s in step(self, *args)]

    monkeypatch.setattr(srcad.check.point.Point, "_slope", off)
    with pytest.raises(AssertionError, match="jvp, number 0 of the result of cubic"):
        check_grads(cubic, (0.7,), modes=("fwd",))
    with pytest.raises(AssertionError, match=r"vjp.*of cubic.*differences give"):
        check_grads(cubic, (0.7,), modes=("rev",))


def test_kink_is_told() -> None:
    # Differences to both sides say 0 of abs as well; of this they say 1.5.
    check_grads(lambda x: abs(x), (0.0,), order=1, modes=("fwd",), eps=1e-3)
    with pytest.raises(AssertionError):
        check_grads(lambda x: max(x, 2 * x), (0.0,), order=1)


def test_bad_requests() -> None:
    with pytest.raises(SignatureError, match="mode"):
        check_grads(cubic, (0.7,), modes=("sideways",))
    with pytest.raises(SignatureError, match="no argument"):
        check_grads(cubic, (3,))
    with pytest.raises(SrcadError, match="one number"):
        check_grads(lambda x: "a", (0.5,))


def test_of_compiled_functions() -> None:
    numba = pytest.importorskip("numba")

    def f(x, scale=2.0):
        total = 0.0
        for v in x:
            total += scale * v**3
        return total

    assert check_grads(numba.njit(f), (np.array([0.3, -1.2]), 0.5), order=2)
