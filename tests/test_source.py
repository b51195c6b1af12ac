"""Sources: found, proved to be the code that runs, and shown with places."""

import functools
import sys
import textwrap
import threading

import gast
import pytest
from sources import Model, decorated, first_line, load, plain

from srcad.errors import SourceUnavailable, UnsupportedSyntax
from srcad.source import from_source, read_function


@pytest.fixture
def module(tmp_path):
    """Make modules from text: `module(text)` writes a file and imports it."""
    count = iter(range(100))

    def make(text):
        path = tmp_path / f"made_{next(count)}.py"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return load(path)

    return make


# --- functions of this file -------------------------------------------------------


def with_assert(x):
    def inner(y):
        assert y > 0, "positive"
        return y

    assert x > 0 and inner(x) == x
    return x * x


def register(function, *more):
    return function


@register
@functools.partial(
    register,
)
def decorated_over_lines(x):
    return x - 1


def adder(n):
    def add(x):
        return x + n

    return add


pair = (lambda x: x + 1, lambda x: x - 1)
same_but_constants = [lambda: 0, lambda: 0.0, lambda: -0.0, lambda: None, lambda: False]
defaults = [lambda x, n=1: x * n, lambda x, n=2: x * n]
nested = lambda x: lambda y: x * y
multiline = register(
    lambda x, y: (
        x * y * 1000000000000000000000000
        + 1111111111111111111111111111  # one
        + x
    ),
    lambda x: x,
)

if sys.version_info < (3,):

    def either(x):
        return x

else:

    def either(x):
        return -x


def test_plain_function():
    source = read_function(plain)
    assert isinstance(source.tree, gast.FunctionDef)
    assert (source.name, source.qualname) == ("plain", "plain")
    assert source.tree.lineno == plain.__code__.co_firstlineno
    assert source.file.filename == plain.__code__.co_filename
    assert source.text(source.tree.body[-1]) == "return x * y"
    assert source.header(source.tree) == "def plain(x, y=2.0):"


def test_this_file_is_rewritten_by_pytest_and_still_read():
    source = read_function(with_assert)
    # The names of functions inside are looked at too.
    assert "@pytest_ar" in with_assert.__code__.co_names
    kinds = [type(node).__name__ for node in source.tree.body]
    assert kinds == ["FunctionDef", "Assert", "Return"]
    assert source.text(source.tree.body[1]) == "assert x > 0 and inner(x) == x"


def test_assert_in_a_nested_function_and_its_closure_only():
    def outer(x):
        def inner(y):
            assert y != 0
            return x / y

        return inner

    assert "@pytest_ar" not in outer.__code__.co_names
    assert first_line(outer) == "def outer(x):"
    assert first_line(outer(1.0)) == "def inner(y):"


def test_lambda_in_an_assert():
    kept = []
    assert [kept.append(lambda x: x + 1), kept.append(lambda x: x + 2)] and kept
    assert [first_line(f) for f in kept] == ["lambda x: x + 1", "lambda x: x + 2"]


def test_decorated_gives_the_function_that_runs():
    source = read_function(decorated)
    assert source.name == "wrapper"
    inner = decorated.__wrapped__.__wrapped__
    source = read_function(inner)
    assert source.name == "decorated"
    assert source.text(source.tree) == "def decorated(x):\n    return x + 1"


def test_decorators_over_several_lines():
    assert first_line(decorated_over_lines) == "def decorated_over_lines(x):"


def test_closures_are_one_definition():
    sources = [read_function(adder(n)) for n in (1, 2)]
    assert sources[0].file is sources[1].file
    assert sources[0].tree is not sources[1].tree
    assert sources[0].qualname == "adder.<locals>.add"
    assert sources[1].function(1) == 3


def test_methods_with_private_names():
    source = read_function(Model.loss)
    assert source.qualname == "Model.loss"
    assert source.text(source.tree.body[0]) == "return self.__w * x"
    assert first_line(Model.__init__) == "def __init__(self):"
    assert first_line(Model.square) == "def square(x):"
    assert first_line(Model.build.__func__) == "def build(cls, x):"
    assert first_line(Model.Inner.get) == "def get(self):"


def test_lambdas_on_one_line():
    assert [first_line(f) for f in pair] == ["lambda x: x + 1", "lambda x: x - 1"]
    assert [first_line(f) for f in same_but_constants] == [
        "lambda: 0",
        "lambda: 0.0",
        "lambda: -0.0",
        "lambda: None",
        "lambda: False",
    ]
    assert [first_line(f) for f in defaults] == [
        "lambda x, n=1: x * n",
        "lambda x, n=2: x * n",
    ]
    source = read_function(pair[1])
    assert isinstance(source.tree, gast.Lambda)
    assert source.name == "<lambda>"


