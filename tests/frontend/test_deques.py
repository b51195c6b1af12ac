"""`collections.deque` made in the function: windows that move, queues."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import pytest

from srcad import UnsupportedSyntax, check_grads, grad, value_and_grad

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
