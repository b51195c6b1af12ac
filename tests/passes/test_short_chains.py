"""Carried cotangents of loops of numbers: one product from round to round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from trees import close

import srcad
from srcad.backend import function as loading
from srcad.backend.generate import generate
from srcad.pipeline import for_loops


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


def printed(function: Callable[..., Any], *args: Any) -> list[str]:
    """The lines of the gradient for Numba; it gives what the Python dialect's does."""
    transform = srcad.value_and_grad(function, (0, 1))
    entry = transform.entry(args)
    made = generate(for_loops(entry.programs.finished[0]))
    expected = entry.functions[0](*args)
    found = loading.load(made)(*args)
    assert found[0] == expected[0]  # the primal keeps every bit
    assert close(found, expected, 1e-12)
    return [line.strip() for line in made.text.splitlines()]


def logistic(x: Any, r: Any, n: int) -> Any:
    for _ in range(n):
        x = r * x * (1.0 - x)
    return x


def quotients(x: Any, r: Any, n: int) -> Any:
    for k in range(n):
        x = (x * r + x * x) / (2.0 + k) * np.sin(r)
    return x


def begins_with_a_quotient(x: Any, r: Any, n: int) -> Any:
    for _ in range(n):
        x = np.sin(r) * (x / (r * r)) * r
    return x


def newton_step(x: Any, r: Any, n: int) -> Any:
    y = x
    for _ in range(n):
        y = y - (y + r * y**3 - x) / (1.0 + 3.0 * r * y**2)
    return y


def less_a_quotient(x: Any, r: Any, n: int) -> Any:
    for k in range(n):
        x = 0.5 * x - x * r / (2.0 + k) + x / (3.0 + k) * 0.2
    return x


def all_taken_away(x: Any, r: Any, n: int) -> Any:
    for k in range(n):
        x = (0.0 * x - x * r / (2.0 + k)) - x * (r * r) / (2.0 + k)
    return x


def divided_again(x: Any, r: Any, n: int) -> Any:
    for k in range(n):
        x = x * 2.0 / (2.0 + k) / r + x * 0.5 / (1.0 + k)
    return x


def doubled(x: Any, r: Any, n: int) -> Any:
    for _ in range(n):
        a = x * r + x
        b = a * r + a
        c = b * r + b
        d = c * r + c
        x = 0.01 * (d * r + d)
    return x


def two_carried(x: Any, r: Any, n: int) -> Any:
    v = 1.0
    for _ in range(n):
        x, v = x + 0.1 * v * x, v - 0.1 * r * x * x
    return x + v


def chosen(x: Any, r: Any, n: int) -> Any:
    for _ in range(n):
        if x > 0.5:
            x = r * x * (1.0 - x)
        else:
            x = x * x + r
    return x


@pytest.mark.parametrize("n", [0, 1, 7])
@pytest.mark.parametrize(
    "function",
    [
        logistic,
        quotients,
        begins_with_a_quotient,
        newton_step,
        less_a_quotient,
        all_taken_away,
        divided_again,
        doubled,
        two_carried,
        chosen,
    ],
)
def test_same_gradient(function: Any, n: int) -> None:
    printed(function, 0.3, 1.7, n)


def test_one_product_from_round_to_round() -> None:
    lines = printed(logistic, 0.3, 3.2, 5)
    assert "x_bar *= (difference - x_before) * r" in lines


def test_a_quotient_stays_first() -> None:
    """x_bar * (1 / y) overflows where x_bar / y does not."""
    assert not any("1.0 / " in t for t in printed(begins_with_a_quotient, 0.3, 1.7, 3))


def test_what_one_number_divides_is_divided_once() -> None:
    lines = printed(newton_step, 0.3, 1.7, 3)
    assert sum(line.startswith("y_bar") and "/" in line for line in lines) <= 1
    assert any(line.startswith("y_bar *= ") for line in lines)
    assert " - 1.0 - " in " ".join(lines)


def test_a_factor_stays_small() -> None:
    """What is read twice stands twice in a factor, so there is none of many such."""
    assert "x_bar = a_bar + a_bar * r" in printed(doubled, 0.3, 1.7, 3)


def test_the_primal_keeps_its_order() -> None:
    """Whatever the user calls a variable, as long as the loop runs forwards."""

    def f(x_bar: Any, r: Any, n: int) -> Any:
        for _ in range(n):
            x_bar = r * x_bar * 0.3 - x_bar * (r * 0.1)
        return x_bar

    assert "x_bar = r * x_bar * 0.3 - x_bar * (r * 0.1)" in printed(f, 0.3, 3.2, 5)
