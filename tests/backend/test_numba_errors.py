"""Errors whose text has values in it, raised by compiled code."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import srcad
from srcad.backend.numba_errors import takes_any, with_text

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


def test_elsewhere_the_text_and_its_values_can_be_read() -> None:
    import numba

    step = srcad.pipeline.Step("vjp", (0,), False)
    forward = srcad.transform.extended(careful, step, "numba").entry((0.5, A))
    kernel = forward.functions[0]

    @numba.njit
    def outer(x, a):
        return kernel(x, a)[0]

    assert outer(0.5, A) == 0.25
    with pytest.raises(AssertionError) as found:
        outer(-1.0, A)
    assert found.value.args == ("{x:.2f} is 'negative'", "x =", -1.0)
    with pytest.raises(ValueError) as found:
        outer(2.0, A)
    text, *values = found.value.args
    assert text == "{{x}} is {x:>7.3f}, `{x!r}` for {a}\n"
    assert values[:-1] == ["x =", 2.0, "x =", 2.0, "a ="]


def test_arguments_that_only_look_like_a_text_stay() -> None:
    for args in [("{x}", "y =", 1), ("{", "x =", 1), ("{x}", 1), ("a", "b", "c"), ()]:
        error = ValueError(*args)
        with_text(error)
        assert error.args == args


PRINTED = [
    ("printed", 'print(f"{x}")', "it formats no numbers"),
    ("spaced", 'print(f"{n:3d}")', "it formats no numbers"),
    ("kept", 'x = x * len(f"{x}")', "it formats no numbers"),
    ("given", "print(x, end='')", "print with sep=, end= or flush="),
    ("text", "x = x * len(str(x))", "it formats no numbers"),
    ("told", "warnings.warn('large')", "log or warn"),
]


@pytest.mark.parametrize("name, line, match", PRINTED)
def test_texts_that_numba_would_write_otherwise_are_refused(
    name: str, line: str, match: str, capsys: Any
) -> None:
    text = f"def {name}(x, n):\n    {line}\n    return x * x\n"
    f = srcad.from_source(text, {"warnings": warnings})
    with pytest.raises(srcad.SrcadError, match=match) as refused:
        srcad.grad(f, backend="numba")(0.5, 3)
    assert refused.value.span.text.strip() == line
    assert not capsys.readouterr().out


def shown(x: float, n: int) -> float:
    print(f"step {n} of {n}", x, n)
    return x * x


def test_texts_of_integers_are_printed(capfd: Any) -> None:
    for backend in ("python", "numba"):
        assert srcad.grad(shown, backend=backend)(0.5, 3) == 1.0
        assert capfd.readouterr().out == "step 3 of 3 0.5 3\n"


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
