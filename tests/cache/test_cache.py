"""The cache on disk: what another process made is served, where all is as it was.

Each case is a module that one process differentiates and another again; the second
says whether it had to lower anything. Between the two the module may change.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from srcad.cache import store

RUN = """
import importlib, json, sys
import numpy as np
import srcad.dispatch as dispatch

lowered = 0
prepared = dispatch.prepared

def counted(*args):
    global lowered
    lowered += 1
    return prepared(*args)

dispatch.prepared = counted

def listed(value):
    if isinstance(value, (tuple, list)):
        return [listed(v) for v in value]
    return np.asarray(value).tolist()

said = {}
for name in sys.argv[1:]:
    lowered = 0
    values = listed(importlib.import_module(name).main())
    said[name] = values, lowered
print(json.dumps(said))
"""


class User:
    """A user with a module, a home, and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, folder / "cache"
        self.more: dict[str, str] = {}

    def writes(self, text: str, name: str = "user") -> None:
        path = self.folder / f"{name}.py"
        path.write_text(textwrap.dedent(text))
        os.utime(path, (1, path.stat().st_size))  # so that no stale .pyc is used

    def starts(self, *names: str) -> subprocess.Popen[str]:
        env = {**os.environ, "SRCAD_CACHE": "1", "SRCAD_CACHE_DIR": str(self.home)}
        env |= {"PYTHONPATH": os.pathsep.join([str(self.folder), *sys.path])}
        env |= {"PYTHONDONTWRITEBYTECODE": "1", **self.more}
        command = [sys.executable, "-W", "error", "-c", RUN, *names]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=env, stdout=pipe, stderr=pipe, text=True)

    def runs_all(self, *names: str) -> dict[str, list[Any]]:
        """For each module what its main() gives, and how many functions it lowered."""
        process = self.starts(*names)
        said, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        found: dict[str, list[Any]] = json.loads(said)
        return found

    def runs(self) -> tuple[Any, int]:
        values, lowered = self.runs_all("user")["user"]
        return values, lowered

    def records(self) -> list[Path]:
        return sorted(self.home.rglob("*.json"))


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path)


HEAD = "import numpy as np\nfrom srcad import grad, jvp, value_and_grad, vjp\n"
SQUARE = HEAD + "def f(x):\n    return np.sum(x**2)\n"
MAIN = "def main():\n    return [grad(f)(np.array([1.0, 2.0]))]\n"


def test_a_second_process_lowers_nothing(user: User) -> None:
    user.writes(SQUARE + MAIN)
    assert user.runs() == ([[2.0, 4.0]], 1)
    assert user.runs() == ([[2.0, 4.0]], 0)


def test_another_program_is_not_served(user: User) -> None:
    whole = SQUARE + MAIN
    changes = {
        "cubed": whole.replace("x**2", "x**3"),
        "moved": whole.replace("def f", "\n\ndef f"),  # errors name them
        "matrix": whole.replace("[1.0, 2.0]", "[[1.0, 2.0], [3.0, 4.0]]"),
        "both": whole.replace("grad(f)(", "value_and_grad(f)("),
    }
    for name, text in changes.items():
        user.writes(whole, name)
    first = user.runs_all(*changes)
    assert all(found[1] == 1 for found in first.values())
    for name, text in changes.items():
        user.writes(text, name)
    again = user.runs_all(*changes)
    assert all(found[1] == 1 for found in again.values())


