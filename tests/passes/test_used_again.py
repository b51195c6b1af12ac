"""Lists that inner loops keep for one round of an outer one: made once, used again."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from trees import close

import srcad
from passes.test_kept_flat import printed
from srcad.backend.compiled import INSTALLED

ROOM = "if used == len(saved_"
needs_numba = pytest.mark.skipif(not INSTALLED, reason="Numba is not installed")


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")


def roots(x: Any) -> Any:
    """Runs of several lengths, the first not the longest; of none, too."""
    total = 0.0
    for k in range(len(x)):
        r = x[k] + 0.1
        while abs(r * r - x[k]) > 1e-14:
            r = 0.5 * (r + x[k] / r)
        total += r * r * r
    return total


def three_kept(x: Any) -> Any:
    """Numbers that are computed at different places of the round."""
    total = 0.0
    for k in range(len(x)):
        s, j = x[k], 0
        while s < 2.0 and j < 3 * k:
            t = np.sin(s) + 1.0
            u = np.exp(t * x[k])
            s = s + t * u * 0.2
            j += 1
        total += s
    return total


def left(x: Any) -> Any:
    """`break`, `continue`, and a whole number that is kept."""
    total = 0.0
    for k in range(len(x)):
        s = 1.0
        for j in range(9):
            if j == k:
                continue
            s = s * (x[k] + j * 0.1)
            if s > 2.0 or s < 0.01:
                break
            s = np.sin(s) + 0.3
        total += s
    return total


def returned(x: Any) -> Any:
    """An early return from the search, and one between the searches."""
    total = 0.0
    for k in range(len(x)):
        s = 1.0
        while s > 0.2:
            s = s * (0.5 + 0.4 * np.sin(x[k] * s))
            if s < 0.21 and k > 3:
                return total + s
        total += s * s
        if total > 5.0:
            return total
    return total


def in_a_branch(x: Any) -> Any:
    """The adjoint's loop is in another branch than the search."""
    total = 0.0
    for k in range(len(x)):
        s = x[k]
        if x[k] > 0.3:
            while s < 1.0:
                s = s * s + np.exp(s) * 0.3
        else:
            s = np.sin(s)
        total = total + s * x[0]
    return total


def nested(x: Any) -> Any:
    """A search in a search, in a loop: what the inner one keeps is one list."""
    total = 0.0
    for k in range(len(x)):
        s = x[k]
        while s < 1.0:
            r = 1.0
            while abs(r * r - s) > 1e-14:
                r = 0.5 * (r + s / r)
            s = s + r * x[k] * 0.5 + 0.05
        total += s * s
    return total


def two_around(x: Any) -> Any:
    """Two loops around, and a branch between them."""
    total = 0.0
    for i in range(3):
        if i != 1:
            for k in range(i, len(x)):
                r = 1.0 + i
                while abs(r * r - x[k]) > 1e-14:
                    r = 0.5 * (r + x[k] / r)
                total += r * i * x[k]
    return total


def one_after_another(x: Any) -> Any:
    """Two searches in a round, each with its list."""
    total = 0.0
    for k in range(len(x)):
        r = 1.0
        while abs(r * r - x[k]) > 1e-14:
            r = 0.5 * (r + x[k] / r)
        s = r
        while s < 2.0:
            s = s * np.exp(s * x[k]) + 0.1
        total += s / (1.0 + r)
    return total


def dependent(x: Any) -> Any:
    """The adjoint begins when all rounds are done: no list may be used again."""
    s = 1.0
    for k in range(len(x)):
        r = s
        while abs(r * r - x[k] - s) > 1e-9:
            r = 0.5 * (r + (x[k] + s) / r)
        s = np.sin(r)
    return s


X = np.array([0.35, 0.9, 0.15, 0.6, 0.45, 0.05])
AGAIN = [
    roots,
    three_kept,
    left,
    returned,
    in_a_branch,
    nested,
    two_around,
    one_after_another,
]
PROGRAMS = [*AGAIN, dependent]


@pytest.mark.parametrize("function", PROGRAMS)
@pytest.mark.parametrize("copies", [False, True])
def test_same_numbers(function: Callable[..., Any], copies: bool) -> None:
    gradient = srcad.value_and_grad(function)
    for x in (X, X[:1], X[::-1].copy(), X * 0.0 + 0.2):
        printed(gradient, (x,), copies)


@pytest.mark.parametrize("function", PROGRAMS)
def test_differences(function: Callable[..., Any]) -> None:
    srcad.check_grads(function, (X,), order=2)


