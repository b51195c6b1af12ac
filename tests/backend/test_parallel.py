"""Loops on threads: which loops get `prange`, and that their rounds go in any order.

What is printed is run as Python with a `prange` that shuffles (`shuffled.py`): here for
programs that are hard to get right, in `tests/passes/test_fuse.py` for all others.
"""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest
from trees import close

import srcad

from .shuffled import any_order

R = np.random.default_rng(11)


# ---- which loops ---------------------------------------------------------------------


def sines(x: Any, w: Any) -> Any:
    total = 0.0
    for i in range(len(x)):
        total += math.sin(x[i] * w)
    return total


def both_ways(x: Any) -> Any:
    total = 0.0
    for i in range(len(x)):
        if x[i] > 0.0:
            total += x[i] ** 2
        else:
            total -= x[i] ** 3
        total += 0.5 * x[i]
    return total


def regression(w: Any, X: Any, y: Any) -> Any:
    loss = 0.0
    n, d = X.shape
    for i in range(n):
        p = 0.0
        for j in range(d):
            p += X[i, j] * w[j]
        loss += (p - y[i]) ** 2
    return loss


def looked_up(w: Any, idx: Any, y: Any) -> Any:
    total = 0.0
    for i in range(len(y)):
        total += math.sin(w[idx[i]] * y[i])
    return total


def neighbours(u: Any) -> Any:
    n = len(u)
    v = np.zeros(n)
    for i in range(1, n - 1):
        v[i] = u[i - 1] * u[i + 1]
    return np.sum(v * v)


def five_points(u: Any) -> Any:
    n, m = u.shape
    v = np.zeros((n, m))
    for i in range(1, n - 1):
        for j in range(1, m - 1):
            v[i, j] = u[i - 1, j] * u[i + 1, j] + u[i, j - 1] - u[i, j + 1] * 3.0
    return np.sum(v * v)


def recurrence(x: Any) -> Any:
    s = 0.0
    for i in range(len(x)):
        s = math.sin(s) + x[i]
    return s


def running(x: Any) -> Any:
    y = np.zeros(len(x))
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = y[i - 1] * 0.5 + x[i]
    return np.sum(y)


def from_the_end(x: Any) -> Any:
    y = x * 2.0
    for i in range(len(x)):
        y[i - 3] = y[i - 3] * math.sin(x[i])
    return np.sum(y * y)


def turned(x: Any) -> Any:
    y = x * 1.0
    z = y.T
    for i in range(len(x)):
        for j in range(len(x)):
            z[i, j] = z[i, j] + y[i, j] ** 2
    return np.sum(y * x)


def half_of_it(x: Any) -> Any:
    y = x * 1.0
    z = y[1:]
    for i in range(len(z)):
        z[i] = z[i] * y[i]
    return np.sum(y * x)


def swapped(x: Any, n: int) -> Any:
    a, b = x * 1.0, x * 2.0
    for i in range(n):
        a[i] = a[i] * math.sin(b[i])
        a, b = b, a
    return np.sum(a * a) + np.sum(b)


def one_buffer(x: Any) -> Any:
    buffer = np.zeros(3)
    total = 0.0
    for i in range(len(x)):
        buffer[0] = x[i]
        buffer[1] += buffer[0] * x[i]
        total += math.sin(buffer[1])
    return total


def own_buffer(X: Any) -> Any:
    total = 0.0
    for i in range(len(X)):
        row = np.zeros(3)
        for j in range(3):
            row[j] = X[i, j] * 2.0
        total += row[0] - row[2]
    return total


def counted_down(x: Any) -> Any:
    y = np.zeros(len(x))
    for i in range(len(x) - 1, -1, -1):
        y[i] = math.exp(x[i])
    return np.sum(y * x)


def negated_index(x: Any) -> Any:
    total = 0.0
    for i in range(len(x)):
        k = -i
        total += x[i] * math.cos(k * 0.1) * abs(i - 5)
    return total


def leaves_early(x: Any) -> Any:
    total = 0.0
    for i in range(len(x)):
        if x[i] > 1e6:
            break
        total += x[i] ** 2
    return total


def last_value(x: Any) -> Any:
    t = 0.0
    for i in range(len(x)):
        t = x[i] ** 2
    return t


def largest(x: Any) -> Any:
    top = x[0]
    for i in range(1, len(x)):
        top = max(top, x[i])
    return top * top


def product(x: Any) -> Any:
    p = 1.0
    for i in range(len(x)):
        p *= x[i]
    return p


def solved(A: Any) -> Any:
    total = 0.0
    for i in range(len(A)):
        total += np.sum(np.linalg.inv(A[i]))
    return total


