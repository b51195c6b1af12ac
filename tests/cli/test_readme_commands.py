"""The README's sections with commands: each one prints what the README says.

Where that has changed for a good reason, write it anew, and read the diff:

    PYTHONPATH=. python tests/cli/test_readme_commands.py
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
SECTION = re.compile(
    r"^## (?:Start|On the command line)\n.*?(?=^## )", re.MULTILINE | re.DOTALL
)
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d\.\de-\d\d")  # an error of rounding: not the same everywhere


def sections() -> list[str]:
    return SECTION.findall(README.read_text("utf-8"))


def session(block: str, folder: Path) -> str:
    """What a terminal shows for the commands of a block."""
    shown = ""
    for line in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
        first, *words = shlex.split(line)
        assert first in ("srcad", "python")
        command = [sys.executable, *["-m", "srcad"] * (first == "srcad")]
        done = subprocess.run(
            [*command, *words],
            cwd=folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=True,
        )
        shown += f"$ {line}\n{done.stdout}"
    return shown


def test_the_commands_print_what_the_readme_says(tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    blocks = [block for section in sections() for block in BLOCK.findall(section)]
    assert len(blocks) == 3
    for block in blocks:
        assert NUMBER.sub("#", session(block, tmp_path)) == NUMBER.sub("#", block)


def renewed(section: re.Match[str], folder: Path) -> str:
    """A section with what its commands print now."""
    return BLOCK.sub(lambda m: f"```console\n{session(m[1], folder)}```", section[0])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "examples").symlink_to(ROOT / "examples")
        text = SECTION.sub(lambda m: renewed(m, folder), README.read_text("utf-8"))
    README.write_text(text, "utf-8")
