"""Calls that do not fit: the error names the user's line, and is what NumPy's is.

Some are found while lowering (`ShapeError` and the like, with the line in them), some
when the program runs: NumPy's own error, with a note that has the line. A gradient that
would not have its argument's shape is not given: the function itself is called, to
raise what it raises.
"""

from __future__ import annotations

import math
import traceback
from typing import Any

import numpy as np
import pytest

import srcad

V = np.array([1.0, 2.0, 3.0, 4.0])
M = np.arange(6.0).reshape(2, 3) + 1.0

# x; the line; a word of the error.
CASES: list[tuple[Any, str, str]] = [
    (V, "x @ np.ones(3)", "mismatch"),
    (V, "x + np.ones(3)", "broadcast"),
    (V, "np.concatenate([x, np.ones((2, 2))])", "dimension"),
    (V, "np.vstack([x, np.ones(3)])", "dimension"),
    (V, "np.stack([x, x[:2]])", "same shape"),
    (V, "x.reshape(3, 2)", "reshape"),
    (V, "np.reshape(x, (3, -1))", "reshape"),
    (V, "np.einsum('i,j,k', x, x)", "einsum"),
    (M, "np.einsum('ij,jk->ik', x, x)", "broadcast"),
    (V, "np.einsum('ij->', x)", "subscripts"),
    (M, "np.matmul(x, x)", "mismatch"),
    (V, "np.dot(x, np.ones((3, 2)))", "aligned"),
    (V, "np.tensordot(x, np.ones(3), 1)", "mismatch"),
    (M, "np.linalg.solve(x, np.ones(2))", "square"),
    (M, "np.linalg.inv(x)", "square"),
    (V, "np.linalg.inv(np.zeros((2, 2)) * x[0])", "Singular"),
    (V, "np.linalg.cholesky(-np.eye(2) * x[0])", "positive definite"),
    (M, "np.linalg.eigh(x)[0]", "square"),
    (V, "x[7]", "out of bounds"),
    (V, "x[:, 0]", "too many indices"),
    (V, "x['a']", "no index"),
    (V, "np.take(x, 9)", "out of bounds"),
    (V, "np.sum(x, axis=1)", "axis 1"),
    (V, "x.sum(axis=5)", "axis 5"),
    (V, "np.moveaxis(x, 0, 3)", "axis 3"),
    (V, "np.swapaxes(x, 0, 1)", "axis 1"),
    (V, "np.squeeze(x, axis=0)", "squeeze"),
    (V, "np.broadcast_to(x, (3, 3))", "broadcast"),
    (V, "np.split(x, 3)[0]", "equal division"),
    (V, "np.repeat(x, [1, 2])", "broadcast"),
    (V, "np.max(x[:0])", "zero-size"),
    (V, "np.cross(x, x)", "dimension"),
    (V, "np.quantile(x, 1.5)", "range"),
    (V, "math.sqrt(-x[0])", "domain"),
    (V, "np.sum(x, foo=3)", "foo"),
    (V, "np.convolve(x, x, mode='foo')", "mode='foo'"),
    (V, "np.add(x)", "missing"),
    (V, "x.nosuch", "nosuch"),
    (V, "np.nosuch(x)", "nosuch"),
    (V, "np.linalg.eigh(np.eye(2) * x[0])[1]", "equal eigenvalues"),
    (V, "np.apply_along_axis(np.sum, 1, np.outer(x, x)[:0])", "0"),
    (V, "np.polyfit(x, np.ones(3), 1)", "same length"),
]


@pytest.mark.parametrize("x, line, word", CASES, ids=[line for _, line, _ in CASES])
def test_the_line_is_named(x: Any, line: str, word: str) -> None:
    text = f"def f(x):\n    y = {line}\n    return np.sum(y ** 2)\n"
    f = srcad.from_source(text, {"np": np, "math": math})
    with pytest.raises(Exception) as caught:
        srcad.grad(f)(x)
    assert not isinstance(caught.value, srcad.errors.InternalError)
    shown = "".join(traceback.format_exception(caught.value))
    assert word in shown
    assert "line 2" in shown and f"y = {line}" in shown
