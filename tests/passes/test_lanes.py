"""Loops whose rounds may go several at a time, and loops whose rounds must not."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from backend.shuffled import shuffled
from trees import close

import srcad
from srcad.backend.compiled import INSTALLED
from srcad.backend.generate import generate
from srcad.pipeline import for_loops

X = np.linspace(0.3, 1.0, 21)
W = np.linspace(0.9, 0.2, 21)
DOWN = ", -1)"


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


def printed(function: Callable[..., Any], *args: Any, threads: bool = False) -> str:
    """The gradient's source for Numba; run as Python it gives what Python's does."""
    wrt = tuple(k for k, v in enumerate(args) if np.asarray(v).dtype.kind == "f")
    entry = srcad.value_and_grad(function, wrt).entry(args)
    made = generate(for_loops(entry.programs.finished[0], threads), dialect="numba")
    expected = entry.functions[0](*map(np.copy, args))
    found = shuffled(made, 1)(*map(np.copy, args))
    assert close(found, expected, 1e-12)
    lines = [line for line in made.text.splitlines() if "# " not in line]
    return "\n".join(lines)


def logsumexp(x: Any) -> Any:
    largest = np.max(x)
    total = 0.0
    for v in x:
        total += np.exp(v - largest)
    return largest + np.log(total)


def matrix_times(x: Any, w: Any) -> Any:
    total = 0.0
    for i in range(len(x)):
        row = 0.0
        for j in range(len(w)):
            row -= x[i] * w[j] - 0.5 * w[j]
        total += row * row
    return total


def in_branches(x: Any, w: Any) -> Any:
    total = 0.0
    for k in range(len(x)):
        if x[k] > w[k]:
            total += x[k] * w[k]
        else:
            total -= w[k]
    return total * total


def test_nothing_stands_in_the_way() -> None:
    text = printed(logsumexp, X)
    assert "total = plus(total, exp_value)" in text
    assert "exp_value = exp(" in text
    assert "bar = plus(" in text
    assert "np.exp" not in text
    assert DOWN not in text


def test_inner_loops() -> None:
    text = printed(matrix_times, X, W)
    assert "row = plus(row, -(" in text
    assert "total += " in text  # of the outer loop
    assert "total = plus(" not in text


def test_sums_in_branches() -> None:
    text = printed(in_branches, X, W)
    assert "total = plus(total, " in text
    assert "total = plus(total, -" in text
    assert "total -= " not in text


# ---- sums whose order matters --------------------------------------------------------


def kahan(x: Any) -> Any:
    total, lost = 0.0, 0.0
    for v in x:
        y = v - lost
        t = total + y
        lost = (t - total) - y
        total = t
    return total


def neumaier(x: Any) -> Any:
    total, lost = 0.0, 0.0
    for v in x:
        t = total + v
        if abs(total) >= abs(v):
            lost += (total - t) + v
        else:
            lost += (v - t) + total
        total = t
    return total + lost


def running(x: Any) -> Any:
    y = np.zeros(len(x))
    total = 0.0
    for k in range(len(x)):
        total += x[k]
        y[k] = total
    return np.sin(y[3]) + y[-1]


def until(x: Any) -> Any:
    total = 0.0
    for v in x:
        total += v * v
        if total > 3.0:
            break
    return total


def checked(x: Any) -> Any:
    total = 0.0
    for v in x:
        if v < 0.0:
            raise ValueError("negative")
        total += v * v
    return total


def compared(x: Any) -> Any:
    total = 0.0
    for v in x:
        total += v if total < 2.0 else 2.0 * v
    return total


@pytest.mark.parametrize(
    "function", [kahan, neumaier, running, until, checked, compared]
)
def test_sums_whose_order_matters(function: Callable[..., Any]) -> None:
    assert "total = plus(" not in printed(function, X)


@pytest.mark.parametrize("function", [kahan, neumaier])
def test_compensated_sums_stay_exact(function: Callable[..., Any]) -> None:
    pytest.importorskip("numba")
    x = np.resize([1e16, 1.0, -1e16, 1.0], 4000) if function is neumaier else None
    x = np.resize([1.0, 1e-16, 1e-16], 3000) if x is None else x
    found, slope = srcad.value_and_grad(function, backend="numba")(x)
    assert found == function(x)
    assert found == math.fsum(x) if function is neumaier else found > np.sum(x[::3])
    assert np.allclose(slope, 1.0)


# ---- exponentials that are not worth it ----------------------------------------------


def recurrence(x: Any) -> Any:
    h = 0.5
    for v in x:
        h = np.exp(-h * v)
    return h


def beside_sin(x: Any) -> Any:
    y = np.zeros(len(x))
    for k in range(len(x)):
        y[k] = np.exp(x[k]) * np.sin(x[k])
    return y[3] + y[4] * y[5]


def by_branch(x: Any) -> Any:
    y = np.zeros(len(x))
    for k in range(len(x)):
        if x[k] > 0.5:
            y[k] = np.exp(x[k])
    return y[3] + y[-1]


@pytest.mark.parametrize("function", [recurrence, beside_sin, by_branch])
def test_exponentials_that_stay_calls(function: Callable[..., Any]) -> None:
    text = printed(function, X)
    assert "np.exp(" in text
    assert " exp(" not in text


def test_sums_beside_calls_stay() -> None:
    def f(x: Any) -> Any:
        total = 0.0
        for v in x:
            total += np.sin(v)
        return total

    assert "total += np.sin(v)" in printed(f, X)


@pytest.mark.parametrize("dtype", [np.float32, np.complex128])
def test_other_precisions_stay(dtype: Any) -> None:
    def f(x: Any) -> Any:
        total = x[0]
        for v in x:
            total += np.exp(v)
        return total.real

    entry = srcad.value_and_grad(f).entry((X.astype(dtype),))
    text = generate(for_loops(entry.programs.finished[0]), dialect="numba").text
    assert "plus(" not in text
    assert " exp(" not in text


# ---- hyperbolic tangents -------------------------------------------------------------


def cells(x: Any, w: Any) -> Any:
    y = np.zeros(len(x))
    for k in range(len(x)):
        y[k] = np.tanh(x[k] * w[k]) * np.exp(-w[k])
    return y[3] + y[4] * y[5]


def recurrent(x: Any, w: Any) -> Any:
    h = 0.5
    for k in range(len(x)):
        if x[k] > 0.4:
            h = np.tanh(h * x[k] + math.tanh(w[k]))
    return h


def of_arrays(x: Any, w: Any) -> Any:
    product = np.tanh(x.reshape((7, 3))) @ w.reshape((3, 7))
    return np.sum(product * product)


def test_tangents_in_lanes() -> None:
    text = printed(cells, X, W)
    assert " tanh(x[k] * w_k)" in text
    assert " exp(-w_k)" in text


def test_tangents_of_other_loops() -> None:
    text = printed(recurrent, X, W)
    assert "h = tanh(" in text
    assert text.count("tanh(") == 2
    assert "np.tanh" not in text and "math.tanh" not in text


def test_tangents_of_arrays() -> None:
    text = printed(of_arrays, X, W)
    assert "] = tanh(" in text
    assert "np.tanh" not in text


def test_exponentials_of_arrays() -> None:
    def f(x: Any, w: Any) -> Any:
        product = np.exp(x.reshape((7, 3))) @ w.reshape((3, 7))
        return np.sum(product * product)

    text = printed(f, X, W)
    assert "] = exp(" in text
    assert "np.exp" not in text


def test_tangents_outside_of_loops_stay() -> None:
    def f(x: Any) -> Any:
        return np.tanh(x[0]) * x[1]

    assert "np.tanh(" in printed(f, X)


@pytest.mark.parametrize("dtype", [np.float32, np.complex128])
def test_tangents_of_other_precisions_stay(dtype: Any) -> None:
    def f(x: Any) -> Any:
        total = x[0]
        for v in x:
            total += np.tanh(v)
        return (total * np.sum(np.tanh(x))).real

    entry = srcad.value_and_grad(f).entry((X.astype(dtype),))
    text = generate(for_loops(entry.programs.finished[0]), dialect="numba").text
    assert "np.tanh(" in text
    assert " tanh(" not in text


@pytest.mark.skipif(not INSTALLED, reason="needs Numba")
@pytest.mark.parametrize("function", [cells, recurrent, of_arrays])
def test_compiled_tangents(function: Callable[..., Any]) -> None:
    for scale in (0.1, 2.0):
        args = X * scale, W * scale
        found = srcad.value_and_grad(function, (0, 1), backend="numba")(*args)
        expected = srcad.value_and_grad(function, (0, 1), backend="python")(*args)
        assert close(found, expected, 1e-12)
        direction = np.cos(X), np.sin(W)
        slopes = srcad.jvp(function, args, direction, backend="numba")
        assert close(slopes, srcad.jvp(function, args, direction), 1e-12)


def test_second_order() -> None:
    def slope(x: Any, w: Any) -> Any:
        return np.sum(srcad.grad(cells)(x, w) * w)

    pytest.importorskip("numba")
    found = srcad.grad(slope, (0, 1), backend="numba")(X, W)
    assert close(found, srcad.grad(slope, (0, 1), backend="python")(X, W), 1e-12)


# ---- rounds that must keep their order -----------------------------------------------


def scattered(x: Any, places: Any) -> Any:
    total = 1.0
    for k in range(len(places)):
        total *= np.sin(x[places[k]])
    return total


def through_a_view(x: Any) -> Any:
    y = x * 1.0
    z = y[1:]
    for k in range(len(z)):
        z[k] = z[k] * np.sin(y[k])
    return y[-1] * y[-2]


def behind(x: Any) -> Any:
    y = np.zeros(len(x))
    y[0] = x[0]
    for k in range(1, len(x)):
        y[k] = y[k - 1] * x[k]
    return y[-1]


@pytest.mark.parametrize("function", [through_a_view, behind])
def test_rounds_that_read_one_another(function: Callable[..., Any]) -> None:
    assert DOWN in printed(function, X)


def test_repeated_indices() -> None:
    assert DOWN in printed(scattered, X, np.array([3, 1, 3, 0, 3]))


def test_threads_keep_their_sums() -> None:
    """Numba finds the sums of a `prange` by their statements."""
    text = printed(logsumexp, X, threads=True)
    assert "numba.prange" in text
    assert "plus(" not in text


@pytest.mark.skipif(not INSTALLED, reason="needs Numba")
@pytest.mark.parametrize("n", [1, 2, 3, 7, 16, 1001])
def test_compiled(n: int) -> None:
    x = np.sin(np.arange(n)) * 300.0
    found, slope = srcad.value_and_grad(logsumexp, backend="numba")(x)
    expected, expected_slope = srcad.value_and_grad(logsumexp, backend="python")(x)
    assert found == pytest.approx(expected, rel=1e-14)
    assert np.allclose(slope, expected_slope, rtol=1e-12, atol=1e-300)
