"""Cotangents that go where a loop kept what it reads, and loops where they must not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from trees import close

import srcad
from srcad.backend import function as loading
from srcad.backend.compiled import INSTALLED
from srcad.backend.generate import generate
from srcad.ir.walk import each_graph
from srcad.passes.over_kept import over_kept
from srcad.pipeline import for_loops

X = np.linspace(0.3, 1.0, 5)


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


def printed(function: Callable[..., Any], *args: Any, copies: bool = False) -> str:
    """The gradient's source after the pass; it gives what it does without."""
    transform = srcad.value_and_grad(function, tuple(range(len(args))))
    entry = transform.entry(args)
    made = generate(each_graph(entry.programs.finished[0], over_kept), copies=copies)
    assert close(loading.load(made)(*args), entry.functions[0](*args), 1e-13)
    return made.text


def logsumexp(x: Any) -> Any:
    total = 1.0
    for v in x:
        total += np.exp(v)
    return np.log(total)


def recurrence(x: Any) -> Any:
    """What is kept is what a round starts with."""
    h = 0.1
    for v in x:
        h = np.tanh(h * v + 0.5)
    return h


def several_kept(x: Any) -> Any:
    h = 0.1
    for v in x:
        h = np.tanh(h * v) + h * np.sin(v)
    return h


@pytest.mark.parametrize("function", [logsumexp, recurrence])
@pytest.mark.parametrize("copies", [False, True])
@pytest.mark.parametrize("x", [X, X[:1]])
def test_one_array(function: Callable[..., Any], x: Any, copies: bool) -> None:
    text = printed(function, x, copies=copies)
    assert "x_bar = np.empty(n)" in text
    assert "saved_" not in text and "zeros" not in text


def test_source() -> None:
    lines = printed(recurrence, X).splitlines()
    start = lines.index("    x_bar = np.empty(n)")
    assert lines[start + 1 : start + 4] == [
        "    for k, v in enumerate(x):",
        "        x_bar[k] = h",
        "        h = np.tanh(h * v + 0.5)",
    ]
    assert "        h_2 = x_bar[k]" in lines and "        x_bar[k] = v_bar" in lines


def test_no_elements() -> None:
    transform = srcad.grad(recurrence)
    entry = transform.entry([X])
    made = generate(each_graph(entry.programs.finished[0], over_kept))
    assert "x_bar = np.empty(n)" in made.text
    assert np.shape(loading.load(made)(X[:0])) == (0,)


def test_one_list_of_several() -> None:
    text = printed(several_kept, X)
    assert "x_bar = np.empty(n)" in text and "np.zeros_like" not in text
    assert "saved_h" not in text and "saved_sin_v" in text


def test_for_numba() -> None:
    entry = srcad.grad(logsumexp).entry([X])
    made = generate(for_loops(entry.programs.finished[0]))
    assert "x_bar = np.empty(n)" in made.text and "saved_" not in made.text


# ---- where both arrays are needed ----------------------------------------------------


def another_element(x: Any) -> Any:
    h = 0.1
    for k in range(len(x)):
        h = np.tanh(h * x[k - 1])
    return h


def two_elements(x: Any) -> Any:
    h = 0.1
    for k in range(len(x)):
        h = np.tanh(h * x[k]) * x[k - 1]
    return h


def shorter(x: Any) -> Any:
    h = 0.1
    for k in range(len(x) - 1):
        h = np.tanh(h * x[k])
    return h


def some_rounds(x: Any) -> Any:
    h = 0.1
    for k in range(len(x)):
        h = np.tanh(h) * 1.5
        if h > 0.3:
            h *= x[k]
    return h


def stopped(x: Any) -> Any:
    h = 0.9
    for v in x:
        h = np.tanh(h * v)
        if h < 0.2:
            break
    return h


def added_to_before(x: Any) -> Any:
    h = 0.1
    for v in x:
        h = np.tanh(h * v)
    return h * x[0]


def matrix(x: Any) -> Any:
    h = 0.1
    for k in range(len(x)):
        h = np.tanh(h * x[k, 0] + x[k, 1])
    return h


def one_of_four_bytes(x: Any) -> Any:
    h = 0.1
    for v in x:
        h = np.tanh(h * float(v))
    return h


APART = [another_element, two_elements, shorter, some_rounds, stopped, added_to_before]


@pytest.mark.parametrize("function", APART)
@pytest.mark.parametrize("copies", [False, True])
def test_two_arrays(function: Callable[..., Any], copies: bool) -> None:
    text = printed(function, X, copies=copies)
    assert "np.zeros_like(x)" in text


def test_other_arrays() -> None:
    assert "np.zeros_like(x)" in printed(matrix, np.stack([X, X**2], 1))
    assert "np.zeros_like(x)" in printed(one_of_four_bytes, X.astype(np.float32))


@pytest.mark.skipif(not INSTALLED, reason="Numba compiles the text")
@pytest.mark.parametrize("function", [logsumexp, recurrence, several_kept])
def test_compiled(function: Callable[..., Any]) -> None:
    found = srcad.value_and_grad(function, backend="numba")(X)
    assert close(found, srcad.value_and_grad(function)(X), 1e-13)
