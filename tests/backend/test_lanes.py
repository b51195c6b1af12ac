"""The helpers of loops in lanes: how right they are, and that they run in vectors."""

from __future__ import annotations

import itertools
import platform
import re
from typing import Any

import numpy as np
import pytest

from srcad.backend.compiled import INSTALLED, helper, numba
from srcad.backend.runtime_lanes import exp, plus, tanh

LOG_2 = np.log(np.longdouble(2.0))
LARGEST, LEAST = 709.782712893384, -745.1332191019411
EDGES = np.array(
    [0.0, -0.0, 5e-324, -5e-324, 1e-17, -1e-17, 1.0, -1.0, LARGEST, LEAST]
    + [np.nextafter(v, s) for v in (LARGEST, LEAST) for s in (-np.inf, np.inf)]
    + [-708.4, -708.3964185322641, -709.0, -730.0, -744.0, 709.0, 709.5]
    + [710.0, 711.0, -746.0, -747.0, 1e308, -1e308, np.inf, -np.inf, np.nan]
)


def by_lanes(x: Any, function: Any = exp) -> Any:
    """A helper's numbers for an array, compiled where Numba is there."""
    if not INSTALLED:
        with np.errstate(all="ignore"):
            return np.array([function(float(v)) for v in x])
    compiled = helper(function)

    @numba().njit(error_model="numpy")
    def each(x: Any, out: Any) -> None:
        for k in range(len(x)):
            out[k] = compiled(x[k])

    out = np.empty_like(x)
    each(x, out)
    return out


def ulps(found: Any, x: Any, function: Any = np.exp) -> Any:
    """How many units in the last place off, told by a longer precision."""
    with np.errstate(all="ignore"):
        wanted = function(x.astype(np.longdouble))
        unit = np.spacing(wanted.astype(np.float64)).astype(np.longdouble)
    return np.abs((found - wanted) / unit).astype(float)


def test_within_one_ulp() -> None:
    rng = np.random.default_rng(0)
    k = np.arange(-1074, 1024)
    halves = ((k + 0.5) * LOG_2).astype(np.float64)  # where r is largest
    whole = (k * LOG_2).astype(np.float64)
    near = [np.nextafter(v, s) for v in (halves, whole) for s in (-np.inf, np.inf)]
    x = np.concatenate(
        [
            rng.uniform(-745.0, 709.7, 100_000),
            rng.uniform(-1.0, 1.0, 100_000),
            rng.normal(size=1000) * 10.0 ** rng.integers(-320, 0, 1000),
            *(halves, whole, *near),
        ]
    )
    x = x[(x < LARGEST) & (x > LEAST)]
    more = np.finfo(np.longdouble).eps < np.finfo(float).eps
    assert np.max(ulps(by_lanes(x), x)) < (1.0 if more else 1.5)


def test_edges() -> None:
    with np.errstate(all="ignore"):
        wanted = np.exp(EDGES)
    found = by_lanes(EDGES)
    ends = (wanted == 0.0) | ~np.isfinite(wanted) | (wanted == 1.0)
    assert np.array_equal(found[ends], wanted[ends], equal_nan=True)
    assert np.allclose(found[~ends], wanted[~ends], rtol=3e-16, atol=5e-324)


def test_tangents() -> None:
    rng = np.random.default_rng(0)
    ends = [0.0, 0.1, 0.5, 0.79, 0.8, 0.81, 1.0, 2.0, 5.0, 18.0, 25.0, 800.0]
    parts = [rng.uniform(a, b, 30_000) for a, b in itertools.pairwise(ends)]
    small = rng.uniform(1.0, 10.0, 3000) * 10.0 ** rng.integers(-320, 0, 3000)
    cut = [np.nextafter(0.8, s) for s in (0.0, 1.0)]
    x = np.concatenate([*parts, small, cut, [0.8, 19.06, 19.07, 2.3e-308, 1e-310]])
    x = np.concatenate([x, -x])
    more = np.finfo(np.longdouble).eps < np.finfo(float).eps
    assert np.max(ulps(by_lanes(x, tanh), x, np.tanh)) < (1.2 if more else 2.0)


def test_edges_of_tangents() -> None:
    x = np.array([0.0, 5e-324, 1e-310, 1e-17, 22.0, 355.0, 710.0, 1e308, np.inf])
    x = np.concatenate([x, -x, [np.nan]])
    with np.errstate(all="ignore"):
        plain = np.array([tanh(v) for v in x])
    for found in (by_lanes(x, tanh), plain):
        assert np.array_equal(found, np.tanh(x), equal_nan=True)
        assert np.array_equal(np.signbit(found[:-1]), np.signbit(x[:-1]))


@pytest.mark.filterwarnings("ignore:overflow")
def test_uncompiled_is_the_same_function() -> None:
    with np.errstate(all="ignore"):
        found = np.array([exp(float(v)) for v in EDGES])
        assert np.allclose(
            found, np.exp(EDGES), rtol=3e-16, atol=5e-324, equal_nan=True
        )
    assert plus(1.0, 2.0) == 3.0


@pytest.mark.skipif(not INSTALLED, reason="needs Numba")
@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="what LLVM does elsewhere"
)
def test_compilers_find_vectors(optimised: None) -> None:
    compiled_exp, compiled_plus = helper(exp), helper(plus)

    @numba().njit(error_model="numpy")
    def summed(x: Any, y: Any) -> Any:
        total = 0.0
        for k in range(len(x)):
            e = compiled_exp(x[k])
            y[k] = e
            total = compiled_plus(total, e)
        return total

    @numba().njit(error_model="numpy")
    def in_order(x: Any) -> Any:
        total = 0.0
        for k in range(len(x)):
            total += x[k]
        return total

    compiled_tanh = helper(tanh)

    @numba().njit(error_model="numpy")
    def tangents(x: Any, y: Any) -> Any:
        for k in range(len(x)):
            y[k] = compiled_tanh(x[k])

    x = np.linspace(-1.0, 1.0, 1000)
    tangents(x, np.empty(1000))
    assert summed(x, np.empty(1000)) == pytest.approx(np.sum(np.exp(x)), rel=1e-14)
    assert in_order(x) == sum(x)
    vectors = re.compile(r"f(add|mul)[a-z ]* <\d+ x double>")
    assert vectors.search(next(iter(tangents.inspect_llvm().values())))
    assert vectors.search(next(iter(summed.inspect_llvm().values())))
    assert not vectors.search(next(iter(in_order.inspect_llvm().values())))
