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
    "guard_that_writes": (
        "d = [x[0], x[1]]\nmatch d:\n    case [a, b] if d.pop() > 9:\n"
        "        return a\n    case [a]:\n        return 5 * a\nreturn x[1]",
        "d.pop() > 9",
        "guard",
    ),
    "dict_comprehension": ("y = {k: 1 for k in x}\nreturn x[0]", "{k: 1", "key"),
    "set_comprehension": ("y = {k for k in x}\nreturn x[0]", "{k for", "set"),
    "yield": ("yield x[0]", "yield x[0]", "generator"),
    "yield_from": ("yield from x", "yield from x", "generator"),
    "nested_yield": (
        "def g():\n    yield 1\nreturn x[0]",
        "yield 1",
        "generator",
    ),
    "async_def": ("async def g():\n    pass\nreturn x[0]", "async def g", "async"),
    "global": ("global z\nz = x[0]\nreturn z", "z = x[0]", "may carry"),
    "global_del": ("global z\ndel z\nreturn x[0]", "z", "global"),
    "del_unset": ("del y\ny = 1\nreturn x[0]", "y", "'y' has no value"),
    "read_deleted": ("y = x\ndel y\nreturn y[0]", "y[0]", "'y' has no value"),
    "del_key": ("d = {'a': x}\ndel d['b']\nreturn x[0]", "d['b']", "no key 'b'"),
    "del_rows": ("del x[0]\nreturn x[0]", "x[0]", "del of this part"),
    "del_attribute": ("del x.real\nreturn x[0]", "x.real", "attribute"),
    "import_missing": ("import nothing_here\nreturn x[0]", "import", "nothing_here"),
    "import_name": (
        "from math import nothing\nreturn x[0]",
        "from math import nothing",
        "nothing",
    ),
    "set_order": (
        "for k in {1, 2}:\n    pass\nreturn x[0]",
        "{1, 2}",
        "order in which a set",
    ),
    "set_of_numbers": ("s = {x[0]}\nreturn x[0]", "{x[0]}", "entry of a set"),
    "set_of_a_branch": (
        "s = {1}\nif x[0] > 0:\n    s.add(2)\nreturn x[0] * len(s)",
        "len(s)",
        "depends on a branch",
    ),
    "set_in_a_loop": (
        "s = set()\nfor a in x:\n    s.add(1)\nreturn x[0] * len(s)",
        "for a in x",
        "known while lowering",
    ),
    "set_arithmetic": ("return x[0] * {1, 2}", "x[0] * {1, 2}", "set"),
    "key_of_number": ("return {0: x[0]}[int(x[0])]", "{0: x[0]}", "dict's key"),
    "missing_key": ("return {}.pop('a')", "{}.pop('a')", "no key 'a'"),
    "dict_grows_while_walked": (
        "d = {'a': x[0], 'b': 1.0}\nfor k in d.keys():\n    d[k + k] = x[1]\n"
        "return d['a']",
        "d.keys()",
        "keys of this dict change",
    ),
    "list_grows_while_walked": (
        "ys = [x[0], x[1]]\nfor y in ys:\n    ys.append(y)\nreturn ys[0]",
        "ys:",
        "changes while it does",
    ),
    "long_list_grows_while_walked": (
        "ys = []\nfor a in x:\n    ys.append(a)\nfor y in ys:\n    ys.append(y)\n"
        "return ys[0]",
        "ys",
        "may change while it does",
    ),
    "match_long_list": (
        "ys = []\nfor a in x:\n    ys.append(a)\nmatch ys:\n    case [b]:\n"
        "        return b\nreturn x[0]",
        "[b]",
        "length is known",
    ),
    "match_too_many": (
        "match x[0] > 0, 1:\n    case complex(1, 2, 3):\n        pass\n"
        "    case tuple(1, 2):\n        return x[1]\nreturn x[0]",
        "tuple(1, 2)",
        "positional sub-patterns",
    ),
    "function_changes_in_a_loop": (
        "g = np.sin\ny = x[0]\nfor a in x:\n    y = g(y)\n    g = np.cos\nreturn y",
        "for a in x",
        "different kinds",
    ),
    "text_changes_in_a_loop": (
        "m = 'a'\ny = x[0]\nfor a in x:\n    if m == 'a':\n        y = y * 2\n"
        "    m = 'b'\nreturn y",
        "for a in x",
        "different kinds",
    ),
    "decorator_gives_a_number": (
        "@(lambda f: f(x[0]))\ndef g(a):\n    return a\nreturn g",
        "lambda f: f(x[0])",
        "decorator",
    ),
    "decorator_keeps_effects": (
        "n = 0\n@functools.cache\ndef g(a):\n    nonlocal n\n    n += 1\n"
        "    return a\nreturn g(x[0]) * n",
        "functools.cache",
        "binds names outside",
    ),
    "recursive_nonlocal": (
        "n = 0\ndef g(a):\n    nonlocal n\n    n += 1\n"
        "    return a if a > 1 else g(2 * a)\n"
        "return g(x[0]) * n",
        "g(2 * a)",
        "recursive function",
    ),
    "walrus_else_break": (
        "for i in range(2):\n    while (n := i) > 5:\n        pass\n    else:\n"
        "        break\nreturn x[0]",
        "(n := i) > 5",
        "else of a while",
    ),
    "endless": (
        "def g(a):\n    return g(a)\nreturn g(x[0])",
        "def g(a)",
        "never ends",
    ),
    "id": ("return x[0] * id(x)", "id(x)", "id()"),
    "pow_modulo": ("return x[0] * pow(3, 2, 5)", "pow(3, 2, 5)", "three arguments"),
    "by_position": ("return np.sin(x=x[0])", "np.sin(x=x[0])", "by position only"),
    "math_by_position": ("return math.sin(x=x[0])", "math.sin(x=x[0])", "by position"),
    "hasattr_name": ("return x[hasattr(x, x)]", "hasattr(x, x)", "hasattr"),
    "tolist_of_any_length": ("return x.tolist()[0]", "x.tolist()", "shape is known"),
    "class": ("class A:\n    pass\nreturn x[0]", "class A", "class"),
    "dict_filled_in_a_loop": (
        "d = {}\nfor v, k in zip(x, ['a', 'b']):\n    d[k] = v\nreturn sum(d.values())",
        "d.values",
        "'values'",
    ),
    "attribute_of_memory": ("s = x.strides\nreturn x[0]", "x.strides", "memory"),
    "attribute_assignment": ("x.flags = 3\nreturn x[0]", "x.flags", "attribute"),
    "attribute_augmented": ("x.T += 3\nreturn x[0]", "x.T", "attribute"),
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
        "b = np.outer(x, x)\ny = b.T.ravel()\nb[0] = 5.0\nreturn np.sum(y)",
        "np.sum(y)",
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
        ("return np.histogram2d(x, x)[0]", "histogram2d"),
        ("return np.histogramdd(x)[0]", "histogramdd"),
        ("return np.median(x, where=x > 0)", "where"),
        ("return np.sum(x, foo=3)", "foo"),
        ("return np.sum(np.delete(x, []))", "delete"),
        ("return x.astype(object)[0] * 2", "object"),
        ("return np.array([x[0], None], dtype=object)[0]", "object"),
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
