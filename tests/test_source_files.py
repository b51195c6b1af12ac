"""Sources in files of all kinds, edited ones, and in no file at all."""

import __future__

import doctest
import importlib
import importlib.util
import linecache
import subprocess
import sys
import textwrap
import zipfile

import pytest
from sources import first_line, load

from srcad.errors import SourceMismatch, SourceUnavailable
from srcad.source import read_function


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


def test_one_function_of_a_long_file_is_read_without_compiling_the_others(tmp_path):
    """What a file imports tells how `np.sin` compiles; what is not alike is looked for
    in the whole file, and so is all once more than a few functions are asked for."""
    lines = ["import numpy as np"]
    for k in range(8):
        lines += [f"def f{k}(x):", f"    return np.sin({k}.0 * x)", "x = np.cos(0.0)"]
    lines += ["class A:", "    def f(self, x):", "        return np.sin(self.__a * x)"]
    lines += ["def g(x):", "    global late", "    import math as late", "    return x"]
    lines += ["def h(x):", "    return late.sin(x)"]
    path = tmp_path / "long_file.py"
    path.write_text("\n".join(lines), encoding="utf-8")
    scope = {"__name__": "long_file"}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), scope)
    for f in [scope["A"].f, scope["h"], *(scope[f"f{k}"] for k in range(8))]:
        source = read_function(f)
        assert source.tree.name == f.__name__
        assert source.tree.lineno == f.__code__.co_firstlineno