@pytest.mark.parametrize("function", [f for f in AGAIN if f is not returned])
def test_lists_are_made_once(function: Callable[..., Any]) -> None:
    assert ROOM in printed(srcad.grad(function), (X,))


def test_what_is_printed() -> None:
    lines = printed(srcad.grad(roots), (X,)).splitlines()
    made, room = lines.index("    saved_r = []"), 0
    for k, line in enumerate(lines):
        if ROOM in line:
            room = k
    assert made < next(k for k, line in enumerate(lines) if "for k in" in line)
    assert [line.strip() for line in lines[room : room + 4]] == [
        "if used == len(saved_r):",
        "saved_r.append(0.0)",
        "saved_r[used] = r",
        "used += 1",
    ]
    assert "        for k_1 in reversed(range(used)):" in lines


def test_rounds_that_wait_for_the_adjoint_share_no_places() -> None:
    assert ROOM not in printed(srcad.grad(dependent), (X,))


def test_a_search_in_no_loop_appends() -> None:
    def f(x: Any) -> Any:
        r = 1.0
        while abs(r * r - x[0]) > 1e-14:
            r = 0.5 * (r + x[0] / r)
        return r

    text = printed(srcad.grad(f), (X,))
    assert "used" not in text
    assert "saved_r.append(r)" in text


@pytest.mark.parametrize("function", PROGRAMS)
def test_second_order(function: Callable[..., Any]) -> None:
    inner = srcad.grad(function)

    def slope(x: Any) -> Any:
        return np.sum(inner(x) * np.arange(1.0, 1.0 + len(x)))

    for x in (X, X[::-1].copy()):
        printed(srcad.value_and_grad(slope), (x,))


@needs_numba
@pytest.mark.parametrize("function", PROGRAMS)
def test_compiled(function: Callable[..., Any]) -> None:
    compiled = srcad.value_and_grad(function, backend="numba")
    plain = srcad.value_and_grad(function)
    for x in (X, X[:1], X[::-1].copy(), X * 0.0 + 0.2):
        assert close(compiled(x), plain(x), 1e-12)


@needs_numba
def test_no_rounds_at_all() -> None:
    value, slope = srcad.value_and_grad(roots, backend="numba")(X[:0])
    assert value == 0.0
    assert slope.shape == (0,)


@needs_numba
@pytest.mark.parametrize("function", [roots, in_a_branch, nested])
def test_halves_threads_and_products(function: Callable[..., Any]) -> None:
    expected = srcad.value_and_grad(function)(X)
    value, pullback = srcad.vjp(function, X, backend="numba")
    assert close((value, pullback(1.0)), expected, 1e-12)
    on_threads = srcad.value_and_grad(function, backend="numba", parallel=True)
    assert close(on_threads(X), expected, 1e-12)
    along = np.arange(1.0, 7.0)
    assert close(
        srcad.hvp(function, (X,), (along,), backend="numba"),
        srcad.hvp(function, (X,), (along,)),
        1e-9,
    )


@needs_numba
@pytest.mark.parametrize("dtype", ["float32", "complex128"])
def test_other_dtypes(dtype: str) -> None:
    def f(x: Any) -> Any:
        total = x[0]
        for k in range(len(x)):
            s = x[k]
            while np.abs(s) > 0.1:
                s = s * x[k] * (0.9 - 0.1 * s)
            total = total + s * s
        return np.real(total)

    x = np.array([0.3, 0.5, -0.4, 0.7], dtype=dtype)
    compiled, plain = (srcad.grad(f, backend=b)(x) for b in ("numba", "python"))
    assert compiled.dtype == plain.dtype == dtype
    assert close(compiled, plain, 1e-6 if dtype == "float32" else 1e-13)


@needs_numba
def test_what_is_raised_on_the_way() -> None:
    def f(x: Any) -> Any:
        total = 0.0
        for k in range(len(x)):
            s, j = 1.0, 0
            while s * x[k] > 0.1:
                if j > 50:
                    raise ValueError("it does not end")
                s = s * x[k] * math.sqrt(x[k])
                j += 1
            total += s
        return total

    gradient = srcad.grad(f, backend="numba")
    expected = srcad.grad(f)(X)
    assert close(gradient(X), expected, 1e-12)
    with pytest.raises(ValueError, match="does not end"):
        gradient(np.ones(6))
    assert close(gradient(X), expected, 1e-12)