X = R.normal(size=40)
Y = R.normal(size=(24, 3))
IDX = R.integers(0, 4, 40)
SQUARE = R.normal(size=(20, 20))
STACK = R.normal(size=(20, 2, 2)) + 3.0 * np.eye(2)
# Programs, their arguments, by what, and how many loops are on threads: those over
# whole arrays, as in `np.sum(y * x)`, are among them.
CASES: dict[str, tuple[Any, tuple[Any, ...], Any, int]] = {
    "sines": (sines, (X, 0.7), (0, 1), 2),
    "both_ways": (both_ways, (X,), 0, 2),
    "regression": (regression, (X[:3], Y, X[:24]), (0, 1, 2), 1),
    "looked_up": (looked_up, (X[:4], IDX, X), 0, 2),
    "neighbours": (neighbours, (X,), 0, 2),
    "five_points": (five_points, (SQUARE,), 0, 3),
    "recurrence": (recurrence, (X,), 0, 0),
    "running": (running, (X,), 0, 0),
    "from_the_end": (from_the_end, (X,), 0, 1),
    "turned": (turned, (SQUARE,), 0, 1),
    "half_of_it": (half_of_it, (X,), 0, 1),
    "swapped": (swapped, (X, 7), 0, 1),
    "one_buffer": (one_buffer, (X,), 0, 0),
    "own_buffer": (own_buffer, (Y,), 0, 1),
    "counted_down": (counted_down, (X,), 0, 3),
    "negated_index": (negated_index, (X,), 0, 1),
    "leaves_early": (leaves_early, (X,), 0, 0),
    "last_value": (last_value, (X,), 0, 0),
    "largest": (largest, (X,), 0, 0),
    "product": (product, (X,), 0, 0),
    "solved": (solved, (STACK,), 0, 1),
}


@pytest.mark.parametrize("name", CASES)
def test_loops_on_threads(name: str) -> None:
    function, args, where, count = CASES[name]
    transform = srcad.value_and_grad(function, where)
    (text,) = any_order(transform, args)
    assert text.count("numba.prange") == count, text


@pytest.mark.parametrize("name", CASES)
def test_second_order_in_any_order(name: str) -> None:
    function, args, where, _ = CASES[name]
    first = where[0] if isinstance(where, tuple) else where

    names = list(inspect.signature(function).parameters)
    listed = ", ".join(names)
    text = (
        f"def slope({listed}):\n"
        f"    g = grad(function, {first})({listed})\n"
        "    return np.sum(g * g)\n"
    )
    slope = srcad.from_source(
        text, {"grad": srcad.grad, "function": function, "np": np}
    )
    list(any_order(srcad.value_and_grad(slope, first), args))


# ---- asking for it -------------------------------------------------------------------


def test_python_has_no_threads() -> None:
    with pytest.raises(srcad.SignatureError, match="needs compiled code"):
        srcad.grad(sines, backend="python", parallel=True)
    with pytest.raises(srcad.SignatureError, match='backend="numba"'):
        srcad.grad(sines, parallel=True)(X, 0.7)
    with pytest.raises(srcad.SignatureError, match="needs compiled code"):
        srcad.set_default_backend("python", parallel=True)


def test_without_asking_loops_are_serial() -> None:
    numba = pytest.importorskip("numba")
    compiled = numba.njit(sines)
    for found in (srcad.grad(sines, backend="numba"), srcad.grad(compiled)):
        assert "prange" not in found.source_for(X, 0.7)


def test_the_default() -> None:
    pytest.importorskip("numba")
    transform = srcad.grad(sines)
    try:
        srcad.set_default_backend("numba", parallel=True)
        assert "prange" in transform.source_for(X, 0.7)
        assert "prange" in srcad.jacfwd(regression).source_for(X[:3], Y, X[:24])
    finally:
        srcad.set_default_backend("python")
    assert "prange" not in transform.source_for(X, 0.7)


def test_functions_under_njit_on_threads() -> None:
    numba = pytest.importorskip("numba")

    @numba.njit(parallel=True)
    def energy(x: Any, w: Any) -> Any:
        total = 0.0
        for i in numba.prange(len(x)):
            total += math.cos(x[i]) * w[i % 4]
        return total

    expected = srcad.value_and_grad(energy, (0, 1), backend="python")
    assert "numba" not in expected.source_for(X, X[:4])
    assert "for i in range(len(x)):" in expected.source_for(X, X[:4])
    found = srcad.value_and_grad(energy, (0, 1))
    assert "for c in numba.prange(chunks):" in found.source_for(X, X[:4])
    for _ in range(20):
        assert close(found(X, X[:4]), expected(X, X[:4]), 1e-12)
    out, pullback = srcad.vjp(energy, X, X[:4])
    assert close(pullback(1.0), expected(X, X[:4])[1], 1e-12)
    _, slope = srcad.jvp(energy, (X, X[:4]), (X, X[:4]))
    both = expected(X, X[:4])[1]
    assert close(slope, X @ both[0] + X[:4] @ both[1], 1e-12)


