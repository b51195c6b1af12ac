"""The README is true: its Python runs and prints what it says.

The ```python blocks form one program. What a block prints stands in the ```text block
after it. Where that has changed for a good reason, write it anew, and read the diff:

    python tests/test_readme.py
"""

import io
import itertools
import linecache
import math
import re
import tomllib
from contextlib import redirect_stdout
from pathlib import Path

import srcad

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """The fenced blocks, as (language, content)."""
    return BLOCK.findall(README.read_text(encoding="utf-8"))


def printed() -> list[str]:
    """What each Python block prints."""
    namespace: dict = {"__name__": "readme"}
    found = []
    programs = [code for language, code in blocks() if language == "python"]
    for number, code in enumerate(programs, start=1):
        name = f"example_{number}.py"
        # Where a debugger looks for source that is in no file; so does srcad.
        linecache.cache[name] = len(code), None, code.splitlines(True), name
        with redirect_stdout(io.StringIO()) as out:
            exec(compile(code, name, "exec"), namespace)
        found.append(out.getvalue().rstrip("\n") + "\n")
    srcad.undeclare(math.nextafter)  # other tests know nothing of the README's rule
    return found


def test_every_block_prints_what_the_readme_says():
    said = [
        after if kind == "text" else "\n"
        for (language, _), (kind, after) in itertools.pairwise([*blocks(), ("", "")])
        if language == "python"
    ]
    assert printed() == said


def commands() -> list[str]:
    return [code.strip() for language, code in blocks() if language == "sh"]


def test_there_are_two_commands_of_one_line():
    train, test = commands()
    assert "\n" not in train + test
    assert "examples/03_train_digits.py" in train
    assert "pytest" in test


def test_the_commands_name_what_exists():
    with open(ROOT / "pyproject.toml", "rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    for command in commands():
        assert all(e in extras for e in re.findall(r"\.\[(\w+)\]", command))
        assert all((ROOT / p).exists() for p in re.findall(r"\S+/\w+\.py", command))


def test_every_example_is_listed():
    text = README.read_text(encoding="utf-8")
    listed = set(re.findall(r"\(examples/(\w+\.py)\)", text))
    assert listed == {path.name for path in (ROOT / "examples").glob("*.py")}


def test_the_checks_run_the_readme_s_command():
    # `.ci/run` takes the line from the README by this pattern.
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (pattern,) = re.findall(r"grep '([^']+)' README.md", script)
    found = [x for x in README.read_text("utf-8").splitlines() if re.search(pattern, x)]
    assert found == [commands()[1]]


def renewed() -> str:
    """The README with what its blocks print now."""
    outputs = iter(printed())
    latest = None

    def block(match: re.Match) -> str:
        nonlocal latest
        if match[1] == "python":
            latest = next(outputs)
        elif match[1] == "text" and latest is not None:
            return f"```text\n{latest}```"
        return match[0]

    return BLOCK.sub(block, README.read_text(encoding="utf-8"))


if __name__ == "__main__":
    README.write_text(renewed(), encoding="utf-8")