def test_nested_lambdas():
    assert first_line(nested) == "lambda x: lambda y: x * y"
    assert first_line(nested(2)) == "lambda y: x * y"


def test_lambda_over_several_lines_in_a_call():
    source = read_function(multiline)
    assert source.text(source.tree.args) == "x, y"
    lines = source.text(source.tree).split("\n")
    assert (lines[0], lines[-2:]) == ("lambda x, y: (", ["    + x", ")"])


def test_conditional_definitions():
    source = read_function(either)
    assert source.text(source.tree.body[0]) == "return -x"


def test_same_code_twice_takes_the_one_in_place(module):
    made = module(
        """
        def f(x):
            return x
        g = f
        def f(x):  # again
            return x
        """
    )
    assert read_function(made.g).tree.lineno == 2
    assert read_function(made.f).tree.lineno == 5


def test_async_functions_are_refused():
    async def wait(x):
        return x

    with pytest.raises(UnsupportedSyntax, match="coroutine") as caught:
        read_function(wait)
    assert caught.value.text.strip() == "async def wait(x):"


# --- where the text comes from ----------------------------------------------------


def test_what_is_no_function_has_no_source():
    with pytest.raises(SourceUnavailable, match="not a Python function"):
        read_function(len)


def test_future_annotations(module):
    made = module(
        """
        from __future__ import annotations
        import warnings

        def f(x: Nowhere) -> Nothing:
            def g(y: Nowhere):
                return x * y
            return g
        """
    )
    assert first_line(made.f) == "def f(x: Nowhere) -> Nothing:"
    assert first_line(made.f(1)) == "def g(y: Nowhere):"


def test_columns_are_characters():
    def f(x):
        return "é∂", x * 2

    source = read_function(f)
    product = source.tree.body[0].value.elts[1]
    span = source.span(product)
    assert span.text[span.column : span.end_column] == "x * 2"
    assert span.text == '        return "é∂", x * 2'
    assert source.text(product) == "x * 2"


def test_nodes_without_a_place_have_that_of_what_they_hold():
    def f(x, y=1):
        return [i for i in x], lambda: 0

    source = read_function(f)
    args = source.span(source.tree.args)
    assert args.text[args.column : args.end_column] == "x, y=1"
    generator = source.tree.body[0].value.elts[0].generators[0]
    assert source.text(generator) == "i in x"
    made = source.tree.body[0].value.elts[1].args
    assert source.span(made) == source.span(source.tree)
    assert source.text(made) == ""


HEADERS = """
def f(x, y: "a:b" = {1: 2}):  # a note: with a colon
    # and another: one
    for i in [
        1,
        2,
    ]:
        x = (x
             + i)
    if x[1:2]: return 1
    while (lambda: 0)():
        @register
        def g(): pass
    match x:
        case 1:
            pass
    with x as y, y: pass
    try:
        pass
    except ValueError as e:
        pass
    return x
"""


def test_headers():
    source = read_function(from_source(HEADERS))
    body = source.tree.body
    assert source.header(source.tree) == 'def f(x, y: "a:b" = {1: 2}):'
    assert source.header(body[0]) == "for i in [\n    1,\n    2,\n]:"
    assert source.header(body[0].body[0]) == "x = (x\n     + i)"
    assert source.header(body[1]) == "if x[1:2]:"
    assert source.header(body[2]) == "while (lambda: 0)():"
    assert source.header(body[2].body[0]) == "def g():"
    assert source.header(body[3]) == "match x:"
    assert source.header(body[4]) == "with x as y, y:"
    assert source.header(body[5]) == "try:"
    assert source.header(body[5].handlers[0]) == "except ValueError as e:"
    assert source.header(body[6]) == "return x"


def test_tabs(module):
    made = module("if 1:\n\tdef f(x):\n\t\tif x:\n\t\t\treturn x\n\t\treturn -x\n")
    source = read_function(made.f)
    assert source.text(source.tree.body[0]) == "if x:\n\treturn x"
    span = source.span(source.tree.body[0].body[0])
    assert (span.column, span.underlined()) == (3, "return x\n^^^^^^^^")


# --- unwrap -----------------------------------------------------------------------


def test_same_text_twice_is_two_sources():
    one, two = (from_source("def f(x): return x") for _ in range(2))
    assert read_function(one).file is not read_function(two).file


def test_threads():
    text = "def f(x):\n    return x\n" + "g = lambda x: x, lambda x: -x\n"
    namespace = {}
    made = from_source(text, namespace)
    wanted = {made: "def f(x):"}
    wanted |= {g: t for g, t in zip(namespace["g"], ["lambda x: x", "lambda x: -x"])}
    failed = []

    def work():
        for function, line in wanted.items():
            if first_line(function) != line:
                failed.append(line)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
