"""What is refused: the class, the user's line with carets, and what to do instead."""

from __future__ import annotations

import functools
import math
import struct
import textwrap
from typing import Any

import numpy as np
import pytest

from srcad import (
    InternalError,
    MissingRule,
    ShapeError,
    SignatureError,
    SourceUnavailable,
    SrcadError,
    UnsupportedSyntax,
    from_source,
    grad,
    jvp,
    value_and_grad,
)

V = np.array([0.3, -0.5, 1.2, 0.8])


def twice(g: Any) -> Any:
    """A decorator."""

    def wrapper(a: Any) -> Any:
        return 2 * g(a)

    return wrapper


NAMES = {
    "np": np,
    "math": math,
    "struct": struct,
    "functools": functools,
    "twice": twice,
}


def function(body: str) -> Any:
    """A function of x with this body; its first line is line 2."""
    return from_source("def f(x):\n" + textwrap.indent(body, "    "), dict(NAMES))


# body, the marked text on its line, a word of the message
SYNTAX = {
    "match": (
        "match x[0]:\n    case 1:\n        return x[0]\nreturn x[1]",
        "match",
        "match",
    ),
    "dict_comprehension": ("y = {k: 1 for k in x}\nreturn x[0]", "{k: 1", "key"),
    "set_comprehension": ("y = {k for k in x}\nreturn x[0]", "{k for", "set"),
    "set": ("y = {1, 2}\nreturn x[0]", "{1, 2}", "set"),
    "yield": ("yield x[0]", "yield x[0]", "generator"),
    "yield_from": ("yield from x", "yield from x", "generator"),
    "nested_yield": (
        "def g():\n    yield 1\nreturn x[0]",
        "yield 1",
        "generator",
    ),
    "async_def": ("async def g():\n    pass\nreturn x[0]", "async def g", "async"),
    "class": ("class A:\n    pass\nreturn x[0]", "class A", "class"),
    "import": ("import math\nreturn x[0]", "import math", "import"),
    "import_from": ("from math import sin\nreturn x[0]", "from math", "import"),
    "global": ("global z\nz = x[0]\nreturn z", "global z", "global"),
    "nonlocal": (
        "y = x[0]\ndef g():\n    nonlocal y\n    y = 3.0\ng()\nreturn y",
        "nonlocal y",
        "nonlocal",
    ),
    "del": ("y = x\ndel y\nreturn x[0]", "del y", "del"),
    "attribute_assignment": ("x.flags = 3\nreturn x[0]", "x.flags", "attribute"),
    "attribute_augmented": ("x.flags += 3\nreturn x[0]", "x.flags", "method"),
    "decorated_recursion": (
        "@twice\ndef g(a):\n    return a if a > 1 else g(a + 1)\nreturn g(x[0])",
        "g",
        "calls itself",
    ),
    "bare_raise": ("if x[0] > 5:\n    raise\nreturn x[0]", "raise", "raise"),
    "raise_object": ("raise x", "raise x", "class"),
    "exec": ("exec('y = 1')\nreturn x[0]", "exec('y = 1')", "exec"),
    "eval": ("return eval('x[0]')", "eval('x[0]')", "eval"),
    "locals": ("return locals()['x'][0]", "locals()", "locals"),
    "unknown_name": ("return x[0] + nowhere", "nowhere", "'nowhere' has no value"),
    "read_before_write": ("y = z\nz = 1\nreturn x[0]", "z", "'z' has no value"),
    "no_attribute": ("return x.nothing", "x.nothing", "'nothing'"),
    "no_function": ("return np.nothing(x)", "np.nothing", "nothing"),
    "not_callable": ("return x(3)", "x(3)", "not a function"),
    "unpack_number": ("a, b = x[0]\nreturn a", "a, b", "unpacked"),
    "unpack_count": ("a, b = 1, 2, 3\nreturn x[0]", "a, b", "unpacked"),
    "walk_number": ("for a in x[0]:\n    pass\nreturn x[0]", "x[0]", "walked"),
    "float_range": ("for i in range(1.5):\n    pass\nreturn x[0]", "range(1.5)", "int"),
    "write_tuple": ("t = (1, 2)\nt[0] = 3\nreturn x[0]", "t[0]", "tuple"),
    "write_float_in_int": (
        "y = np.array([1, 2])\ny += x[:2]\nreturn x[0]",
        "y += x[:2]",
        "cannot hold",
    ),
    "dict_key": ("return {'a': x[0]}['b']", "{'a': x[0]}['b']", "no key 'b'"),
    "too_many_arguments": ("f = lambda a: a\nreturn f(x[0], 3)", "f(x[0], 3)", "takes"),
    "missing_argument": ("f = lambda a, b: a\nreturn f(x[0])", "f(x[0])", "misses"),
    "wrong_keyword": ("f = lambda a: a\nreturn f(x[0], c=1)", "f(x[0], c=1)", "'c'"),
    "number_called_array": ("return x[0][0]", "x[0][0]", "subscripted"),
    "text_arithmetic": ("return x[0] * 'a'", "x[0] * 'a'", "nothing to compute"),
    "branches_unlike": (
        "if x[0] > 0:\n    y = x\nelse:\n    y = (x,)\nreturn y[0]",
        "x[0] > 0",
        "different kinds",
    ),
    "tuple_grows": (
        "t = 0\nfor i in range(len(x)):\n    t = (t, x[i])\nreturn t[1]",
        "for i in range(len(x))",
        "structure",
    ),
    "stored_then_written": (
        "a = np.zeros(2)\nys = []\nfor i in range(2):\n    ys.append(a)\n"
        "a[0] = x[0]\nreturn ys[0][0]",
        "a[0]",
        "stored in a list",
    ),
    "stored_each_time": (
        "a = np.zeros(2)\nys = []\nfor i in range(2):\n    a[0] = x[i]\n"
        "    ys.append(a)\nreturn ys[0][0]",
        "a[0]",
        "stored in a list",
    ),
    "partial_of_view": (
        "y = x.copy()\nb = y.reshape(2, 2)\ny[0] = 5.0\nreturn np.sum(b)",
        "np.sum(b)",
        "view",
    ),
    "write_to_global": ("NUMBERS[0] = x[0]\nreturn x[1]", "NUMBERS[0]", "outside"),
}