CHANGES = {
    "callee": (
        "def g(x):\n    return x * x\ndef f(x):\n    return np.sum(g(x))\n",
        "x * x",
        "x * x * x",
    ),
    "string": (
        "mode = 'a'\ndef f(x):\n    return np.sum(x**2 if mode == 'a' else x**3)\n",
        "mode = 'a'",
        "mode = 'b'",
    ),
    "flag": (
        "deep = True\ndef f(x):\n    return np.sum(x**2 if deep else x**3)\n",
        "deep = True",
        "deep = False",
    ),
    "container": (
        "terms = ['a', 'b']\ndef f(x):\n    y = 0.0\n    for t in terms:\n"
        "        y += np.sum(x**2) if t == 'a' else np.sum(x**3)\n    return y\n",
        "'a', 'b'",
        "'b', 'b'",
    ),
    "method": (
        "class A:\n    def go(self, x):\n        return x * x\n"
        "def f(x):\n    return np.sum(A().go(x))\n",
        "x * x",
        "x * x * x",
    ),
    "base": (
        "class B:\n    def go(self, x):\n        return x * x\nclass A(B):\n    pass\n"
        "def f(x):\n    return np.sum(A().go(x))\n",
        "x * x",
        "x * x * x",
    ),
    "dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    n: int = 2\n"
        "def f(x):\n    return np.sum(x**A().n)\n",
        "n: int = 2",
        "n: int = 3",
    ),
    "enum": (
        "import enum\nclass E(enum.Enum):\n    A = 2\n    B = 3\nuse = E.A\n"
        "def f(x):\n    return np.sum(x**2 if use is E.A else x**3)\n",
        "use = E.A",
        "use = E.B",
    ),
    "closure": (
        "def outer():\n    def g(x):\n        return x * x\n    def f(x):\n"
        "        return np.sum(g(x))\n    return f\nf = outer()\n",
        "x * x",
        "x * x * x",
    ),
    "default": (
        "def f(x, how='a'):\n    return np.sum(x**2 if how == 'a' else x**3)\n",
        "how='a'",
        "how='b'",
    ),
    "decorator": (
        "import functools\ndef twice(g):\n    @functools.wraps(g)\n"
        "    def inner(x):\n        return 1.0 * g(x)\n    return inner\n"
        "@twice\ndef f(x):\n    return np.sum(x * x)\n",
        "1.0 * g(x)",
        "2.0 * g(x)",
    ),
    "partial": (
        "import functools\ndef g(n, x):\n    return np.sum(x**n)\n"
        "f = functools.partial(g, 2)\n",
        "partial(g, 2)",
        "partial(g, 3)",
    ),
    "lambda": ("f = lambda x: np.sum(x * x)\n", "x * x", "x * x * x"),
    "builtin": (
        "h = np.sin\ndef f(x):\n    return np.sum(h(x))\n",
        "np.sin",
        "np.cos",
    ),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, list[Any]]]:
    """What all of them give: at first, again, changed, and changed without a cache."""
    user = User(tmp_path_factory.mktemp("user"))
    for name, (text, _, _) in CHANGES.items():
        user.writes(HEAD + text + MAIN, f"user_{name}")
    names = [f"user_{name}" for name in CHANGES]
    found = [user.runs_all(*names), user.runs_all(*names)]
    for name, (text, old, new) in CHANGES.items():
        assert text.count(old) == 1
        user.writes(HEAD + text.replace(old, new) + MAIN, f"user_{name}")
    found.append(user.runs_all(*names))
    user.more = {"SRCAD_CACHE": "0"}
    return [*found, user.runs_all(*names)]


@pytest.mark.parametrize("name", CHANGES)
def test_what_the_source_relied_on_is_compared(
    said: list[dict[str, list[Any]]], name: str
) -> None:
    first, again, changed, fresh = (found[f"user_{name}"] for found in said)
    assert first[1] == 1 and again == [first[0], 0]
    assert changed[0] == fresh[0] != first[0]


def test_numbers_from_outside_are_read_anew(user: User) -> None:
    text = "k = 2.0\ndef f(x):\n    return k * np.sum(x**2)\n"
    user.writes(HEAD + text + MAIN)
    assert user.runs() == ([[4.0, 8.0]], 1)
    user.writes(HEAD + text.replace("2.0", "3.0") + MAIN)
    assert user.runs() == ([[6.0, 12.0]], 0)
    user.writes(HEAD + text.replace("2.0", "np.array([1.0, 0.0])") + MAIN)
    with pytest.raises(AssertionError, match="one number"):
        user.runs()


def test_modes_and_objects_are_served(user: User) -> None:
    user.writes(
        HEAD
        + """
class Model:
    def __init__(self, w):
        self.w = w

    def loss(self, x):
        return np.sum((self.w * x) ** 2)

def f(m, x):
    return m.loss(x)

def g(x):
    return np.sin(x) * x

def fill(x):
    y = np.zeros(3)
    for k in range(3):
        y[k] = x * k
    x = grad(g)(x)
    return np.sum(y) * x

def main():
    out, pull = vjp(g, 0.5)
    found = [jvp(g, (0.5,), (1.0,)), pull(1.0), grad(grad(g))(0.5), grad(fill)(0.5)]
    return [*found, grad(f)(Model(2.0), np.ones(2)).w]
"""
    )
    first, lowered = user.runs()
    assert lowered > 3
    assert user.runs() == (first, 0)


def test_an_error_at_run_time_still_names_the_line(user: User) -> None:
    user.writes(
        HEAD
        + """
def f(x):
    y = x[5]
    return y * y

def main():
    try:
        grad(f)(np.ones(3))
    except IndexError as error:
        return [["y = x[5]" in note for note in error.__notes__]]
"""
    )
    assert user.runs() == ([[True]], 1)
    assert user.runs() == ([[True]], 0)


def test_the_graph_is_made_when_asked_for(user: User) -> None:
    user.writes(
        SQUARE
        + """
def main():
    df = grad(f)
    df(np.ones(2))
    return [str(df.graph).count("x") > 0, df.source.count("def f")]
"""
    )
    assert user.runs() == ([True, 1], 1)
    assert user.runs() == ([True, 1], 1)


# ---- faults --------------------------------------------------------------------------


