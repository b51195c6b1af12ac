"""The command line: what the table of coverage says, in each format.

The README quotes its totals. Where they have changed, write them anew, and read the
diff:

    python -m tests.test_cli
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from srcad import coverage
from srcad.cli import main
from srcad.ops.declare import find

README = Path(__file__).parent.parent / "README.md"
COMMAND = "$ python -m srcad coverage --totals"


def printed(capsys: Any, *arguments: str) -> str:
    assert main(arguments) == 0
    return str(capsys.readouterr().out)


def test_a_name_of_each_sort(capsys: Any) -> None:
    text = printed(capsys, "coverage", "--module", "numpy")
    lines = {
        line.split()[0]: line.split(maxsplit=5) for line in text.splitlines() if line
    }
    assert lines["sin"] == ["sin", "elementwise", "yes", "yes", "yes"]
    assert lines["floor"] == ["floor", "zero", "zero", "zero", "yes"]
    assert lines["i0"][1:] == [
        "elementwise",
        "yes",
        "yes",
        "no",
        "Numba has no numpy.i0",
    ]
    assert lines["ndarray"] == ["ndarray", "known", "-", "-", "-"]
    assert lines["loadtxt"][1:5] == ["refused", "no", "no", "no"]
    assert "it reads or writes a file" in lines["loadtxt"][5]


def test_every_callable_is_there_once() -> None:
    names = [row.name for row in coverage.rows("numpy")]
    assert len(names) == len(set(names))
    missing = [n for n in dir(np) if find(getattr(np, n)) and n not in names]
    assert not missing


def test_refused_names_have_reasons() -> None:
    for module in coverage.modules():
        for row in coverage.rows(module):
            assert (
                (row.kind == "refused")
                == (row.reverse == "no")
                == (row.forward == "no")
            )
            assert row.reason or row.kind != "refused"
            assert (row.numba == "no") <= bool(row.reason)


def test_only_what_is_refused(capsys: Any) -> None:
    text = printed(
        capsys, "coverage", "--module", "math", "--refused", "--format", "json"
    )
    found = json.loads(text)
    assert found["names"] and all(n["kind"] == "refused" for n in found["names"])
    totals, every = found["totals"]
    assert totals["module"] == "math" and every["module"] == "all"
    assert int(totals["refused"]) == len(found["names"])
    assert int(totals["names"]) == sum(
        int(totals[k]) for k in ("differentiable", "zero or none", "refused")
    )


def test_markdown(capsys: Any) -> None:
    text = printed(capsys, "coverage", "--module", "numpy.fft", "--format", "markdown")
    assert text.startswith("## numpy.fft\n\n| name | kind |")
    widths = {line.count("|") for line in text.splitlines() if line.startswith("| ")}
    assert widths == {len(coverage.COLUMNS) + 1, len(coverage.COUNTS) + 2}


def test_what_there_is_not(capsys: Any) -> None:
    for arguments in (["coverage", "--module", "pandas"], ["fly"], []):
        with pytest.raises(SystemExit) as status:
            main(arguments)
        assert status.value.code == 2
    assert "numpy.linalg" in capsys.readouterr().err


def test_as_a_module() -> None:
    command = [
        sys.executable,
        "-m",
        "srcad",
        "coverage",
        "--totals",
        "--module",
        "math",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].split()[0] == "all"


# ---- the README ----------------------------------------------------------------------


def quoted() -> str:
    """The totals, as the README shows them."""
    tables = {m: coverage.rows(m) for m in coverage.modules()}
    return f"{COMMAND}\n{coverage.aligned(coverage.totals(tables))}\n"


def test_the_readme_has_the_totals() -> None:
    scipy = pytest.importorskip("scipy")
    text = README.read_text(encoding="utf-8")
    versions = re.search(r"With NumPy (\S+) and\s+SciPy (\S+):", text)
    assert versions is not None
    for module, said in zip((np, scipy), versions.groups(), strict=True):
        if not module.__version__.startswith(f"{said}."):
            pytest.skip(f"the README tells of {module.__name__} {said}")
    assert quoted() in text, "python -m tests.test_cli writes them anew"


if __name__ == "__main__":
    block = re.compile(re.escape(COMMAND) + r"\n[^`]*")
    old = README.read_text(encoding="utf-8")
    README.write_text(block.sub(lambda _: quoted(), old), encoding="utf-8")
