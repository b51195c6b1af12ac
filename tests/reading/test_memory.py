"""`df.memory`: what it reports is what is measured."""

from __future__ import annotations

import ast
import itertools
import json
import os
import subprocess
import sys
import textwrap
import tracemalloc
from pathlib import Path

import handwritten
import numpy as np
import pytest
from benchmarks import memory
from benchmarks.peak import traced
from benchmarks.programs import ode

from srcad import grad, jacobian, value_and_grad
from srcad.passes import parts
from srcad.reading.apart import apart


def logistic(r, x, n):
    for _ in range(n):
        x = r * x * (1.0 - x)
    return x


def numpy_numbers(x, n):
    total = 0.0
    for _ in range(n):
        y = np.sin(x)
        x = y * x + 0.1
        total += y * y
    return total


def nested(x, n):
    total = 0.0
    for _ in range(n // 10):
        for _ in range(10):
            x = 3.3 * x * (1.0 - x)
        total += x
    return total


def stepped(x, n):
    u = x + np.linspace(0.1, 0.8, 1000)
    for _ in range(n):
        u = u - 0.01 * u * u * (1.0 - u)
    return np.sum(u)


def until(x, n):
    total, k = 0.0, 0
    while k < n:
        x = np.cos(x)
        total += x * x
        k += 1
    return total


def branches(x, n):
    for k in range(n):
        if k % 3 == 0:
            x = np.sin(x)
        else:
            x = x * x + 0.1
    return x


def searched(x, n):
    """Runs of an inner loop, each as long as it takes, on one way of a branch."""
    s = 0.0
    for k in range(n // 10):
        if k % 3:
            r = 1.0
            while r < 1000.0 * (1.0 + 0.5 * np.sin(s)):
                r = r * 1.5 + x * np.sin(r)
            s = s * 0.5 + np.sqrt(r)
    return s


def ragged(x, n):
    """A list of lists in a branch."""
    total = 0.0
    for k in range(n):
        if k % 2 == 0:
            for _ in range(k % 5):
                x = np.sin(x) + 0.1
                total += x * x
        else:
            total += x
    return total


def around_vectors(x, n):
    """The adjoint keeps the numbers that it counts by, in parts of many rounds."""
    u, y = np.linspace(0.1, 0.8, 40), np.zeros(40)
    for k in range(n):
        x = np.sin(x + 0.1)
        for i in range(40):
            y[i] += u[i] * x * (k + 0.5)
    return np.sum(y * y)


def kept_lists(x, n):
    total, rows = 0.0, []
    for k in range(n):
        row = []
        for _ in range(k % 4):
            x = np.sin(x) + 0.1
            row.append(x)
        rows.append(row)
    for row in rows:
        for v in row:
            total += v * v
    return total


def short(x):
    return np.sum(x * x)


def columns(text):
    """Where each word of the head and the last digit of each number stand."""
    head, *lines = text.splitlines()
    return head.index("kept"), head.index("numbers") + 7, lines


def test_the_columns_stand_below_their_heads():
    for f, args in ((short, (np.ones(3),)), (logistic, (3.5, 0.2, 2000))):
        report = grad(f).memory(*args)
        kept, numbers, lines = columns(str(report))
        for row, line in zip(report, lines):
            assert line.index(row.name) == kept
            assert line[:numbers].endswith(f" {row.count:,}")
        assert lines[-1].index("in all") == kept
    nothing = str(grad(lambda x: x).memory(2.0))
    assert [line.split() for line in nothing.splitlines()][-1] == ["0", "in", "all"]


def step(x, w):
    h = np.tanh(w * x)
    return h * x, h


def through_calls(x, n):
    total = 0.0
    for _ in range(n):
        x, h = step(x, 0.9)
        total += h
        if total > 1e9:
            return step(total, x)[0]
    return total


LOOPS = [numpy_numbers, nested, until, branches, through_calls]


def peak(f, *args) -> int:
    """The most that a call had allocated at once, of what Python and NumPy count."""
    return traced(lambda: f(*args))


@pytest.mark.parametrize("n", [10**4, 10**5])
@pytest.mark.parametrize("f", LOOPS, ids=lambda f: f.__name__)
def test_the_total_is_what_is_measured(f, n: int) -> None:
    gradient = grad(f)
    found = gradient.memory(0.3, n)
    assert found.total == pytest.approx(peak(gradient, 0.3, n), rel=0.1)
    assert found.total == sum(k.bytes for k in found)


@pytest.mark.parametrize("name", handwritten.NAMES)
def test_the_programs_by_hand(name: str) -> None:
    """What Python holds within a statement is counted too."""
    case = handwritten.load(name)
    df = memory.both(case.primal, case.WRT, "python")
    told, found = memory.compared(df, handwritten.arguments(case, "small"), "python")
    assert told == pytest.approx(found, rel=0.05, abs=4096)


def test_a_long_loop() -> None:
    gradient = grad(logistic)
    found = gradient.memory(3.5, 0.2, 3 * 10**5)
    assert found.total == pytest.approx(peak(gradient, 3.5, 0.2, 3 * 10**5), rel=0.05)


def test_second_order() -> None:
    gradient = grad(grad(logistic))
    found = gradient.memory(3.5, 0.2, 10**4)
    assert found.total == pytest.approx(peak(gradient, 3.5, 0.2, 10**4), rel=0.1)
    assert len(found) >= 3


def test_arrays_of_a_stencil() -> None:
    def misfit(k, u):
        for _ in range(100):
            u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        return np.sum(u**2)

    args = (0.1, np.linspace(0.0, 1.0, 1002))
    gradient = value_and_grad(misfit, argnums=(0, 1))
    found = gradient.memory(*args)
    assert found.total == pytest.approx(peak(gradient, *args), rel=0.1)
    saved = found[0]
    assert (saved.name, saved.count) == ("saved_total", 100 * 1000)
    assert saved.bytes == pytest.approx(800_000, rel=0.05)
    assert "u[1:-1] +=" in saved.span.text


def test_rows() -> None:
    first = logistic.__code__.co_firstlineno
    (saved,) = grad(logistic).memory(3.5, 0.2, 1000)
    assert (saved.name, saved.count) == ("saved_x", 1000)
    assert (saved.span.line, saved.span.filename) == (first + 2, __file__)
    # 1000 floats, one of them the argument, and a list of as many pointers.
    assert saved.bytes == pytest.approx(999 * 24 + 8 * 1000, rel=0.1)


def test_arguments_are_not_counted() -> None:
    def f(x):
        y = x[1:]
        return np.sum(y * y * y)

    x = np.ones(10**6)
    found = grad(f).memory(x)
    assert found.total < 4 * x.nbytes
    assert all(k.name != "x" for k in found)


@pytest.mark.parametrize("n", [10**4, 10**5, 10**6])
def test_compiled_numbers_take_eight_bytes(n: int) -> None:
    gradient = grad(logistic, backend="numba")
    saved, starts = found = gradient.memory(3.5, 0.2, n)
    assert "np.empty" in gradient.source  # made before the loop
    assert (saved.name, saved.count) == ("saved_x", n)
    assert (starts.name, starts.count) == ("x_starts", 1)
    assert found.total == pytest.approx(8 * n, rel=0.03)


def test_a_long_recurrence_keeps_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCAD_CACHE", "0")
    monkeypatch.setattr(parts, "ROUNDS", 1000)
    found = grad(logistic, backend="numba").memory(3.5, 0.2, 10_000)
    kept = [(k.name, k.count) for k in found]
    assert kept == [("saved_x", 1000), ("x_starts", 10)]


# Forked, where nothing else runs.
MEASURED = """
    import json, sys
    import handwritten, test_memory
    from srcad import grad, value_and_grad
    from benchmarks.memory import compared
    from benchmarks.programs import ode

    if {name!r} == "ode":
        df = value_and_grad(ode.loops, ode.WRT, backend="numba")
        args = ode.arguments({n}, 10)
    elif {name!r} in handwritten.NAMES:
        case = handwritten.load({name!r})
        df = value_and_grad(case.primal, case.WRT, backend="numba")
        args = handwritten.arguments(case, "large")
    else:
        df, args = grad(test_memory.{f}, backend="numba"), (*{args}, {n})
    print(json.dumps(compared(df, args, "numba")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    "name, args, n",
    [
        ("logistic", (3.5, 0.2), 10**6),
        ("numpy_numbers", (0.3,), 10**6),
        ("nested", (0.3,), 10**6),
        ("searched", (0.3,), 10**6),
        ("12_soft_dtw", (), 0),  # a table is there while its cotangent is made
        ("ode", (), 10**4),  # work arrays, here and in the function of a part
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_compiled_as_the_system_measures(name, args, n) -> None:
    f = name if name in globals() else "short"
    text = MEASURED.format(name=name, f=f, args=args, n=n)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), *sys.path])}
    told = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=Path(__file__).parent,
        env=env,
    )
    total, measured = json.loads(told.stdout)
    assert total == pytest.approx(measured, rel=0.2)


def numbers(report) -> dict[str, int]:
    return {row.name: row.count for row in report}


def test_what_rounds_hold_for_themselves() -> None:
    def f(x, n):
        total = 0.0
        for k in range(n):
            v = np.cumsum(x) * k
            v = np.sort(v)
            total += v[0] * x[k]
        return total

    found = numbers(grad(f, backend="numba").memory(np.linspace(1.0, 2.0, 1000), 5))
    assert found["v"] == 1000


def test_what_a_statement_reads_last_is_there_when_it_is_done() -> None:
    def f(x):
        y = np.cumsum(x)
        return np.sum(np.cumsum(y))

    x = np.ones(10**5)
    found = grad(f, backend="numba").memory(x)
    assert found.total == pytest.approx(2 * x.nbytes, rel=0.01)


def test_what_compiled_code_makes_within_a_statement() -> None:
    def f(x):
        return np.sum(np.sort(np.cumsum(np.sort(x))))

    x = np.arange(1e5)[::-1].copy()
    found = grad(f, backend="numba").memory(x)
    assert "(temporary)" in {row.name for row in found}
    assert found.total >= 2 * x.nbytes


def test_calls_apart() -> None:
    text = """y = f(g(x) @ h(k=u), (v(x) if c else w(x)))[0]
for _ in r(f(x)):
    p(q(x))
z = [f(g(k)) for k in x]
return p(x) if q(x) else r(x)"""
    statements = apart(ast.parse(text).body, itertools.count())
    assert ast.unparse(ast.Module(list(statements), [])).splitlines() == [
        "srcad_value_0 = g(x)",
        "srcad_value_1 = h(k=u)",
        "srcad_value_2 = srcad_value_0 @ srcad_value_1",
        "srcad_value_3 = f(srcad_value_2, v(x) if c else w(x))",
        "y = srcad_value_3[0]",
        "for _ in r(f(x)):",
        "    p(q(x))",
        "z = [f(g(k)) for k in x]",
        "return p(x) if q(x) else r(x)",
    ]


def test_the_work_of_a_called_function() -> None:
    """Arrays that the function of a part makes for itself."""
    args = ode.arguments(1000, 100)
    df = value_and_grad(ode.loops, ode.WRT, backend="numba")
    found = df.memory(*args)
    assert {"k1", "k2", "k3", "k4"} <= {row.name for row in found}
    assert f"{ode.loops.__name__}_part" in df.source


def test_what_python_holds_within_a_statement() -> None:
    def f(x):
        return np.sum(np.sqrt(x) * np.sin(x + 1.0))

    x = np.ones(10**5)
    gradient = grad(f)
    found = gradient.memory(x)
    assert "(temporary)" in {row.name for row in found}
    assert found.total == pytest.approx(peak(gradient, x), rel=0.01)


def test_what_is_traced_stays_traced() -> None:
    x = np.ones(1000)
    grad(short).memory(x)
    assert not tracemalloc.is_tracing()
    tracemalloc.start()
    try:
        grad(short).memory(x)
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()


def test_steps_of_a_system_keep_a_part_of_their_rows() -> None:
    """Two megabytes, and a row for each part, where those of all steps are 9.6 MB."""
    found = grad(stepped, backend="numba").memory(0.05, 400)
    assert "u_starts" in {k.name for k in found}
    assert 2**21 < found.total < 1.3 * 2**21


def test_of_a_kernel_behind_objects() -> None:
    def f(p, n):
        x = p["x"]
        for _ in range(n):
            x = np.sin(x) * p["r"]
        return x

    args = ({"x": 0.3, "r": 1.1}, 1000)
    for backend in ("python", "numba"):
        found = grad(f, backend=backend).memory(*args)
        assert max(k.count for k in found) >= 1000


def test_of_a_pullback() -> None:
    def f(x):
        return np.sin(x) * np.cos(x)

    x = np.ones(10**5)
    found = jacobian(f).memory(x)
    assert 1.9 * x.nbytes < found.total < 4.1 * x.nbytes


def test_it_does_not_change_the_arguments() -> None:
    def f(x):
        x *= 2.0
        return np.sum(x * x)

    x = np.ones(3)
    grad(f).memory(x)
    assert np.array_equal(x, np.ones(3))


def test_as_text_and_table() -> None:
    found = grad(logistic).memory(3.5, 0.2, 1000)
    head, row, total = str(found).splitlines()
    assert head.split() == ["bytes", "numbers", "kept", "of", "your", "line"]
    assert row.split()[1:3] == ["1,000", "saved_x"]
    assert row.endswith("x = r * x * (1.0 - x)")
    assert total.split()[0] == f"{found.total:,}"
    assert found._repr_html_().count("<tr") == 3