@pytest.mark.parametrize("name", SYNTAX)
def test_unsupported_syntax(name: str) -> None:
    body, marked, word = SYNTAX[name]
    f = function(body)
    f.__globals__["NUMBERS"] = np.zeros(3)
    for ask in (lambda: grad(f)(V.copy()), lambda: jvp(f, (V.copy(),), (V.copy(),))):
        with pytest.raises(UnsupportedSyntax) as caught:
            ask()
        error = caught.value
        assert word in error.message
        assert error.span is not None
        lines = ["def f(x):", *textwrap.indent(body, "    ").splitlines()]
        assert error.span.text == lines[error.span.line - 1]
        assert marked.splitlines()[0] in error.span.text
        assert error.span.text[error.span.column :].startswith(marked[:1])
        assert error.lineno == error.span.line
        assert "^" in str(error)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("return struct.pack('d', x[0])[0] * x[1]", "pack"),
        ("return np.roots(x)[0]", "roots"),
        ("return np.apply_along_axis(np.sum, 0, x)", "apply_along_axis"),
        ("return np.sin(x, where=x > 0)[0]", "where"),
        ("return np.sum(x, foo=3)", "foo"),
    ],
)
def test_missing_rule(body: str, name: str) -> None:
    with pytest.raises(MissingRule) as caught:
        grad(function(body))(V.copy())
    assert name in str(caught.value)
    assert caught.value.span is not None
    assert caught.value.span.line == 2
    assert caught.value.hint


def test_unknown_call_on_a_path_that_does_not_matter() -> None:
    f = function("n = struct.calcsize('d')\nreturn x[0] * n")
    assert np.array_equal(grad(f)(V), [8.0, 0.0, 0.0, 0.0])


@pytest.mark.parametrize("body", ["return x", "return x, x[0]", "return None", "pass"])
def test_result_that_is_not_one_number(body: str) -> None:
    with pytest.raises(ShapeError) as caught:
        grad(function(body))(V)
    assert "jacobian" in str(caught.value) and "vjp" in str(caught.value)
    assert caught.value.span is not None


def test_integer_array() -> None:
    with pytest.raises(SignatureError, match="int64: derivatives need floats"):
        grad(function("return np.sum(x)"))(np.arange(3))


@pytest.mark.parametrize("value", ["text", None, np.array(["a"]), len])
def test_argument_without_derivative(value: Any) -> None:
    with pytest.raises(SrcadError):
        grad(function("return 1.0"))(value)


@pytest.mark.parametrize(
    "options",
    [
        {"argnums": 1},
        {"argnums": -3},
        {"argnums": (0, 0)},
        {"argnums": ()},
        {"argnums": "x"},
        {"argnums": True},
        {"argnums": 1.0},
        {"argnames": "y"},
        {"argnames": ("x", "y")},
        {"backend": "fortran"},
    ],
)
def test_wrong_options(options: dict[str, Any]) -> None:
    with pytest.raises(SignatureError):
        grad(function("return x[0]"), **options)


@pytest.mark.parametrize("target", [3, "f", None.__class__, object()])
def test_not_a_function(target: Any) -> None:
    with pytest.raises(SrcadError):
        grad(target)(1.0)


def test_missing_source() -> None:
    names: dict[str, Any] = {}
    exec("def f(x):\n    return x * x\n", names)
    with pytest.raises(SourceUnavailable) as caught:
        grad(names["f"])(1.0)
    assert "from_source" in str(caught.value)


def test_c_function_without_a_rule() -> None:
    with pytest.raises(MissingRule, match="calcsize"):
        grad(struct.calcsize)


def test_partial_as_data_is_refused() -> None:
    f = function("g = functools.partial(np.sum, axis=0)\nreturn x[0] + g")
    with pytest.raises(UnsupportedSyntax, match="partial"):
        grad(f)(V)


def test_user_errors_stay_what_they_are() -> None:
    f = function(
        "if x[0] > 0:\n    raise KeyError(f'first {x[0]:.1f}', 3)\nreturn x[1]"
    )
    with pytest.raises(KeyError) as caught:
        grad(f)(V)
    assert caught.value.args == ("first 0.3", 3)


def test_run_time_errors_name_the_users_line() -> None:
    f = function("y = x * 2\nreturn np.sum(y[:3] * x)")
    with pytest.raises(ValueError) as caught:
        grad(f)(V)
    assert any("np.sum(y[:3] * x)" in note for note in caught.value.__notes__)


def test_deep_expressions_are_no_crash() -> None:
    f = function("return " + "(" * 90 + "x[0]" + " + 1)" * 90)
    assert grad(f)(V)[0] == 1.0


def test_holds_itself() -> None:
    f = function("y = []\nfor a in x:\n    y.append(y)\nreturn x[0]")
    with pytest.raises(SrcadError) as caught:
        grad(f)(V)
    assert not isinstance(caught.value, InternalError)


def test_endless_recursion() -> None:
    f = function("def g(a):\n    return g(a)\nreturn g(x[0])")
    with pytest.raises((SrcadError, RecursionError)) as caught:
        value_and_grad(f)(V)
    assert not isinstance(caught.value, InternalError)