def test_prange_inside_a_serial_loop() -> None:
    """Threads for each round cost much: only where the user says so."""
    numba = pytest.importorskip("numba")

    def stepped(u: Any, steps: int) -> Any:
        for _ in range(steps):
            v = np.zeros(len(u))
            for i in numba.prange(len(u)):
                v[i] = math.sin(u[i])
            u = v
        return np.sum(u)

    def quiet(u: Any, steps: int) -> Any:
        for _ in range(steps):
            v = np.zeros(len(u))
            for i in range(len(u)):
                v[i] = math.sin(u[i])
            u = v
        return np.sum(u)

    texts = [
        "".join(any_order(srcad.value_and_grad(f), (X, 3))) for f in (stepped, quiet)
    ]
    assert [t.count("prange") for t in texts] == [2, 0]


def pairs(pos: Any, mass: Any) -> Any:
    """Many sums of one name, which Numba numbers in its own way."""
    diff = pos[:, None, :] - pos[None, :, :]
    dist = np.sqrt(np.sum(diff * diff, axis=2) + 0.01)
    return -0.5 * np.sum(mass[:, None] * mass[None, :] / dist)


CASES["pairs"] = (pairs, (Y, X[:24] ** 2), (0, 1), 1)
COMPILED = (
    "pairs",
    "both_ways",
    "regression",
    "looked_up",
    "five_points",
    "counted_down",
)


@pytest.mark.parametrize("name", COMPILED)
def test_compiled(name: str) -> None:
    """The same numbers, and the same bits each time, as the order is fixed."""
    pytest.importorskip("numba")
    function, args, where, _ = CASES[name]
    found = srcad.value_and_grad(function, where, backend="numba", parallel=True)
    expected = srcad.value_and_grad(function, where)(*args)
    for _ in range(20):
        assert close(found(*args), expected, 1e-12)


def test_only_loops_are_on_threads() -> None:
    """Numba's own rewriting of arrays is off, for each signature that it compiles."""
    pytest.importorskip("numba")
    found = srcad.value_and_grad(sines, (0, 1), backend="numba", parallel=True)
    for x in (X, X[::2]):
        assert close(found(x, 0.7), srcad.value_and_grad(sines, (0, 1))(x, 0.7), 1e-12)
    (compiled,) = found.dispatcher.latest.functions  # type: ignore[union-attr]
    assert len(compiled.signatures) == 2
    assert compiled.targetoptions["parallel"].prange is True
    assert compiled.targetoptions["parallel"].numpy is False


def test_axes_of_length_one() -> None:
    """Numba takes arrays for equally long where there are threads: there are none."""
    pytest.importorskip("numba")

    def spread(x: Any, y: Any) -> Any:
        total = 0.0
        for i in range(len(x)):
            total += math.sin(x[i])
        return total + np.sum(np.cumsum(x + y) ** 2)

    args = (np.arange(5.0), np.array([1.0]))
    found = srcad.value_and_grad(spread, 0, backend="numba", parallel=True)
    assert "prange" not in found.source_for(*args)
    assert close(found(*args), srcad.value_and_grad(spread, 0)(*args), 1e-12)


def test_no_sign() -> None:
    """Numba counts a parallel loop without sign: `-i` would be huge."""
    pytest.importorskip("numba")
    function, args, where, _ = CASES["negated_index"]
    found = srcad.value_and_grad(function, where, backend="numba", parallel=True)
    assert "numba.prange(np.int64(0), n)" in found.source_for(*args)
    assert close(found(*args), srcad.value_and_grad(function, where)(*args), 1e-12)


def test_many_lengths() -> None:
    """Fewer rounds than chunks, not a multiple of them, and none."""
    pytest.importorskip("numba")
    found = srcad.value_and_grad(looked_up, (0, 2), backend="numba", parallel=True)
    plain = srcad.value_and_grad(looked_up, (0, 2))
    for n in (2, 7, 31, 33, 1000):
        idx = R.integers(0, 4, n)
        args = (X[:4], idx, np.cos(np.arange(n)))
        assert close(found(*args), plain(*args), 1e-11)
    value, (w_bar, y_bar) = found(X[:4], IDX[:0], X[:0])
    assert value == 0.0 and not w_bar.any() and y_bar.shape == (0,)


@pytest.mark.parametrize("parallel", [True, False])
def test_an_exported_module_has_threads_where_they_were_asked_for(parallel) -> None:
    pytest.importorskip("numba")
    found = srcad.value_and_grad(sines, (0, 1), backend="numba", parallel=parallel)
    assert ("numba.prange(n)" in found.exported((X, 0.7))) is parallel
