"""`with` and `try`: what is refused and where, and what differences cannot check."""

from __future__ import annotations

import contextlib
import math
import re
import textwrap
import warnings
from typing import Any

import numpy as np
import pytest

from srcad import (
    MissingRule,
    SrcadError,
    UnsupportedSyntax,
    from_source,
    grad,
    jvp,
    value_and_grad,
)
from srcad.transform import Transform

LOG: list[str] = []


@contextlib.contextmanager
def noted(name: str) -> Any:
    LOG.append(f"enter {name}")
    yield name
    LOG.append(f"leave {name}")


@contextlib.contextmanager
def swallowing() -> Any:
    with contextlib.suppress(ValueError):
        yield


@contextlib.contextmanager
def scaled(x: float) -> Any:
    yield 2.0 * x


NAMES = {
    "np": np,
    "math": math,
    "contextlib": contextlib,
    "warnings": warnings,
    "noted": noted,
    "swallowing": swallowing,
    "scaled": scaled,
}


def function(body: str) -> Any:
    """A function of x with this body; its first line is line 2."""
    return from_source("def f(x):\n" + textwrap.indent(body, "    "), dict(NAMES))


# body; the line and the text under the carets; a part of the message
REFUSED = {
    "bound_then_read_in_the_handler": (
        "try:\n    y = x * 2\n    z = math.log(x)\nexcept ValueError:\n    return y\n"
        "return y * z",
        6,
        "y",
        "'y' is bound in the body of a try",
    ),
    "bound_then_read_after": (
        "y = x\ntry:\n    y = y + 1\n    z = math.log(x)\nexcept ValueError:\n"
        "    z = 1.0\nreturn y * z",
        8,
        "y",
        "'y' is bound in the body of a try",
    ),
    "written_then_read": (
        "a = np.zeros(2)\ntry:\n    a[0] = x\n    z = math.log(x)\n"
        "except ValueError:\n    z = a[0]\nreturn z",
        7,
        "a[0]",
        "this object is changed in the body of a try",
    ),
    "written_by_another_name": (
        "a = np.zeros(2)\nb = a\ntry:\n    a[0] = x\n    z = math.log(x)\n"
        "except ValueError:\n    z = 0.0\nreturn z + np.sum(b)",
        9,
        "np.sum(b)",
        "this object is changed in the body of a try",
    ),
    "list_that_grew": (
        "a = [x]\ntry:\n    a.append(x)\n    z = math.log(x)\n"
        "except ValueError:\n    z = 0.0\nreturn z + a[0]",
        8,
        "a[0]",
        "this object is changed",
    ),
    "in_the_next_iteration": (
        "t = 0.0\nfor i in range(3):\n    try:\n        t = t + 1\n"
        "        z = math.log(x - t)\n    except ValueError:\n        continue\n"
        "return t",
        5,
        "t",
        "'t' is bound in the body of a try",
    ),
    "read_in_finally": (
        "y = 1.0\ntry:\n    y = x\n    z = math.log(x)\nfinally:\n    y = y + 1\n"
        "return y * z",
        7,
        "y",
        "'y' is bound in the body of a try",
    ),
    "exception_computed_with": (
        "try:\n    y = math.log(x)\nexcept ValueError as e:\n    y = e.args[0]\n"
        "return y",
        5,
        "e.args",
        "caught exception",
    ),
    "exception_read_after": (
        "try:\n    y = math.log(x)\nexcept ValueError as e:\n    y = x\nprint(e)\n"
        "return y",
        6,
        "e)",
        "no value",
    ),
    "return_in_finally": (
        "try:\n    y = math.log(x)\nfinally:\n    return x",
        5,
        "return x",
        "a jump out of finally",
    ),
    "class_computed": (
        "try:\n    y = math.log(x)\nexcept x:\n    y = x\nreturn y",
        4,
        "x",
        "not a class of exceptions",
    ),
    "raise_outside": ("if x > 9:\n    raise\nreturn x", 3, "raise", "in a handler"),
    "raise_in_a_function_of_the_handler": (
        "def g():\n    raise\ntry:\n    y = math.log(x)\nexcept ValueError:\n"
        "    g()\nreturn y",
        3,
        "raise",
        "in a handler",
    ),
    "no_manager": ("with x:\n    y = x\nreturn y", 2, "x", "no context manager"),
    "module_is_no_manager": (
        "with math:\n    y = x\nreturn y",
        2,
        "math",
        "no context manager",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    body, line, text, message = REFUSED[name]
    with pytest.raises(UnsupportedSyntax, match=re.escape(message)) as error:
        grad(function(body))(2.5)
    span = error.value.span
    assert span is not None and span.line == line
    assert span.text[span.column :].startswith(text)


def test_a_value_of_a_manager_has_no_derivative() -> None:
    f = function("with scaled(x) as y:\n    z = y * x\nreturn z")
    for transform in (grad(f), lambda x: jvp(f, (x,), (1.0,))):
        with pytest.raises(MissingRule, match="context manager") as error:
            transform(2.0)
        assert error.value.span is not None and error.value.span.line == 2


@pytest.mark.parametrize(
    ("x", "value", "slope"), [(0.0, 0.0, 2.0), (2.0, 0.5, -0.25), (-1.0, -1.0, -1.0)]
)
def test_the_way_that_was_taken(x: float, value: float, slope: float) -> None:
    """At x = 0 alone the handler runs: its derivative counts."""
    body = "try:\n    return 1.0 / x\nexcept ZeroDivisionError:\n    return 2.0 * x"
    f = function(body)
    assert value_and_grad(f)(x) == (value, slope)
    assert jvp(f, (x,), (1.0,)) == (value, slope)
    assert grad(grad(f))(x) == (0.0 if x == 0 else 2.0 / x**3)


def test_what_nothing_reads_may_still_raise() -> None:
    body = "try:\n    1.0 / x\nexcept ZeroDivisionError:\n    return 5.0 * x\nreturn x"
    assert grad(function(body))(0.0) == 5.0
    assert grad(function(body))(2.0) == 1.0
    assert jvp(function(body), (0.0,), (1.0,))[1] == 5.0


def test_the_first_exception_counts() -> None:
    """The exceptions of one statement come in the user's order."""
    body = (
        "try:\n    y = 1.0 / x + math.log(x)\nexcept ZeroDivisionError:\n"
        "    return 3.0 * x\nexcept ValueError:\n    return 7.0 * x\nreturn y"
    )
    f = function(body)
    assert grad(f)(0.0) == 3.0
    assert grad(f)(-1.0) == 7.0
    assert jvp(f, (0.0,), (1.0,))[1] == 3.0


def test_what_is_not_caught_goes_on() -> None:
    body = "try:\n    y = math.log(x)\nexcept KeyError:\n    y = x\nreturn y"
    with pytest.raises(ValueError, match="domain"):
        grad(function(body))(-1.0)


def test_finally_runs_on_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    f = function("try:\n    y = math.log(x)\nfinally:\n    print('done')\nreturn y")
    assert grad(f)(2.0) == 0.5
    assert capsys.readouterr().out == "done\n"
    with pytest.raises(ValueError, match="domain"):
        grad(f)(-1.0)
    assert capsys.readouterr().out == "done\n"


def test_managers_are_entered_and_left_once_in_order() -> None:
    LOG.clear()
    f = function(
        "with noted('a') as name, noted('b'):\n    y = x * x\n"
        "with noted('c'):\n    y = y * x\nreturn y"
    )
    assert grad(f)(2.0) == 12.0
    order = ["enter a", "enter b", "leave b", "leave a", "enter c", "leave c"]
    assert order == LOG


def test_a_manager_that_swallows_is_found_out() -> None:
    body = "y = x\nwith swallowing():\n    y = math.log(x)\nreturn y"
    f = function(body)
    assert grad(f)(2.0) == 0.5
    with pytest.raises(RuntimeError, match="swallowed"):
        grad(f)(-1.0)


def test_the_adjoint_warns_no_more_than_the_primal() -> None:
    f = function("with np.errstate(all='ignore'):\n    y = np.sqrt(x)\nreturn y[0]")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isinf(grad(f)(np.zeros(2))[0])
        assert np.isinf(jvp(f, (np.zeros(2),), (np.ones(2),))[1])


def test_the_adjoint_raises_nothing_of_its_own() -> None:
    """sqrt(0) is no error, and neither is its derivative."""
    f = function("with np.errstate(all='raise'):\n    y = np.sqrt(x)\nreturn y[0]")
    with np.errstate(all="ignore"):
        assert np.isinf(grad(f)(np.zeros(2))[0])
        assert np.isinf(jvp(f, (np.zeros(2),), (np.ones(2),))[1])


def test_printed_as_one_would_write_it() -> None:
    f = function(
        "try:\n    y = math.log(x)\nexcept ZeroDivisionError:\n    y = x\n"
        "except (KeyError, ValueError) as e:\n    print(f'{e}'[:0], end='')\n"
        "    y = 2 * x\nelse:\n    y = y * x\nreturn y"
    )
    text = Transform(f, ()).source_for(2.0)
    assert "    except ZeroDivisionError:\n" in text
    assert "    except (KeyError, ValueError) as e:\n" in text
    assert "    else:\n        y *= x" in text
    assert "isinstance" not in text and "failed" not in text


def test_numba() -> None:
    pytest.importorskip("numba")
    f = function("with np.errstate(divide='ignore'):\n    y = x * x\nreturn y")
    g = grad(f, backend="numba")
    assert g(3.0) == 6.0
    assert "errstate" not in g.source
    raising = function("with np.errstate(all='raise'):\n    y = np.log(x)\nreturn y")
    assert grad(raising)(4.0) == 0.25
    with pytest.raises(SrcadError, match="no with"):
        value_and_grad(raising, backend="numba")(3.0)
    tried = function(
        "try:\n    y = math.exp(x)\nexcept OverflowError:\n    y = x\nreturn y"
    )
    with pytest.raises(SrcadError, match="no try") as error:
        grad(tried, backend="numba")(2.0)
    assert error.value.span is not None and error.value.span.line == 2
    with pytest.warns(UserWarning, match="no try"):
        assert grad(tried, backend="auto")(2.0) == pytest.approx(math.exp(2.0))


def test_warnings_keep_their_keywords() -> None:
    f = function(
        "if x > 1:\n"
        "    warnings.warn(f'{x} is big', category=RuntimeWarning, stacklevel=2)\n"
        "return x * x"
    )
    with pytest.warns(RuntimeWarning, match="big") as caught:
        assert grad(f)(2.0) == 4.0
    assert len(caught) == 1
    assert "category=RuntimeWarning, stacklevel=2" in grad(f).source_for(2.0)
