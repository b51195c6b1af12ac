"""The hook for pre-commit: the file is well-formed, and its command works."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOOKS = ROOT / ".pre-commit-hooks.yaml"
# What pre-commit asks for, and what of the rest is used.
NEEDED = {"id", "name", "entry", "language"}
USED = {"description", "types", "pass_filenames", "require_serial"}


def hook() -> dict[str, str]:
    """The one hook: a list of one table, each line `key: text`."""
    lines = HOOKS.read_text("utf-8").splitlines()
    found = [re.fullmatch(r"(- |  )([a-z_]+): (\S.*)", line) for line in lines]
    assert all(found), "a line of another form: read it with a YAML parser"
    assert [m[1] for m in found if m] == ["- ", *["  "] * (len(lines) - 1)]
    return {m[2]: m[3] for m in found if m}


def test_the_file_is_well_formed():
    found = hook()
    assert NEEDED <= set(found) <= NEEDED | USED
    assert found["language"] == "python" and found["pass_filenames"] == "false"
    yaml = pytest.importorskip("yaml")
    (read,) = yaml.safe_load(HOOKS.read_text("utf-8"))
    assert set(read) == set(found) and read["entry"] == found["entry"]


def test_its_command_is_one_that_is_installed():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert shlex.split(hook()["entry"])[0] in scripts["scripts"]


def test_it_passes_until_the_function_changes(tmp_path):
    source = tmp_path / "model.py"
    source.write_text("def f(x):\n    return x**2\n")

    def run(words: str, *more: str) -> subprocess.CompletedProcess[str]:
        first, *rest = shlex.split(words)
        assert first == "srcad"
        command = [sys.executable, "-m", first, *rest, *more]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    made = run("srcad export model.py:f -o gradient.py --at x=1.5")
    assert made.returncode == 0, made.stderr
    entry = hook()["entry"]
    assert run(entry, "gradient.py").returncode == 0
    # Of another length: bytecode is known by the second and the size of its source.
    source.write_text("def f(x):\n    return x**3 + x\n")
    done = run(entry, "gradient.py")
    assert done.returncode == 1 and "+" in done.stdout
    assert run(entry).returncode == 2  # "args" was forgotten
