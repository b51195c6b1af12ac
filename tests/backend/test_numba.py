"""The Numba dialect: what it prints compiles, and gives what `evaluate` gives."""

from __future__ import annotations

import numpy as np
import pytest

import srcad
from srcad.ir.builder import current
from srcad.ir.graph import UNDEFINED, Block, Value, literal
from srcad.ir.types import FLOAT, INT, Maybe
from srcad.ops.index import getitem
from srcad.ops.lists import range_

from .graphs import AT, VECTOR, Random, body, check, named, program
from .test_generate import newton

pytest.importorskip("numba")
N, V, X = Value("n", INT), Value("v", VECTOR), Value("x", FLOAT)


def test_newton() -> None:
    params = Value("a", FLOAT), Value("tol", FLOAT)
    made = check(program(params, newton), 2.0, 1e-12, dialect="numba")
    assert "for k in range(len(saved_x) - 1, -1, -1):" in made.text
    assert "x = saved_x[k]" in made.text


def scan(n: Value, v: Value) -> tuple[Value, Value]:
    """A running sum whose entries are kept and walked back."""
    builder = current()
    i, s = Value("i", INT), Value("s", FLOAT)
    walked = range_(0, n, 1)
    with builder.inner() as inner:
        after = named(s * 0.5 + getitem(v, i, layout=AT), "s")
    block = inner.block((i, s), (after, s))
    names = ["s", "saved_s"]
    out, kept, _ = builder.for_([walked], [literal(0.0)], block, names=names)
    j, s, bar = Value("i", INT), Value("s", FLOAT), Value("s_bar", FLOAT)
    with builder.inner() as inner:
        after = named(bar * s + getitem(v, j, layout=AT), "s_bar")
    block = inner.block((j, s, bar), (after,))
    return out, builder.for_([walked, kept], [literal(1.0)], block, reverse=True)[0]


def test_lists_of_known_length_are_arrays() -> None:
    made = check(program((N, V), scan), 3, np.array([1.0, 2.0, 3.0]), dialect="numba")
    assert body(made.text) == [
        "s = 0.0",
        "saved_s = np.empty(max(n, 0))",
        "for i in range(n):",
        "    saved_s[i] = s",
        "    s = s * 0.5 + v[i]",
        "",
        "s_bar = 1.0",
        "for i in range(n - 1, -1, -1):",
        "    s_before = saved_s[i]",
        "    s_bar = s_bar * s_before + v[i]",
        "return s, s_bar",
    ]


def test_the_undefined_is_a_typed_dummy() -> None:
    def make(n: Value, x: Value) -> Value:
        builder = current()
        i, u = Value("i", INT), Value("u", Maybe(FLOAT))
        block = Block((i, u), (), (x, u))
        start = [literal(UNDEFINED)]
        kept = builder.for_([range_(0, n, 1)], start, block, [Maybe(FLOAT)])[1]
        e, total = Value("e", Maybe(FLOAT)), Value("total", FLOAT)
        with builder.inner() as inner:
            after = named(total + 1.0, "total")
        block = inner.block((e, total), (after,))
        return builder.for_([kept], [literal(0.0)], block)[0]

    made = check(program((N, X), make), 3, 2.0, dialect="numba")
    assert "u = 0.0" in made.text


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_random_graphs(seed: int) -> None:
    vector = np.array([1.0, 2.0, 3.0, 4.0])
    check(Random(seed).program(), 0.7, -1.3, vector, dialect="numba")


def test_what_numba_stumbles_over_is_refused() -> None:
    def checked(x: float) -> float:
        if x > 1e9:
            print(f"{x:.3f} is large")
        return x * x

    with pytest.raises(srcad.SrcadError, match="Numba does not compile"):
        srcad.grad(checked, backend="numba")(2.0)
    with pytest.warns(UserWarning, match="checked runs in the python backend"):
        assert srcad.grad(checked, backend="auto")(2.0) == 4.0


def test_an_end_of_a_range_is_printed_where_it_is_read() -> None:
    pytest.importorskip("numba")

    def powers(x: float, n: int) -> float:
        s = x
        for i in range(1, n - 1):
            s = s * x + np.sin(s) * i
        return s

    df = srcad.grad(powers, backend="numba")
    assert np.isclose(df(0.7, 5), srcad.grad(powers)(0.7, 5))
    assert df(0.7, 1) == 1.0
    assert "range(1, n - 1)" in df.source
    assert "range(n - 2, 0, -1)" in df.source
    assert "n_minus_1" not in df.source
