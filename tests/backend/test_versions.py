"""Names that clash with those that Numba makes for an array's later values."""

from __future__ import annotations

import numpy as np
import pytest
from programs import test_programs as programs
from trees import close

import srcad

pytest.importorskip("numba")


def check(function, *args):
    """Both dialects agree; gives the source for Numba."""
    where = tuple(range(len(args)))
    found = srcad.value_and_grad(function, where, backend="numba")
    expected = srcad.value_and_grad(function, where)(*args)
    value, slopes = found(*args)
    assert close(value, expected[0], 1e-12)
    for a, b in zip(slopes, expected[1], strict=True):
        assert close(a, b, 1e-12)
    return found.source


def test_a_numbered_name_beside_an_array_of_two_values():
    case = programs.PROGRAMS["nested.pullback_twice"]
    text = check(case.function, *case.fresh())
    assert "outer_value + outer_value1)" in text
    assert "outer_value_2 + outer_value_3)" in text  # neither has two values


def chosen(a, x_1):
    if a[0] > 0.0:
        x = np.outer(a, a)
    else:
        x = np.outer(a, a[::-1])
    return np.sum(np.linalg.inv((x + x_1)[:2]))


def test_parameters_keep_their_names():
    text = check(chosen, np.array([1.0, 2.0]), np.array([[4.0, 1.0], [0.5, 3.0]]))
    assert "def chosen(a, x_1):" in text
    assert "(x_new + x_1)[:2]" in text
