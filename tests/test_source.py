"""Sources: found, proved to be the code that runs, and shown with places."""

import __future__

import doctest
import functools
import importlib
import importlib.util
import linecache
import subprocess
import sys
import textwrap
import threading
import traceback
import types
import zipfile

import gast
import numpy as np
import pytest

from srcad.errors import (
    SourceMismatch,
    SourceUnavailable,
    SrcadError,
    UnsupportedSyntax,
)
from srcad.source import from_source, read_function, unwrap


def first_line(function):
    """Return the first source line of a function's definition, stripped."""
    source = read_function(function)
    assert source.function is function
    assert source.code is function.__code__
    return source.text(source.tree).split("\n")[0]


def load(path, name="loaded"):
    """Import a file as a module of its own, without leaving it in sys.modules."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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


def plain(x, y=2.0):
    """Multiply."""
    return x * y


def with_assert(x):
    def inner(y):
        assert y > 0, "positive"
        return y

    assert x > 0 and inner(x) == x
    return x * x


def twice(function):
    @functools.wraps(function)
    def wrapper(*args):
        return 2 * function(*args)

    return wrapper


@twice
@twice
def decorated(x):
    return x + 1


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


class Model:
    def __init__(self):
        self.__w = 3.0

    def loss(self, x):
        return self.__w * x

    @staticmethod
    def square(x):
        return x * x

    @classmethod
    def build(cls, x):
        return cls().loss(x)

    def __call__(self, x):
        return self.loss(x)

    half = functools.partialmethod(loss, 0.5)

    class Inner:
        def get(self):
            return 1


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


@pytest.mark.parametrize(
    "filename", ["<ipython-input-1-abc>", "/tmp/ipykernel_1/123.py"]
)
def test_notebook_cells(filename):
    cell = "k = 3\ndef f(x):\n    return x * k\ng = lambda x: f(x)\nz = await_me = 1\n"
    lines = cell.splitlines(keepends=True)
    linecache.cache[filename] = (len(cell), None, lines, filename)
    namespace = {}
    try:
        # As IPython does: with futures of earlier cells, allowing top-level await.
        flags = __future__.annotations.compiler_flag | 0x2000
        exec(compile(cell, filename, "exec", flags, dont_inherit=True), namespace)
        assert first_line(namespace["f"]) == "def f(x):"
        assert first_line(namespace["g"]) == "lambda x: f(x)"
        source = read_function(namespace["f"])
        assert str(source.span(source.tree)) == f"{filename}:2:0"
    finally:
        del linecache.cache[filename]


def test_doctest():
    text = """
    >>> from srcad.source import read_function
    >>> def f(x):
    ...     return x + 1
    >>> source = read_function(f)
    >>> source.text(source.tree.body[0])
    'return x + 1'
    """
    test = doctest.DocTestParser().get_doctest(text, {}, "here", None, 0)
    assert doctest.DocTestRunner().run(test) == (0, 3 + 1)


def test_zip_files(tmp_path, monkeypatch):
    archive = tmp_path / "packed.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("srcad_zipped.py", "def f(x):\n    return x * 7\n")
    monkeypatch.syspath_prepend(str(archive))
    made = importlib.import_module("srcad_zipped")
    try:
        source = read_function(made.f)
        assert source.text(source.tree.body[0]) == "return x * 7"
        assert str(archive) in source.file.filename
    finally:
        del sys.modules["srcad_zipped"]


def test_edited_file(tmp_path):
    path = tmp_path / "edited.py"
    path.write_text("def f(x):\n    return x + 1\n")
    made = load(path)
    path.write_text("def f(x):\n    return x + 22\n")
    with pytest.raises(SourceMismatch, match="reload") as caught:
        read_function(made.f)
    assert "edited.py" in str(caught.value)
    assert first_line(load(path).f) == "def f(x):"


def test_edited_file_with_an_error(tmp_path):
    path = tmp_path / "edited.py"
    path.write_text("def f(x):\n    return x + 1\n")
    made = load(path)
    path.write_text("def f(x:\n")
    with pytest.raises(SourceMismatch):
        read_function(made.f)


@pytest.mark.parametrize("new", ["1.0", "True", "-1"])
def test_constants_are_compared_by_type_and_sign(tmp_path, new):
    path = tmp_path / "edited.py"
    path.write_text("def f(x):\n    return x + 1\n")
    made = load(path)
    path.write_text(f"def f(x):\n    return x + {new}\n")
    with pytest.raises(SourceMismatch):
        read_function(made.f)


def test_what_was_read_before_an_edit_still_holds(tmp_path):
    path = tmp_path / "edited.py"
    path.write_text("def f(x):\n    return x + 1\n")
    made = load(path)
    read_function(made.f)
    path.write_text("def f(x):\n    return x + 333\n")
    assert read_function(made.f).file.text.endswith("x + 1\n")
    assert read_function(load(path).f).file.text.endswith("x + 333\n")


def test_an_edit_above_the_function_moves_it(tmp_path):
    path = tmp_path / "moved.py"
    path.write_text("def f(x):\n    return x + 1\n")
    made = load(path)
    path.write_text("# a new line\n\ndef f(x):\n    return x + 1\n")
    assert read_function(made.f).tree.lineno == 3


def test_exec_has_no_source():
    namespace = {}
    exec("def f(x): return x", namespace)
    with pytest.raises(SourceUnavailable, match=r"srcad\.from_source") as caught:
        read_function(namespace["f"])
    assert isinstance(caught.value, OSError)


def test_exec_under_the_name_of_a_file():
    namespace = {}
    exec(compile("def plain(x): return x", __file__, "exec"), namespace)
    with pytest.raises(SourceMismatch):
        read_function(namespace["plain"])


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


@pytest.mark.parametrize("options", [["-O"], ["-OO"], ["-X", "no_debug_ranges"]])
def test_other_ways_to_run_python(tmp_path, options):
    path = tmp_path / "script.py"
    path.write_text(
        textwrap.dedent(
            '''
            from srcad.source import read_function

            def f(x):
                """Square."""
                assert x > 0
                return x * x

            pair = lambda x: x + 1, lambda x: x + 2
            print(len(read_function(f).tree.body))
            for g in pair:
                print(read_function(g).text(read_function(g).tree))
            '''
        )
    )
    command = [sys.executable, *options, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "3\nlambda x: x + 1\nlambda x: x + 2\n"


def test_a_file_with_warnings_is_read_in_silence(tmp_path):
    path = tmp_path / "noisy.py"
    path.write_text('def f(x):\n    s = "\\d"\n    return x if x is 1 else s\n')
    with pytest.warns(Warning):
        made = load(path)
    assert first_line(made.f) == "def f(x):"


def test_other_encodings_and_line_ends(tmp_path):
    path = tmp_path / "latin.py"
    text = "# coding: latin-1\r\ndef f(x):\r\n    return 'é', x\r\n"
    path.write_bytes(text.encode("latin-1"))
    source = read_function(load(path).f)
    assert source.text(source.tree.body[0]) == "return 'é', x"


# --- places and texts -------------------------------------------------------------


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


def test_unwrap_functions_and_methods():
    model = Model()
    assert unwrap(plain) == (plain, (), {})
    assert unwrap(decorated) == (decorated, (), {})  # not what it wraps
    assert unwrap(model.loss) == (Model.loss, (model,), {})
    assert unwrap(Model.square) == (Model.square, (), {})
    assert unwrap(model.square) == (Model.square, (), {})
    assert unwrap(Model.build) == (Model.build.__func__, (Model,), {})
    assert unwrap(Model.__dict__["square"]) == (Model.square, (), {})


def test_unwrap_partials():
    model = Model()
    inner = functools.partial(plain, 1, y=2)
    assert unwrap(inner) == (plain, (1,), {"y": 2})
    assert unwrap(functools.partial(inner, y=3)) == (plain, (1,), {"y": 3})
    bound = functools.partial(model.loss, 2.0)
    assert unwrap(bound) == (Model.loss, (model, 2.0), {})
    assert unwrap(model.half) == (Model.loss, (model, 0.5), {})
    assert unwrap(types.MethodType(inner, 5)) == (plain, (1, 5), {"y": 2})
    assert unwrap(functools.partial(len)) is None


def test_unwrap_callable_instances():
    model = Model()
    model.__dict__["__call__"] = plain  # Python does not look here
    assert unwrap(model) == (Model.__call__, (model,), {})

    class Static:
        __call__ = staticmethod(plain)

    class OfClass:
        @classmethod
        def __call__(cls, x):
            return x

    class OfBuiltin:
        __call__ = len

    assert unwrap(Static()) == (plain, (), {})
    assert unwrap(OfClass()) == (OfClass.__call__.__func__, (OfClass,), {})
    assert unwrap(OfBuiltin()) is None


@pytest.mark.parametrize(
    "obj", [len, np.sin, np.dot, Model, int, functools.lru_cache(len), 3, None, "f"]
)
def test_unwrap_leaves_the_rest_to_the_caller(obj):
    assert unwrap(obj) is None


def test_unwrap_caches_and_numpy():
    assert unwrap(functools.lru_cache(plain)) == (plain, (), {})
    assert unwrap(functools.lru_cache(functools.partial(plain, 1))) == (plain, (1,), {})
    function, bound, keywords = unwrap(np.kron)
    assert function.__name__ == "kron" and (bound, keywords) == ((), {})


def test_unwrap_numba():
    numba = pytest.importorskip("numba")

    class Fast:
        run = numba.njit(plain)

    fast = Fast()
    assert unwrap(numba.njit(plain)) == (plain, (), {})
    assert unwrap(fast.run) == (plain, (fast,), {})
    assert unwrap(functools.partial(Fast.run, 1)) == (plain, (1,), {})
    # The function of a ufunc is that of one element: not what a call runs.
    assert unwrap(numba.vectorize(plain))[0] is not plain


def test_unwrap_does_not_ask_objects_that_answer_everything():
    class Yes:
        def __getattr__(self, name):
            return plain

    assert unwrap(Yes()) is None


# --- from_source ------------------------------------------------------------------


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
