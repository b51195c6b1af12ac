"""`collections.deque` made in the function: windows that move, queues."""

from __future__ import annotations

from array import array
from collections import deque
from typing import Any

import numpy as np
import pytest

from srcad import (
    ShapeError,
    SignatureError,
    UnsupportedSyntax,
    check_grads,
    grad,
    jacfwd,
    jacrev,
    jvp,
    value_and_grad,
    vjp,
)

X = np.array([1.3, 2.0, 0.7, 3.1, 1.9])


def moving_mean(x: Any) -> Any:
    window: Any = deque(maxlen=3)
    total = 0.0
    for i in range(len(x)):
        window.append(x[i])
        total = total + (sum(window) / len(window)) ** 2
    return total


def of_known_length(x: Any) -> Any:
    window = deque([x[0], x[1]], maxlen=2)
    window.append(x[2] * x[0])
    window.appendleft(x[1] * x[3])
    return window[0] * window[-1] + len(window)


def queue(x: Any) -> Any:
    waiting: Any = deque()
    waiting.extend([v * v for v in x])
    total = 0.0
    while waiting:
        total = total * 0.5 + waiting.popleft()
        if len(waiting) > 2:
            total = total * waiting.pop()
    return total


def for_numpy(x: Any) -> Any:
    window: Any = deque(maxlen=2)
    for v in x:
        window.append(v * x)
    return np.sum(np.array(window) ** 2) * np.mean(window) + np.stack(window)[0, 1]


def push(window: Any, v: Any) -> None:
    window.append(v)


class Holder:
    """Holds a window."""

    def __init__(self) -> None:
        self.window: Any = deque(maxlen=2)


def in_calls_branches_and_objects(x: Any) -> Any:
    held, other = Holder(), deque(maxlen=2)
    for v in x:
        push(held.window, v**3)
        if v > 1.0:
            push(other, v * v)
    oldest, newest = held.window
    return oldest * newest + sum(other)


def starts_full(x: Any) -> Any:
    window = deque([0.5] * 3, maxlen=3)
    total = 0.0
    for v in x:
        window.append(v)
        total += window[0] * window[1] * window[2] + max(window)
        for entry in window:
            total += entry * v
    return total


def turned(x: Any) -> Any:
    window = deque(x)
    window.rotate(2)
    again = window.copy()
    again.reverse()
    again.rotate(-1)
    again[1] = again[1] * again[3]
    assert isinstance(again, deque) and type(again) is deque
    return window[0] * again[0] + again[1] * x[0]


CASES = [
    moving_mean,
    of_known_length,
    queue,
    for_numpy,
    in_calls_branches_and_objects,
    starts_full,
    turned,
]


@pytest.mark.parametrize("f", CASES, ids=lambda f: f.__name__)
def test_gradients(f: Any) -> None:
    value, _ = value_and_grad(f)(X)
    assert value == pytest.approx(f(X))
    check_grads(f, (X,), order=2)


def test_what_is_taken_from_an_empty_one_raises() -> None:
    def f(x: Any) -> Any:
        waiting: Any = deque()
        waiting.append(x[0])
        waiting.popleft()
        return waiting.popleft() * x[0]

    with pytest.raises(UnsupportedSyntax, match="of a list of 0 entries fails"):
        grad(f)(X)


# ---- as results, and as arguments ----------------------------------------------------


def last_two(x: Any) -> Any:
    window: Any = deque(maxlen=2)
    for i in range(3):
        window.append(x * i)
    return window


def with_window(x: Any) -> Any:
    window = last_two(x)
    return window[0] * window[1], {"window": window}


def test_a_deque_as_the_result() -> None:
    (value, aux), slope = value_and_grad(with_window, has_aux=True)(2.0)
    assert (value, slope) == (8.0, 8.0)
    assert type(aux["window"]) is deque and aux["window"] == deque([2.0, 4.0])
    assert aux["window"].maxlen == 2
    out, pullback = vjp(last_two, 2.0)
    assert type(out) is deque and out == deque([2.0, 4.0])
    assert pullback(deque([1.0, 10.0])) == (21.0,)
    with pytest.raises(ShapeError):
        pullback(deque([1.0]))
    assert jvp(last_two, (2.0,), (1.0,)) == (deque([2.0, 4.0]), deque([1.0, 2.0]))
    for transform in (jacfwd, jacrev):
        assert transform(last_two)(2.0) == deque([1.0, 2.0])


OUTSIDE = deque([1.0, 2.0])


def reads_an_entry(x: Any, window: Any) -> Any:
    return x * window[0]


def reads_its_length(x: Any, window: Any) -> Any:
    return x * len(window)


def walks_it(x: Any, window: Any) -> Any:
    for v in window:
        x = x * v
    return x


def reads_outside(x: Any, window: Any) -> Any:
    return x * OUTSIDE[0]


@pytest.mark.parametrize("window", [deque([1.0]), array("d", [1.0])])
@pytest.mark.parametrize("f", [reads_an_entry, reads_its_length, walks_it])
def test_what_a_deque_from_outside_holds_is_not_taken_for_a_constant(
    f: Any, window: Any
) -> None:
    """It was: the gradient was still that of its entries at the first call."""
    with pytest.raises(UnsupportedSyntax, match="may change between calls") as error:
        grad(f)(2.0, window)
    assert "pass a list" in error.value.hint
    assert grad(f)(2.0, list(window)) == 1.0


def test_a_deque_in_a_global() -> None:
    with pytest.raises(UnsupportedSyntax, match="entries of this deque"):
        grad(reads_outside)(2.0, None)


@pytest.mark.parametrize("window", [deque([1.0]), {"a": [deque([1.0])]}])
def test_a_deque_is_nothing_to_differentiate_by(window: Any) -> None:
    """The gradient was None."""
    for call in (
        lambda: grad(reads_an_entry, 1)(2.0, window),
        lambda: vjp(reads_an_entry, 2.0, window),
        lambda: jacfwd(reads_an_entry, 1)(2.0, window),
    ):
        with pytest.raises(SignatureError, match="object of class deque"):
            call()
