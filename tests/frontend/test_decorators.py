"""Decorated functions: lowered as what they are, or refused by name."""

from __future__ import annotations

import functools
from typing import Any

import numba
import numpy as np
import pytest

from srcad import MissingRule, UnsupportedSyntax, grad
from srcad.check import check_grads


def scaled(k: float) -> Any:
    def decorator(f: Any) -> Any:
        @functools.wraps(f)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return k * f(*args, **kwargs)

        return wrapper

    return decorator


@scaled(3.0)
def power(x: Any, p: int = 2) -> Any:
    return x**p


@functools.lru_cache
def square(x: Any) -> Any:
    return x**2


@functools.lru_cache(maxsize=None)
def ones(n: int) -> Any:
    return np.ones(n)


@numba.njit
def compiled(x: Any) -> Any:
    return np.sin(x) * x


REGISTRY: list[Any] = []


def register(f: Any) -> Any:
    REGISTRY.append(f)
    return f


@register
def cube(x: Any) -> Any:
    return x**3


class Scaled:
    def __init__(self, f: Any) -> None:
        self.f, self.k = f, 2.5

    def __call__(self, x: Any) -> Any:
        return self.k * self.f(x)


@Scaled
def exponential(x: Any) -> Any:
    return np.exp(x)


class Counted:
    def __init__(self, f: Any) -> None:
        self.f, self.calls = f, 0

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        return self.f(x)


@Counted
def counted(x: Any) -> Any:
    return x**2


@functools.singledispatch
def doubled(x: Any) -> Any:
    return 2 * x


@doubled.register(float)
def _(x: float) -> Any:
    return 3 * x**2


@doubled.register(np.ndarray)
def _(x: Any) -> Any:
    return np.sum(x**3)


by_rows = np.vectorize(np.sum, signature="(n)->()")


def test_a_wrapper_is_lowered_and_not_skipped() -> None:
    def f(x: Any) -> Any:
        return power(x, p=3)

    check_grads(f, (2.0,))
    assert grad(f)(2.0) == 3 * 3 * 2.0**2
    assert grad(power)(2.0) == 3 * 2 * 2.0


def test_caches() -> None:
    def f(x: Any) -> Any:
        return square(x) * square(x + 1) * np.sum(ones(3))

    check_grads(f, (1.5,))
    assert grad(square)(3.0) == 6.0


def test_what_a_cache_keeps_is_not_written_to() -> None:
    def f(x: Any) -> Any:
        a = ones(3)
        a[0] = x
        return np.sum(a * x)

    with pytest.raises(UnsupportedSyntax, match="its cache keeps") as caught:
        grad(f)(2.0)
    assert caught.value.span is not None and "a[0] = x" in caught.value.span.text


def test_an_array_cannot_be_looked_up_in_a_cache() -> None:
    def f(x: Any) -> Any:
        return np.sum(square(x))

    with pytest.raises(UnsupportedSyntax, match="cached by its arguments"):
        grad(f)(np.ones(2))


@pytest.mark.parametrize("g", [compiled, cube, exponential])
def test_transparent_decorators(g: Any) -> None:
    def f(x: Any) -> Any:
        return g(x) ** 2

    check_grads(f, (0.7,))


def test_a_decorator_that_writes_to_itself_is_refused() -> None:
    def f(x: Any) -> Any:
        return counted(x)

    with pytest.raises(UnsupportedSyntax, match="attribute 'calls'"):
        grad(f)(2.0)


def test_singledispatch_goes_by_type() -> None:
    def f(x: Any) -> Any:
        return doubled(x)

    check_grads(f, (1.5,))
    check_grads(f, (np.array([1.0, 2.0]),))


def test_a_later_registration_is_noticed() -> None:
    @functools.singledispatch
    def generic(x: Any) -> Any:
        return 2 * x

    def f(x: Any) -> Any:
        return generic(x)

    df = grad(f)
    assert df(1.5) == 2.0
    generic.register(float, lambda x: 7 * x)
    assert df(1.5) == 7.0


def test_partials_read_arrays_live() -> None:
    weights = np.array([1.0, 2.0, 3.0])

    def weighted(w: Any, x: Any, axis: int) -> Any:
        return np.sum(w * x, axis=axis)

    partial = functools.partial(weighted, weights, axis=0)

    def f(x: Any) -> Any:
        return partial(x)

    df, x = grad(f), np.ones(3)
    assert np.array_equal(df(x), weights)
    weights[0] = 7.0
    assert np.array_equal(df(x), weights)


def test_vectorize_with_a_signature_is_refused() -> None:
    def f(x: Any) -> Any:
        return np.sum(by_rows(x))

    with pytest.raises(MissingRule, match="signature") as caught:
        grad(f)(np.ones(2))
    assert caught.value.span is not None and "by_rows(x)" in caught.value.span.text


def test_decorators_of_nested_functions() -> None:
    def f(x: Any) -> Any:
        def shifted(g: Any) -> Any:
            @functools.wraps(g)
            def wrapper(y: Any) -> Any:
                return g(y) + x

            return wrapper

        @scaled(2.0)
        @shifted
        def inner(y: Any) -> Any:
            return y**2

        return inner(x) * x

    check_grads(f, (1.3,))
    assert f(1.5) == 2 * (1.5**2 + 1.5) * 1.5
