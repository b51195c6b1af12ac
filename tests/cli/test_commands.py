"""The command line: targets, values, commands, exit statuses, errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import srcad
from srcad.cli import COMMANDS, completion, main, parser
from srcad.cli import check as checking
from srcad.cli.command import Refused
from srcad.cli.values import arguments, value

TEXT = '''"""Functions to ask about."""

import math

import numpy as np

from srcad import grad, hessian


def g(x, y, z):
    """The tutorial's graph."""
    p = x + y
    return p * z


def powers(x, *, k=2):
    return np.sum(x**k)


def unknown(x):
    y = math.nextafter(x, math.inf)
    return y**2


def kink(x):
    return abs(x)


def fails(x):
    raise ValueError("not today")


def many(*xs):
    return xs[0]


def rowwise(x):
    y = np.empty(len(x))
    for i in range(len(x)):
        y[i] = np.sin(x[i, 0]) * x[i, 1]
    return np.sum(y * y)


number = 3.0
slope = grad(kink)
bend = hessian(kink)


class Model:
    def __init__(self):
        self.w = 2.0

    def loss(self, x):
        return self.w * x**2

    @staticmethod
    def plain(x):
        return x * x


class Given:
    def __init__(self, w):
        self.w = w

    def loss(self, x):
        return self.w * x
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the functions, where commands are run."""
    (tmp_path / "asked_about.py").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "asked_about", raising=False)
    yield tmp_path
    sys.modules.pop("asked_about", None)


@pytest.fixture
def ask(folder, capsys):
    """Run a command: its status, and what it prints, errors too."""

    def ask(words, *more):
        status = main([*words.split(), *more])
        out, err = capsys.readouterr()
        assert not (out and err)
        return status, out or err

    return ask


# ---- targets and values --------------------------------------------------------------


@pytest.mark.parametrize(
    "target", ["asked_about:g", "asked_about.py:g", "./asked_about.py:g"]
)
def test_targets(ask, target):
    status, text = ask(f"show {target} --at x=1 y=3 z=-3 --wrt x,y,z")
    assert status == 0
    assert text.startswith("def g(x, y, z):\n")
    assert "return z, z, " in text


def test_methods(ask):
    assert ask("check asked_about.py:Model.loss --at x=1.5")[0] == 0
    assert ask("check asked_about:Model.plain --at x=1.5")[0] == 0
    status, text = ask("check asked_about.py:Given.loss --at x=1.5")
    assert status == 2 and "missing 1 required" in text and "hint: write" in text


def test_a_file_in_a_package_and_one_with_a_name_that_is_taken(ask, folder):
    package = folder / "asked_package"
    package.mkdir()
    (package / "__init__.py").write_text("FACTOR = 3.0\n")
    (package / "inner.py").write_text(
        "from asked_package import FACTOR\n\n\ndef f(x):\n    return FACTOR * x\n"
    )
    assert ask("check asked_package/inner.py:f --at x=1.0")[0] == 0
    (folder / "math.py").write_text("def f(x):\n    return x * x\n")
    assert ask("check math.py:f --at x=1.0")[0] == 0
    assert not hasattr(sys.modules["math"], "f")
    for name in [n for n in sys.modules if n.startswith("asked_package")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "words, message",
    [
        ("show asked_about", "write module:function or file.py:name"),
        ("show asked_abuot:g", "no module 'asked_abuot'; did you mean asked_about?"),
        ("show asked_abuot.py:g", "no file 'asked_abuot.py'; did you mean asked_about"),
        ("show asked_about:powrs", "has no 'powrs'; did you mean powers?"),
        ("show asked_about.py:Model.los", "Model has no 'los'; did you mean loss?"),
        ("show asked_about:number", "is no function, but float"),
        ("show asked_about:Model", "is a class: name a method of it"),
        ("show asked_about:g --at w=1", "no parameter 'w'; there are: x, y, z"),
        ("show asked_about:g --at x=1", "y has no value: give --at y=..."),
        ("show asked_about:g --at x", "--at takes name=value, not 'x'"),
        ("show asked_about:g --wrt w", "no parameter 'w'; there are: x, y, z"),
        ("show asked_about:many --at xs=1", "any number of arguments (*xs)"),
        ("check asked_about:fails --at x=1.0", "ValueError: not today"),
        ("show asked_about:slope --wrt x", "a derivative already: --kind"),
        ("export asked_about:g --at x=1 y=2 z=3", "-o FILE says where"),
        ("export --check asked_about.py", "names no command"),
    ],
)
def test_errors_say_what_and_what_to_do(ask, words, message):
    status, text = ask(words)
    assert status == 2
    assert text.startswith(f"srcad {words.split()[0]}: ")
    assert message in text and "Traceback" not in text


def test_a_refusal_shows_the_users_line(ask):
    status, text = ask("show asked_about.py:unknown --at x=1.0")
    assert status == 2
    assert "    y = math.nextafter(x, math.inf)\n    ^^^^^" in text
    assert "asked_about.py" in text and "hint: " in text


def test_a_module_that_does_not_import(ask, folder):
    (folder / "broken_one.py").write_text("x = 1\nimport numpy as np\nnp.nothing\n")
    status, text = ask("show broken_one.py:f")
    assert status == 2 and "cannot be imported: AttributeError" in text
    assert f'file "{folder / "broken_one.py"}", line 3' in text


@pytest.mark.parametrize(
    "text, expected",
    [
        ("-3", -3),
        ("1.5e-3", 1.5e-3),
        ("1+2j", 1 + 2j),
        ("-inf", -np.inf),
        ("True", True),
        ("None", None),
        ("full", "full"),
        ("'1'", "1"),
        ("two words", "two words"),
        ("[1.0, [2]]", [1.0, [2]]),
        ("(1, np.pi)", (1, np.pi)),
        ("{'a': 1, 2: (3,)}", {"a": 1, 2: (3,)}),
    ],
)
def test_literals(text, expected):
    found = value(text, "x")
    assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("array([1, 2.5])", np.array([1, 2.5])),
        ("np.linspace(0, 1, 5)", np.linspace(0, 1, 5)),
        ("zeros((2, 3))", np.zeros((2, 3))),
        ("np.eye(2)", np.eye(2)),
    ],
)
def test_arrays(text, expected):
    found = value(text, "x")
    assert found.dtype == expected.dtype and np.array_equal(found, expected)


def test_arrays_in_files(tmp_path):
    x, y = np.arange(3.0), np.eye(2)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "all.npz", x=x, y=y)
    assert np.array_equal(value(f"{tmp_path}/x.npy", "x"), x)
    assert np.array_equal(value(f"{tmp_path}/all.npz:y", "x"), y)
    assert list(value(f"{tmp_path}/all.npz", "x")) == ["x", "y"]
    for wrong in ("none.npy", "all.npz:z"):
        with pytest.raises(Refused, match="cannot be read"):
            value(f"{tmp_path}/{wrong}", "x")
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object))
    with pytest.raises(Refused, match="cannot be read"):  # it would be a pickle
        value(f"{tmp_path}/objects.npy", "x")


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').getcwd()",
        "open('x')",
        "np.load('x')",
        "array(open('x'))",
        "np.array([1], dtype=open)",
        "[x for x in (1, 2)]",
        "x.y",
        "lambda: 1",
        "f'{1}'",
        "{**{}}",
        "2 ** 99999999",
        "math.pi",
    ],
)
def test_nothing_else_is_evaluated(text):
    with pytest.raises(Refused, match="is no literal"):
        value(text, "x")


def test_defaults_and_keywords():
    def f(x, y=2, *, z=3):
        return x

    assert arguments(f, ["x=1"]) == ({"x": 1, "y": 2}, {"z": 3})
    assert arguments(f, ["z=5", "x=1"]) == ({"x": 1, "y": 2}, {"z": 5})


# ---- commands ------------------------------------------------------------------------


def test_show(ask):
    status, text = ask("show asked_about:powers --at k=3", "x=array([1.0, 2.0])")
    assert status == 0
    f = sys.modules["asked_about"].powers
    assert text == str(srcad.grad(f).source_for(np.ones(2), k=3))
    assert ask("show asked_about:slope --at x=1.0")[1].startswith("def kink(x):")
    kinds = "show asked_about:g --kind jvp --at x=1.0 y=1.0 z=1.0 --json"
    found = json.loads(ask(kinds)[1])
    assert found["kinds"] == ["jvp"] and "x_dot" in found["source"]


def test_check(ask):
    status, text = ask("check asked_about:g --at x=1 y=3 z=-3")
    head, *lines = text.splitlines()
    assert status == 0 and head.split() == ["by", "order", "mode", "largest", "error"]
    assert [line.split()[0] for line in lines] == [*"xxyyzz", "all", "all"]
    assert {line.split()[-1] for line in lines} == {"right"}
    for line in lines[:6]:
        assert float(line.split()[3]) < 1e-9
    words = "check asked_about:powers --wrt x --order 1 --json"
    found = json.loads(ask(words, "--at", "x=array([1.0, 2.0])", "k=3")[1])
    assert found["right"] and [n["mode"] for n in found["lines"]] == [
        "reverse",
        "forward",
    ]


def test_check_finds_what_is_wrong(ask, monkeypatch):
    status, text = ask("check asked_about:kink --at x=1e-12")
    assert status == 1 and "WRONG\n  " in text and "differences give" in text
    right = checking.standalone.pullback_error

    def off(function, vjp, point, wrt):
        def doubled(**at):
            out, pullback = vjp(**at)
            return out, lambda c: [1.0001 * g for g in pullback(c)]

        return right(function, doubled, point, wrt)

    monkeypatch.setattr(checking.standalone, "pullback_error", off)
    status, text = ask("check asked_about:g --at x=1.0 y=3.0 z=-3.0 --order 1")
    verdicts = [line.split()[-1] for line in text.splitlines()[1:]]
    assert status == 1 and verdicts == ["WRONG", "right"] * 3


def test_nothing_to_check(ask):
    status, text = ask("check asked_about:kink --at x=text")
    assert status == 2 and "no argument holds a number" in text
    status, text = ask("check asked_about:powers --wrt k --at x=1.0 k=2.0")
    assert status == 2 and "by keyword only" in text


def test_export_and_its_check(ask, folder):
    words = "export asked_about.py:g -o gradient.py --kind value_and_grad --wrt x,y,z"
    status, text = ask(f"{words} --at x=1 y=3 z=-3")
    assert (status, text) == (0, "gradient.py written, its self-test passes\n")
    file = folder / "gradient.py"
    header = file.read_text().partition('"""\n')[0]
    assert "    srcad export asked_about.py:g -o gradient.py --kind value_and_grad" in (
        header
    )
    done = subprocess.run(
        [sys.executable, "-I", file], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("largest error ")
    assert ask(f"{words} --check --at x=1 y=3 z=-3")[0] == 0
    assert ask("export --check gradient.py gradient.py") == (
        0,
        "gradient.py is up to date\n" * 2,
    )
    file.write_text(file.read_text().replace("p = x + y", "p = x - y"))
    status, text = ask("export --check gradient.py")
    assert status == 1 and "-    p = x - y\n+    p = x + y\n" in text
    found = json.loads(ask("export --check gradient.py --json")[1])
    assert found["file"] == "gradient.py" and found["current"] is False
    assert "p = x - y" in file.read_text()  # nothing was written


@pytest.mark.parametrize("kind", ["jacobian", "jacfwd", "hessian"])
def test_a_matrix_is_exported_and_checked(ask, folder, kind):
    words = f"export asked_about.py:powers -o matrix.py --kind {kind} --at"
    assert ask(words, "x=array([1.0, 2.0])", "k=3")[0] == 0
    assert (
        f"def powers_{kind.replace('jacfwd', 'jacobian')}("
        in (folder / "matrix.py").read_text()
    )
    assert ask("export --check matrix.py") == (0, "matrix.py is up to date\n")
    changed = TEXT.replace("np.sum(x**k)", "np.sum(x**k * 2.0)")
    (folder / "asked_about.py").write_text(changed)
    del sys.modules["asked_about"]
    assert ask("export --check matrix.py")[0] == 1


def test_threads_are_asked_for(ask, folder):
    words = (
        "export asked_about.py:rowwise -o rowwise.py --backend numba --parallel --at"
    )
    status, text = ask(words, "x=array([[1.0, 2.0], [0.5, 3.0]])")
    assert status == 0, text
    written = (folder / "rowwise.py").read_text()
    assert "numba.prange(" in written and "parallel={" in written
    assert "--backend numba --parallel" in written.replace("\\\n    ", "")
    assert ask("export --check rowwise.py") == (0, "rowwise.py is up to date\n")
    status, text = ask("show asked_about:rowwise --backend python --parallel")
    assert status == 2 and "parallel" in text


def test_what_a_matrix_cannot_be_asked(ask):
    status, text = ask("show asked_about:g --kind hessian --wrt x,y")
    assert status == 2 and "a hessian is by one parameter" in text
    status, text = ask("show asked_about:g --kind jacobian --backend numba")
    assert status == 2 and "is not known before the first call" in text
    found = ask("show asked_about:g --kind hessian --json --at x=1.0 y=1.0 z=1.0")[1]
    assert json.loads(found)["kinds"] == ["grad", "jacobian"]
    status, text = ask("show asked_about:bend --at x=1.0")
    assert status == 0 and text.startswith("def kink(x")


def test_a_changed_function_is_seen(ask, folder):
    words = "export asked_about.py:powers -o gradient.py --at k=3"
    assert ask(words, "x=array([1.0, 2.0])")[0] == 0
    changed = TEXT.replace("np.sum(x**k)", "np.sum(x**k) + 0.0 * k")
    (folder / "asked_about.py").write_text(changed)
    del sys.modules["asked_about"]
    status, text = ask("export --check gradient.py")
    assert status == 1 and "-Source: powers" not in text  # the same place,
    assert len([x for x in text.splitlines() if x[:1] == "-" and len(x) == 65]) == 1


def test_a_long_command_comes_back_from_the_header(ask, folder):
    words = "export asked_about.py:powers -o a_file_with_a_long_name.py --at"
    numbers = ", ".join(["0.123456789", "1.5", "2.5", "-0.25"] * 4)
    assert ask(f"{words} k=2", f"x=array([{numbers}])")[0] == 0
    assert ask("export --check a_file_with_a_long_name.py")[0] == 0


def test_draw(ask, folder):
    status, text = ask("draw asked_about:g --at x=1 y=3 z=-3")
    assert status == 0
    assert text == srcad.graph(sys.modules["asked_about"].g, 1, 3, -3).to_text() + "\n"
    status, text = ask(
        "draw asked_about:powers -o p.svg", "--at", "x=array([1.0, 2.0])"
    )
    assert (status, text) == (0, "p.svg written\n")
    assert "<svg" in (folder / "p.svg").read_text()
    status, text = ask("draw asked_about:g -o p.pdf")
    assert status == 2 and ".svg" in text


def test_explain(ask, folder):
    status, text = ask("explain asked_about:g -o g.html --at x=1 y=3 z=-3")
    assert (status, text) == (0, "g.html written: open it in a browser\n")
    f = sys.modules["asked_about"].g
    assert (folder / "g.html").read_text("utf-8") == srcad.explain(f, 1, 3, -3).html
    status, text = ask("explain asked_about:g -o g.pdf --at x=1 y=3 z=-3")
    assert status == 2 and ".html" in text


def test_cache(ask, monkeypatch, folder):
    monkeypatch.setenv("SRCAD_CACHE_DIR", str(folder / "kept"))
    monkeypatch.setenv("SRCAD_CACHE", "1")
    assert ask("show asked_about:g --at x=1.0 y=1.0 z=1.0")[0] == 0
    found = json.loads(ask("cache info --json")[1])
    assert found["records"] == 1 and found["usable"]
    assert str(folder / "kept") in ask("cache info")[1]
    assert ask("cache clear") == (0, "1 record deleted\n")
    assert json.loads(ask("cache clear --json")[1]) == {"deleted": 0}


def test_doctor(ask):
    status, text = ask("doctor")
    assert status == 0
    lines = [line.split(None, 1) for line in text.splitlines() if line.strip()]
    told = {line[0]: line[-1] for line in lines}
    assert told["numpy"] == np.__version__ and told["srcad"]
    assert ["python", "works"] in lines
    found = json.loads(ask("doctor --json")[1])
    assert found["right"] and found["backends"]["python"] == "works"


def test_doctor_says_what_does_not_work(ask, monkeypatch, folder):
    monkeypatch.setenv("SRCAD_CACHE", "1")
    monkeypatch.setenv("SRCAD_CACHE_DIR", str(folder))
    (folder / "1").mkdir()
    (folder / "1").chmod(0o755)  # others could read it
    status, text = ask("doctor")
    assert status == 1 and "not used: the directory must be yours" in text


def test_usage(capsys):
    for words in (
        [],
        ["fly"],
        ["show"],
        ["cache", "burn"],
        ["show", "a:b", "--kind", "x"],
    ):
        with pytest.raises(SystemExit) as status:
            main(words)
        assert status.value.code == 2
    with pytest.raises(SystemExit) as status:
        main(["--help"])
    assert status.value.code == 0
    text = capsys.readouterr().out
    assert all(f"    {name} " in text for name in COMMANDS)


def test_no_colour_is_respected(monkeypatch):
    class Terminal:
        def isatty(self):
            return True

    monkeypatch.setattr(checking.sys, "stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert checking.verdict(True) == "\x1b[32mright\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert checking.verdict(True) == "right"


def test_a_reader_that_stops_early(folder):
    command = f"{sys.executable} -m srcad coverage --module numpy | head -1"
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, env={**os.environ}
    )
    assert done.stderr == "" and done.stdout


def test_completion(monkeypatch):
    pytest.importorskip("argcomplete")
    seen = []
    monkeypatch.setattr(completion.argcomplete, "autocomplete", seen.append)
    asked = parser()
    completion.complete(asked)
    assert seen == [asked]


@pytest.mark.parametrize(
    "typed, offered",
    [
        ("srcad ex", {"explain", "export"}),
        ("srcad export --kind h", {"hessian"}),
        ("srcad show --backend ", {"python", "numba", "auto"}),
    ],
)
def test_a_shell_is_told_what_could_be_typed(folder, typed, offered):
    pytest.importorskip("argcomplete")
    asked = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(folder / "offered"),
        "COMP_LINE": typed,
        "COMP_POINT": str(len(typed)),
    }
    subprocess.run(
        [sys.executable, "-m", "srcad"], env={**os.environ, **asked}, check=True
    )
    found = (folder / "offered").read_text().split("\x0b")
    assert {word.strip() for word in found} == offered
