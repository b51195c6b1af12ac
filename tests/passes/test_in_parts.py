"""Long recurrences in parts: the same numbers for every number of rounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from trees import close

import srcad
from srcad.backend import function as loading
from srcad.backend.compiled import INSTALLED
from srcad.backend.generate import generate
from srcad.ir.builder import Builder
from srcad.ir.graph import Graph, Value, literal
from srcad.ir.types import FLOAT, INT
from srcad.ops.filled import zeros
from srcad.ops.index import getitem, update
from srcad.ops.lists import range_
from srcad.ops.shapes import ravel
from srcad.passes import parts
from srcad.passes.in_parts import _is_apart
from srcad.pipeline import for_loops

X = np.linspace(0.2, 0.9, 23)


@pytest.fixture(autouse=True)
def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_VERIFY", "1")
    monkeypatch.setenv("SRCAD_CACHE", "0")
    monkeypatch.setattr(parts, "ROUNDS", 4)
    monkeypatch.setattr(parts, "NUMBERS", 30)


def printed(
    function: Callable[..., Any], *args: Any, copies: bool = False, wrt: Any = 0
) -> str:
    """The gradient's source for Numba; it gives what the Python dialect's does."""
    transform = srcad.value_and_grad(function, wrt)
    entry = transform.entry(args)
    made = generate(for_loops(entry.programs.finished[0]), copies=copies)
    expected, found = entry.functions[0](*args), loading.load(made)(*args)
    assert found[0] == expected[0]  # the primal keeps every bit
    assert close(found, expected, 1e-13)
    return made.text


def logistic(x: Any, n: int) -> Any:
    for _ in range(n):
        x = 3.2 * x * (1.0 - x)
    return x


def of_data(x: Any, n: int) -> Any:
    """Reads an array by the number of the round, as does its adjoint."""
    level, total = 0.3, 0.0
    for k in range(n):
        level = np.sin(level * x[k]) + 0.1 * k
        total += level * level
    return total


def by_number(x: Any, n: int) -> Any:
    """The number of the round is an operand, as it is and in what is kept."""
    for k in range(n):
        x = np.sin(x * k) * x + 0.1 * k
    return x


def chosen(x: Any, n: int) -> Any:
    steps = 0
    for k in range(n):
        if x > 0.5:
            x = 0.3 * x * x
            steps += k
        else:
            x = x + 0.1 * steps + 0.3
    return x + steps


@pytest.mark.parametrize("n", [-1, 0, 1, 3, 4, 5, 8, 9, 22])
@pytest.mark.parametrize("function", [logistic, of_data, by_number, chosen])
@pytest.mark.parametrize("copies", [False, True])
def test_every_number_of_rounds(function: Any, n: int, copies: bool) -> None:
    first = X if function is of_data else 0.3
    assert "for part in range(last):" in printed(function, first, n, copies=copies)


def test_it_reads_like_this() -> None:
    lines = [line.strip() for line in printed(logistic, 0.3, 9).splitlines()]
    start = lines.index("for part in reversed(range(parts)):")
    found = [line for line in lines[start + 1 :] if not line.startswith("#")]
    assert found[:3] == [
        "rounds = min(size, count - part * 4)",
        "if part < last:",
        "_, saved_x = logistic_part(x_starts[part], 4, saved_x)",
    ]
    assert "for k in reversed(range(rounds)):" in found


# ---- what goes as it did -------------------------------------------------------------


def left_early(x: Any, n: int) -> Any:
    for _ in range(n):
        x = np.sin(x) * x + 0.9
        if x > 1.2:
            break
    return x


def apart(x: Any, n: int) -> Any:
    """No round needs the one before."""
    total = 0.0
    for k in range(n):
        total += np.sin(x * k) ** 2
    return total


def writing(x: Any, n: int) -> Any:
    y = x.copy()
    s = 0.3
    for k in range(n):
        s = np.sin(s * y[k])
        y[k] = s
    return s + y[0]


def overwritten(x: Any, n: int) -> Any:
    """What the loop reads is not there any more when the adjoint runs."""
    y = np.sin(x)
    s = 0.3
    for k in range(n):
        s = np.sin(s + y[k])
    y[n % 5] = 2.0 * s
    return s * y[0] + y[1]


def telling(x: Any, n: int) -> Any:
    """What is printed is printed once."""
    for k in range(n):
        x = 3.2 * x * (1.0 - x)
        if k > 100:
            print(x)
    return x


def known(x: Any) -> Any:
    for _ in range(9):
        x = 3.2 * x * (1.0 - x)
    return x


def nested(x: Any, n: int) -> Any:
    for _ in range(n):
        for _ in range(n):
            x = np.sin(x) * x
    return x


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (left_early, (0.3, 9)),
        (apart, (0.3, 9)),
        (writing, (X, 9)),
        (overwritten, (X, 9)),
        (telling, (0.3, 9)),
        (known, (0.3,)),
        (nested, (0.3, 5)),
    ],
)
def test_others_stay(function: Any, args: Any) -> None:
    assert "parts" not in printed(function, *args)


# ---- loops that keep rows ------------------------------------------------------------


U = np.linspace(0.2, 0.9, 7)


def heat(u: Any, k: Any, n: int) -> Any:
    """By elements, in place: each round keeps what it reads of the one before."""
    u = u.copy()
    for _ in range(n):
        v = u.copy()
        for i in range(1, len(u) - 1):
            u[i] += k * v[i] * (v[i + 1] - 2.0 * v[i] + v[i - 1])
    return np.sum(u * u)


def midpoint(u: Any, k: Any, n: int) -> Any:
    """Stages: an array of its own in each round."""
    for t in range(n):
        half = u - 0.5 * k * u * u
        u = u - 0.1 * k * half * half * t
    return np.sum(u * u)


def swapped(u: Any, k: Any, n: int) -> Any:
    """Two arrays and a number, that change places."""
    v, s = 0.5 * u, 1.0
    for _ in range(n):
        u, v = v, u * v - k * u * s
        s = 0.5 * s + k
    return np.sum(u * v) * s


def of_a_matrix(u: Any, k: Any, n: int) -> Any:
    m = np.outer(u, u)
    for _ in range(n):
        m = m * (1.0 - k * m)
    return m[1, 2] * m[0, 3]


def by_its_number(u: Any, k: Any, n: int) -> Any:
    """Reads an array by the number of the round, and writes to another one."""
    x = np.cos(u)
    seen = np.zeros(n)
    for t in range(n):
        u = u * (1.0 - k * u * x[t % 3])
        seen[t] = u[0]
    return np.sum(u) + np.sum(seen)


def longer(u: Any, k: Any, n: int) -> Any:
    """A number of rounds that is known."""
    for _ in range(40):
        u = u * (1.0 - k * u)
    return np.sum(u * u) + n


STEPPED = [heat, midpoint, swapped, of_a_matrix, by_its_number, longer]


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 13])
@pytest.mark.parametrize("function", STEPPED)
@pytest.mark.parametrize("copies", [False, True])
def test_rows(function: Any, n: int, copies: bool) -> None:
    text = printed(function, U, 0.2, n, copies=copies, wrt=(0, 1))
    assert "for part in range(last):" in text
    assert "_starts[part] = " in text


@pytest.mark.parametrize("numbers", [1, 40, 1 << 17])
def test_rows_of_any_part(numbers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "NUMBERS", numbers)
    for function in STEPPED:
        printed(function, U, 0.2, 9, wrt=(0, 1))
    printed(heat, U[:1], 0.2, 9, wrt=(0, 1))  # a round keeps nothing
    printed(midpoint, U, 0.2, -2, wrt=(0, 1))


def test_a_step_reads_like_this() -> None:
    text = printed(midpoint, U, 0.2, 9, wrt=(0, 1))
    lines = [s.strip() for s in text.splitlines() if not s.strip().startswith("#")]
    start = lines.index("count = max(n, 0)")
    assert lines[start + 1 : start + 6] == [
        "room = max(4 * len(u), 30)",
        "row = max(4 * n_2, 1)",
        "most = max(room // row, 1)",
        "size = min(count, most)",
        "parts = len(range(0, count, most))",
    ]
    start = lines.index("for part in range(last):")
    assert lines[start + 1 : start + 5] == [
        "u_starts[part] = u",
        "part_times_most = part * most",
        "for k_1 in range(most):",
        "t = part_times_most + k_1",
    ]
    start = lines.index("for part in reversed(range(parts)):")
    assert lines[start + 1 : start + 7] == [
        "part_times_most = part * most",
        "rounds = min(size, count - part_times_most)",
        "if part < last:",
        "_, saved_u, saved_products, saved_half, saved_products_1 = midpoint_part(",
        "u_starts[part],",
        "part_times_most,",
    ]


# ---- one function for both ways ------------------------------------------------------


def summed(u: Any, k: Any, n: int) -> Any:
    """A number that the adjoint does not ask for, and one that says what is read."""
    total, place = 0.0, 0
    for _ in range(n):
        u = u * (1.0 - k * u)
        total += u[place] * u[0]
        place = (place + 2) % 5
    return total + np.sum(u)


def two_loops(u: Any, k: Any, n: int) -> Any:
    for _ in range(n):
        u = u * (1.0 - k * u)
    for _ in range(n + 1):
        u = u - 0.1 * k * u * u * u
    return np.sum(u)


def at_odds(u: Any, k: Any, n: int) -> Any:
    """Two arrays that change places, both written to."""
    u, v = u.copy(), 0.5 * u
    for _ in range(n):
        for i in range(len(u)):
            u[i] = u[i] * (1.0 - k * v[i])
        u, v = v, u
    return np.sum(u * v)


def looked_at(u: Any, k: Any, n: int) -> Any:
    """Reads what it writes to by another name as well."""
    u = u.copy()
    end = u[3:]
    for _ in range(n):
        for i in range(1, len(u) - 3):
            u[i] += k * u[i - 1] * end[i]
    return np.sum(u * u)


ONE = [logistic, by_number, chosen, heat, midpoint, swapped]
ONE += [longer, summed, at_odds, looked_at]


@pytest.mark.parametrize("n", [0, 1, 5, 13])
@pytest.mark.parametrize("function", ONE)
def test_what_keeps_a_part_stands_once(function: Any, n: int) -> None:
    numbers = function in (logistic, by_number, chosen)
    args = (0.3, n) if numbers else (U, 0.2, n)
    text = printed(function, *args, wrt=0 if numbers else (0, 1))
    assert text.count(f"{function.__name__}_part(") == 3  # with its definition


@pytest.mark.parametrize("n", [0, 1, 5, 13])
@pytest.mark.parametrize("copies", [False, True])
def test_two_loops_have_two_functions(n: int, copies: bool) -> None:
    text = printed(two_loops, U, 0.2, n, copies=copies, wrt=(0, 1))
    assert text.count("def two_loops_part(") == 1
    assert text.count("def ") == 3


@pytest.mark.parametrize("n", [0, 1, 5, 13])
@pytest.mark.parametrize("copies", [False, True])
def test_another_has_none(n: int, copies: bool) -> None:
    """A round that writes to another array stands in both places."""
    text = printed(by_its_number, U, 0.2, n, copies=copies, wrt=(0, 1))
    assert "_part(" not in text


def test_no_function_where_memory_may_be_shared() -> None:
    """A loop writes to an array, and reads that and a view of it, or one apart."""
    for apart in (True, False):
        builder, count = Builder(), Value("count", INT)
        with builder.active():
            work = zeros(literal(4))
            other = ravel(zeros(literal(4)) if apart else work)
            walked = range_(literal(0), literal(4), literal(1))
        item, x = Value("i", INT), Value("x", FLOAT)
        with builder.inner() as body:
            params = {"layout": ("at",), "inplace": True}
            body.emit(update, (work, x, item), (work.type,), params)
            read = {"layout": ("at",)}
            (after,) = body.emit(getitem, (other, item), (FLOAT,), read)
        block = body.block((item, x), (after,))
        builder.for_((walked,), (literal(0.5),), block, names=["x"])
        graph = Graph("", builder.block((), (count,)))
        assert _is_apart(graph, builder.nodes[-1], {}) is apart


def test_not_where_exceptions_are_caught() -> None:
    """What may raise there is computed in every round."""
    entry = srcad.value_and_grad(logistic).entry((0.3, 9))
    program = entry.programs.finished[0]
    graphs = {program.main: replace(program.graph, watched=True)}
    assert "parts" in generate(for_loops(program)).text
    watched = generate(for_loops(replace(program, graphs=graphs))).text
    assert "parts" not in watched


# Rows that are kept whole.


def dear(u: Any, k: Any, n: int) -> Any:
    for _ in range(n):
        u = np.sin(u) * k * u
    return np.sum(u)


def along(u: Any, k: Any, n: int) -> Any:
    """A round keeps a row of the matrix that is carried."""
    m = np.outer(u, u)
    for i in range(1, len(u)):
        m[i] = m[i] * m[i - 1] * k
    return np.sum(m * m) + n


def chosen_rows(u: Any, k: Any, n: int) -> Any:
    """What is kept takes a byte."""
    u = u.copy()
    for _ in range(n):
        for i in range(1, len(u)):
            if u[i] > u[i - 1]:
                u[i] = k * u[i] + u[i - 1]
    return np.sum(u * u)


def few(u: Any, k: Any, n: int) -> Any:
    for _ in range(5):
        u = u * (1.0 - k * u)
    return np.sum(u * u) + n


def rewritten(u: Any, k: Any, n: int) -> Any:
    """What the rounds read is overwritten before the adjoint runs."""
    w = np.sin(u)
    for _ in range(n):
        u = k * u * u + w
    w[n % 3] = 2.0 * k
    return np.sum(w * u)


def read_after(u: Any, k: Any, n: int) -> Any:
    """Nobody but the adjoint may read what a round keeps: the list has all of it."""
    seen = []
    for _ in range(n):
        u = u * (1.0 - k * u)
        seen.append(u)
    return np.sum(seen[0]) + np.sum(seen[-1] * u)


@pytest.mark.parametrize(
    "function", [dear, along, chosen_rows, few, rewritten, read_after]
)
def test_other_rows_stay(function: Any) -> None:
    assert "parts" not in printed(function, U, 0.2, 6, wrt=(0, 1))


def test_second_order() -> None:
    """An adjoint that is differentiated keeps what it keeps in lists of its own."""
    gradient = srcad.grad(logistic)
    second = srcad.grad(lambda x, n: gradient(x, n) ** 2)
    for n in (0, 3, 9):
        entry = second.entry((0.3, n))
        made = generate(for_loops(entry.programs.finished[0]))
        found = loading.load(made)(0.3, n)
        assert close(found, entry.functions[0](0.3, n), 1e-11)


@pytest.mark.skipif(not INSTALLED, reason="without Numba")
@pytest.mark.parametrize("function", [logistic, of_data, by_number, chosen])
def test_compiled(function: Any) -> None:
    first = X if function is of_data else 0.3
    compiled = srcad.value_and_grad(function, backend="numba")
    for n in (0, 4, 9):
        expected = srcad.value_and_grad(function)(first, n)
        assert close(compiled(first, n), expected, 1e-12)


@pytest.mark.skipif(not INSTALLED, reason="without Numba")
@pytest.mark.parametrize("function", [heat, midpoint, swapped, by_its_number, summed])
def test_rows_compiled(function: Any) -> None:
    wide = np.linspace(0.2, 0.9, 14)
    for u in (U, wide[::2], *([0.1j + U] if function is midpoint else [])):
        holomorphic = u.dtype.kind == "c"
        how = {"argnums": 0, "holomorphic": holomorphic}
        compiled = srcad.value_and_grad(function, backend="numba", **how)
        for n in (0, 2, 13):
            expected = srcad.value_and_grad(function, **how)(u, 0.2, n)
            assert close(compiled(u, 0.2, n), expected, 1e-12)
        assert "for part in range(last):" in compiled.source
