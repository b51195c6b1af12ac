"""Odd function bodies: each is answered right, or refused with its place.

`snippets.txt` holds bodies of functions of one vector x. What a plain call answers is
answered the same, with the derivative that differences give; what a plain call raises
is raised or refused. Nothing else, and never an internal error.
"""

from __future__ import annotations

import math
import textwrap
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from srcad import InternalError, SrcadError, from_source, value_and_grad

TEXT = (Path(__file__).parent / "snippets.txt").read_text(encoding="utf-8")
SNIPPETS = [s.strip("\n") for s in TEXT.split("\n---\n")]
POINT = np.array([0.3, -0.5, 1.2, 0.8])
STEP = 1e-6


def plain(f: Any, x: np.ndarray[Any, Any]) -> Any:
    """What a plain call gives, or the exception it raises."""
    try:
        return f(x.copy())
    except Exception as error:
        return error


@pytest.mark.parametrize("body", SNIPPETS, ids=lambda b: b.replace("\n", "; ")[:50])
def test_snippet(body: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(body)


def check(body: str) -> None:
    try:
        text = "def f(x):\n" + textwrap.indent(body, "    ") + "\n"
        f = from_source(text, {"np": np, "math": math})
    except SyntaxError:
        return
    expected = plain(f, POINT)
    x = POINT.copy()
    try:
        value, gradient = value_and_grad(f)(x)
    except InternalError:
        raise
    except SrcadError as error:
        assert error.span is not None, error
        assert 1 <= error.span.line <= len(text.splitlines())
        return
    except Exception as error:
        assert type(error) is type(expected)
        return
    assert not isinstance(expected, Exception), "answered, but a plain call raises"
    assert np.array_equal(x, POINT)
    assert np.allclose(value, expected, rtol=1e-12)
    slopes = []
    for k in range(len(POINT)):
        ahead, behind = POINT.copy(), POINT.copy()
        ahead[k] += STEP
        behind[k] -= STEP
        slopes.append(np.sum(plain(f, ahead)) - np.sum(plain(f, behind)))
    assert np.allclose(gradient, np.real(slopes) / (2 * STEP), rtol=1e-4, atol=1e-5)
