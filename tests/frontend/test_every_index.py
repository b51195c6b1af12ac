"""Indices of every kind, read and written, on arrays of one to four dimensions.

A subscript is linear in the array: its tangent along t is exactly f(x + t) - f(x), and
the cotangent is its transpose. Indices are made of one text per axis; what NumPy itself
refuses is left out. Second order goes through a square of what is read and written.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import srcad
from srcad.errors import SrcadError

LENGTHS = (3, 4, 2, 3)
NAMES: dict[str, Any] = {
    "np": np,
    "k": 1,
    "I": np.array([0, 1, 0]),
    "J": np.array([[1, 0, 1]]),
    "Z": np.array(1),
    "N": np.int64(-1),
    "E": np.array([], dtype=int),
    **{f"K{n}": np.arange(n) % 2 == 0 for n in (2, 3, 4)},
    "B": np.arange(12).reshape(3, 4) % 3 == 0,
}

# Per axis; {n} is its length.
BASIC = ("0", "-1", "k", ":", "1:", "::-1", "-1:0:-2", "...", "None", "1:1")
ARRAYS = ("I", "J", "K{n}", "[1, 0]", "Z", "N", "E", "[True] + [False] * ({n} - 1)")
FEW = ("k", "::-1", "I", "K{n}", "None", "...")


def _indices() -> list[Any]:
    found = []
    for text in (*BASIC, *ARRAYS, "None, I", "I, None", "..., None, ::-1"):
        found.append((1, text.format(n=LENGTHS[0])))
    for pair in itertools.product((*BASIC, *ARRAYS), repeat=2):
        texts = [t.format(n=n) for t, n in zip(pair, LENGTHS, strict=False)]
        found.append((2, ", ".join(texts)))
    found += [(2, text) for text in ("B", "B, None", "..., B", "0", "()", "...")]
    for triple in itertools.product(FEW, repeat=3):
        texts = [t.format(n=n) for t, n in zip(triple, LENGTHS, strict=False)]
        found.append((3, ", ".join(texts)))
    found += [
        (3, text) for text in ("B", "B, ::-1", "B, 1", "None, B", "I, :, [1, 0, 1]")
    ]
    for text in ("I, 0, ..., I", ":, I, :, I", "..., K3", "B, ..., K3", "0, ..., None"):
        found.append((4, text))
    return found


def _array(rank: int) -> np.ndarray:
    shape = LENGTHS[:rank]
    return np.sin(np.arange(1.0, 1.0 + np.prod(shape))).reshape(shape)


def _function(body: str) -> Any:
    return srcad.from_source(f"def f(x, v):\n{body}", dict(NAMES))


READ = "    return x[{i}] * 1.0\n"
SET = "    y = x * 1.0\n    y[{i}] = v\n    return y\n"
ADD = "    y = x * 1.0\n    y[{i}] += v\n    return y\n"
SQUARES = (
    "    y = x * 1.0\n    y[{i}] *= x[{i}]\n"
    "    return np.sum(y**3) + np.sum(x[{i}] ** 2) * np.sum(v**2)\n"
)


def _values(rank: int, index: str) -> tuple[np.ndarray, Any] | None:
    """x, and what can be written there; None where NumPy takes no such index."""
    x = _array(rank)
    try:
        part = eval(f"x[{index}]", {**NAMES, "x": x})
    except (IndexError, ValueError):
        return None
    return x, np.cos(np.arange(np.size(part))).reshape(np.shape(part))


CASES = [
    pytest.param(rank, index, id=f"{rank}-{index}")
    for rank, index in _indices()
    if _values(rank, index) is not None
]


@pytest.mark.parametrize("rank, index", CASES)
def test_read_and_write(rank: int, index: str) -> None:
    x, v = _values(rank, index) or (None, None)
    for body in (READ, SET, ADD):
        _check(_function(body.format(i=index)), x, v)
    _check(_function(SET.format(i=index)), x, 0.5)


def _check(f: Any, x: Any, v: Any) -> None:
    """Value, tangent and cotangent of a linear function."""
    t, s = np.cos(x), np.sin(np.asarray(v) + 1.0)
    s = float(s) if isinstance(v, float) else s
    want = f(x.copy(), np.copy(v) if isinstance(v, np.ndarray) else v)
    out, tangent = srcad.jvp(f, (x, v), (t, s))
    np.testing.assert_array_equal(out, want)
    assert np.shape(out) == np.shape(want)
    np.testing.assert_allclose(tangent, f(x + t, v + s) - want, atol=1e-12)
    seed = np.cos(np.arange(np.size(want))).reshape(np.shape(want))[()]
    _, pull = srcad.vjp(f, x, v)
    x_bar, v_bar = pull(seed)
    found = np.sum(x_bar * t) + np.sum(v_bar * s)
    np.testing.assert_allclose(found, np.sum(seed * tangent), atol=1e-12)


@pytest.mark.parametrize("rank, index", CASES[::5])
def test_second_order(rank: int, index: str) -> None:
    x, v = _values(rank, index) or (None, None)
    f = _function(SQUARES.format(i=index))
    try:
        srcad.check_grads(f, (x, v), order=2)
    except SrcadError as error:
        raise AssertionError(str(error)) from None
