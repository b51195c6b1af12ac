"""A mask is applied last: what `where` did not select gives 0, and never 0 * inf."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import srcad

X = np.array([0.0, 4.0])


def direct(x: Any) -> Any:
    return np.sum(np.where(x > 0, np.sqrt(x), 0.0))


def in_a_row(x: Any) -> Any:
    return np.sum(np.where(x > 0, x * np.log(x), 0.0))


def sum_of_two(x: Any) -> Any:
    y = np.sqrt(x)
    return np.sum(np.where(x > 0, y, 0.0)) + np.sum(np.where(x > 0, y**2, 1.0))


def of_a_sum(x: Any) -> Any:
    y = 1 / x
    return np.sum(np.where(x > 0, y * y + y, 0.0))


def of_a_reshape(x: Any) -> Any:
    wide = np.sqrt(x).reshape(2, 1) * np.ones((1, 3))
    return np.sum(np.where((x > 0)[:, None], wide, 0.0))


def of_an_axis(x: Any) -> Any:
    wide = np.sqrt(x)[:, None] * np.array([1.0, 2.0])
    return np.sum(np.where(x[:, None] > 0, wide, 0.0))


def of_a_view(x: Any) -> Any:
    return np.sum(np.where(x > 0, np.sqrt(x)[::-1][::-1], 0.0))


def in_pieces(x: Any) -> Any:
    y = np.sqrt(x)
    first = np.where(x[:1] > 0, y[:1], 0.0)
    return np.sum(first) + np.sum(np.where(x[1:] > 0, y[1:], 0.0))


def nested(x: Any) -> Any:
    inner = np.where(x > 1, np.sqrt(x), x / np.abs(x))
    return np.sum(np.where(x > 0, inner, 0.0))


def twice(x: Any) -> Any:
    root = np.where(x > 0, np.sqrt(x), 0.0)
    return np.sum(np.where(x > 0, root * np.log(x), 0.0))


def through_infinity(x: Any) -> Any:
    y = np.exp(1 / x)
    return np.sum(np.where(x > 0, y / (1 + y), 0.0))


def in_a_loop(x: Any) -> Any:
    total = 0.0
    for k in range(3):
        total = total + np.sum(np.where(x > 0, np.sqrt(x) * k, 0.0))
    return total


def in_no_round(x: Any) -> Any:
    """What a loop would compute has no part in the gradient where it does not run."""
    total = np.sum(x[1:])
    for k in range(len(x) - 2):
        total = total + np.sum(np.sqrt(x) * k)
    return total


def in_a_branch(x: Any) -> Any:
    total = np.sum(x[1:])
    for k in range(3):
        if x[1] < k:
            total = total + np.sum(np.sqrt(x) * k)
    return total


def half(x: Any) -> Any:
    return np.sqrt(x)


def through_calls(x: Any) -> Any:
    return np.sum(np.where(x > 0, half(x) + half(x), 0.0))


def by_select(x: Any) -> Any:
    return np.sum(np.select([x > 1.0, x > 0.0], [np.log(x), np.sqrt(x)], 0.0))


FUNCTIONS = [
    direct,
    in_no_round,
    in_a_branch,
    in_a_row,
    sum_of_two,
    of_a_sum,
    of_a_reshape,
    of_an_axis,
    of_a_view,
    in_pieces,
    nested,
    twice,
    through_infinity,
    in_a_loop,
    through_calls,
    by_select,
]


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_was_not_selected_gives_zero(f: Any) -> None:
    gradient = srcad.grad(f)(X)
    assert gradient[0] == 0.0
    tangents = [srcad.jvp(f, (X,), (t,))[1] for t in np.eye(2)]
    np.testing.assert_allclose(tangents, gradient, rtol=1e-12)
    step = np.array([0.0, 1e-6])
    slope = (f(X + step) - f(X - step)) / 2e-6
    np.testing.assert_allclose(gradient[1], slope, rtol=1e-6)
    second = srcad.hessian(f)(X)
    assert np.all(np.isfinite(second)) and second[0, 0] == 0.0


def test_what_was_selected_keeps_its_infinity() -> None:
    with np.errstate(all="ignore"):
        found = srcad.grad(lambda x: np.sum(np.where(x > -1, np.sqrt(x), 0.0)))(X)
    assert found[0] == np.inf


def plain(x: Any) -> Any:
    y = np.tanh(x) + x**3
    return np.sum(np.where(x > 1, y, 0.0)) + np.sum(np.where(x > 2, y * y, 1.0))


def unmasked(x: Any) -> Any:
    y = np.sqrt(x)
    return np.sum(np.where(x > 1, y, 0.0)) + np.sum(y)


@pytest.mark.parametrize("f, masks", [(plain, 2), (unmasked, 1)])
def test_ordinary_code_has_no_more_masks(f: Any, masks: int) -> None:
    gradient = srcad.grad(f)
    gradient(X + 1)
    lines = [s for s in gradient.source.splitlines() if "#" not in s]
    assert len(re.findall(r"np\.where\(", "\n".join(lines))) == masks
