"""Functions of packages, lists and dicts from outside, and questions about types."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal
from numpy.polynomial import polynomial

from srcad import MissingRule, UnsupportedSyntax, grad, value_and_grad
from srcad.check import check_grads
from srcad.frontend import graphs

FUNCTIONS: list[Any] = [np.sin]
EMPTY: list[Any] = []
CONFIG: dict[str, Any] = {"name": "square", "scale": 2.0, "shift": np.ones(2)}


def test_a_changed_list_of_functions_is_noticed() -> None:
    functions = FUNCTIONS[:]

    def f(x: Any) -> Any:
        for g in functions:
            x = g(x)
        return x

    df = grad(f)
    assert df(1.0) == np.cos(1.0)
    functions.append(np.exp)
    assert np.isclose(df(1.0), np.exp(np.sin(1.0)) * np.cos(1.0))


def test_an_empty_list_that_fills_is_noticed() -> None:
    factors = EMPTY[:]

    def f(x: Any) -> Any:
        for factor in factors:
            x = x * factor
        return x

    df = grad(f)
    assert df(1.0) == 1.0
    factors.append(3.0)
    assert df(1.0) == 3.0


def test_a_dict_of_names_and_data() -> None:
    config = dict(CONFIG)

    def f(x: Any) -> Any:
        if config["name"] == "square":
            x = x**2
        return np.sum(config["scale"] * x + config.get("shift"))

    df = value_and_grad(f)
    value, gradient = df(np.ones(2))
    assert value == 6.0 and np.array_equal(gradient, [4.0, 4.0])
    config["scale"] = 5.0
    assert np.array_equal(df(np.ones(2))[1], [10.0, 10.0])
    config["name"] = "line"
    assert np.array_equal(df(np.ones(2))[1], [5.0, 5.0])


def test_a_write_to_a_dict_from_outside_is_refused() -> None:
    config = dict(CONFIG)

    def f(x: Any) -> Any:
        config["name"] = "cube"
        return x**2

    with pytest.raises(UnsupportedSyntax, match="outside the function"):
        grad(f)(1.0)


def test_types_are_asked_for_while_lowering() -> None:
    def f(x: Any, y: Any) -> Any:
        if np.iscomplexobj(x) or not np.issubdtype(x.dtype, np.floating):
            return x[0]
        if np.isscalar(x) or not np.iterable(y) or np.ndim(y) != 2:
            return x[1]
        dtype = np.result_type(x, y)
        a = np.array(x, ndmin=2, copy=None, dtype=dtype)
        return np.sum(a @ y) * np.finfo(dtype).resolution * 1e15

    check_grads(f, (np.array([1.0, 2.0]), np.array([[1.0], [3.0]])))


def test_array_with_ndmin_is_a_view_unless_it_copies() -> None:
    def viewed(x: Any) -> Any:
        y = x * 1.0
        a = np.array(y, ndmin=2, copy=None)
        a[0, 0] = 5.0
        return y[0] * x[0] + np.sum(a)

    def copied(x: Any) -> Any:
        y = x * 1.0
        a = np.array(y, ndmin=2)
        a[0, 0] = 5.0
        return y[0] * x[0] + np.sum(a)

    check_grads(viewed, (np.array([1.0, 2.0]),))
    check_grads(copied, (np.array([1.0, 2.0]),))


def test_entries_compared_at_run_time() -> None:
    def f(x: Any, y: Any, n: int) -> Any:
        if x.shape != y.shape or n not in (1, 2):
            raise ValueError("%d is no order of " % n + str(x.shape))
        return np.sum(x * y) ** n

    df = grad(f)
    assert np.array_equal(df(np.ones(2), np.ones(2), 2), [4.0, 4.0])
    with pytest.raises(ValueError, match=r"3 is no order of \(2,\)"):
        df(np.ones(2), np.ones(2), 3)
    with pytest.raises(ValueError, match="1 is no order"):
        df(np.ones(2), np.ones(3), 1)


def test_a_known_degree_stays_known_in_a_package() -> None:
    def f(x: Any) -> Any:
        return np.sum(polynomial.polyvander(x, 2))

    assert np.allclose(grad(f)(np.array([2.0])), 1 + 4)


def test_a_refusal_names_the_users_line_and_the_reason() -> None:
    def f(x: Any) -> Any:
        y = x + 1
        return np.sum(scipy.signal.bilinear(y, y)[0])

    with pytest.raises(MissingRule) as caught:
        grad(f)(np.ones(3))
    error = caught.value
    assert "scipy.signal.bilinear has no derivative rule" in error.message
    assert "its own source could not be lowered either" in error.message
    assert "scipy/signal" in error.message.replace("\\", "/")
    assert error.span is not None
    assert error.span.filename == __file__
    assert "scipy.signal.bilinear" in error.span.text


def test_a_reason_known_beforehand_is_given() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.histogram2d(x, x)[0])

    with pytest.raises(MissingRule, match="no derivative rule: its counts jump"):
        grad(f)(np.ones(3))


def test_what_has_no_rule_still_runs_where_no_derivative_is_asked() -> None:
    def f(x: Any, y: Any) -> Any:
        order = np.apply_along_axis(np.argsort, 0, y)
        return np.sum(x * len(order))

    df = grad(f)
    assert np.array_equal(df(np.ones(3), np.ones(3)), [3.0, 3.0, 3.0])


def halved(x, n):
    y = np.sqrt(1.0 + x)
    if y < 0.99 * x:
        y = halved(y, n + 1)
    return y


def halving(x):
    return halved(x, 0)


def with_a_pair(x, pair):
    if x > 0.5:
        return with_a_pair(0.5 * x, (*pair, x))
    return x + pair[0]


def longer(x):
    return with_a_pair(x, (x,))


def test_recursion_of_a_package_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    # What a package is given as known integers stays known, but not in itself.
    monkeypatch.setattr(graphs, "in_library", lambda filename: True)
    check_grads(halving, (7.0,), order=2)


def test_recursion_of_another_kind_at_each_depth_is_refused() -> None:
    with pytest.raises(UnsupportedSyntax, match="one of another kind"):
        grad(longer)(3.0)
