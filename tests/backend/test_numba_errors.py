"""Errors whose text has values in it, raised by compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import srcad
from srcad.backend.numba_errors import takes_any

pytest.importorskip("numba")


def careful(x: float, a: np.ndarray) -> float:
    if x > 4.0:
        raise RuntimeError("large", x)
    if x > 1.0:
        raise ValueError(f"{{x}} is {x:>7.3f}, `{x!r}` for {a}\n")
    assert x > 0.0, f"{x:.2f} is 'negative'"
    assert x < 0.9, "plain"
    return x * x * a[1]


A = np.arange(3.0)
SAID = [
    (5.0, RuntimeError, ("large", 5.0)),
    (2.0, ValueError, ("{x} is   2.000, `2.0` for [0. 1. 2.]\n",)),
    (-1.0, AssertionError, ("-1.00 is 'negative'",)),
    (0.95, AssertionError, ("plain",)),
]


@pytest.mark.parametrize("x, error, args", SAID)
def test_the_text_is_that_of_python(x: float, error: Any, args: Any) -> None:
    for backend in ("numba", "python"):
        g = srcad.grad(careful, backend=backend)
        for _ in range(2):  # the second call is a quick one
            assert g(0.5, A) == 1.0
            with pytest.raises(error) as found:
                g(x, A)
            assert found.value.args == args
            assert ", line " in found.value.__notes__[0]


@pytest.mark.parametrize("x, error, args", SAID)
def test_second_order_and_forward_mode_raise_it_too(x: Any, error: Any, args: Any):
    twice = srcad.grad(srcad.grad(careful), backend="numba")
    assert twice(0.5, A) == 2.0
    with pytest.raises(error) as found:
        twice(x, A)
    assert found.value.args == args
    with pytest.raises(error) as found:
        srcad.jvp(careful, (x, A), (1.0, 0.0 * A), backend="numba")
    assert found.value.args == args


def two_arguments(x: float) -> float:
    if x > 1.0:
        raise ValueError(f"x is {x}", x)
    return x * x


def test_a_text_beside_other_arguments_is_refused() -> None:
    with pytest.raises(srcad.SrcadError, match="give numbers as arguments") as refused:
        srcad.grad(two_arguments, backend="numba")(0.5)
    assert refused.value.span.line == two_arguments.__code__.co_firstlineno + 2


def test_classes_that_change_their_arguments_are_known() -> None:
    class Own(Exception):
        def __init__(self, text: str) -> None:
            super().__init__(text)

    class Plain(Exception):
        pass

    assert takes_any(ValueError)
    assert takes_any(Plain)
    assert not takes_any(Own)
    assert not takes_any(OSError)
    assert not takes_any(UnicodeDecodeError)
