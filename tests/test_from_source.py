"""Functions made from text."""

import traceback

import numpy as np
import pytest
from sources import first_line

from srcad.errors import SrcadError
from srcad.source import from_source, read_function


def test_from_source():
    f = from_source(
        """
        import math

        def f(x):
            return math.sin(x) * k
        """,
        {"k": 2.0},
    )
    assert f(0.5) == pytest.approx(2 * np.sin(0.5))
    source = read_function(f)
    assert source.file.filename.startswith("<srcad source ")
    assert source.text(source.tree.body[0]) == "return math.sin(x) * k"
    assert first_line(f) == "def f(x):"


def test_from_source_shows_in_tracebacks():
    f = from_source("def f(x):\n    return 1 / x  # here\n")
    with pytest.raises(ZeroDivisionError) as caught:
        f(0)
    assert "return 1 / x  # here" in "".join(traceback.format_exception(caught.value))


def test_from_source_names():
    text = "def f(x): return g(x)\ndef g(x): return x\n"
    assert first_line(from_source(text, name="f")) == "def f(x): return g(x)"
    assert first_line(from_source(text, name="g")) == "def g(x): return x"
    with pytest.raises(SrcadError, match="several functions: f, g"):
        from_source(text)
    with pytest.raises(SrcadError, match="does not define h: it has f, g"):
        from_source(text, name="h")
    with pytest.raises(SrcadError, match="no function"):
        from_source("x = 1")
    with pytest.raises(SyntaxError):
        from_source("def f(x:\n")


def test_from_source_with_a_decorator_that_makes_something_else():
    text = "import functools\n@functools.lru_cache\ndef f(x): return x\n"
    with pytest.raises(SrcadError, match="_lru_cache_wrapper"):
        from_source(text)


def test_from_source_keeps_odd_characters_of_strings():
    f = from_source("def f():\r\n    return '\x0c', 'a\u2028b'\r\n")
    assert f() == ("\x0c", "a\u2028b")
    assert first_line(f) == "def f():"
