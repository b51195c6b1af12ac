"""A `try` by class as branches, where what is caught can be told before; only there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from lowering import types_at

import srcad
from srcad.backend.compiled import INSTALLED
from srcad.backend.evaluate import evaluate
from srcad.ir.graph import nodes_of
from srcad.ir.structure import try_
from srcad.pipeline import prepared

SPD = np.array([[2.0, 0.3], [0.3, 1.5]])
SWAPPED = np.array([[0.0, 1.0], [1.0, 0.0]])
ONES = np.ones((2, 2))


def asked(f: Callable[..., Any], *args: Any) -> tuple[bool, Any]:
    """Whether no `try_` is left of a function for Numba, and what it then gives."""
    program = prepared(f, types_at(f, *args), "numba").program
    left = any(n.op is try_ for n in nodes_of(program.graph.body))
    return not left, evaluate(program, args)[0][0]


def domains(x: float) -> float:
    try:
        y = math.log(x) + math.asin(x / 2.0) * math.log1p(x - 1.5)
    except ValueError:
        y = x * x
    return y


def divided(x: float) -> float:
    try:
        y = 1.0 / (x - 1.0) + 3.0 // int(x)
    except ZeroDivisionError:
        y = 5.0 * x
    return y


def by_class(x: float) -> float:
    try:
        if x > 3.0:
            raise KeyError("large")
        elif x < -3.0:
            raise IndexError("small")
        y = 1.0 / x
    except LookupError:
        y = 2.0 * x
    except ZeroDivisionError:
        y = -1.0
    return y


def first_clause_counts(x: float) -> float:
    try:
        if x > 3.0:
            raise KeyError("large")
        y = math.sqrt(x)
    except (ValueError, KeyError):
        y = 2.0 * x
    except Exception:
        y = 3.0 * x
    return y


def asserted(x: float) -> float:
    try:
        assert x > 1.0
        y = x * x
    except AssertionError:
        y = 3.0 * x
    return y


def in_a_loop(x: np.ndarray) -> float:
    total = 0.0
    for a in x:
        try:
            if a < 0.0:
                raise ValueError("negative")
            y = np.sqrt(a)
        except ValueError:
            continue
        total += y
        if total > 2.0:
            break
    return total * x[0]


def factored(a: np.ndarray) -> float:
    try:
        low = np.linalg.cholesky(a)
    except np.linalg.LinAlgError:
        return np.sum(a**2)
    return np.sum(np.log(np.diag(low)))


def solved(a: np.ndarray) -> float:
    try:
        y = np.linalg.solve(a, a[0]) + np.linalg.inv(a)[1]
    except np.linalg.LinAlgError:
        y = a[0] * 0.5
    return np.sum(y * y)


POINTS = [
    (domains, [0.5, 1.2, -1.0, 0.0, 2.5]),
    (divided, [0.5, 1.0, 2.5, -1.5]),
    (by_class, [4.0, -4.0, 0.0, 2.0]),
    (first_clause_counts, [4.0, -4.0, 2.0]),
    (asserted, [0.5, 1.5]),
    (in_a_loop, [np.array([0.5, -0.5, 1.5]), np.array([4.0, 1.0, 1.0])]),
    (factored, [SPD, SWAPPED, -SPD]),
    (solved, [SPD, SWAPPED, ONES]),
]
CASES = [(f, x) for f, points in POINTS for x in points]


@pytest.mark.parametrize("f, x", CASES)
def test_each_way_gives_what_the_function_gives(f: Callable[..., Any], x: Any) -> None:
    gone, found = asked(f, x)
    assert gone
    assert found == f(x)


@pytest.mark.skipif(not INSTALLED, reason="Numba compiles")
@pytest.mark.parametrize("f, points", POINTS)
def test_compiled(f: Callable[..., Any], points: list[Any]) -> None:
    compiled = srcad.value_and_grad(f, backend="numba")
    plain = srcad.value_and_grad(f)
    for x in points:
        for one, other in zip(compiled(x), plain(x), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)


# ---- where it must not ---------------------------------------------------------------


def reads_the_error(x: float) -> float:
    try:
        y = math.sqrt(x)
    except ValueError as error:
        y = float(len(str(error))) * x
    return y


def goes_on(x: float) -> float:
    done = 1.0
    try:
        y = math.sqrt(x)
    except ValueError:
        print("failed")
        raise
    return y * done


def overflows(x: float) -> float:
    try:
        y = math.exp(x)
    except OverflowError:
        y = x
    return y


def in_the_body(x: np.ndarray) -> float:
    try:
        total = 0.0
        for a in x:
            total += math.sqrt(a)
    except ValueError:
        total = x[0] * 2.0
    return total


def out_of_bounds(x: np.ndarray) -> float:
    try:
        y = x[len(x) // 2 + 1]
    except IndexError:
        y = x[0]
    return y * y


def by_the_state_of_numpy(x: np.ndarray) -> float:
    try:
        with np.errstate(all="raise"):
            y = np.log(x)
    except FloatingPointError:
        y = x
    return np.sum(y)


def of_shapes(x: np.ndarray) -> float:
    try:
        y = np.reshape(x, (2, 2))
    except ValueError:
        return x[0]
    return np.sum(y)


@pytest.mark.parametrize(
    "f, x",
    [
        (reads_the_error, 2.0),
        (goes_on, 2.0),
        (overflows, 2.0),
        (in_the_body, np.ones(3)),
        (out_of_bounds, np.ones(3)),
        (by_the_state_of_numpy, np.ones(3)),
        (of_shapes, np.ones(4)),
    ],
)
def test_what_nothing_tells_before_is_left(f: Callable[..., Any], x: Any) -> None:
    gone, found = asked(f, x)
    assert not gone
    assert found == f(x)


def uncaught(x: float) -> float:
    try:
        if x > 3.0:
            raise KeyError("large")
        y = math.sqrt(x)
    except ValueError:
        y = x * x
    return y


def test_what_is_not_caught_goes_on() -> None:
    gone, found = asked(uncaught, -2.0)
    assert gone and found == 4.0
    with pytest.raises(KeyError):
        asked(uncaught, 4.0)


def test_not_a_number_is_no_zero_pivot() -> None:
    nan = np.full((2, 2), np.nan)
    assert asked(solved, nan)[0]
    assert np.isnan(solved(nan)) and np.isnan(asked(solved, nan)[1])
    assert np.isnan(asked(factored, nan)[1]) == np.isnan(factored(nan))