def damaged(path: Path, how: str) -> None:
    whole = path.read_bytes()
    said, _, body = whole.partition(b"\n")
    path.write_bytes(
        {
            "cut": whole[: len(whole) // 2],
            "empty": b"",
            "changed": whole.replace(b"2.0 * x", b"3.0 * x"),
            "noise": bytes(range(256)),
            "other json": said + b"\n[]",
            "no body": said,
        }[how]
    )
    assert path.read_bytes() != whole


HARMS = ["cut", "empty", "changed", "noise", "other json", "no body"]


def test_a_damaged_record_counts_as_none(user: User) -> None:
    names = [f"user{k}" for k in range(len(HARMS))]
    for name in names:
        user.writes(SQUARE + MAIN, name)
    first = user.runs_all(*names)
    assert len(user.records()) == len(HARMS)
    for path, how in zip(user.records(), HARMS, strict=True):
        damaged(path, how)
    assert user.runs_all(*names) == first
    again = user.runs_all(*names)  # and were written anew
    assert again == {name: [found[0], 0] for name, found in first.items()}


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="modes are POSIX")
def test_a_directory_that_others_can_write_to_is_not_used(user: User) -> None:
    user.writes(SQUARE + MAIN)
    user.runs()
    home = user.home / store.FORMAT
    assert home.stat().st_mode & 0o777 == 0o700
    home.chmod(0o777)
    assert user.runs()[1] == 1


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners are POSIX")
def test_a_directory_of_another_user_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SRCAD_CACHE_DIR", str(tmp_path))
    store.write("key", {"a": 1})
    assert [*store.read("key")] == [{"a": 1}]
    monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
    assert [*store.read("key")] == []
    store.write("key", {"b": 1})
    monkeypatch.undo()
    monkeypatch.setenv("SRCAD_CACHE_DIR", str(tmp_path))
    assert [*store.read("key")] == [{"a": 1}]


def test_where_nothing_can_be_written_nothing_is_kept(user: User) -> None:
    user.home.write_text("a file stands where the directory should be")
    user.writes(SQUARE + MAIN)
    assert user.runs() == ([[2.0, 4.0]], 1)
    assert user.runs() == ([[2.0, 4.0]], 1)


def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SRCAD_CACHE_DIR", str(tmp_path))

    def fails(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", fails)
    store.write("key", {"a": 1})
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_it_can_be_turned_off(user: User) -> None:
    user.more = {"SRCAD_CACHE": "0"}
    user.writes(SQUARE + MAIN)
    user.runs()
    assert user.runs()[1] == 1 and not user.home.exists()


def test_processes_at_the_same_time(user: User) -> None:
    user.writes(SQUARE + MAIN)
    started = [user.starts("user") for _ in range(6)]
    said = [json.loads(p.communicate(timeout=120)[0])["user"][0] for p in started]
    assert said == [[[2.0, 4.0]]] * 6
    assert user.runs()[1] == 0
    assert not [*user.home.rglob("*.part")]


def test_records_are_few_for_one_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SRCAD_CACHE_DIR", str(tmp_path))
    for k in range(20):
        store.write("key", {"k": k})
    assert len([*store.read("key")]) == store.VARIANTS
    monkeypatch.setattr(store, "FILES", 8)
    for k in range(12):
        store.write(f"key{k}", {"k": k})
    assert len(os.listdir(store.directory())) <= 8 + 1
    assert store.info()["records"] > 0
    assert store.clear() > 0 and store.info()["records"] == 0


@pytest.mark.parametrize(
    "system, variable, value, tail",
    [
        ("linux", "XDG_CACHE_HOME", "/xdg", "/xdg/srcad"),
        ("linux", "XDG_CACHE_HOME", "relative", ".cache/srcad"),
        ("darwin", "HOME", "/Users/a", "/Users/a/Library/Caches/srcad"),
        ("win32", "LOCALAPPDATA", "/local", "/local/srcad"),
    ],
)
def test_the_directory_follows_the_system(
    monkeypatch: pytest.MonkeyPatch, system: str, variable: str, value: str, tail: str
) -> None:
    monkeypatch.delenv("SRCAD_CACHE_DIR", raising=False)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv(variable, value)
    assert store.directory().as_posix().endswith(f"{tail}/{store.FORMAT}")


# ---- Numba ---------------------------------------------------------------------------

LOOP = (
    HEAD
    + """
def f(x):
    total = 0.0
    for k in range(len(x)):
        total += x[k] ** 3
    return total

def main():
    df = grad(f, backend="numba")
    found = df(np.array([1.0, 2.0]))
    entry = df.dispatcher.latest
    kernel = entry.functions[0]
    hits = kernel.stats.cache_hits
    return [found, sum(hits.values()), sum(kernel.stats.cache_misses.values())]
"""
)


def test_a_second_process_compiles_nothing(user: User) -> None:
    user.writes(LOOP)
    assert user.runs() == ([[3.0, 12.0], 0, 1], 1)
    assert user.runs() == ([[3.0, 12.0], 1, 0], 0)
    user.writes(LOOP.replace("** 3", "** 2"))
    assert user.runs() == ([[2.0, 4.0], 0, 1], 1)


def test_what_numba_refuses_names_the_line_of_a_file_too(user: User) -> None:
    user.writes(
        HEAD
        + """
def f(x):
    y = np.fft.rfft(x)
    return np.sum(np.abs(y))

def main():
    try:
        grad(f, backend="numba")(np.ones(4))
    except Exception as error:
        return [type(error).__name__ == "CannotCompile", error.span.line]
"""
    )
    assert user.runs()[0] == [True, 5]
