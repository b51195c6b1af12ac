"""The table of kinks: the derivative where there is none, or where a formula fails."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import srcad.ops  # noqa: F401
from srcad.errors import MissingRule
from srcad.ir.builder import Builder
from srcad.ir.graph import Graph, Value, literal
from srcad.ir.types import UNKNOWN, Type
from srcad.ops.choice import clip, fmax, max_of, maximum, min_of, minimum, where
from srcad.ops.circular import sinc
from srcad.ops.complexes import abs_
from srcad.ops.declare import call_params, find
from srcad.ops.elementary import exp, log, logaddexp, math_log, sqrt
from srcad.ops.extremes import max_, ptp
from srcad.ops.lookups import interp
from srcad.ops.nans import nanstd, nansum
from srcad.ops.order import sort
from srcad.ops.quantiles import median, quantile
from srcad.ops.reductions import mean, std
from srcad.ops.scans import prod

from .check import pullback, pushforward, run, type_of


def made(f: Callable[..., Value], *values: Any, types: Any = None) -> Graph:
    """The graph of a function of values."""
    builder = Builder()
    params = [Value(f"x{k}", type_of(v)) for k, v in enumerate(values)]
    if types is not None:
        params = [Value(p.name, t) for p, t in zip(params, types, strict=True)]
    with builder.active():
        result = f(*params)
    return Graph("f", builder.block(params, [result]))


def gradient(f: Callable[..., Value], *values: Any, types: Any = None) -> list[Any]:
    """The cotangents of the arguments, with a seed of ones."""
    graph = made(f, *values, types=types)
    (result,), _ = run(graph, values)
    seed = np.ones_like(result)[()]
    return run(pullback(graph), [*values, float(seed) if seed.ndim == 0 else seed])[0]


def both_ways(f: Callable[[Value], Value], x: float) -> float:
    """The derivative of a function of one number, the same in both modes."""
    graph = made(f, x)
    (forward,), _ = run(pushforward(graph), [x, 1.0])
    (backward,) = gradient(f, x)
    (unknown,) = gradient(f, x, types=[UNKNOWN])
    np.testing.assert_equal(float(forward), float(backward))
    np.testing.assert_equal(float(unknown), float(backward))
    return float(backward)


@pytest.mark.parametrize(
    "f, x, expected",
    [
        (lambda x: abs_(x), 0.0, 0.0),
        (lambda x: maximum(x, 0.0), 0.0, 0.5),
        (lambda x: maximum(0.0, x), 0.0, 0.5),
        (lambda x: minimum(x, 0.0), 0.0, 0.5),
        (lambda x: fmax(x, 0.0), 0.0, 0.5),
        (lambda x: clip(x, 0.0, 1.0), 0.0, 1.0),
        (lambda x: clip(x, 0.0, 1.0), 1.0, 1.0),
        (lambda x: clip(x, literal(None), 1.0), 2.0, 0.0),
        (lambda x: max_of(x, literal(0.0)), 0.0, 1.0),
        (lambda x: max_of(literal(0.0), x), 0.0, 0.0),
        (lambda x: min_of(x, literal(0.0), literal(0.0)), 0.0, 1.0),
        (lambda x: min_of(literal(0.0), literal(0.0), x), 0.0, 0.0),
        (lambda x: x ** literal(0.0), 0.0, 0.0),
        (lambda x: sinc(x), 0.0, 0.0),
    ],
)
def test_conventions(f: Any, x: float, expected: float) -> None:
    with np.errstate(all="ignore"):
        builtin = "max_of" in f.__code__.co_names or "min_of" in f.__code__.co_names
        found = float(gradient(f, x)[0]) if builtin else both_ways(f, x)
    assert found == expected


def test_largest_entries_share() -> None:
    x = np.array([1.0, 1.0, 0.5])
    np.testing.assert_array_equal(gradient(max_, x)[0], [0.5, 0.5, 0.0])
    np.testing.assert_array_equal(gradient(ptp, x)[0], [0.5, 0.5, -1.0])
    rows = np.array([[1.0, 1.0], [3.0, 2.0]])
    found = gradient(lambda x: max_(x, axis=1), rows)[0]
    np.testing.assert_array_equal(found, [[0.5, 0.5], [1.0, 0.0]])


def test_equal_entries_share_their_places() -> None:
    x = np.array([2.0, 1.0, 2.0, 5.0])
    seed = np.array([1.0, 2.0, 4.0, 8.0])
    graph = made(lambda x: sort(x), x)
    (found,) = run(pullback(graph), [x, seed])[0]
    np.testing.assert_array_equal(found, [3.0, 1.0, 3.0, 8.0])
    (tangent,) = run(pushforward(graph), [x, seed])[0]
    np.testing.assert_array_equal(tangent, [2.0, 2.5, 2.5, 8.0])
    ties = np.array([1.0, 2.0, 2.0, 2.0, 3.0])
    third = [0.0, 1 / 3, 1 / 3, 1 / 3, 0.0]
    np.testing.assert_allclose(gradient(lambda x: median(x), ties)[0], third)
    half = literal(0.5)
    found = gradient(lambda x: quantile(x, half), ties)[0]
    np.testing.assert_allclose(found, third)


def test_interp_at_a_knot_and_outside() -> None:
    xp, fp = np.array([0.0, 1.0, 3.0]), np.array([0.0, 2.0, -2.0])
    x = np.array([-1.0, 0.0, 1.0, 3.0, 4.0])
    found = gradient(lambda x, xp, fp: interp(x, xp, fp), x, xp, fp)[0]
    np.testing.assert_array_equal(found, [0.0, 2.0, -2.0, 0.0, 0.0])


def test_far_apart_logaddexp_has_finite_slopes() -> None:
    with np.errstate(all="ignore"):
        x, y = gradient(lambda x, y: logaddexp(x, y), 1e4, -1e4)
    assert (float(x), float(y)) == (1.0, 0.0)


def test_deviation_of_constants_that_skips_nan() -> None:
    found = gradient(lambda x: nanstd(x), np.array([2.0, np.nan, 2.0]))[0]
    np.testing.assert_array_equal(found, np.zeros(3))


def test_deviation_of_constants() -> None:
    with np.errstate(all="raise"):
        found = gradient(std, np.full(3, 2.0))[0]
    np.testing.assert_array_equal(found, np.zeros(3))


def test_product_with_zeros() -> None:
    x = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 1.0]])
    found = gradient(lambda x: prod(x, axis=1), x)[0]
    np.testing.assert_array_equal(found, [[0.0, 6.0, 0.0], [0.0, 0.0, 0.0]])


def test_infinity_that_was_not_selected() -> None:
    def f(x: Value) -> Value:
        return where(x > 0.0, sqrt(x) * 3.0 + 1.0, 0.0)

    x = np.array([0.0, 4.0])
    for types in (None, [UNKNOWN]):
        with np.errstate(all="ignore"):
            found = gradient(f, x, types=types)[0]
        np.testing.assert_array_equal(found, [0.0, 0.75])


def test_infinities_that_tie() -> None:
    x = np.array([-np.inf, 1.0])
    found = gradient(lambda x, y: maximum(x, y), x, x.copy())
    np.testing.assert_array_equal(found, [[0.5, 0.5], [0.5, 0.5]])


def test_nan_entries_get_nothing() -> None:
    found = gradient(nansum, np.array([1.0, np.nan]))[0]
    np.testing.assert_array_equal(found, [1.0, 0.0])


def test_no_error_where_the_function_has_none() -> None:
    with np.errstate(all="ignore"):
        assert gradient(lambda x: sqrt(x, via="math"), 0.0)[0] == np.inf


def test_rules_stay_in_the_module_of_the_callable() -> None:
    graph = pullback(made(lambda x: exp(x, via="math"), 0.3))
    assert type(run(graph, [0.3, 1.0])[0][0]) is float
    graph = pullback(made(lambda x: math_log(x), 0.3))
    assert type(run(graph, [0.3, 1.0])[0][0]) is float


@pytest.mark.parametrize(
    "target, params",
    [
        (math.sin, {"via": "math"}),
        (np.sin, {}),
        (builtins.abs, {"via": "builtins"}),
        (np.sum, {}),
    ],
)
def test_callables_choose_params(target: Any, params: Any) -> None:
    op = find(target)
    assert op is not None
    assert call_params(op, target) == params


@pytest.mark.parametrize(
    "op, kwargs",
    [(mean, {"where": True}), (max_, {"initial": 0.0}), (std, {"out": None})],
)
def test_unknown_keywords_are_refused(op: Any, kwargs: Any) -> None:
    with pytest.raises(MissingRule):
        op.arguments([Value("x", UNKNOWN)], kwargs)


def test_log_with_an_output_is_not_log_with_a_base() -> None:
    x: Type = UNKNOWN
    with pytest.raises(MissingRule):
        log.arguments([Value("x", x), Value("out", x)], {})
