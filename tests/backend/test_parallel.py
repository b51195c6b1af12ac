"""Loops on threads: which loops get `prange`, and that their rounds may go in any order.

What is printed is run as Python with a `prange` that shuffles: a round that reads what
another one wrote then gives other numbers, on any machine and every time.
"""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handwritten import NAMES, arguments, load
from programs import test_programs as programs
from trees import close

import srcad
from srcad.arrays import leaves
from srcad.backend import function as loading
from srcad.backend.compiled import CannotCompile, typed_list
from srcad.backend.generate import Generated, generate
from srcad.pipeline import Step, for_loops
from srcad.transform import Transform, extended

R = np.random.default_rng(11)


def printed(transform: Transform, args: Sequence[Any]) -> list[Generated]:
    """Each half of a transform in the Numba dialect, with loops on threads."""
    finished = transform.entry(args).programs.finished
    return [generate(for_loops(p, True), dialect="numba") for p in finished]


def shuffled(made: Generated, seed: int) -> Callable[..., Any]:
    """What was printed, as Python, with the rounds of `prange` in another order."""
    order = np.random.default_rng(seed)

    def prange(*bounds: int) -> list[int]:
        return [int(k) for k in order.permutation(np.arange(*bounds))]

    fake = types.SimpleNamespace(prange=prange)
    text = made.text.replace("import numba\n", "")
    names = {n: list if t is typed_list() else t for n, t in made.names.items()}
    names["numba"] = fake
    return loading.load(replace(made, text=text, names=names, dialect="python"))


def numbers(tree: Any) -> list[Any]:
    """The numbers and arrays of a result."""
    found = [leaf for leaf in leaves(tree) if np.asarray(leaf).dtype.kind in "bifc"]
    return [leaf for leaf in found if np.size(leaf)]


def any_order(
    transform: Transform, args: Sequence[Any], tolerance: float = 1e-9
) -> Iterator[str]:
    """Check what is printed against the Python dialect; gives the texts."""
    entry = transform.entry(args)
    hidden = [b.read() for b in entry.contract.hidden]
    halves = printed(transform, args)
    given: Sequence[Any] = (*args, *hidden)
    for k, (plain, made) in enumerate(zip(entry.functions, halves, strict=True)):
        yield made.text
        expected = plain(*given)
        for seed in (1, 2, 3) if "prange" in made.text else ():
            found = shuffled(made, seed)(*given)
            if len(halves) > k + 1:
                assert close(numbers(found[0]), numbers(expected[0]), tolerance)
            else:
                assert close(numbers(found), numbers(expected), tolerance)
        if len(halves) > k + 1:
            given = (shuffled(made, 4)(*given)[1], expected[0])


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_programs_in_any_order(name: str) -> None:
    case = programs.PROGRAMS[name]
    where = programs._argnums(case)
    out = case.function(*case.fresh())
    scalar = not isinstance(out, (tuple, list, dict)) and np.size(out) == 1
    if scalar:
        transform = srcad.value_and_grad(case.function, where)
    else:
        transform = extended(case.function, Step("vjp", where, False), None)
    try:
        list(any_order(transform, transform.arguments(case.fresh(), {})))
    except CannotCompile:
        pytest.skip("the Numba dialect refuses it")


@pytest.mark.parametrize("name", NAMES)
def test_handwritten_in_any_order(name: str) -> None:
    case = load(name)
    transform = srcad.value_and_grad(case.primal, argnums=case.WRT)
    for size in ("tiny", "small"):
        list(any_order(transform, arguments(case, size)))


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
    "regression": (regression, (X[:3], Y, X[:24]), (0, 1, 2), 2),
    "looked_up": (looked_up, (X[:4], IDX, X), 0, 2),
    "neighbours": (neighbours, (X,), 0, 2),
    "recurrence": (recurrence, (X,), 0, 0),
    "running": (running, (X,), 0, 0),
    "from_the_end": (from_the_end, (X,), 0, 1),
    "turned": (turned, (SQUARE,), 0, 1),
    "half_of_it": (half_of_it, (X,), 0, 1),
    "swapped": (swapped, (X, 7), 0, 1),
    "one_buffer": (one_buffer, (X,), 0, 0),
    "own_buffer": (own_buffer, (Y,), 0, 2),
    "counted_down": (counted_down, (X,), 0, 3),
    "negated_index": (negated_index, (X,), 0, 2),
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
