"""What a function reads and writes outside itself: globals, known containers, logs."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

from srcad import ShapeError, UnsupportedSyntax, from_source, grad, value_and_grad, vjp

CALLS = 0
MODE = "first"
FUNCTIONS = [np.sin]
TABLE: dict[str, Any] = {"scale": 2.0, "names": ["a"]}
ALLOWED = {"a"}


def counted(x):
    global CALLS
    CALLS += 1
    return x * x * CALLS


def helper(x):
    global CALLS
    CALLS = CALLS + 1
    if x > 0.7:
        CALLS += 1
    return x


def counted_in_helpers(x):
    y = helper(x) * helper(2 * x)
    return y * CALLS


def counted_in_a_loop(x):
    global CALLS
    for _ in range(3):
        CALLS += 1
        x = x * CALLS
    return x


def switched(x):
    global MODE
    y = x if MODE == "first" else x * x
    MODE = "second"
    return y


@pytest.fixture(autouse=True)
def _reset(monkeypatch):
    monkeypatch.setitem(globals(), "CALLS", 0)
    monkeypatch.setitem(globals(), "MODE", "first")
    monkeypatch.setitem(globals(), "FUNCTIONS", [np.sin])
    monkeypatch.setitem(globals(), "TABLE", {"scale": 2.0, "names": ["a"]})
    monkeypatch.setitem(globals(), "ALLOWED", {"a"})


def test_an_evaluation_counter_counts_once_for_each_call():
    df = grad(counted)
    assert [df(2.0) for _ in range(3)] == [4.0, 8.0, 12.0]
    assert CALLS == 3
    _, pullback = vjp(counted, 2.0)
    assert CALLS == 4
    pullback(1.0), pullback(1.0)
    assert CALLS == 4
    assert grad(grad(counted))(2.0) == 2.0 * CALLS == 10.0


def test_counters_in_helpers_and_loops():
    assert value_and_grad(counted_in_helpers)(0.5) == (0.5 * 3, 2.0 * 3)
    assert CALLS == 3
    found = grad(counted_in_a_loop)(2.0)
    assert (found, CALLS) == (4.0 * 5.0 * 6.0, 6)


def test_a_text_written_is_read_by_the_next_call():
    df = grad(switched)
    assert [df(3.0), df(3.0)] == [1.0, 6.0]


@pytest.mark.parametrize("value", ["x", "np.zeros(2)", "3.0", "[1]", "np.sin"])
def test_other_writes_to_globals_are_refused(value):
    f = from_source(
        f"def f(x):\n    global Z\n    Z = {value}\n    return x", {"np": np}
    )
    with pytest.raises(UnsupportedSyntax, match="global 'Z'") as caught:
        grad(f)(1.0)
    assert caught.value.lineno == 3 and "return the value" in caught.value.hint


def applied(x):
    total = x
    for f in FUNCTIONS:
        total = total + f(x)
    if "a" in ALLOWED and "b" not in TABLE["names"]:
        total = total * TABLE["scale"]
    return total


def test_a_change_in_a_known_container_is_noticed():
    df = grad(applied)
    x = 0.5
    assert df(x) == pytest.approx(2 * (1 + np.cos(x)))
    FUNCTIONS.append(np.exp)
    assert df(x) == pytest.approx(2 * (1 + np.cos(x) + np.exp(x)))
    TABLE["scale"] = 5.0
    assert df(x) == pytest.approx(5 * (1 + np.cos(x) + np.exp(x)))
    TABLE["names"].append("b")
    assert df(x) == pytest.approx(1 + np.cos(x) + np.exp(x))
    TABLE["names"].remove("b")
    ALLOWED.clear()
    assert df(x) == pytest.approx(1 + np.cos(x) + np.exp(x))
    (entries,) = df.dispatcher.entries.values()
    count = len(entries)
    df(x), df(x)
    assert len(entries) == count


def test_a_set_argument_counts_by_what_is_in_it():
    def f(x, names):
        return x * x if "a" in names else x

    names = {"a"}
    df = grad(f)
    assert df(3.0, names) == 6.0
    names.clear()
    assert df(3.0, names) == 1.0


def test_logs_come_once_and_in_order(caplog):
    def f(x):
        for i in range(2):
            logging.getLogger("srcad.outside").warning("step %d: %s", i, x)
        logging.getLogger("srcad.outside").error(f"{x:.2f}")
        return x * x

    with caplog.at_level(logging.WARNING):
        assert grad(f)(3.0) == 6.0
    assert caplog.messages == ["step 0: 3.0", "step 1: 3.0", "3.00"]


def test_a_deleted_name_raises_what_python_raises():
    def f(x):
        y = x
        if x > 0:
            del y
        return y * y

    assert grad(f)(-2.0) == -4.0
    with pytest.raises(UnboundLocalError, match="'y'"):
        grad(f)(2.0)


@pytest.mark.parametrize("body", ["f'{x}'", "str(x)", "f'{x}' if x > 0 else x", "'t'"])
def test_a_text_is_no_result_to_differentiate(body):
    f = from_source(f"def f(x):\n    return {body}", {})
    with pytest.raises(ShapeError, match="one number"):
        grad(f)(1.0)
