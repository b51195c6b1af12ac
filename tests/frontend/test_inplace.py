"""Writes that are refused, with their line; and how those that are not are printed."""

from __future__ import annotations

import textwrap
import time
from typing import Any

import numpy as np
import pytest

from srcad import (
    MissingRule,
    SrcadError,
    UnsupportedSyntax,
    from_source,
    grad,
    value_and_grad,
)

V = np.array([0.3, -0.5, 1.2])
GIVEN = np.ones(3)
NAMES = {"np": np, "given": GIVEN}


def function(body: str) -> Any:
    """A function of x with this body; its first line is line 2."""
    return from_source("def f(x):\n" + textwrap.indent(body, "    "), dict(NAMES))


# body, the line that is refused, a word of the message
REFUSED = {
    "resize": ("y = x * 2\ny.resize(2)\nreturn np.sum(y)", 3, "resize"),
    "setfield": ("y = x * 2\ny.setfield(1.0, float)\nreturn y[0]", 3, "setfield"),
    "view": ("y = x.view()\ny[0] = 1.0\nreturn np.sum(x)", 2, "view"),
    "shape": ("y = x * 2\ny.shape = (3, 1)\nreturn np.sum(y)", 3, "shape"),
    "shape_augmented": ("y = x * 2\ny.T += 1\nreturn np.sum(y)", 3, "'T'"),
    "dtype": ("y = x * 2\ny.dtype = np.int64\nreturn np.sum(x)", 3, "dtype"),
    "imag_of_real": ("x.imag = 1.0\nreturn np.sum(x)", 2, "imaginary"),
    "imag_of_real_entry": ("x.imag[0] = 1.0\nreturn np.sum(x)", 2, "imaginary"),
    "diagonal": ("d = np.diagonal(np.outer(x, x))\nd[0] = 1\nreturn d[0]", 3, "read-"),
    "broadcast": ("b = np.broadcast_to(x, (2, 3))\nb[0] = 1\nreturn b[0, 0]", 3, "re"),
    "reshape_of_transposed": (
        "m = np.outer(x, x)\nf = m.T.reshape(-1)\nf[0] = 1.0\nreturn np.sum(m)",
        4,
        "view or a copy",
    ),
    "ravel_of_columns": (
        "m = np.outer(x, x)\nf = m[:, 1:].ravel()\nf[0] = 1.0\nreturn np.sum(m)",
        4,
        "view or a copy",
    ),
    "ravel_of_gathered": (
        "f = np.outer(x, x)[:, [0, 2]].ravel()\nf[0] = 1.0\nreturn np.sum(f)",
        3,
        "view or a copy",
    ),
    "ravel_read_after_a_write": (
        "m = np.outer(x, x)\nf = m.T.ravel()\nm[0] = 1.0\nreturn np.sum(f)",
        5,
        "written to since",
    ),
    "global_as_out": ("np.add(x, 1, out=given)\nreturn np.sum(x)", 2, "outside"),
    "list_as_out": ("y = [0.0, 0.0]\nnp.add(x, 1, out=y)\nreturn x[0]", 3, "array"),
    "out_cannot_hold": (
        "y = np.zeros(3, dtype=int)\nnp.add(x, 1, out=y)\nreturn np.sum(x)",
        3,
        "int64",
    ),
    "out_too_safe": (
        "y = np.zeros(3, np.float32)\nnp.add(x, 1, out=y, casting='safe')\nreturn x[0]",
        3,
        "float32",
    ),
    "out_of_another_rank": (
        "y = np.zeros((2, 3))\nnp.sum(np.outer(x, x), axis=0, out=y)\nreturn x[0]",
        3,
        "dimensions",
    ),
    "out_for_two": ("y = np.zeros(3)\nnp.add(x, 1, out=(y, y))\nreturn x[0]", 3, "1"),
    "where_without_out": ("return np.sum(np.log(x, where=x > 0))", 2, "out="),
    "where_without_initial": ("return np.max(x, where=x > 0)", 2, "initial"),
    "where_of_floats": ("return np.sum(x, where=x)", 2, "booleans"),
    "initial_of_mean": ("return np.mean(x, initial=1.0)", 2, "initial"),
    "power_at": ("np.power.at(x, [0], 2.0)\nreturn np.sum(x)", 2, "power.at"),
    "at_of_two_axes": (
        "m = np.outer(x, x)\nnp.multiply.at(m, ([0], [1]), 2.0)\nreturn np.sum(m)",
        3,
        "multiply.at",
    ),
    "put_clipped": ("np.put(x, [7], 1.0, mode='clip')\nreturn np.sum(x)", 2, "mode"),
    "wrapped_diagonal": (
        "m = np.outer(x, x)\nnp.fill_diagonal(m, 1.0, wrap=True)\nreturn np.sum(m)",
        3,
        "wrap",
    ),
    "complex_into_real": (
        "y = np.zeros(3)\nnp.copyto(y, x * 1j, casting='unsafe')\nreturn np.sum(y)",
        3,
        "imaginary",
    ),
    "shuffled": ("y = x * 2\nnp.random.shuffle(y)\nreturn np.sum(y * x)", 3, "change"),
    "ravel_in_an_order": (
        "y = x.ravel(order='F')\ny[0] = 3.0\nreturn np.sum(x)",
        3,
        "may change",
    ),
    "ascontiguousarray": (
        "y = np.ascontiguousarray(x)\ny[0] = 3.0\nreturn np.sum(x)",
        3,
        "may change",
    ),
    "conj_of_real": ("y = x.conj()\nx[0] = 3.0\nreturn np.sum(y)", 3, "may change"),
    "no_dimensions": ("s = np.zeros(())\ns[...] = x[0]\nreturn s * 2", 3, "dimensions"),
    "signature": ("return np.sum(np.add(x, 1, signature='dd->d'))", 2, "signature"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_at_the_line(name: str) -> None:
    body, line, word = REFUSED[name]
    with pytest.raises(SrcadError) as caught:
        grad(function(body))(V)
    assert isinstance(caught.value, (UnsupportedSyntax, MissingRule))
    assert caught.value.span is not None
    assert caught.value.span.line == line
    assert word in caught.value.message
    assert np.array_equal(GIVEN, np.ones(3))


def ravels(m):
    flat = m.ravel()
    total = np.sum(flat)
    flat[0] = total
    return np.sum(m * m)


def reads_twice(m):
    flat = m.reshape(-1)
    m[0, 0] = 2.0
    return np.sum(flat * flat)


def only_reads(m):
    return np.sum(m.ravel() ** 2)


@pytest.mark.parametrize("f, line", [(ravels, 3), (reads_twice, 3)])
def test_an_argument_that_must_be_contiguous(f, line):
    m = np.arange(1.0, 7.0).reshape(2, 3)
    df = value_and_grad(f)
    value, gradient = df(m.copy())
    assert value == f(m.copy())
    assert gradient.shape == m.shape
    with pytest.raises(UnsupportedSyntax, match="C-contiguous") as caught:
        df(np.asfortranarray(m))
    assert caught.value.span.line == f.__code__.co_firstlineno + line
    assert df(m.copy())[0] == value


def test_reading_needs_no_order():
    m = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert np.array_equal(grad(only_reads)(m), 2 * m)


# Arrays whose reshape(-1) may be written to without a question at run time.
MADE = [
    "np.zeros((2, 3))",
    "np.ones((2, 3))",
    "np.full((2, 3), 2.0)",
    "np.outer(x[:2], x)",
    "np.array([[1.0, 2.0], [x[0], 4.0]])",
    "np.eye(3)[:2] * x",
    "np.outer(x, x) @ np.outer(x, x)",
    "m.T.copy()",
    "np.concatenate([np.zeros((1, 3)), np.ones((2, 3))])",
    "np.zeros_like(np.outer(x, x)[:, 1:])",
    "x[:, None] * x",
]


@pytest.mark.parametrize("text", MADE)
def test_what_is_made_row_by_row(text: str) -> None:
    """NumPy agrees that it is a view, and the write is followed."""
    body = f"m = np.outer(x, x)\na = {text}\na.reshape(-1)[1] = x[0]\nreturn np.sum(a)"
    f = function(body)
    names = {"np": np, "x": V, "m": np.outer(V, V)}
    array = eval(text, names)
    assert array.flags.c_contiguous
    value, gradient = value_and_grad(f)(V.copy())
    assert np.allclose(value, f(V.copy()))
    steps = 1e-6 * np.eye(3)
    slopes = [(f(V + s) - f(V - s)) / 2e-6 for s in steps]
    assert np.allclose(gradient, slopes, atol=1e-7)


def test_arguments_stay_when_the_primal_raises() -> None:
    f = function("x[0] = 5.0\nif x[1] < 0:\n    raise ValueError('no')\nreturn x[0]")
    x = V.copy()
    with pytest.raises(ValueError, match="no"):
        grad(f)(x)
    assert np.array_equal(x, V)


def test_arguments_in_containers_stay() -> None:
    def f(d):
        d["a"][0] *= d["b"][1][0]
        d["b"][1][:] = 2.0
        np.add(d["a"], 1.0, out=d["a"])
        return np.sum(d["a"] * d["b"][1])

    d = {"a": V.copy(), "b": [1.0, V * 2]}
    grad(f)(d)
    assert np.array_equal(d["a"], V)
    assert np.array_equal(d["b"][1], V * 2)


def rows(m, x):
    for i in range(m.shape[0]):
        row = m[i]
        row[0] = x[i] ** 2
        for j in range(1, m.shape[1]):
            row[j] += row[j - 1] * x[j]
    return np.sum(m**2)


def line(x, n):
    m = np.zeros((n, n))
    flat = m.ravel()
    for k in range(n * n):
        flat[k] = x[k % n] ** 2
    return np.sum(m.T[0] * x)


def columns(x, n):
    m = np.zeros((n, n))
    for i in range(n):
        m.T[i][1] = x[i]
    return np.sum(m)


@pytest.mark.parametrize(
    "f, args, needed",
    [
        (rows, (np.ones((3, 3)), V), "m[i, 0] = x[i] ** 2"),
        (line, (V, 3), "m.flat[k] = "),
        (columns, (V, 3), "m.T[i][1] = x[i]"),
    ],
)
def test_entries_are_written_in_place(f, args, needed):
    """Nothing whole is copied or kept inside of the loops."""
    text = value_and_grad(f).source_for(*args)
    inside = [t for t in text.splitlines() if t.startswith("        ")]
    assert needed in text or needed.replace("T[i][1]", "T[i, 1]") in text
    assert not any("copy(" in t or "zeros" in t for t in inside)


def test_lengths_are_not_kept_for_each_round():
    """The shape of an array does not change with what is written to it."""

    def f(c, x):
        for i in range(c.shape[0]):
            for j in range(len(c[0])):
                c[i, j] *= x[i]
            for j in range(c.shape[1]):
                c[i, j] += x[j]
        return np.sum(c**2)

    text = value_and_grad(f, 1).source_for(np.ones((3, 3)), V)
    assert "saved_steps" not in text


def eight(x, n):
    total = np.zeros((2, 2))
    for a in range(n):
        for b in range(n):
            for c in range(n):
                for d in range(n):
                    for e in range(n):
                        for f in range(n):
                            for g in range(n):
                                for h in range(n):
                                    total[a, b] += x[c] * x[d + e] * x[f + g - h]
                                    total[b, a] *= 0.9
    return np.sum(total)


def test_a_nest_of_eight_lowers_in_time():
    start = time.process_time()
    value, gradient = value_and_grad(eight)(V, 2)
    assert time.process_time() - start < 10  # a blow-up takes minutes
    assert value == pytest.approx(eight(V.copy(), 2))
    assert np.all(np.isfinite(gradient))
