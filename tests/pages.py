"""Markdown pages that are true: their code runs and prints what they say.

The ```python blocks of a page form one program. What a block prints stands in the
```text block after it; a drawing is a ```diagram block. A page runs in a folder of its
own; the pictures (.svg) that it writes there are those in `examples/docs/pictures`. To
write anew what a page prints and draws, and read the diff:

    python tests/pages.py [PAGE ...]

Without names: all pages of the documentation.
"""

import contextlib
import io
import itertools
import linecache
import re
import shutil
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "examples" / "docs"
BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PICTURES = DOCS / "pictures"
PAGES = sorted(DOCS.rglob("*.md"))


def blocks(page: Path) -> list[tuple[str, str]]:
    """The fenced blocks, as (language, content)."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def printed(page: Path, name: str = "example") -> list[str]:
    """What each Python block prints; tracebacks call the first one `example_1.py`."""
    namespace: dict = {"__name__": page.stem.lower()}
    found = []
    programs = [code for language, code in blocks(page) if language == "python"]
    for number, code in enumerate(programs, start=1):
        file = f"{name}_{number}.py"
        # Where a debugger looks for source that is in no file; so does srcad.
        linecache.cache[file] = len(code), None, code.splitlines(True), file
        with redirect_stdout(io.StringIO()) as out:
            exec(compile(code, file, "exec"), namespace)
        found.append(out.getvalue().rstrip("\n") + "\n")
    return found


def said(page: Path) -> list[str]:
    """What the page says that each Python block prints."""
    return [
        after if kind == "text" else "\n"
        for (language, _), (kind, after) in itertools.pairwise(
            [*blocks(page), ("", "")]
        )
        if language == "python"
    ]


def renewed(page: Path, outputs: list[str]) -> str:
    """The text of a page with what its blocks print now."""
    left = iter(outputs)
    latest = None

    def block(match: re.Match) -> str:
        nonlocal latest
        output, latest = latest, next(left) if match[1] == "python" else None
        if match[1] == "text" and output is not None:
            return f"```text\n{output}```"
        return match[0]

    return BLOCK.sub(block, page.read_text(encoding="utf-8"))


if __name__ == "__main__":
    for given in [Path(name).resolve() for name in sys.argv[1:] or PAGES]:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            text = renewed(given, printed(given, given.stem))
            given.write_text(text, encoding="utf-8")
            for picture in Path(folder).glob("*.svg"):
                shutil.copy(picture, PICTURES / picture.name)
